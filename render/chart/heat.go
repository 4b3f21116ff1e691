package chart

import (
	"math"
	"strconv"

	"gpufleet/render/report"
)

// heatLevels is the number of shades of a matrix, besides the one for 0.
const heatLevels = 5

// Heat shades the cells of a matrix by GPUs, billed cost or instances.
type Heat struct {
	bill                  report.Bill
	gpus, cost, instances float64 // the maximum of all cells
}

// NewHeat finds the maximums of a matrix.
func NewHeat(m *report.Matrix, bill report.Bill) Heat {
	h := Heat{bill: bill}
	for _, row := range m.Rows {
		for _, group := range row.Cells {
			if group != nil {
				h.gpus = max(h.gpus, group.GPUs.Value)
				h.cost = max(h.cost, group.Costs().Of(bill).PerHour.Float64())
				h.instances = max(h.instances, float64(group.Count))
			}
		}
	}
	return h
}

// Shades returns a group's shades, from "0" for nothing to "5", or "u" for unknown.
func (h Heat) Shades(g *report.Group) (gpus, cost, instances string) {
	gpus = shade(g.GPUs.Value, h.gpus)
	billed := g.Costs().Of(h.bill)
	cost = shade(billed.PerHour.Float64(), h.cost)
	instances = shade(float64(g.Count), h.instances)
	if g.GPUs.Unknown() {
		gpus = "u"
	}
	if billed.Unknown() {
		cost = "u"
	}
	return gpus, cost, instances
}

// shade returns the shade of a value. The square root keeps one huge cell from making all others white.
func shade(value, most float64) string {
	if value <= 0 || most <= 0 {
		return "0"
	}
	return strconv.Itoa(int(math.Ceil(heatLevels * math.Sqrt(value/most))))
}
