package fleet

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxText is the largest number of characters (code points) in a text, including the "…" of a shortened one. Real
// texts have at most 100, and each is written into a dozen files.
const MaxText = 256

// CleanText cleans a text for all outputs, like Clean, and shortens it to MaxText characters. If it does, the text ends
// in "…" and cut is true. truncated says that text is only the beginning of a longer text.
func CleanText(text []byte, truncated bool) (clean string, cut bool) {
	text = Clean(text)
	if !truncated && (len(text) <= MaxText || utf8.RuneCount(text) <= MaxText) {
		return string(text), false
	}
	return shortened(text), true
}

// shortened returns the first MaxText-1 characters of a text and "…".
func shortened(text []byte) string {
	runes := []rune(string(text))
	return strings.TrimSpace(string(runes[:min(len(runes), MaxText-1)])) + "…"
}

// Clean replaces tabs and line breaks by spaces, and other control characters, bidirectional overrides and
// noncharacters by U+FFFD. It trims blanks at both ends. The result shares memory with text if it can.
func Clean(text []byte) []byte {
	if !IsASCII(text) {
		text = bytes.Map(cleanRune, text)
	}
	return bytes.TrimSpace(text)
}

// IsASCII reports whether a text has only printable ASCII characters, as most have.
func IsASCII[T string | []byte](text T) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' {
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

// RestoreText reads a text that an earlier run made with CleanText, and shortens it if MaxText was larger then. ok is
// false if CleanText can't have made it.
func RestoreText(text []byte) (clean string, ok bool) {
	if len(text) == 0 || !bytes.Equal(text, Clean(text)) {
		return "", false
	}
	if len(text) > MaxText && utf8.RuneCount(text) > MaxText {
		return shortened(text), true
	}
	return string(text), true
}
