package templates

import (
	"math"
	"strconv"

	"gpufleet/render/report"
)

// heatLevels is how many shades of the matrix the style sheet has, besides that of no GPUs.
const heatLevels = 5

// heat shades the cells of a matrix by their GPUs.
type heat struct {
	most float64 // GPUs of the fullest cell
}

func newHeat(m *report.Matrix) heat {
	var h heat
	for _, row := range m.Rows {
		for _, group := range row.Cells {
			if group != nil {
				h.most = max(h.most, group.GPUs.Value)
			}
		}
	}
	return h
}

// class returns the class of a group's cell. The square root keeps one huge cell from whitening all others.
func (h heat) class(g *report.Group) string {
	if h.most == 0 {
		return "heat-0"
	}
	return "heat-" + strconv.Itoa(int(math.Ceil(heatLevels*math.Sqrt(g.GPUs.Value/h.most))))
}
