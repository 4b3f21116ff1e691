package templates

import "gpufleet/render/report"

// totalsRow is a region, a model or a group in a table of totals or a bar chart.
type totalsRow struct {
	name, path string
	totals     *report.Totals
}

func regionRows(regions []*report.Region) []totalsRow {
	rows := make([]totalsRow, len(regions))
	for i, r := range regions {
		rows[i] = totalsRow{r.Label(), r.Path(), &r.Totals}
	}
	return rows
}

func modelRows(models []*report.Model) []totalsRow {
	rows := make([]totalsRow, len(models))
	for i, m := range models {
		rows[i] = totalsRow{m.Label(), m.Path(), &m.Totals}
	}
	return rows
}

// groupsByModel returns a region's groups, named after their models.
func groupsByModel(groups []*report.Group) []totalsRow {
	rows := make([]totalsRow, len(groups))
	for i, g := range groups {
		rows[i] = totalsRow{g.Model.Label(), g.Path(), &g.Totals}
	}
	return rows
}

// groupsByRegion returns a model's groups, named after their regions.
func groupsByRegion(groups []*report.Group) []totalsRow {
	rows := make([]totalsRow, len(groups))
	for i, g := range groups {
		rows[i] = totalsRow{g.Region.Label(), g.Path(), &g.Totals}
	}
	return rows
}

// kind is regions or GPU models. Each has a list of all of them.
type kind struct {
	title, heading string // "GPU models", and the column heading "GPU model"
	noun           string // in a sentence: "region", "GPU model"
	path           string
	folder         string
	section        section
}

var (
	regionKind = kind{"Regions", "Region", "region", report.RegionsPath, report.RegionsFolder, regionsSection}
	modelKind  = kind{"GPU models", "GPU model", "GPU model", report.ModelsPath, report.ModelsFolder, modelsSection}
)

// totalsList is one page of the list of all regions or models.
type totalsList struct {
	kind
	paging
	rows []totalsRow // all of them
}

func (l totalsList) path() string { return l.paging.path() }

// shown returns the rows of this page.
func (l totalsList) shown() []totalsRow { return l.rows[l.first-1 : l.last] }

// neighbours are the previous and next page of the same kind, nil if there is none.
type neighbours struct {
	before, after *totalsRow
}

// neighboursOf returns the neighbours of rows[i].
func neighboursOf(rows []totalsRow, i int) neighbours {
	var n neighbours
	if i > 0 {
		n.before = &rows[i-1]
	}
	if i+1 < len(rows) {
		n.after = &rows[i+1]
	}
	return n
}
