package workbook

import (
	"strconv"

	"gpufleet/fetch/fleet"
	"gpufleet/render/report"
)

const summarySheet = "Summary"

// summary makes the first sheet: the headline figures, what they rest on, charts, and the way to the other sheets.
func (b *book) summary() *page {
	p := &page{widths: []float64{26, 12, 12, 16, 18, 12, 22}, onePage: true}
	p.lines = append(p.lines, line{cells: []cell{words(title, oneLine(b.r.Title))}, height: 27})
	p.add(words(caption, b.r.Origin()+"."))
	if marks := b.marks(); marks != "" {
		p.add(words(mark, marks))
	}
	if b.r.Empty() {
		p.add(words(mark, "No instances."))
	}
	p.blank()
	b.addCosts(p)
	b.addFleet(p)
	b.addBasis(p)
	b.addLegend(p)
	b.addIndex(p)
	b.addWarnings(p)
	b.addCharts(p, len(p.widths)+2) // beside an empty column
	return p
}

// addCosts adds what runs, what is listed and what is billed, apart: whether a stopped instance is billed is not
// known, and the shares on the sheet of assumptions say what is taken for it.
func (b *book) addCosts(p *page) {
	p.section(figureSection, "Cost", "Instances", "Priced",
		"Per hour ("+b.r.Currency+")", "Per month ("+b.r.Currency+")", "Of budget", "Covered")
	first := p.next()
	running, listed := isOne("running"), isOne("listed")
	b.addCost(p, "Running", b.r.Running,
		b.count(running), b.count(running, isPriced), b.sum("price_per_hour", running))
	b.addCost(p, "Listed", b.r.Listed,
		b.count(listed), b.count(listed, isPriced), b.sum("price_per_hour", listed))
	b.addCost(p, billedLabel, b.r.Listed,
		b.billedCount(), b.billedCount(isPriced), b.billed())
	var budget any = ""
	if b.r.Budget.Known {
		budget = b.r.Budget.Value.Float64()
	}
	p.fit(4, textWidth(b.r.Amount(b.r.Budget.Value))+3)
	format := b.valueFormat(report.Money, decimalsOf(b.r.Budget.Value.String()))
	p.add(words(plain, "Budget"), cell{}, cell{}, cell{},
		formatted(budget, format).with(`IF(N(`+budgetName+`)=0,"",`+budgetName+")"))
	p.blank()
	b.addConverted(p, first)
}

// billedLabel names what is billed by the shares on the sheet of assumptions.
const billedLabel = "Billed, by Assumptions"

// addConverted adds what the exchange rate makes of the three costs, which stand in the rows from first on. As written
// the rate is 1.
func (b *book) addConverted(p *page, first int) {
	p.section(figureSection, "", "", "", "", "")
	head := p.lines[len(p.lines)-1].cells
	head[0] = cell{value: "In " + b.r.Currency, style: cellStyle{role: section}}.with(`"In "&` + currencyName)
	head[3].value, head[4].value = "Per hour", "Per month"
	costs := []struct {
		label string
		cost  report.Cost
	}{{"Running", b.r.Running}, {"Listed", b.r.Listed}, {billedLabel, b.r.Listed}}
	for i, row := range costs {
		c, from := row.cost, strconv.Itoa(first+i)
		amount := func(column int, m fleet.Money) cell {
			format := withDecimals(shownDecimals(report.Money, decimalsOf(m.String())))
			p.rules = append(p.rules, b.bounds(cellName(column, p.next()), "$C"+from, "$B"+from, format))
			return figure(m.Float64(), format, c.LowerBound()).with("$" + columnName(column) + from + "*" + rateName)
		}
		p.add(words(plain, row.label), cell{}, cell{}, amount(4, c.PerHour), amount(5, c.PerMonth))
	}
	p.blank()
}

func (b *book) addCost(p *page, name string, c report.Cost, instances, priced, perHour string) {
	row := strconv.Itoa(p.next())
	p.fit(3, textWidth(b.r.PerHour(c))+3)
	p.fit(4, textWidth(b.r.PerMonth(c))+3)
	use := formatted("", "#,##0.0%")
	if rate, ok := b.r.BudgetUse(c); ok {
		use = figure(rate.Percent.Shift(-2).InexactFloat64(), use.style.format, rate.AtLeast)
	}
	cells := []cell{
		words(plain, name),
		count(c.Of).with(instances),
		count(c.Priced).with(priced),
		b.money(c.PerHour, c.LowerBound()).with(perHour),
		b.money(c.PerMonth, c.LowerBound()).with(perMonth("$D" + row)),
		use.with(budgetUse("$E" + row)),
		words(covered, c.Coverage()).with(coveredFormula("$C"+row, "$B"+row, "priced")),
	}
	for i := 3; i <= 5; i++ {
		format := withoutBound(cells[i].style.format)
		p.rules = append(p.rules, b.bounds(cellName(i+1, p.next()), "$C$"+row, "$B$"+row, format))
	}
	p.add(cells...)
}

// addFleet adds what there is, whatever its status.
func (b *book) addFleet(p *page) {
	p.section(figureSection, "Fleet", "Total", "Known", "", "", "", "Covered")
	all := "$B$" + strconv.Itoa(p.next())
	p.add(words(plain, "Instances"), count(b.r.Count).with(b.count()))
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
		p.rules = append(p.rules, b.bounds(cellName(2, p.next()), at, all, withoutBound(total.style.format)))
		p.add(words(plain, row.name),
			total.with(b.sum(row.column)),
			count(row.sum.Known).with(b.count(known(row.column))),
			cell{}, cell{}, cell{},
			words(covered, row.sum.Coverage()).with(coveredFormula(at, all, "known")))
	}
	p.blank()
}

// addIndex adds a link to each sheet.
func (b *book) addIndex(p *page) {
	p.section(figureSection, "Sheet", "Rows", "")
	add := func(sheet string, rows cell, text string) {
		p.add(cell{value: sheet, style: cellStyle{role: link}, link: sheet}, rows, words(note, text))
	}
	for _, t := range b.tables {
		if t.sheet == afterMatrix {
			add(matrixSheet, cell{}, "Regions by models: GPUs, and what is listed per month.")
		}
		for _, part := range t.parts(b.lastRow) {
			if t == b.statuses {
				add(part.sheet, count(part.to-part.from), "Inputs: hours, budget, exchange rate, and billed shares by status.")
				continue
			}
			add(part.sheet, count(part.to-part.from), "A row is "+t.row+".")
		}
	}
	add(aboutSheet, cell{}, "What sheets, columns and figures mean.")
	p.blank()
}

// addBasis adds what the figures rest on.
func (b *book) addBasis(p *page) {
	p.section(figureSection, "Basis")
	hours := b.r.HoursPerMonth
	p.fit(1, len(timeFormat)+2)
	format := b.valueFormat(report.Size, decimalsOf(hours.String()))
	p.add(words(plain, "Hours per month"), formatted(hours.InexactFloat64(), format).with(hoursName))
	p.add(words(plain, "Currency"), words(figureText, b.r.Currency))
	p.add(words(plain, b.r.Source.Verb()+" (UTC)"), formatted(b.r.Generated.UTC(), timeFormat))
	p.blank()
}

// addLegend adds what the figures mean, so that nobody has to look for About first.
func (b *book) addLegend(p *page) {
	p.section(section, "Legend")
	for _, sentence := range b.r.Legend() {
		p.across(prose, sentence)
		p.compute(0, b.monthFormula(sentence))
	}
	p.across(prose, "What is billed is each price times its status's share on "+assumptionsSheet+". "+
		"An empty cell is unknown, not zero.")
	p.blank()
}

// monthFormula returns the formula of the sentence that names the hours of a month, "" for any other.
func (b *book) monthFormula(sentence string) string {
	before, hours, after := b.r.MonthLegend()
	if sentence != before+hours+after {
		return ""
	}
	return `"` + before + `"&` + hoursName + `&"` + after + `"`
}

// addWarnings adds what was odd about the list.
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

// money returns the cell of an amount, which may be a lower bound.
func (b *book) money(m fleet.Money, lower bool) cell {
	return figure(m.Float64(), b.valueFormat(report.Money, decimalsOf(m.String())), lower)
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
