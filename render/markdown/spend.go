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
	head, right := []string{"Figure", "Value", "Low", "High", "Note"}, []bool{false, true, true, true, false}
	m.table(head, right, nil, rows...)
	for _, note := range m.r.SpendNotes() {
		m.line("%s", note)
	}
	m.spendByGroup()
	for _, t := range m.r.SpendTables() {
		if !t.IsPlace() { // the table above has these
			m.spendBy(t)
		}
	}
	m.ownerBudgets()
}

// ownerBudgets writes the owners' budgets.
func (m *draft) ownerBudgets() {
	if len(m.r.OwnerBudgets) == 0 {
		return
	}
	m.line("### Budgets by owner")
	var rows [][]string
	for _, b := range m.r.OwnerBudgets {
		rows = append(rows, []string{m.name(b.Owner), m.r.Amount(b.Budget), m.r.Spent(b.Spent),
			m.r.ForecastOf(b.BudgetStatus), b.ShareText(), b.RunRate.String(), b.StateText()})
	}
	m.table([]string{"Owner", "Budget", "Spent", "Forecast", "Forecast of budget", "Run rate", "State"},
		[]bool{false, true, true, true, true, true, false}, rows)
}

// spendBy writes what each part of a dimension cost this month and last month, the most expensive first.
func (m *draft) spendBy(t report.SpendTable) {
	if len(t.Lines) == 0 {
		return
	}
	m.line("### Spend by %s", t.Noun)
	var names [][]string
	for i := range t.Lines {
		names = append(names, []string{m.name(t.Name(&t.Lines[i]))})
	}
	m.spendTable([]string{t.Title}, names, t.Lines, t.Total)
}

// spendByGroup writes what each region's models cost this month and last month, the most expensive first.
func (m *draft) spendByGroup() {
	lines, total := m.r.SpendByGroup()
	if len(lines) == 0 {
		return
	}
	var names [][]string
	for _, l := range lines {
		names = append(names, []string{m.name(l.Group.Region), m.name(l.Group.GPU)})
	}
	m.spendTable([]string{"Region", "GPU model"}, names, lines, total)
}

// spendTable writes lines of spend after their names.
func (m *draft) spendTable(head []string, names [][]string, lines []report.SpendLine, total report.SpendLine) {
	all := make([]string, len(head))
	all[0] = "**All**"
	right := make([]bool, len(head))
	head, right = append(head, m.r.Bill.Title()+" "+m.r.ThisMonthTitle()), append(right, true)
	hasLast := m.r.LastMonth() != nil
	if hasLast {
		head, right = append(head, m.r.LastMonthTitle()), append(right, true)
	}
	head, right = append(head, "GPU-hours "+m.r.ThisMonthTitle()), append(right, true)
	line := func(names []string, l report.SpendLine) []string {
		cells := append(names, m.r.Spent(report.Ranges(l.This).Of(m.r.Bill)))
		if hasLast {
			cells = append(cells, m.r.Spent(report.Ranges(l.Last).Of(m.r.Bill)))
		}
		return append(cells, report.HoursNumber(l.This.GPUs))
	}
	var rows [][]string
	for i, l := range lines {
		rows = append(rows, line(names[i], l))
	}
	m.table(head, right, rows, line(all, total))
}
