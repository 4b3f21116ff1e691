package fleet

import (
	"slices"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Folded is a text in the form in which it is compared with secrets and searched for addresses: case folded, NFKC,
// without the characters that nobody sees and blanks at the ends. It knows which part of the original each of its bytes
// comes from.
type Folded struct {
	Text []byte
	from []Span // for each byte of Text, the part of the original; nil if both have the same length and order
}

// Span is a part of a text: the bytes from Start to before End.
type Span struct{ Start, End int }

// Fold folds a text of valid UTF-8.
func Fold(text string) Folded {
	if folded, ok := FoldASCII(text, make([]byte, 0, len(text))); ok {
		return folded
	}
	return foldAny(text)
}

// FoldASCII folds a text of printable ASCII characters, as most are. The result is in scratch if that is large enough.
// ok is false for any other text.
func FoldASCII[T string | []byte](text T, scratch []byte) (folded Folded, ok bool) {
	scratch = scratch[:0]
	for i := range len(text) {
		c := text[i]
		switch {
		case c < ' ', c > '~':
			return Folded{}, false
		case 'A' <= c && c <= 'Z':
			c += 'a' - 'A'
		}
		scratch = append(scratch, c)
	}
	return Folded{Text: scratch}, true
}

// Original returns the part of the original that a part of the folded text comes from, in whole characters. Both reach
// from start to before end; the folded part must not be empty.
func (f Folded) Original(start, end int) Span {
	if f.from == nil {
		return Span{start, end}
	}
	return Span{f.from[start].Start, f.from[end-1].End}
}

// foldedRune is a character of a folded text, and the part of the original that it comes from.
type foldedRune struct {
	r    rune
	from Span
}

func foldAny(text string) Folded {
	runes := make([]foldedRune, 0, len(text))
	for i, r := range text {
		runes = append(runes, foldedRune{r, Span{i, i + utf8.RuneLen(r)}})
	}
	unseen := func(r foldedRune) bool { return isUnseen(r.r) }
	// Each step can make work for the others: NFKC turns a circled letter into a capital one.
	for range 3 {
		before := len(runes)
		runes = caseFolded(slices.DeleteFunc(runes, unseen))
		normal, changed := normalized(runes)
		if runes = normal; !changed && len(runes) == before {
			break
		}
	}
	runes = trimmed(slices.DeleteFunc(runes, unseen))
	f := Folded{make([]byte, 0, len(text)), make([]Span, 0, len(text))}
	for _, r := range runes {
		f.Text = utf8.AppendRune(f.Text, r.r)
		for len(f.from) < len(f.Text) {
			f.from = append(f.from, r.from)
		}
	}
	return f
}

// trimmed returns the characters without blanks at both ends: unseen characters may have kept Clean from trimming them.
func trimmed(runes []foldedRune) []foldedRune {
	for len(runes) > 0 && unicode.IsSpace(runes[0].r) {
		runes = runes[1:]
	}
	for len(runes) > 0 && unicode.IsSpace(runes[len(runes)-1].r) {
		runes = runes[:len(runes)-1]
	}
	return runes
}

// isUnseen reports whether a character is a format character, or one that most fonts show as nothing: of zero width, a
// variation selector, a filler. U+FFFD counts as one, since Clean puts it in the place of controls.
func isUnseen(r rune) bool {
	return r > '~' && (r == unicode.ReplacementChar || unicode.In(r, unicode.Cc, unicode.Cf,
		unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point))
}

func caseFolded(runes []foldedRune) []foldedRune {
	folded, fold := make([]foldedRune, 0, len(runes)), cases.Fold()
	for _, r := range runes {
		switch {
		case r.r < utf8.RuneSelf:
			folded = append(folded, foldedRune{unicode.ToLower(r.r), r.from})
		case !unicode.In(r.r, unicode.L, unicode.M, unicode.Nl, unicode.So), unicode.Is(unicode.Lo, r.r):
			folded = append(folded, r) // it has no case
		case unicode.Is(unicode.Cherokee, r.r): // x/text turns capitals into small letters and the other way round
			folded = append(folded, foldedRune{unicode.ToUpper(r.r), r.from})
		default:
			for _, each := range fold.String(string(r.r)) {
				folded = append(folded, foldedRune{each, r.from})
			}
		}
	}
	return folded
}

// normalized returns the characters in NFKC, and whether they differ. Those of a segment, such as a letter and its
// accents, come from all of its original characters.
func normalized(runes []foldedRune) (normal []foldedRune, changed bool) {
	text, from := make([]byte, 0, 2*len(runes)), make([]Span, 0, 2*len(runes)) // from is for each byte of text
	for _, r := range runes {
		text = utf8.AppendRune(text, r.r)
		for len(from) < len(text) {
			from = append(from, r.from)
		}
	}
	if norm.NFKC.IsNormal(text) {
		return runes, false
	}
	var all norm.Iter
	all.Init(norm.NFKC, text)
	for !all.Done() {
		start := all.Pos()
		segment := string(all.Next())
		part := Span{from[start].Start, from[max(start, all.Pos()-1)].End}
		for _, r := range segment {
			normal = append(normal, foldedRune{r, part})
		}
	}
	return normal, true
}
