package report

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Compare orders two known values of a type: texts in natural order, amounts exactly.
func Compare(typ Type, a, b Value) int {
	switch typ {
	case Count, Size:
		return cmp.Compare(a.Number, b.Number)
	case Money:
		return a.Money.Cmp(b.Money)
	case Time:
		return a.Time.Compare(b.Time)
	default:
		return compareNatural(a.Text, b.Text)
	}
}

// SortByText sorts items by their texts in natural order.
func SortByText[T any](items []T, text func(T) string) {
	sortByKey(items, func(to []byte, item T) []byte { return appendNaturalKey(to, text(item)) },
		func(a, b T) int { return strings.Compare(text(a), text(b)) })
}

// sortByKey sorts items by their keys, byte by byte, then by compare. Equal items keep their order. Each key is made
// once, and most comparisons need only its first eight bytes.
func sortByKey[T any](items []T, appendKey func(to []byte, item T) []byte, compare func(a, b T) int) {
	type keyed struct {
		first      uint64
		start, end int // of the whole key
		item       T
	}
	var keys []byte
	all := make([]keyed, len(items))
	for i, item := range items {
		start := len(keys)
		keys = appendKey(keys, item)
		var first [8]byte
		copy(first[:], keys[start:])
		all[i] = keyed{binary.BigEndian.Uint64(first[:]), start, len(keys), item}
	}
	slices.SortFunc(all, func(a, b keyed) int {
		if a.first != b.first {
			return cmp.Compare(a.first, b.first)
		}
		if c := bytes.Compare(keys[a.start:a.end], keys[b.start:b.end]); c != 0 {
			return c
		}
		if c := compare(a.item, b.item); c != 0 {
			return c
		}
		return cmp.Compare(a.start, b.start)
	})
	for i := range all {
		items[i] = all[i].item
	}
}

// compareNatural compares texts in natural order: numbers inside count as numbers ("node-9" before "node-10"), and
// case matters only between texts that are otherwise equal.
func compareNatural(a, b string) int {
	if a == b {
		return 0
	}
	var keyA, keyB [64]byte
	same := commonStart(a, b) // saves time on long names that differ only at the end
	if c := bytes.Compare(appendNaturalKey(keyA[:0], a[same:]), appendNaturalKey(keyB[:0], b[same:])); c != 0 {
		return c
	}
	return strings.Compare(a, b)
}

// commonStart returns the length in bytes of the start that two texts share. It never ends inside a number or a
// character.
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

// appendNaturalKey appends a key that orders texts, byte by byte, as compareNatural does, except for case and leading
// zeros.
func appendNaturalKey(to []byte, text string) []byte {
	for text != "" {
		c := text[0]
		switch {
		case isDigit(c):
			// A digit starts the number, so that it sorts among other characters as a digit does. Then comes the
			// number's length: the longer number is the larger.
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

// leadingNumber splits the digits off the front of text and drops their leading zeros, so that the longer of two
// numbers is the larger.
func leadingNumber(text string) (number, rest string) {
	end := 0
	for end < len(text) && isDigit(text[end]) {
		end++
	}
	return strings.TrimLeft(text[:end], "0"), text[end:]
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
