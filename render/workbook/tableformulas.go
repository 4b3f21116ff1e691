package workbook

import (
	"strconv"
	"strings"

	"gpufleet/render/report"
)

// maxWork limits how many cells of instances the formulas read. LibreOffice 7.4 took 16 s of CPU time to recalculate
// 200,000 instances in 12 regions and 9 models, on a busy machine: 200 million such cells, so this is about 30 s.
const maxWork = 400_000_000

// work returns how many cells of instances the formulas read: one for each SUMIFS and COUNTIFS and each instance. A row
// of totals has 17 of them, and two that count billed instances for each status.
func work(r *report.Report, statuses int) int {
	totals := (len(r.Regions) + len(r.Models) + 2) * (17 + 2*statuses)
	matrix := 2 * (len(r.Matrix.Rows) + 1) * (len(r.Matrix.Models) + 1)
	return len(r.Instances) * (totals + matrix + 6*statuses)
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
	perHour, perMonth := money(b.r.Listed) // equals the billed cost, with the billed shares as written
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
			format := b.valueStyle(c, textTotal, figureTotal).format
			t.rules = append(t.rules,
				b.lowerBoundRule(total, shown(countNumbers, name), shown(countNonEmpty, "status_no"), format))
		}
	}
}

// setTotalsFormulas makes the totals of a table follow the instances and the inputs. number is the column with the
// numbers of the rows.
func (b *book) setTotalsFormulas(t *table, number string) {
	total := "$" + columnName(t.index("listed_per_hour")+1) + "$" + strconv.Itoa(totalRow)
	formulas := b.totalsFormulas(t.inRow, total, criterion{number, t.inRow(number)})
	above := b.totalsFormulas(func(column string) string { return t.cell(column, totalRow) }, total)
	for i := range t.columns {
		c := &t.columns[i]
		if _, ok := above[c.name]; !ok {
			continue
		}
		c.totalFormula = above[c.name]
		c.formula = formulas[c.name]
	}
}

// setDayFormulas makes the amounts per month of the history follow the hours per month.
func setDayFormulas(t *table) {
	for _, name := range []string{"running", "listed"} {
		t.column(name + "_per_month").formula = perMonth(t.inRow(name + "_per_hour"))
	}
}
