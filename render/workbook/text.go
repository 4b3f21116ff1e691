package workbook

import (
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// In a workbook's text _x003D_ means "=", and a text that has such a thing is written with the underscore before it
// as _x005F_. excelize's own escaping misses what overlaps (_x003D_x003D_) and surrogates (_xD83D_), so the
// underscores are marked before it, and the archive puts the escape where the marks are. The marker is a
// noncharacter, which no text from the API has: decoding replaced them.
const (
	marker            = "\uFDD0"
	emptyMarker       = "\uFDD1" // stands for an empty text where a cell must hold one: for "" excelize writes nothing
	markerPrefix      = "\xef\xb7"
	escapedUnderscore = "_x005F_"
)

// maxHeaderTitle is how much of a title a page header shows, in UTF-16 units: the whole header may have 255.
const maxHeaderTitle = 80

// escapeUnderscores marks each underscore that begins something of the form _xHHHH_.
func escapeUnderscores(text string) string {
	if strings.Contains(text, markerPrefix) {
		text = strings.NewReplacer(marker, string(utf8.RuneError), emptyMarker, string(utf8.RuneError)).Replace(text)
	}
	return replaceUnderscores(text, marker)
}

func replaceUnderscores(text, with string) string {
	if !strings.Contains(text, "_x") {
		return text
	}
	var b strings.Builder
	for i := range len(text) {
		if isEscape(text[i:]) {
			b.WriteString(with)
		} else {
			b.WriteByte(text[i])
		}
	}
	return b.String()
}

// isEscape reports whether text begins with _xHHHH_.
func isEscape(text string) bool {
	if len(text) < 7 || text[:2] != "_x" || text[6] != '_' {
		return false
	}
	return strings.Trim(text[2:6], "0123456789abcdefABCDEF") == ""
}

// isProvoking reports whether Excel would take text for a formula, or drop its first character, once someone edits
// the cell. Such text gets a style with quotePrefix.
func isProvoking(text string) bool { return text != "" && strings.IndexByte("=+-@'\t\r", text[0]) >= 0 }

// oneLine returns the user's own text without control characters and line breaks.
func oneLine(text string) string {
	spaced := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r) || r == '\u2028' || r == '\u2029':
			return ' '
		case string(r) == marker || string(r) == emptyMarker:
			return utf8.RuneError
		}
		return r
	}, strings.ToValidUTF8(text, string(utf8.RuneError)))
	return strings.TrimSpace(spaced)
}

// clip returns text of at most so many UTF-16 units, cut with "…" where it is longer. Excel refuses longer cells, and
// excelize cuts them without a sign.
func clip(text string, units int) string {
	if len(text) <= units { // no text has more units than bytes
		return text
	}
	used, end := 0, 0
	for i, r := range text {
		if used < units { // room for the "…" is left
			end = i
		}
		if used += max(1, utf16.RuneLen(r)); used > units {
			return text[:end] + "…"
		}
	}
	return text
}

// cellText returns text as a cell holds it.
func cellText(text string) string { return escapeUnderscores(clip(text, excelize.TotalCellChars)) }

// headerText returns text as a page's header or footer holds it: & begins a code there.
func headerText(text string) string {
	return strings.ReplaceAll(replaceUnderscores(text, escapedUnderscore), "&", "&&")
}

// textWidth returns how wide text stands, in digits: East Asian characters and emoji count twice.
func textWidth(text string) int {
	width := 0
	for _, r := range text {
		width++
		if isWide(r) {
			width++
		}
	}
	return width
}

func isWide(r rune) bool {
	return r >= 0x1100 && (r <= 0x115F || r >= 0x2E80 && r <= 0xD7FF || r >= 0xF900 && r <= 0xFAFF ||
		r >= 0xFE30 && r <= 0xFE6F || r >= 0xFF00 && r <= 0xFF60 || r >= 0x1F300)
}

// wrappedLines returns how many lines text takes in so many characters, broken between words. A word that is wider
// than a line counts as one.
func wrappedLines(text string, width int) int {
	lines, used := 1, 0
	for word := range strings.FieldsSeq(text) {
		needs := textWidth(word)
		if used > 0 && used+1+needs > width {
			lines, used = lines+1, 0
		}
		if used > 0 {
			used++
		}
		used += needs
	}
	return lines
}
