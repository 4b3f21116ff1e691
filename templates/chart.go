package templates

import (
	"fmt"
	"strconv"

	"gpufleet/render/chart"
	"gpufleet/render/report"
)

// items converts rows for a bar chart.
func items(rows []totalsRow) []chart.Item {
	items := make([]chart.Item, len(rows))
	for i, p := range rows {
		items[i] = chart.Item{Name: p.name, Path: p.path, Totals: p.totals}
	}
	return items
}

// chartBox returns the viewBox of a chart.
func chartBox(height int) string { return fmt.Sprintf("0 0 %d %d", chart.Width, height) }

// trendClass returns the class of a line of a trend.
func trendClass(line int) string { return "trend-" + strconv.Itoa(line+1) }

// heatClass returns the classes that shade a cell of the matrix, one per figure.
func heatClass(heat chart.Heat, g *report.Group) string {
	gpus, cost, instances := heat.Shades(g)
	return "g" + gpus + " c" + cost + " i" + instances
}

// cpuOnly returns the class of a model without GPUs, which the style sheet hides among GPUs.
func cpuOnly(model *report.Part) string {
	if model.HasNoGPUs() {
		return "cpu-only"
	}
	return ""
}
