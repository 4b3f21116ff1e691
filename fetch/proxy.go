package fetch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"

	"golang.org/x/net/http/httpproxy"
)

// Proxies finds the proxy for an address. A nil *Proxies finds none.
type Proxies struct {
	variable string // that names the proxy for https, the only one that is ever used: http stays on this machine
	find     func(*url.URL) (*url.URL, error)
}

// ParseProxies reads $HTTP_PROXY, $HTTPS_PROXY and $NO_PROXY, or if one isn't set, the same name in lower case. Unlike
// net/http it returns an error for a value that is invalid. The error names the variable and never contains its value,
// which may have a password.
func ParseProxies(getenv func(string) string) (*Proxies, error) {
	read := func(upper string) (name, value string) {
		for _, name := range []string{upper, strings.ToLower(upper)} {
			if value := strings.TrimSpace(getenv(name)); value != "" {
				return name, value
			}
		}
		return upper, ""
	}
	p := &Proxies{}
	config := httpproxy.Config{}
	for _, scheme := range []struct {
		variable string
		proxy    *string
	}{{"HTTP_PROXY", &config.HTTPProxy}, {"HTTPS_PROXY", &config.HTTPSProxy}} {
		name, value := read(scheme.variable)
		if value == "" {
			continue
		}
		proxy, err := parseProxy(value)
		if err != nil {
			return nil, fmt.Errorf("$%s %w", name, err)
		}
		p.variable, *scheme.proxy = name, proxy.String()
	}
	name, except := read("NO_PROXY")
	if p.variable != "" && !isProxyExceptions(except) {
		return nil, fmt.Errorf("$%s has an invalid entry; use hosts, addresses and networks such as 10.0.0.0/8, "+
			"with commas between them", name)
	}
	config.NoProxy = except
	p.find = config.ProxyFunc()
	return p, nil
}

// parseProxy parses the address of a proxy, which is HOST:PORT or a URL.
func parseProxy(text string) (*url.URL, error) {
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	if err == nil {
		switch u.Scheme {
		case "http", "https", "socks5", "socks5h":
			// A name inside a company may have underscores.
			err = checkHost(&url.URL{Host: strings.ReplaceAll(u.Host, "_", "-")})
		default:
			return nil, errors.New("is not the address of a proxy: it must begin with http, https, socks5 or socks5h")
		}
	}
	if err != nil || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" || strings.ContainsAny(text, "?#") {
		return nil, errors.New("is not the address of a proxy; use one such as http://proxy.example.org:3128, " +
			"and write special characters of a password as %40 and so on")
	}
	return u, nil
}

// proxyException matches a host or its domain, which may begin with a dot or "*.", with or without a port.
var proxyException = regexp.MustCompile(`^(\*?\.)?[\pL\pN_-]+(\.[\pL\pN_-]+)*\.?(:[0-9]+)?$`)

// isProxyExceptions reports whether every entry of NO_PROXY is valid.
func isProxyExceptions(list string) bool {
	for entry := range strings.SplitSeq(list, ",") {
		entry = strings.TrimSpace(entry)
		_, _, notNetwork := net.ParseCIDR(entry)
		host, _, err := net.SplitHostPort(entry)
		if err != nil {
			host = strings.Trim(entry, "[]")
		}
		isHost := net.ParseIP(host) != nil || proxyException.MatchString(entry)
		if entry != "" && entry != "*" && notNetwork != nil && !isHost {
			return false
		}
	}
	return true
}

// configure lets the transport use the proxies.
func (p *Proxies) configure(transport *http.Transport) {
	if p == nil {
		return
	}
	transport.Proxy = func(request *http.Request) (*url.URL, error) {
		proxy, err := p.find(request.URL)
		if r := routeOf(request.Context()); r != nil && proxy != nil {
			r.proxy.Store(&usedProxy{address: proxy.Scheme + "://" + proxy.Host, variable: p.variable,
				isSOCKS: strings.HasPrefix(proxy.Scheme, "socks")})
			r.passed.Store(false)
		}
		return proxy, err
	}
	transport.OnProxyConnectResponse = func(ctx context.Context, _ *url.URL, _ *http.Request, reply *http.Response) error {
		if reply.StatusCode != http.StatusOK {
			return &statusError{code: reply.StatusCode, wait: askedWait(reply)}
		}
		if r := routeOf(ctx); r != nil {
			r.passed.Store(true)
		}
		return nil
	}
}

// usedProxy is the proxy of a request.
type usedProxy struct {
	address  string // scheme, host and port, without user name and password
	variable string // of the environment, that names it
	isSOCKS  bool
}

// route follows an attempt to the server, to tell the errors of a proxy from those of the server.
type route struct {
	proxy  atomic.Pointer[usedProxy] // nil for none
	passed atomic.Bool               // the proxy has connected this program with the server
}

type routeKey struct{}

func routeOf(ctx context.Context) *route {
	r, _ := ctx.Value(routeKey{}).(*route)
	return r
}

// follow returns a context for one request, which the route follows.
func (r *route) follow(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(context.WithValue(ctx, routeKey{}, r), &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { r.passed.Store(true) },
		TLSHandshakeStart: func() {
			if proxy := r.proxy.Load(); proxy != nil && proxy.isSOCKS {
				r.passed.Store(true)
			}
		},
	})
}

// explain returns a *proxyError if the request got no further than to the proxy, else err.
func (r *route) explain(err error) error {
	if proxy := r.proxy.Load(); proxy != nil && !r.passed.Load() {
		return &proxyError{proxy, err}
	}
	return err
}

// proxyError is the error of a request that got no further than to the proxy. It may wrap a *statusError.
type proxyError struct {
	proxy *usedProxy
	err   error
}

func (e *proxyError) Error() string { return e.describe("the address") }

func (e *proxyError) Unwrap() error { return e.err }

// describe says what happened to a GET of the address.
func (e *proxyError) describe(address string) string {
	what, _ := e.trouble()
	return fmt.Sprintf("GET %s: the proxy %s: %s", address, e.proxy.address, what)
}

// message is describe, and what to do.
func (e *proxyError) message(address string) string {
	_, advice := e.trouble()
	return e.describe(address) + "; " + advice
}

func (e *proxyError) trouble() (what, advice string) {
	var status *statusError
	var socks *net.OpError
	needsPassword := "write them into $" + e.proxy.variable + ": http://USER:PASSWORD@HOST:PORT"
	switch {
	case errors.As(e.err, &status):
		return proxyStatus(status.code, needsPassword)
	case isCut(e.err) || isTimeout(e.err) || !e.proxy.isSOCKS:
	case errors.As(e.err, &socks) && socks.Op == "socks connect":
		if strings.Contains(socks.Err.Error(), "authentication") {
			return "it asks for a user name and a password, or refused those that it got", needsPassword
		}
		return "it could not connect to the server", "try again later, or ask who runs it"
	}
	return connectionTrouble(e.err, "$"+e.proxy.variable)
}

func proxyStatus(code int, needsPassword string) (what, advice string) {
	switch {
	case code == http.StatusProxyAuthRequired:
		return "it asks for a user name and a password, or refused those that it got (407)", needsPassword
	case code == http.StatusForbidden:
		return "it does not allow this connection (403)", "ask who runs it, or add the host to $NO_PROXY"
	case code == http.StatusTooManyRequests:
		return "it received too many requests (429)", "try again later"
	case code >= 500 && code < 600:
		return fmt.Sprintf("it could not connect to the server (%d)", code), "try again later"
	}
	return fmt.Sprintf("it answered with an unexpected status (%d)", code), "ask who runs it"
}
