package fleet

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

// Hide makes fields unknown in every instance, whatever reads the fleet later, its order included. An id is replaced
// by a pseudonym: the same one for the same id and key, so that runs can be compared, and no way back without the
// key. An instance stays in its group, even if a hidden field is all that says which. hidden are names of Hideable;
// key is used for "id" alone.
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

// pseudonym returns 80 bits of the id's HMAC-SHA-256, as 20 characters; no id stays none.
func pseudonym(id string, key []byte) string {
	if id == "" {
		return ""
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("gpufleet instance id\x00" + id))
	return hex.EncodeToString(mac.Sum(nil)[:10])
}

// IsPseudonym reports whether an id has the form of a pseudonym.
func IsPseudonym(id string) bool {
	return len(id) == 20 && strings.Trim(id, "0123456789abcdef") == ""
}

// KeyFingerprint tells the key of pseudonyms from another one, without telling the key.
func KeyFingerprint(key []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("gpufleet key fingerprint"))
	return hex.EncodeToString(mac.Sum(nil)[:8])
}
