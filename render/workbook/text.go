package workbook

import (
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"gpufleet/fetch/fleet"
)

// In a workbook's text _x003D_ means "=". A text that really contains that is written with _x005F_ for its first
// underscore. excelize's own escaping misses overlaps (_x003D_x003D_) and surrogates (_xD83D_). So the underscores are
// replaced by markers before excelize sees them, and the archive replaces the markers by the escape. The markers are
// noncharacters, which no text from the API contains: decoding replaces them.
const (
	marker            = "\uFDD0"
	emptyMarker       = "\uFDD1" // an empty text, for which excelize would write nothing
	markerPrefix      = "\xef\xb7"
	escapedUnderscore = "_x005F_"
)

// maxHeaderTitle is the longest title in a page header, in UTF-16 units. Excel limits the whole header to 255.
const maxHeaderTitle = 80

// escapeUnderscores replaces each underscore that begins an escape _xHHHH_ by a marker.
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

// needsQuotePrefix reports whether Excel would take text for a formula, or drop its first character, when someone
// edits the cell. The cell's style then gets a quotePrefix.
func needsQuotePrefix(text string) bool {
	return text != "" && strings.IndexByte("=+-@'\t\r", text[0]) >= 0
}

// oneLine returns text without line breaks and other control characters, and without our markers.
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

// clip shortens text to a maximum number of UTF-16 units, with "…" at the end. Excel refuses longer cells; excelize
// would cut them without a sign.
func clip(text string, units int) string {
	if len(text) <= units { // no text has more units than bytes
		return text
	}
	used, end := 0, 0
	for i, r := range text {
		if used < units { // there is room for the "…"
			end = i
		}
		if used += max(1, utf16.RuneLen(r)); used > units {
			return text[:end] + "…"
		}
	}
	return text
}

// cellText returns text in the form that a cell takes.
func cellText(text string) string {
	return escapeUnderscores(clip(fleet.Visible(text), excelize.TotalCellChars))
}

// headerText returns text in the form that a page header or footer takes, where & begins a code.
func headerText(text string) string {
	return strings.ReplaceAll(replaceUnderscores(text, escapedUnderscore), "&", "&&")
}

// textWidth returns the width of text in digits. East Asian characters and emoji count as two.
func textWidth(text string) int {
	width := 0
	for _, r := range fleet.Visible(text) {
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

// wrappedLines returns how many lines text takes when it wraps between words at a width in digits. A wider word
// takes one line.
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
