package report

import (
	"fmt"
	"slices"
	"strings"

	"gpufleet/fetch/fleet"
)

// Check is a condition that --fail-on turns into a failed run.
type Check string

// The checks, in the order in which they are reported.
const (
	OverBudget    Check = "over-budget"    // the run rate is above 100 %
	Unpriced      Check = "unpriced"       // a listed instance has no price
	InstanceError Check = "instance-error" // an instance has the status Error
	AnyWarning    Check = "warnings"       // there is a warning
)

// Checks returns all checks.
func Checks() []Check { return []Check{OverBudget, Unpriced, InstanceError, AnyWarning} }

// Tripped returns a message for each of the checks that fails, in the order of Checks. moreWarnings counts warnings
// besides the report's own. OverBudget needs a budget.
func (r *Report) Tripped(checks []Check, moreWarnings int) (messages []string) {
	for _, check := range Checks() {
		if !slices.Contains(checks, check) {
			continue
		}
		if reason := r.tripped(check, moreWarnings); reason != "" {
			messages = append(messages, string(check)+": "+reason)
		}
	}
	return messages
}

// tripped returns why a check fails, "" if it passes.
func (r *Report) tripped(check Check, moreWarnings int) string {
	switch check {
	case OverBudget:
		if rate, ok := r.RunRate(); ok && rate.Over {
			return fmt.Sprintf("the run rate is %v of the budget (%s running, %s budget)", rate,
				r.PerMonthText(r.Running), r.Amount(r.Budget.Value))
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

// Figures returns the fleet's totals with the names and formats of data/groups.csv, then the currency, the run rate and
// the number of warnings. Unknown values are "". moreWarnings counts warnings besides the report's own.
func (r *Report) Figures(moreWarnings int) []Figure {
	var figures []Figure
	for _, column := range Shown(r.Settings, totalsColumns(func(t *Totals) *Totals { return t })) {
		figures = append(figures, Figure{column.Name, Exact(column.Type, column.Value(&r.Totals))})
	}
	runRate := ""
	if rate, ok := r.RunRate(); ok {
		runRate = rate.Percent.String()
	}
	return append(figures, Figure{"currency", r.Currency}, Figure{"run_rate_percent", runRate},
		Figure{"warnings", ExactNumber(float64(len(r.Warnings) + moreWarnings))})
}

// Line returns the line of key figures that a run prints.
func (r *Report) Line() string {
	line := fmt.Sprintf("%s, %s, running %s, listed %s", Counted(r.Count, "instance"),
		WithCoverage(r.GPUs.GPUs(), r.GPUs.Coverage()), r.PerHourText(r.Running), r.PerHourText(r.Listed))
	if rate, ok := r.RunRate(); ok {
		line += ", run rate " + rate.Text()
	}
	return line
}
