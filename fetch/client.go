// Package fetch gets the instance list, from the API, from saved replies or from the built-in sample, as one
// complete fleet.Fleet or as an error that says why there is none.
//
// The replies are those of {API_URL}/computing/instances as the provider documents them; two shapes are
// known, an older and a later one, and both are read in any mixture.
package fetch

import (
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

// Client reads the list from the API. It serves one run: its retries are counted over all requests.
type Client struct {
	URL       string                           // checked by CheckURL
	Token     string                           // sent as the bearer, to URL's host and nowhere else
	UserAgent string                           // program and version
	Timeout   time.Duration                    // bounds the whole fetch
	Progress  func(page, instances int)        // called after each page; nil for silence
	Log       func(format string, args ...any) // called with what is done; nil for silence
	Transport *http.Transport                  // nil for NewTransport()
	Site      bool                             // read a published site: send no token, follow a few redirects

	wait    func(time.Duration) <-chan time.Time // nil for time.After
	random  func() float64                       // from 0 to below 1; nil for math/rand/v2
	idle    time.Duration                        // an attempt ends after so long without a byte; 0 for 30 s
	retries int                                  // done so far
	client  *http.Client
	watch   atomic.Pointer[time.Timer] // of the attempt under way
	until   time.Time                  // Timeout after the first call; the zero time before it
}

func (c *Client) log(format string, args ...any) {
	if c.Log != nil {
		c.Log(format, args...)
	}
}

// CheckURL reports why text can't be the API's address, or nil. Plain http would show the token to every machine
// on the way, so it is for this machine alone.
func CheckURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil, u.Host == "", u.Hostname() == "", u.Scheme != "https" && u.Scheme != "http":
		return errors.New("not a web address: give one such as https://api.nebulablock.com/api/v1")
	case u.User != nil:
		return errors.New("it holds a user name or password: the token goes into $GPUFLEET_TOKEN or a --token-file")
	case strings.ContainsAny(text, "?#"): // one that is empty, too, would swallow the path that is put behind it
		return errors.New("it holds a query or fragment: give the address up to /api/v1 alone")
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return errors.New("http would send the token in the clear: use https (http is for this machine alone)")
	}
	return checkHost(u)
}

// dnsName is a name as the DNS has it. What else url.Parse lets pass, such as quotes, has no place in a link.
var dnsName = regexp.MustCompile(`^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.?$`)

// checkHost reports why an address's host and port can't be reached, whatever is there, or nil.
func checkHost(u *url.URL) error {
	address, err := netip.ParseAddr(u.Hostname())
	isIPv6 := err == nil && address.Is6() && address.Zone() == "" && strings.HasPrefix(u.Host, "[")
	if !isIPv6 && !dnsName.MatchString(u.Hostname()) {
		return errors.New("its host is no name of letters, digits, hyphens and dots, and no IP address: " +
			"give a name with other letters in its xn-- form")
	}
	hasPort := u.Port() != "" || strings.HasSuffix(u.Host, ":")
	if port, err := strconv.Atoi(u.Port()); hasPort && (err != nil || port < 1 || port > 65535) {
		return errors.New("its port is no number from 1 to 65535")
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

// NewTransport returns the transport that Client uses: Go's own, with a limit for headers, and without HTTP/2. A run
// asks for a handful of pages one after the other, which HTTP/2 makes no faster, and its errors for a connection that
// was cut can't be told from others: net/http keeps their types to itself.
func NewTransport() *http.Transport {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxResponseHeaderBytes = 1 << 20
	transport.Protocols = new(http.Protocols)
	transport.Protocols.SetHTTP1(true)
	return transport
}

var errDeadline = errors.New("the time for the fetch is up")

// Instances fetches the complete list. The error is a *Error, or the context's cause where that ended the fetch.
func (c *Client) Instances(ctx context.Context) (list *fleet.Fleet, err error) {
	err = c.inTime(ctx, func(ctx context.Context) error {
		list, err = c.readAll(ctx)
		return err
	})
	return list, err
}

// inTime does a part of the fetch in what is left of its time, which begins with the first part.
func (c *Client) inTime(ctx context.Context, fetch func(context.Context) error) error {
	if c.until.IsZero() {
		c.until = time.Now().Add(c.Timeout)
	}
	deadline, cancel := context.WithDeadlineCause(ctx, c.until, errDeadline)
	defer cancel()
	err := fetch(deadline)
	if err != nil && ctx.Err() == nil && context.Cause(deadline) == errDeadline {
		return errorf(BadAPI, "no complete reply from %s within %v: try again later, or give --timeout more",
			c.URL, c.Timeout)
	}
	return err
}

// endpoint returns the address of what the API has at a path.
func (c *Client) endpoint(path string) string { return strings.TrimRight(c.URL, "/") + path }

// instancesURL is the address of the whole list where limit is 0, as documented, else of a part of it.
func (c *Client) instancesURL(limit, offset int) string {
	address := c.endpoint("/computing/instances")
	if limit > 0 {
		address += fmt.Sprintf("?limit=%d&offset=%d", limit, offset)
	}
	return address
}

// attempt sends one GET and hands the body of a 200 to read. It returns what read returns, or a *statusError, or
// the connection's error.
func (c *Client) attempt(ctx context.Context, address string, read func(io.Reader) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watch := time.AfterFunc(c.idleTime(), func() { cancel(errIdle) })
	c.watch.Store(watch)
	defer watch.Stop()

	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	c.setHeaders(request.Header)
	response, err := c.http().Do(request)
	if err != nil {
		return errorOrCause(ctx, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		stop := time.AfterFunc(errorReplyTime, func() { cancel(errIdle) })
		defer stop.Stop()
		return newStatusError(response)
	}
	return errorOrCause(ctx, read(response.Body))
}

// setHeaders says who asks and for what. A site is asked for its files as they are: their hashes are compared.
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

// errorOrCause returns what ended the context in place of an error that only says that it ended.
func errorOrCause(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// http returns a client that follows no redirect of the API: Go would send the token along to another port, and from
// https to http, of the same host.
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

// watchedTransport returns the transport with connections that wind the attempt's watch up again with each byte that
// comes, be it of a header or of a packed body that yields nothing yet.
func (c *Client) watchedTransport() *http.Transport {
	transport := c.Transport
	if transport == nil {
		transport = NewTransport()
	}
	transport = transport.Clone()
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

// watchedConn is a connection of a client.
type watchedConn struct {
	net.Conn
	client *Client
}

func (w *watchedConn) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	if watch := w.client.watch.Load(); n > 0 && watch != nil {
		watch.Reset(w.client.idleTime()) // after the attempt's end it does no harm: it ends a context that has ended
	}
	return n, err
}

// idleTime is how long an attempt may go without a byte.
func (c *Client) idleTime() time.Duration {
	if c.idle > 0 {
		return c.idle
	}
	return 30 * time.Second
}

// isTimeout reports whether a connection's error is a timeout.
func isTimeout(err error) bool {
	var timeout net.Error
	return errors.Is(err, errIdle) || errors.As(err, &timeout) && timeout.Timeout()
}
