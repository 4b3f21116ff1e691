package notes

import (
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"golang.org/x/net/html"

	"gpufleet/render/e2e"
)

func mustParse(t *testing.T, source string) string {
	t.Helper()
	text, err := Parse([]byte(source))
	if err != nil {
		t.Fatalf("%q: %v", source, err)
	}
	return text
}

func mustHTML(t *testing.T, markdown string) string {
	t.Helper()
	text, err := HTML([]byte(markdown))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestParse(t *testing.T) {
	for source, want := range map[string]string{
		"":                                         "",
		" \n\n":                                    "",
		"\uFEFFplain\r\ntext":                      "plain\ntext\n",
		"# One\n\ntwo\n---\n###### Six #":          "## One\n\n### two\n\n###### Six\n",
		"a <b>bold</b> <!-- c --> d":               "a bold  d\n",
		"<div>\ngone\n</div>\n\nhere":              "here\n",
		"<script>\nalert(1)\n</script>":            "",
		"<!-- never closed\n\ntext":                "",
		"```sh\nnever closed":                      "```\nnever closed\n```\n",
		"~~~\n```\n~~~":                            "````\n```\n````\n",
		"[a](https://example.org/x?a=1&b=2 \"t\")": "[a](<https://example.org/x?a=1&amp;b=2>)\n",
		"[a](javascript:alert(1)) [b](//x) [c](d.md) [e](data:x)": "a b c e\n",
		"![picture](https://example.org/p.png)":                   "[picture](<https://example.org/p.png>)\n",
		"[![badge](https://a.example/b.svg)](https://c.example)":  "[badge](<https://c.example>)\n",
		"![x](p.png) ![](https://example.org/p)":                  "x [image](<https://example.org/p>)\n",
		"https://example.org/a ftp://example.org":                 "[https://example.org/a](<https://example.org/a>) ftp://example.org\n",
		"www.example.org <me@example.org>":                        "[www.example.org](<http://www.example.org>) [me@example.org](<mailto:me@example.org>)\n",
		"[a]\n\n[a]: https://example.org":                         "[a](<https://example.org>)\n",
		"[fleet]: https://example.org":                            "",
		"- [x] done\n- [ ] to do":                                 "- ☑ done\n- ☐ to do\n",
		"- a\n- b\n\n* c\n\n1. d\n1. e":                           "- a\n- b\n\n+ c\n\n1. d\n2. e\n",
		"> a\nlazy\n\n> b":                                        "> a\n> lazy\n\n> b\n",
		"|a|b|\n|-|-:|\n|1|`x\\|y`|":                              "| a | b |\n| --- | ---: |\n| 1 | `x\\|y` |\n",
		"&lt;b&gt; \\<i> $x$ 1\\. &#42; a_b":                      "\\<b\\> \\<i\\> \\$x\\$ 1. \\* a\\_b\n",
		"\\# no heading\n\\- no list\n1\\. no":                    "\\# no heading\n\\- no list\n1\\. no\n",
		"a  \nb":                                                  "a\\\nb\n",
		"a\x00b\u202ec":                                           "a\uFFFDb\uFFFDc\n",
		"text[^1] :x:":                                            "text\\[^1\\] :x:\n",
	} {
		if got := mustParse(t, source); got != want {
			t.Errorf("%q becomes\n%q, want\n%q", source, got, want)
		}
	}
}

// sources are Markdown of every kind. The examples of GitHub's own specification come with TEST_CORPORA.
func sources(t *testing.T) []string {
	found := []string{
		"# Week 47\n\nWe moved **two** nodes, see [the plan](https://example.org/plan).\n\n- one\n  - two\n    1. three\n\n      text\n- four\n\n> quote\n> > deeper\n\n| a | b |\n|:-|-:|\n| `x` | **y** |\n\n```go\nfunc main() {}\n```\n\nEnd.",
		"<b>*a*</b> *<i>a</i>* **a*b*c** ***x*** ~~y *z*~~",
		"a\n***\nb\n\n    code\n\tmore\n\n1. x\n\n2. y\n",
		"```", "~~~", "<!--", "<div", "[a]: x", "[a](", "- ```", "> ```\n> a", "|a|\n|-|\n|`|", "<![CDATA[", "<?php", "<script>", "- <!--\n- b", "$$\na", "\\", "a\\", "&", "&#",
		"<details>\n<summary>x</summary>\n\n# y\n\n</details>", "- a\n\n\n\n- b", "-\n-\n", "1.\n2.", "*\n*a*", "[x](<a b>)", "<https://example.org/`a`>", "`a\nb`", "`` ` ``",
	}
	found = append(found, e2e.MarkdownExamples(t)...)
	t.Logf("%d texts", len(found))
	return found
}

// TestSafe holds what is written to its promises: nothing but safe elements and links, and it ends where it ends.
func TestSafe(t *testing.T) {
	elements := strings.Fields("p h2 h3 h4 h5 h6 hr ul ol li blockquote pre code em strong del a br table thead tbody tr th td")
	const after = "\n# Ours\n\n| a |\n| --- |\n| b |\n\n[a] <b>\n"
	ours := mustHTML(t, after)
	for _, source := range sources(t) {
		markdown := mustParse(t, source)
		page := mustHTML(t, markdown)
		if got := mustHTML(t, markdown+after); got != page+ours {
			t.Errorf("%q, written\n%s\nruns into what follows:\n%s", source, markdown, got)
		}
		tree, err := html.Parse(strings.NewReader("<body>" + page))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(page, "<!--") {
			t.Errorf("%q has raw HTML, which is left out: %s", source, page)
		}
		for n := range tree.Descendants() {
			if n.Type != html.ElementNode || n.Data == "html" || n.Data == "head" || n.Data == "body" {
				continue
			}
			if !strings.Contains(" "+strings.Join(elements, " ")+" ", " "+n.Data+" ") {
				t.Errorf("%q has <%s>: %s", source, n.Data, page)
			}
			for _, a := range n.Attr {
				switch {
				case a.Key == "href" && regexp.MustCompile(`^(https?://[^/]|mailto:)`).MatchString(a.Val), a.Key == "class" && (a.Val == "num" || a.Val == "center"), a.Key == "start":
				default:
					t.Errorf("%q has %s=%q: %s", source, a.Key, a.Val, page)
				}
			}
		}
	}
}

// raced reports whether the tests were built with the race detector.
func raced() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

// TestHostileTime parses what takes long to parse, and notes at their longest. The worst takes 0.7 s; the race detector makes it twenty
// times that.
func TestHostileTime(t *testing.T) {
	bound := 5 * time.Second
	if raced() {
		bound *= 20
	}
	for _, part := range []string{"[", "![", "*a ", "a**b", "_a __b", "`a", "<", "<a ", "> ", "- ", "1. ", "|a", "|a\n|-\n", "&", "\\", "[a](", "[](", "[a]: b\n", "~~a ", "http://a", "a@b.", "www.", "(", "<!--", "\n", "$", "\t", "😀", "- a\n", "  - a\n"} {
		source := strings.Repeat(part, MaxBytes/len(part))
		start := time.Now()
		markdown, err := Parse([]byte(source))
		if err == nil {
			page := mustHTML(t, markdown)
			if len(page) > 20*MaxBytes {
				t.Errorf("%q becomes %d bytes of HTML", part, len(page))
			}
		}
		if took := time.Since(start); took > bound {
			t.Errorf("%q takes %v", part, took)
		}
		if n := len(utf16.Encode([]rune(markdown))); n > MaxBytes {
			t.Errorf("%q becomes %d", part, n)
		}
	}
	table := strings.Repeat("|a", 2000) + "\n" + strings.Repeat("|-", 2000) + "\n" + strings.Repeat("a\n", 8000)
	for source, says := range map[string]string{strings.Repeat("a", MaxBytes+1): "longer than", strings.Repeat("$", MaxBytes): "once its markup is written out", "a\xff": "UTF-8", table: "too large"} {
		if _, err := Parse([]byte(source)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%.10q…: %v", source, err)
		}
	}
}
