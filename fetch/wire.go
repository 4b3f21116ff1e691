package fetch

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strings"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/jsonscan"
)

// maxBody bounds one decoded reply.
const maxBody = 1 << 30

// page is what one reply holds.
type page struct {
	rows     []*fleet.Instance
	noData   bool                // data was null
	fault    string              // what of data is not as documented, "" for nothing
	total    fleet.Optional[int] // total_instance
	warnings fleet.Warnings
}

// tokenTrouble is what a reply's message says of the token. The message itself is not kept.
type tokenTrouble int

const (
	tokenFine tokenTrouble = iota
	tokenExpired
	tokenInvalid
)

// decodePage reads one reply: {"data": [row, …], "total_instance": N, "message": "…", "status": "success"}.
// number is the page's place in the list, from 1, for warnings. The error is a *Error for a reply that
// is not what the document describes, io.ErrUnexpectedEOF for one that ends too early, else the reader's.
func (d *decoder) decodePage(reply io.Reader, number int) (*page, error) {
	p := &page{}
	trouble, err := d.decodeEnvelope(reply, func(s *jsonscan.Scanner) error {
		return d.decodeRows(s, p, number)
	}, &p.total)
	switch {
	case err != nil:
		return nil, err
	case trouble != tokenFine:
		return nil, trouble.err()
	case p.fault != "": // only now: a reply that reports a failure may hold anything as its data
		return nil, replyError(p.fault)
	}
	return p, nil
}

// decodeEnvelope reads what all of the API's replies have around their data. data reads the value of that
// name. total may be nil. Trouble is what a failed reply's message says of the token.
func (d *decoder) decodeEnvelope(
	reply io.Reader, data func(*jsonscan.Scanner) error, total *fleet.Optional[int],
) (tokenTrouble, error) {
	text, err := skipBOM(io.LimitReader(reply, maxBody+1))
	if err != nil {
		return tokenFine, err
	}
	counted := &countingReader{source: text}
	s := jsonscan.New(counted)
	e := envelope{data: data, total: total}
	err = e.read(s)
	var syntax *jsonscan.SyntaxError
	switch {
	case counted.count > maxBody:
		return tokenFine, errorf(BadAPI, "the reply is longer than 1 GiB, which no list is: check --api-url")
	case errors.As(err, &syntax):
		return tokenFine, replyError("it is not JSON: " + syntax.Error())
	case err != nil:
		return tokenFine, err
	}
	return e.check()
}

// envelope is what stands around the data, as far as it has been read.
type envelope struct {
	data  func(*jsonscan.Scanner) error
	total *fleet.Optional[int]

	hasData, hasTotal, hasStatus bool
	success                      bool
	trouble                      tokenTrouble
}

func (e *envelope) read(s *jsonscan.Scanner) error {
	kind, err := s.Kind()
	if err != nil {
		return err
	}
	if kind != jsonscan.Object {
		return replyError(fmt.Sprintf("it is %v, not an object", kind))
	}
	if err := s.Object(func(name []byte) error { return e.member(s, string(name)) }); err != nil {
		return err
	}
	return s.End()
}

func (e *envelope) member(s *jsonscan.Scanner, name string) error {
	switch name {
	case "data":
		if e.hasData {
			return replyError("it holds data twice")
		}
		e.hasData = true
		return e.data(s)
	case "status":
		if e.hasStatus {
			return replyError("it holds status twice")
		}
		e.hasStatus = true
		return e.readStatus(s)
	case "message":
		return e.readMessage(s)
	case "total_instance":
		if e.total == nil {
			return s.Skip()
		}
		if e.hasTotal {
			return replyError("it holds total_instance twice")
		}
		e.hasTotal = true
		return e.readTotal(s)
	}
	return s.Skip()
}

func (e *envelope) readStatus(s *jsonscan.Scanner) error {
	kind, err := s.Kind()
	if err != nil {
		return err
	}
	if kind != jsonscan.String {
		return replyError(fmt.Sprintf("status is %v, not a string", kind))
	}
	text, _, err := s.String(16)
	e.success = string(text) == "success"
	return err
}

// What a message says of a token, whatever its words are: that it is spoken of, and that it is no good.
var (
	aboutToken = regexp.MustCompile(`token|api.?key|jwt|credential|session|unauthori[sz]ed|unauthenticated`)
	faulty     = regexp.MustCompile(`invalid|not valid|incorrect|wrong|malformed|missing|revoked|unknown|` +
		`unauthori[sz]ed|unauthenticated|not (found|recogni[sz]ed|accepted)`)
)

// readMessage looks for the two things that a person can mend. The text goes no further.
func (e *envelope) readMessage(s *jsonscan.Scanner) error {
	kind, err := s.Kind()
	if err != nil || kind != jsonscan.String {
		return errors.Join(err, s.Skip())
	}
	text, _, err := s.String(4096)
	message := strings.ToLower(string(text))
	switch {
	case !aboutToken.MatchString(message):
	case strings.Contains(message, "expire"):
		e.trouble = tokenExpired
	case faulty.MatchString(message):
		e.trouble = tokenInvalid
	}
	return err
}

func (e *envelope) readTotal(s *jsonscan.Scanner) error {
	kind, text, _, err := scalar(s, maxNumber)
	if err != nil {
		return err
	}
	literal := bytes.TrimSpace(text)
	if kind == jsonscan.Null || kind == jsonscan.String && len(literal) == 0 {
		return nil
	}
	number, ok := parseNumber(literal)
	if !ok || kind != jsonscan.Number && kind != jsonscan.String || number != math.Trunc(number) || number > 1e15 {
		return replyError(fmt.Sprintf("total_instance is %v that is no count", kind))
	}
	*e.total = fleet.Known(int(number))
	return nil
}

// check says whether the envelope is the documented one.
func (e *envelope) check() (tokenTrouble, error) {
	switch {
	case !e.hasStatus:
		return tokenFine, replyError("it has no status")
	case !e.success && e.trouble != tokenFine:
		return e.trouble, nil
	case !e.success:
		return tokenFine, &Error{Kind: BadAPI, refused: true,
			What: "the API reports a failure (its status is not success): try again later, or look into the provider's console"}
	case !e.hasData:
		return tokenFine, replyError("it has no data")
	}
	return tokenFine, nil
}

// err returns the error for a reply that reports the trouble.
func (t tokenTrouble) err() error {
	return errorf(BadAPI, "the API reports a failure and its message speaks of the token: %s", t.cure())
}

// cure says what to do about the token.
func (t tokenTrouble) cure() string {
	if t == tokenExpired {
		return "it has expired; access tokens last 2 hours, so use an API key (ak_…) for scheduled runs"
	}
	return "it is not valid, or no more: access tokens last 2 hours; " +
		"use an API key (ak_…) that the provider's console shows as active"
}

// decodeRows reads the value of data: an array of objects, or null.
func (d *decoder) decodeRows(s *jsonscan.Scanner, p *page, number int) error {
	kind, err := s.Kind()
	switch {
	case err != nil:
		return err
	case kind == jsonscan.Null:
		p.noData = true
		return s.Skip()
	case kind != jsonscan.Array:
		p.fault = fmt.Sprintf("data is %v, not an array", kind)
		return s.Skip()
	}
	return s.Array(func() error {
		row := fleet.Row{Page: number, Number: len(p.rows) + 1}
		kind, err := s.Kind()
		switch {
		case err != nil:
			return err
		case kind != jsonscan.Object:
			p.fault = cmp.Or(p.fault, fmt.Sprintf("%v is %v, not an object", row, kind))
			return s.Skip()
		case row.Number > fleet.MaxInstances:
			return errorf(BadAPI, "the reply has more than %d rows, which no instance list has: check --api-url",
				fleet.MaxInstances)
		}
		in, err := d.decodeRow(s, row, &p.warnings)
		p.rows = append(p.rows, in)
		return err
	})
}

// skipBOM passes over a byte order mark, which some editors and shells put before a saved reply.
func skipBOM(text io.Reader) (io.Reader, error) {
	b := bufio.NewReaderSize(text, 16)
	start, err := b.Peek(3)
	if err != nil && err != io.EOF {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(start, []byte("\xEF\xBB\xBF")):
		_, err := b.Discard(3)
		return b, err
	case bytes.HasPrefix(start, []byte("\xFF\xFE")), bytes.HasPrefix(start, []byte("\xFE\xFF")):
		return nil, replyError("it is UTF-16; save it as UTF-8")
	}
	return b, nil
}

// countingReader counts what was read.
type countingReader struct {
	source io.Reader
	count  int64
}

func (r *countingReader) Read(p []byte) (int, error) {
	n, err := r.source.Read(p)
	r.count += int64(n)
	return n, err
}
