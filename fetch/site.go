package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"syscall"

	"gpufleet/fetch/history"
	"gpufleet/fetch/manifest"
)

// maxRedirects is how many redirects of a published site are followed: a custom domain takes one or two.
const maxRedirects = 3

// publishedSite is a site that holds an earlier report. It is read within the limits that hold for the API, but
// without a token: the client's is not used.
type publishedSite struct{ client *Client }

// checkSiteURL reports why text can't be the address of a published report, or nil.
func checkSiteURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil, u.Hostname() == "", u.Scheme != "https" && u.Scheme != "http":
		return errors.New("not a web address: give one such as https://example.org/fleet")
	case u.User != nil:
		return errors.New("it holds a user name or password, and none is ever sent or written")
	case strings.ContainsAny(text, "?#"):
		return errors.New("it holds a query or fragment: give the address of the site's folder alone")
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return errors.New("http could be changed on the way: use https (http is for this machine alone)")
	case slices.Contains(strings.Split(u.Path, "/"), ".."):
		return errors.New("its path holds ..: give the address that is meant")
	}
	return checkHost(u)
}

// ParseSiteURL returns the address of a site's folder as it is written into files: without a slash at its end,
// escaped, and its path without the parts that lead nowhere. The error is as that of checkSiteURL.
func ParseSiteURL(text string) (string, error) {
	const longest = 1000
	if err := checkSiteURL(text); err != nil {
		return "", err
	}
	u, err := url.Parse(text)
	if err == nil && len(text) > longest {
		err = fmt.Errorf("it is longer than %d characters", longest)
	}
	if err != nil {
		return "", err
	}
	return strings.TrimRight(u.JoinPath().String(), "/"), nil
}

// collect gathers the past from the files that the site's manifest lists. The error is errNoManifest where the
// manifest answers 404, a *Error where the site can't be read now or is not what its manifest says, or the context's
// cause. What is wrong with a file that is as it was written is a warning.
func (s publishedSite) collect(ctx context.Context, c *history.Collector) error {
	deadline, cancel := context.WithTimeoutCause(ctx, s.client.Timeout, errDeadline)
	defer cancel()
	listed, err := readManifest(deadline, s)
	if err == nil {
		err = collect(deadline, s, listed, c)
	}
	var damaged *damage
	switch {
	case err != nil && ctx.Err() == nil && context.Cause(deadline) == errDeadline:
		return errorf(BadAPI, "the earlier report did not come from %s within %v: "+
			"try again later, or give --timeout more", s.client.URL, s.client.Timeout)
	case errors.As(err, &damaged):
		return errorf(BadAPI, "the earlier report at %s: %s: check --previous", s.client.URL, damaged.what)
	}
	return err
}

// errNotListed is a file of a site that came whole, but is not the one that the manifest lists.
var errNotListed = errors.New(notListed)

// read asks again for a file that is not right. A site that is being replaced, or half of which comes from a cache,
// serves such files, or none of that name: the history is not thrown away for that, as it would be with a mere
// warning.
func (s publishedSite) read(ctx context.Context, path string, limit int64, isRight func([]byte) bool) ([]byte, error) {
	address := strings.TrimRight(s.client.URL, "/") + "/" + path
	var content []byte
	err := s.client.get(ctx, address, func(body io.Reader) (err error) {
		content, err = io.ReadAll(io.LimitReader(body, limit+1))
		if err == nil && !isRight(content) {
			err = errNotListed
		}
		return err
	})
	if errors.Is(err, fs.ErrNotExist) && path != manifest.Path {
		return nil, errorf(BadAPI, "404 from GET %s: the site's manifest lists this file, "+
			"so the site is not whole now: %s", address, siteCure)
	}
	if err == nil && int64(len(content)) > limit {
		err = &damage{"it is longer than it should be"}
	}
	return content, err
}

// siteCure is what to do about a site that is not whole.
const siteCure = "try again later; if it stays so, publish the whole site again, or run once without --previous"

// redirectError is a redirect that is not followed.
type redirectError struct{ why string }

func (e *redirectError) Error() string { return e.why }

// followSite decides on a redirect of a published site: a few are followed, from https to https. On this machine http
// may lead to http.
func followSite(to *http.Request, via []*http.Request) error {
	from := via[len(via)-1].URL
	switch {
	case len(via) > maxRedirects:
		return &redirectError{fmt.Sprintf("it is redirected more than %d times", maxRedirects)}
	case to.URL.User != nil:
		return &redirectError{"it is redirected to an address with a user name"}
	case from.Scheme == "https" && to.URL.Scheme == "https":
		return nil
	case from.Scheme == "http" && to.URL.Scheme == "http" && isLoopback(from.Hostname()) && isLoopback(to.URL.Hostname()):
		return nil
	}
	return &redirectError{"it is redirected to an address that is not https"}
}

// describeSite turns what went wrong with a GET of a published site into an error for a person. A 404 is
// fs.ErrNotExist.
func describeSite(err error, address string) error {
	var known *Error
	var status *statusError
	switch {
	case errors.As(err, &known):
		return err
	case errors.As(err, &status) && status.code == http.StatusNotFound:
		return fs.ErrNotExist
	case errors.As(err, &status):
		return errorf(BadAPI, "%s: try again later, or check --previous", status.saysOfSite(address))
	case errors.Is(err, errNotListed):
		return errorf(BadAPI, "GET %s: %v, so the site is not whole now: %s", address, err, siteCure)
	}
	return errorf(BadAPI, "the earlier report can't be read: GET %s: %s: "+
		"try again later, or check --previous", address, siteTrouble(err))
}

func (e *statusError) saysOfSite(address string) string {
	return fmt.Sprintf("the earlier report can't be read (%d from GET %s)", e.code, address)
}

func siteTrouble(err error) string {
	var (
		redirect    *redirectError
		dns         *net.DNSError
		certificate *tls.CertificateVerificationError
	)
	switch {
	case errors.As(err, &redirect):
		return redirect.why
	case errors.As(err, &dns) && !dns.IsTimeout:
		return "no such host"
	case errors.As(err, &certificate):
		return "the server's certificate is not valid for this address"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the connection was refused"
	case errors.Is(err, errIdle):
		return "nothing came for 30 seconds"
	case isTimeout(err):
		return "the connection timed out"
	case isCut(err):
		return "the connection was cut before the file was complete"
	}
	return "no reply that could be read"
}
