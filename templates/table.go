package templates

import (
	"strings"

	"gpufleet/fetch/fleet"
	"gpufleet/render/report"
)

type instanceColumn = report.Column[*fleet.Instance]

// leading are the columns that a table on a page begins with: what an instance is called, how it is, what it has and
// what it costs. The others follow in their order, which files keep for all.
var leading = []string{"host_name", "status", "gpu", "gpu_count", "price_per_hour"}

// pageColumns returns the columns in the order in which a page shows them.
func pageColumns(columns []instanceColumn) []instanceColumn {
	ordered := make([]instanceColumn, 0, len(columns))
	rest := append([]instanceColumn(nil), columns...)
	for _, name := range leading {
		for i, column := range rest {
			if column.Name == name {
				ordered = append(ordered, column)
				rest = append(rest[:i], rest[i+1:]...)
				break
			}
		}
	}
	return append(ordered, rest...)
}

// changeColumns are the columns that a line of changes shows of its instance.
func changeColumns(f frame) []instanceColumn {
	var columns []instanceColumn
	for _, column := range pageColumns(report.MemberColumns(f.Settings)) {
		if column.Type != report.Money {
			columns = append(columns, column)
		}
	}
	return columns
}

// columnNames returns the names of the columns in the order in which a page shows them, with blanks between them.
func columnNames(f frame) string {
	var names []string
	for _, column := range pageColumns(f.Columns) {
		names = append(names, column.Name)
	}
	return strings.Join(names, " ")
}

// alignment returns the class of a column's cells.
func alignment[T any](c report.Column[T]) string {
	if c.Numeric() {
		return "num"
	}
	return ""
}
