package markdown

import (
	"bytes"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	gfm "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// The syntax is always GitHub's. Only the HTML differs.
var (
	plainSyntax = newSyntax()                  // drops raw HTML
	rawSyntax   = newSyntax(html.WithUnsafe()) // keeps raw HTML, to find what notes leave open; never for a page
	notesSyntax = newSyntax(renderer.WithNodeRenderers(util.Prioritized(notesRenderer{}, 1)))
)

func newSyntax(options ...renderer.Option) goldmark.Markdown {
	protocols := [][]byte{[]byte("http:"), []byte("https:")}
	const back = `<span aria-hidden="true">&#x21a9;&#xfe0e;</span><span class="visually-hidden">` +
		`Back to reference ^^</span>`
	footnotes := extension.NewFootnoteHTMLRenderer(
		extension.WithFootnoteIDPrefix("notes-"), extension.WithFootnoteBacklinkHTML(back))
	return goldmark.New(
		goldmark.WithExtensions(
			extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignNone)),
			extension.Strikethrough, extension.TaskList,
			extension.NewLinkify(extension.WithLinkifyAllowedProtocols(protocols)),
		),
		goldmark.WithParserOptions(
			parser.WithBlockParsers(util.Prioritized(footnoteParser{extension.NewFootnoteBlockParser()}, 999)),
			parser.WithInlineParsers(util.Prioritized(extension.NewFootnoteParser(), 101)),
			parser.WithParagraphTransformers(util.Prioritized(alerts{}, 50)), // before links are defined
			parser.WithASTTransformers(
				util.Prioritized(extension.NewFootnoteASTTransformer(), 999), util.Prioritized(alignByClass{}, 1000)),
		),
		goldmark.WithRendererOptions(renderer.WithNodeRenderers(util.Prioritized(footnotes, 500))),
		goldmark.WithRendererOptions(options...),
	)
}

// HTML returns our own Markdown as HTML, without raw HTML, styles and IDs.
func HTML(markdown string) (string, error) {
	var b strings.Builder
	err := plainSyntax.Convert([]byte(markdown), &b)
	return b.String(), err
}

// alignByClass aligns table cells with classes: the pages' content policy blocks inline styles, and HTML has no
// attribute for alignment anymore.
type alignByClass struct{}

func (alignByClass) Transform(document *ast.Document, _ text.Reader, _ parser.Context) {
	classes := map[gfm.Alignment]string{gfm.AlignRight: "num", gfm.AlignCenter: "center"}
	ast.Walk(document, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if cell, ok := n.(*gfm.TableCell); ok && entering && classes[cell.Alignment] != "" {
			cell.SetAttributeString("class", []byte(classes[cell.Alignment]))
		}
		return ast.WalkContinue, nil
	})
}

// footnoteParser ignores footnotes inside footnotes: goldmark would lose the text of both.
type footnoteParser struct{ parser.BlockParser }

func (p footnoteParser) Open(parent ast.Node, r text.Reader, c parser.Context) (ast.Node, parser.State) {
	for n := parent; n != nil; n = n.Parent() {
		if n.Kind() == gfm.KindFootnote {
			return nil, parser.NoChildren
		}
	}
	return p.BlockParser.Open(parent, r, c)
}

// alerts marks top-level quotes that begin with a line such as "[!NOTE]".
type alerts struct{}

var alertTitles = map[string]string{
	"[!NOTE]": "Note", "[!TIP]": "Tip", "[!IMPORTANT]": "Important", "[!WARNING]": "Warning", "[!CAUTION]": "Caution",
}

func (alerts) Transform(paragraph *ast.Paragraph, r text.Reader, _ parser.Context) {
	quote, lines := paragraph.Parent(), paragraph.Lines()
	isQuote := quote.Kind() == ast.KindBlockquote && quote.Parent().Kind() == ast.KindDocument
	if !isQuote || paragraph.PreviousSibling() != nil {
		return
	}
	first := lines.At(0)
	title := alertTitles[string(bytes.ToUpper(bytes.TrimSpace(first.Value(r.Source()))))]
	if title == "" {
		return
	}
	quote.SetAttributeString("alert", title)
	lines.SetSliced(1, lines.Len())
	if lines.Len() == 0 {
		quote.RemoveChild(quote, paragraph)
	}
}

// notesRenderer renders what adapt and alerts have prepared.
type notesRenderer struct{}

func (notesRenderer) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindLink, renderLink)
	r.Register(ast.KindImage, renderLink)
	r.Register(ast.KindAutoLink, renderLink)
	r.Register(ast.KindBlockquote, renderQuote)
	r.Register(gfm.KindTaskCheckBox, renderCheckBox)
}

func renderLink(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if n.Attributes() == nil {
		return ast.WalkContinue, nil // only its text
	}
	if entering {
		w.WriteString("<a")
		html.RenderAttributes(w, n, nil)
		w.WriteString(">")
	} else {
		w.WriteString("</a>")
	}
	return ast.WalkContinue, nil
}

func renderQuote(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	start, end := "<blockquote>\n", "</blockquote>\n"
	if title, isAlert := n.AttributeString("alert"); isAlert {
		name := title.(string)
		start = `<div class="alert alert-` + strings.ToLower(name) + `"><p class="alert-title">` + name + "</p>\n"
		end = "</div>\n"
	}
	if entering {
		w.WriteString(start)
	} else {
		w.WriteString(end)
	}
	return ast.WalkContinue, nil
}

func renderCheckBox(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	switch {
	case !entering:
	case n.(*gfm.TaskCheckBox).IsChecked:
		w.WriteString(`<input type="checkbox" disabled checked aria-label="Done"> `)
	default:
		w.WriteString(`<input type="checkbox" disabled aria-label="To do"> `)
	}
	return ast.WalkContinue, nil
}
