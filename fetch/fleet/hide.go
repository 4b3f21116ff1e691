package fleet

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Hideable are the fields that a report may leave out, by their names on the wire.
var Hideable = []string{"id", "host_name", "os", "created_at", "product_type", "ephemeral", "disk_size"}

// ParseHidden reads the fields to leave out, with commas between them. It returns them sorted, each once.
func ParseHidden(text string) (fields []string, err error) {
	for field := range strings.SplitSeq(text, ",") {
		field = strings.TrimSpace(field)
		if !slices.Contains(Hideable, field) {
			return nil, fmt.Errorf("takes %s, not %q", strings.Join(Hideable, ", "), field)
		}
		fields = append(fields, field)
	}
	slices.Sort(fields)
	return slices.Compact(fields), nil
}

// Hide makes fields unknown in every instance, whatever reads the fleet later, its order included. An id gives way to a
// pseudonym: the same one for the same id and key, so that runs can be compared, and no way back without the
// key. fields are among Hideable; key is used for "id" alone.
func (f *Fleet) Hide(fields []string, key []byte) {
	for _, name := range fields {
		hide := hiders[name]
		if name == "id" {
			hide = func(in *Instance) { in.ID = pseudonym(in.ID, key) }
		}
		for _, in := range f.Instances {
			hide(in)
		}
	}
}

var hiders = map[string]func(*Instance){
	"host_name":  func(in *Instance) { in.HostName = "" },
	"os":         func(in *Instance) { in.OS = "" },
	"created_at": func(in *Instance) { in.CreatedAt = time.Time{} },
	"ephemeral":  func(in *Instance) { in.Ephemeral = Number{} },
	"disk_size":  func(in *Instance) { in.DiskSize = Number{} },
	"product_type": func(in *Instance) {
		// The type may be all that says that there is no GPU; the instance stays in its group, and the number as unknown as it was.
		in.HiddenCPU = strings.EqualFold(in.ProductType, "CPU")
		in.ProductType = ""
	},
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
