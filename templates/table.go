package templates

import (
	"slices"
	"strings"

	"gpufleet/fetch/fleet"
	"gpufleet/render/chart"
	"gpufleet/render/report"
)

type instanceColumn = report.Column[*fleet.Instance]

// leading are the first columns of a table on a page. The others follow in the report's order, which files use for all.
var leading = []string{"host_name", "status", "gpu_group", "gpu", "gpu_count", "price_per_hour"}

// pageColumns returns the columns in the order of the pages. Those show the GPU model that an instance counts under,
// and leave out the one in the list, which is the same or unknown.
func pageColumns(columns []instanceColumn) []instanceColumn {
	ordered := make([]instanceColumn, 0, len(columns))
	rest := slices.Clone(columns)
	if slices.ContainsFunc(rest, func(c instanceColumn) bool { return c.Name == "gpu_group" }) {
		rest = slices.DeleteFunc(rest, func(c instanceColumn) bool { return c.Name == "gpu" })
	}
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
	return pageColumns(report.NamedColumns(f.Settings, "id", "account", "host_name", "region", "gpu_group",
		"gpu_count"))
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

// restText says how many bars a chart leaves out, and their total if it is known.
func restText(bars chart.Bars) string {
	text := "and " + report.FormatCount(bars.More) + " more"
	if bars.Rest != "" {
		text += ", " + bars.Rest + " in total"
	}
	return text
}
