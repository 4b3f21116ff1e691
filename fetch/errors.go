package fetch

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"gpufleet/fetch/exit"
	"gpufleet/fetch/jsonscan"
)

// Kind says who has to fix an error. Its value is the exit code of a run that ends with the error.
type Kind int

const (
	// BadInput: a saved reply, price file or previous report can't be read, or is invalid.
	BadInput Kind = exit.Usage
	// BadAPI: the API is unreachable, timed out or refused the request, or its reply is not as documented.
	BadAPI Kind = exit.API
	// Incomplete: the list can't be complete.
	Incomplete Kind = exit.Incomplete
)

// Error says why there is no list. It never contains a value from a reply, which could be a host name or a password.
type Error struct {
	Kind Kind
	What string // what happened, to what, and what to do

	refused  bool // the API refused this request, but may accept others
	mismatch bool // a file of a site is not as its manifest lists it
}

func (e *Error) Error() string { return e.What }

// ExitCode returns the exit code of a run that ends with this error.
func (e *Error) ExitCode() int { return int(e.Kind) }

// errorf returns an Error with a formatted text.
func errorf(kind Kind, format string, args ...any) error {
	return &Error{Kind: kind, What: fmt.Sprintf(format, args...)}
}

// replyError returns the error for a reply that is not as documented.
func replyError(what string) error {
	return errorf(BadAPI, "the reply does not match the API's documentation: %s", what)
}

// statusError is a reply with a status other than 200, or a web page in place of JSON.
type statusError struct {
	code    int
	wait    time.Duration // that the server asks for before the next request; -1 if it doesn't
	webPage bool
	trouble tokenTrouble
}

func newStatusError(response *http.Response, body *bufio.Reader) *statusError {
	e := &statusError{code: response.StatusCode, wait: askedWait(response)}
	e.webPage = !e.isRedirect() && isWebPage(response.Header, body)
	if e.code >= 400 {
		// Only the message matters, so other faults of the reply are ignored.
		e.trouble = messageTrouble(io.LimitReader(body, maxErrorReply))
	}
	return e
}

// messageTrouble returns what the message of a reply says about the token, as far as the reply can be read.
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

func (e *statusError) Error() string { return e.describe("the address") }

// describe says what the API answered to a GET of the address.
func (e *statusError) describe(address string) string {
	if e.webPage {
		return fmt.Sprintf("a web page came back (%d from GET %s), perhaps from a gateway in front of the API",
			e.code, address)
	}
	return fmt.Sprintf("the API %s (%d from GET %s)", e.verb(), e.code, address)
}

// refusesRequest reports whether the API only refuses this request, such as a page that does not exist. It may accept
// others.
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
		return "denied access with this token"
	case e.code == http.StatusNotFound:
		return "has nothing at this address"
	case e.code == http.StatusTooManyRequests:
		return "received too many requests"
	case e.isRedirect():
		return "redirects to another address"
	case e.code >= 500 && e.code < 600:
		return "reported a server error"
	case e.code >= 400 && e.code < 500:
		return "refused the request"
	}
	return "answered with an unexpected status"
}

func (e *statusError) advice() string {
	switch {
	case e.webPage && e.code >= 500:
		return "try again later"
	case e.webPage:
		return "check --api-url, which should end in /api/v1, or try again later"
	case e.trouble != tokenFine:
		return e.trouble.advice()
	case e.code == http.StatusUnauthorized:
		return "access tokens expire after 2 hours; use an API key (ak_…)"
	case e.code == http.StatusForbidden:
		return "use an API key of the account that has the instances"
	case e.code == http.StatusNotFound:
		return "check --api-url, which should end in /api/v1"
	case e.isRedirect():
		return "redirects are not followed, to protect the token; set --api-url to the final address"
	case e.code < 400, e.code >= 600:
		return "check --api-url, or try again later"
	}
	return "try again later"
}

func (e *statusError) isRedirect() bool {
	switch e.code {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// describe turns the error of a GET into a message for people. It leaves out the original text, in which net/http
// quotes malformed replies.
func describe(err error, address string) error {
	var known *Error
	if errors.As(err, &known) {
		return err
	}
	var proxy *proxyError
	if errors.As(err, &proxy) {
		return errorf(BadAPI, "%s", proxy.message(address))
	}
	var status *statusError
	if errors.As(err, &status) {
		return &Error{Kind: BadAPI, What: status.describe(address) + ": " + status.advice(), refused: status.refusesRequest()}
	}
	what, advice := connectionTrouble(err, "--api-url")
	if isCertificateError(err) {
		advice += " (the token was not sent)"
	}
	return errorf(BadAPI, "GET %s: %s; %s", address, what, advice)
}
