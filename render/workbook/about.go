package workbook

import (
	"path"
	"slices"
	"strconv"

	"gpufleet/render/report"
)

const aboutSheet = "About"

// What a sheet without a table shows, for About and for the list of sheets on Summary.
const (
	matrixText = "GPUs and listed cost per month, by region and GPU model."
	aboutText  = "What the sheets, columns and figures mean."
)

// about makes the last sheet: what to change, what the figures mean and leave out, and what each column means.
func (b *book) about() *page {
	p := &page{widths: []float64{36, 84, 14, 18, 26}}
	p.lines = append(p.lines, line{cells: []cell{textCell(title, "About this workbook")}, height: 24})
	if notices := b.notices(); notices != "" {
		p.add(textCell(notice, notices))
	}
	p.blank()
	b.explainBook(p)
	b.explainSheets(p)
	b.explainFormulas(p)
	b.explainFigures(p)
	b.explainGaps(p)
	for _, t := range b.tables {
		b.explainTable(p, t)
	}
	return p
}

// explain adds a row whose second column holds text that may wrap.
func (p *page) explain(name, text string, more ...cell) {
	cells := append([]cell{textCell(term, name), textCell(prose, text)}, more...)
	p.lines = append(p.lines, line{cells: cells, height: heightOf(text, p.widths[1])})
}

func (b *book) explainBook(p *page) {
	p.section(section, "Workbook", "")
	p.explain("Title", oneLine(b.r.Title))
	p.explain("Source", b.r.Origin())
	p.explain("Written by", "gpufleet "+b.r.Version)
	p.explain("Other formats", "The same run wrote "+report.MarkdownPath+" (paste it into a report) and "+
		report.ReportPath+" (attach it to an email).")
	p.add(textCell(term, "Workbook contract"), cell{value: contract, style: cellStyle{role: prose}})
	p.explain("", "Sheets, tables and columns keep their names and meanings until this number changes. "+
		"New columns may be added.")
	p.explain("", "The header of a table is in row "+strconv.Itoa(headerRow)+" of its sheet, "+
		"on "+assumptionsSheet+" in row "+strconv.Itoa(b.statuses.header())+". "+
		"A list that is too long for one sheet continues on the next: sheet Instances 2, table tblInstances2.")
	p.explain("", "Below, the last column gives a column's name in a CSV file. "+
		"Columns without one are only in this workbook.")
	p.blank()
}

func (b *book) explainSheets(p *page) {
	p.section(section, "Sheets", "")
	p.explain(summarySheet, "Headline figures, charts, and links to the other sheets.")
	for _, t := range b.tables {
		if t.sheet == afterMatrix {
			p.explain(matrixSheet, matrixText+" The bar charts on Summary show these figures.")
		}
		text := "Table " + t.title() + ": one row per " + t.rowPer + "."
		if t == b.statuses && !b.fixed {
			text = "The inputs, and table " + t.title() + ": one row per " + t.rowPer + "."
		}
		p.explain(t.sheet, text)
	}
	p.explain(aboutSheet, aboutText)
	p.blank()
}

// explainFixed explains a workbook without formulas.
func (b *book) explainFixed(p *page) {
	p.section(section, "Fixed figures", "")
	p.explain("No formulas", "This fleet is so large that a spreadsheet would take more than half a minute "+
		"to recalculate formulas. So every figure is a fixed value, and "+
		assumptionsSheet+", "+spendSheet+" and "+b.instances.sheet+
		" are protected. "+
		"To change an input, run gpufleet again with --hours-per-month, --budget or --bill.")
	p.explain("Billed", "Every "+b.r.Bill.Name()+" instance is billed for all of its hours, and no other instance is.")
	p.explain("Filters", "The row above the table on "+b.instances.sheet+
		" shows the totals of the rows that pass its filters.")
	b.explainColours(p)
	p.blank()
}

func (b *book) explainFormulas(p *page) {
	if b.fixed {
		b.explainFixed(p)
		return
	}
	p.section(section, "Inputs and formulas", "")
	p.explain("What to change", "The inputs are the boxed cells on "+assumptionsSheet+": "+
		"hours per month, budget, what is billed, exchange rate, other currency, and the billed share of each status. "+
		"You can also type a missing price, or a missing number of GPUs, into "+b.instances.sheet+". "+
		"A negative one is refused.")
	p.explain("Billed instances", "running or listed, at first as --bill says. "+
		"Everything that is called billed follows it, and so do "+monthsSheet+", the forecast and the budget state.")
	p.explain("Billed share", "The share of an instance's hours that is billed while it has a status. "+
		"At first it is 1 or 0, by what is billed. "+
		"A share that you type changes rates and the forecast, but not what was spent.")
	p.explain("Exchange rate", "The exchange rate converts the costs in one block on "+summarySheet+". "+
		"All other amounts stay in "+b.r.Currency+".")
	p.explain("What is recalculated", "Counts, sums, costs, shares, percentages of the budget, "+
		"the forecast, "+monthsSheet+" and "+matrixSheet+" are formulas. "+
		"They follow the inputs and the figures on "+b.instances.sheet+" and "+spendSheet+". "+
		"The mark ≥ disappears once nothing is missing from a sum.")
	p.explain("What is not recalculated", "Typing another "+b.r.StatusOrDimension()+" into "+b.instances.sheet+
		" changes no figure, and the cell says so. Rows that you add are not counted. "+
		"Changes, Changes week, Unpriced and the cheapest and most expensive regions are fixed values. "+
		spendSheet+" and Trend are what was spent: fixed values, and prices that you type change none of them. "+
		"Whether a forecast is early or partial is fixed, too.")
	p.explain("Filters", "The row above the table on "+b.instances.sheet+
		" shows the totals of the rows that pass its filters.")
	p.explain("Group numbers", "Formulas match groups, regions, GPU models, statuses and months by number, "+
		"never by name. "+
		"A spreadsheet treats texas and Texas, or 007 and 7, as equal, and * and ? as wildcards.")
	p.explain("Sorting", "You can sort "+b.instances.sheet+" by any column: no sum changes. "+
		"In a large fleet, recalculating then takes longer.")
	b.explainColours(p)
	p.blank()
}

func (b *book) explainColours(p *page) {
	p.explain("Colours", "Running is bold on green. Error is bold and underlined on red. "+
		"Any other listed status is italic on yellow. A status that is not listed is struck out on grey. "+
		"Bars compare the amounts of a column.")
}

func (b *book) explainFigures(p *page) {
	p.section(section, "Figures", "")
	for i, sentence := range b.r.Legend() {
		name := ""
		if i == 0 {
			name = "Costs and sums"
		}
		p.explain(name, sentence)
		p.compute(1, b.legendFormula(sentence))
	}
	for i, sentence := range report.SpendLegend() {
		name := ""
		if i == 0 {
			name = "Spend"
		}
		p.explain(name, sentence)
	}
	p.explain("Budget state", "over: the least that was spent exceeds the budget. "+
		"likely over: the estimate of the forecast does. "+
		"While the forecast is early (less than 48 hours observed) or partial (the first reading came after "+
		"the month began), the billed cost per month decides instead. within: otherwise. "+
		"unknown: none of the hours has a price.")
	p.explain("Empty cell", "Unknown: missing from the list, or unreadable. "+
		"It never means 0; a price of 0 is shown as 0.")
	p.explain("Amounts", "A cell holds an amount to 15 digits. The CSV and JSON files hold it exactly. "+
		"There, what was spent is rounded to 6 decimals.")
	p.explain("Times", "Dates and times are in UTC.")
	p.explain("Text", "Shown as in the list. "+
		"IDs, and text that looks like a formula or a number, stay text when you edit them.")
	p.explain("GPU model", "gpu, or gpu_type if the list has no gpu. CPU only means that an instance has no GPU. "+
		"Unknown GPU and Unknown region mean that the list does not say.")
	p.blank()
}

func (b *book) explainGaps(p *page) {
	p.section(section, "Left out", "")
	name := "Fields"
	for _, sentence := range b.r.LeftOut() {
		p.explain(name, sentence)
		name = ""
	}
	p.explain("Invoice", "No figure here is an invoice. "+
		"Prices come from the price file, the instance list and the product list. "+
		"Discounts, taxes, storage and traffic are not included. "+
		"Monthly amounts are for a full month, even if an instance did not run all of it.")
	p.blank()
}

// csvNames returns the name of the CSV file that has rows as a table has them, and the names of its columns. It returns
// "" if there is none.
func (b *book) csvNames(t *table) (file string, names []string) {
	switch t.sheet {
	case b.instances.sheet, "Unpriced":
		for _, c := range b.r.Columns {
			names = append(names, c.Name)
		}
		return path.Base(report.InstancesCSVPath), names
	case "Regions", "Models", "Owners", "Accounts", "Groups":
		for _, c := range report.Shown(b.r.Settings, b.r.CombinationColumns()) {
			names = append(names, c.Name)
		}
		return path.Base(report.GroupsCSVPath), names
	case spendSheet:
		for _, c := range report.SpendColumns(b.r, report.FilePlaces) {
			names = append(names, c.Name)
		}
		return path.Base(report.SpendCSVPath), names
	default:
		return "", nil
	}
}

func (b *book) explainTable(p *page, t *table) {
	file, names := b.csvNames(t)
	if file != "" {
		file = "In " + file
	}
	p.section(section, t.sheet+" (table "+t.title()+")", "One row per "+t.rowPer+".", "Type", "Unit", file)
	for _, c := range t.columns {
		name := c.name
		if !slices.Contains(names, name) {
			name = ""
		}
		p.explain(c.heading, c.description,
			textCell(term, c.typ.String()), textCell(term, c.unit), textCell(term, name))
	}
	if t.total {
		totals := "The row above the table has the totals of the whole fleet."
		if t == b.instances {
			totals = "The row above the table has the totals of the rows that pass the filters."
		}
		p.explain("", totals)
	}
	p.blank()
}
