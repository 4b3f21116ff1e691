package report

import (
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
)

// TestSpentText checks that an amount above 0 never shows as 0, also in headlines and as a lower bound.
func TestSpentText(t *testing.T) {
	t.Parallel()
	s := settings()
	for _, c := range []struct{ amount, exact, short, atLeast string }{
		{"0", "$0.00", "$0.00", "≥ $0.00"},
		{"0.000022", "< $0.01", "< $0.01", "> $0.00"},
		{"0.005", "$0.01", "$0.01", "≥ $0.01"},
		{"999.994", "$999.99", "$999.99", "≥ $999.99"},
		{"1000.5", "$1,000.50", "$1,001", "≥ $1,000.50"},
	} {
		seconds := decimal.RequireFromString(c.amount).Mul(decimal.NewFromInt(3600))
		bounded := history.Range{Estimate: seconds, Unpriced: history.HoursOf(time.Hour)}
		if exact, short, atLeast := s.SpentText(seconds), s.spentShort(seconds), s.Spent(bounded); exact != c.exact ||
			short != c.short || atLeast != c.atLeast {
			t.Errorf("%s: %s, %s, %s; want %s, %s, %s", c.amount, exact, short, atLeast, c.exact, c.short, c.atLeast)
		}
	}
}

// TestSpendSentence is what people paste: on the first reading, a partial month, and a whole one.
func TestSpendSentence(t *testing.T) {
	t.Parallel()
	rs := newReadings(t, 24*time.Hour)
	for _, c := range []struct{ at, price, want string }{
		{"2026-11-28 00:00", "1", "November so far: nothing was counted yet. " +
			"At the current rate the month ends at $72.00. The time before 28 Nov is not counted."},
		{"2026-11-29 00:00", "", "November so far: $12.00 (29 Nov, 4% observed). At the current rate the month ends at " +
			"$12.00. The time before 28 Nov is not counted. Instances without a price are not counted."},
		{"2026-12-01 00:00", "1", "December so far: $0.00 (1 Dec, nothing observed). " +
			"At the current rate the month ends at $744.00."},
		{"2026-12-02 00:00", "1", "December so far: $24.00 (2 Dec, 100% observed). " +
			"At the current rate the month ends at $744.00."},
	} {
		r := rs.read(at(t, c.at), instance("1", "A", "RTX", 1, c.price))
		if got := r.SpendSentence(); got != c.want {
			t.Errorf("%s: %q, want %q", c.at, got, c.want)
		}
	}
}

// TestRangeOfLowerBound has an estimate that is marked ≥ and is higher than the lower figure. The range says that it
// is of what is counted.
func TestRangeOfLowerBound(t *testing.T) {
	t.Parallel()
	rs := newReadings(t, 24*time.Hour)
	rs.read(at(t, "2026-11-01 00:00"), instance("1", "A", "RTX", 1, "1"), instance("2", "A", "RTX", 1, "100"))
	known := rs.read(at(t, "2026-11-02 00:00"), instance("1", "A", "RTX", 1, "3"), instance("2", "A", "RTX", 1, "100"))
	partly := rs.read(at(t, "2026-11-03 00:00"), instance("1", "A", "RTX", 1, "3"), instance("2", "A", "RTX", 1, ""))
	for _, c := range []struct {
		figure                KeyFigure
		exact, between, short string
	}{
		{known.SpentFigure(), "$2,448.00", "$2,424.00 to $2,472.00", "$2,424 to $2,472"},
		{partly.SpentFigure(), "≥ $3,720.00", "counted: $2,496.00 to $4,944.00", "counted: $2,496 to $4,944"},
		{partly.ForecastFigure(), "≥ $5,736.00", "counted: $4,512.00 to $6,960.00", "counted: $4,512 to $6,960"},
	} {
		if f := c.figure; f.Exact != c.exact || f.Between != c.between || f.Range != c.short {
			t.Errorf("%s: %s, %s, %s; want %s, %s, %s", f.Name, f.Exact, f.Between, f.Range, c.exact, c.between, c.short)
		}
	}
	notes := strings.Join(partly.SpendNotes(), " ")
	if !strings.Contains(notes, "Amounts marked ≥ leave these hours out, and so do the ranges beside them.") {
		t.Error(notes)
	}

	// A partial forecast is a lower bound too.
	rs = newReadings(t, 24*time.Hour)
	rs.read(at(t, "2026-11-28 00:00"), instance("1", "A", "RTX", 1, "1"))
	late := rs.read(at(t, "2026-11-29 00:00"), instance("1", "A", "RTX", 1, "3")).ForecastFigure()
	if late.Exact != "≥ $192.00" || late.Between != "counted: $168.00 to $216.00" {
		t.Errorf("%s, %s", late.Exact, late.Between)
	}
}

// TestPartialMonths names the months of a table. Nothing is compared with a month that was not counted from its begin.
func TestPartialMonths(t *testing.T) {
	t.Parallel()
	rs := newReadings(t, 24*time.Hour)
	for _, c := range []struct{ at, this, last, delta string }{
		{"2026-10-12 06:00", "since 12 Oct", "Last month", ""},
		{"2026-10-13 06:00", "since 12 Oct", "Last month", ""},
		{"2026-11-01 00:00", "this month", "Last month, since 12 Oct", ""},
		{"2026-11-02 00:00", "this month", "Last month, since 12 Oct", ""},
		{"2026-12-03 00:00", "this month", "Last month", "-672"},
	} {
		r := rs.read(at(t, c.at), instance("1", "A", "RTX", 1, "1"))
		delta := ""
		for _, column := range MonthColumns(r) {
			if v := column.Value(r.ThisMonth()); column.Name == "spent_delta" && v.Known {
				delta = v.Money.String()
			}
		}
		if r.ThisMonthTitle() != c.this || r.LastMonthTitle() != c.last || delta != c.delta {
			t.Errorf("%s: %q, %q, change %q; want %+v", c.at, r.ThisMonthTitle(), r.LastMonthTitle(), delta, c)
		}
	}
}

// TestNoPriceKnown has instances without any price. Files call the budget's state within, and people read that nothing
// is known.
func TestNoPriceKnown(t *testing.T) {
	t.Parallel()
	const (
		unknown = "November so far: the cost is unknown, because no price is known."
		noPrice = ", no price to compare with the budget, spent ≥ $0.00 in November, forecast ≥ $0.00"
	)
	for _, c := range []struct{ first, second, state, sentence, line string }{
		{"", "", "Unknown", unknown, noPrice},
		{"", "0", "Unknown", unknown, noPrice},
		{"0", "0", "Within", "November so far: $0.00 (2 Nov, 100% observed). " +
			"At the current rate the month ends at $0.00, 0% of the budget of $100.00.",
			", run rate 0% of the budget, within budget, spent $0.00 in November, forecast $0.00"},
		{"0.1", "", "Within", "November so far: $2.40 (2 Nov, 100% observed). " +
			"At the current rate the month ends at $72.00, 72% of the budget of $100.00. " +
			"Instances without a price are not counted.",
			", run rate at least 73% of the budget, within budget, spent ≥ $2.40 in November, forecast ≥ $72.00"},
		{"1", "", "Likely over", "November so far: $24.00 (2 Nov, 100% observed). " +
			"At the current rate the month ends at $720.00, 720% of the budget of $100.00. " +
			"Instances without a price are not counted.",
			", run rate at least 730% of the budget, likely over budget, spent ≥ $24.00 in November, forecast ≥ $720.00"},
	} {
		rs := newReadings(t, 24*time.Hour)
		rs.settings.Budget = fleet.Known(money(t, "100"))
		var r *Report
		for _, day := range []string{"2026-11-01 00:00", "2026-11-02 00:00"} {
			r = rs.read(at(t, day), instance("1", "A", "RTX", 1, c.first), instance("2", "A", "RTX", 1, c.second))
		}
		b, _ := r.FleetBudget()
		figure, _ := r.BudgetFigure()
		if b.StateText() != c.state || figure.Short != c.state || figure.Exact != c.state ||
			b.IsUnknown() && (r.Forecast.State != Within || figure.IsAlert) {
			t.Errorf("%v: the state is %s, and %+v", c, b.StateText(), figure)
		}
		if strings.Contains(figure.Short+strings.Join(figure.Notes, " ")+r.SpendSentence()+r.Line(), "ithin") !=
			(c.state == "Within") {
			t.Errorf("%v: %+v, %s, %s", c, figure, r.SpendSentence(), r.Line())
		}
		if r.SpendSentence() != c.sentence || !strings.HasSuffix(r.Line(), c.line) {
			t.Errorf("%v: %s, %s", c, r.SpendSentence(), r.Line())
		}
	}
}
