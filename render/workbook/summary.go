package workbook

import (
	"strconv"

	"gpufleet/fetch/fleet"
	"gpufleet/render/report"
)

const summarySheet = "Summary"

// summary makes the first sheet: the headline figures, their basis, charts, and links to the other sheets.
func (b *book) summary() *page {
	p := &page{widths: []float64{26, 12, 12, 16, 18, 12, 22}, onePage: true}
	p.lines = append(p.lines, line{cells: []cell{textCell(title, oneLine(b.r.Title))}, height: 27})
	p.add(textCell(caption, b.r.Origin()+"."))
	if notices := b.notices(); notices != "" {
		p.add(textCell(notice, notices))
	}
	if b.r.Empty() {
		p.add(textCell(notice, "No instances."))
	}
	p.blank()
	b.addMonth(p)
	b.addCosts(p)
	b.addFleet(p)
	b.addBasis(p)
	b.addLegend(p)
	b.addIndex(p)
	b.addWarnings(p)
	b.addCharts(p, len(p.widths)+2) // after an empty column
	return p
}

// addCosts adds the running, the listed and the billed cost. It is not known whether a stopped instance is billed; the
// billed shares on Assumptions say what is assumed.
func (b *book) addCosts(p *page) {
	p.section(figureSection, "Cost", "Instances", "Priced",
		"Per hour ("+b.r.Currency+")", "Per month ("+b.r.Currency+")", "% of budget", "Coverage")
	first := p.next()
	b.addCost(p, "Running", b.r.Running, "running")
	b.addCost(p, "Listed", b.r.Listed, "listed")
	b.billedRate = sheetRef(summarySheet) + "$D$" + strconv.Itoa(p.next())
	b.addCost(p, billedLabel, b.r.BilledCost(), "billed")
	p.blank()
	b.addConverted(p, first)
}

// billedLabel names the cost that the billed shares on Assumptions lead to.
const billedLabel = "Billed (see " + assumptionsSheet + ")"

// addConverted adds the three costs in the other currency; first is the row of the first cost. The exchange rate is 1
// until somebody changes it.
func (b *book) addConverted(p *page, first int) {
	p.section(figureSection, "", "", "", "", "")
	head := p.lines[len(p.lines)-1].cells
	head[0] = cell{value: "In " + b.r.Currency, style: cellStyle{role: section}}.with(`"In "&` + currencyName)
	head[3].value, head[4].value = "Per hour", "Per month"
	costs := []struct {
		label string
		cost  report.Cost
	}{{"Running", b.r.Running}, {"Listed", b.r.Listed}, {billedLabel, b.r.BilledCost()}}
	for i, row := range costs {
		c, from := row.cost, strconv.Itoa(first+i)
		amount := func(column int, m fleet.Money) cell {
			format := withDecimals(shownDecimals(report.Money, decimalsOf(m.String())))
			shown := figure(m.Float64(), format, c.LowerBound())
			shown.style.tiny = true
			p.rules = append(p.rules, b.lowerBoundRule(cellName(column, p.next()), "$C"+from, "$B"+from, shown.style))
			return shown.with("$" + columnName(column) + from + "*" + rateName)
		}
		p.add(textCell(plain, row.label), cell{}, cell{}, amount(4, c.PerHour), amount(5, c.PerMonth))
	}
	p.blank()
}

// addCost adds a cost; columns is the prefix of its columns of groups.
func (b *book) addCost(p *page, name string, c report.Cost, columns string) {
	row := strconv.Itoa(p.next())
	p.fit(3, textWidth(b.r.PerHour(c))+3)
	p.fit(4, textWidth(b.r.PerMonth(c))+3)
	use := formatted("", "#,##0.0%")
	if rate, ok := b.r.BudgetUse(c); ok {
		use = figure(rate.Percent.Shift(-2).InexactFloat64(), use.style.format, rate.AtLeast)
	}
	use.style.tiny = true
	cells := []cell{
		textCell(plain, name),
		count(c.Of).with(b.all().sum(columns + "_instances")),
		count(c.Priced).with(b.all().sum(columns + "_priced")),
		b.money(c.PerHour, c.LowerBound()).with(b.all().sum(columns + "_per_hour")),
		b.money(c.PerMonth, c.LowerBound()).with(perMonth("$D" + row)),
		use.with(budgetUse("$E" + row)),
		textCell(covered, c.Coverage()).with(coveredFormula("$C"+row, "$B"+row, "priced")),
	}
	for i := 3; i <= 5; i++ {
		p.rules = append(p.rules, b.lowerBoundRule(cellName(i+1, p.next()), "$C$"+row, "$B$"+row, cells[i].style))
	}
	p.add(cells...)
}

// addFleet adds totals of all instances, of any status.
func (b *book) addFleet(p *page) {
	p.section(figureSection, "Fleet", "Total", "Known", "", "", "", "Coverage")
	all := "$B$" + strconv.Itoa(p.next())
	p.add(textCell(plain, "Instances"), count(b.r.Count).with(b.all().sum("instances")))
	type figure struct {
		name, column string
		sum          report.Sum
	}
	figures := []figure{
		{"GPUs", "gpu_count", b.r.GPUs},
		{"CPU cores", "cpu_cores", b.r.CPUCores},
		{"RAM (GB)", "ram", b.r.RAM},
	}
	if b.r.Shows("disk_size") {
		figures = append(figures, figure{"Disk (GB)", "disk_size", b.r.Disk})
	}
	for _, row := range figures {
		at := "$C" + strconv.Itoa(p.next())
		p.fit(1, textWidth(row.sum.String())+3)
		total := b.sumCell(row.sum)
		p.rules = append(p.rules, b.lowerBoundRule(cellName(2, p.next()), at, all, total.style))
		p.add(textCell(plain, row.name),
			total.with(b.all().sum(row.column)),
			count(row.sum.Known).with(b.all().sum(row.column+"_known")),
			cell{}, cell{}, cell{},
			textCell(covered, row.sum.Coverage()).with(coveredFormula(at, all, "known")))
	}
	p.blank()
}

// addIndex adds a link to each sheet.
func (b *book) addIndex(p *page) {
	p.section(figureSection, "Sheet", "Rows", "")
	add := func(sheet string, rows cell, text string) {
		p.add(cell{value: sheet, style: cellStyle{role: link}, link: sheet}, rows, textCell(note, text))
	}
	for _, t := range b.tables {
		if t.sheet == afterMatrix {
			add(matrixSheet, cell{}, matrixText)
		}
		for _, part := range t.parts(b.lastRow) {
			if t == b.statuses {
				add(part.sheet, count(part.to-part.from),
					"The inputs: hours, budget, what is billed, exchange rate, and the billed share of each status.")
				continue
			}
			add(part.sheet, count(part.to-part.from), "One row per "+t.rowPer+".")
		}
	}
	add(aboutSheet, cell{}, aboutText)
	p.blank()
}

// addBasis adds what the figures are based on.
func (b *book) addBasis(p *page) {
	p.section(figureSection, "Basis")
	hours := b.r.HoursPerMonth
	p.fit(1, len(timeFormat)+2)
	format := b.valueFormat(report.Size, decimalsOf(hours.String()))
	p.add(textCell(plain, "Hours per month"), formatted(hours.InexactFloat64(), format).with(hoursName))
	p.add(textCell(plain, "Currency"), textCell(figureText, b.r.Currency))
	p.add(textCell(plain, b.r.Source.Verb()+" (UTC)"), formatted(b.r.Generated.UTC(), timeFormat))
	p.blank()
}

// addLegend adds what the figures mean, so that nobody needs to find About first.
func (b *book) addLegend(p *page) {
	p.section(section, "What the figures mean")
	for _, sentence := range b.r.Legend() {
		p.across(prose, sentence)
		p.compute(0, b.legendFormula(sentence))
	}
	p.across(prose, "Billed is each price times the billed share of the instance's status on "+assumptionsSheet+". "+
		"Billed shares that you type there change rates and the forecast, but not what was spent. "+
		"An empty cell means unknown, not zero.")
	p.blank()
}

// legendFormula returns the formula of a sentence of the legend that states an input, "" for any other sentence.
func (b *book) legendFormula(sentence string) string {
	before, hours, after := b.r.MonthLegend()
	rateBefore, rateAfter := report.RunRateLegend()
	switch sentence {
	case before + hours + after:
		return `"` + before + `"&` + hoursName + `&"` + after + `"`
	case rateBefore + b.r.Bill.Name() + rateAfter:
		return `"` + rateBefore + `"&` + billName + `&"` + rateAfter + `"`
	default:
		return ""
	}
}

// addWarnings adds the warnings about the list.
func (b *book) addWarnings(p *page) {
	shown, more := b.r.WarningsShown()
	if len(shown) == 0 {
		return
	}
	p.section(section, "Warnings")
	for _, warning := range shown {
		p.across(prose, warning)
	}
	if more > 0 {
		p.across(prose, "and "+report.FormatCount(more)+" more")
	}
}

func count(n int) cell { return formatted(n, "#,##0") }

// money returns the cell of an amount.
func (b *book) money(m fleet.Money, lower bool) cell {
	c := figure(m.Float64(), b.valueFormat(report.Money, decimalsOf(m.String())), lower)
	c.style.tiny = true
	return c
}

// sumCell returns the cell of a sum.
func (b *book) sumCell(s report.Sum) cell {
	return figure(s.Value, b.valueFormat(report.Size, decimalsOf(report.ExactNumber(s.Value))), s.LowerBound())
}

func figure(value float64, format string, lower bool) cell {
	if lower {
		format = atLeast(format)
	}
	return formatted(value, format)
}
