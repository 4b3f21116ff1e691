package report

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
	"strings"
)

// Compare orders two known values of a type: texts as people do, amounts exactly.
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

// SortByText sorts items by a text of each as people do.
func SortByText[T any](items []T, text func(T) string) {
	sortByKey(items, func(to []byte, item T) []byte { return appendNaturalKey(to, text(item)) },
		func(a, b T) int { return strings.Compare(text(a), text(b)) })
}

// sortByKey sorts items by a key of each, byte by byte, and those of the same key as compare says; where that too finds them equal
// they keep their order. A key is made once, and most comparisons see its first eight bytes alone.
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
