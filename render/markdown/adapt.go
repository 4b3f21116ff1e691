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

// adapter makes a tree of notes fit for a page.
type adapter struct {
	source    []byte
	left      map[string][]int // lines, by what pages leave out
	level     int              // of the last heading; the page's own is 1
	link      ast.Node         // the one around the current node, nil for none
	footnotes []ast.Node       // references within links
	removed   []ast.Node
	shown     int              // texts and the like so far
	before    map[ast.Node]int // shown, when a node was entered
}

// adapt gives links their addresses and headings their levels, and removes what pages leave out. It returns the lines
// of that.
func adapt(document ast.Node, source []byte) map[string][]int {
	a := &adapter{source: source, left: map[string][]int{}, level: 1, before: map[ast.Node]int{}}
	ast.Walk(document, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			a.enter(n)
		} else {
			a.leave(n)
		}
		return ast.WalkContinue, nil
	})
	for _, n := range slices.Backward(a.footnotes) { // no link may be within a link
		outer := n.Parent()
		for outer.Parent().Type() == ast.TypeInline {
			outer = outer.Parent()
		}
		outer.Parent().InsertAfter(outer.Parent(), outer, n)
	}
	for _, n := range a.removed {
		n.Parent().RemoveChild(n.Parent(), n)
	}
	return a.left
}

func (a *adapter) enter(n ast.Node) {
	a.before[n] = a.shown
	switch n := n.(type) {
	case *ast.HTMLBlock:
		raw := n.Lines().Value(a.source)
		if n.HasClosure() {
			raw = slices.Concat(raw, n.ClosureLine.Value(a.source))
		}
		a.leaveOut(n, raw)
	case *ast.RawHTML:
		a.leaveOut(n, n.Segments.Value(a.source))
	case *ast.Link:
		a.lead(n, resolved(n.Destination))
	case *ast.Image:
		a.lead(n, resolved(n.Destination))
	case *ast.AutoLink:
		to := string(n.URL(a.source))
		if n.AutoLinkType == ast.AutoLinkEmail {
			to = "mailto:" + to
		}
		a.lead(n, to)
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
		a.level = min(heading.Level+1, a.level+1, 6) // no level is skipped
		heading.Level = a.level
	case isEmpty && n == a.link:
		href, _ := n.AttributeString("href")
		a.show(n, []byte(strings.TrimPrefix(href.(string), hereRoot)))
	}
	if n == a.link {
		a.link = nil
	}
}

// show appends a text to a node.
func (a *adapter) show(n ast.Node, text []byte) {
	shown := ast.NewString(text)
	shown.SetRaw(true)
	n.AppendChild(n, shown)
	a.shown += len(text)
}

// leaveOut removes raw HTML.
func (a *adapter) leaveOut(n ast.Node, raw []byte) {
	what := "raw HTML is left out of the pages"
	if opened, isComment := bytes.CutPrefix(bytes.TrimSpace(raw), []byte("<!--")); isComment {
		if _, after, _ := bytes.Cut(opened, []byte("-->")); len(bytes.TrimSpace(after)) == 0 {
			what = "a comment is left out of the pages"
		}
	}
	a.report(n, what)
	a.removed = append(a.removed, n)
}

func (a *adapter) report(n ast.Node, what string) {
	a.left[what] = append(a.left[what], 1+bytes.Count(a.source[:max(n.Pos(), 0)], []byte("\n")))
}

// lead has a link lead to its address, unless it is within another link or may not be a link.
func (a *adapter) lead(n ast.Node, to string) {
	href := allowed(to)
	switch {
	case a.link != nil:
	case href == "":
		a.report(n, "a link is left out of the pages: it is not http, https, mailto or a relative path")
	default:
		a.link = n
		n.SetAttributeString("href", href)
	}
}

// resolved returns text of the source without its escapes and entities.
func resolved(text []byte) string {
	return string(util.ResolveEntityNames(util.ResolveNumericReferences(util.UnescapePunctuations(text))))
}

// hereRoot is what all relative links begin with, and no others.
const hereRoot = "./"

// allowed returns the address of a link, "" unless it is http, https, mailto or a relative path.
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
		return hereRoot + address
	}
	return ""
}
