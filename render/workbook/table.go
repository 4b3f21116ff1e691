package workbook

import (
	"math"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"gpufleet/render/report"
)

// table is one of the report's lists: a sheet with an Excel table, or several where a sheet can't hold it.
type table struct {
	sheet   string // "Instances"; its table is tblInstances
	row     string // what a row is
	columns []column
	rows    int
	value   func(row, column int) report.Value
	total   func(column int) report.Value // what stands above the table; nil for nothing
}

// column is a column of a table, with what is known of its values once they were measured.
type column struct {
	name, heading, unit, description string
	typ                              report.Type
	decimals                         int     // of the most exact value
	textWidth                        int     // of the widest text
	largest                          float64 // number, without its sign
}

// newTable makes a table of rows. The row of totals, if there is one, stands above it.
func newTable[T any](r *report.Report, sheet, row string, columns []report.Column[T], rows []T, totals ...T) *table {
	t := &table{sheet: sheet, row: row, rows: len(rows)}
	for _, c := range columns {
		unit := c.Unit
		if c.Type == report.Money {
			unit = r.Currency + " " + unit
		}
		t.columns = append(t.columns, column{
			name: c.Name, heading: report.Heading(r.Settings, c), unit: unit, description: c.Description, typ: c.Type,
		})
	}
	t.value = func(row, column int) report.Value { return columns[column].Value(rows[row]) }
	if len(totals) > 0 {
		t.total = func(column int) report.Value { return columns[column].Value(totals[0]) }
	}
	return t
}

// part is what one sheet has of a table: its rows from and to, the latter not included.
type part struct {
	sheet, table string
	from, to     int
}

// lastTableRow returns the last row of the table on the sheet. A table without rows has a blank one: Excel refuses less.
func (p part) lastTableRow() int { return headerRow + max(1, p.to-p.from) }

// parts spreads the rows over sheets that end at lastRow: "Instances" with tblInstances, "Instances 2" with tblInstances2.
func (t *table) parts(lastRow int) []part {
	room := lastRow - headerRow
	parts := []part{{sheet: t.sheet, table: "tbl" + t.sheet, to: min(room, t.rows)}}
	for from := room; from < t.rows; from += room {
		n := strconv.Itoa(len(parts) + 1)
		parts = append(parts, part{t.sheet + " " + n, "tbl" + t.sheet + n, from, min(from+room, t.rows)})
	}
	return parts
}

// measure looks at all values, for the columns' widths and number formats.
func (b *book) measure(t *table) {
	for row := range t.rows {
		if row%askEvery == 0 && !b.ask() {
			return
		}
		for i := range t.columns {
			t.columns[i].measure(t.value(row, i))
		}
	}
	if t.total != nil {
		for i := range t.columns {
			t.columns[i].measure(t.total(i))
		}
	}
}

// askEvery is after how many rows the writer is asked whether it still takes anything.
const askEvery = 1000

func (c *column) measure(v report.Value) {
	if !v.Known {
		return
	}
	number := v.Number
	switch c.typ {
	case report.Text:
		if len(v.Text) > c.textWidth { // no text is wider than it has bytes
			c.textWidth = max(c.textWidth, textWidth(v.Text))
		}
		return
	case report.Time:
		return
	case report.Money:
		number = v.Money.Float64()
	}
	c.largest = max(c.largest, math.Abs(number))
	if number != math.Trunc(number) {
		c.decimals = max(c.decimals, decimalsOf(report.Exact(c.typ, v)))
	}
}

// The limits of a column's width, in digits. Longer text would push other columns off the screen; it shows when the cell is
// entered. A figure must fit, else Excel shows it as ###: this is room for every sum that is not absurd.
const (
	minWidth       = 9
	maxTextWidth   = 42
	maxFigureWidth = 64
)

const (
	headerLines = 3 // into which a heading may wrap
	headerSpare = 4 // digits that a heading's bold letters and its filter button take besides
)

// width returns the column's width in digits.
func (c *column) width(b *book) int {
	width := minWidth
	for width < maxTextWidth && (c.headingLines(width) > headerLines || longestWord(c.heading) > width-headerSpare) {
		width++
	}
	switch c.typ {
	case report.Text:
		return min(max(width, c.textWidth+3), maxTextWidth)
	case report.Time:
		return max(width, len(timeFormat)+3)
	default:
		shown := report.FormatNumber(math.Trunc(c.largest))
		if c.typ == report.Money {
			shown = b.beforeAmount() + shown
		}
		return min(max(width, textWidth(shown)+shownDecimals(c.typ, c.decimals)+8), maxFigureWidth)
	}
}

func (c *column) headingLines(width int) int { return wrappedLines(c.heading, width-headerSpare) }

func longestWord(text string) int {
	longest := 0
	for word := range strings.FieldsSeq(text) {
		longest = max(longest, textWidth(word))
	}
	return longest
}

// writePart writes one sheet of a table.
func (b *book) writePart(t *table, p part) {
	l := layout{columns: len(t.columns), rows: p.lastTableRow(), table: true}
	lines := 1
	for i := range t.columns {
		c := &t.columns[i]
		width := c.width(b)
		l.widths = append(l.widths, float64(width))
		l.styles = append(l.styles, b.style(b.looks(c, textValue, figureValue)))
		lines = max(lines, c.headingLines(width))
	}
	s := b.open(p.sheet, l)
	s.head()
	if t.total != nil {
		s.row(b.totals(t))
	}
	s.next = headerRow
	s.row(b.headings(t), excelize.RowOpts{Height: float64(6 + 15*lines)})
	s.rows(t, p)
	s.addTable(t, p)
	s.close()
}

// looks returns how the values of a column look in one of two roles.
func (b *book) looks(c *column, text, figure role) look {
	l := look{role: text, format: b.valueFormat(c.typ, c.decimals)}
	if c.isFigure() {
		l.role, l.format = figure, l.format+apart
	}
	return l
}

func (c *column) isFigure() bool {
	return c.typ == report.Count || c.typ == report.Size || c.typ == report.Money
}

func (b *book) headings(t *table) []any {
	cells := make([]any, len(t.columns))
	for i := range t.columns {
		l := b.looks(&t.columns[i], header, figureHeader)
		l.format = ""
		cells[i] = b.text(l, t.columns[i].heading)
	}
	return cells
}

func (b *book) totals(t *table) []any {
	cells := make([]any, len(t.columns))
	for i := range t.columns {
		c := &t.columns[i]
		v := t.total(i)
		cells[i] = excelize.Cell{StyleID: b.style(b.looks(c, textTotal, figureTotal).bounded(v)), Value: b.value(c.typ, v)}
	}
	return cells
}

// bounded returns the look with "≥" before the number where the value is a lower bound.
func (l look) bounded(v report.Value) look {
	if v.LowerBound {
		l.format = atLeast(l.format)
	}
	return l
}

// rows writes the rows of a part. The cells have the style of their column, and lower bounds one of their own.
func (s *sheet) rows(t *table, p part) {
	cells := make([]any, len(t.columns))
	for row := p.from; row < p.to; row++ {
		if row%askEvery == 0 && !s.b.ask() {
			return
		}
		for i := range t.columns {
			c, v := &t.columns[i], t.value(row, i)
			cells[i] = s.b.value(c.typ, v)
			if v.LowerBound {
				cells[i] = excelize.Cell{StyleID: s.b.style(s.b.looks(c, textValue, figureValue).bounded(v)), Value: cells[i]}
			}
		}
		s.row(cells)
	}
}

// value returns a value as a cell takes it, nil where it is unknown. Whole numbers are exact to 15 digits, as all of
// Excel's are, and amounts are the nearest number that a cell can hold.
func (b *book) value(typ report.Type, v report.Value) any {
	if !v.Known {
		return nil
	}
	switch typ {
	case report.Count, report.Size:
		return v.Number
	case report.Money:
		return v.Money.Float64()
	case report.Time:
		return v.Time.UTC()
	}
	if isProvoking(v.Text) {
		return b.text(look{role: textValue, format: textFormat}, v.Text)
	}
	return cellText(v.Text)
}

// addTable makes the header and the rows an Excel table.
func (s *sheet) addTable(t *table, p part) {
	if s.b.err != nil {
		return
	}
	last := p.lastTableRow()
	s.b.try(s.AddTable(&excelize.Table{
		Range: cellName(1, headerRow) + ":" + cellName(len(t.columns), last), Name: p.table, StyleName: "TableStyleMedium2",
	}))
	var texts []string
	for i, c := range t.columns {
		if c.typ == report.Text {
			texts = append(texts, cellName(i+1, headerRow+1)+":"+cellName(i+1, last))
		}
	}
	// An id such as 41 is meant to be text: no green corner.
	s.b.try(s.b.file.AddIgnoredErrors(p.sheet, strings.Join(texts, " "), excelize.IgnoredErrorsNumberStoredAsText))
}
