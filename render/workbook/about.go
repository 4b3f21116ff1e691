package workbook

import "strconv"

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
	p.add(words(term, "Workbook contract"), cell{value: contract, look: look{role: prose}})
	p.explain("", "Sheets, tables and columns keep their names and meanings within a version of the contract; columns may be added. "+
		"A table's header is in row "+strconv.Itoa(headerRow)+" of its sheet. A list that one sheet can't hold goes on in the next: Instances 2 with tblInstances2.")
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
	}
	p.explain("Empty cell", "Unknown: the list does not say it, or says what can't be read. It is never 0; a price of 0 is shown as 0.")
	p.explain("Amounts", "Numbers, with as many decimals as they have. A cell holds 15 digits; the CSV and JSON files hold amounts exactly.")
	p.explain("Times", "Dates with a time in UTC.")
	p.explain("Text", "As the list has it. Ids and text that looks like a formula or a number are text and stay so when they are edited.")
	p.explain("GPU model", "gpu, or gpu_type where the list has no gpu. CPU only is what has no GPU; Unknown GPU and Unknown region are what the list does not name.")
	p.blank()
}

func (b *book) explainGaps(p *page) {
	p.section(section, "Left out", "")
	name := "Fields"
	for _, sentence := range b.r.LeftOut() {
		p.explain(name, sentence)
		name = ""
	}
	p.explain("The bill", "Prices are those of the price file, of the list and of the product list. Discounts, taxes, storage, traffic and hours that an instance did not run are not in it: no figure is an invoice.")
	p.blank()
}

func (b *book) explainTable(p *page, t *table) {
	p.section(section, t.sheet+" (table tbl"+t.sheet+")", "A row is "+t.row+".", "Type", "Unit", "Name in CSV and JSON")
	for _, c := range t.columns {
		p.explain(c.heading, c.description, words(term, c.typ.String()), words(term, c.unit), words(term, c.name))
	}
	if t.total != nil {
		p.explain("", "The row above the table has the figures of the whole fleet.")
	}
	p.blank()
}
