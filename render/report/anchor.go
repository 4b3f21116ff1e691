package report

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"

	"gpufleet/fetch/fleet"
)

// plainID matches the ids that stand in an address as they are.
var plainID = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,80}$`)

// Anchor returns the name of an instance's row in a page: "i-" and its id, or 80 bits of a hash of an id that has what an address
// would have to escape. It is the same in every run, and "" for an instance without an id.
func Anchor(in *fleet.Instance) string {
	switch {
	case in.ID == "":
		return ""
	case plainID.MatchString(in.ID):
		return "i-" + in.ID
	}
	sum := sha256.Sum256([]byte(in.ID))
	return "i--" + hex.EncodeToString(sum[:10])
}
