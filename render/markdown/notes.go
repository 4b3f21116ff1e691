// Package markdown writes summary.md and turns Markdown into safe HTML for pages. The summary contains the author's
// notes unchanged.
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

// MaxNotes is the maximum size of notes in bytes. The summary has no room for more, and the time to parse hostile
// Markdown grows with the square of its length.
const MaxNotes = 32 << 10

const (
	maxCells     = 100_000       // in tables: Markdown pads each row to the length of the first
	maxNotesHTML = 16 * MaxNotes // bytes
)

// ParseNotes returns the author's notes for the summary: byte for byte, but without a byte order mark and front matter.
// They end in a line feed and, if they leave anything open, in lines that close it. They are "" if the source is blank.
// Each warning says what the pages don't show, and in which lines of the source.
func ParseNotes(source []byte) (notes string, warnings []string, err error) {
	if len(source) > MaxNotes {
		return "", nil, fmt.Errorf("longer than %d bytes", MaxNotes)
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
		return "", nil, fmt.Errorf("longer than %d bytes once open elements are closed", MaxNotes)
	}
	page, problems, err := render(document, source)
	if err != nil {
		return "", nil, err
	}
	if len(page) > maxNotesHTML {
		return "", nil, fmt.Errorf("longer than %d bytes as HTML", maxNotesHTML)
	}
	return withFinalLineFeed(notes) + end, warningLines(problems, above), nil
}

// NotesHTML returns notes as HTML, once for each root. A root is the prefix of relative links: the path from a page to
// the site's folder, or the site's address. It is "" or ends with a slash.
func NotesHTML(notes string, roots ...string) (pages []string, err error) {
	source := []byte(withLineFeeds(notes))
	page, _, err := render(notesSyntax.Parser().Parse(text.NewReader(source)), source)
	for _, root := range roots {
		// Text can't be mistaken for a link: its angle brackets are escaped.
		pages = append(pages, strings.ReplaceAll(page, `<a href="`+relativeRoot, `<a href="`+html.EscapeString(root)))
	}
	return pages, err
}

// render returns a tree of notes as HTML, and the line numbers of what it removed, by problem.
func render(document ast.Node, source []byte) (page string, problems map[string][]int, err error) {
	problems = adapt(document, source)
	var b strings.Builder
	err = notesSyntax.Renderer().Render(&b, source, document)
	page = footnoteID.ReplaceAllString(b.String(), "$1-")
	return strings.Map(printable, page), problems, err
}

// footnoteID matches goldmark's footnote IDs up to their colon. HTML allows the colon, but validators warn about it.
var footnoteID = regexp.MustCompile(`(<(?:sup|li) id="notes-fn(?:ref\d*)?|<a href="#notes-fn(?:ref\d*)?):`)

func withFinalLineFeed(text string) string {
	if strings.HasSuffix(text, "\n") {
		return text
	}
	return text + "\n"
}

func withLineFeeds(text string) string {
	return strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
}

// frontMatterLength returns the length in bytes of the front matter: from a first line "---" to the next "---".
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

// printable returns U+FFFD for characters that a page must not contain, or that change the direction of text.
func printable(r rune) rune {
	isNoncharacter := r >= 0xFDD0 && r <= 0xFDEF || r&0xFFFE == 0xFFFE
	if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || isNoncharacter) {
		return unicode.ReplacementChar
	}
	return r
}

// warningLines returns a warning for each problem, with its first line numbers. above is the number of lines above the
// notes in the source.
func warningLines(problems map[string][]int, above int) (texts []string) {
	const named = 5
	for _, problem := range slices.Sorted(maps.Keys(problems)) {
		slices.Sort(problems[problem]) // footnotes come last, wherever they are written
		lines := slices.Compact(problems[problem])
		var names []string
		for _, line := range lines[:min(len(lines), named)] {
			names = append(names, "line "+strconv.Itoa(above+line))
		}
		more := ""
		if len(lines) > named {
			more = fmt.Sprintf(" and %d more", len(lines)-named)
		}
		texts = append(texts, strings.Join(names, ", ")+more+": "+problem)
	}
	return texts
}
