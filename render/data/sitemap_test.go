package data

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"testing"

	"gpufleet/render/report/reporttest"
)

type urlset struct {
	URLs []struct {
		Loc string `xml:"loc"`
	} `xml:"url"`
}

// TestSitemapBounds writes too many pages for a sitemap, by number and by bytes.
func TestSitemapBounds(t *testing.T) {
	for base, most := range map[string]int{"https://example.org": maxSitemapPages,
		"https://example.org/" + strings.Repeat("&", 1000): maxSitemapBytes / 5000} {
		r := reporttest.Of()
		r.BaseURL = base
		var paths []string
		for i := range maxSitemapPages + 1 {
			paths = append(paths, fmt.Sprintf("regions/%d/index.html", i))
		}
		var b strings.Builder
		if err := WriteSitemap(&b, r, paths); err != nil {
			t.Fatal(err)
		}
		var sitemap urlset
		if err := xml.Unmarshal([]byte(b.String()), &sitemap); err != nil {
			t.Fatal(err)
		}
		if n := len(sitemap.URLs); n > most || n < most*9/10 || b.Len() > maxSitemapBytes ||
			sitemap.URLs[0].Loc != base+"/regions/0/index.html" {
			t.Errorf("%d addresses, %d bytes", n, b.Len())
		}
	}
	if err := WriteSitemap(io.Discard, reporttest.Of(), nil); err != nil {
		t.Error(err)
	}
}
