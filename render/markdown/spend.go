package markdown

import (
	"strings"

	"gpufleet/render/report"
)

// spend writes what the month has cost and will come to.
func (m *draft) spend() {
	m.line("## Spend")
	m.line("%s", m.r.SpendSentence())
	var rows [][]string
	for _, f := range m.r.KeyFigures() {
		rows = append(rows, []string{f.Name, f.Exact, f.Low, f.High, strings.Join(f.Notes, "; ")})
	}
	head, right := []string{"Figure", "Value", "At least", "At most", "Note"}, []bool{false, true, true, true, false}
	m.table(head, right, nil, rows...)
	for _, note := range m.r.SpendNotes() {
		m.line("%s", note)
	}
	m.spendByGroup()
}

// spendByGroup writes what each region's models cost this month and last month, the most expensive first.
func (m *draft) spendByGroup() {
	lines, total := m.r.SpendByGroup()
	if len(lines) == 0 {
		return
	}
	head, right := []string{"Region", "GPU model", m.r.Bill.Title() + " this month"}, []bool{false, false, true}
	hasLast := m.r.LastMonth() != nil
	if hasLast {
		head, right = append(head, "Last month"), append(right, true)
	}
	head, right = append(head, "GPU-hours this month"), append(right, true)
	line := func(region, model string, l report.SpendLine) []string {
		cells := []string{region, model, m.r.Spent(report.Ranges(l.This).Of(m.r.Bill))}
		if hasLast {
			cells = append(cells, m.r.Spent(report.Ranges(l.Last).Of(m.r.Bill)))
		}
		return append(cells, report.HoursNumber(l.This.GPUs))
	}
	var rows [][]string
	for _, l := range lines {
		rows = append(rows, line(m.name(l.Group.Region), m.name(l.Group.GPU), l))
	}
	m.table(head, right, rows, line("**All**", "", total))
}
