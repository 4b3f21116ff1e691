package report

import (
	"strings"

	"github.com/shopspring/decimal"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
)

// RunRate is the billed cost per month as a share of the monthly budget, as if the current fleet ran all month. It
// ignores the hours that have already passed.
type RunRate struct {
	Percent decimal.Decimal // 1 decimal, rounded half up, but never across 100; 12 decimals if it would be 0 otherwise
	AtLeast bool            // a billed instance has no price, and counts as 0
	Over    bool            // above 100 %, before rounding
}

const runRateDecimals = 1

// RunRate returns the run rate. ok is false without a budget.
func (r *Report) RunRate() (rate RunRate, ok bool) { return r.BudgetUse(r.BilledCost()) }

// BudgetUse returns a cost per month as a share of the monthly budget. ok is false without a budget.
func (s Settings) BudgetUse(c Cost) (rate RunRate, ok bool) {
	if !s.Budget.Known {
		return RunRate{}, false
	}
	return s.runRate(c, s.Budget.Value), true
}

// runRate returns a cost per month as a share of a budget.
func (s Settings) runRate(c Cost, budget fleet.Money) RunRate {
	return RunRate{
		Percent: percentOf(c.PerMonth, budget),
		AtLeast: c.LowerBound(),
		Over:    c.PerMonth.Cmp(budget) > 0,
	}
}

// percentOf never rounds a share across 100 %: 100.01 % becomes 100.1 %, and 99.99 % becomes 99.9 %.
func percentOf(cost, budget fleet.Money) decimal.Decimal {
	hundred, step := decimal.NewFromInt(100), decimal.New(1, -runRateDecimals)
	percent := cost.Percent(budget, runRateDecimals)
	switch diff := cost.Cmp(budget); {
	case percent.IsZero():
		return cost.Percent(budget, tinyDecimals)
	case diff > 0 && percent.LessThanOrEqual(hundred):
		return hundred.Add(step)
	case diff < 0 && percent.GreaterThanOrEqual(hundred):
		return hundred.Sub(step)
	}
	return percent
}

// String returns the run rate for people: "83.2%", "at least 103.4%", "< 0.1%".
func (r RunRate) String() string {
	text := roundedPercent(r.Percent, runRateDecimals)
	switch {
	case !r.AtLeast:
		return text
	case strings.HasPrefix(text, "<"):
		return "more than 0%"
	}
	return "at least " + text
}

// RunRateLegend explains the run rate, split around the name of what is billed, which can be changed in the workbook.
func RunRateLegend() (before, after string) {
	return "The run rate is the ", " cost per month as a share of the monthly budget, " +
		"as if the current fleet ran all month. It is not a bill."
}

// BudgetStatus compares a monthly budget with what instances cost this month, at the billed rate.
type BudgetStatus struct {
	Budget          fleet.Money
	Spent, Forecast history.Range
	AtLeast         bool // the forecast is a lower bound
	Now             Cost
	RunRate         RunRate
	Percent         decimal.Decimal // of the forecast's estimate, like RunRate.Percent
	State           BudgetState
}

// budgetStatus compares a budget with what is spent and with the cost now. f says whether the forecast decides.
func (r *Report) budgetStatus(f Forecast, budget fleet.Money, spent history.Range, now Cost) BudgetStatus {
	b := BudgetStatus{Budget: budget, Spent: spent, Forecast: spent.Plus(r.restOfMonth(now)), Now: now,
		RunRate: r.runRate(now, budget), State: Within}
	b.AtLeast = f.Partial || b.Forecast.LowerBound()
	b.Percent, _ = SpentPercent(b.Forecast.Estimate, fleet.Known(budget))
	isLikely := b.Forecast.Estimate.GreaterThan(perSecond(budget))
	if !f.Counts() {
		isLikely = b.RunRate.Over
	}
	switch {
	case spent.Low.GreaterThan(perSecond(budget)):
		b.State = Over
	case isLikely:
		b.State = LikelyOver
	}
	return b
}

// FleetBudget compares the fleet's budget with its cost. ok is false without a budget.
func (r *Report) FleetBudget() (b BudgetStatus, ok bool) {
	if !r.Budget.Known {
		return BudgetStatus{}, false
	}
	return r.budgetStatus(r.Forecast, r.Budget.Value, r.BilledSpend(), r.BilledCost()), true
}

// PercentText returns the forecast's share of the budget with one decimal: "98.0".
func (b BudgetStatus) PercentText() string { return b.Percent.StringFixed(runRateDecimals) }

// ShareText returns the forecast's share of the budget for people: "at least 117%".
func (b BudgetStatus) ShareText() string {
	return RunRate{Percent: b.Percent, AtLeast: b.AtLeast}.String()
}

// IsUnknown reports whether nothing says how the cost compares with the budget: there are instances, and none of their
// hours has a price. State is Within then.
func (b BudgetStatus) IsUnknown() bool { return b.State == Within && isUnknown(b.Forecast) }

// isUnknown reports whether an amount is 0 only because nothing has a price.
func isUnknown(c history.Range) bool { return c.Estimate.IsZero() && c.LowerBound() }

// ShownState returns the state for people: "likely over".
func (b BudgetStatus) ShownState() string {
	if b.IsUnknown() {
		return Unknown
	}
	return string(b.State)
}

// StateText returns the state for people as a sentence: "Likely over".
func (b BudgetStatus) StateText() string { return Sentence(b.ShownState()) }

// IsAlert reports whether the budget asks for attention.
func (b BudgetStatus) IsAlert() bool { return b.State != Within }

// ForecastOf returns a budget's forecast for people, to the cent.
func (s Settings) ForecastOf(b BudgetStatus) string {
	return marked(s.SpentText(b.Forecast.Estimate), b.AtLeast)
}

// budgetFigure is a budget's state.
func (r *Report) budgetFigure(b BudgetStatus) KeyFigure {
	f := KeyFigure{Name: "Budget", Short: b.StateText(), Exact: b.StateText(), IsAlert: b.IsAlert()}
	if b.IsUnknown() {
		return f.noting("no price is known", "the budget is "+r.Headline(b.Budget))
	}
	return f.noting(b.ShareText()+" of the budget of "+r.Headline(b.Budget), "run rate "+b.RunRate.String())
}

// budgetLegend explains the run rate. It is nil without a budget.
func (r *Report) budgetLegend() []string {
	if !r.Budget.Known {
		return nil
	}
	before, after := RunRateLegend()
	return []string{before + r.Bill.Name() + after}
}
