package report

import (
	"cmp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// compareNatural orders texts as people do: numbers inside count as numbers ("node-9" before "node-10"), and
// case matters only between texts that are otherwise the same.
func compareNatural(a, b string) int {
	if c := compareFolded(a, b); c != 0 {
		return c
	}
	return strings.Compare(a, b)
}

func compareFolded(a, b string) int {
	for a != "" && b != "" {
		if isDigit(a[0]) && isDigit(b[0]) {
			numberA, restA := leadingNumber(a)
			numberB, restB := leadingNumber(b)
			if c := cmp.Or(cmp.Compare(len(numberA), len(numberB)), strings.Compare(numberA, numberB)); c != 0 {
				return c
			}
			a, b = restA, restB
			continue
		}
		runeA, sizeA := utf8.DecodeRuneInString(a)
		runeB, sizeB := utf8.DecodeRuneInString(b)
		if c := cmp.Compare(unicode.ToLower(runeA), unicode.ToLower(runeB)); c != 0 {
			return c
		}
		a, b = a[sizeA:], b[sizeB:]
	}
	return cmp.Compare(len(a), len(b))
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
