package render

import (
	"context"
	"io"

	"gpufleet/render/report"
	"gpufleet/static"
	"gpufleet/templates"
)

// noJekyll is the file that keeps GitHub Pages from leaving out what it takes for private.
const noJekyll = ".nojekyll"

// writeSite writes the site: its pages, then the files that all of them share, always in the same order. summaryHTML
// and notesHTML are the summary and the notes as safe HTML. A page is rendered straight into its file, so that memory holds no whole page.
func writeSite(r *report.Report, summaryHTML, notesHTML string, sizes templates.Sizes, create Create) error {
	var indexed []string
	for page := range templates.Pages(r, summaryHTML, notesHTML, sizes) {
		if page.Path != templates.NotFoundPath {
			indexed = append(indexed, page.Path)
		}
		render := func(w io.Writer) error { return page.Body.Render(context.Background(), w) }
		if err := writeFile(create, page.Path, render); err != nil {
			return err
		}
	}
	for _, file := range static.Files() {
		copyContent := func(w io.Writer) error { _, err := io.WriteString(w, file.Content); return err }
		if err := writeFile(create, file.Path, copyContent); err != nil {
			return err
		}
	}
	if r.BaseURL != "" && !r.Internal() { // what is internal is not for search engines
		write := func(w io.Writer) error { return writeSitemap(w, r, indexed) }
		if err := writeFile(create, sitemapPath, write); err != nil {
			return err
		}
	}
	return writeFile(create, noJekyll, func(io.Writer) error { return nil })
}
