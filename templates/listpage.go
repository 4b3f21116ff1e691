package templates

import (
	"iter"

	"gpufleet/fetch/fleet"
	"gpufleet/render/report"
)

// rowsPerPage is the maximum number of rows of a list on a page.
const rowsPerPage = 500

// paging is the position of a page among the pages of a list.
type paging struct {
	folder        string
	number, pages int // the page, from 1, and how many there are
	first, last   int // its first and last row in the list, from 1
	all           int // rows in the list
}

// pagesOf yields the pages of a list with `all` rows, in order. An empty list has one page.
func pagesOf(folder string, all int) iter.Seq[paging] {
	pages := max(1, (all+rowsPerPage-1)/rowsPerPage)
	return func(yield func(paging) bool) {
		for number := 1; number <= pages; number++ {
			start := (number - 1) * rowsPerPage
			if !yield(paging{folder: folder, number: number, pages: pages, first: start + 1,
				last: min(start+rowsPerPage, all), all: all}) {
				return
			}
		}
	}
}

func (p paging) path() string { return report.PagePath(p.folder, p.number) }

func (p paging) firstPage() string { return report.PagePath(p.folder, 1) }

func (p paging) previousPage() string { return report.PagePath(p.folder, p.number-1) }

func (p paging) nextPage() string { return report.PagePath(p.folder, p.number+1) }

func (p paging) lastPage() string { return report.PagePath(p.folder, p.pages) }

// listPage is one page of a list of instances.
type listPage struct {
	paging
	rows   []*fleet.Instance
	totals *report.Totals // of the whole list
}

// listPages yields the pages of a list of instances with these totals, in order.
func listPages(folder string, list []*fleet.Instance, totals *report.Totals) iter.Seq[listPage] {
	return func(yield func(listPage) bool) {
		for p := range pagesOf(folder, len(list)) {
			if !yield(listPage{paging: p, rows: list[p.first-1 : p.last], totals: totals}) {
				return
			}
		}
	}
}

// changePath returns the path of a changed instance's row in the list of all instances. One that was removed has none:
// the path is that of the changes.
func changePath(f frame, line report.ChangeLine) string {
	row := f.Row(line.In)
	anchor := report.AppendAnchor(nil, line.In)
	if row < 0 || len(anchor) == 0 {
		return report.ChangesPath + "#" + f.ShownWeek().Anchor
	}
	return report.PagePath(report.InstancesFolder, row/rowsPerPage+1) + "#" + string(anchor)
}
