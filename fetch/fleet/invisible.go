package fleet

import (
	"fmt"
	"strings"
	"unicode"
)

const (
	nonJoiner, joiner = '\u200C', '\u200D'
	keycap            = '\u20E3'
)

// Visible returns a text as people see it: each character that nobody sees is shown by its code point, "[U+200B]". So
// no name looks empty, and no two names look the same that aren't. Characters that only shape their neighbours stay, as
// in emoji and in Persian. Files for programs have the text as it came.
func Visible(text string) string {
	if IsASCII(text) || !strings.ContainsFunc(text, isInvisible) {
		return text
	}
	var b strings.Builder
	runes := append([]rune(text), 0)
	var before rune // the last character that is seen, 0 after one that isn't
	for i, r := range runes[:len(runes)-1] {
		switch {
		case !isInvisible(r):
			b.WriteRune(r)
			before = r
		case shapes(before, r, runes[i+1]):
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, "[U+%04X]", r)
			before = 0
		}
	}
	return b.String()
}

// isInvisible reports whether most fonts show nothing for a character. static/explorer/format.js has the same rule.
func isInvisible(r rune) bool {
	switch {
	case r <= '~', unicode.Is(unicode.Prepended_Concatenation_Mark, r), '\U00013430' <= r && r <= '\U0001345F':
		return false // these of Cf are seen
	}
	return r == '\u2800' || unicode.In(r, unicode.Cf, unicode.Variation_Selector,
		unicode.Other_Default_Ignorable_Code_Point)
}

// shapes reports whether an invisible character changes how its neighbours look: a variation selector the symbol before
// it, a joiner or non-joiner the characters around it.
func shapes(before, r, after rune) bool {
	switch {
	case r == joiner || r == nonJoiner:
		return isShaped(before) && isShaped(after)
	case unicode.Is(unicode.Variation_Selector, r):
		return isShaped(before) || after == keycap && before != 0
	}
	return false
}

func isShaped(r rune) bool {
	return r > '~' && unicode.In(r, unicode.Lo, unicode.M, unicode.S, unicode.Po) && !isInvisible(r)
}
