// Package fetch gets the instance list from the API, from saved replies or from the built-in sample. The result is
// one complete fleet.Fleet, or an error that says why there is none.
//
// The provider documents the replies of {API_URL}/computing/instances. There is an older and a newer format. Both are
// accepted, even in the same list.
package fetch

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"gpufleet/fetch/fleet"
)

// Client reads the list from the API. It is for one run: all requests share one limit of retries.
type Client struct {
	URL       string                           // checked by CheckURL
	Account   string                           // that the list is of; "" if accounts are not given
	Token     string                           // bearer token, sent only to the host of URL
	UserAgent string                           // program and version
	Timeout   time.Duration                    // for the whole fetch
	Progress  func(page, instances int)        // called after each page; may be nil
	Log       func(format string, args ...any) // receives debug messages; may be nil
	Transport *http.Transport                  // nil for NewTransport()
	Proxies   *Proxies                         // nil for none
	Site      bool                             // URL is a published site: send no token, follow some redirects
	Clock     func() time.Time                 // our clock, to compare with the API's; nil for no comparison

	wait     func(time.Duration) <-chan time.Time // nil for time.After
	random   func() float64                       // in [0, 1); nil for math/rand/v2
	idle     time.Duration                        // longest time without a byte; 0 for 30 s
	retries  int                                  // done so far
	client   *http.Client
	watch    atomic.Pointer[time.Timer] // ends the current attempt
	deadline time.Time                  // Timeout after the first call; zero before it

	clockIsOff bool // the clock differs from the API's, but by less than a day
}

func (c *Client) log(format string, args ...any) {
	if c.Log != nil {
		c.Log(format, args...)
	}
}

// CheckURL returns an error if text is not a valid address for the API. Plain http would send the token unencrypted,
// so it is allowed only for this machine.
func CheckURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil, u.Host == "", u.Hostname() == "", u.Scheme != "https" && u.Scheme != "http":
		return errors.New("not a web address; use one such as https://api.nebulablock.com/api/v1")
	case u.User != nil:
		return errors.New("it contains a user name or password; put the token in $GPUFLEET_TOKEN or a --token-file")
	case strings.ContainsAny(text, "?#"): // even an empty one would swallow the path that we append
		return errors.New("it contains a query or fragment; use only the address up to /api/v1")
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return errors.New("http would send the token unencrypted; use https (http is allowed only for this machine)")
	}
	return checkHost(u)
}

// dnsName matches a valid DNS name. url.Parse accepts more, such as quotes, which must not get into a link.
var dnsName = regexp.MustCompile(`^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.?$`)

// checkHost returns an error if the URL's host or port is invalid.
func checkHost(u *url.URL) error {
	address, err := netip.ParseAddr(u.Hostname())
	isIPv6 := err == nil && address.Is6() && address.Zone() == "" && strings.HasPrefix(u.Host, "[")
	if !isIPv6 && !dnsName.MatchString(u.Hostname()) {
		return errors.New("its host is not an IP address or a name of letters, digits, hyphens and dots; " +
			"write a name with other letters in its xn-- form")
	}
	hasPort := u.Port() != "" || strings.HasSuffix(u.Host, ":")
	if port, err := strconv.Atoi(u.Port()); hasPort && (err != nil || port < 1 || port > 65535) {
		return errors.New("its port is not a number from 1 to 65535")
	}
	return nil
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}

// NewTransport returns the transport that Client uses: Go's default with a limit for headers, without HTTP/2, and
// without the proxies of the environment, which are Client.Proxies.
// HTTP/2 would not speed up a few requests in sequence. And its error for a lost connection can't be recognized, since
// net/http doesn't export its type.
func NewTransport() *http.Transport {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = nil
	transport.MaxResponseHeaderBytes = 1 << 20
	transport.Protocols = new(http.Protocols)
	transport.Protocols.SetHTTP1(true)
	return transport
}

var errDeadline = errors.New("the time limit of the fetch was reached")

// Instances fetches the complete list. The error is a *Error, or the context's cause if the context ended the fetch.
func (c *Client) Instances(ctx context.Context) (list *fleet.Fleet, err error) {
	err = c.withDeadline(ctx, func(ctx context.Context) error {
		list, err = c.readAll(ctx)
		return err
	})
	if err == nil && c.clockIsOff {
		list.Warnings.Add("this machine's clock differs from the API's by more than 10 minutes; set the clock")
	}
	return list, err
}

// withDeadline calls fetch within the time limit, which starts with the first call.
func (c *Client) withDeadline(ctx context.Context, fetch func(context.Context) error) error {
	if c.deadline.IsZero() {
		c.deadline = time.Now().Add(c.Timeout)
	}
	limited, cancel := context.WithDeadlineCause(ctx, c.deadline, errDeadline)
	defer cancel()
	err := fetch(limited)
	if err != nil && ctx.Err() == nil && context.Cause(limited) == errDeadline {
		return errorf(BadAPI, "no complete reply from %s within %v; try again later, or increase --timeout",
			c.URL, c.Timeout)
	}
	return err
}

// endpoint returns the URL of a path of the API.
func (c *Client) endpoint(path string) string { return strings.TrimRight(c.URL, "/") + path }

// instancesURL returns the URL of the whole list if limit is 0, else of one page.
func (c *Client) instancesURL(limit, offset int) string {
	address := c.endpoint("/computing/instances")
	if limit > 0 {
		address += fmt.Sprintf("?limit=%d&offset=%d", limit, offset)
	}
	return address
}

// attempt sends one GET and calls read with the body if the status is 200. The error is that of read, a *statusError,
// a *proxyError or the connection's.
func (c *Client) attempt(ctx context.Context, address string, read func(io.Reader) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watch := time.AfterFunc(c.idleTime(), func() { cancel(errIdle) })
	c.watch.Store(watch)
	defer watch.Stop()

	var to route
	request, err := http.NewRequestWithContext(to.follow(ctx), http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	c.setHeaders(request.Header)
	response, err := c.http().Do(request)
	if err != nil {
		return to.explain(errorOrCause(ctx, err))
	}
	defer response.Body.Close()
	body := bufio.NewReader(response.Body)
	if response.StatusCode != http.StatusOK {
		stop := time.AfterFunc(errorReplyTime, func() { cancel(errIdle) })
		defer stop.Stop()
		return newStatusError(response, body)
	}
	if err := c.checkClock(response.Header); err != nil {
		return err
	}
	if err := c.checkForm(response, body, address); err != nil {
		return err
	}
	return errorOrCause(ctx, read(body))
}

// checkForm returns an error if a reply is compressed in a way that the program didn't ask for, or if it is a web page.
// The files of a site are checked by their hashes instead; its compressed ones may be labelled as what they are.
func (c *Client) checkForm(response *http.Response, body *bufio.Reader, address string) error {
	compression := unaskedCompression(response.Header)
	switch {
	case c.Site && strings.HasSuffix(address, ".gz") && compression == "gzip":
	case compression != "":
		return errorf(BadAPI, "GET %s: the reply is compressed with %s, which was not asked for; "+
			"ask the people who run the server or a gateway in front of it", address, compression)
	case !c.Site && isWebPage(response.Header, body):
		return &statusError{code: response.StatusCode, wait: -1, webPage: true}
	}
	return nil
}

// setHeaders sets the request headers. The files of a site must arrive uncompressed, since their hashes are checked.
func (c *Client) setHeaders(header http.Header) {
	header.Set("User-Agent", c.UserAgent)
	if c.Site {
		header.Set("Accept-Encoding", "identity")
		return
	}
	header.Set("Authorization", "Bearer "+c.Token)
	header.Set("Accept", "application/json")
	header.Set("Content-Type", "application/json")
}

// errorOrCause returns the context's cause instead of err if the context has ended.
func errorOrCause(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// http returns a client that doesn't follow redirects of the API: Go would send the token to another port of the same
// host, and from https to http.
func (c *Client) http() *http.Client {
	if c.client == nil {
		c.client = &http.Client{
			Transport:     c.watchedTransport(),
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
		if c.Site {
			c.client.CheckRedirect = followSite
		}
	}
	return c.client
}

// watchedTransport returns the transport with connections that restart the attempt's timer when any bytes arrive, also
// those of headers.
func (c *Client) watchedTransport() *http.Transport {
	transport := c.Transport
	if transport == nil {
		transport = NewTransport()
	}
	transport = transport.Clone()
	c.Proxies.configure(transport)
	dial := transport.DialContext
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &watchedConn{Conn: conn, client: c}, nil
	}
	return transport
}

// watchedConn is a connection that restarts the timer of its client's current attempt.
type watchedConn struct {
	net.Conn
	client *Client
}

func (w *watchedConn) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	if watch := w.client.watch.Load(); n > 0 && watch != nil {
		watch.Reset(w.client.idleTime()) // harmless after the attempt: its context has already ended
	}
	return n, err
}

// idleTime returns how long an attempt may wait for the next byte.
func (c *Client) idleTime() time.Duration {
	if c.idle > 0 {
		return c.idle
	}
	return 30 * time.Second
}

// isTimeout reports whether err is a timeout of a connection.
func isTimeout(err error) bool {
	var timeout net.Error
	return errors.Is(err, errIdle) || errors.As(err, &timeout) && timeout.Timeout()
}
