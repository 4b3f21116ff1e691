// Package templates lays a report out as pages of HTML. It computes nothing of what they say: it loops over the
// report and decides what stands where. Whatever text came from outside goes through templ's escaping, and every
// address is made of slugs here.
package templates

import (
	"crypto/sha256"
	"encoding/base64"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"gpufleet/render/report"
	"gpufleet/static"
)

// Page is a page of the site.
type Page struct {
	Path string          // in the output folder, with slashes
	Body templ.Component // the whole document
}

// Sizes tell how many bytes the files have that are offered beside the pages, by path. A size that is not in it is
// not told.
type Sizes map[string]int64

// Pages yields the site's pages in a fixed order. The summary is safe HTML with a heading of its own.
func Pages(r *report.Report, summary, notes string, sizes Sizes) iter.Seq[Page] {
	return func(yield func(Page) bool) {
		notes = withScrollingTables(notes, "Notes, table")
		_ = yield(Page{report.OverviewPath, overview(overviewFrame(r, sizes), notes)}) &&
			yield(Page{report.NotFoundPath, notFound(notFoundFrame(r))}) &&
			yieldPlaces(r, regionKind, regionPlaces(r.Regions), yield) &&
			yieldRegions(r, yield) &&
			yieldPlaces(r, modelKind, modelPlaces(r.Models), yield) &&
			yieldModels(r, yield) &&
			yieldInstances(r, yield) &&
			yield(Page{report.ChangesPath, changesPage(changesFrame(r))}) &&
			yield(Page{report.SummaryPath, summaryPage(summaryFrame(r), withScrollingTables(summary, "Table"))}) &&
			yield(Page{report.AboutPath, about(aboutFrame(r))})
	}
}

// yieldPlaces yields the list of all places of a kind, if there are any.
func yieldPlaces(r *report.Report, k kind, places []place, yield func(Page) bool) bool {
	if len(places) == 0 {
		return true
	}
	for p := range pagesOf(k.folder, len(places)) {
		list := placeList{k, p, places}
		if !yield(Page{list.path(), placesPage(placesFrame(r, list), list)}) {
			return false
		}
	}
	return true
}

// yieldRegions yields each region's page, and behind it those of its groups.
func yieldRegions(r *report.Report, yield func(Page) bool) bool {
	regions := regionPlaces(r.Regions)
	for i, region := range r.Regions {
		if !yield(Page{region.Path(), regionPage(regionFrame(r, region, neighboursOf(regions, i)), region)}) {
			return false
		}
		groups := groupsByModel(region.Groups)
		for j, group := range region.Groups {
			for list := range listPages(group.Folder(), group.Instances, &group.Totals) {
				frame := groupFrame(r, group, list, neighboursOf(groups, j))
				if !yield(Page{list.path(), groupPage(frame, group, list)}) {
					return false
				}
			}
		}
	}
	return true
}

func yieldModels(r *report.Report, yield func(Page) bool) bool {
	models := modelPlaces(r.Models)
	for i, model := range r.Models {
		if !yield(Page{model.Path(), modelPage(modelFrame(r, model, neighboursOf(models, i)), model)}) {
			return false
		}
	}
	return true
}

func yieldInstances(r *report.Report, yield func(Page) bool) bool {
	for list := range listPages(report.InstancesFolder, r.Instances, &r.Totals) {
		if !yield(Page{list.path(), instancesPage(instancesFrame(r, list), list)}) {
			return false
		}
	}
	return true
}

// ReportFile returns the whole weekly report as one file: what comes before the charts, with a heading of its own,
// and what comes after them, both safe HTML.
func ReportFile(r *report.Report, before, after string) Page {
	f := frame{Report: r, path: oneFile.path, title: "Report",
		description: "The weekly report in one file: " + extent(&r.Totals) + "."}
	before, after = withScrollingTables(before, "Table"), withScrollingTables(after, "Further table")
	return Page{f.path, reportFile(f, before, after)}
}

// unlinked returns places without their pages.
func unlinked(places []place) []place {
	bare := slices.Clone(places)
	for i := range bare {
		bare[i].path = ""
	}
	return bare
}

// standalonePolicy lets a page use the one style that it brings along, and load nothing.
var standalonePolicy = func() string {
	sum := sha256.Sum256([]byte(static.CSS.Content))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; base-uri 'none'; form-action 'none'"
}()

// withScrollingTables wraps each table of safe HTML into a region that scrolls, as all other tables have one. Text
// can't be mistaken for a table: in safe HTML its angle brackets are escaped. Each has a name of its own, numbered.
func withScrollingTables(safe, name string) string {
	const open, end = "<table>", "</table>"
	var b strings.Builder
	for number := 1; ; number++ {
		before, after, found := strings.Cut(safe, open)
		b.WriteString(before)
		if !found {
			return b.String()
		}
		table, rest, _ := strings.Cut(after, end)
		b.WriteString(`<section class="scroll" aria-label="` + name + ` ` + strconv.Itoa(number) + `" tabindex="0">`)
		b.WriteString(open + table + end + "</section>")
		safe = rest
	}
}
