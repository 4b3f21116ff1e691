package data

import (
	"encoding/xml"
	"io"
	"strings"

	"gpufleet/render/report"
)

// The limits of a sitemap (sitemaps.org). The last pages beyond them are left out. Search engines find them through
// links: even in such a large site, the first page of every region, model and group is within the limits.
const (
	maxSitemapPages = 50_000
	maxSitemapBytes = 50 << 20
)

// WriteSitemap writes sitemap.xml for the pages at paths, in their order. It needs a BaseURL.
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
