package report

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
)

// TestDayCosts follows the days of two months from before the first reading, over a gap, until now.
func TestDayCosts(t *testing.T) {
	t.Parallel()
	rs := newReadings(t, 12*time.Hour)
	one := func() *fleet.Instance { return instance("1", "A", "RTX", 1, "1") }
	var r *Report
	for _, reading := range []string{"2026-10-30 06:00", "2026-10-31 00:00", "2026-11-01 12:00", "2026-11-02 06:00"} {
		r = rs.read(at(t, reading), one())
	}
	var got []string
	for _, d := range r.DayCosts(at(t, "2026-10-29 00:00")) {
		got = append(got, fmt.Sprintf("%s counted %v, gap %v: %s; so far %s", history.DateText(d.Date), d.Counted(),
			d.IsGap(), rangeText(d.Cost), rangeText(d.SoFar)))
	}
	want := `2026-10-29 counted false, gap false: 0 0 0; so far 0 0 0
2026-10-30 counted true, gap false: 18 18 18; so far 18 18 18
2026-10-31 counted true, gap true: 0 24 24; so far 18 42 42
2026-11-01 counted true, gap true: 12 24 24; so far 12 24 24
2026-11-02 counted true, gap false: 6 6 6; so far 18 30 30`
	if strings.Join(got, "\n") != want {
		t.Errorf("%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
	if month := rangeText(r.ThisMonth().Running); month != "18 30 30" {
		t.Errorf("the days of the month add up to another sum than %s", month)
	}
}

// TestHeadlineFigures checks amounts without decimals from 1,000 on, and a budget that asks for attention.
func TestHeadlineFigures(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ price, budget, want string }{
		{"10", "", "$180.00 | $120.00 to $240.00 | $180.00, $14,340 | $14,280 to $14,400 | $14,340.00, " +
			"$20.00/h |  | $20.00/h"},
		{"101.01", "900000", "$1,818 | $1,212 to $2,424 | $1,818.18, $144,848 | $144,242 to $145,454 | $144,848.34, " +
			"Within |  | Within, $202.02/h |  | $202.02/h"},
		{"101.01", "9000", "Likely over |  | Likely over!"},
	} {
		rs := newReadings(t, 24*time.Hour)
		if c.budget != "" {
			rs.settings.Budget = fleet.Known(money(t, c.budget))
		}
		rs.read(at(t, "2026-11-01 00:00"), instance("1", "A", "RTX", 1, c.price))
		r := rs.read(at(t, "2026-11-01 12:00"), instance("1", "A", "RTX", 1, c.price),
			instance("2", "A", "RTX", 1, c.price))
		var figures []string
		for _, f := range r.HeadlineFigures() {
			text := f.Short + " | " + f.Range + " | " + f.Exact
			if f.IsAlert {
				text += "!"
			}
			figures = append(figures, text)
		}
		if got := strings.Join(figures, ", "); !strings.Contains(got, c.want) {
			t.Errorf("%s, budget %s: %s, want %s", c.price, c.budget, got, c.want)
		}
	}
}

// TestRateNote checks how the rate's figure tells its change: like an amount of a headline, but with a sign.
func TestRateNote(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ before, now, want string }{
		{"1", "2001.55", "+$2,001/h since 1 Nov"}, {"2001.55", "1", "−$2,001/h since 1 Nov"},
		{"1", "3.5", "+$2.50/h since 1 Nov"}, {"1", "1", "$0.00/h since 1 Nov"},
	} {
		rs := newReadings(t, 24*time.Hour)
		rs.read(at(t, "2026-11-01 00:00"), instance("1", "A", "RTX", 1, c.before))
		r := rs.read(at(t, "2026-11-02 00:00"), instance("1", "A", "RTX", 1, c.now))
		if got := strings.Join(r.RateFigure().Notes, "; "); got != c.want {
			t.Errorf("from %s to %s: %q, want %q", c.before, c.now, got, c.want)
		}
	}
}
