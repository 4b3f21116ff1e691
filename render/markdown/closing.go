package markdown

import (
	"slices"
	"strings"

	"github.com/yuin/goldmark/ast"
	gfm "github.com/yuin/goldmark/extension/ast"
	"golang.org/x/net/html"
)

// afterNotes follows the notes in the parsed source. It is a heading in the tree unless the notes leave a block open.
const afterNotes = "\n\n# The end\n"

// closing returns lines that close what the notes leave open: a block of code or raw HTML, a comment, a tag, or
// elements such as <details>. Otherwise GitHub would treat the rest of the summary as part of the notes. It is "" if
// nothing is open. The tree is that of the notes followed by afterNotes, which closing removes.
func closing(document ast.Node, source []byte) (string, error) {
	last, line := document.LastChild(), ""
	if last.Kind() == gfm.KindFootnoteList {
		last = last.PreviousSibling()
	}
	switch n := last.(type) {
	case *ast.Heading: // afterNotes
		document.RemoveChild(document, n)
	case *ast.FencedCodeBlock:
		fence := string(source[n.Pos():])
		line = fence[:len(fence)-len(strings.TrimLeft(fence, fence[:1]))] + "\n"
	case *ast.HTMLBlock: // by type, from 1
		line = []string{"", "</script>\n", "-->\n", "?>\n", ">\n", "]]>\n"}[n.HTMLBlockType]
	}
	var page strings.Builder
	if err := rawSyntax.Renderer().Render(&page, source, document); err != nil {
		return "", err
	}
	return line + closingTags(page.String()+line), nil
}

// closingTags returns text that closes the comment or tag at the end of HTML, and all open elements.
func closingTags(page string) string {
	const end = "\n<!--'\"-->\n" // a comment that also ends another comment, or a tag, even inside a quoted attribute
	neverOpen := strings.Fields("area base br col embed hr img input link meta p source track wbr")
	var open []string
	isOwnComment := false
	z := html.NewTokenizer(strings.NewReader(page + end))
	for kind := z.Next(); kind != html.ErrorToken; kind = z.Next() {
		name, _ := z.TagName()
		switch tag := string(name); kind {
		case html.StartTagToken, html.SelfClosingTagToken:
			z.NextIsNotRawText() // GitHub escapes <script> and similar tags
			if !slices.Contains(neverOpen, tag) {
				open = append(open, tag)
			}
		case html.EndTagToken:
			if i := slices.Index(open, tag); i >= 0 {
				open = slices.Delete(open, i, i+1)
			}
		case html.CommentToken:
			isOwnComment = string(z.Text()) == `'"`
		}
	}
	closing := ""
	if !isOwnComment {
		closing = end
	}
	if len(open) > 0 {
		slices.Reverse(open)
		closing += "\n</" + strings.Join(open, ">\n</") + ">\n"
	}
	return closing
}
