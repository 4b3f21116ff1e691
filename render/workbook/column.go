package workbook

import (
	"math"
	"strings"

	"gpufleet/render/report"
)

// column is a column of a table, with what is known of its values once they were measured.
type column struct {
	name, heading, unit, description string
	typ                              report.Type
	value                            func(row int) report.Value
	total                            func() report.Value  // what stands above the table; nil for nothing
	formula                          func(row int) string // gives the value, in a row of a sheet from 1; nil for none
	totalFormula                     string               // which gives total, "" for none
	input                            bool                 // its values are there to be changed
	decimals                         int                  // of the most exact value
	textWidth                        int                  // of the widest text
	largest                          float64              // number, without its sign
	bounded                          bool                 // some value in a row is a lower bound
	provoking                        bool                 // some text is; see isProvoking
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
