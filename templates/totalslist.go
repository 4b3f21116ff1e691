package templates

import (
	"slices"

	"gpufleet/render/report"
)

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

// byCost returns rows with the most expensive first, by what is billed. Equal ones keep their order.
func byCost(bill report.Bill, rows []totalsRow) []totalsRow {
	return slices.SortedStableFunc(slices.Values(rows), compareCosts(bill))
}

// isByCost reports whether rows are in the order of byCost.
func isByCost(bill report.Bill, rows []totalsRow) bool {
	return slices.IsSortedFunc(rows, compareCosts(bill))
}

// compareCosts returns a comparison that puts the higher cost first.
func compareCosts(bill report.Bill) func(a, b totalsRow) int {
	return func(a, b totalsRow) int {
		return b.totals.Costs().Of(bill).PerHour.Cmp(a.totals.Costs().Of(bill).PerHour)
	}
}

// budgetsByCost returns the owners' budgets with the highest spending first. Equal ones keep their order.
func budgetsByCost(budgets []*report.OwnerBudget) []*report.OwnerBudget {
	return slices.SortedStableFunc(slices.Values(budgets), func(a, b *report.OwnerBudget) int {
		return b.Spent.Estimate.Cmp(a.Spent.Estimate)
	})
}

// exactRate returns the cost per GPU-hour as a table sorts it, "" if there is none.
func exactRate(t *report.Totals) string {
	rate := t.GPUHour.PerGPU()
	return report.Exact(report.Money, report.Value{Known: rate.Known, Money: rate.Value})
}

// exactShare returns the share in percent as a table sorts it, "" if it is unknown.
func exactShare(t *report.Totals) string {
	return report.Exact(report.Size, report.Value{Known: t.Share.Known, Number: t.Share.Value})
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
	rows []totalsRow // all of them, the most expensive first
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
