package markdown

import (
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"gpufleet/fetch/fleet"
	"gpufleet/render/report/reporttest"
)

// gitHubLinks matches text that GitHub turns into a link, a mention, a picture or a formula.
var gitHubLinks = regexp.MustCompile(
	`(?i)(^|[^\w])@[a-z0-9]|#[0-9]|\bgh-[0-9]|\b[0-9a-f]{7,40}\b|:[a-z0-9_+-]+:|https?:|www\.|\$`)

// FuzzMarkdownCell checks that no name changes the tree of the summary, that each shows literally, and that GitHub
// finds nothing to link in it.
func FuzzMarkdownCell(f *testing.F) {
	reporttest.AddSeeds(f)
	var want map[string]bool
	f.Fuzz(func(t *testing.T, name string) {
		if name = reporttest.Decoded(name); name == "" || reporttest.IsOwnName(name) {
			return
		}
		if want == nil {
			want = map[string]bool{}
			for _, harmless := range []string{"harmless", "zzz"} {
				_, tree := summaryOf(t, reporttest.Named(harmless))
				want[shape(tree)] = true
			}
		}
		text, tree := summaryOf(t, reporttest.Named(name))
		if !want[shape(tree)] {
			t.Errorf("%q changes the tree:\n%s\n%s", name, shape(tree), text)
		}
		if !strings.Contains(oneSpaced(textOf(tree)), oneSpaced(fleet.Visible(name))) {
			t.Errorf("%q does not show as itself in\n%s", name, text)
		}
		// Only whole cells are the name: figures have dollar signs too.
		for n := range tree.Descendants() {
			if n.Type == html.TextNode && n.Data == name && n.Parent.Data != "code" && gitHubLinks.MatchString(name) {
				t.Errorf("%q is in running text", name)
			}
		}
	})
}
