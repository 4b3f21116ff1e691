package notes

import (
	"bytes"
	"html"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/yuin/goldmark/ast"
	extension "github.com/yuin/goldmark/extension/ast"
	renderer "github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/util"
)

// maxDepth bounds how deep quotes and lists are nested; what is deeper stands at that depth.
const maxDepth = 20

// writer writes a tree of Markdown down as Markdown.
type writer struct {
	source []byte
}

// blocks writes the blocks in a node, a blank line between them.
func (w *writer) blocks(parent ast.Node, depth int) string { return w.join(parent, depth, "\n\n") }

func (w *writer) join(parent ast.Node, depth int, between string) string {
	var parts []string
	last := ast.Node(nil) // that was written
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		if part := w.block(n, last, depth); part != "" {
			parts = append(parts, part)
			last = n
		}
	}
	return strings.Join(parts, between)
}

// block writes one block, "" for one that is dropped. last is the block before it.
func (w *writer) block(n, last ast.Node, depth int) string {
	switch n := n.(type) {
	case *ast.Paragraph, *ast.TextBlock:
		return strings.TrimSpace(w.inline(n, prose))
	case *ast.Heading:
		return strings.TrimSpace(strings.Repeat("#", min(n.Level+1, 6)) + " " + strings.TrimSpace(w.inline(n, heading)))
	case *ast.ThematicBreak:
		return "***" // three hyphens could make a heading of the line above
	case *ast.CodeBlock, *ast.FencedCodeBlock:
		return w.code(n)
	case *ast.Blockquote:
		if depth >= maxDepth {
			return w.blocks(n, depth)
		}
		return prefixed(w.blocks(n, depth+1), "> ", "> ")
	case *ast.List:
		if depth >= maxDepth {
			return w.blocks(n, depth)
		}
		return w.list(n, last, depth+1)
	case *ast.ListItem:
		return w.blocks(n, depth)
	case *extension.Table:
		return w.table(n)
	}
	return "" // raw HTML, and what links refer to
}

// code writes a block of code between fences that nothing in it can close. What language it is in is left out: GitHub draws pictures of some.
func (w *writer) code(n ast.Node) string {
	content := strings.TrimRight(string(n.Lines().Value(w.source)), "\n")
	fence := "```"
	for strings.Contains(content, fence) {
		fence += "`"
	}
	return fence + "\n" + content + "\n" + fence
}

func (w *writer) list(n *ast.List, last ast.Node, depth int) string {
	marker := byte('-')
	if n.IsOrdered() {
		marker = '.'
	}
	if before, ok := last.(*ast.List); ok && before.IsOrdered() == n.IsOrdered() && !otherMarker(before) {
		marker = map[byte]byte{'-': '+', '.': ')'}[marker] // else the two would be one
		n.SetAttributeString("other", true)
	}
	between := "\n\n"
	if n.IsTight {
		between = "\n"
	}
	var items []string
	number := n.Start
	for item := n.FirstChild(); item != nil; item = item.NextSibling() {
		sign := string(marker) + " "
		if n.IsOrdered() {
			sign = strconv.Itoa(number) + sign
			number++
		}
		items = append(items, strings.TrimRight(prefixed(w.join(item, depth, between), sign, strings.Repeat(" ", len(sign))), " "))
	}
	return strings.Join(items, between)
}

func otherMarker(n *ast.List) bool {
	_, other := n.AttributeString("other")
	return other
}

func (w *writer) table(n *extension.Table) string {
	var lines []string
	for row := n.FirstChild(); row != nil; row = row.NextSibling() {
		var cells []string
		for cell := row.FirstChild(); cell != nil; cell = cell.NextSibling() {
			cells = append(cells, strings.TrimSpace(w.inline(cell, tableCell)))
		}
		lines = append(lines, "| "+strings.Join(cells, " | ")+" |")
		if row == n.FirstChild() {
			rule := "|"
			for _, alignment := range n.Alignments {
				rule += map[extension.Alignment]string{extension.AlignLeft: " :--- |", extension.AlignRight: " ---: |", extension.AlignCenter: " :---: |", extension.AlignNone: " --- |"}[alignment]
			}
			lines = append(lines, rule)
		}
	}
	return strings.Join(lines, "\n")
}

// prefixed puts first before the first line and rest before the others.
func prefixed(text, first, rest string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		prefix := rest
		if i == 0 {
			prefix = first
		}
		if lines[i] = prefix + line; line == "" && i > 0 {
			lines[i] = strings.TrimRight(prefix, " ")
		}
	}
	return strings.Join(lines, "\n")
}

// place is where a text stands: a paragraph may have several lines, headings and cells have one, and in links there are no others.
type place struct{ oneLine, inCell, inHeading, inLink bool }

var (
	prose     = place{}
	heading   = place{oneLine: true, inHeading: true}
	tableCell = place{oneLine: true, inCell: true}
)

// inline writes the text in a block.
func (w *writer) inline(parent ast.Node, at place) string {
	var b strings.Builder
	w.spans(&b, parent, at)
	if at.oneLine {
		return b.String()
	}
	lines := strings.Split(b.String(), "\n")
	for i, line := range lines {
		lines[i] = lineStart(strings.TrimSpace(line))
	}
	return strings.Join(slices.DeleteFunc(lines, func(line string) bool { return line == "" }), "\n")
}

// lineStart escapes what means something at the start of a line.
func lineStart(line string) string {
	if line == "" {
		return ""
	}
	if strings.ContainsRune("#+-=:", rune(line[0])) {
		return `\` + line
	}
	digits := len(line) - len(strings.TrimLeft(line, "0123456789"))
	if digits > 0 && digits < len(line) && strings.ContainsRune(".)", rune(line[digits])) {
		return line[:digits] + `\` + line[digits:]
	}
	return line
}

func (w *writer) spans(b *strings.Builder, parent ast.Node, at place) {
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		w.span(b, n, at)
	}
}

func (w *writer) span(b *strings.Builder, n ast.Node, at place) {
	around := func(mark string) {
		b.WriteString(mark)
		w.spans(b, n, at)
		b.WriteString(mark)
	}
	switch n := n.(type) {
	case *ast.Text:
		b.WriteString(escape(resolved(n.Segment.Value(w.source)), at))
		switch {
		case n.HardLineBreak() && !at.oneLine:
			b.WriteString("\\\n")
		case n.SoftLineBreak() && !at.oneLine:
			b.WriteString("\n")
		case n.HardLineBreak() || n.SoftLineBreak():
			b.WriteString(" ")
		}
	case *ast.String:
		b.WriteString(escape(string(n.Value), at))
	case *ast.CodeSpan:
		b.WriteString(w.codeSpan(n, at))
	case *ast.Emphasis:
		around(strings.Repeat("*", n.Level))
	case *extension.Strikethrough:
		around("~~")
	case *extension.TaskCheckBox: // a box of a form would have no name for readers by ear
		b.WriteString(map[bool]string{true: "☑ ", false: "☐ "}[n.IsChecked])
	case *ast.AutoLink:
		w.link(b, string(n.URL(w.source)), at, func(at place) { b.WriteString(escape(string(n.Label(w.source)), at)) })
	case *ast.Link:
		w.link(b, resolved(n.Destination), at, func(at place) { w.spans(b, n, at) })
	case *ast.Image:
		w.link(b, resolved(n.Destination), at, func(at place) {
			if n.FirstChild() == nil {
				b.WriteString("image")
			}
			w.spans(b, n, at)
		})
	}
	// Raw HTML is dropped.
}

// link writes a link, or only its text where it may not be one.
func (w *writer) link(b *strings.Builder, to string, at place, label func(place)) {
	address := allowed(to)
	if address == "" || at.inLink {
		label(at)
		return
	}
	b.WriteString("[")
	at.inLink = true
	label(at)
	b.WriteString("](<" + address + ">)")
}

// allowed returns the address as a link may have it, "" where it may not be one.
func allowed(to string) string {
	if strings.HasPrefix(strings.ToLower(to), "www.") {
		to = "http://" + to
	} else if strings.Contains(to, "@") && !strings.Contains(to, ":") {
		to = "mailto:" + to
	}
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "mailto" || u.Scheme != "mailto" && u.Host == "" {
		return ""
	}
	return strings.NewReplacer("<", "%3C", ">", "%3E", `\`, "%5C", "|", "%7C", "\n", "", "&", "&amp;", "$", "%24", "`", "%60", "*", "%2A", "_", "%5F", "~", "%7E").Replace(
		string(util.URLEscape([]byte(u.Scheme+to[len(u.Scheme):]), false)))
}

func (w *writer) codeSpan(n ast.Node, at place) string {
	var content strings.Builder
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if t, ok := c.(*ast.Text); ok {
			content.Write(bytes.ReplaceAll(t.Segment.Value(w.source), []byte("\n"), []byte(" ")))
			if t.SoftLineBreak() {
				content.WriteByte(' ')
			}
		}
	}
	code := content.String()
	fence := "`"
	for strings.Contains(code, fence) {
		fence += "`"
	}
	if strings.HasPrefix(code, "`") || strings.HasSuffix(code, "`") || strings.HasPrefix(code, " ") && strings.HasSuffix(code, " ") && strings.Trim(code, " ") != "" {
		code = " " + code + " "
	}
	if at.inCell {
		code = strings.ReplaceAll(strings.ReplaceAll(code, `\|`, "|"), "|", `\|`)
	}
	return fence + code + fence
}

// resolved returns a text of the source without its escapes and entities, on one line.
func resolved(raw []byte) string {
	var b bytes.Buffer
	w := buffer{&b}
	renderer.DefaultWriter.Write(w, raw)
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return ' '
		}
		return r
	}, html.UnescapeString(b.String()))
}

// buffer is a bytes.Buffer as the library wants it.
type buffer struct{ *bytes.Buffer }

func (buffer) Buffered() int { return 0 }
func (buffer) Flush() error  { return nil }

// escape returns a text so that it means itself.
func escape(text string, at place) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case strings.ContainsRune("\\`*_[]<>&|~$", r), r == '#' && at.inHeading:
			b.WriteByte('\\')
			b.WriteRune(r)
		case r != ' ' && unicode.IsSpace(r): // as itself it would keep emphasis from being one
			b.WriteString("&#" + strconv.Itoa(int(r)) + ";")
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
