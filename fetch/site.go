package fetch

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"gpufleet/fetch/history"
	"gpufleet/fetch/manifest"
)

// maxRedirects is how many redirects of a published site are followed. A custom domain needs one or two.
const maxRedirects = 3

// publishedSite is a site with a previous report. The same limits apply as for the API, but no token is sent.
type publishedSite struct {
	client     *Client
	acceptLoss bool // let go of a file that is not as the manifest lists it
}

// checkSiteURL returns an error if text is not a valid address of a published report.
func checkSiteURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil, u.Hostname() == "", u.Scheme != "https" && u.Scheme != "http":
		return errors.New("not a web address; use one such as https://example.org/fleet")
	case u.User != nil:
		return errors.New("it contains a user name or password, which are never sent or written; remove them")
	case strings.ContainsAny(text, "?#"):
		return errors.New("it contains a query or fragment; use only the address of the site's folder")
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return errors.New("http can be tampered with; use https (http is allowed only for this machine)")
	case slices.Contains(strings.Split(u.Path, "/"), ".."):
		return errors.New("its path contains ..; use the full address")
	}
	return checkHost(u)
}

// ParseSiteURL returns the address of a site's folder as it is written into files: escaped, with a clean path and no
// slash at the end. The error is like that of checkSiteURL.
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

// collect reads the history from the files that the site's manifest lists. The error is errNoManifest if there is no
// manifest (404), a *Error if the site can't be read now or doesn't match its manifest, or the context's cause. A file
// that matches the manifest but can't be used causes a warning.
func (s publishedSite) collect(ctx context.Context, c *history.Collector) error {
	limited, cancel := context.WithTimeoutCause(ctx, s.client.Timeout, errDeadline)
	defer cancel()
	m, err := readManifest(limited, s)
	if err == nil {
		err = collectReport(limited, s, m, c)
	}
	var damaged *damage
	switch {
	case err != nil && ctx.Err() == nil && context.Cause(limited) == errDeadline:
		return errorf(BadAPI, "could not read the previous report from %s within %v; "+
			"try again later, or increase --timeout", s.client.URL, s.client.Timeout)
	case errors.As(err, &damaged):
		return errorf(BadAPI, "can't read the previous report at %s: %s; check --previous", s.client.URL, damaged.what)
	}
	return err
}

// errMismatch is the error for a complete file of a site that doesn't match the manifest.
var errMismatch = errors.New(mismatch)

// errWebPage is the error for a web page in place of a file of a site. Of the files that are read, only the front
// page is one.
var errWebPage = errors.New("a web page came back")

// read requests an invalid file again. While a site is being deployed or a cache is stale, it may serve a file of
// another report, or none. This is an error, not a warning, which would lose the history.
func (s publishedSite) read(ctx context.Context, path string, limit int64, isValid func([]byte) bool) ([]byte, error) {
	address := strings.TrimRight(s.client.URL, "/") + "/" + path
	var content []byte
	err := s.client.get(ctx, address, func(body io.Reader) (err error) {
		content, err = io.ReadAll(io.LimitReader(body, limit+1))
		if err != nil {
			return err
		}
		if !isValid(content) {
			err = errMismatch
		}
		if path != manifest.IndexPath && firstByte(bufio.NewReader(bytes.NewReader(content))) == '<' {
			err = errors.Join(err, errWebPage)
		}
		return err
	})
	isListed := path != manifest.Path && path != manifest.IndexPath
	var known *Error
	switch {
	case s.acceptLoss && errors.As(err, &known) && known.mismatch:
		return nil, &damage{mismatch}
	case errors.Is(err, fs.ErrNotExist) && isListed && s.acceptLoss:
		return nil, err
	case errors.Is(err, fs.ErrNotExist) && isListed:
		return nil, errorf(BadAPI, "404 from GET %s: the file is listed in the site's %s, "+
			"so the site is incomplete: %s", address, manifest.Path, siteAdvice)
	}
	if err == nil && int64(len(content)) > limit {
		err = &damage{tooLarge}
	}
	return content, err
}

// siteAdvice says what to do about an incomplete site.
const siteAdvice = "try again later; if that doesn't help, publish the whole site again, " +
	"or let go of this file with --accept-loss"

// redirectError says why a redirect is not followed.
type redirectError struct{ reason string }

func (e *redirectError) Error() string { return e.reason }

// followSite allows up to maxRedirects redirects of a published site, from https to https. On this machine it also
// allows http to http.
func followSite(to *http.Request, via []*http.Request) error {
	from := via[len(via)-1].URL
	switch {
	case len(via) > maxRedirects:
		return &redirectError{fmt.Sprintf("redirected more than %d times", maxRedirects)}
	case to.URL.User != nil:
		return &redirectError{"redirected to an address with a user name"}
	case from.Scheme == "https" && to.URL.Scheme == "https":
		return nil
	case from.Scheme == "http" && to.URL.Scheme == "http" && isLoopback(from.Hostname()) && isLoopback(to.URL.Hostname()):
		return nil
	}
	return &redirectError{"redirected to an address without https"}
}

// describeSite turns the error of a GET from a published site into a message for people. For a 404 it returns
// fs.ErrNotExist.
func describeSite(err error, address string) error {
	var known *Error
	var status *statusError
	var proxy *proxyError
	switch {
	case errors.As(err, &known):
		return err
	case errors.As(err, &proxy):
		return errorf(BadAPI, "can't read the previous report: %s", proxy.message(address))
	case errors.As(err, &status) && status.code == http.StatusNotFound:
		return fs.ErrNotExist
	case errors.As(err, &status):
		return errorf(BadAPI, "%s; try again later, or check --previous", status.describeSite(address))
	case errors.Is(err, errWebPage):
		return errorf(BadAPI, "can't read the previous report: %v in place of the file (200 from GET %s), "+
			"perhaps from a gateway in front of the site; try again later, or check --previous", errWebPage, address)
	case errors.Is(err, errMismatch):
		what := fmt.Sprintf("GET %s: %v, so the site is incomplete: %s", address, err, siteAdvice)
		return &Error{Kind: BadAPI, What: what, mismatch: true}
	}
	what, advice := connectionTrouble(err, "--previous")
	var redirect *redirectError
	if errors.As(err, &redirect) {
		what, advice = redirect.reason, "try again later, or check --previous"
	}
	return errorf(BadAPI, "can't read the previous report: GET %s: %s; %s", address, what, advice)
}

func (e *statusError) describeSite(address string) string {
	return fmt.Sprintf("can't read the previous report (%d from GET %s)", e.code, address)
}
