package templates

import (
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"gpufleet/render/report"
)

// frame holds what a page needs around its content.
type frame struct {
	*report.Report
	path        string
	title       string // of the page; the overview has the report's
	name        string // of the page among its breadcrumbs
	description string
	section     section
	crumbs      []crumb // the pages above it, from the overview down
	hidden      bool    // from search engines
	neighbours          // the previous and next page of its kind
	noun        string  // names that kind
	sizes       Sizes
	list        string // the file with the data of the live table, for the page that has one
}

// section is a part of the site that the navigation leads to.
type section string

const (
	overviewSection  section = "overview"
	spendSection     section = "spend"
	attentionSection section = "attention"
	instancesSection section = "instances"
	changesSection   section = "changes"
	summarySection   section = "summary"
	aboutSection     section = "about"
)

// divisionSection is the section of a dimension's list and pages.
func divisionSection(d *report.Division) section { return section(d.Folder) }

// Links into pages.
const (
	costsAnchor   = report.AboutPath + "#costs"
	historyAnchor = report.SpendPath + "#history"
)

// crumb is a page above another.
type crumb struct {
	name, path string
}

// link returns the address of another page or file. It is relative and names a file, so that it works wherever the
// folder is, even from file://.
func (f frame) link(path string) templ.SafeURL {
	if f.path == report.NotFoundPath {
		return f.rootLink(path)
	}
	return templ.SafeURL(strings.Repeat("../", strings.Count(f.path, "/")) + path)
}

// address returns a page's absolute address. It needs a BaseURL.
func (f frame) address(path string) templ.SafeURL { return templ.SafeURL(f.BaseURL + "/" + path) }

// rootLink returns the address of a page or file for the 404 page, which a server shows at any path. With a BaseURL it
// starts at the server's root. Without one it works only if the site is at the root.
func (f frame) rootLink(path string) templ.SafeURL {
	base, err := url.Parse(f.BaseURL)
	if err != nil || f.BaseURL == "" {
		return templ.SafeURL(path)
	}
	return templ.SafeURL(base.JoinPath(path).EscapedPath())
}

// documentTitle returns the title of the browser window.
func (f frame) documentTitle() string {
	if f.title == f.Title {
		return f.title
	}
	return f.title + " · " + f.Title
}

var toOverview = crumb{"Overview", report.OverviewPath}

// toList leads to the list of all parts of a dimension.
func toList(d *report.Division) crumb { return crumb{d.Plural, d.Path()} }

func overviewFrame(r *report.Report, sizes Sizes) frame {
	return frame{Report: r, path: report.OverviewPath, title: r.Title, section: overviewSection, sizes: sizes,
		description: "GPU instances by region and GPU model: " + extent(&r.Totals) + "."}
}

func spendFrame(r *report.Report) frame {
	return frame{Report: r, path: report.SpendPath, title: "Spend", name: "Spend", section: spendSection,
		description: "What the fleet has cost this month and before, and the forecast.",
		crumbs:      []crumb{toOverview}}
}

func attentionFrame(r *report.Report) frame {
	return frame{Report: r, path: report.AttentionPath, title: "Needs attention", name: "Needs attention",
		section:     attentionSection,
		description: "Instances that someone should look at, with what they cost.",
		crumbs:      []crumb{toOverview}}
}

func notFoundFrame(r *report.Report) frame {
	return frame{Report: r, path: report.NotFoundPath, title: "Page not found", hidden: true,
		description: "There is no page at this address."}
}

func totalsListFrame(r *report.Report, l totalsList) frame {
	name := l.Plural + pageSuffix(l.paging)
	return frame{Report: r, path: l.path(), title: name, name: name, section: divisionSection(l.Division),
		description: "Instances and costs by " + l.Noun + ": " + extent(&r.Totals) + pageSuffix(l.paging) + ".",
		crumbs:      []crumb{toOverview}}
}

func partFrame(r *report.Report, d *report.Division, part *report.Part, n neighbours) frame {
	return frame{Report: r, neighbours: n, noun: d.Noun, path: part.Path(),
		title: part.Label(), name: part.Label(), section: divisionSection(d),
		description: d.Title + " " + part.Label() + ": " + extent(&part.Totals) + ".",
		crumbs:      []crumb{toOverview, toList(d)}}
}

func groupFrame(r *report.Report, group *report.Group, s listPage, n neighbours) frame {
	name, regions := group.Model.Label()+" in "+group.Region.Label(), r.Divisions[0]
	return frame{Report: r, neighbours: n, noun: "GPU model in this region", path: s.path(),
		title: name + pageSuffix(s.paging), name: group.Model.Label() + pageSuffix(s.paging),
		section:     divisionSection(regions),
		description: name + ": " + extent(&group.Totals) + pageSuffix(s.paging) + ".",
		crumbs:      []crumb{toOverview, toList(regions), {group.Region.Label(), group.Region.Path()}}}
}

// instancesFrame is the frame of a page of the instance list. The first page has the explorer.
func instancesFrame(r *report.Report, s listPage) frame {
	list := ""
	if s.number == 1 {
		list = report.ExplorerPath + "?" + r.Generated.Format("20060102T150405Z")
	}
	return frame{Report: r, path: s.path(), title: "Instances" + pageSuffix(s.paging),
		name: "Instances" + pageSuffix(s.paging), section: instancesSection,
		description: "All instances with all columns: " + extent(&r.Totals) + pageSuffix(s.paging) + ".",
		crumbs:      []crumb{toOverview},
		list:        list}
}

func changesFrame(r *report.Report) frame {
	return frame{Report: r, path: report.ChangesPath, title: "Changes", name: "Changes", section: changesSection,
		description: "What changed since the last run and since last week, and the effect on the listed total.",
		crumbs:      []crumb{toOverview}}
}

func summaryFrame(r *report.Report) frame {
	return frame{Report: r, path: report.SummaryPath, title: "Summary", name: "Summary", section: summarySection,
		description: "The fleet as text, to copy into a report.",
		crumbs:      []crumb{toOverview}}
}

func aboutFrame(r *report.Report) frame {
	return frame{Report: r, path: report.AboutPath, title: "About this report", name: "About", section: aboutSection,
		description: "What the columns and figures mean, how costs are computed, and what is left out.",
		crumbs:      []crumb{toOverview}}
}
