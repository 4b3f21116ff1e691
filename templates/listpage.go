package templates

import (
	"iter"

	"gpufleet/fetch/fleet"
	"gpufleet/render/report"
)

// rowsPerPage is how many rows of a list a page shows at most.
const rowsPerPage = 500

// paging is where a page stands among those of a list that may need several.
type paging struct {
	folder        string
	number, pages int // the page, from 1, and how many there are
	first, last   int // its rows' places in the list, from 1
	all           int
}

// pagesOf yields the pages of a list of so many rows in their order. An empty list has one, without rows.
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

// listPage is what one page shows of a list of instances.
type listPage struct {
	paging
	rows   []*fleet.Instance
	totals *report.Totals // of the whole list
}

// listPages yields the pages of a list of instances, which come to the totals, in their order.
func listPages(folder string, list []*fleet.Instance, totals *report.Totals) iter.Seq[listPage] {
	return func(yield func(listPage) bool) {
		for p := range pagesOf(folder, len(list)) {
			if !yield(listPage{paging: p, rows: list[p.first-1 : p.last], totals: totals}) {
				return
			}
		}
	}
}
