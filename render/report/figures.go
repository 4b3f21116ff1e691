package report

import "fmt"

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
