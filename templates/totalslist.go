package templates

import "gpufleet/render/report"

// totalsRow is a part of the fleet in a table of totals or a bar chart.
type totalsRow struct {
	name, path string
	totals     *report.Totals
}

func partRows(parts []*report.Part) []totalsRow {
	rows := make([]totalsRow, len(parts))
	for i, p := range parts {
		rows[i] = totalsRow{p.Label(), p.Path(), &p.Totals}
	}
	return rows
}

func pieceRows(pieces []report.Piece) []totalsRow {
	rows := make([]totalsRow, len(pieces))
	for i, p := range pieces {
		rows[i] = totalsRow{p.Label(), p.Path(), p.Totals}
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

// totalsList is one page of the list of all parts of a dimension.
type totalsList struct {
	*report.Division
	paging
	rows []totalsRow // all of them
}

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
