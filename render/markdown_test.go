package render

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"golang.org/x/net/html"

	"gpufleet/fetch/fleet"
	notes "gpufleet/render/markdown"
	"gpufleet/render/report"
)

// reportOf returns a report of instances, at a fixed time.
func reportOf(instances ...*fleet.Instance) *report.Report {
	return report.New(&fleet.Fleet{Instances: instances}, report.Settings{
		Title: "Fleet", Generated: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), Version: "test", Source: report.FromFile,
		Audience: report.Public, Currency: "USD", HoursPerMonth: decimal.NewFromInt(730),
	})
}

// summaryOf returns the summary of a report, and the same as a tree of HTML.
func summaryOf(t *testing.T, r *report.Report) (string, *html.Node) {
	t.Helper()
	markdown := string(Summary(r))
	text, err := notes.HTML(markdown)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return markdown, tree
}

// hostile are names that mean something to Markdown, to GitHub or to HTML. The larger collections are read where they are
// at hand.
func hostile(t *testing.T) []string {
	names := []string{
		"a|b", `a\|b`, `a\\|b`, `\`, "`", "``", "`a`", "a`b``c", "` `", "|", "||", `\|`, "*a*", "_a_", "**a**", "~~a~~", "<b>a</b>", "<!-- a -->", "&amp;", "&lt;script&gt;",
		"[a](http://evil.example)", "![a](http://evil.example/x.png)", "[a]: http://evil.example", "http://evil.example", "https://evil.example", "www.evil.example",
		"a@evil.example", "mailto:a@evil.example", "@octocat", "#1", "GH-1", "octocat/hello#1", "102cade84ea7", "deadbeefdeadbeefdeadbeefdeadbeefdeadbeef", "# a", "- a", "1. a", "> a",
		"---", "===", "+++", "$a$", "$$a$$", ":smile:", "[x]", "- [ ] a", "[^1]", "<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "javascript:alert(1)", "{{7*7}}", "${7*7}",
		"=1+1", "::warning::a", "%0A", "\u200b", "שלום", "北京", "😀", "A B", "A.B", "…",
	}
	var naughty []string
	if text, err := os.ReadFile("../../shared/corpora/blns.json"); err == nil {
		if err := json.Unmarshal(text, &naughty); err != nil {
			t.Fatal(err)
		}
	}
	if text, err := os.ReadFile("../../shared/corpora/gfm-spec.txt"); err == nil {
		for _, example := range regexp.MustCompile("(?s)````+ example[^\n]*\n(.*?)\n\\.\n").FindAllStringSubmatch(string(text), -1) {
			naughty = append(naughty, strings.NewReplacer("→", " ", "\n", " ").Replace(example[1]))
		}
	}
	t.Logf("%d names of our own, %d from collections", len(names), len(naughty))
	for _, name := range naughty {
		// As the decoder leaves it: no control characters, no blanks at the ends.
		name = strings.TrimSpace(strings.Map(func(r rune) rune {
			if r < ' ' || 0x7F <= r && r < 0xA0 || r == 0x2028 || r == 0x2029 {
				return ' '
			}
			return r
		}, strings.ToValidUTF8(name, "\uFFFD")))
		if name != "" {
			names = append(names, name)
		}
	}
	return names
}

// TestHostileMarkdown gives a region, a model and a status each hostile name: the tree of the summary stays that of a harmless
// name, and the name's text is there as it is.
func TestHostileMarkdown(t *testing.T) {
	build := func(name string) *report.Report {
		return reportOf(&fleet.Instance{ID: "1", Region: name, GPU: name, Status: name, GPUCount: fleet.Known(1.0)},
			&fleet.Instance{ID: "2", Region: "zz", GPU: "zz", Status: "zz", GPUCount: fleet.Known(1.0)})
	}
	_, harmless := summaryOf(t, build("harmless"))
	want := shape(harmless)
	for _, name := range hostile(t) {
		text, tree := summaryOf(t, build(name))
		if got := shape(tree); got != want {
			t.Errorf("%q changes the tree:\n%s\n%s\n%s", name, got, want, text)
		}
		if !strings.Contains(textOf(tree), name) && !strings.Contains(strings.Join(strings.Fields(textOf(tree)), " "), strings.Join(strings.Fields(name), " ")) {
			t.Errorf("%q does not show as itself in\n%s", name, text)
		}
	}
}

// shape writes down a tree's elements and their attributes. A code span counts as text.
func shape(n *html.Node) string {
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.ElementNode && n.Data != "code" {
			b.WriteString("<" + n.Data)
			for _, a := range n.Attr {
				b.WriteString(" " + a.Key + "=" + a.Val)
			}
			b.WriteString(">")
		} else if n.Type == html.CommentNode {
			b.WriteString("<!-- -->")
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
		if n.Type == html.ElementNode && n.Data != "code" {
			b.WriteString("</>")
		}
	}
	walk(n)
	return b.String()
}

func textOf(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	var b strings.Builder
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		b.WriteString(textOf(c))
	}
	return b.String()
}

func TestMarkdownTitle(t *testing.T) {
	for _, title := range []string{"Fleet", "A [link](http://evil.example)", "@octocat #1", "<b>x</b>", "Team A | GPUs", `a\|b`} {
		r := reportOf()
		r.Title = title
		_, tree := summaryOf(t, r)
		if text := textOf(tree); !strings.HasPrefix(strings.TrimSpace(text), title) || strings.Contains(shape(tree), "<a") || strings.Contains(shape(tree), "<b>") {
			t.Errorf("%q: %s", title, shape(tree))
		}
	}
}

func TestMarkdownSaysWhatIsUnknown(t *testing.T) {
	known, _ := fleet.ParseMoney("0.679")
	text, _ := summaryOf(t, reportOf(
		&fleet.Instance{ID: "1", Region: "A", GPU: "RTX", GPUCount: fleet.Known(1.0), Status: "Running", Price: fleet.Known(known)},
		&fleet.Instance{ID: "2", Region: "A", GPU: "RTX", Status: "Running"},
	))
	for _, part := range []string{"≥ $0.679/h · 1 of 2 priced", "≥ $495.67/month · 1 of 2 priced", "≥ 1 · 1 of 2 known", "not document whether a stopped instance is billed", "A month is 730 hours"} {
		if !strings.Contains(text, part) {
			t.Errorf("no %q in\n%s", part, text)
		}
	}
	// What stands between two dollar signs of one cell, GitHub takes for mathematics.
	for _, line := range strings.Split(text, "\n") {
		for _, cell := range strings.Split(line, "|") {
			if strings.Count(cell, "$") > 1 {
				t.Errorf("two amounts in a cell: %s", cell)
			}
		}
	}
}

func TestEmptyMarkdown(t *testing.T) {
	text, _ := summaryOf(t, reportOf())
	if !strings.Contains(text, "No instances.") {
		t.Error(text)
	}
}

func TestMarkdownStaysSafe(t *testing.T) {
	for _, text := range []string{"<script>alert(1)</script>", "[a](javascript:alert(1))", "<img src=x onerror=alert(1)>", "|a|\n|:-:|\n|b|"} {
		got, err := notes.HTML(text)
		if err != nil || strings.Contains(got, "<script") || strings.Contains(got, "javascript:") || strings.Contains(got, "<img") || strings.Contains(got, "style=") {
			t.Errorf("%s: %s, %v", text, got, err)
		}
	}
}
