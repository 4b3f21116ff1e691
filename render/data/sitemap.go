package data

import (
	"encoding/xml"
	"io"
	"strings"

	"gpufleet/render/report"
)

// The bounds of a sitemap (sitemaps.org). Pages beyond them are left out, the latest in the site's order: they are in
// it through the links of the others, and a site so large has its first pages of every region, model and group within
// the bounds.
const (
	maxSitemapPages = 50_000
	maxSitemapBytes = 50 << 20
)

// WriteSitemap writes sitemap.xml for the pages at paths, in their order. It must be known where the site will stand.
func WriteSitemap(w io.Writer, r *report.Report, paths []string) error {
	const open, end = xml.Header + `<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">` + "\n", "</urlset>\n"
	var b strings.Builder
	b.WriteString(open)
	for _, path := range paths[:min(len(paths), maxSitemapPages)] {
		var entry strings.Builder
		entry.WriteString("<url><loc>")
		if err := xml.EscapeText(&entry, []byte(r.BaseURL+"/"+path)); err != nil {
			return err
		}
		entry.WriteString("</loc><lastmod>" + atomTime(r.Generated) + "</lastmod></url>\n")
		if b.Len()+entry.Len()+len(end) > maxSitemapBytes {
			break
		}
		b.WriteString(entry.String())
	}
	b.WriteString(end)
	_, err := io.WriteString(w, b.String())
	return err
}
