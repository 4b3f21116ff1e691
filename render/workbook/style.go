package workbook

import (
	"strings"

	"github.com/shopspring/decimal"
	"github.com/xuri/excelize/v2"

	"gpufleet/fetch/fleet"
	"gpufleet/render/report"
)

// cellStyle is how a cell looks.
type cellStyle struct {
	role   role
	format string // the number format's code, "" for Excel's General
	quoted bool   // text that must not become a formula when it is edited
	wrap   bool   // text that wraps in merged cells
	tiny   bool   // a number above 0 that the format would show as 0 is shown as tiny: "< $0.01"
}

// quotedText is the style of text that needs a quotePrefix.
var quotedText = cellStyle{role: textValue, format: textFormat, quoted: true}

// withLowerBound returns the style with "≥" before the number if the value is a lower bound.
func (s cellStyle) withLowerBound(v report.Value) cellStyle {
	if v.LowerBound {
		s.format = atLeast(s.format)
	}
	return s
}

// role is what a cell is for.
type role int

const (
	plain role = iota
	title
	notice  // what nobody must miss: sample data, internal
	caption // the text below a title
	section // the heading of a block
	figureSection
	term       // the first column of an explanation
	prose      // text that wraps
	note       // text beside a figure
	covered    // text after figures, aligned right
	figureText // text in a column of figures
	headline   // the most important figures
	link
	header // of a table
	figureHeader
	textValue // in a table
	figureValue
	input     // a figure that a person may change
	inputText // a text that a person may change
	textTotal // in the row above a table
	figureTotal
)

// The text colours have a contrast of at least 4.5 with their background, in greyscale too.
const (
	navy     = "1F3864"
	paleBlue = "DCE6F1"
	grey     = "595959"
	red      = "C00000"
	blue     = "0563C1"
	black    = "000000"
	white    = "FFFFFF"

	inputBlue  = "1F1FBF"
	paleYellow = "FFF8DC"
)

// Number formats. textFormat keeps an edited cell text: 007 stays 007. It is built into Excel under its ID.
const (
	textFormat   = "@"
	textFormatID = 49
	timeFormat   = "yyyy-mm-dd hh:mm:ss"
	dateFormat   = "yyyy-mm-dd"
)

var timeFormats = map[report.Type]string{report.Time: timeFormat, report.Date: dateFormat}

// More decimals than these are not shown. The cell holds them, up to 15 digits in all.
const (
	maxDecimals = 12
)

// style returns the ID of a style in the workbook.
func (b *book) style(s cellStyle) int {
	if id, ok := b.styles[s]; ok {
		return id
	}
	var id int
	if s.quoted {
		s.quoted = false
		id = b.quoted(b.style(s))
		s.quoted = true
	} else {
		style := roleStyle(s.role)
		if s.wrap {
			style.Alignment = &excelize.Alignment{Horizontal: side(false), Vertical: "top", WrapText: true}
		}
		switch s.format {
		case "":
		case textFormat:
			style.NumFmt = textFormatID
		default:
			style.CustomNumFmt = &s.format
			if s.tiny {
				format := b.withTiny(s.format)
				style.CustomNumFmt = &format
			}
		}
		var err error
		id, err = b.file.NewStyle(style)
		b.try(err)
	}
	b.styles[s] = id
	return id
}

// quoted adds a quotePrefix, for which excelize has no field, to a copy of a style, and returns its ID.
func (b *book) quoted(id int) int {
	formats := b.file.Styles.CellXfs
	format, yes := formats.Xf[id], true
	format.QuotePrefix = &yes
	formats.Xf = append(formats.Xf, format)
	formats.Count = len(formats.Xf)
	return formats.Count - 1
}

// numberFormats renumbers the number formats of conditional formats: each gets the ID that its code has in cells, or a
// new one. excelize numbers them separately, but an ID must not mean two codes.
func (b *book) numberFormats() {
	ids, next := map[string]int{}, 164 // lower IDs are built into Excel
	if formats := b.file.Styles.NumFmts; formats != nil {
		for _, f := range formats.NumFmt {
			ids[f.FormatCode] = f.NumFmtID
			next = max(next, f.NumFmtID+1)
		}
	}
	if b.file.Styles.Dxfs == nil {
		return
	}
	for _, format := range b.file.Styles.Dxfs.Dxfs {
		if f := format.NumFmt; f != nil {
			if ids[f.FormatCode] == 0 {
				ids[f.FormatCode] = next
				next++
			}
			f.NumFmtID = ids[f.FormatCode]
		}
	}
}

func roleStyle(r role) *excelize.Style {
	switch r {
	case title:
		return &excelize.Style{Font: font(excelize.Font{Bold: true, Size: 16, Color: navy})}
	case notice:
		return &excelize.Style{Font: font(excelize.Font{Bold: true, Color: red})}
	case caption:
		return &excelize.Style{Font: font(excelize.Font{Color: grey})}
	case section, figureSection:
		return &excelize.Style{Font: font(excelize.Font{Bold: true, Color: navy}), Fill: filled(paleBlue),
			Border: ruled("bottom"), Alignment: &excelize.Alignment{Horizontal: side(r == figureSection)}}
	case term:
		return &excelize.Style{Alignment: &excelize.Alignment{Vertical: "top"}}
	case prose:
		return &excelize.Style{Alignment: &excelize.Alignment{Horizontal: side(false), Vertical: "top", WrapText: true}}
	case note:
		return &excelize.Style{Font: font(excelize.Font{Color: grey}), Alignment: indented(false)}
	case covered:
		return &excelize.Style{Font: font(excelize.Font{Color: grey}),
			Alignment: &excelize.Alignment{Horizontal: side(true)}}
	case figureText:
		return &excelize.Style{Alignment: &excelize.Alignment{Horizontal: side(true)}}
	case headline:
		return &excelize.Style{Font: font(excelize.Font{Bold: true, Color: black}),
			Alignment: &excelize.Alignment{Horizontal: side(true)}}
	case link:
		return &excelize.Style{Font: font(excelize.Font{Color: blue, Underline: "single"})}
	case header, figureHeader:
		style := &excelize.Style{Font: font(excelize.Font{Bold: true, Color: white}), Fill: filled(navy),
			Alignment: indented(r == figureHeader)}
		style.Alignment.Vertical, style.Alignment.WrapText = "center", true
		if r == figureHeader {
			style.Alignment.Indent = 2 // keeps the last letters clear of the filter's button
		}
		return style
	case textValue:
		return &excelize.Style{Alignment: indented(false)}
	case input, inputText:
		return &excelize.Style{Font: font(excelize.Font{Color: inputBlue}), Fill: filled(paleYellow), Border: boxed(),
			Alignment: &excelize.Alignment{Horizontal: "right"}}
	case textTotal:
		return &excelize.Style{Font: font(excelize.Font{Bold: true, Color: black}), Fill: filled(paleBlue),
			Border: ruled("top", "bottom"), Alignment: indented(false)}
	case figureTotal:
		return &excelize.Style{Font: font(excelize.Font{Bold: true, Color: black}), Fill: filled(paleBlue),
			Border: ruled("top", "bottom")}
	default:
		return &excelize.Style{}
	}
}

// font sets the typeface and the size: without them, other programs than Excel use their own.
func font(f excelize.Font) *excelize.Font {
	f.Family = "Calibri"
	if f.Size == 0 {
		f.Size = 11
	}
	return &f
}

func filled(color string) excelize.Fill {
	return excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{color}}
}

func ruled(sides ...string) (borders []excelize.Border) {
	for _, side := range sides {
		borders = append(borders, excelize.Border{Type: side, Style: 1, Color: navy})
	}
	return borders
}

func boxed() (borders []excelize.Border) {
	for _, side := range []string{"left", "right", "top", "bottom"} {
		borders = append(borders, excelize.Border{Type: side, Style: 1, Color: grey})
	}
	return borders
}

// figureGap ends the number format of a figure: a gap to the next column. An indent would do the same, but LibreOffice
// shifts indented figures that are next to an empty cell.
const figureGap = "_)"

func indented(right bool) *excelize.Alignment {
	return &excelize.Alignment{Horizontal: side(right), Indent: 1}
}

func side(right bool) string {
	if right {
		return "right"
	}
	return "left"
}

// valueFormat returns a number format that shows the same number of decimals for every value, and at least 2 for
// amounts. Optional decimals (0.00??) don't work everywhere: some programs show 0.68 for 0.679.
func (b *book) valueFormat(typ report.Type, decimals int) string {
	switch typ {
	case report.Count, report.Size:
		return withDecimals(shownDecimals(typ, decimals))
	case report.Money:
		return b.currency() + withDecimals(shownDecimals(typ, decimals))
	case report.Time, report.Date:
		return timeFormats[typ]
	default:
		return textFormat
	}
}

// atLeast returns the format of a lower bound: the cell holds the number and shows "≥" before it.
func atLeast(format string) string { return `"≥ "` + format }

// withoutBound returns a number's format without the "≥" of a lower bound.
func withoutBound(format string) string { return strings.TrimPrefix(format, atLeast("")) }

// withTiny returns a format that shows 0 and a number that rounds to 0 differently: "$0.00" and "< $0.01". A lower
// bound that rounds to 0 is "> $0". Negative numbers are not for it: some programs drop their sign.
func (b *book) withTiny(format string) string {
	figure := strings.TrimSuffix(withoutBound(format), figureGap)
	decimals, before, after := 0, "", ""
	if point := strings.LastIndexByte(figure, '.'); point >= 0 {
		decimals = strings.Count(figure[point:], "0")
	}
	step := decimal.New(1, int32(-decimals))
	half := step.Div(decimal.NewFromInt(2))
	if strings.HasPrefix(figure, "[$") {
		before = b.beforeAmount()
	}
	if strings.HasSuffix(figure, "%") {
		after, half = "%", half.Shift(-2)
	}
	tiny := "< " + before + step.String() + after
	if format != withoutBound(format) {
		tiny = "> " + before + "0" + after
	}
	if strings.HasSuffix(format, figureGap) {
		return "[=0]" + format + ";[<" + half.String() + `]"` + tiny + `"` + figureGap + ";" + format
	}
	return "[=0]" + format + ";[<" + half.String() + `]"` + tiny + `";` + format
}

func shownDecimals(typ report.Type, decimals int) int {
	if typ == report.Money {
		return max(2, min(decimals, maxDecimals))
	}
	return min(decimals, maxDecimals)
}

func withDecimals(decimals int) string {
	if decimals == 0 {
		return "#,##0"
	}
	return "#,##0." + strings.Repeat("0", decimals)
}

// currency returns the number format's code for the text before an amount.
func (b *book) currency() string {
	before := b.beforeAmount()
	name := strings.TrimRight(before, " ")
	locale := map[string]string{"$": "-409", "€": "-2", "£": "-809"}[name]
	return "[$" + name + locale + "]" + before[len(name):]
}

// beforeAmount returns the text before an amount, as in every output: "$" or "CAD ".
func (b *book) beforeAmount() string { return strings.TrimSuffix(b.r.Amount(fleet.Money{}), "0.00") }

// decimalsOf returns how many decimals an exact number has.
func decimalsOf(exact string) int {
	_, fraction, _ := strings.Cut(exact, ".")
	return len(fraction)
}
