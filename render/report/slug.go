package report

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"

	"gpufleet/fetch/fleet"
)

const (
	maxSlug  = 80
	hashSize = 16 // characters of 5 bits each: nobody finds two names with the same 80 bits
)

// ownNames are the group names that don't come from the API. No other name gets their slugs.
var ownNames = []string{fleet.CPUOnly, fleet.UnknownGPU, fleet.UnknownRegion, fleet.Unassigned}

// reserved are names that Windows keeps for devices.
var reserved = regexp.MustCompile(`^(con|prn|aux|nul|com[0-9]|lpt[0-9])$`)

// endsLikeHash matches a slug that could be another name with its hash.
var endsLikeHash = regexp.MustCompile(`(^|-)[a-z2-7]{16}$`)

// slug returns a group's name for file names and links: [a-z0-9-], at most 80 bytes.
//
// It depends only on the name, so that links keep working when other groups are added or removed. Our own names and
// names in the usual spelling, which is bare's, get a bare slug if it is free. Any other spelling gets a hash, so that
// different names never share a slug.
func slug(name string, usual func(bare string) string) string {
	bare := bareSlug(name)
	switch {
	case slices.Contains(ownNames, name):
		return bare
	case usual(bare) == name && isFree(bare):
		return bare
	}
	sum := sha256.Sum256([]byte(name))
	hash := strings.ToLower(base32.StdEncoding.EncodeToString(sum[:])[:hashSize])
	bare = strings.TrimRight(bare[:min(len(bare), maxSlug-hashSize-1)], "-")
	return strings.TrimLeft(bare+"-"+hash, "-")
}

// isFree reports whether a bare slug needs no hash.
func isFree(bare string) bool {
	for _, own := range ownNames {
		if bare == bareSlug(own) {
			return false
		}
	}
	return bare != "" && len(bare) <= maxSlug && !reserved.MatchString(bare) && !endsLikeHash.MatchString(bare)
}

// bareSlug returns name in lower case, with a hyphen for each run of other characters than ASCII letters and digits.
func bareSlug(name string) string {
	var b strings.Builder
	for i := range len(name) {
		c := name[i]
		switch {
		case 'A' <= c && c <= 'Z':
			b.WriteByte(c + 'a' - 'A')
		case 'a' <= c && c <= 'z', isDigit(c):
			b.WriteByte(c)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	return strings.TrimSuffix(b.String(), "-")
}

// isPlainID reports whether an ID needs no escaping in an address.
func isPlainID(id string) bool {
	const longest = 80
	for i := range len(id) {
		if c := id[i]; !isDigit(c) && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && c != '_' && c != '.' &&
			c != '-' {
			return false
		}
	}
	return 0 < len(id) && len(id) <= longest
}

// AppendAnchor appends the anchor of an instance's row: "i-" and its ID, after its account and "--" if it has one. It
// is "i--" and an 80-bit hash if they would need escaping in an address or HTML, or could be confused with others. It
// is the same in every run. Without an ID it appends nothing.
func AppendAnchor(to []byte, in *fleet.Instance) []byte {
	switch {
	case in.ID == "":
		return to
	case in.Account == "" && isPlainID(in.ID):
		return append(append(to, "i-"...), in.ID...)
	case isPlainID(in.Account) && isPlainID(in.ID) && canJoin(in.Account, in.ID):
		return append(append(append(append(to, "i-"...), in.Account...), "--"...), in.ID...)
	}
	sum := sha256.Sum256(in.Key().Append(nil))
	return hex.AppendEncode(append(to, "i--"...), sum[:10])
}

// canJoin reports whether an account and an ID can be told from each other with "--" between them. Neither is empty.
func canJoin(account, id string) bool {
	return !strings.Contains(account, "--") && !strings.Contains(id, "--") &&
		account[0] != '-' && account[len(account)-1] != '-' && id[0] != '-'
}
