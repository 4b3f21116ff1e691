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

// Pages yields the site's pages in a fixed order. The summary is safe HTML with a heading of its own.
func Pages(r *report.Report, summary string) iter.Seq[Page] {
	return func(yield func(Page) bool) {
		_ = yield(Page{overviewPath, overview(overviewFrame(r))}) &&
			yield(Page{NotFoundPath, notFound(notFoundFrame(r))}) &&
			yieldRegions(r, yield) &&
			yieldModels(r, yield) &&
			yieldInstances(r, yield) &&
			yield(Page{changesPath, changesPage(changesFrame(r))}) &&
			yield(Page{summaryPath, summaryPage(summaryFrame(r), withScrollingTables(summary))}) &&
			yield(Page{aboutPath, about(aboutFrame(r))})
	}
}

// yieldRegions yields each region's page, and behind it those of its groups.
func yieldRegions(r *report.Report, yield func(Page) bool) bool {
	for _, region := range r.Regions {
		if !yield(Page{regionPath(region), regionPage(regionFrame(r, region), region)}) {
			return false
		}
		for _, group := range region.Groups {
			for list := range listPages(groupFolder(group), group.Instances) {
				if !yield(Page{list.path(), groupPage(groupFrame(r, group, list), group, list)}) {
					return false
				}
			}
		}
	}
	return true
}

func yieldModels(r *report.Report, yield func(Page) bool) bool {
	for _, model := range r.Models {
		if !yield(Page{modelPath(model), modelPage(modelFrame(r, model), model)}) {
			return false
		}
	}
	return true
}

func yieldInstances(r *report.Report, yield func(Page) bool) bool {
	for list := range listPages(instancesFolder, r.Instances) {
		if !yield(Page{list.path(), instancesPage(instancesFrame(r, list), list)}) {
			return false
		}
	}
	return true
}
