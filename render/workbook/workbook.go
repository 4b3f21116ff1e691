// Package workbook writes a report as an Excel workbook: a summary with charts, the instances, regions, models,
// changes, days and what has no price as Excel tables, a matrix, the assumptions that a person may change, and a
// sheet that says what each column means. It lays out what the report says and computes no figure: a formula stands
// beside the value that the report has for it, and follows what is changed later.
//
// Sheets, tables and their columns keep their names within a version of the contract. A table's header stands in row
// 4 of its sheet. Values are typed: amounts and counts are numbers with a format, times are dates in UTC, ids and all
// that the API sent as text are text, and what is unknown is an empty cell. Every sheet is streamed, since only a
// streamed cell holds a formula together with its value, and since a million rows don't fit into memory otherwise.
package workbook

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"sort"

	"github.com/xuri/excelize/v2"

	"gpufleet/render/report"
)

// contract is the version of what readers of the file may rely on: the names of sheets, tables and columns.
const contract = 2

// afterMatrix is the sheet before which that of the matrix stands.
const afterMatrix = "Changes"

// maxRow is the last row of a sheet that is used, one before Excel's last: a table that fills its sheet leaves no
// room to work in.
const maxRow = excelize.TotalRows - 1

// Write writes the workbook of a report to w. Equal reports give equal bytes. An empty fleet gives the same sheets,
// whose tables have one blank row.
//
// Nothing reaches w before all of the workbook is made; until then w is asked now and then, with an empty write,
// whether it still takes anything. Its error ends the work at once and is returned wrapped. Beside the report, memory
// holds the compressed file and up to 16 MiB of each sheet; what is larger waits in temporary files, which are gone
// when Write returns.
func Write(w io.Writer, r *report.Report) error { return write(w, r, maxRow) }

// write does the same with sheets that end at lastRow.
func write(w io.Writer, r *report.Report, lastRow int) error {
	b := newBook(w, r, lastRow)
	if err := errors.Join(b.writeTo(w), b.file.Close()); err != nil {
		return fmt.Errorf("workbook: %w", err)
	}
	return nil
}

func (b *book) writeTo(w io.Writer) error {
	archive := newArchive(w)
	b.archive = archive
	b.file.SetZipWriter(func(io.Writer) excelize.ZipWriter { return archive })
	if err := b.fill(); err != nil {
		return err
	}
	// All goes into the archive; excelize itself writes nothing, and does not return every error.
	if err := b.file.Write(io.Discard); err != nil {
		return err
	}
	if archive.err != nil {
		return archive.err
	}
	return archive.writeTo(w)
}

// book is a workbook in the making. Its first error stays; what is called after it does no harm and no good.
type book struct {
	file    *excelize.File
	r       *report.Report
	out     io.Writer
	archive *archive
	lastRow int
	tables  []*table
	styles  map[cellStyle]int
	err     error

	instances, statuses *table
	inputs              map[string]string // the cells of the inputs, by name
	conditional         map[string]int    // the styles of conditional formats
	matrix              *page
	gpuBlock, costBlock block            // what the charts show
	points              map[string][]any // the values of the cells that charts refer to
	ranges              map[columnOf][]string
}

func newBook(out io.Writer, r *report.Report, lastRow int) *book {
	return &book{
		file: excelize.NewFile(), r: r, out: out, lastRow: lastRow,
		styles:      map[cellStyle]int{},
		inputs:      map[string]string{},
		conditional: map[string]int{},
		points:      map[string][]any{},
		ranges:      map[columnOf][]string{},
	}
}

// try keeps the first error, and reports whether there is none so far.
func (b *book) try(err error) bool {
	if b.err == nil {
		b.err = err
	}
	return b.err == nil
}

// ask asks the writer whether it still takes anything, and reports whether to go on.
func (b *book) ask() bool {
	if b.err == nil {
		_, b.err = b.out.Write(nil)
	}
	return b.err == nil
}

// fill makes all sheets, in the order in which the workbook shows them.
func (b *book) fill() error {
	b.makeTables()
	b.addSheets()
	b.setProperties()
	b.setNames()
	b.matrix = b.matrixPage()
	b.writePage(summarySheet, b.summary())
	for _, t := range b.tables {
		if t.sheet == afterMatrix {
			b.writePage(matrixSheet, b.matrix)
		}
		b.measure(t)
		for _, part := range t.parts(b.lastRow) {
			b.writePart(t, part)
		}
	}
	b.writePage(aboutSheet, b.about())
	b.fillCharts()
	b.numberFormats()
	b.sortContentTypes()
	return b.err
}

// table returns the table of a sheet.
func (b *book) table(sheet string) *table {
	return b.tables[slices.IndexFunc(b.tables, func(t *table) bool { return t.sheet == sheet })]
}

// sheetNames returns the sheets in their order.
func (b *book) sheetNames() []string {
	names := []string{summarySheet}
	for _, t := range b.tables {
		if t.sheet == afterMatrix {
			names = append(names, matrixSheet)
		}
		for _, part := range t.parts(b.lastRow) {
			names = append(names, part.sheet)
		}
	}
	return append(names, aboutSheet)
}

// addSheets makes the sheets, empty. They must all be there before the first is streamed: what is set on a workbook
// afterwards can be lost.
func (b *book) addSheets() {
	b.try(b.file.SetSheetName("Sheet1", summarySheet))
	for _, name := range b.sheetNames()[1:] {
		_, err := b.file.NewSheet(name)
		b.try(err)
	}
	b.file.SetActiveSheet(0)
}

// sortContentTypes brings into one order what excelize adds for charts in a random one.
func (b *book) sortContentTypes() {
	types := b.file.ContentTypes.Defaults
	sort.Slice(types, func(i, j int) bool { return types[i].Extension < types[j].Extension })
}
