package markdown

import (
	"gpufleet/render/report"
)

// divisions writes the totals of each region, model and owner.
func (m *draft) divisions() {
	for _, d := range m.r.Divisions {
		m.line("## %s", d.Plural)
		if d.Name == report.GPUDimension {
			m.models()
		} else {
			m.parts(d)
		}
	}
}

// parts writes the totals of each part of a dimension.
func (m *draft) parts(d *report.Division) {
	var rows [][]string
	for _, part := range d.Parts {
		rows = append(rows, m.partRow(m.name(part.Name), part.Totals))
	}
	m.table([]string{d.Title, "Instances", "Running per hour", "Listed per hour",
		"Listed per GPU-hour", "Share of listed"},
		[]bool{false, true, true, true, true, true}, rows, m.partRow("**All**", m.r.Totals))
}

func (m *draft) partRow(name string, t report.Totals) []string {
	return []string{name, report.FormatCount(t.Count), m.r.PerHourText(t.Running), m.r.PerHourText(t.Listed),
		m.r.RateText(t.GPUHour), t.ShareText()}
}

// models writes the totals of each model, and its cheapest and most expensive region.
func (m *draft) models() {
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
