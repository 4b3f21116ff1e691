package workbook

import (
	"strconv"

	"gpufleet/fetch/fleet"
	"gpufleet/render/report"
)

// groupIndexes returns the indexes of each instance's region in r.Regions, of its model in r.Models and of its group.
func groupIndexes(r *report.Report) (regions, models, groups []int32) {
	modelIndex := make(map[*report.Model]int32, len(r.Models))
	for i, model := range r.Models {
		modelIndex[model] = int32(i)
	}
	n := len(r.Instances)
	regions, models, groups = make([]int32, 0, n), make([]int32, 0, n), make([]int32, 0, n)
	groupIndex := int32(0)
	for i, region := range r.Regions {
		for _, group := range region.Groups {
			for range group.Instances {
				regions = append(regions, int32(i))
				models = append(models, modelIndex[group.Model])
				groups = append(groups, groupIndex)
			}
			groupIndex++
		}
	}
	return regions, models, groups
}

// allGroups returns the groups in the order of their instances.
func allGroups(r *report.Report) (groups []*report.Group) {
	for _, region := range r.Regions {
		groups = append(groups, region.Groups...)
	}
	return groups
}

// addGroupColumns adds the columns of tblGroups.
func (b *book) addGroupColumns(
	groups []*report.Group, regionNo map[*report.Region]int, modelNo map[*report.Model]int,
) {
	numbers, first, rows := map[*report.Group]int{}, map[*report.Group]int{}, 0
	for i, group := range groups {
		numbers[group], first[group] = i+1, rows+1
		rows += len(group.Instances)
	}
	t, of := b.groups, func(g *report.Group) report.Cost { return g.Costs().Of(b.r.Bill) }
	columns := append(report.Shown(b.r.Settings, report.GroupColumns()),
		billedColumns(of, "group_no", "Group no.", func(g *report.Group) int { return numbers[g] })...)
	columns = append(columns,
		countColumn("region_no", "Region no.", "", "The number of its region in tblRegions.",
			func(g *report.Group) int { return regionNo[g.Region] }),
		countColumn("model_no", "Model no.", "", "The number of its model in tblModels.",
			func(g *report.Group) int { return modelNo[g.Model] }),
		amountColumn("priced_gpus_per_hour", "Price of GPUs", perHourUnit,
			"The sum of the prices that the cost per GPU-hour is based on: those of listed instances with GPUs.",
			func(g *report.Group) (fleet.Money, bool) { perHour, _ := g.GPUHour.Sums(); return perHour, false }),
		countColumn("priced_gpus", "Priced GPUs", "", "How many GPUs these instances have.",
			func(g *report.Group) int { _, gpus := g.GPUHour.Sums(); return int(gpus) }))
	if !b.fixed && len(b.instances.parts(b.lastRow)) == 1 {
		columns = append(columns,
			countColumn("first_row", "First row", "", "The first row of tblInstances that formulas read for this group. "+
				"The row above the table has 1 if tblInstances is in the order of its groups. Otherwise all rows are read.",
				func(g *report.Group) int { return first[g] }),
			countColumn("last_row", "Last row", "", "The last row that formulas read.",
				func(g *report.Group) int { return first[g] + len(g.Instances) - 1 }))
	}
	total := &report.Group{
		Region: &report.Region{Name: "All regions"}, Model: &report.Model{Name: "All models"}, Totals: b.r.Totals,
	}
	addColumns(b.r, t, columns, func(row int) *report.Group { return groups[row] }, total)
	b.setGroupTotals(rows)
}

// setGroupTotals takes out the totals that mean nothing.
func (b *book) setGroupTotals(instances int) {
	t := b.groups
	for _, name := range []string{"region_no", "model_no", "last_row"} {
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
