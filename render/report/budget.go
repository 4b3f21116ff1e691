package report

import (
	"github.com/shopspring/decimal"

	"gpufleet/fetch/fleet"
)

// RunRate is the running cost per month as a share of the month's budget. It is what a month comes to if it runs on
// as it does now; it says nothing of the hours that have passed.
type RunRate struct {
	Percent decimal.Decimal // 1 decimal, rounded half up, but never across 100
	AtLeast bool            // something that runs has no price, and counts as 0
	Over    bool            // above 100 %, before rounding
}

// runRatePlaces are the decimals of a run rate.
const runRatePlaces = 1

// RunRate returns the run rate, and whether there is a budget to have one.
func (r *Report) RunRate() (RunRate, bool) {
	return r.BudgetUse(r.Running)
}

// BudgetUse returns what a cost per month is of the month's budget, and whether there is a budget.
func (s Settings) BudgetUse(c Cost) (RunRate, bool) {
	if !s.Budget.Known {
		return RunRate{}, false
	}
	return RunRate{
		Percent: runRatePercent(c.PerMonth, s.Budget.Value),
		AtLeast: c.LowerBound(),
		Over:    c.PerMonth.Cmp(s.Budget.Value) > 0,
	}, true
}

// runRatePercent keeps a run rate on its side of 100: one of 100.01 % shows as 100.1 %, and one of 99.99 % as 99.9 %.
func runRatePercent(cost, budget fleet.Money) decimal.Decimal {
	hundred, step := decimal.NewFromInt(100), decimal.New(1, -runRatePlaces)
	percent := cost.Percent(budget, runRatePlaces)
	switch side := cost.Cmp(budget); {
	case side > 0 && percent.LessThanOrEqual(hundred):
		return hundred.Add(step)
	case side < 0 && percent.GreaterThanOrEqual(hundred):
		return hundred.Sub(step)
	}
	return percent
}

// String returns the run rate for people: "83.2%", "at least 103.4%".
func (r RunRate) String() string {
	text := groupThousands(r.Percent.String()) + "%"
	if r.AtLeast {
		return "at least " + text
	}
	return text
}

// Text returns the run rate as a sentence has it: "at least 103.4% of the budget, over budget".
func (r RunRate) Text() string {
	text := r.String() + " of the budget"
	if r.Over {
		text += ", over budget"
	}
	return text
}

// budgetLegend says what the run rate is, where there is one.
func (r *Report) budgetLegend() []string {
	if !r.Budget.Known {
		return nil
	}
	return []string{"The run rate is the running cost per month as a share of the month's budget: " +
		"what the month comes to if it runs on as it does now. It is not a bill."}
}
