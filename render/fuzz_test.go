package render

import (
	"encoding/csv"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/net/html"

	"gpufleet/fetch/fleet"
	"gpufleet/render/report"
)

// hostileSeeds give the fuzzers something to begin with.
func hostileSeeds(f *testing.F) {
	for _, seed := range []string{"plain", "<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "a|b`c", "[a](http://evil.example)", "@octocat #1 GH-1 deadbeef", "=1+1", "'=1", "_x003D_", "javascript:alert(1)", "{{7*7}}", "北京 \u200b", "- [ ] a", "www.evil.example"} {
		f.Add(seed)
	}
}

// asDecoded returns a text as the decoder would let it through, "" for one that it would not.
func asDecoded(text string) string {
	text = strings.TrimSpace(strings.ToValidUTF8(text, "\uFFFD"))
	unfit := func(r rune) bool {
		return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == 0x2028 || r == 0x2029 || r >= 0xFDD0 && r <= 0xFDEF || r&0xFFFE == 0xFFFE
	}
	if strings.ContainsFunc(text, unfit) || len(text) > 1024 {
		return ""
	}
	return text
}

// fleetOf is a fleet of two with a name in each of the first one's fields.
func fleetOf(name string) *report.Report {
	return reportOf(&fleet.Instance{ID: "1", Region: name, ProductType: name, HostName: name, GPU: name, GPUType: name, GPUCount: fleet.Known(1.0), OS: name, Status: name},
		&fleet.Instance{ID: "2", Region: "zz", GPU: "zz", Status: "zz", GPUCount: fleet.Known(1.0)})
}

// ownName reports whether a name is one that the report gives itself, or that means a status to it.
func ownName(name string) bool {
	switch strings.ToLower(name) {
	case "zz", "cpu", "cpu only", "unknown gpu", "unknown region", "running", "deleted", "canceled", "completed", "booked", "stopped", "error", "deploying", "deleting", "provisioning":
		return true
	}
	return false
}

// ownAddress matches a link within the folder: a slug's letters, and behind the explorer's data the time of the report.
var ownAddress = regexp.MustCompile(`^[a-z0-9\-/.#]*(\.js\?\d{8}T\d{6}Z)?$`)

// elementsOf writes down each page's elements and the names of their attributes, without what stands in them.
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
						t.Errorf("%s: <%s> leads to %q", path, n.Data, a.Val)
					}
				}
			}
		}
		pages[b.String()] = true
	}
	return pages
}

// FuzzHTMLText holds that no name changes what a page is made of.
func FuzzHTMLText(f *testing.F) {
	hostileSeeds(f)
	var want map[string]bool
	f.Fuzz(func(t *testing.T, name string) {
		if name = asDecoded(name); name == "" || ownName(name) {
			return
		}
		if want == nil { // of names that sort before and behind the other one
			want = elementsOf(t, fleetOf("harmless"))
			for page := range elementsOf(t, fleetOf("zzz")) {
				want[page] = true
			}
		}
		for page := range elementsOf(t, fleetOf(name)) {
			if !want[page] {
				t.Errorf("%q makes another page: %s", name, page)
			}
		}
	})
}

// gitHubLinks matches what GitHub makes a link, a mention, a picture or a formula of in running text.
var gitHubLinks = regexp.MustCompile(`(?i)(^|[^\w])@[a-z0-9]|#[0-9]|\bgh-[0-9]|\b[0-9a-f]{7,40}\b|:[a-z0-9_+-]+:|https?:|www\.|\$`)

// FuzzMarkdownCell holds that no name changes the tree of the summary, that each shows as itself, and that GitHub finds nothing in it to link.
func FuzzMarkdownCell(f *testing.F) {
	hostileSeeds(f)
	var want map[string]bool
	f.Fuzz(func(t *testing.T, name string) {
		if name = asDecoded(name); name == "" || ownName(name) {
			return
		}
		if want == nil {
			want = map[string]bool{}
			for _, harmless := range []string{"harmless", "zzz"} {
				_, tree := summaryOf(t, fleetOf(harmless))
				want[shape(tree)] = true
			}
		}
		text, tree := summaryOf(t, fleetOf(name))
		if !want[shape(tree)] {
			t.Errorf("%q changes the tree:\n%s\n%s", name, shape(tree), text)
		}
		plain := func(text string) string { return strings.Join(strings.Fields(text), " ") }
		if !strings.Contains(plain(textOf(tree)), plain(name)) {
			t.Errorf("%q does not show as itself in\n%s", name, text)
		}
		// Only what stands alone in a cell is the name's: the figures have dollar signs of their own.
		for n := range tree.Descendants() {
			if n.Type == html.TextNode && n.Data == name && n.Parent.Data != "code" && gitHubLinks.MatchString(name) {
				t.Errorf("%q stands in running text", name)
			}
		}
	})
}

// FuzzCSV holds that a cell reads back as its text, with an apostrophe before it where a spreadsheet would calculate it.
func FuzzCSV(f *testing.F) {
	hostileSeeds(f)
	f.Add("a,\"b\"\r\nc")
	f.Fuzz(func(t *testing.T, name string) {
		if name = asDecoded(name); name == "" {
			return
		}
		rows, err := csv.NewReader(strings.NewReader(written(t, writeInstancesCSV, reportOf(&fleet.Instance{ID: name, Region: name, HostName: name, OS: name, Status: name})))).ReadAll()
		if err != nil || len(rows) != 2 {
			t.Fatalf("%q: %v, %d rows", name, err, len(rows))
		}
		found := 0
		for _, cell := range rows[1] {
			if cell == name || cell == "'"+name {
				found++
			}
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				t.Errorf("%q begins a formula", cell)
			}
		}
		if found < 5 {
			t.Errorf("%q is there %d times: %q", name, found, rows[1])
		}
	})
}
