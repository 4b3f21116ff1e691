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
		notes, summary = withScrollingTables(notes, "Notes, table"), withScrollingTables(withOwnAmounts(summary), "Table")
		_ = yield(Page{report.OverviewPath, overview(overviewFrame(r, sizes), notes)}) &&
			yield(Page{report.NotFoundPath, notFound(notFoundFrame(r))}) &&
			yield(Page{report.SpendPath, spendPage(spendFrame(r))}) &&
			yield(Page{report.AttentionPath, attentionPage(attentionFrame(r))}) &&
			yieldDivisions(r, yield) &&
			yieldInstances(r, yield) &&
			yield(Page{report.ChangesPath, changesPage(changesFrame(r))}) &&
			yield(Page{report.SummaryPath, summaryPage(summaryFrame(r), summary)}) &&
			yield(Page{report.AboutPath, about(aboutFrame(r))})
	}
}

// yieldDivisions yields the lists of all parts of each dimension, if there are any, each followed by the parts' pages,
// and those of a region by the pages of its groups.
func yieldDivisions(r *report.Report, yield func(Page) bool) bool {
	for _, d := range r.Divisions {
		rows := partRows(d.Parts)
		if len(rows) == 0 {
			continue
		}
		sorted := byCost(r.Bill, rows)
		for p := range pagesOf(d.Folder, len(rows)) {
			list := totalsList{d, p, sorted}
			if !yield(Page{list.path(), totalsListPage(totalsListFrame(r, list), list)}) {
				return false
			}
		}
		for i, part := range d.Parts {
			frame := partFrame(r, d, part, neighboursOf(rows, i))
			if part.HasPage && !yield(Page{part.Path(), partPage(frame, part)}) {
				return false
			}
			if d == r.Divisions[0] && !yieldGroups(r, part, yield) {
				return false
			}
		}
	}
	return true
}

// yieldGroups yields the pages of a region's groups. Those without a page are left out.
func yieldGroups(r *report.Report, region *report.Part, yield func(Page) bool) bool {
	groups := groupsByModel(region.Groups)
	for i, group := range region.Groups {
		if !group.HasPage {
			continue
		}
		for list := range listPages(group.Folder(), groupInstances(r, group)) {
			frame := groupFrame(r, group, list, neighboursOf(groups, i))
			if !yield(Page{list.path(), groupPage(frame, group, list)}) {
				return false
			}
		}
	}
	return true
}

func yieldInstances(r *report.Report, yield func(Page) bool) bool {
	for list := range listPages(report.InstancesFolder, allInstances(r)) {
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
	before = withScrollingTables(withOwnAmounts(before), "Table")
	after = withScrollingTables(withOwnAmounts(after), "Further table")
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

var (
	// standalonePolicy lets a page use its one built-in style, and load nothing.
	standalonePolicy = "default-src 'none'; style-src " + hashSource(static.CSS) + "; base-uri 'none'; form-action 'none'"

	// notFoundPolicy lets the 404 page use its built-in style and script, and load the site's icon. connect-src is
	// there for Lighthouse.
	notFoundPolicy = "default-src 'none'; script-src " + hashSource(static.Site) + "; connect-src 'self'; style-src " +
		hashSource(static.CSS) + "; img-src 'self'; base-uri 'none'; form-action 'none'; " +
		"require-trusted-types-for 'script'; trusted-types 'none'"
)

// hashSource allows a built-in style or script by its hash.
func hashSource(f static.File) string {
	sum := sha256.Sum256([]byte(f.Content))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

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
