package workbook

import (
	"slices"
	"strconv"

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
