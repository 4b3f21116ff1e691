package render

import (
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"gpufleet/render/report"
	"gpufleet/render/report/reporttest"
)

// ownAddress matches a link within the folder: the characters of a slug, after the explorer's data the time of the
// report, and after the Instances page a filter.
var ownAddress = regexp.MustCompile(`^[a-z0-9\-/.#]*(\.js\?\d{8}T\d{6}Z|instances/index\.html\?` + filters + `)?$`)

// filters matches the query of the Instances page. Texts in it are escaped.
const filters = `(?:(?:region|gpu|owner|account|status|finding)=(?:[\w\-.~+]|%[0-9A-F]{2})*&?)+`

// elementsOf returns the elements of each page with the names of their attributes, without any content.
func elementsOf(t *testing.T, r *report.Report) map[string]bool {
	t.Helper()
	var folder memory
	if err := writeSite(r, folder.create); err != nil {
		t.Fatal(err)
	}
	pages := map[string]bool{}
	for _, path := range folder.order {
		if !strings.HasSuffix(path, ".html") {
			continue
		}
		tree, err := html.Parse(strings.NewReader(folder.files[path].String()))
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for n := range tree.Descendants() {
			switch n.Type {
			case html.CommentNode:
				b.WriteString("<!-->")
			case html.ElementNode:
				b.WriteString("<" + n.Data)
				for _, a := range n.Attr {
					b.WriteString(" " + a.Key)
					if (a.Key == "href" || a.Key == "src") && (!ownAddress.MatchString(a.Val) || strings.Contains(a.Val, "//")) {
						t.Errorf("%s: <%s> links to %q", path, n.Data, a.Val)
					}
				}
			}
		}
		pages[b.String()] = true
	}
	return pages
}

// FuzzHTMLText checks that no name changes the elements of a page.
func FuzzHTMLText(f *testing.F) {
	reporttest.AddSeeds(f)
	var want map[string]bool
	f.Fuzz(func(t *testing.T, name string) {
		if name = reporttest.Decoded(name); name == "" || reporttest.IsOwnName(name) {
			return
		}
		if want == nil { // of names that sort before and after the other one
			want = elementsOf(t, reporttest.Named("harmless"))
			for page := range elementsOf(t, reporttest.Named("zzz")) {
				want[page] = true
			}
		}
		for page := range elementsOf(t, reporttest.Named(name)) {
			if !want[page] {
				t.Errorf("%q makes another page: %s", name, page)
			}
		}
	})
}
