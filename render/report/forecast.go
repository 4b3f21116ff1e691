package report

import (
	"time"

	"github.com/shopspring/decimal"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
)

// Forecast is what the current month comes to if the fleet stays as it is. Ranges are in price x seconds.
type Forecast struct {
	Month string
	Both[history.Range]
	Early   bool            // little of the month was observed
	Partial bool            // the first reading came late in the month, so this is a lower bound
	Percent decimal.Decimal // the billed estimate as a share of the budget, like RunRate.Percent; 0 without one
	State   BudgetState     // "" without a budget
}

// BudgetState says how the month's spend compares with the budget.
type BudgetState string

// The states.
const (
	Within     BudgetState = "within"
	LikelyOver BudgetState = "likely over"
	Over       BudgetState = "over"
)

// earlyBelow is the observed time of a month below which its forecast is early.
const earlyBelow = 48 * time.Hour

// forecast computes the forecast of the current month. The spend must reach up to now.
func (r *Report) forecast() Forecast {
	month := r.Spend.Months[len(r.Spend.Months)-1]
	f := Forecast{
		Month: month.Month,
		Both: Both[history.Range]{month.Running.Plus(r.restOfMonth(r.Running)),
			month.Listed.Plus(r.restOfMonth(r.Listed))},
		Early:   month.Observed.Seconds.LessThan(history.HoursOf(earlyBelow).Seconds),
		Partial: r.Spend.First.After(history.MonthStart(r.Generated).Add(r.Every())),
	}
	if r.Budget.Known {
		b := r.budgetStatus(f, r.Budget.Value, r.BilledSpend(), r.BilledCost())
		f.Percent, f.State = b.Percent, b.State
	}
	return f
}

// restOfMonth returns what a cost comes to in the rest of the month, in price x seconds.
func (r *Report) restOfMonth(c Cost) history.Range {
	left := secondsLeft(r.Generated)
	cost := c.PerHour.Decimal().Mul(left)
	unpriced := history.Hours{Seconds: left.Mul(decimal.NewFromInt(int64(c.Of - c.Priced)))}
	return history.Range{Low: cost, Estimate: cost, High: cost, Unpriced: unpriced}
}

// Counts reports whether the forecast decides about the budget. Until then the run rate does.
func (f Forecast) Counts() bool { return !f.Early && !f.Partial }

// Kind says what to know about the forecast: "partial", "early" or "".
func (f Forecast) Kind() string {
	switch {
	case f.Partial:
		return "partial"
	case f.Early:
		return "early"
	}
	return ""
}

// perSecond returns an amount in price x seconds, as ranges are.
func perSecond(m fleet.Money) decimal.Decimal { return m.Decimal().Mul(decimal.NewFromInt(3600)) }

// BilledSpend returns what the current month has cost so far.
func (r *Report) BilledSpend() history.Range {
	return Ranges(r.Spend.Months[len(r.Spend.Months)-1].Spent).Of(r.Bill)
}

// cents is how many decimals people see of what was spent.
const cents = 2

// SpentText returns price x seconds as an amount for people, rounded half up. One above 0 never shows as 0.
func (s Settings) SpentText(seconds decimal.Decimal) string {
	cent := decimal.New(1, -cents)
	amount := seconds.DivRound(decimal.NewFromInt(3600), cents)
	if amount.IsZero() && seconds.IsPositive() {
		return "< " + s.Amount(fleet.MoneyOf(cent))
	}
	return s.Amount(fleet.MoneyOf(amount))
}

// Ranges returns both ranges of what was spent.
func Ranges(s history.Spent) Both[history.Range] { return Both[history.Range]{s.Running, s.Listed} }
