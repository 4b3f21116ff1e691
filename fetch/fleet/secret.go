package fleet

import (
	"hash/maphash"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	// Mask replaces a secret in a host name. It doesn't even show the length.
	Mask = "[masked]"
	// shortestMasked is the number of characters from which a secret is masked inside a host name. A shorter one may occur
	// by chance, and masking every "a" would reveal that the password is "a". A secret that is the whole text is hidden at
	// any length.
	shortestMasked = 4
	// shortestHidden is the same for all other texts, which are less likely to contain a secret. They become unknown.
	shortestHidden = 8
)

// ShortestSecret is the number of characters from which a secret is found inside a text of this kind.
func (k Kind) ShortestSecret() int {
	if k == HostName {
		return shortestMasked
	}
	return shortestHidden
}

// SecretHash finds a secret of an instance in what earlier runs left, without containing it.
type SecretHash struct {
	instance           uint64 // hash of the instance's Key as it came, with the same key as sum; 0 without an id
	length, characters int    // of the folded secret; length is in bytes
	sum                uint64 // with a key of this run alone
	// Shown says that a text of the instance, now or earlier, had one of its secrets.
	Shown bool
	Next  *SecretHash // of the same instance; nil for the last
}

// hashKey is never written anywhere.
var hashKey = maphash.MakeSeed()

// NewSecretHash returns the hash of a folded secret of an instance.
func NewSecretHash(instance Key, folded []byte) SecretHash {
	return SecretHash{instance: hashInstance(instance), length: len(folded), characters: utf8.RuneCount(folded),
		sum: maphash.Bytes(hashKey, folded)}
}

func hashInstance(k Key) uint64 {
	if k.IsZero() {
		return 0
	}
	return maphash.Comparable(hashKey, k)
}

// SecretsByKey returns a function that finds the secrets of a list's instances by a key: that of the list, or the one
// that came before its id was hidden or became a pseudonym. It returns nil for a key without secrets.
func SecretsByKey(list []*Instance) func(Key) *SecretHash {
	byKey := map[uint64]*SecretHash{}
	for _, in := range list {
		if in.Secrets != nil {
			byKey[hashInstance(in.Key())], byKey[in.Secrets.instance] = in.Secrets, in.Secrets
		}
	}
	delete(byKey, 0)
	return func(k Key) *SecretHash { return byKey[hashInstance(k)] }
}

// SecretsInNames returns a function that reports whether the name of a region or GPU model shows a secret of an
// instance of which a text, now or earlier, had one.
func SecretsInNames(list []*Instance) func(name string) bool {
	type secret struct {
		length int
		sum    uint64
	}
	secrets, lengths := map[secret]*SecretHash{}, map[int]bool{} // there may be millions
	for _, in := range list {
		for each := in.Secrets; each != nil && each.Shown; each = each.Next {
			secrets[secret{each.length, each.sum}], lengths[each.length] = each, true
		}
	}
	return func(name string) bool {
		folded := Fold(name).Text
		for length := range lengths {
			for at := 0; at+length <= len(folded); at++ {
				found := secrets[secret{length, maphash.Bytes(hashKey, folded[at:at+length])}]
				if found.inName(name) {
					return true
				}
			}
		}
		return false
	}
}

// In reports whether one of the instance's texts in an earlier list shows one of its secrets. s may be nil.
func (s *SecretHash) In(in *Instance) bool {
	for _, f := range Fields {
		if s != nil && f.Text != nil && s.shownIn(f, *f.Text(in)) {
			return true
		}
	}
	return false
}

// HideIn hides the secrets in an instance's texts of an earlier list, as the decoder does in those of this list.
func (s *SecretHash) HideIn(in *Instance) {
	if !s.In(in) {
		return
	}
	for each := s; each != nil; each = each.Next {
		each.Shown = true
	}
	for _, f := range Fields {
		if f.Text == nil || !s.shownIn(f, *f.Text(in)) {
			continue
		}
		text := f.Text(in)
		switch {
		case f.Kind == HostName:
			*text = MaskParts(*text, s.find(f.Kind, *text))
		case f.Kind == Computed:
			*text = UnknownGPU
		default:
			*text = ""
		}
		if s.shownIn(f, *text) {
			*text = ""
		}
	}
}

// inName reports whether the name of a region or GPU model shows one of the secrets.
func (s *SecretHash) inName(name string) bool {
	return s != nil && name != UnknownRegion && name != UnknownGPU && name != CPUOnly && len(s.find(Text, name)) > 0
}

func (s *SecretHash) shownIn(f *Field, text string) bool {
	switch f.Kind {
	case Given:
		return false
	case Computed:
		return s.inName(text)
	}
	return len(s.find(f.Kind, text)) > 0 && !f.IsDocumented(text)
}

// find returns the parts of a text that show a secret, in order.
func (s *SecretHash) find(kind Kind, text string) (found []Span) {
	if s.isLonger(text) {
		return nil
	}
	folded := Fold(text)
	for each := s; each != nil; each = each.Next {
		whole := each.length == len(folded.Text)
		if !whole && each.characters < kind.ShortestSecret() {
			continue
		}
		for at := 0; at+each.length <= len(folded.Text); at++ {
			end := at + each.length
			if utf8.RuneStart(folded.Text[at]) && maphash.Bytes(hashKey, folded.Text[at:end]) == each.sum {
				found = append(found, folded.Original(at, end))
			}
		}
	}
	slices.SortFunc(found, func(a, b Span) int { return a.Start - b.Start })
	return found
}

// isLonger quickly tells that a text is too short for each of the secrets.
func (s *SecretHash) isLonger(text string) bool {
	for each := s; each != nil; each = each.Next {
		if each.length <= len(text) {
			return false
		}
	}
	return IsASCII(text)
}

// MaskParts replaces parts of a text, which must be in order, by the mask. Those that overlap or adjoin share one.
func MaskParts(text string, parts []Span) string {
	masked, end := "", -1
	for _, part := range parts {
		if part.Start > end {
			masked += text[max(0, end):part.Start] + Mask
		}
		end = max(end, part.End)
	}
	masked, _ = CleanText([]byte(masked+text[max(0, end):]), false)
	return masked
}

// HasMask reports whether a part of a text is hidden.
func HasMask(text string) bool {
	return strings.Contains(text, Mask) || strings.Contains(text, addressMask)
}

// DifferByMask reports whether two texts are the same except for what a mask in one of them hides.
func DifferByMask(a, b string) bool { return isMasked(a, b) || isMasked(b, a) }

// isMasked reports whether masked can be text with masks in it.
func isMasked(masked, text string) bool {
	parts := strings.Split(strings.ReplaceAll(masked, addressMask, Mask), Mask)
	last := len(parts) - 1
	rest, found := strings.CutPrefix(text, parts[0])
	for i := 1; found && i < last; i++ {
		_, rest, found = strings.Cut(rest, parts[i])
	}
	return last > 0 && found && strings.HasSuffix(rest, parts[last])
}
