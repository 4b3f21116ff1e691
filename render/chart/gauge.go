package chart

import (
	"math"

	"gpufleet/render/report"
)

// Gauge is the running cost beside a budget.
type Gauge struct {
	Used   int // how long what runs is, from 0 to Width
	Budget int // where the budget ends
	Open   bool
}

// BudgetGauge charts the run rate. A report without a budget has none.
func BudgetGauge(r *report.Report) (Gauge, bool) {
	if !r.Budget.Known {
		return Gauge{}, false
	}
	running, budget := r.Running.PerMonth.Float64(), r.Budget.Value.Float64()
	whole := max(running, budget)
	end := func(amount float64) int { return int(math.Round(amount / whole * Width)) }
	g := Gauge{Used: end(running), Budget: end(budget), Open: r.Running.LowerBound()}
	if over := r.Running.PerMonth.Cmp(r.Budget.Value) > 0; over && g.Budget >= g.Used {
		g.Budget = Width - 2 // over is over, however little
	}
	return g, true
}
