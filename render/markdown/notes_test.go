package markdown

import (
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	unsafe "github.com/yuin/goldmark/renderer/html"
	"golang.org/x/net/html"
)

func mustParse(t *testing.T, source string) (notes string, warnings []string) {
	t.Helper()
	notes, warnings, err := ParseNotes([]byte(source))
	if err != nil {
		t.Fatalf("%q: %v", source, err)
	}
	return notes, warnings
}

func mustHTML(t *testing.T, notes, root string) string {
	t.Helper()
	pages, err := NotesHTML(notes, root)
	if err != nil {
		t.Fatal(err)
	}
	return pages[0]
}

// TestNotesStayAsWritten compares bytes.
func TestNotesStayAsWritten(t *testing.T) {
	for _, source := range []string{
		"plain\n", "plain", "a  \nb\t \n\n\n", "\ta\r\n\r\nb\r\n", "a\rb", " a\n", "# Title\n\nTitle\n---\n",
		"> [!WARNING]\n> text\n",
		"| a | b |\n|:-|-:|\n| 1 | `x\\|y` |", "a <!-- b --> c\n\n<!-- d\ne -->\n", "a[^1]\n\n[^1]: note\n",
		"- [ ] a\n- [x] b\n",
		"<details>\n<summary>a</summary>\n\nb\n\n</details>\n", "[a](javascript:alert(1)) ![b](c.png)\n",
		"a\x00\x1b[31m\u202eb\uFFFE\n",
		"```sh\nx\n```\n", "[a]: https://example.org\n", "a\\\nb &amp; &#1; <b>c</b><br>\n", "---\n",
		"---\nnot closed\n",
		" ---\na: b\n---\n",
		"\n---\na: b\n---\n", "----\na: b\n----\n", "***\na\n***\n", "$$\na\n$$\n", strings.Repeat("a", MaxNotes),
	} {
		want := source
		if !strings.HasSuffix(want, "\n") {
			want += "\n"
		}
		if got, _ := mustParse(t, source); got != want {
			t.Errorf("%.80q becomes %.200q", source, got)
		}
	}
	for source, want := range map[string]string{
		"": "", " \r\n\n\t": "", "\uFEFF": "", "\uFEFF# a\n": "# a\n", "---\n---\n": "", "---\na: b\n---": "",
		"---\na: b\n---\nc":               "c\n",
		"---\r\na: b\r\n---\r\n\r\nc\r\n": "\r\nc\r\n", "--- \na: b\n---\t\nc\n---\nd\n---\n": "c\n---\nd\n---\n",
		"\uFEFF---\n---\nc\n": "c\n",
	} {
		if got, _ := mustParse(t, source); got != want {
			t.Errorf("%q becomes %q, want %q", source, got, want)
		}
		if page := mustHTML(t, want, ""); strings.Contains(page, "a: b") {
			t.Errorf("%q shows its front matter: %s", source, page)
		}
	}
}

// openNotes maps notes that leave something open to what closes them.
var openNotes = map[string]string{
	"```":                                   "```\n",
	"a\n\n``````sh\n```\n":                  "``````\n",
	"  ~~~~\nx":                             "~~~~\n",
	"> ```\n> a":                            "",
	"- ```\n  a":                            "",
	"a[^1]\n\n[^1]: b\n\n    ```\n    c":    "",
	"a[^1]\n\n[^1]: b\n\n```\nc":            "```\n",
	"<!-- a\n\nb":                           "-->\n",
	"<!-- <b> <details>\n\nb":               "-->\n",
	"<?php\n\nb":                            "?>\n",
	"<!DOCTYPE\n\nb":                        ">\n",
	"<![CDATA[\n\nb":                        "]]>\n",
	"<script>\n\nb":                         "</script>\n",
	"<pre>\n\nb":                            "</script>\n\n</pre>\n",
	"<details>\n<summary>a</summary>\n\nb":  "\n</details>\n",
	"<DETAILS open>\n\n<div>\n\nb\n\n</div": "\n<!--'\"-->\n\n</DETAILS>\n",
	"a <details> b":                         "\n</details>\n",
	"a <b> <i>c</b>":                        "\n</i>\n",
	"- <details>\n- b":                      "\n</details>\n",
	"<table><tr><td>\n\nb":                  "\n</td>\n</tr>\n</table>\n",
	"<div>\n<!-- a\n\nb":                    "\n<!--'\"-->\n\n</div>\n",
	"<div class=\"a\n\nb":                   "\n<!--'\"-->\n\n</div>\n",
	"<div class='a\n\nb":                    "\n<!--'\"-->\n\n</div>\n",
	"<div\n\nb":                             "\n</div>\n",
	"<div>\n<!-- a\n\n```":                  "```\n\n<!--'\"-->\n\n</div>\n",
	"<p align=center>\n\na<br>b<img src=x>": "",
	"<b>a</b> <hr/> <details></details>":    "",
	"`<details>`\n\n    <details>":          "",
	"</div></details>":                      "",
}

// hostileNotes are Markdown of all kinds.
func hostileNotes() []string {
	sources := []string{
		"# Week 47\n\nWe moved **two** nodes, see [the plan](https://example.org/plan).\n\n- one\n  - two\n" +
			"    1. three\n\n      text\n" +
			"- four\n\n> quote\n> > deeper\n\n| a | b |\n|:-|-:|\n| `x` | **y** |\n\n```go\nfunc main() {}\n```\n" +
			"\nEnd.",
		"<b>*a*</b> *<i>a</i>* **a*b*c** ***x*** ~~y *z*~~", "a\n***\nb\n\n    code\n\tmore\n\n1. x\n\n2. y\n",
		"a\r\n===\r\n\r\n- b\r\n\tc",
		"[a]: x", "[a](", "[Region]: http://evil.example", "|a|\n|-|\n|`|", "|a|\n|-|\n|b", "|a|", "$$\na", "$a", "\\",
		"a\\", "a  ", "&", "&#",
		"a\n=", "a\n-", "- a\n\n\n\n- b", "-\n-\n", "1.\n2.", "*\n*a*", "- a\n  ", "1. a\n\n   b", "> a\nlazy",
		"[x](<a b>)", "`a\nb", "`` ` ``",
		"<https://example.org/`a`>", "[^a]", "[^a]: b", "[^a]: b[^a]", "a[^b]\n\n[^b]: c\n    [^c]: d[^b]",
		"[x[^a]](http://b)\n\n[^a]: y",
		"a[^b]\n\n[^b]:\n", "a![^b]\n\n[^b]: ![c[^b]](d)", "> [!NOTE]", "> [!NOTE]\n> # a", "- > [!TIP]\n  > a",
		"> [!TIP]\n> a\nlazy", "> [!WARNING]\n>\n> - [ ] a\n",
		"# <b></b>\n\n## a", "#\n## a", "## a\n\n###### b\n\n# c", "[](https://example.org)",
		"![](https://example.org)",
		"[![](a.png)](b.md)", "![![a](b)](c)",
		"[a <https://b.example> c](d)", "<textarea>a", "<title>a", "<svg><script>alert(1)</script>",
		"<img src=x onerror=alert(1)>", "<a href=javascript:alert(1)>a",
		"</p></body></html>", "<plaintext", "<form><input name=a>", "<a name=x>",
		"a\x00b\x1b\u202ec\u0085\uFFFE &#1; &#x202e; &#0; &#xD800;", "<!---->", "<!-->a", "<!--->a-->",
		"> a\n> <!--\n\nb", "1. <!--\n\nb", "[a]: <b\n\"c", "::warning::a", "<style>@import 'x'</style>",
		"<base href=//evil>", "<meta http-equiv=refresh content=0>",
	}
	for source := range openNotes {
		sources = append(sources, source)
	}
	return sources
}

// TestNotesEnd reads the summary as GitHub does: notes change nothing before and after them.
func TestNotesEnd(t *testing.T) {
	for source, end := range openNotes {
		got, _ := mustParse(t, source)
		if want := source + "\n" + strings.ToLower(end); got != want && strings.TrimSuffix(source,
			"\n")+"\n"+strings.ToLower(end) != got {
			t.Errorf("%q becomes\n%q, want\n%q", source, got, want)
		}
	}
	github := goldmark.New(goldmark.WithExtensions(extension.GFM, extension.Footnote),
		goldmark.WithRendererOptions(unsafe.WithUnsafe()))
	const before, after = "# Ours\n\nRegion \\[^a\\]: now.\n\n",
		"\n| a |\n| --- |\n| Region |\n\n# Last\n\n`[Region]` `<b>` text\n"
	body := func(markdown string) *html.Node {
		var page strings.Builder
		if err := github.Convert([]byte(markdown), &page); err != nil {
			t.Fatal(err)
		}
		filtered := regexp.MustCompile(`(?i)<(textarea|title|style|script|plaintext)`).ReplaceAllString(page.String(),
			"&lt;$1") // as GitHub does
		tree, err := html.Parse(strings.NewReader("<body>" + filtered))
		if err != nil {
			t.Fatal(err)
		}
		return tree.LastChild.LastChild
	}
	top := func(n *html.Node) (children []string) {
		for c := range n.ChildNodes() {
			var b strings.Builder
			if html.Render(&b, c); c.Type == html.ElementNode && c.Data != "div" { // not the list of footnotes
				children = append(children, b.String())
			}
		}
		return children
	}
	first, last := top(body(before)), top(body(after))
	for _, source := range hostileNotes() {
		notes, _ := mustParse(t, source)
		got := top(body(before + notes + after))
		if len(got) < len(first)+len(last) || !slices.Equal(got[:len(first)],
			first) || !slices.Equal(got[len(got)-len(last):], last) {
			t.Errorf("%q, written\n%s\nchanges what is around it:\n%q", source, notes, got)
		}
	}
}

// checkNotesPage checks that notes have only safe elements, links and IDs.
func checkNotesPage(t *testing.T, source, page string) {
	t.Helper()
	tree, err := html.Parse(strings.NewReader("<!doctype html><body><h1>Page</h1>" + page))
	if err != nil {
		t.Fatal(err)
	}
	elements := " p h2 h3 h4 h5 h6 hr ul ol li blockquote pre code em strong del a br table thead tbody tr th td " +
		"input sup div span "
	attributes := regexp.MustCompile(`^(a href (https?://[^/]|mailto:.|[^/:?#]+([/?#]|$)` +
		`|#notes-fn(ref\d*)?-\d+$).*|a (class footnote-(back)?ref|role doc-(noteref|backlink))` +
		`|t[hd] class (num|center)|ol start \d+|code class language-.*|input (type checkbox|(disabled|checked) ` +
		`|aria-label (Done|To do))|li id notes-fn-\d+` +
		`|sup id notes-fnref\d*-\d+|div (class (alert alert-(note|tip|important|warning|caution)|footnotes)` +
		`|role doc-endnotes)|p class alert-title|span (aria-hidden true|class visually-hidden))$`)
	ids, level := map[string]bool{}, 1
	var targets []string
	for n := range tree.Descendants() {
		if n.Type == html.CommentNode {
			t.Errorf("%q has a comment: %s", source, page)
		}
		if n.Type != html.ElementNode || n.Data == "html" || n.Data == "head" || n.Data == "body" || n.Data == "h1" {
			continue
		}
		if !strings.Contains(elements, " "+n.Data+" ") {
			t.Errorf("%q has <%s>: %s", source, n.Data, page)
		}
		if n.Data[0] == 'h' && n.Data != "hr" {
			if next := int(n.Data[1] - '0'); next > level+1 || n.FirstChild == nil {
				t.Errorf("%q has an empty heading, or skips a level: %s", source, page)
			} else {
				level = next
			}
		}
		for _, a := range n.Attr {
			if !attributes.MatchString(n.Data + " " + a.Key + " " + a.Val) {
				t.Errorf("%q has <%s %s=%q>: %s", source, n.Data, a.Key, a.Val, page)
			}
			if a.Key == "id" && ids[a.Val] {
				t.Errorf("%q has the id %s twice: %s", source, a.Val, page)
			} else if a.Key == "id" {
				ids[a.Val] = true
			} else if a.Key == "href" && a.Val[0] == '#' {
				targets = append(targets, a.Val[1:])
			}
		}
	}
	for _, target := range targets {
		if !ids[target] {
			t.Errorf("%q links to %s, which does not exist: %s", source, target, page)
		}
	}
	if i := strings.IndexFunc(page, func(r rune) bool { return r != printable(r) }); i >= 0 {
		t.Errorf("%q shows %q", source, page[i:])
	}
	// Browsers read exactly what was written: no link inside a link, no block inside a paragraph.
	count := 0
	for n := range tree.Descendants() {
		if n.Type == html.ElementNode {
			count++
		}
	}
	if tags := len(regexp.MustCompile(`<[a-z]`).FindAllString(page, -1)); count != tags+4 {
		t.Errorf("%q has %d tags, which a browser makes %d elements of: %s", source, tags, count-4, page)
	}
}

func TestNotesHTML(t *testing.T) {
	for source, want := range map[string]string{
		"# One\n\n## Two\n\n###### Three #": "<h2>One</h2>\n<h3>Two</h3>\n<h4>Three</h4>\n",
		"### Deep\n\n# <b></b>\n\n#":        "<h2>Deep</h2>\n",
		"a <b>bold</b> <!-- c --> d":        "<p>a bold  d</p>\n",
		"<div>\ngone\n</div>\n\nhere":       "<p>here</p>\n",
		"<!-- never closed\n\ntext":         "",
		"<b></b>":                           "",
		"- [x] done\n- [ ] to *do*": "<ul>\n" +
			"<li><input type=\"checkbox\" disabled checked aria-label=\"Done\"> done</li>\n" +
			"<li><input type=\"checkbox\" disabled aria-label=\"To do\"> to <em>do</em></li>\n</ul>\n",
		"|a|b|c|\n|-|-:|:-:|\n|1|`x\\|y`|z|": "<table>\n<thead>\n<tr>\n<th>a</th>\n<th class=\"num\">b</th>\n" +
			"<th class=\"center\">c</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>1</td>\n" +
			"<td class=\"num\"><code>x|y</code></td>\n<td class=\"center\">z</td>\n</tr>\n</tbody>\n</table>\n",
		"~~a~~ b  \nc":                    "<p><del>a</del> b<br>\nc</p>\n",
		"a\x01b\u202ec&#1;&#x202e;\u0085": "<p>a\uFFFDb\uFFFDc\uFFFD\uFFFD\uFFFD</p>\n",
		"a\r\n\r\n- b\r\n- c\rd":          "<p>a</p>\n<ul>\n<li>b</li>\n<li>c\nd</li>\n</ul>\n",
		"> [!NOTE]\n> text": "<div class=\"alert alert-note\"><p class=\"alert-title\">Note</p>\n" +
			"<p>text</p>\n</div>\n",
		"> [!tip]  \r\n>\r\n> - a\r\n": "<div class=\"alert alert-tip\"><p class=\"alert-title\">Tip</p>\n<ul>\n" +
			"<li>a</li>\n</ul>\n</div>\n",
		"> [!IMPORTANT]\n> a\n>\n> b": "<div class=\"alert alert-important\"><p class=\"alert-title\">" +
			"Important</p>\n<p>a</p>\n<p>b</p>\n</div>\n",
		"> [!WARNING]\n> a\nlazy": "<div class=\"alert alert-warning\"><p class=\"alert-title\">Warning</p>" +
			"\n<p>a\nlazy</p>\n</div>\n",
		"> [!CAUTION]\n> **a**\n\n> b": "<div class=\"alert alert-caution\"><p class=\"alert-title\">Caution</p>" +
			"\n<p><strong>a</strong></p>\n</div>\n<blockquote>\n<p>b</p>\n</blockquote>\n",
		"> [!NOTE] a":            "<blockquote>\n<p>[!NOTE] a</p>\n</blockquote>\n",
		"> a\n> [!NOTE]":         "<blockquote>\n<p>a\n[!NOTE]</p>\n</blockquote>\n",
		"> a\n>\n> [!NOTE]\n> b": "<blockquote>\n<p>a</p>\n<p>[!NOTE]\nb</p>\n</blockquote>\n",
		"> [!OTHER]\n> a":        "<blockquote>\n<p>[!OTHER]\na</p>\n</blockquote>\n",
		"- > [!NOTE]\n  > a": "<ul>\n<li>\n<blockquote>\n<p>[!NOTE]\na</p>\n</blockquote>\n" +
			"</li>\n</ul>\n",
		"[!NOTE]\na":                    "<p>[!NOTE]\na</p>\n",
		"a[^b]\n\n[^b]: c\n    [^d]: e": "c\n[^d]: e",
		"[x[^a] y](https://b.example)\n\n" +
			"[^a]: z": "<p><a href=\"https://b.example\">x y</a><sup id=\"notes-fnref-1\"><a href=\"#notes-fn-1\" " +
			"class=\"footnote-ref\" role=\"doc-noteref\">1</a></sup></p>\n",
	} {
		page := mustHTML(t, source, "")
		if page != want && (!strings.Contains(source, "[^") || !strings.Contains(page, want)) {
			t.Errorf("%q becomes\n%s, want\n%s", source, page, want)
		}
	}
	for _, source := range hostileNotes() {
		checkNotesPage(t, source, mustHTML(t, source, ""))
		notes, _ := mustParse(t, source)
		checkNotesPage(t, source, mustHTML(t, notes, "../"))
	}
}

// TestNotesFootnotes follows the links there and back.
func TestNotesFootnotes(t *testing.T) {
	page := mustHTML(t, "a[^x] b[^y] c[^x]\n\n[^y]: second\n[^x]: first", "")
	checkNotesPage(t, "footnotes", page)
	for _, want := range []string{
		`<sup id="notes-fnref-1"><a href="#notes-fn-1"`, `<sup id="notes-fnref1-1"><a href="#notes-fn-1"`,
		`<li id="notes-fn-1">` + "\n<p>first",
		`<li id="notes-fn-2">` + "\n<p>second", `href="#notes-fnref1-1"`, "Back to reference 2</span>",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s in\n%s", want, page)
		}
	}
}

// TestNotesLinks tries each address in each kind of link.
func TestNotesLinks(t *testing.T) {
	const refused = ""
	for to, want := range map[string]string{
		"https://example.org/x?a=1&b=2": "https://example.org/x?a=1&b=2", "HTTP://example.org": "HTTP://example.org",
		"mailto:me@example.org": "mailto:me@example.org",
		"plan.md":               "../plan.md", "docs/a%20b.md#c": "../docs/a%20b.md#c", "./a": ".././a",
		"../a/": "../../a/",
		"a/b:c": "../a/b:c", "a?b=javascript:c": "../a?b=javascript:c",
		"https://exämple.org/ü": "https://ex%C3%A4mple.org/%C3%BC", "a&amp;b": "../a&b",
		"java&amp;#115;cript:a": "../java&#115;cript:a", "a\\\\b": "../a%5Cb",
		"\\\\\\\\evil.example": "../%5C%5Cevil.example",
		"javascript:alert(1)":  refused, "JaVaScRiPt:alert(1)": refused, "java&#115;cript:alert(1)": refused,
		"java&Tab;script:a": refused, "java&#10;script:a": refused, "&#1;javascript:a": refused,
		"javascript&colon;alert(1)": refused, "java\\script:a": refused, "\u00a0javascript:a": refused,
		"data:text/html,a": refused, "vbscript:a": refused, "file:///etc/passwd": refused,
		"ftp://example.org": refused,
		"tel:1":             refused,
		"//evil.example":    refused, "/\\\\evil.example": refused, "/etc": refused, "&#47;/evil.example": refused,
		"\\/\\/evil.example": refused, "https:evil.example": refused, "https:///evil.example": refused,
		"http:\\\\\\\\evil": refused,
		"#a":                refused, "?a": refused, "mailto:": refused, "": refused, "a\x01b": refused,
		"%zz": refused,
	} {
		for _, form := range []string{"[label](<%>)", "![label](<%>)", "[label]\n\n[label]: <%>",
			"![label][a]\n\n[a]: <%>",
			"|a|\n|-|\n|[label](<%>)|", "x[^1]\n\n[^1]: [label](<%>)"} {
			page := mustHTML(t, strings.Replace(form, "%", to, 1), "../")
			tree, err := html.Parse(strings.NewReader(page))
			if err != nil {
				t.Fatal(err)
			}
			got := refused
			for n := range tree.Descendants() {
				if n.Data == "a" && n.FirstChild != nil && n.FirstChild.Data == "label" {
					got = n.Attr[0].Val
				}
			}
			if got != want || !strings.Contains(page, "label") || strings.Contains(page, "<img") {
				t.Errorf("%q: leads to %q, want %q: %s", strings.Replace(form, "%", to, 1), got, want, page)
			}
		}
	}
	for source, want := range map[string]string{
		"https://example.org/a ftp://example.org": "<p><a href=\"https://example.org/a\">" +
			"https://example.org/a</a> ftp://example.org</p>\n",
		"www.example.org <me@example.org>": "<p><a href=\"http://www.example.org\">" +
			"www.example.org</a> <a href=\"mailto:me@example.org\">me@example.org</a></p>\n",
		"<javascript:alert(1)> <ftp://a.example>": "<p>javascript:alert(1) ftp://a.example</p>\n",
		"me@example.org <mailto:me@example.org>": "<p><a href=\"mailto:me@example.org\">" +
			"me@example.org</a> <a href=\"mailto:me@example.org\">mailto:me@example.org</a></p>\n",
		"![](https://a.example/p.png)": "<p><a href=\"https://a.example/p.png\">" +
			"https://a.example/p.png</a></p>\n",
		"[](a.md)": "<p><a href=\"a.md\">a.md</a></p>\n",
		"[![badge](https://a.example/b.svg)](https://c.example)": "<p><a href=\"https://c.example\">badge</a></p>\n",
		"[![badge](b.svg)](javascript:a)":                        "<p><a href=\"b.svg\">badge</a></p>\n",
		"![a ![b](c) <https://d.example>](e)":                    "<p><a href=\"e\">a b https://d.example</a></p>\n",
		"[a](b \"c\")":                                           "<p><a href=\"b\">a</a></p>\n",
	} {
		if got := mustHTML(t, source, ""); got != want {
			t.Errorf("%q becomes\n%s, want\n%s", source, got, want)
		}
	}
}

// TestNotesWarnings checks that warnings name the author's lines, and never quote them.
func TestNotesWarnings(t *testing.T) {
	const raw, comment = ": raw HTML is not shown on the pages", ": comments are not shown on the pages"
	const link = ": unsupported links are shown as text; use http, https, mailto or a relative path"
	for source, want := range map[string][]string{
		"a *b* [c](d) ![e](f)\n\n> [!NOTE]\n> g\n":               nil,
		"`<b>`\n\n    <b>\n\n```\n<b>\n```\n\\<b> &lt;b>":        nil,
		"a\n\nb <b>SECRET</b>\n":                                 {"line 3" + raw},
		"a\nb\n\n<div>\nSECRET\n</div>\n":                        {"line 4" + raw},
		"a\r\n\r\n<br>\r\n":                                      {"line 3" + raw},
		"a\r\rb <br>":                                            {"line 3" + raw},
		"<!-- SECRET\n\nb -->\n\na <!-- c -->":                   {"line 1, line 5" + comment},
		"<!-- a\nb --> <b>SECRET</b>":                            {"line 1" + raw},
		"<!-- a --> <b>SECRET</b>":                               {"line 1" + raw},
		"---\ntitle: SECRET\n---\n\n<br> <!-- a -->":             {"line 5" + comment, "line 5" + raw},
		"---\ntitle: SECRET\n---\n\na <br> <!-- b -->":           {"line 5" + comment, "line 5" + raw},
		"\uFEFF<i>\n":                                            {"line 1" + raw},
		"> - a\n>   <b>":                                         {"line 2" + raw},
		"|a|\n|-|\n|<br>|":                                       {"line 3" + raw},
		"[^a]: <br>\n\nb[^a] <i>\n\n<!-- c -->\n\n<!-- open\n\n": {"line 5, line 7" + comment, "line 1, line 3" + raw},
		strings.Repeat("<br>\n\n",
			12): {"line 1, line 3, line 5, line 7, line 9 and 7 more" + raw},
		"a\n[b](javascript:SECRET)\n![](//c) <ftp://d>": {"line 2, line 3" + link},
		"[a]\n\nb [a]\n\n[a]: data:SECRET":              {"line 1, line 3" + link},
	} {
		_, got := mustParse(t, source)
		if !slices.Equal(got, want) {
			t.Errorf("%.60q warns\n%q, want\n%q", source, got, want)
		}
	}
}

// raced reports whether the tests were built with the race detector.
func raced() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

// TestNotesTime parses the longest notes, and notes that are slow to parse. The worst takes 0.9 s, and twenty times as
// long with the race detector. On Linux that is the time of the processor, which other programs don't prolong.
func TestNotesTime(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	bound := 5 * time.Second
	if raced() {
		bound *= 20
	}
	for _, part := range []string{"[", "![", "*a ", "a**b", "_a __b", "`a", "<", "<a ", "> ", ">", "- ", "1. ", "|a",
		"|a\n|-\n", "&", "\\", "[a](", "[](", "![](a", "[a]: b\n",
		"~~a ", "http://a", "a@b.", "www.", "(", "<!--", "\n", "$", "\t", "😀", "- a\n", "  - a\n", "<b>", "<b></b>",
		"<div>\n\n", "[^a]: b\n", "[^a]", "![^a]", "[^", "<!-- a\n", "[a](b)", "<a@b.c>", "# a\n",
	} {
		before, after := "", ""
		switch part {
		case "[^a]", "![^a]":
			before = "[^a]: b\n\n"
		case "> ", "[](":
			after = "\n\n```\n"
		}
		start := threadTime()
		notes, _, err := ParseNotes([]byte(before + strings.Repeat(part, (MaxNotes-20)/len(part)) + after))
		if err == nil {
			if page := mustHTML(t, notes, ""); len(page) > 20*MaxNotes {
				t.Errorf("%q becomes %d bytes of HTML", part, len(page))
			}
		}
		if took := threadTime() - start; took > bound {
			t.Errorf("%q takes %v", part, took)
		}
		if len(notes) > MaxNotes+1 {
			t.Errorf("%q becomes %d bytes", part, len(notes))
		}
	}
	table := strings.Repeat("|a", 2000) + "\n" + strings.Repeat("|-", 2000) + "\n" + strings.Repeat("a\n", 8000)
	for source, says := range map[string]string{
		strings.Repeat("a", MaxNotes+1): "longer than 32768 bytes", "a\xff": "UTF-8", table: "table is too large",
		strings.ReplaceAll(table, "\n", "\r"):        "table is too large",
		strings.Repeat("<b>", MaxNotes/4):            "once open elements are closed",
		strings.Repeat(">", MaxNotes):                "as HTML",
		"[^a]: b\n\n" + strings.Repeat("[^a]", 8000): "as HTML",
	} {
		if _, _, err := ParseNotes([]byte(source)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%.10q…: %v, want %s", source, err, says)
		}
	}
}

// FuzzNotes checks that notes stay as written, and that their page is safe.
func FuzzNotes(f *testing.F) {
	for _, source := range hostileNotes() {
		f.Add(source)
	}
	f.Fuzz(func(t *testing.T, source string) {
		notes, _, err := ParseNotes([]byte(source))
		if err != nil || len(source) > 1000 {
			return
		}
		written := strings.TrimPrefix(source, "\uFEFF")
		if !strings.HasPrefix(source, "---") && !strings.HasPrefix(written,
			"---") && strings.TrimSpace(written) != "" && !strings.HasPrefix(notes, written) {
			t.Errorf("%q becomes %q", source, notes)
		}
		checkNotesPage(t, source, mustHTML(t, notes, ""))
	})
}
