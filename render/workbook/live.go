package workbook

import (
	"strconv"
	"strings"

	"gpufleet/render/report"
)

// maxLiveRows is up to how many instances each has formulas of its own. Of more, what a row comes to a month is a
// value as of when the workbook was written; all totals are formulas all the same.
const maxLiveRows = 50_000

// maxWork bounds what recalculating a table of totals may take, in rows times instances. A table that is larger holds
// values: a spreadsheet would take minutes over each change. The totals above it are formulas all the same.
const maxWork = 200_000_000

// setInstanceFormulas makes what an instance is billed follow the assumptions, and the totals above the table the
// filters.
func (b *book) setInstanceFormulas() {
	t := b.instances
	hour, month := t.column("billed_per_hour"), t.column("billed_per_month")
	if t.rows <= maxLiveRows {
		numbers := b.refs(b.statuses, "status_no")[0]
		hour.formula = func(row int) string {
			price := t.cell("price_per_hour", row)
			share := "SUMIFS(" + b.shares() + "," + numbers + "," + t.cell("status_no", row) + ")"
			// Somebody may type "n/a" for a price.
			return "IF(" + share + "=0,0,IF(ISNUMBER(" + price + ")," + price + "*" + share + `,""))`
		}
		month.formula = func(row int) string {
			cell := t.cell("billed_per_hour", row)
			return "IF(ISNUMBER(" + cell + ")," + perMonth(cell) + `,"")`
		}
	}
	t.total = true
	set := func(name, function string, value report.Value) {
		if c := t.column(name); c != nil {
			c.total, c.totalFormula = func() report.Value { return value }, b.shown(function, name)
			if c.typ == report.Text {
				c.totalFormula = b.shown(function, "status_no")
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
	set(t.columns[0].name, countFilled, report.Value{Known: true, Number: float64(b.r.Count)})
	set("gpu_count", sumUp, sum(b.r.GPUs))
	set("cpu_cores", sumUp, sum(b.r.CPUCores))
	set("ram", sumUp, sum(b.r.RAM))
	set("disk_size", sumUp, sum(b.r.Disk))
	perHour, perMonth := money(b.r.Listed) // which is what is billed, as the shares are written
	set("billed_per_hour", sumUp, perHour)
	set("billed_per_month", sumUp, perMonth)
	if month.formula == nil {
		// The rows' own amounts a month don't follow then.
		month.totalFormula = "(" + b.shown(sumUp, "billed_per_hour") + ")*" + hoursName
	}
}

// setShownBounds marks the totals above the instances as lower bounds while something that is shown is unknown. A
// conditional format may look at its own sheet alone; where there are several, the marks stay as they were written.
func (b *book) setShownBounds() {
	t := b.instances
	if len(t.parts(b.lastRow)) > 1 {
		return
	}
	shown := func(function, column string) string {
		return strings.ReplaceAll(b.shown(function, column), sheetRef(t.sheet), "")
	}
	for _, name := range []string{"gpu_count", "cpu_cores", "ram", "disk_size", "billed_per_hour", "billed_per_month"} {
		if c := t.column(name); c != nil {
			total := cellName(t.index(name)+1, totalRow)
			format := b.valueStyle(c, textTotal, figureTotal).format
			t.rules = append(t.rules,
				b.bounds(total, shown(countNumbers, name), shown(countFilled, "status_no"), format))
		}
	}
}

// setTotalsFormulas makes the totals of a table follow the instances and the assumptions. number is the column with
// the rows' numbers.
func (b *book) setTotalsFormulas(t *table, number string) {
	total := "$" + columnName(t.index("listed_per_hour")+1) + "$" + strconv.Itoa(totalRow)
	rowOf := 0
	var formulas map[string]string
	at := func(row int) map[string]string {
		if row != rowOf {
			cell := func(column string) string { return t.cell(column, row) }
			formulas = b.totalsFormulas(cell, total, criterion{number, cell(number)})
			rowOf = row
		}
		return formulas
	}
	above := b.totalsFormulas(func(column string) string { return t.cell(column, totalRow) }, total)
	for i := range t.columns {
		c := &t.columns[i]
		if _, ok := above[c.name]; !ok {
			continue
		}
		c.totalFormula = above[c.name]
		if t.rows*b.instances.rows <= maxWork {
			c.formula = func(row int) string { return at(row)[c.name] }
		}
	}
}

// setDayFormulas makes the amounts a month of the history follow the assumptions.
func setDayFormulas(t *table) {
	for _, name := range []string{"running", "listed"} {
		t.column(name + "_per_month").formula = func(row int) string { return perMonth(t.cell(name+"_per_hour", row)) }
	}
}
