package jsonscan

import "io"

// numberState is a state of the parser for numbers (RFC 8259, section 6).
type numberState byte

const (
	numberStart numberState = iota
	numberMinus
	numberZero // after a leading zero, only a point or an exponent can follow
	numberInteger
	numberPoint
	numberFraction
	numberE
	numberESign
	numberExponent
	numberEnd // the character doesn't belong to the number
)

// step returns the state after c.
func (n numberState) step(c byte) numberState {
	digit := '0' <= c && c <= '9'
	switch n {
	case numberStart, numberMinus:
		switch {
		case c == '-' && n == numberStart:
			return numberMinus
		case c == '0':
			return numberZero
		case digit:
			return numberInteger
		}
	case numberZero, numberInteger, numberFraction:
		switch {
		case digit && n != numberZero:
			return n
		case c == '.' && n != numberFraction:
			return numberPoint
		case c == 'e', c == 'E':
			return numberE
		}
	case numberPoint:
		if digit {
			return numberFraction
		}
	case numberE, numberESign, numberExponent:
		switch {
		case digit:
			return numberExponent
		case n == numberE && (c == '+' || c == '-'):
			return numberESign
		}
	}
	return numberEnd
}

// canEnd reports whether a number can end in this state.
func (n numberState) canEnd() bool {
	return n == numberZero || n == numberInteger || n == numberFraction || n == numberExponent
}

// Number reads a number. It returns its first keep characters, and whether there were more. The text is valid until the
// next call on the Scanner.
func (s *Scanner) Number(keep int) (text []byte, cut bool, err error) {
	if _, err := s.next(); err != nil {
		return nil, false, err
	}
	if text, ok := s.plainNumber(keep); ok {
		return text, false, nil
	}
	s.text = s.text[:0]
	for state := numberStart; ; s.pos++ {
		c, err := s.peek()
		atEnd := err == io.ErrUnexpectedEOF && s.err == io.EOF
		if err != nil && !atEnd {
			return nil, false, err
		}
		following := numberEnd
		if !atEnd {
			following = state.step(c)
		}
		switch {
		case following == numberEnd && state.canEnd():
			return s.text, cut, nil
		case following == numberEnd && atEnd:
			return nil, false, err
		case following == numberEnd:
			return nil, false, s.syntax("invalid number")
		case len(s.text) < keep:
			s.text = append(s.text, c)
		default:
			cut = true
		}
		state = following
	}
}

// plainNumber reads a number if it is completely in the buffer, short enough and has only digits and a point, as nearly
// all have.
func (s *Scanner) plainNumber(keep int) ([]byte, bool) {
	rest := s.buf[s.pos:]
	n := leadingDigits(rest)
	if n == 0 || n > 1 && rest[0] == '0' {
		return nil, false
	}
	if n < len(rest) && rest[n] == '.' {
		fraction := leadingDigits(rest[n+1:])
		if fraction == 0 {
			return nil, false
		}
		n += 1 + fraction
	}
	if n == len(rest) || n > keep || rest[n] == 'e' || rest[n] == 'E' {
		return nil, false
	}
	s.pos += n
	return rest[:n], true
}

func leadingDigits(text []byte) int {
	for i, c := range text {
		if c < '0' || c > '9' {
			return i
		}
	}
	return len(text)
}
