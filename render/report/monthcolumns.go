package report

import (
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
)

// MonthColumns returns the columns of a month at the billed rate, for a workbook. Only the current month has a
// forecast.
func MonthColumns(r *Report) []Column[*history.MonthSpend] {
	type month = *history.MonthSpend
	column := func(name, title, unit string, typ Type, description string, value func(month) Value) Column[month] {
		return Column[month]{name, title, unit, typ, description, value}
	}
	spent := func(m month) history.Range { return Ranges(m.Spent).Of(r.Bill) }
	spentColumn := func(name, title, description string, pick func(history.Range) decimal.Decimal) Column[month] {
		return column(name, title, "", Money, description, func(m month) Value {
			return amount(CellAmount(pick(spent(m))), spent(m).LowerBound())
		})
	}
	hoursColumn := func(name, title, description string, of func(month) history.Hours) Column[month] {
		return column(name, title, "hours", Size, description, func(m month) Value { return hours(of(m), CellPlaces) })
	}
	ifCurrent := func(value func(month) Value) func(month) Value {
		return func(m month) Value {
			if m != r.ThisMonth() {
				return Value{}
			}
			return value(m)
		}
	}
	return []Column[month]{
		column("month", "Month", "", Text, "The calendar month in UTC.", func(m month) Value { return text(m.Month) }),
		spentColumn("spent_low", "Spent, at least", "The least that the billed instances cost.",
			func(c history.Range) decimal.Decimal { return c.Low }),
		spentColumn("spent_estimate", "Spent, estimate", "The estimated cost of the billed instances.",
			func(c history.Range) decimal.Decimal { return c.Estimate }),
		spentColumn("spent_high", "Spent, at most",
			"The most that the billed instances cost, without hours that have no price.",
			func(c history.Range) decimal.Decimal { return c.High }),
		column("forecast", "Forecast", "", Money, "The estimate plus the billed cost per hour (on Summary) times the hours "+
			"that are left. Only the current month has one.", ifCurrent(func(m month) Value {
			return amount(CellAmount(r.Forecast.Of(r.Bill).Estimate), r.ForecastAtLeast(r.Bill))
		})),
		column("forecast_unpriced_hours", "Forecast, unpriced", "hours", Size, "Unpriced hours plus the hours that are left "+
			"for each billed instance without a price now.", ifCurrent(func(m month) Value {
			return hours(r.Forecast.Of(r.Bill).Unpriced, CellPlaces)
		})),
		column("budget", "Budget", "", Money, "The budget of the month. For past months, the last one that was set then. "+
			"Empty without one.", func(m month) Value {
			budget := r.budgetOf(m)
			return Value{Known: budget.Known, Money: budget.Value}
		}),
		column("budget_percent", "Share of budget", "%", Size, "The estimate as a share of the budget.",
			func(m month) Value {
				percent, ok := SpentPercent(spent(m).Estimate, r.budgetOf(m))
				return Value{Known: ok, Number: percent.InexactFloat64(), LowerBound: spent(m).LowerBound()}
			}),
		column("spent_delta", "Change from the month before", "", Money, "The estimate minus that of the month before. "+
			"The current month is not over yet. Empty for the first month, and after a month that was not counted from its "+
			"start.", func(m month) Value {
			before := r.monthBefore(m)
			if before == nil || isPartial(before) {
				return Value{}
			}
			return amount(CellAmount(spent(m).Estimate.Sub(spent(before).Estimate)), false)
		}),
		hoursColumn("unpriced_hours", "Unpriced", "Hours of billed instances without a price. "+
			"They count as 0, so that the amounts are lower bounds.", func(m month) history.Hours { return spent(m).Unpriced }),
		column("gpu_hours", "GPU-hours", "", Size, "GPUs of the running instances times hours.",
			func(m month) Value { return hours(m.GPUs, CellPlaces) }),
		hoursColumn("observed_hours", "Observed", "Hours between readings that are close enough.",
			func(m month) history.Hours { return m.Observed }),
		hoursColumn("gap_hours", "Gap", "Hours between readings that are too far apart. The least cost counts them as 0.",
			func(m month) history.Hours { return m.Gap }),
		column("hours_left", "Left", "hours", Size, "Hours that are left of the current month. Empty for past months.",
			ifCurrent(func(m month) Value { return hours(r.HoursLeft(), CellPlaces) })),
		column("observed_from", "Counted from", "UTC", Time, "The start of the month, or the first reading if it was later.",
			func(m month) Value { return Value{Known: true, Time: m.ObservedFrom} }),
	}
}

// budgetOf returns the budget of a month: for a past one, the last that the history has.
func (r *Report) budgetOf(m *history.MonthSpend) (budget fleet.Price) {
	if m == r.ThisMonth() {
		return r.Budget
	}
	for _, day := range r.Days {
		if strings.HasPrefix(day.Date, m.Month) && day.Budget != nil {
			budget = fleet.Known(day.Budget.Money)
		}
	}
	return budget
}

// monthBefore returns the month before another, nil if it is not kept.
func (r *Report) monthBefore(m *history.MonthSpend) *history.MonthSpend {
	var before *history.MonthSpend
	for i := range r.Spend.Months {
		if &r.Spend.Months[i] == m {
			break
		}
		before = &r.Spend.Months[i]
	}
	return before
}

// FirstMonthIsPartial reports whether the first month that is kept is not counted from its begin. Others always are.
func (r *Report) FirstMonthIsPartial() bool { return isPartial(&r.Spend.Months[0]) }

// HoursLeft returns the time from now to the end of the month.
func (r *Report) HoursLeft() history.Hours { return history.Hours{Seconds: secondsLeft(r.Generated)} }

// SpentPercent returns price x seconds as a share of a monthly budget, like RunRate.Percent. ok is false without one.
func SpentPercent(seconds decimal.Decimal, budget fleet.Price) (percent decimal.Decimal, ok bool) {
	if !budget.Known {
		return decimal.Decimal{}, false
	}
	return percentOf(fleet.MoneyOf(seconds), fleet.MoneyOf(perSecond(budget.Value))), true
}

// CellAmount returns price x seconds as an amount, as exactly as a cell holds it.
func CellAmount(seconds decimal.Decimal) fleet.Money {
	return fleet.MoneyOf(perHours(seconds, CellPlaces))
}

// CellHours returns a time in hours, as exactly as a cell holds it.
func CellHours(h history.Hours) float64 { return perHours(h.Seconds, CellPlaces).InexactFloat64() }

// MonthNumber returns a month such as 2026-11 as a number: 202611.
func MonthNumber(month string) int {
	start, _ := time.Parse("2006-01", month)
	return start.Year()*100 + int(start.Month())
}
