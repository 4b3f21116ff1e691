package workbook

import (
	"math"
	"strings"

	"gpufleet/render/report"
)

// column is a column of a table. Its last fields are set by measure, from its values.
type column struct {
	name, heading, unit, description string
	typ                              report.Type
	value                            func(row int) report.Value
	total                            func() report.Value // the total above the table; nil for none
	formula                          string              // of each row, whose number is rowMark; "" for none
	formulaFrom                      int                 // the first row with the formula
	totalFormula                     string              // the formula of total, "" for none
	input                            bool                // a person may change its values
	decimals                         int                 // of the most exact value
	textWidth                        int                 // of the widest text
	largest                          float64             // number, ignoring its sign
	variants                         [3]bool             // those that its values have
}

// variant is how the style of a value differs from that of its column.
type variant int

const (
	usual variant = iota
	lowerBound
	quotedValue // a text that needs a quotePrefix
)

func (c *column) variant(v report.Value) variant {
	switch {
	case v.LowerBound:
		return lowerBound
	case c.typ == report.Text && needsQuotePrefix(v.Text):
		return quotedValue
	default:
		return usual
	}
}

// styleUse is a variant that a value of a column has.
type styleUse struct {
	column  int
	variant variant
}

// measure reads all values of a table, for the columns' widths and number formats.
func (b *book) measure(t *table) {
	for row := range t.rows {
		if row%checkWriterEvery == 0 && !b.writable() {
			return
		}
		for i := range t.columns {
			c := &t.columns[i]
			v := c.value(row)
			c.measure(v)
			if variant := c.variant(v); !c.variants[variant] && (v.Known || c.formula != "") {
				c.variants[variant] = true
				t.uses = append(t.uses, styleUse{i, variant})
			}
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

// rounded has the decimals of figures that are rounded. A tiny one has more, which the format doesn't show.
var rounded = map[string]int{
	"listed_per_gpu_hour": 4, "cheapest_per_gpu_hour": 4, "dearest_per_gpu_hour": 4, "share_of_listed": 2,
	"running_low": 2, "running_estimate": 2, "running_high": 2, "running_unpriced_hours": 2,
	"listed_low": 2, "listed_estimate": 2, "listed_high": 2, "listed_unpriced_hours": 2,
	"spent_low": 2, "spent_estimate": 2, "spent_high": 2, "spent_delta": 2, "forecast": 2, "budget_percent": 1,
	"unpriced_hours": 2, "forecast_unpriced_hours": 2, "gpu_hours": 2,
	"observed_hours": 2, "gap_hours": 2, "hours_left": 2,
}

// checkWriterEvery is the number of rows after which the writer is checked.
const checkWriterEvery = 1000

func (c *column) measure(v report.Value) {
	if !v.Known {
		return
	}
	number := v.Number
	switch c.typ {
	case report.Text:
		if 4*len(v.Text) > c.textWidth { // a byte is at most 4 wide: U+00AD has 2, and shows as [U+00AD]
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
	if places, ok := rounded[c.name]; ok {
		c.decimals = min(c.decimals, places)
	}
}

// The limits of a column's width, in digits. Longer text is cut off on the screen, and shown when the cell is entered.
// Excel shows a figure that does not fit as ###; maxFigureWidth has room for any realistic sum.
const (
	minWidth       = 10
	maxTextWidth   = 42
	maxFigureWidth = 64
)

const (
	headerLines = 3 // the most lines that a heading may take
	headerSpare = 5 // extra digits for the indent and the filter button
)

// roomy returns the width that text of some digits takes in a wider font than Calibri: a quarter more if all of its
// letters are equally wide.
func roomy(digits int) int { return digits + (digits+3)/4 }

// forHeading returns how many letters of a bold heading a width has room for, in wider fonts too.
func forHeading(width int) int { return (width - headerSpare) * 4 / 5 }

// width returns the column's width in digits.
func (c *column) width(b *book) int {
	width := minWidth
	for width < maxTextWidth && (c.headingLines(width) > headerLines || longestWord(c.heading) > forHeading(width)) {
		width++
	}
	switch c.typ {
	case report.Text:
		return min(max(width, roomy(c.textWidth)+3), maxTextWidth)
	case report.Time, report.Date:
		return max(width, roomy(len(timeFormats[c.typ]))+3)
	default:
		shown := report.FormatNumber(math.Trunc(c.largest))
		if c.typ == report.Money {
			shown = b.beforeAmount() + shown
		}
		return min(max(width, roomy(textWidth(shown)+shownDecimals(c.typ, c.decimals))+6), maxFigureWidth)
	}
}

func (c *column) headingLines(width int) int { return wrappedLines(c.heading, forHeading(width)) }

func longestWord(text string) int {
	longest := 0
	for word := range strings.FieldsSeq(text) {
		longest = max(longest, textWidth(word))
	}
	return longest
}

// columnStyle returns the style of a column's empty cells. It is General below a page, whose cells share the columns.
func (b *book) columnStyle(t *table, c *column) int {
	if t.above != nil {
		return 0
	}
	return b.style(b.valueStyle(c, textValue, figureValue))
}

// variantStyle returns the style of a column's values of a variant.
func (b *book) variantStyle(c *column, v variant) cellStyle {
	figure := figureValue
	if c.input {
		figure = input
	}
	style := b.valueStyle(c, textValue, figure)
	switch v {
	case lowerBound:
		style.format = atLeast(style.format)
	case quotedValue:
		style = quotedText
	}
	return style
}

// valueStyle returns the style of a column's values, in the role text or figure.
func (b *book) valueStyle(c *column, text, figure role) cellStyle {
	s := cellStyle{role: text, format: b.valueFormat(c.typ, c.decimals)}
	if c.isFigure() {
		s.role, s.format = figure, s.format+figureGap
	}
	if c.name == "month_no" {
		s.format = "0" + figureGap // without thousands separators
	}
	s.tiny = c.typ == report.Money && !strings.HasSuffix(c.name, "_delta") ||
		c.name == "share_of_listed" || c.name == "budget_percent"
	return s
}

func (c *column) isFigure() bool {
	return c.typ == report.Count || c.typ == report.Size || c.typ == report.Money
}
