package markdown

import (
	"bytes"
	"net/url"
	"slices"
	"strings"

	"github.com/yuin/goldmark/ast"
	gfm "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/util"
)

// adapter prepares a tree of notes for a page.
type adapter struct {
	source    []byte
	problems  map[string][]int // line numbers by problem
	level     int              // of the last heading; the page's own is 1
	link      ast.Node         // the link around the current node, nil for none
	footnotes []ast.Node       // footnote references inside links
	removed   []ast.Node
	shown     int              // visible text so far
	before    map[ast.Node]int // shown when a node was entered
}

// adapt sets the addresses of links and the levels of headings, and removes what pages can't show. It returns the line
// numbers of what it removed, by problem.
func adapt(document ast.Node, source []byte) map[string][]int {
	a := &adapter{source: source, problems: map[string][]int{}, level: 1, before: map[ast.Node]int{}}
	ast.Walk(document, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			a.enter(n)
		} else {
			a.leave(n)
		}
		return ast.WalkContinue, nil
	})
	for _, n := range slices.Backward(a.footnotes) { // HTML allows no link inside a link
		outer := n.Parent()
		for outer.Parent().Type() == ast.TypeInline {
			outer = outer.Parent()
		}
		outer.Parent().InsertAfter(outer.Parent(), outer, n)
	}
	for _, n := range a.removed {
		n.Parent().RemoveChild(n.Parent(), n)
	}
	return a.problems
}

func (a *adapter) enter(n ast.Node) {
	a.before[n] = a.shown
	switch n := n.(type) {
	case *ast.HTMLBlock:
		raw := n.Lines().Value(a.source)
		if n.HasClosure() {
			raw = slices.Concat(raw, n.ClosureLine.Value(a.source))
		}
		a.remove(n, raw)
	case *ast.RawHTML:
		a.remove(n, n.Segments.Value(a.source))
	case *ast.Link:
		a.setLink(n, resolved(n.Destination))
	case *ast.Image:
		a.setLink(n, resolved(n.Destination))
	case *ast.AutoLink:
		to := string(n.URL(a.source))
		if n.AutoLinkType == ast.AutoLinkEmail {
			to = "mailto:" + to
		}
		a.setLink(n, to)
		a.show(n, n.Label(a.source))
	case *ast.Text:
		a.shown += len(bytes.TrimSpace(n.Segment.Value(a.source)))
	case *gfm.TaskCheckBox, *gfm.FootnoteBacklink:
		a.shown++
	case *gfm.FootnoteLink:
		a.shown++
		if a.link != nil {
			a.footnotes = append(a.footnotes, n)
		}
	}
}

func (a *adapter) leave(n ast.Node) {
	isEmpty := a.before[n] == a.shown
	switch heading, isHeading := n.(*ast.Heading); {
	case isEmpty && (isHeading || n.Kind() == ast.KindParagraph):
		a.removed = append(a.removed, n)
	case isHeading:
		a.level = min(heading.Level+1, a.level+1, 6) // skip no level
		heading.Level = a.level
	case isEmpty && n == a.link:
		href, _ := n.AttributeString("href")
		a.show(n, []byte(strings.TrimPrefix(href.(string), relativeRoot)))
	}
	if n == a.link {
		a.link = nil
	}
}

// show appends visible text to a node.
func (a *adapter) show(n ast.Node, text []byte) {
	shown := ast.NewString(text)
	shown.SetRaw(true)
	n.AppendChild(n, shown)
	a.shown += len(text)
}

// remove removes raw HTML.
func (a *adapter) remove(n ast.Node, raw []byte) {
	problem := "raw HTML is not shown on the pages"
	if opened, isComment := bytes.CutPrefix(bytes.TrimSpace(raw), []byte("<!--")); isComment {
		if _, after, _ := bytes.Cut(opened, []byte("-->")); len(bytes.TrimSpace(after)) == 0 {
			problem = "comments are not shown on the pages"
		}
	}
	a.report(n, problem)
	a.removed = append(a.removed, n)
}

// report records a problem with the node's line number.
func (a *adapter) report(n ast.Node, problem string) {
	a.problems[problem] = append(a.problems[problem], 1+bytes.Count(a.source[:max(n.Pos(), 0)], []byte("\n")))
}

// setLink sets the address of a link, unless it is inside another link or the address is not allowed.
func (a *adapter) setLink(n ast.Node, to string) {
	href := allowed(to)
	switch {
	case a.link != nil:
	case href == "":
		a.report(n, "unsupported links are shown as text; use http, https, mailto or a relative path")
	default:
		a.link = n
		n.SetAttributeString("href", href)
	}
}

// resolved returns text of the source with escapes and entities resolved.
func resolved(text []byte) string {
	return string(util.ResolveEntityNames(util.ResolveNumericReferences(util.UnescapePunctuations(text))))
}

// relativeRoot starts every relative link, and no other link.
const relativeRoot = "./"

// allowed returns the address of an http, https, mailto or relative link, "" for any other.
func allowed(to string) string {
	u, err := url.Parse(to)
	if err != nil {
		return ""
	}
	address := string(util.URLEscape([]byte(to), false))
	switch {
	case (u.Scheme == "http" || u.Scheme == "https") && u.Host != "", u.Scheme == "mailto" && u.Opaque != "":
		return address
	case u.Scheme == "" && u.Host == "" && u.Path != "" && !strings.HasPrefix(to, "/"):
		return relativeRoot + address
	}
	return ""
}
