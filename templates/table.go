package templates

import (
	"strings"

	"gpufleet/fetch/fleet"
	"gpufleet/render/report"
)

type instanceColumn = report.Column[*fleet.Instance]

// leading are the first columns of a table on a page. The others follow in the report's order, which files use for all.
var leading = []string{"host_name", "status", "gpu", "gpu_count", "price_per_hour"}

// pageColumns returns the columns in the order of the pages.
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

// changeColumns returns the instance columns of the table of changes.
func changeColumns(f frame) []instanceColumn {
	var columns []instanceColumn
	for _, column := range pageColumns(report.MemberColumns(f.Settings)) {
		if column.Type != report.Money {
			columns = append(columns, column)
		}
	}
	return columns
}

// columnNames returns the names of the columns in the order of the pages, separated by spaces.
func columnNames(f frame) string {
	var names []string
	for _, column := range pageColumns(f.Columns) {
		names = append(names, column.Name)
	}
	return strings.Join(names, " ")
}

// alignment returns the class that aligns a column's cells.
func alignment[T any](c report.Column[T]) string {
	if c.Numeric() {
		return "num"
	}
	return ""
}
