package fetch

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/jsonscan"
)

const (
	// keepSecret is how many characters of a plain secret are compared. No text that is shown is longer.
	keepSecret = 4 * fleet.MaxText
	// maxSecrets is how many secrets of a row are compared. Each text of a row with more is hidden.
	maxSecrets = 32
	// secretDepth is how deep the members of a row are searched for secrets. Those of the row itself have depth 1.
	secretDepth = 4
)

// secrets are the passwords and keys of the current row, which its texts must not show: people do put passwords into
// names. A row may have them before its texts or after, so they are kept until the end of the row, and then wiped.
type secrets struct {
	folded  [][]byte // each once; no empty ones
	buffer  []byte   // contains them
	scratch []byte   // contains the text that was folded last
	tooMany bool
	// shortest is the length of the shortest secret, in bytes.
	shortest int
	texts    map[string]fleet.Folded // that rows share and whose folding takes long
	names    map[string]bool         // of members, and whether they are those of secrets
}

// secretWords and plainEndings decide by its name whether a member is a secret (see isSecretName).
var (
	secretWords = []string{
		"password", "passwd", "passphrase", "secret", "token", "privatekey", "apikey", "sshkey",
	}
	plainEndings = []string{"id", "name", "type", "count", "set", "at"}
)

// isSecretName reports whether a member contains a secret. Its value is then only compared with the row's texts. A name
// whose end was cut may be that of a secret.
func (s *secrets) isSecretName(name []byte) bool {
	if len(name) > jsonscan.MaxName-utf8.UTFMax {
		return true
	}
	known, ok := s.names[string(name)]
	if ok {
		return known
	}
	folded := strings.ReplaceAll(strings.ReplaceAll(string(fleet.Fold(string(name)).Text), "_", ""), "-", "")
	isSecret := slices.ContainsFunc(secretWords, func(word string) bool { return strings.Contains(folded, word) }) &&
		!slices.ContainsFunc(plainEndings, func(end string) bool { return strings.HasSuffix(folded, end) })
	if len(s.names) < maxShared {
		s.names[string(name)] = isSecret
	}
	return isSecret
}

// add adds a secret, cleaned as a report would show it.
func (s *secrets) add(text []byte) {
	folded := s.foldSecret(fleet.Clean(text))
	same := func(other []byte) bool { return bytes.Equal(folded, other) }
	switch {
	case len(folded) == 0 || slices.ContainsFunc(s.folded, same):
	case len(s.folded) == maxSecrets:
		s.tooMany = true
	default:
		start := len(s.buffer)
		s.buffer = append(s.buffer, folded...)
		s.folded = append(s.folded, s.buffer[start:len(s.buffer):len(s.buffer)])
		if s.shortest == 0 || len(folded) < s.shortest {
			s.shortest = len(folded)
		}
	}
}

// foldSecret folds a secret. Much of one that isn't plain may be unseen, so all of it is folded.
func (s *secrets) foldSecret(text []byte) []byte {
	folded, ok := fleet.FoldASCII(text[:min(len(text), keepSecret)], s.scratch)
	if !ok {
		return fleet.Fold(string(text)).Text
	}
	s.scratch = folded.Text[:0]
	return folded.Text
}

// fold folds a text. The result is valid until the next call. It is kept for texts that many rows share.
func (s *secrets) fold(text string, isShared bool) fleet.Folded {
	if folded, ok := fleet.FoldASCII(text, s.scratch); ok {
		s.scratch = folded.Text[:0]
		return folded
	}
	folded, ok := s.texts[text]
	if !ok {
		folded = fleet.Fold(text)
	}
	if isShared && !ok && len(s.texts) < maxShared {
		s.texts[text] = folded
	}
	return folded
}

// wipe erases the secrets. Slices that were reallocated are left to the garbage collector.
func (s *secrets) wipe() {
	clear(s.buffer)
	clear(s.scratch[:cap(s.scratch)])
	clear(s.folded)
	s.folded, s.buffer, s.scratch, s.tooMany, s.shortest = s.folded[:0], s.buffer[:0], s.scratch[:0], false, 0
}

// readUnknown reads the value of a member that no field has, and keeps the secrets in it.
func (r *rowReader) readUnknown(name []byte) error {
	return r.search(1, r.secrets.isSecretName(name), false)
}

// search reads a value that no field has, and keeps the secrets in it. depth and isSecret are those of its member. Only
// texts count as secrets in the arrays and objects of a secret; inside says that the value is there.
func (r *rowReader) search(depth int, isSecret, inside bool) error {
	kind, err := r.s.Kind()
	switch {
	case err != nil:
		return err
	case isSecret && (kind == jsonscan.String || kind == jsonscan.Number && !inside):
		_, text, _, err := scalar(r.s, keepText)
		r.secrets.add(text)
		return err
	case !isSecret && depth == secretDepth:
	case kind == jsonscan.Array:
		return r.s.Array(func() error { return r.search(depth, isSecret, isSecret) })
	case kind == jsonscan.Object:
		return r.s.Object(func(name []byte) error {
			named := r.secrets.isSecretName(name)
			return r.search(depth+1, isSecret || named, isSecret && !named)
		})
	}
	return r.s.Skip()
}

// hideSecrets hides the row's secrets in its texts, with a warning for each field. It returns the row as it came, nil
// if nothing was hidden.
func (r *rowReader) hideSecrets() (asCame *fleet.Instance) {
	if len(r.secrets.folded) == 0 {
		return nil
	}
	for _, f := range fleet.Fields {
		if f.Text == nil || !f.InReplies() {
			continue
		}
		text := *f.Text(r.in)
		shown, warning := r.secrets.hide(f.Kind, text, r.cut)
		if warning == "" || f.IsDocumented(text) {
			continue
		}
		if asCame == nil {
			before := *r.in
			asCame = &before
		}
		*f.Text(r.in) = shown
		r.warn(f.Name + warning)
	}
	return asCame
}

// keepHashes keeps hashes of the row's secrets with its instance, to find them in earlier lists, where it has its id as
// it came. asCame is nil if no text of this list has a secret.
func (r *rowReader) keepHashes(asCame *fleet.Instance) {
	instance := r.in.Key()
	if asCame != nil {
		instance = asCame.Key()
	}
	for _, folded := range r.secrets.folded {
		if len(r.hashes) == 0 {
			r.hashes = make([]fleet.SecretHash, 256)
		}
		hash := &r.hashes[0]
		r.hashes = r.hashes[1:]
		*hash = fleet.NewSecretHash(instance, folded)
		hash.Shown, hash.Next = asCame != nil, r.in.Secrets
		r.in.Secrets = hash
	}
}

const (
	maskedWarning = " contains a secret of its own instance, such as its password (masked); " +
		"change the secret and remove it from the name"
	hiddenWarning = " contains a secret of its own instance, such as its password; treated as unknown; change the secret"
)

// hide returns a text without the secrets, and a warning unless there are none. cut says that a text of the row was
// shortened, so that this one may end with the beginning of a secret.
func (s *secrets) hide(kind fleet.Kind, text string, cut bool) (shown, warning string) {
	found := s.find(kind, text, cut)
	switch {
	case len(found) == 0:
		return text, ""
	case kind != fleet.HostName:
		return "", hiddenWarning
	}
	shown = fleet.MaskParts(text, found)
	if len(s.find(kind, shown, cut)) > 0 { // the mask itself contains a secret, or completes one
		return "", hiddenWarning
	}
	return shown, maskedWarning
}

// find returns the parts of a text that show a secret: all of the text if it is one, or those that show one that is not
// too short. They are in order, but may overlap.
func (s *secrets) find(kind fleet.Kind, text string, cut bool) (found []fleet.Span) {
	if !cut && !s.tooMany && len(text) < s.shortest && fleet.IsASCII(text) { // as most texts
		return nil
	}
	folded := s.fold(text, kind == fleet.Text)
	if s.tooMany && len(folded.Text) > 0 {
		return []fleet.Span{{Start: 0, End: len(text)}}
	}
	rest, isCut := bytes.CutSuffix(folded.Text, []byte("...")) // as NFKC has the "…" of a shortened text
	for _, secret := range s.folded {
		switch {
		case bytes.Equal(secret, folded.Text):
			return []fleet.Span{{Start: 0, End: len(text)}}
		case utf8.RuneCount(secret) < kind.ShortestSecret():
			continue
		}
		for at := 0; ; at++ {
			next := bytes.Index(folded.Text[at:], secret)
			if next < 0 {
				break
			}
			at += next
			found = append(found, folded.Original(at, at+len(secret)))
		}
		if !cut || !isCut {
			continue
		}
		if start := overlap(rest, secret); start < len(rest) {
			found = append(found, folded.Original(start, len(rest)))
		}
	}
	slices.SortFunc(found, func(a, b fleet.Span) int { return a.Start - b.Start })
	return found
}

// overlap returns the index in text of the longest end that is a beginning of secret; len(text) if there is none.
func overlap(text, secret []byte) int {
	for length := min(len(text), len(secret)); length > 0; length-- {
		if bytes.HasSuffix(text, secret[:length]) {
			return len(text) - length
		}
	}
	return len(text)
}
