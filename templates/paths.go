package templates

import (
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"gpufleet/render/report"
)

// NotFoundPath is where the page stands that a server shows for a page that is not there.
const NotFoundPath = "404.html"

// Paths in the output folder, with slashes. People link to them, so they stay as they are.
const (
	overviewPath    = "index.html"
	regionsFolder   = "regions"
	regionsPath     = regionsFolder + "/index.html"
	modelsFolder    = "models"
	modelsPath      = modelsFolder + "/index.html"
	instancesFolder = "instances"
	instancesPath   = instancesFolder + "/index.html"
	changesPath     = "changes/index.html"
	summaryPath     = "summary/index.html"
	feedPath        = "feed.xml"
	aboutPath       = "about/index.html"
	explorerData    = "data/instances.js"
)

// Places in pages.
const (
	costsAnchor    = aboutPath + "#costs"
	historyAnchor  = changesPath + "#history"
	lastWeekAnchor = changesPath + "#last-week"
)

func regionPath(r *report.Region) string { return regionsFolder + "/" + r.Slug + "/index.html" }

func modelPath(m *report.Model) string { return modelsFolder + "/" + m.Slug + "/index.html" }

func groupFolder(g *report.Group) string {
	return regionsFolder + "/" + g.Region.Slug + "/" + g.Model.Slug
}

func groupPath(g *report.Group) string { return groupFolder(g) + "/index.html" }

// listPath returns the path of a page, from 1, of a list in a folder.
func listPath(folder string, number int) string {
	if number == 1 {
		return folder + "/index.html"
	}
	return folder + "/page-" + strconv.Itoa(number) + ".html"
}

// link returns the address of one path as a page at another links to it. It is relative and names a file, so that
// it holds wherever the folder stands, from file:// too.
func link(from, to string) templ.SafeURL {
	return templ.SafeURL(strings.Repeat("../", strings.Count(from, "/")) + to)
}
