// Package markdown writes summary.md and turns Markdown into HTML that is safe on a page. It takes in the author's
// own notes, which stand in the summary as written.
package markdown

import (
	"bytes"
	"errors"
	"fmt"
	"html"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"
)

// MaxNotes is how long notes may be, in bytes. The summary has no room for more, and parsing hostile Markdown takes
// time that grows with the square of its length.
const MaxNotes = 32 << 10

const (
	maxCells     = 100_000       // of the notes' tables: Markdown fills each row to the length of the first
	maxNotesHTML = 16 * MaxNotes // bytes
)

// ParseNotes returns the author's notes as they stand in the summary: byte for byte, without a byte order mark and
// without front matter. A line feed ends them, and if they leave anything open, lines that close it follow. They are
// "" if the source is blank. Each warning says what the pages leave out, and in which lines of the source.
func ParseNotes(source []byte) (notes string, warnings []string, err error) {
	if len(source) > MaxNotes {
		return "", nil, fmt.Errorf("longer than %d bytes: the summary has no room for more", MaxNotes)
	}
	if !utf8.Valid(source) {
		return "", nil, errors.New("not in UTF-8")
	}
	notes = string(bytes.TrimPrefix(source, []byte("\uFEFF")))
	frontMatter := frontMatterLength(notes)
	above := strings.Count(notes[:frontMatter], "\n")
	notes = notes[frontMatter:]
	if strings.TrimSpace(notes) == "" {
		return "", nil, nil
	}
	if hasLargeTable(withLineFeeds(notes)) {
		return "", nil, errors.New("a table is too large")
	}
	source = []byte(withLineFeeds(notes) + afterNotes)
	document := notesSyntax.Parser().Parse(text.NewReader(source))
	end, err := closing(document, source)
	if err != nil {
		return "", nil, err
	}
	if len(notes)+len(end) > MaxNotes && end != "" {
		return "", nil, fmt.Errorf("longer than %d bytes once all that is open is closed", MaxNotes)
	}
	page, left, err := render(document, source)
	if err != nil {
		return "", nil, err
	}
	if len(page) > maxNotesHTML {
		return "", nil, fmt.Errorf("longer than %d bytes as HTML", maxNotesHTML)
	}
	return withEnd(notes) + end, warningLines(left, above), nil
}

// NotesHTML returns notes as HTML for pages, one for each root. A root leads from a page to the folder of the site,
// where relative links begin: "" or a path or an address with a slash at its end.
func NotesHTML(notes string, roots ...string) (pages []string, err error) {
	source := []byte(withLineFeeds(notes))
	page, _, err := render(notesSyntax.Parser().Parse(text.NewReader(source)), source)
	for _, root := range roots {
		// Text can't be mistaken for a link: its angle brackets are escaped.
		pages = append(pages, strings.ReplaceAll(page, `<a href="`+hereRoot, `<a href="`+html.EscapeString(root)))
	}
	return pages, err
}

// render returns a tree of notes as HTML, and the lines of what is left out, by what it is.
func render(document ast.Node, source []byte) (page string, left map[string][]int, err error) {
	left = adapt(document, source)
	var b strings.Builder
	err = notesSyntax.Renderer().Render(&b, source, document)
	page = footnoteID.ReplaceAllString(b.String(), "$1-")
	return strings.Map(shown, page), left, err
}

// footnoteID matches goldmark's ids of footnotes up to their colon, which HTML allows but validators warn of.
var footnoteID = regexp.MustCompile(`(<(?:sup|li) id="notes-fn(?:ref\d*)?|<a href="#notes-fn(?:ref\d*)?):`)

// withEnd returns text with a line feed at its end.
func withEnd(text string) string {
	if strings.HasSuffix(text, "\n") {
		return text
	}
	return text + "\n"
}

func withLineFeeds(text string) string {
	return strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
}

// frontMatterLength returns how many bytes of text are front matter: the lines from a "---" in the first line to the
// next "---".
func frontMatterLength(text string) int {
	length := 0
	for line := range strings.Lines(text) {
		isFence := strings.TrimRight(line, " \t\r\n") == "---"
		if length == 0 && !isFence {
			return 0
		}
		if length += len(line); isFence && length > len(line) {
			return length
		}
	}
	return 0
}

func hasLargeTable(text string) bool {
	widest := 0
	for line := range strings.Lines(text) {
		widest = max(widest, strings.Count(line, "|"))
	}
	return widest*strings.Count(text, "\n") > maxCells
}

// shown returns U+FFFD for a character that no page may hold, or that would turn the text around it.
func shown(r rune) rune {
	isNoncharacter := r >= 0xFDD0 && r <= 0xFDEF || r&0xFFFE == 0xFFFE
	if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || isNoncharacter) {
		return unicode.ReplacementChar
	}
	return r
}

// warningLines returns a sentence for each thing that is left out, with the first of its lines. above is how many
// lines of the source are above the notes.
func warningLines(left map[string][]int, above int) (texts []string) {
	const named = 5
	for _, what := range slices.Sorted(maps.Keys(left)) {
		slices.Sort(left[what]) // footnotes come last, wherever they are written
		lines := slices.Compact(left[what])
		var names []string
		for _, line := range lines[:min(len(lines), named)] {
			names = append(names, "line "+strconv.Itoa(above+line))
		}
		more := ""
		if len(lines) > named {
			more = fmt.Sprintf(" and %d more", len(lines)-named)
		}
		texts = append(texts, strings.Join(names, ", ")+more+": "+what)
	}
	return texts
}
