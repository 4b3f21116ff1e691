// Package workbook writes a report as an Excel workbook: a summary with charts; the instances, regions, models,
// months, days, changes and unpriced instances as Excel tables; a matrix of regions and models; the assumptions that a
// person may change; and a sheet that explains every column. Figures come from the report. Each formula is written with
// the report's value for it, and follows later changes. Either all figures that depend on an assumption or a price are
// formulas, or none is and they can't be changed: no two cells may disagree.
//
// Within a version of the contract, sheets, tables and columns keep their names. The header of a table is in row 4 of
// its sheet, except on Assumptions. Values are typed: amounts and counts are numbers with a format, times are dates
// in UTC, IDs and all text from the API are text, and an unknown value is an empty cell. Every sheet is streamed:
// only a streamed cell holds both a formula and its value. The rows of tables don't pass through excelize: see rows.go.
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

// contract is the version of the names of sheets, tables and columns, which readers of the file rely on.
const contract = 4

// afterMatrix is the sheet that follows Matrix.
const afterMatrix = monthsSheet

// maxRow is the last row of a sheet that is used, one before Excel's last: a table that fills its sheet leaves no
// room to work in.
const maxRow = excelize.TotalRows - 1

// Write writes the workbook of a report to w. Equal reports give equal bytes. An empty fleet gives the same sheets,
// whose tables have one blank row.
//
// The workbook is complete before any byte goes to w. Until then, empty writes check that w still accepts data. An
// error of w ends the work at once and is returned wrapped. Besides the report, memory holds the compressed file.
func Write(w io.Writer, r *report.Report) error { return write(w, r, limits{maxRow, maxWork}) }

// limits say when a sheet is full, and when a workbook has too much work for formulas.
type limits struct{ lastRow, work int }

// write is Write with other limits.
func write(w io.Writer, r *report.Report, max limits) error {
	b := newBook(w, r, max)
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
	// excelize writes into the archive, and does not return every error.
	if err := b.file.Write(io.Discard); err != nil {
		return err
	}
	if archive.err != nil {
		return archive.err
	}
	return archive.writeTo(w)
}

// book is a workbook in the making. It keeps its first error, and methods that are called after it have no effect.
type book struct {
	file    *excelize.File
	r       *report.Report
	out     io.Writer
	archive *archive
	lastRow int  // of a sheet
	maxWork int  // see fixed
	fixed   bool // there is too much work: figures are values, and nothing can be changed
	tables  []*table
	styles  map[cellStyle]int
	err     error

	instances, groups, statuses *table
	months, spend               *table
	budgets                     *table            // nil without budgets of owners
	budgetNo                    map[string]int    // their numbers, by owner
	billedRate                  string            // the cell on Summary with the billed cost per hour
	inputs                      map[string]string // the cells of the inputs, by defined name
	conditional                 map[string]int    // the styles of conditional formats, by condition or number format
	matrix                      *page
	gpuBlock, costBlock         block                 // the figures of the charts
	points                      map[string][]any      // the values that charts refer to, by range
	ranges                      map[columnOf][]string // see refs
}

func newBook(out io.Writer, r *report.Report, max limits) *book {
	return &book{
		file: excelize.NewFile(), r: r, out: out, lastRow: max.lastRow, maxWork: max.work,
		styles:      map[cellStyle]int{},
		inputs:      map[string]string{},
		conditional: map[string]int{},
		points:      map[string][]any{},
		ranges:      map[columnOf][]string{},
	}
}

// try keeps err if it is the first error, and reports whether there has been none.
func (b *book) try(err error) bool {
	if b.err == nil {
		b.err = err
	}
	return b.err == nil
}

// writable reports whether the writer still accepts data and there has been no error.
func (b *book) writable() bool {
	if b.err == nil {
		_, b.err = b.out.Write(nil)
	}
	return b.err == nil
}

// fill makes all sheets, in their order.
func (b *book) fill() error {
	b.makeTables()
	b.addSheets()
	b.setProperties()
	b.setNames()
	b.matrix = b.matrixPage()
	summary := b.summary()
	b.setMonthFormulas()
	b.setBudgetFormulas()
	b.writePage(summarySheet, summary)
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

// sheetNames returns the names of the sheets, in their order.
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

// addSheets makes all sheets, empty, before the first is streamed: later changes to the workbook can be lost.
func (b *book) addSheets() {
	b.try(b.file.SetSheetName("Sheet1", summarySheet))
	for _, name := range b.sheetNames()[1:] {
		_, err := b.file.NewSheet(name)
		b.try(err)
	}
	b.file.SetActiveSheet(0)
}

// sortContentTypes sorts the content types, which excelize adds for charts in random order.
func (b *book) sortContentTypes() {
	types := b.file.ContentTypes.Defaults
	sort.Slice(types, func(i, j int) bool { return types[i].Extension < types[j].Extension })
}
