package report

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// compareNatural orders texts as people do: numbers inside count as numbers ("node-9" before "node-10"), and
// case matters only between texts that are otherwise the same.
func compareNatural(a, b string) int {
	if a == b {
		return 0
	}
	var keyA, keyB [64]byte
	same := commonStart(a, b) // long names that differ at their ends alone would take time
	if c := bytes.Compare(appendNaturalKey(keyA[:0], a[same:]), appendNaturalKey(keyB[:0], b[same:])); c != 0 {
		return c
	}
	return strings.Compare(a, b)
}

// commonStart returns how many bytes two texts begin with in common. It stops before a number or a character that
// does not end within them.
func commonStart(a, b string) int {
	n, most := 0, min(len(a), len(b))
	for n < most && a[n] == b[n] {
		n++
	}
	inside := func(text string) bool { return n < len(text) && !utf8.RuneStart(text[n]) }
	for n > 0 && (inside(a) || inside(b)) {
		n--
	}
	for n > 0 && isDigit(a[n-1]) {
		n--
	}
	return n
}

// appendNaturalKey appends to a buffer what orders a text, byte by byte, as compareNatural does but for case and leading zeros.
func appendNaturalKey(to []byte, text string) []byte {
	for text != "" {
		c := text[0]
		switch {
		case isDigit(c):
			// A digit says that a number comes, and stands to all other characters as one. Then its length: the longer is the larger.
			var number string
			number, text = leadingNumber(text)
			to = append(to, '0')
			length := len(number)
			for ; length >= 0xFF; length -= 0xFF {
				to = append(to, 0xFF)
			}
			to = append(append(to, byte(length)), number...)
			continue
		case c < utf8.RuneSelf:
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			to, text = append(to, c), text[1:]
		default:
			char, size := utf8.DecodeRuneInString(text)
			to, text = utf8.AppendRune(to, unicode.ToLower(char)), text[size:]
		}
	}
	return to
}

// leadingNumber splits the digits off the front of text and drops their leading zeros, so that of two numbers
// the longer is the larger.
func leadingNumber(text string) (number, rest string) {
	end := 0
	for end < len(text) && isDigit(text[end]) {
		end++
	}
	return strings.TrimLeft(text[:end], "0"), text[end:]
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
