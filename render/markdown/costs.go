package markdown

import (
	"gpufleet/render/report"
)

// regions writes the totals of each region.
func (m *draft) regions() {
	m.line("## Regions")
	var rows [][]string
	for _, region := range m.r.Regions {
		rows = append(rows, m.regionRow(m.name(region.Name), region.Totals))
	}
	m.table([]string{"Region", "Instances", "Running per hour", "Listed per hour",
		"Listed per GPU-hour", "Share of listed"},
		[]bool{false, true, true, true, true, true}, rows, m.regionRow("**All**", m.r.Totals))
}

func (m *draft) regionRow(name string, t report.Totals) []string {
	return []string{name, report.FormatCount(t.Count), m.r.PerHourText(t.Running), m.r.PerHourText(t.Listed),
		m.r.RateText(t.GPUHour), t.ShareText()}
}

// models writes the totals of each model, and its cheapest and most expensive region.
func (m *draft) models() {
	m.line("## GPU models")
	var rows [][]string
	for _, model := range m.r.Models {
		row := []string{m.name(model.Name), report.FormatCount(model.Count), m.r.PerHourText(model.Listed),
			m.r.RateText(model.GPUHour), model.ShareText()}
		for _, group := range []*report.Group{model.Cheapest, model.MostExpensive} {
			if group == nil {
				row = append(row, report.None, report.None)
			} else {
				row = append(row, m.name(group.Region.Name), m.r.RateText(group.GPUHour))
			}
		}
		rows = append(rows, row)
	}
	m.table([]string{"GPU model", "Instances", "Listed per hour", "Listed per GPU-hour", "Share of listed",
		"Cheapest region", "Cheapest (per GPU-hour)", "Most expensive region", "Most expensive (per GPU-hour)"},
		[]bool{false, true, true, true, true, false, true, false, true}, rows)
}
