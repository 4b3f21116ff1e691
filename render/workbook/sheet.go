package workbook

import (
	"bytes"
	"regexp"
	"strconv"
	"time"

	"github.com/xuri/excelize/v2"

	"gpufleet/render/report"
)

// The rows of a sheet with a table, below its title and notes. The totals are above the header, where no filter or
// sort touches them.
const (
	totalRow  = 3
	headerRow = 4
)

// layout is what a sheet must be given before its first row is written.
type layout struct {
	columns, rows int // the size of the range that it uses
	widths        []float64
	styles        []int // of the columns, for cells without one of their own; may be empty
	table         bool  // its header stays in view and is repeated on every printed page
	printed       int   // how many columns are printed; 0 for all
	onePage       bool  // it is scaled to fit on one printed page
}

// printedColumns returns how many columns are printed.
func (l layout) printedColumns() int {
	if l.printed > 0 {
		return min(l.printed, l.columns)
	}
	return l.columns
}

// sheet is a sheet that is written row by row, from the top.
type sheet struct {
	*excelize.StreamWriter
	b    *book
	name string
	next int // the row to write next
}

// open begins a sheet. After an error its StreamWriter is nil, so every use of it checks b.err first.
func (b *book) open(name string, l layout) *sheet {
	s := &sheet{b: b, name: name, next: 1}
	// The stream begins with these two, so they are set before it exists.
	b.try(b.file.SetSheetDimension(name, "A1:"+cellName(l.columns, l.rows)))
	fit := true
	b.try(b.file.SetSheetProps(name, &excelize.SheetPropsOptions{FitToPage: &fit}))
	var err error
	s.StreamWriter, err = b.file.NewStreamWriter(name)
	if !b.try(err) {
		return s
	}
	// From the last to the first: each call puts its column before the others, and Excel requires ascending order.
	for i := l.columns; i > 0; i-- {
		b.try(s.SetColWidth(i, i, l.widths[i-1]))
		if len(l.styles) > 0 {
			b.try(s.SetColStyle(i, i, l.styles[i-1]))
		}
	}
	if l.table {
		s.freeze()
	} else {
		grid := false
		b.try(b.file.SetSheetView(name, 0, &excelize.ViewOptions{ShowGridLines: &grid}))
	}
	b.setPrint(name, l)
	return s
}

// freeze keeps the header, the rows above it and the first column in view.
func (s *sheet) freeze() {
	corner := cellName(2, headerRow+1)
	s.b.try(s.SetPanes(&excelize.Panes{
		Freeze: true, XSplit: 1, YSplit: headerRow, TopLeftCell: corner, ActivePane: "bottomRight",
		Selection: []excelize.Selection{
			{Pane: "topRight"}, {Pane: "bottomLeft"}, {Pane: "bottomRight", ActiveCell: corner, SQRef: corner},
		},
	}))
}

// row writes the next row. A nil cell is empty.
func (s *sheet) row(cells []any, options ...excelize.RowOpts) {
	if s.b.err == nil {
		s.b.try(s.SetRow("A"+strconv.Itoa(s.next), cells, options...))
		s.next++
	}
}

// head writes the sheet's title and notes, above a table and its totals.
func (s *sheet) head(about string, widths []float64) {
	b := s.b
	s.row([]any{b.text(cellStyle{role: title}, s.name)}, excelize.RowOpts{Height: 24})
	note := b.r.Origin() + ". Amounts are in " + b.r.Currency + ". Empty cells are unknown."
	if about != "" {
		note += " " + about
	}
	p := page{widths: widths}
	shown := b.caption(note)
	p.across(shown.style.role, shown.value.(string))
	s.line(&p, 0)
	s.next = totalRow
}

// entry returns the name of the sheet's file in the archive. excelize numbers the files like the sheets.
func (s *sheet) entry() string {
	for number, name := range s.b.file.GetSheetMap() {
		if name == s.name {
			return "xl/worksheets/sheet" + strconv.Itoa(number) + ".xml"
		}
	}
	return ""
}

func (s *sheet) close() {
	if s.b.err == nil {
		s.b.try(s.Flush())
	}
}

// notices returns what every sheet must say of sample data and of an internal report, "" if it is neither.
func (b *book) notices() string {
	switch {
	case b.r.Demo() && b.r.Internal():
		return demoNotice + " " + internalNotice
	case b.r.Demo():
		return demoNotice
	case b.r.Internal():
		return internalNotice
	default:
		return ""
	}
}

// caption returns the line below a sheet's title, after the notices that the sheet must show.
func (b *book) caption(text string) cell {
	if notices := b.notices(); notices != "" {
		return textCell(notice, notices+" "+text)
	}
	return textCell(caption, text)
}

const (
	demoNotice     = "Sample data, not a real fleet."
	internalNotice = "Internal: not for publication."
)

// text returns a cell that Excel never takes for anything but text.
func (b *book) text(s cellStyle, text string) excelize.Cell {
	s.quoted = needsQuotePrefix(text)
	return excelize.Cell{StyleID: b.style(s), Value: cellText(text)}
}

// columnName returns the letters of a column, from 1: "B".
func columnName(column int) string {
	name, err := excelize.ColumnNumberToName(column)
	if err != nil {
		panic(err) // our sheets have fewer columns than the limit
	}
	return name
}

// cellName returns the name of a cell, both from 1: "B5".
func cellName(column, row int) string {
	name, err := excelize.CoordinatesToCellName(column, row)
	if err != nil {
		panic(err) // our sheets are smaller than the limit
	}
	return name
}

// rangeOf returns the cells of a column between two rows, both included, all from 1: "B5:B9".
func rangeOf(column, from, to int) string { return cellName(column, from) + ":" + cellName(column, to) }

// setPrint sets a sheet up for printing: landscape, one page wide on A4 and Letter paper.
func (b *book) setPrint(name string, l layout) {
	orientation, wide, tall := "landscape", 1, 0 // 0: as many pages as needed
	if l.onePage {
		tall = 1
	}
	b.try(b.file.SetPageLayout(name, &excelize.PageLayoutOptions{
		Orientation: &orientation, FitToWidth: &wide, FitToHeight: &tall,
	}))
	side, top, edge := 0.4, 0.75, 0.3 // inches
	b.try(b.file.SetPageMargins(name, &excelize.PageLayoutMarginsOptions{
		Left: &side, Right: &side, Top: &top, Bottom: &top, Header: &edge, Footer: &edge,
	}))
	head := "&L" + headerText(clip(oneLine(b.r.Title), maxHeaderTitle)) + "&R&A"
	if notices := b.notices(); notices != "" {
		head += "&C" + headerText(notices)
	}
	b.try(b.file.SetHeaderFooter(name, &excelize.HeaderFooterOptions{
		OddHeader: head,
		OddFooter: "&L" + headerText(b.r.Origin()) + "&RPage &P of &N",
	}))
	if l.printed > 0 && l.printed < l.columns {
		b.try(b.file.SetDefinedName(&excelize.DefinedName{
			Name: "_xlnm.Print_Area", Scope: name,
			RefersTo: "'" + name + "'!$A$1:$" + columnName(l.printed) + "$" + strconv.Itoa(l.rows),
		}))
	}
	if l.table {
		row := "$" + strconv.Itoa(headerRow)
		b.try(b.file.SetDefinedName(&excelize.DefinedName{
			Name: "_xlnm.Print_Titles", RefersTo: "'" + name + "'!" + row + ":" + row, Scope: name,
		}))
	}
}

// setProperties sets the document's properties. Its times are the report's.
func (b *book) setProperties() {
	at := b.r.Generated.UTC().Format(time.RFC3339)
	b.try(b.file.SetDocProps(&excelize.DocProperties{
		Title:          oneLine(b.r.Title),
		Subject:        "GPU fleet as of " + report.FormatTime(b.r.Generated),
		Creator:        "gpufleet " + b.r.Version,
		LastModifiedBy: "gpufleet " + b.r.Version,
		Description:    b.description(),
		Created:        at,
		Modified:       at,
	}))
	b.try(b.file.SetAppProps(&excelize.AppProperties{Application: "gpufleet"}))
	const part = "docProps/core.xml"
	if text, ok := b.file.Pkg.Load(part); ok {
		b.file.Pkg.Store(part, withPrefix(text.([]byte)))
	}
}

// withoutPrefix matches an element without a namespace prefix.
var withoutPrefix = regexp.MustCompile(`<(/?)(\w+)([ >])`)

// withPrefix gives the elements of the document's properties that have no prefix the usual one. ExcelJS knows elements
// by it, and refuses the file otherwise.
func withPrefix(properties []byte) []byte {
	properties = withoutPrefix.ReplaceAll(properties, []byte("<${1}cp:$2$3"))
	return bytes.Replace(properties, []byte(` xmlns="`), []byte(` xmlns:cp="`), 1)
}

func (b *book) description() string {
	text := b.r.Origin()
	if notices := b.notices(); notices != "" {
		text = notices + " " + text
	}
	return text
}
