// Package templates lays a report out as pages of HTML. It computes nothing of what they say: it loops over the
// report and decides what stands where. Whatever text came from outside goes through templ's escaping, and every
// address is made of slugs here.
package templates

import (
	"iter"

	"github.com/a-h/templ"

	"gpufleet/render/report"
)

// Page is a page of the site.
type Page struct {
	Path string          // in the output folder, with slashes
	Body templ.Component // the whole document
}

// Sizes tell how many bytes the files have that are offered beside the pages, by path. A size that is not in it is not told.
type Sizes map[string]int64

// Pages yields the site's pages in a fixed order. The summary is safe HTML with a heading of its own.
func Pages(r *report.Report, summary, notes string, sizes Sizes) iter.Seq[Page] {
	return func(yield func(Page) bool) {
		_ = yield(Page{overviewPath, overview(overviewFrame(r, sizes), withScrollingTables(notes, "Notes, table"))}) &&
			yield(Page{NotFoundPath, notFound(notFoundFrame(r))}) &&
			yieldPlaces(r, regionKind, regionPlaces(r.Regions), yield) &&
			yieldRegions(r, yield) &&
			yieldPlaces(r, modelKind, modelPlaces(r.Models), yield) &&
			yieldModels(r, yield) &&
			yieldInstances(r, yield) &&
			yield(Page{changesPath, changesPage(changesFrame(r))}) &&
			yield(Page{summaryPath, summaryPage(summaryFrame(r), withScrollingTables(summary, "Table"))}) &&
			yield(Page{aboutPath, about(aboutFrame(r))})
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
		if !yield(Page{regionPath(region), regionPage(regionFrame(r, region, neighboursOf(regions, i)), region)}) {
			return false
		}
		groups := groupsByModel(region.Groups)
		for j, group := range region.Groups {
			for list := range listPages(r.Settings, groupFolder(group), group.Instances, &group.Totals) {
				if !yield(Page{list.path(), groupPage(groupFrame(r, group, list, neighboursOf(groups, j)), group, list)}) {
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
		if !yield(Page{modelPath(model), modelPage(modelFrame(r, model, neighboursOf(models, i)), model)}) {
			return false
		}
	}
	return true
}

func yieldInstances(r *report.Report, yield func(Page) bool) bool {
	for list := range listPages(r.Settings, instancesFolder, r.Instances, &r.Totals) {
		if !yield(Page{list.path(), instancesPage(instancesFrame(r, list), list)}) {
			return false
		}
	}
	return true
}
