package markdown

import (
	"strings"
	"testing"

	"golang.org/x/net/html"

	"gpufleet/fetch/fleet"
	"gpufleet/render/report"
	"gpufleet/render/report/reporttest"
)

// summaryOf returns the summary of a report, as text and as an HTML tree.
func summaryOf(t *testing.T, r *report.Report) (string, *html.Node) {
	t.Helper()
	text := NewSummary(r).String()
	safe, err := HTML(text)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := html.Parse(strings.NewReader(safe))
	if err != nil {
		t.Fatal(err)
	}
	return text, tree
}

// TestHostileMarkdown gives each hostile name to a region, a model and a status: the tree of the summary is the same as
// with a harmless name, and contains the name's text.
func TestHostileMarkdown(t *testing.T) {
	build := func(name string) *report.Report {
		return reporttest.Of(
			&fleet.Instance{ID: "1", Region: name, GPU: name, Status: name, GPUCount: fleet.Known(1.0)},
			&fleet.Instance{ID: "2", Region: "zz", GPU: "zz", Status: "zz", GPUCount: fleet.Known(1.0)})
	}
	_, harmless := summaryOf(t, build("harmless"))
	want := shape(harmless)
	for _, name := range reporttest.Hostile(t) {
		text, tree := summaryOf(t, build(name))
		if got := shape(tree); got != want {
			t.Errorf("%q changes the tree:\n%s\n%s\n%s", name, got, want, text)
		}
		plain, name := textOf(tree), fleet.Visible(fleet.HideAddress(name))
		if !strings.Contains(plain, name) && !strings.Contains(oneSpaced(plain), oneSpaced(name)) {
			t.Errorf("%q does not show as itself in\n%s", name, text)
		}
	}
}

// oneSpaced replaces each run of white space with one space.
func oneSpaced(text string) string { return strings.Join(strings.Fields(text), " ") }

// shape lists a tree's elements and their attributes. Code spans count as text.
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
	for _, title := range []string{"Fleet", "A [link](http://evil.example)", "@octocat #1", "<b>x</b>",
		"Team A | GPUs", `a\|b`} {
		r := reporttest.Of()
		r.Title = title
		_, tree := summaryOf(t, r)
		if text := textOf(tree); !strings.HasPrefix(strings.TrimSpace(text), title) ||
			strings.Contains(shape(tree), "<a") || strings.Contains(shape(tree), "<b>") {
			t.Errorf("%q: %s", title, shape(tree))
		}
	}
}

func TestMarkdownSaysWhatIsUnknown(t *testing.T) {
	known, _ := fleet.ParseMoney("0.679")
	text, _ := summaryOf(t, reporttest.Of(
		&fleet.Instance{ID: "1", Region: "A", GPU: "RTX", GPUCount: fleet.Known(1.0), Status: "Running",
			Price: fleet.Known(known)},
		&fleet.Instance{ID: "2", Region: "A", GPU: "RTX", Status: "Running"},
	))
	for _, part := range []string{"≥ $0.679/h · 1 of 2 priced", "≥ $495.67/month · 1 of 2 priced",
		"≥ 1 · 1 of 2 known", "document whether stopped instances are billed", "A month is 730 hours"} {
		if !strings.Contains(text, part) {
			t.Errorf("no %q in\n%s", part, text)
		}
	}
	// GitHub renders text between two dollar signs as math, unless the second one follows a space. No cell needs two.
	for _, line := range strings.Split(text, "\n") {
		if !strings.HasPrefix(line, "|") {
			if _, more, _ := strings.Cut(line, "$"); strings.Count(more, "$") != strings.Count(more, " $") {
				t.Errorf("math between two amounts: %s", line)
			}
			continue
		}
		for _, cell := range strings.Split(line, "|") {
			if strings.Count(cell, "$") > 1 {
				t.Errorf("two amounts in a cell: %s", cell)
			}
		}
	}
}

func TestEmptyMarkdown(t *testing.T) {
	text, _ := summaryOf(t, reporttest.Of())
	if !strings.Contains(text, "No instances.") {
		t.Error(text)
	}
}

func TestMarkdownStaysSafe(t *testing.T) {
	for _, text := range []string{"<script>alert(1)</script>", "[a](javascript:alert(1))",
		"<img src=x onerror=alert(1)>", "|a|\n|:-:|\n|b|"} {
		got, err := HTML(text)
		if err != nil || strings.Contains(got, "<script") || strings.Contains(got, "javascript:") ||
			strings.Contains(got, "<img") || strings.Contains(got, "style=") {
			t.Errorf("%s: %s, %v", text, got, err)
		}
	}
}
