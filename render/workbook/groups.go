package workbook

import (
	"strconv"

	"gpufleet/fetch/fleet"
	"gpufleet/render/report"
)

// combinationIndexes returns the index of each instance's combination in r.Combinations.
func combinationIndexes(r *report.Report) []int32 {
	indexes := make([]int32, 0, len(r.Instances))
	for i, c := range r.Combinations() {
		for range c.Instances {
			indexes = append(indexes, int32(i))
		}
	}
	return indexes
}

// addGroupColumns adds the columns of tblGroups.
func (b *book) addGroupColumns(groups []*report.Combination) {
	numbers, first, rows := map[*report.Combination]int{}, map[*report.Combination]int{}, 0
	for i, group := range groups {
		numbers[group], first[group] = i+1, rows+1
		rows += len(group.Instances)
	}
	t, of := b.groups, func(g *report.Combination) report.Cost { return g.Costs().Of(b.r.Bill) }
	columns := append(report.Shown(b.r.Settings, b.r.CombinationColumns()),
		billedColumns(of, "group_no", "Group no.", func(g *report.Combination) int { return numbers[g] })...)
	for i, d := range b.r.Divisions {
		w := wordsOf(d)
		columns = append(columns, countColumn(w.number, w.title, "", "The number of its "+w.noun+" in tbl"+w.sheet+".",
			func(g *report.Combination) int { return g.Parts[i].Index + 1 }))
	}
	columns = append(columns,
		amountColumn("priced_gpus_per_hour", "Price of GPUs", perHourUnit,
			"The sum of the prices that the cost per GPU-hour is based on: those of listed instances with GPUs.",
			func(g *report.Combination) (fleet.Money, bool) { perHour, _ := g.GPUHour.Sums(); return perHour, false }),
		countColumn("priced_gpus", "Priced GPUs", "", "How many GPUs these instances have.",
			func(g *report.Combination) int { _, gpus := g.GPUHour.Sums(); return int(gpus) }))
	if !b.fixed && len(b.instances.parts(b.lastRow)) == 1 {
		columns = append(columns,
			countColumn("first_row", "First row", "", "The first row of tblInstances that formulas read for this group. "+
				"The row above the table has 1 if tblInstances is in the order of its groups. Otherwise all rows are read.",
				func(g *report.Combination) int { return first[g] }),
			countColumn("last_row", "Last row", "", "The last row that formulas read.",
				func(g *report.Combination) int { return first[g] + len(g.Instances) - 1 }))
	}
	total := &report.Combination{Totals: b.r.Totals}
	for _, d := range b.r.Divisions {
		total.Parts = append(total.Parts, &report.Part{Name: wordsOf(d).all, Index: -1})
	}
	addColumns(b.r, t, columns, func(row int) *report.Combination { return groups[row] }, total)
	b.setGroupTotals(rows)
}

// setGroupTotals takes out the totals that mean nothing.
func (b *book) setGroupTotals(instances int) {
	t := b.groups
	names := []string{"last_row"}
	for _, d := range b.r.Divisions {
		names = append(names, wordsOf(d).number)
	}
	for _, name := range names {
		if c := t.column(name); c != nil {
			c.total = nil
		}
	}
	if c := t.column("first_row"); c != nil { // a single row has no order
		c.total = func() report.Value { return report.Value{Known: true, Number: float64(flag(instances > 1))} }
	}
}

// instancesOfGroup returns the instances of the group in the row of a formula. As written, the instances of a group
// are next to each other, and only these rows are read. After somebody has sorted the instances by another column, or
// if they take several sheets, all rows are read: the sums are the same, but take longer.
func (b *book) instancesOfGroup() source {
	t := b.groups
	number := t.inRow("group_no")
	s := source{b: b, t: b.instances, where: []criterion{{"group_no", number}}}
	if t.index("first_row") < 0 {
		return s
	}
	s.first, s.last = t.inRow("first_row"), t.inRow("last_row")
	numbers := b.refs(b.instances, "group_no")[0]
	first, last := t.column("first_row"), t.column("last_row")
	rows := "ROWS(" + numbers + ")"
	part := func(from, to string) string {
		return "INDEX(" + numbers + "," + from + "):INDEX(" + numbers + "," + to + ")"
	}
	first.totalFormula = "IFERROR(--(SUMPRODUCT(--(" + part("2", rows) + "<" + part("1", rows+"-1") + "))=0),0)"
	inOrder := "$" + columnName(t.index("first_row")+1) + "$" + strconv.Itoa(totalRow) + "=1"
	upTo := func(number string) string { return "IFERROR(MATCH(" + number + "," + numbers + ",1),0)" }
	first.formula = "IF(" + inOrder + ",MIN(" + rows + "," + upTo(number+"-1") + "+1),1)"
	last.formula = "IF(" + inOrder + ",MAX(1," + upTo(number) + ")," + rows + ")"
	return s
}
