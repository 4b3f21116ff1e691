package workbook

import (
	"strconv"
	"strings"

	"gpufleet/render/report"
)

// maxWork limits how many cells of tables the formulas read: what LibreOffice 7.4 recalculates in about 30 s of CPU
// time. It took 16 s for 200 million in a workbook whose regions and models read the instances. In one of 200,000
// instances in 40 regions, 16 models and 9 statuses, as written now, recalculating everything took less than the 2 s by
// which its times for loading and saving differ. So a fleet that fits on one sheet has formulas.
const maxWork = 400_000_000

// work returns how many cells of tables the formulas read, roughly: one for each SUMIFS and COUNTIFS and each row.
func work(r *report.Report, groups, statuses int, oneSheet bool) int {
	const monthSums = 5 // see setMonthFormulas
	const sums = 18     // of a group; two more count billed instances for each status
	reads := len(r.Instances) * (sums + 2*statuses)
	if !oneSheet { // see instancesOfGroup
		reads *= groups
	}
	matrix := 2 * (len(r.Matrix.Rows) + 1) * (len(r.Matrix.Models) + 1)
	reads += len(r.SpendRows()) * len(r.Spend.Months) * monthSums
	parts := 0
	for _, d := range r.Divisions {
		parts += len(d.Parts)
	}
	return reads + len(r.Instances)*7*statuses + groups*(parts*sums+matrix)
}

// setInstanceFormulas makes the billed costs of the instances follow the inputs, and the totals above them the
// filters.
func (b *book) setInstanceFormulas() {
	t := b.instances
	hour, month := t.column("billed_per_hour"), t.column("billed_per_month")
	if !b.fixed {
		numbers := b.refs(b.statuses, "status_no")[0]
		price := t.inRow("price_per_hour")
		share := "SUMIFS(" + b.shares() + "," + numbers + "," + t.inRow("status_no") + ")"
		// Somebody may type "n/a" for a price.
		hour.formula = "IF(" + share + "=0,0,IF(ISNUMBER(" + price + ")," + price + "*" + share + `,""))`
		cell := t.inRow("billed_per_hour")
		month.formula = "IF(ISNUMBER(" + cell + ")," + perMonth(cell) + `,"")`
	}
	t.total = true
	set := func(name, function string, value report.Value) {
		if c := t.column(name); c != nil {
			c.total, c.totalFormula = func() report.Value { return value }, b.subtotal(function, name)
			if c.typ == report.Text {
				c.totalFormula = b.subtotal(function, "status_no")
			}
		}
	}
	sum := func(s report.Sum) report.Value {
		return report.Value{Known: true, Number: s.Value, LowerBound: s.LowerBound()}
	}
	money := func(c report.Cost) (perHour, perMonth report.Value) {
		perHour = report.Value{Known: true, Money: c.PerHour, LowerBound: c.LowerBound()}
		perMonth = report.Value{Known: true, Money: c.PerMonth, LowerBound: c.LowerBound()}
		return perHour, perMonth
	}
	set(t.columns[0].name, countNonEmpty, report.Value{Known: true, Number: float64(b.r.Count)})
	set("gpu_count", sumUp, sum(b.r.GPUs))
	set("cpu_cores", sumUp, sum(b.r.CPUCores))
	set("ram", sumUp, sum(b.r.RAM))
	set("disk_size", sumUp, sum(b.r.Disk))
	perHour, perMonth := money(b.r.BilledCost())
	set("billed_per_hour", sumUp, perHour)
	set("billed_per_month", sumUp, perMonth)
}

// setShownLowerBounds shows a total above the instances as a lower bound while a row that passes the filters has no
// value. Conditional formats can't refer to other sheets: if there are several, the totals stay as they were written.
func (b *book) setShownLowerBounds() {
	t := b.instances
	if len(t.parts(b.lastRow)) > 1 {
		return
	}
	shown := func(function, column string) string {
		return strings.ReplaceAll(b.subtotal(function, column), sheetRef(t.sheet), "")
	}
	for _, name := range []string{"gpu_count", "cpu_cores", "ram", "disk_size", "billed_per_hour", "billed_per_month"} {
		if c := t.column(name); c != nil {
			total := cellName(t.index(name)+1, totalRow)
			style := b.valueStyle(c, textTotal, figureTotal)
			t.rules = append(t.rules,
				b.lowerBoundRule(total, shown(countNumbers, name), shown(countNonEmpty, "status_no"), style))
		}
	}
}

// setTotalsFormulas makes the groups follow the instances and the inputs, and the parts of each dimension the groups.
func (b *book) setTotalsFormulas() {
	sums := b.groupFormulas(b.instancesOfGroup())
	for _, d := range b.r.Divisions {
		w := wordsOf(d)
		t := b.table(w.sheet)
		b.setSums(t, sumsOver(b.all().with(criterion{w.number, t.inRow(w.number)}), sums))
	}
	b.setSums(b.groups, sums)
}

// sumsOver returns the formulas that add up columns, by name, over rows.
func sumsOver(rows source, columns map[string]string) map[string]string {
	f := map[string]string{}
	for name := range columns {
		f[name] = rows.sum(name)
	}
	return f
}

// setSums sets the formulas of a table of totals. f are those of its sums.
func (b *book) setSums(t *table, f map[string]string) {
	total := "$" + columnName(t.index("listed_per_hour")+1) + "$" + strconv.Itoa(totalRow)
	above := sumsOver(b.all(), f)
	prices, gpus := f["priced_gpus_per_hour"], f["priced_gpus"]
	if t == b.groups {
		prices, gpus = t.inRow("priced_gpus_per_hour"), t.inRow("priced_gpus")
	}
	addFigures(above, func(column string) string { return t.cell(column, totalRow) }, total,
		above["priced_gpus_per_hour"], above["priced_gpus"])
	addFigures(f, t.inRow, total, prices, gpus)
	for i := range t.columns {
		c := &t.columns[i]
		if f[c.name] != "" {
			c.formula, c.totalFormula = f[c.name], above[c.name]
		}
	}
}
