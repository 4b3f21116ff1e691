package jsonscan

import (
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// String reads a string. It returns at most keep bytes, without cutting a character in two, and whether it left out
// more than blanks. Invalid UTF-8 and unpaired surrogates become U+FFFD. The text is valid until the next call on the
// Scanner.
func (s *Scanner) String(keep int) (text []byte, cut bool, err error) {
	if err := s.expect('"', "expected a string"); err != nil {
		return nil, false, err
	}
	if text, ok := s.plainString(keep); ok {
		return text, false, nil
	}
	s.text, s.keep, s.full, s.cut = s.text[:0], keep, false, false
	for {
		if s.cut { // the rest of the string changes nothing: skip what needs no decoding
			for s.pos < len(s.buf) && plain[s.buf[s.pos]] {
				s.pos++
			}
		}
		c, err := s.peek()
		switch {
		case err != nil:
			return nil, false, err
		case c == '"':
			s.pos++
			return s.text, s.cut, nil
		case c < ' ':
			return nil, false, s.syntax("unescaped control character in a string")
		case c == '\\':
			s.pos++
			err = s.escape()
		case c < utf8.RuneSelf:
			s.pos++
			s.put(rune(c))
		default:
			err = s.multibyte()
		}
		if err != nil {
			return nil, false, err
		}
	}
}

// plainString reads the rest of a string if it is completely in the buffer, short enough and without escapes, as nearly
// all are.
func (s *Scanner) plainString(keep int) ([]byte, bool) {
	rest := s.buf[s.pos:]
	for i, c := range rest {
		if plain[c] {
			continue
		}
		if c != '"' || i > keep {
			return nil, false
		}
		s.pos += i + 1
		return rest[:i], true
	}
	return nil, false
}

// plain says which bytes need no decoding in a string.
var plain = func() (table [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		table[c] = c != '"' && c != '\\'
	}
	return table
}()

// put adds a character to the text, unless it would be too long.
func (s *Scanner) put(r rune) {
	if s.full = s.full || len(s.text)+utf8.RuneLen(r) > s.keep; !s.full {
		s.text = utf8.AppendRune(s.text, r)
	} else if !unicode.IsSpace(r) {
		s.cut = true
	}
}

// multibyte reads a character of more than one byte. If it is invalid, it becomes one U+FFFD.
func (s *Scanner) multibyte() error {
	var encoded [utf8.UTFMax]byte
	n := 0
	for n < len(encoded) && !utf8.FullRune(encoded[:n]) {
		c, err := s.peek()
		if err != nil {
			return err
		}
		if n > 0 && utf8.RuneStart(c) {
			break
		}
		encoded[n] = c
		n++
		s.pos++
	}
	r, _ := utf8.DecodeRune(encoded[:n])
	s.put(r)
	return nil
}

// escapes has the characters after a backslash, and what they mean.
var escapes = map[byte]rune{
	'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t',
}

// escape reads an escape after its backslash.
func (s *Scanner) escape() error {
	c, err := s.peek()
	if err != nil {
		return err
	}
	s.pos++
	if c == 'u' {
		return s.unicodeEscape()
	}
	r, ok := escapes[c]
	if !ok {
		return s.syntax("invalid escape in a string")
	}
	s.put(r)
	return nil
}

// unicodeEscape reads an escape after \u, and a following one if the two are a surrogate pair. An unpaired surrogate
// becomes U+FFFD.
func (s *Scanner) unicodeEscape() error {
	first, err := s.hex4()
	if err != nil {
		return err
	}
	const lowSurrogates = 0xDC00
	if !utf16.IsSurrogate(first) || first >= lowSurrogates {
		s.put(first) // for an unpaired low surrogate, AppendRune writes U+FFFD
		return nil
	}
	if c, err := s.peek(); err != nil {
		return err
	} else if c != '\\' {
		s.put(utf8.RuneError)
		return nil
	}
	s.pos++
	if c, err := s.peek(); err != nil {
		return err
	} else if c != 'u' {
		s.put(utf8.RuneError)
		return s.escape()
	}
	s.pos++
	second, err := s.hex4()
	if err != nil {
		return err
	}
	if r := utf16.DecodeRune(first, second); r != utf8.RuneError {
		s.put(r)
		return nil
	}
	s.put(utf8.RuneError)
	s.put(second)
	return nil
}

func (s *Scanner) hex4() (rune, error) {
	var r rune
	for range 4 {
		c, err := s.peek()
		if err != nil {
			return 0, err
		}
		switch {
		case '0' <= c && c <= '9':
			r = r<<4 | rune(c-'0')
		case 'a' <= c && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case 'A' <= c && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			return 0, s.syntax("invalid escape in a string")
		}
		s.pos++
	}
	return r, nil
}
