package report

import (
	"net/url"
	"strconv"

	"gpufleet/fetch/history"
)

// The paths of the outputs, relative to the output folder and with slashes. People link to them, so they never change.
// The paths of snapshots, the manifest, styles and scripts are defined in the packages that own them.
const (
	OverviewPath  = "index.html"
	SpendPath     = "spend" + index
	AttentionPath = "attention" + index
	InstancesPath = InstancesFolder + index
	ChangesPath   = "changes" + index
	SummaryPath   = "summary" + index // the page; MarkdownPath is the file
	AboutPath     = "about" + index
	NotFoundPath  = "404.html" // what a server shows for a page that does not exist

	MarkdownPath = "summary.md"
	ReportPath   = "report.html" // the weekly report in one file
	WorkbookPath = "fleet.xlsx"

	InstancesJSONPath = "data/instances.json"
	InstancesCSVPath  = "data/instances.csv"
	GroupsCSVPath     = "data/groups.csv"
	ChangesJSONPath   = "data/changes.json"
	HistoryPath       = history.HistoryPath
	SpendJSONPath     = history.SpendPath
	SpendCSVPath      = "data/spend.csv"
	AttentionJSONPath = "data/attention.json"
	ExplorerPath      = "data/instances.js" // the data of the Instances page

	FeedPath     = "feed.xml"
	SitemapPath  = "sitemap.xml"
	NoJekyllPath = ".nojekyll" // tells GitHub Pages to publish every file as it is

	// PrivateCSVPath is relative to the private folder, which has the workbook at WorkbookPath.
	PrivateCSVPath = "instances.csv"
)

// The folders of lists that may need several pages; see PagePath.
const (
	regionsFolder   = "regions"
	modelsFolder    = "models"
	ownersFolder    = "owners"
	accountsFolder  = "accounts"
	InstancesFolder = "instances"
)

// index is the first page of a folder.
const index = "/index.html"

// PagePath returns the path of one page, from 1, of a list.
func PagePath(folder string, number int) string {
	if number == 1 {
		return folder + index
	}
	return folder + "/page-" + strconv.Itoa(number) + ".html"
}

// Path returns the path of the list of all parts.
func (d Dimension) Path() string { return d.Folder + index }

// Path returns the path of the part's page. If it has none, that is the Instances page with its instances.
func (p *Part) Path() string {
	if !p.HasPage {
		return filteredPath(p)
	}
	return p.Folder + "/" + p.Slug + index
}

// Folder returns the folder of the group's pages.
func (g *Group) Folder() string { return regionsFolder + "/" + g.Region.Slug + "/" + g.Model.Slug }

// Path returns the path of the group's first page. If it has none, that is the Instances page with its instances.
func (g *Group) Path() string {
	if !g.HasPage {
		return filteredPath(g.Region, g.Model)
	}
	return PagePath(g.Folder(), 1)
}

// filteredPath returns the path of the Instances page with only the instances that are in all of some parts.
func filteredPath(parts ...*Part) string { return statusesIn(nil, parts) }

// StatusPath returns the path of the Instances page with only the instances of a status that are in all of some parts.
func StatusPath(status string, parts ...*Part) string { return statusesIn([]string{status}, parts) }

// statusesIn returns the path of the Instances page with only the instances that have one of some statuses, any for
// none, and are in all of some parts. static/explorer/address.js reads the query.
func statusesIn(statuses []string, parts []*Part) string {
	query := url.Values{}
	for _, p := range parts {
		query.Set(p.Dimension.Name, p.Name)
	}
	if len(statuses) > 0 {
		query["status"] = statuses
	}
	if len(query) == 0 {
		return InstancesPath
	}
	return InstancesPath + "?" + query.Encode()
}

// maxStatuses is the maximum number of statuses in an address.
const maxStatuses = 20

// billedPath returns the path of the Instances page with only the billed instances.
func (r *Report) billedPath() string {
	return r.statusesPath(func(s StatusCount) bool { return Both[bool]{s.Running(), s.Listed()}.Of(r.Bill) })
}

// statusesPath returns the path of the Instances page with only the instances of some statuses. It has all instances if
// there are no others, none of these, or more statuses than fit into an address.
func (r *Report) statusesPath(has func(StatusCount) bool) string {
	var names []string
	for _, s := range r.Statuses {
		if has(s) {
			names = append(names, s.Name)
		}
	}
	if len(names) == len(r.Statuses) || len(names) > maxStatuses {
		names = nil
	}
	return statusesIn(names, nil)
}

// Path returns the path of the Instances page with only the rule's instances.
func (r *Rule) Path() string { return InstancesPath + "?" + FindingQuery + "=" + r.Name }

// FindingQuery is the name of the findings in addresses of the Instances page.
const FindingQuery = "finding"
