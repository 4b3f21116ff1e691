// Package jsonscan reads JSON text (RFC 8259) in one pass and in a fixed amount of memory.
//
// encoding/json keeps a whole value, and every blank before it, before it hands anything over: a gigabyte
// of blanks, or one string of a gigabyte, is a gigabyte of memory. It also matches keys whatever
// their case and quotes values in its errors. This scanner keeps 64 KiB of the text, gives no more of a
// string or number than was asked for, and its errors say where and what was expected, never what was there.
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

// String returns the kind's name with its article, as warnings and errors say it: "a string".
func (k Kind) String() string {
	return [...]string{"nothing", "null", "a boolean", "a number", "a string", "an array", "an object"}[k]
}

// SyntaxError says that the text is not JSON. It never holds a part of the text.
type SyntaxError struct {
	Offset int64 // bytes before the fault
	What   string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("%s at byte %d", e.What, e.Offset) }

const (
	bufferSize = 64 << 10
	// passedOver is how much is kept of a string that nobody asked for: so much that most are plain, and then none is
	// copied.
	passedOver = 256
	// maxDepth bounds the nesting, and so the stack. No known reply is nested deeper than 4.
	maxDepth = 1000
)

// Scanner reads one JSON text from front to back. Each method reads one value, whatever blanks stand before
// it included. An error is final: a *SyntaxError, io.ErrUnexpectedEOF where the text ends too early, or
// the reader's own.
type Scanner struct {
	source io.Reader
	buf    []byte // buf[pos:] is read and not yet used
	pos    int
	read   int64 // bytes taken from source
	err    error // what source returned last; it is met when buf is used up
	depth  int
	text   []byte // what String and Number hand out where it is not in buf
	name   []byte // what Object hands out
	keep   int    // how much of a string text may hold
	full   bool   // whether the string is longer than that
	cut    bool   // and by more than blanks

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
	return 0, s.syntax("no value")
}

// Skip reads a value of any kind and keeps nothing of it.
func (s *Scanner) Skip() error {
	kind, err := s.Kind()
	if err != nil {
		return err
	}
	switch kind {
	case Null:
		return s.literal("null")
	case Bool:
		if s.buf[s.pos] == 't' {
			return s.literal("true")
		}
		return s.literal("false")
	case Number:
		_, _, err = s.Number(0)
	case String:
		_, _, err = s.String(passedOver)
	case Array:
		err = s.Array(s.skipElement)
	case Object:
		err = s.Object(s.skipMember)
	}
	return err
}

// Array reads an array. It calls element before each element, which must read that element and no more.
func (s *Scanner) Array(element func() error) error {
	return s.sequence('[', ']', element)
}

// Object reads an object. It calls member after each name, which must read that member's value and no more.
// The name is whole up to 128 bytes, cut beyond, and valid until the next call on the Scanner. Names
// come as they stand: one that stands twice comes twice.
func (s *Scanner) Object(member func(name []byte) error) error {
	return s.sequence('{', '}', func() error {
		if c, err := s.next(); err != nil {
			return err
		} else if c != '"' {
			return s.syntax("no member name")
		}
		name, _, err := s.String(128)
		if err != nil {
			return err
		}
		// Reading on to the colon may refill the buffer that the name stands in.
		s.name = append(s.name[:0], name...)
		if err := s.expect(':', "no colon after a member name"); err != nil {
			return err
		}
		return member(s.name)
	})
}

// sequence reads what Array and Object have in common: items between brackets with commas between them.
func (s *Scanner) sequence(open, end byte, item func() error) error {
	if err := s.expect(open, "no opening bracket"); err != nil {
		return err
	}
	if s.depth++; s.depth > maxDepth {
		return s.syntax(fmt.Sprintf("nesting deeper than %d", maxDepth))
	}
	c, err := s.next()
	for first := true; err == nil; first = false {
		switch {
		case c == end:
			s.pos++
			s.depth--
			return nil
		case !first && c != ',':
			return s.syntax("no comma and no closing bracket")
		case !first:
			s.pos++
		}
		if err = item(); err == nil {
			c, err = s.next()
		}
	}
	return err
}

// End reads the blanks after the value and reports whether the text ends there: nil, or what is wrong.
func (s *Scanner) End() error {
	_, err := s.next()
	switch {
	case err == nil:
		return s.syntax("more text after the JSON value")
	case errors.Is(err, io.ErrUnexpectedEOF) && s.err == io.EOF:
		return nil
	}
	return err
}

// next skips blanks and returns the byte behind them, which stays unread.
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

func (s *Scanner) expect(want byte, otherwise string) error {
	c, err := s.next()
	if err != nil {
		return err
	}
	if c != want {
		return s.syntax(otherwise)
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
			return s.syntax("no value")
		}
		s.pos++
	}
	return nil
}

// peek returns the next byte, blank or not, which stays unread.
func (s *Scanner) peek() (byte, error) {
	if s.pos == len(s.buf) {
		if err := s.fill(); err != nil {
			return 0, err
		}
	}
	return s.buf[s.pos], nil
}

// fill puts the next part of the text into the used-up buffer, at least a byte. The end of the text is
// io.ErrUnexpectedEOF here: whether it may end is known to End alone.
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
