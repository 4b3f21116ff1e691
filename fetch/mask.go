package fetch

import (
	"bytes"
	"net/netip"
	"unicode/utf8"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/jsonscan"
)

const (
	// mask replaces an instance's own password or address in its host name. It doesn't even show the length.
	mask = "[masked]"
	// shortestMasked is the number of characters from which a password is masked inside a name. A shorter one may occur
	// by chance, and masking every "a" would reveal that the password is "a". A password that is the whole name is masked
	// at any length.
	shortestMasked = 4
	// keepPassword is how many bytes of a password are compared. A name that contains them all is masked completely.
	keepPassword = 1024
	// maxPasswords is how many passwords of a row are compared. The name of a row with more is masked completely.
	maxPasswords = 8
)

// hostName holds the host name of the current row, and the passwords that it must not show, since people do put
// passwords into names. A row may have its password before the name or after it, so both are kept until the end of
// the row, and then wiped.
type hostName struct {
	text      []byte
	truncated bool
	passwords []password
	buffer    []byte // contains the passwords
}

type password struct {
	text      []byte // cleaned, as a report would show it
	truncated bool
}

// isPassword reports whether a field contains a password. Its value is only compared with the host name.
func isPassword(name []byte) bool {
	return string(name) == "vm_password" || string(name) == "password"
}

func (h *hostName) set(text []byte, truncated bool) {
	h.text, h.truncated = append(h.text[:0], text...), truncated
}

func (h *hostName) addPassword(text []byte, truncated bool) {
	text = fleet.Clean(text)
	if len(text) == 0 || len(h.passwords) > maxPasswords {
		return
	}
	start := len(h.buffer)
	h.buffer = append(h.buffer, text...)
	h.passwords = append(h.passwords, password{h.buffer[start:], truncated})
}

// wipe erases the row. Slices that were reallocated are left to the garbage collector.
func (h *hostName) wipe() {
	clear(h.text)
	clear(h.buffer)
	clear(h.passwords)
	h.text, h.buffer, h.passwords, h.truncated = h.text[:0], h.buffer[:0], h.passwords[:0], false
}

// masked returns the name with each password replaced by the mask, and whether there was one. Masking comes before
// shortening, which could leave half a password.
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
		if !found || at > end { // overlapping or adjacent passwords share one mask
			text = append(append(text, name[end:at]...), mask...)
		}
		found, end = true, max(end, at+length)
	}
	if !found {
		return h.text, false
	}
	return append(text, name[end:]...), true
}

// passwordAt returns the length of the longest password at an index of the name, and whether to mask the whole name.
func (h *hostName) passwordAt(name []byte, at int) (length int, whole bool) {
	for _, p := range h.passwords {
		switch {
		case !bytes.HasPrefix(name[at:], p.text):
		case len(p.text) == len(name) || p.truncated:
			return 0, true
		case utf8.RuneCount(p.text) >= shortestMasked:
			length = max(length, len(p.text))
		}
	}
	return length, false
}

// readPassword reads a password of the row, a string or a number. Other types can't occur in a name.
func (r *rowReader) readPassword() error {
	kind, text, truncated, err := scalar(r.s, keepPassword)
	if err == nil && (kind == jsonscan.String || kind == jsonscan.Number) {
		r.host.addPassword(text, truncated)
	}
	return err
}

// readHostName keeps a host name until the end of the row.
func (r *rowReader) readHostName() error {
	text, truncated, err := r.rawText()
	r.host.set(text, truncated)
	return err
}

// maskHostName sets the host name at the end of the row.
func (r *rowReader) maskHostName() {
	r.reading = r.members["host_name"]
	text, found := r.host.masked()
	if found {
		r.warn("host_name contains the instance's own password (masked); change the password and remove it from the name")
	}
	// Addresses are shown only in their column, which public reports omit.
	if _, err := netip.ParseAddr(r.in.PublicIPv4); err == nil && bytes.Contains(text, []byte(r.in.PublicIPv4)) {
		text = bytes.ReplaceAll(text, []byte(r.in.PublicIPv4), []byte(mask))
		r.warn("host_name contains the instance's own address (masked)")
	}
	r.in.HostName = r.clean(text, r.host.truncated)
}
