package workbook

import (
	"slices"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"gpufleet/render/report"
)

// table is one of the report's lists: an Excel table on a sheet of its own, or several if one sheet is too short.
type table struct {
	sheet    string // "Instances"; its table is tblInstances
	rowPer   string // "instance": there is one row per instance
	name     string // of the Excel table; "" for "tbl" and the sheet's name
	columns  []column
	rows     int
	total    bool  // it has totals above the header
	printed  int   // how many columns are printed, from the first; 0 for all
	above    *page // the rows above the table; nil for the usual title and notes
	oneSheet bool  // it has few rows, and never needs a second sheet
	inputs   []*excelize.DataValidation
	marks    []mark     // of text that changes no figure
	note     string     // below the title, about its rows
	rules    []rule     // its conditional formats besides those of its columns
	uses     []styleUse // the variants of its values, in the order of the rows; set by measure
}

// newTable makes a table of rows.
func newTable[T any](r *report.Report, sheet, rowPer string, columns []report.Column[T], rows []T) *table {
	t := &table{sheet: sheet, rowPer: rowPer, rows: len(rows)}
	addColumns(r, t, columns, func(row int) T { return rows[row] })
	return t
}

// addColumns adds columns to a table. at returns the item of a row, from 0. totals is empty, or the item for the row
// of totals above the table.
func addColumns[T any](r *report.Report, t *table, columns []report.Column[T], at func(row int) T, totals ...T) {
	for _, c := range columns {
		unit := c.Unit
		if c.Type == report.Money {
			unit = strings.TrimSpace(r.Currency + " " + unit)
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

// printFirst moves columns to the front, in this order, and prints only these: all columns would be too small to read.
func (t *table) printFirst(names ...string) {
	for _, name := range names {
		if at := t.index(name); at >= 0 {
			c := t.columns[at]
			t.columns = slices.Insert(slices.Delete(t.columns, at, at+1), t.printed, c)
			t.printed++
		}
	}
}

// index returns the position of a column from 0, or -1 if the table does not have it.
func (t *table) index(name string) int {
	return slices.IndexFunc(t.columns, func(c column) bool { return c.name == name })
}

// column returns a column, or nil if the table does not have it.
func (t *table) column(name string) *column {
	if at := t.index(name); at >= 0 {
		return &t.columns[at]
	}
	return nil
}

// cell returns the reference to a column's cell in a row of the sheet, with the column fixed: $B5.
func (t *table) cell(name string, row int) string {
	return "$" + columnName(t.index(name)+1) + strconv.Itoa(row)
}

// inRow returns the reference to a column's cell in the row of a formula.
func (t *table) inRow(name string) string { return "$" + columnName(t.index(name)+1) + rowMark }

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

// lastRow returns the table's last row on the sheet of a part. Excel requires a row, so an empty table has a blank one.
func (t *table) lastRow(p part) int { return t.header() + max(1, p.to-p.from) }

// part is what one sheet holds of a table: the rows from up to, but not including, to.
type part struct {
	sheet, table string
	from, to     int
}

// parts divides the rows among sheets that end at lastRow: "Instances" with tblInstances, "Instances 2" with
// tblInstances2, and so on.
func (t *table) parts(lastRow int) []part {
	room := lastRow - t.header()
	if t.oneSheet {
		room = t.rows
	}
	parts := []part{{sheet: t.sheet, table: t.title(), to: min(room, t.rows)}}
	for from := room; from < t.rows; from += room {
		n := strconv.Itoa(len(parts) + 1)
		parts = append(parts, part{t.sheet + " " + n, t.title() + n, from, min(from+room, t.rows)})
	}
	return parts
}
