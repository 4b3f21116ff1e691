package workbook

import (
	"strings"

	"github.com/xuri/excelize/v2"

	"gpufleet/render/report"
)

// writePart writes one sheet of a table.
func (b *book) writePart(t *table, p part) {
	l := layout{columns: len(t.columns), rows: t.lastRow(p), table: t.above == nil, printed: t.printed}
	lines := 1
	for i := range t.columns {
		c := &t.columns[i]
		width := c.width(b)
		if t.above != nil {
			width = max(width, int(t.above.width(i)))
		}
		l.widths = append(l.widths, float64(width))
		l.styles = append(l.styles, b.columnStyle(t, c))
		lines = max(lines, c.headingLines(width))
	}
	s := b.open(p.sheet, l)
	if t.above != nil {
		s.lines(t.above)
	} else {
		s.head(t.note, l.widths[:l.printedColumns()])
	}
	if t.total {
		s.row(b.totals(t))
	}
	s.next = t.header()
	s.row(b.headings(t), excelize.RowOpts{Height: float64(6 + 15*lines)})
	s.insertRows(t, p)
	s.addTable(t, p)
	s.format(t, p)
	s.restrict(t, p)
	s.close()
}

func (b *book) headings(t *table) []any {
	cells := make([]any, len(t.columns))
	for i := range t.columns {
		style := b.valueStyle(&t.columns[i], header, figureHeader)
		style.format = ""
		cells[i] = b.text(style, t.columns[i].heading)
	}
	return cells
}

func (b *book) totals(t *table) []any {
	cells := make([]any, len(t.columns))
	for i := range t.columns {
		c := &t.columns[i]
		if c.total == nil {
			cells[i] = excelize.Cell{StyleID: b.style(cellStyle{role: textTotal})}
			continue
		}
		v := c.total()
		style := b.valueStyle(c, textTotal, figureTotal).withLowerBound(v)
		cell := excelize.Cell{StyleID: b.style(style), Value: b.value(c.typ, v), Formula: c.totalFormula}
		if c.typ == report.Text && c.totalFormula != "" { // a count, in a column of names
			cell.StyleID, cell.Value = b.style(cellStyle{role: textTotal, format: shownFormat}), v.Number
		}
		cells[i] = withEmptyText(cell)
	}
	return cells
}

// shownFormat is the number format of how many rows pass the filters.
const shownFormat = `"Shown: "#,##0`

// withEmptyText gives a cell whose formula has no value the empty text that the formula returns.
func withEmptyText(c excelize.Cell) excelize.Cell {
	if c.Formula != "" && (c.Value == nil || c.Value == "") {
		c.Value = emptyMarker
	}
	return c
}

// value returns a value as a cell takes it, nil if it is unknown. Excel holds numbers to 15 digits; an amount with
// more becomes the nearest number.
func (b *book) value(typ report.Type, v report.Value) any {
	if !v.Known {
		return nil
	}
	switch typ {
	case report.Count, report.Size:
		return v.Number
	case report.Money:
		return v.Money.Float64()
	case report.Time, report.Date:
		return v.Time.UTC()
	}
	if needsQuotePrefix(v.Text) {
		return b.text(quotedText, v.Text)
	}
	return cellText(v.Text)
}

// addTable turns the header and the rows into an Excel table.
func (s *sheet) addTable(t *table, p part) {
	if s.b.err != nil {
		return
	}
	last := t.lastRow(p)
	s.b.try(s.AddTable(&excelize.Table{
		Range: cellName(1, t.header()) + ":" + cellName(len(t.columns), last),
		Name:  p.table, StyleName: "TableStyleMedium2",
	}))
	var texts []string
	for i, c := range t.columns {
		if c.typ == report.Text {
			texts = append(texts, rangeOf(i+1, t.header()+1, last))
		}
	}
	if len(texts) == 0 {
		return
	}
	// An id such as 41 is text on purpose: no green corner.
	s.b.try(s.b.file.AddIgnoredErrors(p.sheet, strings.Join(texts, " "), excelize.IgnoredErrorsNumberStoredAsText))
}
