package fetch

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxText is how many characters of a text are kept, the "…" that stands for the rest included.
const maxText = 1024

// cleanText makes a text fit to be shown, once for all outputs: tab and newlines become a space, the other
// control characters, bidirectional overrides and noncharacters U+FFFD; blanks at both ends go. What is
// longer than maxText characters ends in "…", and cut is true. more says that text is only the beginning.
func cleanText(text []byte, more bool) (clean string, cut bool) {
	if !more && isPlain(text) {
		return string(bytes.TrimSpace(text)), false
	}
	var b strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		b.WriteRune(cleanRune(r))
		text = text[size:]
	}
	clean = strings.TrimSpace(b.String())
	if !more && utf8.RuneCountInString(clean) <= maxText {
		return clean, false
	}
	runes := []rune(clean)
	return strings.TrimSpace(string(runes[:min(len(runes), maxText-1)])) + "…", true
}

// isPlain reports whether cleaning would change no more than the blanks at both ends.
func isPlain(text []byte) bool {
	for _, c := range text {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return len(text) <= maxText
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
