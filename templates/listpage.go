package templates

import (
	"iter"
	"slices"

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
	instanceList
	rows []*fleet.Instance
}

// instanceList is a list of instances, and the columns that its pages show.
type instanceList struct {
	instances []*fleet.Instance
	totals    *report.Totals
	columns   []instanceColumn
	same      []instanceColumn // not shown, because all instances have the same value
}

// allInstances is the list of the Instances pages, without the columns that have no value.
func allInstances(r *report.Report) instanceList {
	columns := slices.DeleteFunc(pageColumns(r.Columns), func(c instanceColumn) bool {
		return !slices.ContainsFunc(r.Instances, func(in *fleet.Instance) bool { return c.Value(in).Known })
	})
	return instanceList{r.Instances, &r.Totals, columns, nil}
}

// groupInstances is the list of a group. Columns with the same value in every row are apart, except for the first one,
// which is the rows' heading.
func groupInstances(r *report.Report, group *report.Group) instanceList {
	list := instanceList{instances: group.Instances, totals: &group.Totals}
	for i, column := range pageColumns(r.Columns) {
		if i > 0 && len(group.Instances) > 1 && isConstant(column, group.Instances) {
			list.same = append(list.same, column)
		} else {
			list.columns = append(list.columns, column)
		}
	}
	return list
}

// isConstant reports whether a column has the same value in all instances, which can be unknown.
func isConstant(c instanceColumn, instances []*fleet.Instance) bool {
	first := c.Value(instances[0])
	return !slices.ContainsFunc(instances, func(in *fleet.Instance) bool {
		value := c.Value(in)
		return value.Known != first.Known || value.Text != first.Text ||
			value.Known && c.Type != report.Text && report.Compare(c.Type, value, first) != 0
	})
}

// commonColumns returns the columns whose one value is not in a group's name, and the titles of those without a value.
func (l instanceList) commonColumns() (known []instanceColumn, unknown []string) {
	for _, c := range l.same {
		switch {
		case c.Name == "region" || c.Name == "gpu_group" || c.Name == "gpu":
		case c.Value(l.instances[0]).Known:
			known = append(known, c)
		default:
			unknown = append(unknown, c.Title)
		}
	}
	return known, unknown
}

// listPages yields the pages of a list of instances, in order.
func listPages(folder string, list instanceList) iter.Seq[listPage] {
	return func(yield func(listPage) bool) {
		for p := range pagesOf(folder, len(list.instances)) {
			if !yield(listPage{paging: p, instanceList: list, rows: list.instances[p.first-1 : p.last]}) {
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
