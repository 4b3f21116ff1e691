package workbook

import (
	"strconv"

	"gpufleet/render/report"
)

const aboutSheet = "About"

// about makes the last sheet: what the workbook is, how it is read, what it leaves out, and what each column means.
func (b *book) about() *page {
	p := &page{widths: []float64{30, 84, 14, 18, 26}}
	p.lines = append(p.lines, line{cells: []cell{words(title, "About this workbook")}, height: 24})
	if marks := b.marks(); marks != "" {
		p.add(words(mark, marks))
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

// explain adds a row of text that may run on over several lines in the second column.
func (p *page) explain(name, text string, more ...cell) {
	cells := append([]cell{words(term, name), words(prose, text)}, more...)
	p.lines = append(p.lines, line{cells: cells, height: p.heightOf(text, p.widths[1])})
}

func (b *book) explainBook(p *page) {
	p.section(section, "Workbook", "")
	p.explain("Title", oneLine(b.r.Title))
	p.explain("Source", b.r.Origin())
	p.explain("Written by", "gpufleet "+b.r.Version)
	p.explain("As text", "The same run wrote "+report.MarkdownPath+", to paste into a report, and "+
		report.ReportPath+", one file to attach.")
	p.add(words(term, "Workbook contract"), cell{value: contract, style: cellStyle{role: prose}})
	p.explain("", "Sheets, tables and columns keep their names and meanings within a version of the contract; "+
		"columns may be added. "+
		"A table's header is in row "+strconv.Itoa(headerRow)+" of its sheet, "+
		"on "+assumptionsSheet+" in row "+strconv.Itoa(b.statuses.header())+". "+
		"A list that one sheet can't hold goes on in the next: Instances 2 with tblInstances2.")
	p.blank()
}

func (b *book) explainSheets(p *page) {
	p.section(section, "Sheets", "")
	p.explain(summarySheet, "The headline figures, charts, and links to the other sheets.")
	for _, t := range b.tables {
		if t.sheet == afterMatrix {
			p.explain(matrixSheet, "Regions by models: the GPUs, and what is listed per month. "+
				"What the charts on Summary show.")
		}
		text := "Table " + t.title() + ": a row is " + t.row + "."
		if t == b.statuses {
			text = "The inputs, and table " + t.title() + ": a row is " + t.row + "."
		}
		p.explain(t.sheet, text)
	}
	p.explain(aboutSheet, "What sheets, columns and figures mean.")
	p.blank()
}

func (b *book) explainFormulas(p *page) {
	p.section(section, "Formulas", "")
	p.explain("Inputs", "The boxed cells on "+assumptionsSheet+" are the only inputs: "+
		hoursName+", "+budgetName+", the billed share of each status, "+
		"and "+rateName+" and "+currencyName+", which one block on Summary uses and nothing else. "+
		"As written, all of what is listed is billed and nothing else, so Billed equals Listed.")
	p.explain("What follows", "Counts, sums, costs, shares, the matrix and the budget's use are formulas "+
		"down to "+b.instances.sheet+" and "+assumptionsSheet+". "+
		"A price that is typed into "+b.instances.sheet+" is counted everywhere, and ≥ goes once nothing is missing. "+
		"Another status, region or model that is typed there moves no figure, nor does a row that is added. "+
		"The lists themselves (Changes, Trend, Unpriced) and a model's cheapest and dearest region "+
		"are as of when the workbook was written.")
	p.explain("Filters", "The row above the instances sums up what the table's filters let through: "+
		"rows, GPUs, sizes, and what is billed.")
	p.explain("Numbers of groups", "Formulas tell regions, models and statuses by their numbers, never by their names: "+
		"a spreadsheet takes texas for Texas, 007 for 7, and * for anything.")
	p.explain("Many instances", "Above "+report.FormatCount(maxLiveRows)+" instances, "+
		"what each is billed is a value as of when the workbook was written, "+
		"and so is a table of regions or models that would take minutes to recalculate. "+
		"The totals of the fleet, and the matrix, are formulas all the same.")
	p.explain("Colours", "Running is bold on green, what else is listed slanted on yellow, "+
		"Error bold and underlined on red, what is not listed struck out on grey. "+
		"Bars behind amounts compare them within their column.")
	p.blank()
}

func (b *book) explainFigures(p *page) {
	p.section(section, "Figures", "")
	for i, sentence := range b.r.Legend() {
		name := ""
		if i == 0 {
			name = "Costs and sums"
		}
		p.explain(name, sentence)
		p.compute(1, b.monthFormula(sentence))
	}
	p.explain("Empty cell", "Unknown: the list does not say it, or says what can't be read. "+
		"It is never 0; a price of 0 is shown as 0.")
	p.explain("Amounts", "Numbers, with as many decimals as they have. "+
		"A cell holds 15 digits; the CSV and JSON files hold amounts exactly.")
	p.explain("Times", "Dates with a time in UTC.")
	p.explain("Text", "As the list has it. "+
		"Ids and text that looks like a formula or a number are text and stay so when they are edited.")
	p.explain("GPU model", "gpu, or gpu_type where the list has no gpu. "+
		"CPU only is what has no GPU; Unknown GPU and Unknown region are what the list does not name.")
	p.blank()
}

func (b *book) explainGaps(p *page) {
	p.section(section, "Left out", "")
	name := "Fields"
	for _, sentence := range b.r.LeftOut() {
		p.explain(name, sentence)
		name = ""
	}
	p.explain("The bill", "Prices are those of the price file, of the list and of the product list. "+
		"Discounts, taxes, storage, traffic and hours that an instance did not run are not in it: no figure is an invoice.")
	p.blank()
}

func (b *book) explainTable(p *page, t *table) {
	p.section(section, t.sheet+" (table "+t.title()+")", "A row is "+t.row+".", "Type", "Unit", "Name in CSV and JSON")
	for _, c := range t.columns {
		p.explain(c.heading, c.description, words(term, c.typ.String()), words(term, c.unit), words(term, c.name))
	}
	if t.total {
		above := "The row above the table has the figures of the whole fleet."
		if t == b.instances {
			above = "The row above the table has the totals of the rows that are shown."
		}
		p.explain("", above)
	}
	p.blank()
}
