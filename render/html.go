package render

import (
	"context"
	"io"
	"iter"

	"gpufleet/render/report"
	"gpufleet/static"
	"gpufleet/templates"
)

// siteOutputs yields the site: its pages, then the files that all of them share, always in the same order. summaryHTML and
// notesHTML are the summary and the notes as safe HTML. The overview tells the sizes of other files, so it is written once those are known. A page is rendered straight into its file, so that memory holds no whole page.
func siteOutputs(r *report.Report, summaryHTML, notesHTML string, sizes templates.Sizes) iter.Seq[output] {
	return func(yield func(output) bool) {
		var indexed []string
		for page := range templates.Pages(r, summaryHTML, notesHTML, sizes) {
			if page.Path != report.NotFoundPath {
				indexed = append(indexed, page.Path)
			}
			render := func(w io.Writer) error { return page.Body.Render(context.Background(), w) }
			if !yield(output{page.Path, render, page.Path == report.OverviewPath}) {
				return
			}
		}
		for _, file := range static.Files() {
			copyContent := func(w io.Writer) error { _, err := io.WriteString(w, file.Content); return err }
			if !yield(output{path: file.Path, write: copyContent}) {
				return
			}
		}
		if r.BaseURL != "" && !r.Internal() { // what is internal is not for search engines
			if !yield(output{path: report.SitemapPath, write: func(w io.Writer) error { return writeSitemap(w, r, indexed) }}) {
				return
			}
		}
		yield(output{path: report.NoJekyllPath, write: func(io.Writer) error { return nil }})
	}
}
