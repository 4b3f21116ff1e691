package report

import (
	"time"

	"github.com/shopspring/decimal"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
)

// DayCost is what a day cost at the billed rate.
type DayCost struct {
	Date  time.Time         // its begin, UTC
	Spend *history.DaySpend // nil for a day before the first reading, which has no figures below
	Cost  history.Range
	SoFar history.Range // of the day's month, up to the end of the day
}

// DayCosts returns each day from a month's begin until now, ascending.
func (r *Report) DayCosts(from time.Time) []DayCost {
	byDate := map[string]*history.DaySpend{}
	for i := range r.Spend.Days {
		byDate[r.Spend.Days[i].Date] = &r.Spend.Days[i]
	}
	var days []DayCost
	var sum history.Range
	for date := from; !date.After(r.Generated); date = date.AddDate(0, 0, 1) {
		if date.Day() == 1 {
			sum = history.Range{}
		}
		day := DayCost{Date: date, Spend: byDate[history.DateText(date)]}
		if day.Spend != nil {
			day.Cost = Ranges(day.Spend.Spent).Of(r.Bill)
			sum = sum.Plus(day.Cost)
			day.SoFar = sum
		}
		days = append(days, day)
	}
	return days
}

// DailyBudget returns the monthly budget's share of a day, to the cent.
func (s Settings) DailyBudget(day time.Time) fleet.Money {
	days := history.MonthStart(day).AddDate(0, 1, -1).Day()
	return s.Budget.Value.Divided(decimal.NewFromInt(int64(days)), cents)
}

// Counted reports whether the spend has any time of the day.
func (d DayCost) Counted() bool { return d.Spend != nil && isCounted(d.Spend) }

// IsGap reports whether some of the day was not observed, because it lies between readings that are too far apart.
func (d DayCost) IsGap() bool { return d.Spend != nil && !d.Spend.Gap.Seconds.IsZero() }

func isCounted(s *history.DaySpend) bool {
	return !s.Observed.Seconds.IsZero() || !s.Gap.Seconds.IsZero()
}

// SpentRange returns what was spent with its range: "≥ $12.00 ($10.00 to $14.00)".
func (s Settings) SpentRange(c history.Range) string {
	text := s.Spent(c)
	if between := s.SpentBetween(c); between != "" {
		text += " (" + between + ")"
	}
	return text
}
