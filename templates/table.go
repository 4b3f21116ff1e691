package templates

import (
	"slices"
	"strings"

	"gpufleet/fetch/fleet"
	"gpufleet/render/chart"
	"gpufleet/render/report"
)

type (
	instanceColumn = report.Column[*fleet.Instance]
	foundColumn    = report.Column[*report.Found]
)

// leading are the first columns of a table on a page. The others follow in the report's order, which files use for all.
var leading = []string{"host_name", "status", "gpu_group", "gpu", "gpu_count", "price_per_hour"}

// foundColumns returns the columns of found instances in the order of the page: the name, what is found, and the ID
// last. Columns without any value are left out.
func foundColumns(f frame, found []*report.Found) []foundColumn {
	columns := inOrder(f.FoundColumns(), []string{"host_name", "per_month", "since", "detail"}, "id")
	return slices.DeleteFunc(columns, func(c foundColumn) bool {
		return !slices.ContainsFunc(found, func(f *report.Found) bool { return c.Value(f).Known })
	})
}

// inOrder returns columns with the first ones at the front, and the last one at the end.
func inOrder[T any](columns []report.Column[T], first []string, last string) []report.Column[T] {
	place := func(c report.Column[T]) int {
		if c.Name == last {
			return len(first) + 1
		}
		if at := slices.Index(first, c.Name); at >= 0 {
			return at
		}
		return len(first)
	}
	ordered := slices.Clone(columns)
	slices.SortStableFunc(ordered, func(a, b report.Column[T]) int { return place(a) - place(b) })
	return ordered
}

// pageColumns returns the columns in the order of the pages, the ID last. Those show the GPU model that an instance
// counts under, and leave out the one in the list, which is the same or unknown.
func pageColumns(columns []instanceColumn) []instanceColumn {
	if slices.ContainsFunc(columns, func(c instanceColumn) bool { return c.Name == "gpu_group" }) {
		columns = slices.DeleteFunc(slices.Clone(columns), func(c instanceColumn) bool { return c.Name == "gpu" })
	}
	return inOrder(columns, leading, "id")
}

// changeColumns returns the instance columns of the table of changes that follow the instance's name and its change.
func changeColumns(f frame) []instanceColumn {
	return report.NamedColumns(f.Settings, "gpu_group", "gpu_count", "region", "account", "id")
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
