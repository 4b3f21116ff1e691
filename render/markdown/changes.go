package markdown

import (
	"slices"

	"gpufleet/fetch/history"
	"gpufleet/render/report"
)

// changesInMarkdown is the maximum number of changes that the summary shows per window.
const changesInMarkdown = 50

// changes writes what changed, first since last week, then since the last run, or once for both.
func (m *draft) changes() {
	m.line("## What changed")
	for _, w := range slices.Backward(m.r.ShownWindows()) {
		m.line("### %s", w.Title)
		m.line("%s", w.Basis())
		if w.Window == nil {
			continue
		}
		m.changeSum(w)
		if !w.Unchanged() {
			m.changeLines(w)
		}
	}
}

// changeSum writes how the changes add up from the old totals to the new ones, the billed one first.
func (m *draft) changeSum(w report.NamedWindow) {
	s := m.r.Settings
	bill, other := s.Bill, s.Bill.Other()
	rows := [][]string{{"Before", "", m.r.PerHourText(w.Before.Of(bill)), m.r.PerHourText(w.Before.Of(other))}}
	for _, line := range w.Sum {
		rows = append(rows, []string{line.Kind.Label(), w.CountText(line), line.DeltaText(s, bill), line.DeltaText(s, other)})
	}
	if w.Unchanged() {
		rows = append(rows, []string{"No changes", "", w.DeltaText(s, bill), w.DeltaText(s, other)})
	}
	rows = append(rows, []string{"**Now**", "", m.r.PerHourText(w.After.Of(bill)), m.r.PerHourText(w.After.Of(other))},
		[]string{w.DeltasLabel(s), "", w.DeltaText(s, bill), w.DeltaText(s, other)})
	m.table([]string{"Change", "Count", bill.Title() + " cost", other.Title() + " cost"},
		[]bool{false, true, true, true}, nil, rows...)
}

func (m *draft) changeLines(w report.NamedWindow) {
	lines, more := w.First(changesInMarkdown)
	s := m.r.Settings
	head := []string{"Change", "Instance", "Region", "GPU model", "Field", "Old", "New"}
	const second = 1 // the account comes before the instance, if there are accounts
	if s.Has(history.Account.Name) {
		head = slices.Insert(head, second, "Account")
	}
	var rows [][]string
	for _, line := range lines {
		row := make([]string, len(head))
		row[0] = line.Kind.Label()
		if line.In != nil {
			row = []string{line.Kind.Label(),
				m.cell(line.Name(s)), m.cell(line.In.Region), m.cell(line.In.Model()), m.cell(line.FieldTitle(s)),
				m.fieldCell(line, line.OldText(s)), m.fieldCell(line, line.NewText(s))}
			if s.Has(history.Account.Name) {
				row = slices.Insert(row, second, m.cell(line.In.Account))
			}
		}
		rows = append(rows, append(row, line.DeltaText(s)))
	}
	right := make([]bool, len(head)+1)
	right[len(head)] = true
	m.table(append(head, "Effect on "+s.Bill.Name()+" cost"), right, rows)
	table := &m.blocks[len(m.blocks)-1]
	table.more, table.moreIn = more, ", in the workbook and in "+report.ChangesJSONPath
}

// cell returns text for a cell.
func (m *draft) cell(text string) string {
	if text == "" {
		return ""
	}
	return m.name(text)
}

// fieldCell returns a changed field's value for a cell. Only text comes from outside and needs escaping.
func (m *draft) fieldCell(line report.ChangeLine, text string) string {
	if line.FieldType() != report.Text {
		return text
	}
	return m.cell(text)
}
