package workbook

import (
	"strconv"
	"time"

	"github.com/xuri/excelize/v2"

	"gpufleet/render/report"
)

// Where a sheet with a table has what. Above these rows stand the sheet's name and what holds for all of it. The totals
// stand above the table, where no filter or sort touches them.
const (
	totalRow  = 3
	headerRow = 4
)

// layout is what must be known of a sheet before its first row is written.
type layout struct {
	columns, rows int // the range that it uses
	widths        []float64
	styles        []int // of the columns, for cells without one of their own; empty for none
	table         bool  // it is a table: the header stays in view and is repeated on every printed page
	printed       int   // how many columns are printed; 0 for all
	onePage       bool  // all of it is to fit on one printed page
}

// sheet is a sheet that is being written, from the top row down.
type sheet struct {
	*excelize.StreamWriter
	b    *book
	name string
	next int // the row to write next
}

// open begins a sheet. What is nil after an error is never used: each caller asks the book first.
func (b *book) open(name string, l layout) *sheet {
	s := &sheet{b: b, name: name, next: 1}
	// The stream's first bytes hold these two, so they come before it.
	b.try(b.file.SetSheetDimension(name, "A1:"+cellName(l.columns, l.rows)))
	fit := true
	b.try(b.file.SetSheetProps(name, &excelize.SheetPropsOptions{FitToPage: &fit}))
	var err error
	s.StreamWriter, err = b.file.NewStreamWriter(name)
	if !b.try(err) {
		return s
	}
	// From the last to the first, since each goes before the others and Excel wants them in order.
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

// freeze keeps the rows to the header and the first column, which names the row, in view.
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

// head writes the rows above a table, but for the totals: the sheet's title and what holds for all of it.
func (s *sheet) head() {
	b := s.b
	s.row([]any{b.text(cellStyle{role: title}, s.name)}, excelize.RowOpts{Height: 24})
	note := b.r.Origin() + ". Amounts are in " + b.r.Currency +
		". An empty cell is unknown."
	role := caption
	if marks := b.marks(); marks != "" {
		note, role = marks+" "+note, mark
	}
	s.row([]any{b.text(cellStyle{role: role}, note)})
	s.next = totalRow
}

// entry returns the name of the sheet's file in the archive: excelize numbers them as it does the sheets.
func (s *sheet) entry() string {
	for number, name := range s.b.file.GetSheetMap() {
		if name == s.name {
			return "xl/worksheets/sheet" + strconv.Itoa(number) + ".xml"
		}
	}
	return ""
}

// close ends the sheet.
func (s *sheet) close() {
	if s.b.err == nil {
		s.b.try(s.Flush())
	}
}

// marks returns what must be said of the fleet wherever it is shown, "" where it is a real and public one.
func (b *book) marks() string {
	switch {
	case b.r.Demo() && b.r.Internal():
		return demoMark + " " + internalMark
	case b.r.Demo():
		return demoMark
	case b.r.Internal():
		return internalMark
	default:
		return ""
	}
}

const (
	demoMark     = "Sample data: a made-up fleet, not a real one."
	internalMark = "Internal: not for publication."
)

// text returns a cell with text that is nothing but text.
func (b *book) text(s cellStyle, text string) excelize.Cell {
	s.quoted = isProvoking(text)
	return excelize.Cell{StyleID: b.style(s), Value: cellText(text)}
}

// columnName returns the letters of a column, from 1: "B".
func columnName(column int) string {
	name, err := excelize.ColumnNumberToName(column)
	if err != nil {
		panic(err) // no sheet of ours has so many columns
	}
	return name
}

// cellName returns the name of a cell, both from 1: "B5".
func cellName(column, row int) string {
	name, err := excelize.CoordinatesToCellName(column, row)
	if err != nil {
		panic(err) // a sheet of ours has neither so many columns nor rows
	}
	return name
}

// rangeOf returns the cells of a column between two rows, which are part of it, all from 1: "B5:B9".
func rangeOf(column, from, to int) string { return cellName(column, from) + ":" + cellName(column, to) }

// setPrint sets a sheet up for printing: landscape, one page wide on A4 and Letter alike. A table's header is repeated
// on every page.
func (b *book) setPrint(name string, l layout) {
	orientation, wide, tall := "landscape", 1, 0 // 0: as many as it takes
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
	if marks := b.marks(); marks != "" {
		head += "&C" + headerText(marks)
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

// setProperties sets the document's properties. The times in it are the report's.
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
}

func (b *book) description() string {
	text := b.r.Origin()
	if marks := b.marks(); marks != "" {
		text = marks + " " + text
	}
	return text
}
