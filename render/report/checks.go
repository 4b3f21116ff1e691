package report

import (
	"fmt"
	"slices"
	"strings"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
)

// Check is a condition that --fail-on turns into a failed run.
type Check string

// The checks, in the order in which they are reported.
const (
	OverBudget         Check = "over-budget"          // the run rate, or what is spent, is above the budget
	ForecastOverBudget Check = "forecast-over-budget" // the forecast is, and it is neither early nor partial
	Unowned            Check = "unowned"              // a billed instance has no owner
	Unpriced           Check = "unpriced"             // a listed instance has no price
	InstanceError      Check = "instance-error"       // an instance has the status Error
	AnyWarning         Check = "warnings"             // there is a warning
)

// Checks returns all checks.
func Checks() []Check {
	return []Check{OverBudget, ForecastOverBudget, Unowned, Unpriced, InstanceError, AnyWarning}
}

// Tripped returns a message for each of the checks that fails, in the order of Checks. moreWarnings counts warnings
// besides the report's own. The checks of the budget need one, and Unowned needs an owner file.
func (r *Report) Tripped(checks []Check, moreWarnings int) (messages []string) {
	for _, check := range Checks() {
		if !slices.Contains(checks, check) {
			continue
		}
		if reason := r.tripped(check, moreWarnings); reason != "" {
			messages = append(messages, string(check)+": "+reason)
		}
		for _, b := range r.OwnerBudgets {
			if reason := r.budgetTripped(check, b.BudgetStatus); reason != "" {
				messages = append(messages, string(check)+": owner "+b.Label()+": "+reason)
			}
		}
	}
	return messages
}

// budgetTripped returns why a check of a budget fails, "" if it passes or is another check.
func (r *Report) budgetTripped(check Check, b BudgetStatus) string {
	budget := r.Amount(b.Budget)
	switch {
	case check == OverBudget && b.State == Over:
		return fmt.Sprintf("at least %s is spent this month (%s budget)", r.SpentText(b.Spent.Low), budget)
	case check == OverBudget && b.RunRate.Over:
		return fmt.Sprintf("the run rate is %v of the budget (%s %s, %s budget)", b.RunRate,
			r.PerMonthText(b.Now), r.Bill.Name(), budget)
	case check == ForecastOverBudget && r.Forecast.Counts() && b.Forecast.Estimate.GreaterThan(perSecond(b.Budget)):
		return fmt.Sprintf("the forecast is %s of the budget (%s this month, %s budget)", b.ShareText(),
			r.Spent(b.Forecast), budget)
	}
	return ""
}

// tripped returns why a check fails, "" if it passes.
func (r *Report) tripped(check Check, moreWarnings int) string {
	switch check {
	case OverBudget, ForecastOverBudget:
		if b, ok := r.FleetBudget(); ok {
			return r.budgetTripped(check, b)
		}
	case Unowned:
		if n := Both[int](r.list.Unowned).Of(r.Bill); n > 0 {
			return fmt.Sprintf("%s instances without an owner: %s of %s", r.Bill.Name(), FormatCount(n),
				FormatCount(r.BilledCost().Of))
		}
	case Unpriced:
		if r.Listed.LowerBound() {
			return fmt.Sprintf("listed instances without a price: %s of %s",
				FormatCount(r.Listed.Of-r.Listed.Priced), FormatCount(r.Listed.Of))
		}
	case InstanceError:
		if n := r.withStatus("Error"); n > 0 {
			return fmt.Sprintf("instances with the status Error: %s of %s", FormatCount(n), FormatCount(r.Count))
		}
	case AnyWarning:
		if n := len(r.Warnings) + moreWarnings; n > 0 {
			return Counted(n, "warning")
		}
	}
	return ""
}

// Unpriced returns the listed instances without a price, in the report's order.
func (r *Report) Unpriced() []*fleet.Instance {
	unpriced := make([]*fleet.Instance, 0, r.Listed.Of-r.Listed.Priced)
	for _, in := range r.Instances {
		if !in.Price.Known && in.Listed() {
			unpriced = append(unpriced, in)
		}
	}
	return unpriced
}

// withStatus returns the number of instances with a status, ignoring case.
func (r *Report) withStatus(name string) int {
	n := 0
	for _, status := range r.Statuses {
		if strings.EqualFold(status.Name, name) {
			n += status.Instances
		}
	}
	return n
}

// Figure is a key figure for machines.
type Figure struct{ Name, Value string }

// Figures returns the fleet's totals with the names and formats of data/groups.csv, then the currency, what the month
// has cost and comes to at the billed rate, the budget's figures and the number of warnings. Unknown values are "".
// moreWarnings counts warnings besides the report's own.
func (r *Report) Figures(moreWarnings int) []Figure {
	var figures []Figure
	for _, column := range Shown(r.Settings, totalsColumns(func(t *Totals) *Totals { return t })) {
		figures = append(figures, Figure{column.Name, Exact(column.Type, column.Value(&r.Totals))})
	}
	runRate, percent := "", ""
	if b, ok := r.FleetBudget(); ok {
		runRate, percent = b.RunRate.Percent.String(), b.PercentText()
	}
	return append(figures, Figure{"currency", r.Currency},
		Figure{"spent_this_month", history.Rounded(r.BilledSpend().Estimate).String()},
		Figure{"forecast", history.Rounded(r.Forecast.Of(r.Bill).Estimate).String()},
		Figure{"run_rate_percent", runRate},
		Figure{"forecast_percent", percent},
		Figure{"budget_state", string(r.Forecast.State)},
		Figure{"warnings", ExactNumber(float64(len(r.Warnings) + moreWarnings))})
}

// Line returns the line of key figures that a run prints.
func (r *Report) Line() string {
	line := fmt.Sprintf("%s, %s, running %s, listed %s", Counted(r.Count, "instance"),
		WithCoverage(r.GPUs.GPUs(), r.GPUs.Coverage()), r.PerHourText(r.Running), r.PerHourText(r.Listed))
	switch b, ok := r.FleetBudget(); {
	case ok && b.IsUnknown():
		line += ", no price to compare with the budget"
	case ok:
		line += ", run rate " + b.RunRate.String() + " of the budget, " + string(b.State) + " budget"
	}
	return line + ", spent " + r.SpentFigure().Exact + " " + monthSpan(r.ThisMonth()) +
		", forecast " + r.ForecastFigure().Exact
}
