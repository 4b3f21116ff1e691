package report

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"

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
