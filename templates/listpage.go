package templates

import (
	"iter"

	"gpufleet/fetch/fleet"
)

// rowsPerPage is how many instances a page shows at most.
const rowsPerPage = 500

// listPage is what one page shows of a list of instances that may need several.
type listPage struct {
	folder        string
	number, pages int // the page, from 1, and how many there are
	first, last   int // its instances' places in the list, from 1
	all           int
	rows          []*fleet.Instance
}

// listPages yields the pages of a list in their order. An empty list has one, without rows.
func listPages(folder string, list []*fleet.Instance) iter.Seq[listPage] {
	pages := max(1, (len(list)+rowsPerPage-1)/rowsPerPage)
	return func(yield func(listPage) bool) {
		for number := 1; number <= pages; number++ {
			start := (number - 1) * rowsPerPage
			end := min(start+rowsPerPage, len(list))
			s := listPage{
				folder: folder, number: number, pages: pages,
				first: start + 1, last: end, all: len(list), rows: list[start:end],
			}
			if !yield(s) {
				return
			}
		}
	}
}

func (s listPage) path() string { return listPath(s.folder, s.number) }

func (s listPage) firstPage() string { return listPath(s.folder, 1) }

func (s listPage) previousPage() string { return listPath(s.folder, s.number-1) }

func (s listPage) nextPage() string { return listPath(s.folder, s.number+1) }

func (s listPage) lastPage() string { return listPath(s.folder, s.pages) }
