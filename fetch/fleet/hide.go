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
	if slices.Contains(hidden, "account") {
		f.Warnings.hideAccounts()
		f.IDWarnings.hideAccounts()
	}
	hide := RowHider(hidden, key)
	for _, in := range f.Instances {
		hide(in)
	}
}

// RowHider returns a function that does to one instance what Fleet.Hide does to all. Without a key, it leaves ids as
// they are.
func RowHider(hidden []string, key []byte) func(*Instance) {
	pseudonyms := slices.Contains(hidden, "id") && key != nil
	var cleared []*Field
	for _, field := range Fields {
		if field.HiddenBy(hidden) {
			cleared = append(cleared, field)
		}
	}
	return func(in *Instance) {
		in.GPUGroup = in.Model()
		if pseudonyms {
			in.ID = Pseudonym(in.Key(), key)
		}
		for _, field := range cleared {
			field.Clear(in)
		}
	}
}

// Pseudonym returns 80 bits of the HMAC-SHA-256 of an account and an id as 20 characters, and "" without an id.
func Pseudonym(k Key, key []byte) string {
	if k.IsZero() {
		return ""
	}
	mac := hmac.New(sha256.New, key)
	if k.Account == "" {
		mac.Write([]byte("gpufleet instance id\x00" + k.ID))
	} else {
		mac.Write([]byte("gpufleet account and instance id\x00" + k.Account + "\x00" + k.ID))
	}
	return hex.EncodeToString(mac.Sum(nil)[:10])
}

// IsPseudonym reports whether an id looks like a pseudonym.
func IsPseudonym(id string) bool {
	return len(id) == 20 && strings.Trim(id, "0123456789abcdef") == ""
}

// MinKey is the length of the shortest pseudonym key in bytes. Pseudonyms and the fingerprint are public, so that
// anyone can try keys: a key must be too long for that.
const MinKey = 32

// KeyFingerprint identifies a pseudonym key without revealing it: 64 bits of an HMAC-SHA-256 of a text that no id has,
// so that it says nothing about pseudonyms. It is "" without a key.
func KeyFingerprint(key []byte) string {
	if len(key) == 0 {
		return ""
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("gpufleet key fingerprint"))
	return hex.EncodeToString(mac.Sum(nil)[:8])
}
