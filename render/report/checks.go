package report

import (
	"fmt"
	"slices"
	"strings"

	"gpufleet/fetch/fleet"
)

// Check is something that a run can be told to fail on.
type Check string

// The checks, in the order in which they are told.
const (
	OverBudget    Check = "over-budget"    // the run rate is above 100 %
	Unpriced      Check = "unpriced"       // a listed instance has no price
	InstanceError Check = "instance-error" // an instance has the status Error
	AnyWarning    Check = "warnings"       // there is a warning
)

// Checks returns all checks.
func Checks() []Check { return []Check{OverBudget, Unpriced, InstanceError, AnyWarning} }

// Tripped returns a sentence with its figure for each of the checks that the report does not pass, in the order of
// Checks. further counts the warnings that are not the report's. OverBudget needs a budget.
func (r *Report) Tripped(checks []Check, further int) (sentences []string) {
	for _, check := range Checks() {
		if !slices.Contains(checks, check) {
			continue
		}
		if figure := r.tripped(check, further); figure != "" {
			sentences = append(sentences, string(check)+": "+figure)
		}
	}
	return sentences
}

// tripped returns what trips a check, "" for nothing.
func (r *Report) tripped(check Check, further int) string {
	switch check {
	case OverBudget:
		if rate, ok := r.RunRate(); ok && rate.Over {
			return fmt.Sprintf("the run rate is %v of the budget (%s running, %s budget)", rate,
				r.PerMonthText(r.Running), r.Amount(r.Budget.Value))
		}
	case Unpriced:
		if r.Listed.LowerBound() {
			return fmt.Sprintf("%s of %s listed instances have no price", FormatCount(r.Listed.Of-r.Listed.Priced),
				FormatCount(r.Listed.Of))
		}
	case InstanceError:
		if n := r.withStatus("Error"); n > 0 {
			return fmt.Sprintf("%s of %s instances have the status Error", FormatCount(n), FormatCount(r.Count))
		}
	case AnyWarning:
		if n := len(r.Warnings) + further; n > 0 {
			return fmt.Sprintf("%s given", FormatCount(n))
		}
	}
	return ""
}

// Unpriced returns the listed instances without a price, in their order.
func (r *Report) Unpriced() []*fleet.Instance {
	unpriced := make([]*fleet.Instance, 0, r.Listed.Of-r.Listed.Priced)
	for _, in := range r.Instances {
		if !in.Price.Known && in.Listed() {
			unpriced = append(unpriced, in)
		}
	}
	return unpriced
}

// withStatus returns how many instances have a status, in whatever case.
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

// Figures returns the fleet's totals under the names and in the form that they have in data/groups.csv, and what else
// a schedule may want to act on. What is unknown is "". further counts the warnings that are not the report's.
func (r *Report) Figures(further int) []Figure {
	var figures []Figure
	for _, column := range Shown(r.Settings, totalsColumns(func(t *Totals) *Totals { return t })) {
		figures = append(figures, Figure{column.Name, Exact(column.Type, column.Value(&r.Totals))})
	}
	runRate := ""
	if rate, ok := r.RunRate(); ok {
		runRate = rate.Percent.String()
	}
	return append(figures, Figure{"currency", r.Currency}, Figure{"run_rate_percent", runRate},
		Figure{"warnings", ExactNumber(float64(len(r.Warnings) + further))})
}

// Line returns the figures that a run prints on the terminal, in one line.
func (r *Report) Line() string {
	line := fmt.Sprintf("%s instances, %s, running %s, listed %s", FormatCount(r.Count),
		WithCoverage(r.GPUs.String()+" GPUs", r.GPUs.Coverage()), r.PerHourText(r.Running), r.PerHourText(r.Listed))
	if rate, ok := r.RunRate(); ok {
		line += ", run rate " + rate.Text()
	}
	return line
}
