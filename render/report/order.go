package report

import "cmp"

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

// CompareTexts orders texts as people do.
func CompareTexts(a, b string) int { return compareNatural(a, b) }
