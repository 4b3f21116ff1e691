package templates

import (
	"crypto/sha256"
	"encoding/base64"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"gpufleet/fetch/fleet"
	"gpufleet/render/report"
)

// policyHash matches a hash in a content policy, which can contain "//" by chance.
var policyHash = regexp.MustCompile(`'sha256-[A-Za-z0-9+/]{43}='`)

// TestDocuments checks that every page has what all pages need.
func TestDocuments(t *testing.T) {
	s := settings()
	s.Source, s.Audience = report.FromDemo, report.Internal
	titles := map[string]string{}
	for _, page := range append(render(t, example(t), s), render(t, &fleet.Fleet{}, s)[:1]...) {
		fail := func(format string, args ...any) {
			t.Helper()
			t.Errorf(page.path+": "+format, args...)
		}
		const start = `<!doctype html><html lang="en" data-fetched="2026-11-22T21:36:00Z" data-every="86400">` +
			`<head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="` +
			`default-src &#39;none&#39;; script-src &#39;self&#39;; connect-src &#39;self&#39;; ` +
			`style-src &#39;self&#39;; img-src &#39;self&#39;; base-uri &#39;none&#39;; form-action &#39;none&#39;; ` +
			`require-trusted-types-for &#39;script&#39;; trusted-types &#39;none&#39;">` +
			`<meta name="viewport"`
		styles := elements(page.tree, "style")
		if page.path == report.NotFoundPath { // contains its style
			sum := sha256.Sum256([]byte(styles[0].FirstChild.Data))
			scripts := elements(page.tree, "script")
			script := sha256.Sum256([]byte(scripts[0].FirstChild.Data))
			encoded := func(sum [32]byte) string {
				return "&#39;sha256-" + html.EscapeString(base64.StdEncoding.EncodeToString(sum[:])) + "&#39;"
			}
			policy := `content="default-src &#39;none&#39;; script-src ` + encoded(script) +
				`; connect-src &#39;self&#39;; style-src ` + encoded(sum) +
				`; img-src &#39;self&#39;; base-uri &#39;none&#39;; form-action &#39;none&#39;; ` +
				`require-trusted-types-for &#39;script&#39;; trusted-types &#39;none&#39;">`
			if len(styles) != 1 || len(scripts) != 1 || !strings.Contains(page.text, policy) {
				fail("has %d styles and %d scripts, or not the policy %s", len(styles), len(scripts), policy)
			}
		} else if !strings.HasPrefix(page.text, start) || len(styles) > 0 {
			fail("begins %.300s", page.text)
		}
		for _, name := range []string{"title", "header", "main", "footer", "h1"} {
			if n := elements(page.tree, name); len(n) != 1 || strings.TrimSpace(text(n[0])) == "" {
				fail("%d %s, or an empty one", len(n), name)
			}
		}
		for _, name := range []string{"iframe", "object", "base", "form"} {
			if n := elements(page.tree, name); len(n) > 0 {
				fail("has a %s", name)
			}
		}
		for _, script := range elements(page.tree, "script") {
			if page.path != report.NotFoundPath && (text(script) != "" || attribute(script, "src") == "") {
				fail("has a script of its own: %q", text(script))
			}
		}
		title := text(elements(page.tree, "title")[0])
		if titles[title] != "" && titles[title] != page.path {
			fail("has the title of %s: %s", titles[title], title)
		}
		titles[title] = page.path

		ids := map[string]bool{}
		description := false
		for _, n := range elements(page.tree, "") {
			for _, a := range n.Attr {
				switch {
				case a.Key == "style", strings.HasPrefix(a.Key, "on"):
					fail("<%s> has %s=%q", n.Data, a.Key, a.Val)
				case a.Key == "id" && ids[a.Val]:
					fail("duplicate id %s", a.Val)
				case a.Key == "id":
					ids[a.Val] = true
				case a.Key != "xmlns" && strings.Contains(policyHash.ReplaceAllString(a.Val, ""), "//"):
					fail("<%s> leads elsewhere: %s=%q", n.Data, a.Key, a.Val)
				}
			}
			description = description || attribute(n, "name") == "description" && attribute(n, "content") != ""
		}
		if !description {
			fail("has no description")
		}
		for _, n := range elements(page.tree, "") {
			for _, key := range []string{"aria-labelledby", "aria-describedby"} {
				if id := attribute(n, key); id != "" && !ids[id] {
					fail("%s names %s, which is not there", key, id)
				}
			}
		}
		for _, tag := range duplicateAttributes(page.text) {
			fail("duplicate attribute in %s", tag)
		}
		for problem := range tableProblems(page.tree) {
			if page.path != report.SummaryPath || strings.HasPrefix(problem, "stands") {
				fail("a table %s", problem)
			}
		}
	}
}

var (
	tag          = regexp.MustCompile(`<[a-z][^>]*>`)
	tagAttribute = regexp.MustCompile(`\s([^\s="]+)(="[^"]*")?`)
)

// duplicateAttributes returns the tags with a duplicate attribute. A parser keeps only the first one.
func duplicateAttributes(document string) []string {
	var twice []string
	for _, whole := range tag.FindAllString(document, -1) {
		keys := map[string]bool{}
		for _, found := range tagAttribute.FindAllStringSubmatch(whole, -1) {
			if keys[found[1]] {
				twice = append(twice, whole)
			}
			keys[found[1]] = true
		}
	}
	return twice
}

// tableProblems returns what tables lack for screen readers and keyboards.
func tableProblems(tree *html.Node) map[string]bool {
	problems := map[string]bool{}
	labels := map[string]bool{}
	for _, table := range elements(tree, "table") {
		region := table.Parent
		label := attribute(region, "aria-label")
		if region.Data != "section" || attribute(region, "tabindex") != "0" || label == "" {
			problems["stands in no region to scroll"] = true
		}
		if labels[label] {
			problems["stands in a region of the same name as another's"] = true
		}
		labels[label] = true
		for _, name := range []string{"caption", "thead", "tbody"} {
			if len(elements(table, name)) != 1 {
				problems["lacks "+name] = true
			}
		}
		for _, th := range elements(table, "th") {
			if attribute(th, "scope") == "" || text(th) == "" {
				problems["has a heading without scope or words"] = true
			}
		}
		for _, row := range elements(table, "tr") {
			if len(elements(row, "th")) == 0 {
				problems["has a row without a heading"] = true
			}
		}
	}
	return problems
}

// TestHostileNames gives each hostile name to every text of an instance, and to the title: the tree is the same as
// with a harmless name, and has the hostile one as text.
func TestHostileNames(t *testing.T) {
	build := func(name string) []rendered {
		s := settings()
		s.Title, s.Audience, s.Version = name, report.Internal, name
		in := &fleet.Instance{
			ID: name, Region: name, ProductType: name, HostName: name, GPU: name, GPUType: name,
			GPUCount: fleet.Known(1.0), PublicIPv4: name, OS: name, Status: name,
		}
		return render(t, &fleet.Fleet{Instances: []*fleet.Instance{in}}, s)
	}
	want := build("harmless")
	for _, name := range []string{
		"<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, `' onmouseover='alert(1)`, "</title><h1>a</h1>",
		"<!--", "]]>", "&lt;b&gt;&amp;",
		"javascript:alert(1)", "//evil.example/", "../../../etc/passwd", "{{7*7}}", "a`b", "\\", "%00", "\u202eabc",
		"שלום עולם", "日本語", "😀",
		strings.Repeat("unbroken", 128), ".", "..", "con", "index.html",
	} {
		for i, page := range build(name) {
			if got, want := skeleton(page.tree), skeleton(want[i].tree); got != want {
				t.Errorf("%q changes the tree of %s:\n%s\nwant\n%s", name, page.path, got, want)
			}
			if !strings.Contains(text(page.tree), name) {
				t.Errorf("%q does not show as itself in %s", name, page.path)
			}
			if strings.Trim(page.path, "abcdefghijklmnopqrstuvwxyz0123456789-/.") != "" || strings.Contains(page.path, "..") {
				t.Errorf("%q makes the path %q", name, page.path)
			}
		}
	}
}

var anchor = regexp.MustCompile(`^i-[A-Za-z0-9_.-]+$`)

// filtered matches an address of the Instances page with only some instances. Its values are names.
var filtered = regexp.MustCompile(
	`^(\.\./)*instances/index\.html\?((region|gpu|status)=[0-9A-Za-z%+._~-]*(&|$))+$`)

// skeleton lists a tree's elements and attributes without what depends on names: texts, anchors, and addresses made of
// slugs. It keeps whether addresses are relative.
func skeleton(n *html.Node) string {
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		switch n.Type {
		case html.CommentNode:
			b.WriteString("<!-->")
		case html.ElementNode:
			b.WriteString("<" + n.Data)
			for _, a := range n.Attr {
				switch {
				case a.Key == "href" && strings.Trim(a.Val, "abcdefghijklmnopqrstuvwxyz0123456789-/.#") == "" &&
					!strings.Contains(a.Val, "//"), a.Key == "href" && filtered.MatchString(a.Val):
					b.WriteString(" href")
				case a.Key == "id" && anchor.MatchString(a.Val):
					b.WriteString(" id")
				case a.Key == "content":
					b.WriteString(" content")
				default:
					b.WriteString(" " + a.Key + "=" + a.Val)
				}
			}
			b.WriteString(">")
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
		b.WriteString("</>")
	}
	walk(n)
	return b.String()
}

func TestSummaryTablesScroll(t *testing.T) {
	got := withScrollingTables(`<p>a</p><table>1</table><p>&lt;table&gt;</p><table>2</table>b`, "Table")
	want := `<p>a</p><section class="scroll" aria-label="Table 1" tabindex="0"><table>1</table></section>` +
		`<p>&lt;table&gt;</p>` +
		`<section class="scroll" aria-label="Table 2" tabindex="0"><table>2</table></section>b`
	if got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if got := withScrollingTables("<p>none</p>", "Table"); got != "<p>none</p>" {
		t.Errorf("got %s", got)
	}
}
