package fleet

import (
	"cmp"
	"strings"
)

// Key identifies an instance, in this list and in earlier ones: an ID only counts within its account. The zero Key is
// that of an instance without an ID, which can't be identified. If the account is hidden, so is the ID, and its
// pseudonym alone identifies the instance.
type Key struct{ Account, ID string }

// Key returns what identifies the instance.
func (in *Instance) Key() Key {
	if in.ID == "" {
		return Key{}
	}
	return Key{in.Account, in.ID}
}

// IsZero reports whether the key identifies nothing.
func (k Key) IsZero() bool { return k.ID == "" }

// Compare orders keys by account, then ID. The zero Key comes first.
func (k Key) Compare(other Key) int {
	return cmp.Or(strings.Compare(k.Account, other.Account), strings.Compare(k.ID, other.ID))
}

// Append appends the key as text that orders like the keys. Neither an account nor an ID has a NUL.
func (k Key) Append(to []byte) []byte {
	if k.Account != "" {
		to = append(append(to, k.Account...), 0)
	}
	return append(to, k.ID...)
}

// Set makes the key that of an instance.
func (k Key) Set(in *Instance) { in.Account, in.ID = k.Account, k.ID }
