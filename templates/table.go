package templates

import (
	"gpufleet/fetch/fleet"
	"gpufleet/render/report"
)

type instanceColumn = report.Column[*fleet.Instance]

// leading are the columns that a table on a page begins with: what an instance is called, how it is, what it has and what it costs. The others
// follow in their order, which files keep for all.
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

// alignment returns the class of a column's cells.
func alignment[T any](c report.Column[T]) string {
	if c.Numeric() {
		return "num"
	}
	return ""
}

// place is a row of a table of totals: a region, a model or a group, which has a page.
type place struct {
	name, path string
	totals     *report.Totals
}

func regionPlaces(regions []*report.Region) []place {
	places := make([]place, len(regions))
	for i, r := range regions {
		places[i] = place{r.Name, regionPath(r), &r.Totals}
	}
	return places
}

func modelPlaces(models []*report.Model) []place {
	places := make([]place, len(models))
	for i, m := range models {
		places[i] = place{m.Name, modelPath(m), &m.Totals}
	}
	return places
}

// groupsByModel are a region's groups, named by their models.
func groupsByModel(groups []*report.Group) []place {
	places := make([]place, len(groups))
	for i, g := range groups {
		places[i] = place{g.Model.Name, groupPath(g), &g.Totals}
	}
	return places
}

// groupsByRegion are a model's groups, named by their regions.
func groupsByRegion(groups []*report.Group) []place {
	places := make([]place, len(groups))
	for i, g := range groups {
		places[i] = place{g.Region.Name, groupPath(g), &g.Totals}
	}
	return places
}
