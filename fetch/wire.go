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

// maxBody is the largest size of a decoded reply in bytes.
const maxBody = 1 << 30

// page is the content of one reply.
type page struct {
	rows     []*fleet.Instance
	noData   bool                // data was null
	fault    string              // what is wrong with data, "" for nothing
	total    fleet.Optional[int] // total_instance
	warnings fleet.Warnings
	// idWarnings are about ids with an address, asCame has the rows with a secret in a text; see fleet.Fleet.
	idWarnings fleet.Warnings
	asCame     fleet.AsCame
}

// tokenTrouble is what a reply's message says about the token. The message itself is not kept.
type tokenTrouble int

const (
	tokenFine tokenTrouble = iota
	tokenExpired
	tokenInvalid
)

// decodePage reads one reply: {"data": [row, …], "total_instance": N, "message": "…", "status": "success"}.
// number is the page number for warnings, from 1. The error is a *Error for a reply that is not as documented,
// io.ErrUnexpectedEOF for a truncated one, else the reader's.
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
	case p.fault != "": // checked last: a reply that reports a failure may have any data
		return nil, replyError(p.fault)
	}
	return p, nil
}

// decodeEnvelope reads the object that all of the API's replies have around their data. The function data reads the
// value of "data". total may be nil. The result is what the message of a failed reply says about the token.
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
		return tokenFine, errorf(BadAPI, "the reply is larger than 1 GiB; check --api-url")
	case errors.As(err, &syntax):
		return tokenFine, replyError("it is not JSON: " + syntax.Error())
	case err != nil:
		return tokenFine, err
	}
	return e.check()
}

// envelope is the object around the data, as far as it has been read.
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
			return replyError("it has two data fields")
		}
		e.hasData = true
		return e.data(s)
	case "status":
		if e.hasStatus {
			return replyError("it has two status fields")
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
			return replyError("it has two total_instance fields")
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

// Patterns for messages that mention the token, and that say it is invalid.
var (
	aboutToken = regexp.MustCompile(`token|api.?key|jwt|credential|session|unauthori[sz]ed|unauthenticated`)
	faulty     = regexp.MustCompile(`invalid|not valid|incorrect|wrong|malformed|missing|revoked|unknown|` +
		`unauthori[sz]ed|unauthenticated|not (found|recogni[sz]ed|accepted)`)
)

// readMessage checks the message for the two problems that the user can fix. The text is not kept.
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
	switch {
	case kind != jsonscan.Number && (kind != jsonscan.String || !ok):
		return replyError(fmt.Sprintf("total_instance is %v, not a whole number", kind))
	case !ok || number != math.Trunc(number) || number > 1e15:
		return replyError("total_instance is not a whole number of 0 or more")
	}
	*e.total = fleet.Known(int(number))
	return nil
}

// check reports whether the envelope is as documented.
func (e *envelope) check() (tokenTrouble, error) {
	switch {
	case !e.hasStatus:
		return tokenFine, replyError("it has no status")
	case !e.success && e.trouble != tokenFine:
		return e.trouble, nil
	case !e.success:
		return tokenFine, &Error{Kind: BadAPI, refused: true,
			What: "the API reports a failure (its status is not success); try again later, or check the provider's console"}
	case !e.hasData:
		return tokenFine, replyError("it has no data")
	}
	return tokenFine, nil
}

// err returns the error for a reply that reports a problem with the token.
func (t tokenTrouble) err() error {
	return errorf(BadAPI, "the API reports a problem with the token: %s", t.advice())
}

// advice says what is wrong with the token and what to do.
func (t tokenTrouble) advice() string {
	if t == tokenExpired {
		return "it has expired; access tokens last 2 hours, so use an API key (ak_…) for scheduled runs"
	}
	return "it is not valid; access tokens last 2 hours, " +
		"so use an API key (ak_…) that is active in the provider's console"
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
			return errorf(BadAPI, "the reply has more than %d rows; check --api-url",
				fleet.MaxInstances)
		}
		in, asCame, err := d.decodeRow(s, row, &p.warnings)
		if err != nil {
			return err
		}
		p.rows = append(p.rows, in)
		if asCame != nil {
			if p.asCame == nil {
				p.asCame = fleet.AsCame{}
			}
			p.asCame[in] = asCame
		}
		if fleet.HideAddress(in.ID) != in.ID {
			p.idWarnings.AddRow(row, "id contains an address; shown as unknown, and not compared with other reports")
		}
		return nil
	})
}

// skipBOM skips a byte order mark, which some editors and shells add to a saved reply.
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

// countingReader counts the bytes that were read.
type countingReader struct {
	source io.Reader
	count  int64
}

func (r *countingReader) Read(p []byte) (int, error) {
	n, err := r.source.Read(p)
	r.count += int64(n)
	return n, err
}
