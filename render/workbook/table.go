package workbook

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"gpufleet/render/report"
)

// table is one of the report's lists: a sheet with an Excel table, or several where a sheet can't hold it.
type table struct {
	sheet   string // "Instances"; its table is tblInstances
	row     string // what a row is
	name    string // of the Excel table, where that is not tbl and the sheet's
	columns []column
	rows    int
	total   bool  // there are totals above the table
	printed int   // how many columns are printed, from the first; 0 for all
	above   *page // what stands above the table in place of a title; nil for that
	whole   bool  // it is bounded, and needs one sheet
	// rules are its conditional formats; they are told the first row of values.
	rules []rule
}

// column is a column of a table, with what is known of its values once they were measured.
type column struct {
	name, heading, unit, description string
	typ                              report.Type
	value                            func(row int) report.Value
	total                            func() report.Value  // what stands above the table; nil for nothing
	formula                          func(row int) string // which gives the value, in a row of a sheet from 1; nil for none
	totalFormula                     string               // which gives total, "" for none
	input                            bool                 // its values are there to be changed
	decimals                         int                  // of the most exact value
	textWidth                        int                  // of the widest text
	largest                          float64              // number, without its sign
	bounded                          bool                 // some value in a row is a lower bound
	provoking                        bool                 // some text is; see isProvoking
}

// newTable makes a table of rows.
func newTable[T any](r *report.Report, sheet, row string, columns []report.Column[T], rows []T) *table {
	t := &table{sheet: sheet, row: row, rows: len(rows)}
	addColumns(r, t, columns, func(row int) T { return rows[row] })
	return t
}

// addColumns adds columns to a table; at returns what the columns are of in a row of it. The row of totals, if there
// is one, stands above the table.
func addColumns[T any](r *report.Report, t *table, columns []report.Column[T], at func(row int) T, totals ...T) {
	for _, c := range columns {
		unit := c.Unit
		if c.Type == report.Money {
			unit = r.Currency + " " + unit
		}
		added := column{
			name: c.Name, heading: report.Heading(r.Settings, c), unit: unit, description: c.Description, typ: c.Type,
			value: func(row int) report.Value { return c.Value(at(row)) },
		}
		if len(totals) > 0 {
			t.total = true
			added.total = func() report.Value { return c.Value(totals[0]) }
		}
		t.columns = append(t.columns, added)
	}
}

// arrange puts columns first, in this order, and prints them alone: all of them on a page would be too small to read.
func (t *table) arrange(names ...string) {
	for _, name := range names {
		if at := t.index(name); at >= 0 {
			c := t.columns[at]
			t.columns = slices.Insert(slices.Delete(t.columns, at, at+1), t.printed, c)
			t.printed++
		}
	}
}

// index returns the place of a column, -1 where the table does not have it.
func (t *table) index(name string) int {
	return slices.IndexFunc(t.columns, func(c column) bool { return c.name == name })
}

// column returns a column, nil where the table does not have it.
func (t *table) column(name string) *column {
	if at := t.index(name); at >= 0 {
		return &t.columns[at]
	}
	return nil
}

// cell returns the cell of a column in a row of the sheet, in a form that stays in its column: $B5.
func (t *table) cell(name string, row int) string {
	return "$" + columnName(t.index(name)+1) + strconv.Itoa(row)
}

// header returns the row of the header.
func (t *table) header() int {
	if t.above != nil {
		return len(t.above.lines) + 1
	}
	return headerRow
}

// title returns the name of the Excel table.
func (t *table) title() string {
	if t.name != "" {
		return t.name
	}
	return "tbl" + t.sheet
}

// lastRow returns the last row of the table on a sheet. A table without rows has a blank one: Excel refuses less.
func (t *table) lastRow(p part) int { return t.header() + max(1, p.to-p.from) }

// part is what one sheet has of a table: its rows from and to, the latter not included.
type part struct {
	sheet, table string
	from, to     int
}

// parts spreads the rows over sheets that end at lastRow: "Instances" with tblInstances, "Instances 2" with
// tblInstances2.
func (t *table) parts(lastRow int) []part {
	room := lastRow - t.header()
	if t.whole {
		room = t.rows
	}
	parts := []part{{sheet: t.sheet, table: t.title(), to: min(room, t.rows)}}
	for from := room; from < t.rows; from += room {
		n := strconv.Itoa(len(parts) + 1)
		parts = append(parts, part{t.sheet + " " + n, t.title() + n, from, min(from+room, t.rows)})
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
			c := &t.columns[i]
			v := c.value(row)
			c.measure(v)
			c.bounded = c.bounded || v.LowerBound
		}
	}
	for i := range t.columns {
		c := &t.columns[i]
		switch {
		case c.total == nil:
		case c.typ == report.Text && c.totalFormula != "":
			c.textWidth = max(c.textWidth, len("Shown: ")+textWidth(report.FormatNumber(c.total().Number)))
		default:
			c.measure(c.total())
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
		c.provoking = c.provoking || isProvoking(v.Text)
		if len(v.Text) > c.textWidth { // no text is wider than it has bytes
			c.textWidth = max(c.textWidth, textWidth(v.Text))
		}
		return
	case report.Time, report.Date:
		return
	case report.Money:
		number = v.Money.Float64()
	}
	c.largest = max(c.largest, math.Abs(number))
	if number != math.Trunc(number) {
		c.decimals = max(c.decimals, decimalsOf(report.Exact(c.typ, v)))
	}
}

// The limits of a column's width, in digits. Longer text would push other columns off the screen; it shows when the
// cell is entered. A figure must fit, else Excel shows it as ###: this is room for every sum that is not absurd.
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
	case report.Time, report.Date:
		return max(width, len(timeFormats[c.typ])+3)
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
		s.head()
	}
	if t.total {
		s.row(b.totals(t))
	}
	s.next = t.header()
	s.row(b.headings(t), excelize.RowOpts{Height: float64(6 + 15*lines)})
	if t.isPlain() {
		s.plainRows(t, p)
	} else {
		s.rows(t, p)
	}
	s.addTable(t, p)
	s.format(t, p)
	s.close()
}

// columnStyle returns the style of a column's cells. Under other blocks it is General, for what stands in these.
func (b *book) columnStyle(t *table, c *column) int {
	if t.above != nil {
		return 0
	}
	return b.style(b.valueStyle(c, textValue, figureValue))
}

// valueStyle returns the style of a column's values in one of two roles.
func (b *book) valueStyle(c *column, text, figure role) cellStyle {
	s := cellStyle{role: text, format: b.valueFormat(c.typ, c.decimals)}
	if c.isFigure() {
		s.role, s.format = figure, s.format+apart
	}
	return s
}

func (c *column) isFigure() bool {
	return c.typ == report.Count || c.typ == report.Size || c.typ == report.Money
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
		cell := excelize.Cell{StyleID: b.style(b.valueStyle(c, textTotal, figureTotal).bounded(v)), Value: b.value(c.typ, v), Formula: c.totalFormula}
		if c.typ == report.Text && c.totalFormula != "" { // a count where the names stand
			cell.StyleID, cell.Value = b.style(cellStyle{role: textTotal, format: shownFormat}), v.Number
		}
		cells[i] = live(cell)
	}
	return cells
}

// shownFormat is how the number of rows that the filters let through is shown.
const shownFormat = `"Shown: "#,##0`

// live returns a cell with a formula whose value is unknown as one with the empty text that the formula gives.
func live(c excelize.Cell) excelize.Cell {
	if c.Formula != "" && (c.Value == nil || c.Value == "") {
		c.Value = emptyMarker
	}
	return c
}

// bounded returns the style with "≥" before the number where the value is a lower bound.
func (s cellStyle) bounded(v report.Value) cellStyle {
	if v.LowerBound {
		s.format = atLeast(s.format)
	}
	return s
}

// quotedText is the style of a text that is provoking.
var quotedText = cellStyle{role: textValue, format: textFormat, quoted: true}

// plainRows has the rows of a part written once the rest of its sheet is.
func (s *sheet) plainRows(t *table, p part) {
	if s.b.err == nil {
		s.b.archive.insert(s.entry(), s.b.plainRows(t, p, s.next))
		s.next += p.to - p.from
	}
}

// rows writes the rows of a part. The cells have the style of their column, and lower bounds one of their own.
func (s *sheet) rows(t *table, p part) {
	cells := make([]any, len(t.columns))
	for row := p.from; row < p.to; row++ {
		if row%askEvery == 0 && !s.b.ask() {
			return
		}
		for i := range t.columns {
			c := &t.columns[i]
			v := c.value(row)
			cells[i] = s.b.value(c.typ, v)
			if !v.LowerBound && c.formula == nil && t.above == nil {
				continue
			}
			text, figure := textValue, figureValue
			if c.input {
				figure = input
			}
			cell := excelize.Cell{StyleID: s.b.style(s.b.valueStyle(c, text, figure).bounded(v)), Value: cells[i]}
			if provoking, ok := cells[i].(excelize.Cell); ok {
				cell = provoking
			}
			if c.formula != nil {
				cell.Formula = c.formula(s.next)
			}
			cells[i] = live(cell)
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
	case report.Time, report.Date:
		return v.Time.UTC()
	}
	if isProvoking(v.Text) {
		return b.text(quotedText, v.Text)
	}
	return cellText(v.Text)
}

// addTable makes the header and the rows an Excel table.
func (s *sheet) addTable(t *table, p part) {
	if s.b.err != nil {
		return
	}
	last := t.lastRow(p)
	s.b.try(s.AddTable(&excelize.Table{
		Range: cellName(1, t.header()) + ":" + cellName(len(t.columns), last), Name: p.table, StyleName: "TableStyleMedium2",
	}))
	var texts []string
	for i, c := range t.columns {
		if c.typ == report.Text {
			texts = append(texts, cellName(i+1, t.header()+1)+":"+cellName(i+1, last))
		}
	}
	if len(texts) == 0 {
		return
	}
	// An id such as 41 is meant to be text: no green corner.
	s.b.try(s.b.file.AddIgnoredErrors(p.sheet, strings.Join(texts, " "), excelize.IgnoredErrorsNumberStoredAsText))
}
