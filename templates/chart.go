package templates

import (
	"fmt"
	"strconv"
	"strings"

	"gpufleet/render/chart"
	"gpufleet/render/report"
)

// items are places as bars show them.
func items(places []place) []chart.Item {
	items := make([]chart.Item, len(places))
	for i, p := range places {
		items[i] = chart.Item{Name: p.name, Path: p.path, Totals: p.totals}
	}
	return items
}

// chartBox is the box of a chart's drawing, of a height.
func chartBox(height int) string { return fmt.Sprintf("0 0 %d %d", chart.Width, height) }

// trendClass tells the lines of a trend apart.
func trendClass(line int) string { return "trend-" + strconv.Itoa(line+1) }

// trendGrid draws a line across at each tick.
func trendGrid(t *chart.Trend) string {
	var b strings.Builder
	for i := range t.Ticks {
		fmt.Fprintf(&b, "M0 %dh%d", i*chart.Height/(len(t.Ticks)-1), chart.Width)
	}
	return b.String()
}

// heatClass returns the classes that shade a cell of the matrix, one a figure.
func heatClass(heat chart.Heat, g *report.Group) string {
	gpus, cost, instances := heat.Shades(g)
	return "g" + gpus + " c" + cost + " i" + instances
}
