package report

import (
	"crypto/sha256"
	"encoding/hex"

	"gpufleet/fetch/fleet"
)

// isPlainID reports whether an id stands in an address as it is.
func isPlainID(id string) bool {
	const longest = 80
	for i := range len(id) {
		if c := id[i]; !isDigit(c) && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && c != '_' && c != '.' && c != '-' {
			return false
		}
	}
	return 0 < len(id) && len(id) <= longest
}

// AppendAnchor appends the name of an instance's row in a page: "i-" and its id, or 80 bits of a hash of an id that has what an address
// or HTML would have to escape. It is the same in every run, and nothing for an instance without an id.
func AppendAnchor(to []byte, in *fleet.Instance) []byte {
	switch {
	case in.ID == "":
		return to
	case isPlainID(in.ID):
		return append(append(to, "i-"...), in.ID...)
	}
	sum := sha256.Sum256([]byte(in.ID))
	return hex.AppendEncode(append(to, "i--"...), sum[:10])
}
