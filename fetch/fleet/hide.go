package fleet

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

// Hide clears fields of every instance, so that nothing can show or use them later, not even to sort. It replaces ids
// by pseudonyms: equal for the same id and key, so that runs can be compared, but not reversible without the key.
// Instances stay in their groups, even if a hidden field determined the group. hidden has names of Hideable. key is
// only used for "id".
func (f *Fleet) Hide(hidden []string, key []byte) {
	if len(hidden) == 0 {
		return
	}
	pseudonyms := slices.Contains(hidden, "id")
	for _, in := range f.Instances {
		in.GPUGroup = in.Model()
		if pseudonyms {
			in.ID = pseudonym(in.ID, key)
		}
	}
	for _, field := range Fields {
		if !field.HiddenBy(hidden) {
			continue
		}
		for _, in := range f.Instances {
			field.Clear(in)
		}
	}
}

// pseudonym returns 80 bits of the id's HMAC-SHA-256 as 20 characters, and "" for "".
func pseudonym(id string, key []byte) string {
	if id == "" {
		return ""
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("gpufleet instance id\x00" + id))
	return hex.EncodeToString(mac.Sum(nil)[:10])
}

// IsPseudonym reports whether an id looks like a pseudonym.
func IsPseudonym(id string) bool {
	return len(id) == 20 && strings.Trim(id, "0123456789abcdef") == ""
}

// KeyFingerprint identifies a pseudonym key without revealing it.
func KeyFingerprint(key []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("gpufleet key fingerprint"))
	return hex.EncodeToString(mac.Sum(nil)[:8])
}
