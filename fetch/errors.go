package fetch

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"
	"time"

	"gpufleet/fetch/exit"
	"gpufleet/fetch/jsonscan"
)

// Kind tells errors apart by who has to do something about them. It is the exit code of a run that ends with such an
// error.
type Kind int

const (
	// BadInput: a saved reply, price file or earlier report can't be read from where it was said to be.
	BadInput Kind = exit.Usage
	// BadAPI: the API is unreachable, timed out, refused, or its reply is not what the document describes.
	BadAPI Kind = exit.API
	// Incomplete: the list that came can't be the whole list.
	Incomplete Kind = exit.Incomplete
)

// Error is why there is no list. What it says never holds a value from a reply: a host name or a password could
// be among them.
type Error struct {
	Kind Kind
	What string // what happened, to what, and what to do

	refused bool // the API did not want this request, others it may
}

func (e *Error) Error() string { return e.What }

// ExitCode returns the exit code of a run that ends with this error.
func (e *Error) ExitCode() int { return int(e.Kind) }

// errorf returns an Error that says what fmt.Sprintf makes of format and args.
func errorf(kind Kind, format string, args ...any) error {
	return &Error{Kind: kind, What: fmt.Sprintf(format, args...)}
}

// replyError returns the error for a reply that is not what the document describes.
func replyError(what string) error {
	return errorf(BadAPI, "the reply is not what the API's document describes: %s", what)
}

// statusError is a reply with another status than 200.
type statusError struct {
	code       int
	retryAfter time.Duration // -1 where the reply doesn't say
	trouble    tokenTrouble
}

func newStatusError(response *http.Response) *statusError {
	e := &statusError{code: response.StatusCode, retryAfter: retryAfter(response.Header.Get("Retry-After"), time.Now())}
	if e.code >= 400 {
		// What else may be wrong with such a reply doesn't matter: it is read for its message alone.
		e.trouble = messageTrouble(io.LimitReader(response.Body, maxErrorReply))
	}
	return e
}

// messageTrouble returns what a reply's message says of the token, as far as the reply can be read.
func messageTrouble(reply io.Reader) tokenTrouble {
	s := jsonscan.New(reply)
	if kind, err := s.Kind(); err != nil || kind != jsonscan.Object {
		return tokenFine
	}
	e := envelope{data: func(s *jsonscan.Scanner) error { return s.Skip() }}
	_ = s.Object(func(name []byte) error {
		if string(name) == "message" {
			return e.readMessage(s)
		}
		return s.Skip()
	})
	return e.trouble
}

func (e *statusError) Error() string { return e.says("the address") }

// says tells what the API answered to a GET of the address.
func (e *statusError) says(address string) string {
	return fmt.Sprintf("the API %s (%d from GET %s)", e.verb(), e.code, address)
}

// refusesRequest reports whether the API may well answer another request of the same run: it has no such page.
func (e *statusError) refusesRequest() bool {
	switch e.code {
	case http.StatusBadRequest, http.StatusNotFound,
		http.StatusRequestedRangeNotSatisfiable, http.StatusUnprocessableEntity:
		return e.trouble == tokenFine
	}
	return false
}

func (e *statusError) verb() string {
	switch {
	case e.code == http.StatusUnauthorized, e.trouble != tokenFine:
		return "refused the token"
	case e.code == http.StatusForbidden:
		return "does not let this token read the list"
	case e.code == http.StatusNotFound:
		return "has nothing at this address"
	case e.code == http.StatusTooManyRequests:
		return "was asked too often"
	case e.code >= 300 && e.code < 400:
		return "sends elsewhere"
	case e.code >= 500:
		return "is in trouble"
	}
	return "refused the request"
}

func (e *statusError) cure() string {
	switch {
	case e.trouble != tokenFine:
		return e.trouble.cure()
	case e.code == http.StatusUnauthorized:
		return "access tokens expire after 2 hours; use an API key (ak_…)"
	case e.code == http.StatusForbidden:
		return "use an API key of the account whose list is wanted"
	case e.code == http.StatusNotFound:
		return "check --api-url, which ends in /api/v1"
	case e.code >= 300 && e.code < 400:
		return "a redirect is not followed, since the token would go along; give the final address as --api-url"
	}
	return "try again later"
}

// describe turns what went wrong with a GET of the address into an error for a person. The cause's own words are
// left out: net/http quotes malformed replies in them.
func describe(err error, address string) error {
	var known *Error
	if errors.As(err, &known) {
		return err
	}
	var status *statusError
	if errors.As(err, &status) {
		return &Error{Kind: BadAPI, What: status.says(address) + ": " + status.cure(), refused: status.refusesRequest()}
	}
	return errorf(BadAPI, "GET %s: %s", address, connectionTrouble(err))
}

func connectionTrouble(err error) string {
	var (
		dns         *net.DNSError
		certificate *tls.CertificateVerificationError
		record      tls.RecordHeaderError
		alert       tls.AlertError
		authority   x509.UnknownAuthorityError
		hostname    x509.HostnameError
	)
	switch {
	case errors.As(err, &dns) && !dns.IsTimeout:
		return "no such host: check --api-url and the network"
	case errors.As(err, &certificate), errors.As(err, &authority), errors.As(err, &hostname):
		return "the server's certificate is not valid for this address: the token was not sent; check --api-url"
	case errors.As(err, &record), errors.As(err, &alert), errors.Is(err, http.ErrSchemeMismatch):
		return "the server does not speak https: check --api-url"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the connection was refused: check --api-url, or try again later"
	case errors.Is(err, errIdle):
		return "nothing came for 30 seconds: try again later"
	case isTimeout(err):
		return "the connection timed out: try again later"
	case isCut(err):
		return "the connection was cut before the reply was complete: try again later"
	}
	return "no reply that could be read: check --api-url and the network"
}
