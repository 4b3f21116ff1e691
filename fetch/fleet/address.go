package fleet

import (
	"bytes"
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// addressMask replaces an address in a public report.
const addressMask = "[address]"

// HideAddress returns a text with each IP address in it replaced by "[address]", whoever it belongs to.
//
// An IPv4 address is four numbers from 0 to 255 without leading zeros, joined by ".", "-" or "_". It doesn't adjoin a
// letter or digit, nor a separator with another digit behind it. So versions such as 10.0.17763.1 and 1.2.3.4.5 are
// none, but ip-10-0-0-1 shows one. An IPv6 address is what net/netip reads, except "::".
func HideAddress(text string) string {
	for mayHaveAddress(text) { // again after a change: what adjoins an address may be one itself
		hidden := hideAddress(text, Folded{Text: []byte(text)})
		if hidden == text {
			hidden = hideAddress(text, Fold(text))
		}
		if hidden == text {
			break
		}
		text = hidden
	}
	return text
}

// hideAddress hides the addresses in a text that are in its folded form, or in the text itself.
func hideAddress(text string, folded Folded) string {
	found := addresses(folded.Text)
	if len(found) == 0 {
		return text
	}
	var hidden []byte
	end := 0 // of the last address
	for _, address := range found {
		part := folded.Original(address.Start, address.End)
		if part.Start >= end { // else both are in one character
			hidden = append(append(hidden, text[end:part.Start]...), addressMask...)
		}
		end = part.End
	}
	return string(append(hidden, text[end:]...))
}

// mayHaveAddress quickly tells most texts from those that may show an address: three separators and four digits, or
// two colons. Characters beyond ASCII may be folded into these.
func mayHaveAddress(text string) bool {
	var counts [5]int
	for i := range len(text) {
		counts[addressParts[text[i]]]++
	}
	return counts[separator] >= 3 && counts[digit] >= 4 || counts[colon] >= 2 ||
		counts[beyond] > 0 && (!norm.NFKC.IsNormalString(text) || strings.ContainsFunc(text, isUnseen))
}

const (
	separator = 1 + iota // 0 is any other byte
	digit
	colon
	beyond // ASCII
)

var addressParts = func() (table [256]byte) {
	table['.'], table['-'], table['_'], table[':'] = separator, separator, separator, colon
	for c := '0'; c <= '9'; c++ {
		table[c] = digit
	}
	for c := utf8.RuneSelf; c < len(table); c++ {
		table[c] = beyond
	}
	return table
}()

// addresses returns the addresses in a folded text, in order. No two overlap.
func addresses(text []byte) (found []Span) {
	for at := 0; at < len(text); at++ {
		if c := text[at]; c != ':' && !isHex(c) || afterLetter(text, at) {
			continue
		}
		if end := max(ipv6(text, at), ipv4(text, at)); end > 0 {
			found = append(found, Span{at, end})
			at = end - 1
		}
	}
	return found
}

func isDigit(c byte) bool { return addressParts[c] == digit }

func isSeparator(c byte) bool { return addressParts[c] == separator }

func isHex(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }

// afterLetter and beforeLetter report whether a letter or digit is just before or at an index.
func afterLetter(text []byte, at int) bool {
	r, _ := utf8.DecodeLastRune(text[:at])
	return at > 0 && isWord(r)
}

func beforeLetter(text []byte, at int) bool {
	r, _ := utf8.DecodeRune(text[at:])
	return at < len(text) && isWord(r)
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// ipv4 returns the end of the IPv4 address that begins at an index, 0 if there is none.
func ipv4(text []byte, at int) int {
	if at > 1 && isSeparator(text[at-1]) && isDigit(text[at-2]) {
		return 0
	}
	for part := range 4 {
		if part > 0 {
			if at == len(text) || !isSeparator(text[at]) {
				return 0
			}
			at++
		}
		start, number := at, 0
		for at < len(text) && isDigit(text[at]) && at < start+4 {
			number = 10*number + int(text[at]-'0')
			at++
		}
		if at == start || number > 255 || at-start > 1 && text[start] == '0' {
			return 0
		}
	}
	if beforeLetter(text, at) || at+1 < len(text) && isSeparator(text[at]) && isDigit(text[at+1]) {
		return 0
	}
	return at
}

// ipv6 returns the end of the longest IPv6 address that begins at an index, 0 if there is none. An address has eight
// groups of one to four digits, or fewer and one "::"; the last two groups may be an IPv4 address.
func ipv6(text []byte, at int) (end int) {
	groups, pairs := 0, 0
	for i := at; ; groups++ {
		switch {
		case bytes.HasPrefix(text[i:], []byte("::")) && pairs == 0:
			pairs++
			i += 2
			if groups > 0 && groups < 8 && !beforeLetter(text, i) {
				end = i
			}
		case groups > 0 && i < len(text) && text[i] == ':':
			i++
		case groups > 0 || i > at:
			return end
		}
		if mapped := ipv4(text, i); mapped > 0 && isIPv6(text[at:mapped]) {
			return mapped
		}
		start := i
		for i < len(text) && i < start+4 && isHex(text[i]) {
			i++
		}
		if i == start {
			return end
		}
		if (pairs == 1 || groups == 7) && !beforeLetter(text, i) && isIPv6(text[at:i]) {
			end = i
		}
		if groups == 8 {
			return end
		}
	}
}

func isIPv6(text []byte) bool {
	_, err := netip.ParseAddr(string(text))
	return err == nil && bytes.IndexByte(text, ':') >= 0
}

// HideAddresses hides the addresses in all texts of the instances (see HideAddress), as a public report needs it. An id
// with an address becomes unknown, since what remains of it may be the same for other instances. WithAddresses keeps
// the texts as they were.
func (f *Fleet) HideAddresses() {
	for _, in := range f.Instances {
		in.HideAddresses()
	}
}

// HideAddresses does the same for one instance. It reports whether there are any addresses.
func (in *Instance) HideAddresses() (found bool) {
	for _, field := range Fields {
		if field.Text == nil || field.Kind == Address {
			continue
		}
		text := *field.Text(in)
		hidden := HideAddress(text)
		if hidden == text {
			continue
		}
		if in.WithAddresses == nil {
			before := *in
			in.WithAddresses = &before
		}
		if field.Kind == ID {
			hidden = ""
		}
		*field.Text(in) = hidden
		found = true
	}
	return found
}

// HidingAddresses returns a copy of an instance without addresses, ShowingAddresses one with those that were hidden.
func (in *Instance) HidingAddresses() *Instance {
	hidden := *in
	hidden.HideAddresses()
	return &hidden
}

// ShowingAddresses is the reverse of HidingAddresses.
func (in *Instance) ShowingAddresses() *Instance {
	shown := *in
	if in.WithAddresses == nil {
		return &shown
	}
	for _, field := range Fields {
		if field.Text != nil {
			field.Copy(&shown, in.WithAddresses)
		}
	}
	shown.WithAddresses = nil
	return &shown
}
