// Package templates lays out a report as HTML pages. It computes nothing. All text from outside goes through templ's
// escaping, and all addresses are made of slugs.
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

// Sizes are the sizes of downloads in bytes, by path. Pages don't show sizes that are missing here.
type Sizes map[string]int64

// Pages yields the site's pages in a fixed order. summary and notes are safe HTML; the summary has its own heading.
func Pages(r *report.Report, summary, notes string, sizes Sizes) iter.Seq[Page] {
	return func(yield func(Page) bool) {
		notes, summary = withScrollingTables(notes, "Notes, table"), withScrollingTables(withCellAmounts(summary), "Table")
		_ = yield(Page{report.OverviewPath, overview(overviewFrame(r, sizes), notes)}) &&
			yield(Page{report.NotFoundPath, notFound(notFoundFrame(r))}) &&
			yield(Page{report.SpendPath, spendPage(spendFrame(r))}) &&
			yieldTotalsList(r, regionKind, regionRows(r.Regions), yield) &&
			yieldRegions(r, yield) &&
			yieldTotalsList(r, modelKind, modelRows(r.Models), yield) &&
			yieldModels(r, yield) &&
			yieldInstances(r, yield) &&
			yield(Page{report.ChangesPath, changesPage(changesFrame(r))}) &&
			yield(Page{report.SummaryPath, summaryPage(summaryFrame(r), summary)}) &&
			yield(Page{report.AboutPath, about(aboutFrame(r))})
	}
}

// yieldTotalsList yields the pages of the list of all regions or models, if there are any.
func yieldTotalsList(r *report.Report, k kind, rows []totalsRow, yield func(Page) bool) bool {
	if len(rows) == 0 {
		return true
	}
	for p := range pagesOf(k.folder, len(rows)) {
		list := totalsList{k, p, rows}
		if !yield(Page{list.path(), totalsListPage(totalsListFrame(r, list), list)}) {
			return false
		}
	}
	return true
}

// yieldRegions yields each region's page, followed by those of its groups. Those without a page are left out.
func yieldRegions(r *report.Report, yield func(Page) bool) bool {
	regions := regionRows(r.Regions)
	for i, region := range r.Regions {
		frame := regionFrame(r, region, neighboursOf(regions, i))
		if region.HasPage && !yield(Page{region.Path(), regionPage(frame, region)}) {
			return false
		}
		groups := groupsByModel(region.Groups)
		for j, group := range region.Groups {
			if !group.HasPage {
				continue
			}
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
	models := modelRows(r.Models)
	for i, model := range r.Models {
		if model.HasPage && !yield(Page{model.Path(), modelPage(modelFrame(r, model, neighboursOf(models, i)), model)}) {
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

// ReportFile returns the weekly report as one file. before and after are safe HTML around the charts; before has the
// heading.
func ReportFile(r *report.Report, before, after string) Page {
	f := frame{Report: r, path: oneFile.path, title: "Report",
		description: "The weekly report in one file: " + extent(&r.Totals) + "."}
	before = withScrollingTables(withCellAmounts(before), "Table")
	after = withScrollingTables(withCellAmounts(after), "Further table")
	return Page{f.path, reportFile(f, before, after)}
}

// unlinked returns rows without links.
func unlinked(rows []totalsRow) []totalsRow {
	bare := slices.Clone(rows)
	for i := range bare {
		bare[i].path = ""
	}
	return bare
}

// standalonePolicy lets a page use its one built-in style, and load nothing.
var standalonePolicy = func() string {
	sum := sha256.Sum256([]byte(static.CSS.Content))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; base-uri 'none'; form-action 'none'"
}()

// withScrollingTables wraps each table of safe HTML in a region that scrolls, with a numbered name. Text can't be
// mistaken for a table: its angle brackets are escaped.
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
