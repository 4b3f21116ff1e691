package fetch

import (
	"bytes"
	"net/netip"
	"unicode/utf8"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/jsonscan"
)

const (
	// mask stands where a host name held its instance's own password or address. It says nothing of it, not even its
	// length.
	mask = "[masked]"
	// shortestMasked is from how many characters on a password is looked for inside a name. A shorter one stands in
	// names by chance, and to mask every "a" would tell that the password is "a". One that is the whole name is masked
	// at any length.
	shortestMasked = 4
	// keepPassword is how much of a password is looked for, in bytes. A name that holds so much of one is masked whole.
	keepPassword = 1024
	// maxPasswords is how many passwords of one row are looked for. A name in a row with more of them is masked whole.
	maxPasswords = 8
)

// hostName is what the decoder holds of a row until its end: the name as it came and, since people do name machines
// after their passwords, what it must not show. A password may stand before the name or behind it. All is wiped
// before the next row.
type hostName struct {
	text      []byte
	more      bool // text is only the beginning
	passwords []password
	room      []byte // holds the passwords
}

type password struct {
	text []byte // as it would be shown
	more bool   // text is only the beginning
}

// isPassword reports whether a field of the wire holds a password. Its value is compared with the host name and goes
// no further.
func isPassword(name []byte) bool {
	return string(name) == "vm_password" || string(name) == "password"
}

func (h *hostName) set(text []byte, more bool) {
	h.text, h.more = append(h.text[:0], text...), more
}

func (h *hostName) addPassword(text []byte, more bool) {
	text = fleet.Clean(text)
	if len(text) == 0 || len(h.passwords) > maxPasswords {
		return
	}
	start := len(h.room)
	h.room = append(h.room, text...)
	h.passwords = append(h.passwords, password{h.room[start:], more})
}

// wipe forgets the row. Slices that were outgrown are left to the garbage collector.
func (h *hostName) wipe() {
	clear(h.text)
	clear(h.room)
	clear(h.passwords)
	h.text, h.room, h.passwords, h.more = h.text[:0], h.room[:0], h.passwords[:0], false
}

// masked returns the name with the mask in the place of each password, and whether there was one. It is masked before
// it is cut to what is shown: a cut must not leave half of a password.
func (h *hostName) masked() (text []byte, found bool) {
	if len(h.passwords) == 0 {
		return h.text, false
	}
	name := fleet.Clean(h.text)
	if len(h.passwords) > maxPasswords && len(name) > 0 {
		return []byte(mask), true
	}
	end := 0 // of the last password
	for at := 0; at < len(name); at++ {
		length, whole := h.passwordAt(name, at)
		if whole {
			return []byte(mask), true
		}
		if length == 0 {
			continue
		}
		if !found || at > end { // passwords that overlap or touch are one mask
			text = append(append(text, name[end:at]...), mask...)
		}
		found, end = true, max(end, at+length)
	}
	if !found {
		return h.text, false
	}
	return append(text, name[end:]...), true
}

// passwordAt returns the length of the longest password that stands in the name at a place, and whether all of the
// name is to go.
func (h *hostName) passwordAt(name []byte, at int) (length int, whole bool) {
	for _, p := range h.passwords {
		switch {
		case !bytes.HasPrefix(name[at:], p.text):
		case len(p.text) == len(name) || p.more:
			return 0, true
		case utf8.RuneCount(p.text) >= shortestMasked:
			length = max(length, len(p.text))
		}
	}
	return length, false
}

// readPassword notes a password of the row, a string or a number. What else it may be holds no text that a name could
// hold.
func (r *rowReader) readPassword() error {
	kind, text, more, err := scalar(r.s, keepPassword)
	if err == nil && (kind == jsonscan.String || kind == jsonscan.Number) {
		r.host.addPassword(text, more)
	}
	return err
}

// readHostName keeps a host name until the whole row has been read.
func (r *rowReader) readHostName() error {
	text, more, err := r.rawText()
	r.host.set(text, more)
	return err
}

// maskHostName sets the host name of a row that has been read.
func (r *rowReader) maskHostName() {
	r.reading = r.members["host_name"]
	text, found := r.host.masked()
	if found {
		r.warn("host_name holds the instance's own password: masked; change the password, and keep it out of the name")
	}
	// An address belongs to the column that an internal report alone has.
	if _, err := netip.ParseAddr(r.in.PublicIPv4); err == nil && bytes.Contains(text, []byte(r.in.PublicIPv4)) {
		text = bytes.ReplaceAll(text, []byte(r.in.PublicIPv4), []byte(mask))
		r.warn("host_name holds the instance's own address: masked")
	}
	r.in.HostName = r.clean(text, r.host.more)
}
