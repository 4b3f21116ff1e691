// Package notes makes an author's own Markdown fit to stand in the report: in its summary, where it must not run into what follows
// it, and on its pages, where it is HTML.
//
// The notes are parsed as GitHub-flavoured Markdown and written anew from what they mean. So both readers see the same: raw HTML is
// gone, links lead to http, https and mailto alone, a picture is a link to it, headings are one level down, and whatever was left
// open is closed.
package notes

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	tables "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// MaxBytes is how long notes may be, as they were given and as they are written anew. The summary has room for no more, and to
// parse hostile Markdown takes a time that grows with the square of its length.
const MaxBytes = 32 << 10

// maxCells bounds the tables: Markdown fills a short row up to the length of the first.
const maxCells = 100_000

// syntax is GitHub's, with the links that are allowed.
var syntax = goldmark.New(goldmark.WithExtensions(
	extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignNone)),
	extension.Strikethrough, extension.TaskList,
	extension.NewLinkify(extension.WithLinkifyAllowedProtocols([][]byte{[]byte("http:"), []byte("https:")})),
), goldmark.WithParserOptions(parser.WithASTTransformers(util.Prioritized(alignByClass{}, 0))))

// alignByClass gives table cells a class of the pages' style sheet by their alignment: the pages' policy blocks styles, and HTML has
// no attribute for it any more.
type alignByClass struct{}

func (alignByClass) Transform(document *ast.Document, _ text.Reader, _ parser.Context) {
	classes := map[tables.Alignment]string{tables.AlignRight: "num", tables.AlignCenter: "center"}
	ast.Walk(document, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if cell, ok := n.(*tables.TableCell); ok && entering && classes[cell.Alignment] != "" {
			cell.SetAttributeString("class", []byte(classes[cell.Alignment]))
		}
		return ast.WalkContinue, nil
	})
}

// Parse returns notes as Markdown that can stand in another text, a line feed at its end, "" for none.
func Parse(source []byte) (string, error) {
	switch {
	case len(source) > MaxBytes:
		return "", fmt.Errorf("longer than %d bytes: the summary has room for no more", MaxBytes)
	case !utf8.Valid(source):
		return "", errors.New("not in UTF-8")
	}
	clean := cleaned(source)
	widest := 0
	for line := range bytes.Lines(clean) {
		widest = max(widest, bytes.Count(line, []byte("|")))
	}
	if widest*bytes.Count(clean, []byte("\n")) > maxCells {
		return "", errors.New("a table in it is too large")
	}
	w := &writer{source: clean}
	written := w.blocks(syntax.Parser().Parse(text.NewReader(clean), parser.WithContext(parser.NewContext())), 0)
	if len(written) >= MaxBytes { // a line feed comes behind it
		return "", fmt.Errorf("longer than %d bytes once its markup is written out: the summary has room for no more", MaxBytes)
	}
	if strings.TrimSpace(written) == "" {
		return "", nil
	}
	return written + "\n", nil
}

// HTML returns Markdown as HTML, without raw HTML, styles and ids.
func HTML(markdown []byte) (string, error) {
	var b strings.Builder
	err := syntax.Convert(markdown, &b)
	return b.String(), err
}

// cleaned returns the text without what no reader sees or what turns it around, with line feeds and without tabs.
func cleaned(source []byte) []byte {
	source = bytes.TrimPrefix(source, []byte("\uFEFF"))
	source = bytes.ReplaceAll(source, []byte("\r\n"), []byte("\n"))
	var b bytes.Buffer
	column := 0
	for _, r := range string(source) {
		switch {
		case r == '\n' || r == '\r':
			b.WriteByte('\n')
			column = -1
		case r == '\t':
			for b.WriteByte(' '); (column+1)%4 != 0; column++ {
				b.WriteByte(' ')
			}
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r):
			b.WriteRune(unicode.ReplacementChar)
		default:
			b.WriteRune(r)
		}
		column++
	}
	b.WriteByte('\n')
	return b.Bytes()
}
