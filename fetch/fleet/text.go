package fleet

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxText is how many characters of a text are kept, the "…" that stands for the rest included.
const MaxText = 1024

// CleanText makes a text fit to be shown, once for all outputs, as Clean does. What is longer than MaxText characters
// ends in "…", and cut is true. more says that text is only the beginning.
func CleanText(text []byte, more bool) (clean string, cut bool) {
	text = Clean(text)
	if !more && (len(text) <= MaxText || utf8.RuneCount(text) <= MaxText) {
		return string(text), false
	}
	return shortened(text), true
}

// shortened returns a text cut to MaxText characters.
func shortened(text []byte) string {
	runes := []rune(string(text))
	return strings.TrimSpace(string(runes[:min(len(runes), MaxText-1)])) + "…"
}

// Clean returns a text with a space for tab and newlines and U+FFFD for the other control characters, bidirectional
// overrides and noncharacters, without blanks at both ends. It is a part of text where nothing else changes.
func Clean(text []byte) []byte {
	if !isASCII(text) {
		text = bytes.Map(cleanRune, text)
	}
	return bytes.TrimSpace(text)
}

// isASCII reports whether a text has printable ASCII characters alone, as most have.
func isASCII(text []byte) bool {
	for _, c := range text {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}

func cleanRune(r rune) rune {
	switch {
	case r == '\t', r == '\n', r == '\r', r == '\u0085', r == '\u2028', r == '\u2029':
		return ' '
	case unicode.IsControl(r),
		'\u202A' <= r && r <= '\u202E', '\u2066' <= r && r <= '\u2069', // embeddings, overrides, isolates
		'\uFDD0' <= r && r <= '\uFDEF', r&0xFFFE == 0xFFFE: // noncharacters
		return unicode.ReplacementChar
	}
	return r
}

// RestoreText reads a text that an earlier run made with CleanText. It is cut where MaxText was larger then. ok is
// false for a text that no run can have made.
func RestoreText(text []byte) (clean string, ok bool) {
	if len(text) == 0 || !bytes.Equal(text, Clean(text)) {
		return "", false
	}
	if len(text) > MaxText && utf8.RuneCount(text) > MaxText {
		return shortened(text), true
	}
	return string(text), true
}
