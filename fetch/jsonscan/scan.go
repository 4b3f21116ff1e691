// Package jsonscan reads JSON (RFC 8259) in one pass and with a fixed amount of memory.
//
// encoding/json buffers whole values and the blanks before them, so a gigabyte of blanks takes a gigabyte of memory.
// It also ignores the case of keys, and quotes values in errors. This scanner buffers 64 KiB, returns at most the
// requested part of a string or number, and its errors say what was expected and where, never what was found.
package jsonscan

import (
	"errors"
	"fmt"
	"io"
)

// Kind is the JSON type of a value.
type Kind byte

// The kinds of JSON value.
const (
	Null Kind = iota + 1
	Bool
	Number
	String
	Array
	Object
)

// String returns the kind's name with its article, for messages: "a string".
func (k Kind) String() string {
	return [...]string{"nothing", "null", "a boolean", "a number", "a string", "an array", "an object"}[k]
}

// SyntaxError says that the text is not JSON. It never contains a part of the text.
type SyntaxError struct {
	Offset int64 // in bytes
	What   string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("%s at byte %d", e.What, e.Offset) }

const (
	bufferSize = 64 << 10
	// skipKeep is how many bytes of a skipped string are kept. Most strings are shorter, and need no copying then.
	skipKeep = 256
	// maxDepth limits the nesting, and so the stack. No known reply is nested deeper than 4.
	maxDepth = 1000
)

// Scanner reads one JSON text from start to end. Each method reads one value and the blanks before it. Errors are
// final: a *SyntaxError, io.ErrUnexpectedEOF if the text ends too early, or the reader's own.
type Scanner struct {
	source io.Reader
	buf    []byte // buf[pos:] is not yet used
	pos    int
	read   int64 // bytes taken from source
	err    error // the last error of source, returned when buf is used up
	depth  int
	text   []byte // the result of String and Number, unless it is in buf
	name   []byte // the name that Object passes
	keep   int    // the limit of text for the current string
	full   bool   // the string is longer than that
	cut    bool   // and the rest is not only blanks

	skipElement func() error
	skipMember  func([]byte) error
}

// New returns a Scanner of the text in source.
func New(source io.Reader) *Scanner {
	s := &Scanner{source: source, buf: make([]byte, 0, bufferSize)}
	s.skipElement = s.Skip
	s.skipMember = func([]byte) error { return s.Skip() }
	return s
}

// Kind returns the kind of the next value without reading it.
func (s *Scanner) Kind() (Kind, error) {
	c, err := s.next()
	if err != nil {
		return 0, err
	}
	switch {
	case c == 'n':
		return Null, nil
	case c == 't', c == 'f':
		return Bool, nil
	case c == '-', '0' <= c && c <= '9':
		return Number, nil
	case c == '"':
		return String, nil
	case c == '[':
		return Array, nil
	case c == '{':
		return Object, nil
	}
	return 0, s.syntax("expected a value")
}

// Skip reads a value of any kind and discards it.
func (s *Scanner) Skip() error {
	kind, err := s.Kind()
	if err != nil {
		return err
	}
	switch kind {
	case Null:
		return s.literal("null")
	case Bool:
		_, err = s.Bool()
	case Number:
		_, _, err = s.Number(0)
	case String:
		_, _, err = s.String(skipKeep)
	case Array:
		err = s.Array(s.skipElement)
	case Object:
		err = s.Object(s.skipMember)
	}
	return err
}

// Bool reads true or false. The next value must be of the kind Bool.
func (s *Scanner) Bool() (bool, error) {
	if s.buf[s.pos] == 't' {
		return true, s.literal("true")
	}
	return false, s.literal("false")
}

// Array reads an array. It calls element for each element, which must read exactly that element.
func (s *Scanner) Array(element func() error) error {
	return s.sequence('[', ']', element)
}

// MaxName is how many bytes of a member's name are kept, and a few less where a character would be cut.
const MaxName = 128

// Object reads an object. It calls member after each name, which must read exactly that member's value. A name is cut
// to MaxName bytes and valid until the next call on the Scanner. Duplicate names are passed each time.
func (s *Scanner) Object(member func(name []byte) error) error {
	return s.sequence('{', '}', func() error {
		if c, err := s.next(); err != nil {
			return err
		} else if c != '"' {
			return s.syntax("expected a member name")
		}
		name, _, err := s.String(MaxName)
		if err != nil {
			return err
		}
		// Copied because reading the colon may refill the buffer.
		s.name = append(s.name[:0], name...)
		if err := s.expect(':', "expected a colon after a member name"); err != nil {
			return err
		}
		return member(s.name)
	})
}

// sequence reads comma-separated items in brackets, for Array and Object.
func (s *Scanner) sequence(open, end byte, item func() error) error {
	if err := s.expect(open, "expected an opening bracket"); err != nil {
		return err
	}
	if s.depth++; s.depth > maxDepth {
		return s.syntax(fmt.Sprintf("nested deeper than %d levels", maxDepth))
	}
	c, err := s.next()
	for first := true; err == nil; first = false {
		switch {
		case c == end:
			s.pos++
			s.depth--
			return nil
		case !first && c != ',':
			return s.syntax("expected a comma or a closing bracket")
		case !first:
			s.pos++
		}
		if err = item(); err == nil {
			c, err = s.next()
		}
	}
	return err
}

// End returns an error if there is anything but blanks after the value.
func (s *Scanner) End() error {
	_, err := s.next()
	switch {
	case err == nil:
		return s.syntax("unexpected text after the JSON value")
	case errors.Is(err, io.ErrUnexpectedEOF) && s.err == io.EOF:
		return nil
	}
	return err
}

// next skips blanks and returns the next byte without consuming it.
func (s *Scanner) next() (byte, error) {
	for {
		for ; s.pos < len(s.buf); s.pos++ {
			switch c := s.buf[s.pos]; c {
			case ' ', '\t', '\n', '\r':
			default:
				return c, nil
			}
		}
		if err := s.fill(); err != nil {
			return 0, err
		}
	}
}

func (s *Scanner) expect(want byte, fault string) error {
	c, err := s.next()
	if err != nil {
		return err
	}
	if c != want {
		return s.syntax(fault)
	}
	s.pos++
	return nil
}

func (s *Scanner) literal(word string) error {
	for i := range len(word) {
		c, err := s.peek()
		if err != nil {
			return err
		}
		if c != word[i] {
			return s.syntax("expected a value")
		}
		s.pos++
	}
	return nil
}

// peek returns the next byte, blank or not, without consuming it.
func (s *Scanner) peek() (byte, error) {
	if s.pos == len(s.buf) {
		if err := s.fill(); err != nil {
			return 0, err
		}
	}
	return s.buf[s.pos], nil
}

// fill refills the empty buffer with at least one byte. At the end of the text it returns io.ErrUnexpectedEOF: only End
// expects the end.
func (s *Scanner) fill() error {
	for s.err == nil {
		var n int
		n, s.err = s.source.Read(s.buf[:cap(s.buf)])
		if n > 0 {
			s.buf, s.pos = s.buf[:n], 0
			s.read += int64(n)
			return nil
		}
	}
	if s.err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return s.err
}

func (s *Scanner) syntax(what string) error {
	return &SyntaxError{Offset: s.read - int64(len(s.buf)-s.pos), What: what}
}
