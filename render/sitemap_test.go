package render

import (
	"encoding/xml"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"gpufleet/render/report"
)

// filesOf returns the contents of the files of a report, by path.
func filesOf(t *testing.T, r *report.Report) map[string]string {
	t.Helper()
	var folder memory
	if err := Write(r, folder.create); err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for path, file := range folder.files {
		files[path] = file.String()
	}
	return files
}

// attributesOf returns the values of the attribute key of all elements with this name. If where is not "", only
// elements whose attribute where has the value is count.
func attributesOf(t *testing.T, document, element, key, where, is string) (values []string) {
	t.Helper()
	tree, err := html.Parse(strings.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	for n := range tree.Descendants() {
		attributes := map[string]string{}
		for _, a := range n.Attr {
			attributes[a.Key] = a.Val
		}
		if n.Type == html.ElementNode && n.Data == element && (where == "" || attributes[where] == is) {
			values = append(values, attributes[key])
		}
	}
	return values
}

type urlset struct {
	XMLName xml.Name `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 urlset"`
	URLs    []struct {
		Loc     string `xml:"loc"`
		LastMod string `xml:"lastmod"`
	} `xml:"url"`
}

// TestBaseURL checks what every page says about its own address, with and without --base-url, for both audiences.
func TestBaseURL(t *testing.T) {
	for _, base := range []string{"", "https://example.org/a&b/fleet"} {
		for _, audience := range []report.Audience{report.Public, report.Internal} {
			r := wildFleet(t)
			r.BaseURL, r.Audience = base, audience
			files := filesOf(t, r)
			var pages []string
			for path, document := range files {
				if !strings.HasSuffix(path, ".html") {
					continue
				}
				indexed := path != report.NotFoundPath
				if indexed && path != report.ReportPath {
					pages = append(pages, path)
				}
				robots := attributesOf(t, document, "meta", "content", "name", "robots")
				if want := audience == report.Internal || !indexed; want != (len(robots) == 1 && robots[0] == "noindex") {
					t.Errorf("%s for %s: robots %q", path, audience, robots)
				}
				addresses := attributesOf(t, document, "link", "href", "rel", "canonical")
				addresses = append(addresses, attributesOf(t, document, "meta", "content", "property", "og:url")...)
				want := []string{base + "/" + path, base + "/" + path}
				if base == "" || !indexed {
					want = nil
				}
				if fmt.Sprint(addresses) != fmt.Sprint(want) {
					t.Errorf("%s calls its address %q", path, addresses)
				}
			}
			for _, address := range attributesOf(t, files[report.NotFoundPath], "a", "href", "", "") {
				if strings.HasPrefix(address, "#") { // the page itself
					continue
				}
				path, found := strings.CutPrefix(address, "/a&b/fleet/")
				if base == "" {
					path, found = address, true
				}
				if files[path] == "" || !found {
					t.Errorf("404.html links to %s", address)
				}
			}
			checkSitemap(t, files, r, pages)
		}
	}
}

func checkSitemap(t *testing.T, files map[string]string, r *report.Report, pages []string) {
	t.Helper()
	text, there := files[report.SitemapPath]
	if there != (r.BaseURL != "" && !r.Internal()) {
		t.Fatalf("unexpected sitemap: %v", there)
	}
	if !there {
		return
	}
	var sitemap urlset
	if err := xml.Unmarshal([]byte(text), &sitemap); err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for _, u := range sitemap.URLs {
		listed[u.Loc] = true
		if u.LastMod != "2026-11-22T12:00:00Z" {
			t.Errorf("%s was changed %s", u.Loc, u.LastMod)
		}
	}
	for _, path := range pages {
		if !listed[r.BaseURL+"/"+path] {
			t.Errorf("%s is not in the sitemap", path)
		}
	}
	if len(listed) != len(pages) || len(sitemap.URLs) != len(pages) {
		t.Errorf("%d addresses for %d pages", len(sitemap.URLs), len(pages))
	}
}
