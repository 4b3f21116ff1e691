package e2e

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// message is what the program says if it gets no list, with the exit code.
type message struct {
	when   string
	set    func(*scene)
	exit   int
	stderr string // without "gpufleet: "
}

// messages has API for the address that the program asks, and PROXY for that of the proxy. "(tried 4 times)" means that
// it has tried again before.
var messages = []message{
	// The API, or a gateway in front of it, refuses.
	{"the token is refused", answers(401, "application/json", "{}"), 3,
		"the API refused the token (401 from GET API): access tokens expire after 2 hours; use an API key (ak_…)"},
	{"access is denied", answers(403, "application/json", "{}"), 3,
		"the API denied access with this token (403 from GET API): use an API key of the account that has the instances"},
	{"the address is wrong", answers(404, "application/json", "{}"), 3,
		"the API has nothing at this address (404 from GET API): check --api-url, which should end in /api/v1"},
	{"another request would be accepted", answers(405, "", ""), 3,
		"the API refused the request (405 from GET API): try again later"},
	{"there are too many requests", answers(429, "Retry-After", "1000"), 3,
		"the API received too many requests (429 from GET API): it takes no more requests now; " +
			"try again in 17 minutes, or increase --timeout"},
	{"a rate limit ends later", answers(429, "RateLimit-Reset", "7200"), 3,
		"the API received too many requests (429 from GET API): it takes no more requests now; " +
			"try again in 120 minutes, or increase --timeout"},
	{"the API is in trouble", answers(503, "", ""), 3,
		"the API reported a server error (503 from GET API): try again later (tried 4 times)"},
	{"a gateway can't reach the API", answers(522, "", ""), 3,
		"the API reported a server error (522 from GET API): try again later (tried 4 times)"},
	{"the reply comes later", answers(202, "", ""), 3,
		"the API answered with an unexpected status (202 from GET API): check --api-url, or try again later"},
	{"a gateway changed the reply", answers(203, "", ""), 3,
		"the API answered with an unexpected status (203 from GET API): check --api-url, or try again later"},
	{"there is no reply", answers(204, "", ""), 3,
		"the API answered with an unexpected status (204 from GET API): check --api-url, or try again later"},
	{"a part of the reply came", answers(206, "application/json", "{}"), 3,
		"the API answered with an unexpected status (206 from GET API): check --api-url, or try again later"},
	{"the API has moved", answers(308, "Location", "/SECRET"), 3,
		"the API redirects to another address (308 from GET API): " +
			"redirects are not followed, to protect the token; set --api-url to the final address"},

	// Something that is not the API's JSON comes back.
	{"a login page", answers(200, "text/html", "Please log in"), 3, webPage("200")},
	{"a page without a label", answers(200, "application/json", "\uFEFF \n<!doctype html>SECRET"), 3, webPage("200")},
	{"a gateway's refusal", answers(403, "text/html; charset=utf-8", "<html>SECRET"), 3, webPage("403")},
	{"a page that asks for a login", answers(401, "text/html", "<html>SECRET"), 3, webPage("401")},
	{"a page of a gateway in trouble", answers(502, "text/html", "<html>SECRET"), 3,
		"a web page came back (502 from GET API), perhaps from a gateway in front of the API: " +
			"try again later (tried 4 times)"},
	{"brotli", answers(200, "Content-Encoding", "br"), 3, compressed("brotli")},
	{"deflate", answers(200, "Content-Encoding", "Deflate"), 3, compressed("deflate")},
	{"zstd", answers(200, "Content-Encoding", "zstd"), 3, compressed("zstd")},
	{"text", answers(200, "text/plain", "SECRET"), 3,
		"the reply does not match the API's documentation: it is not JSON: expected a value at byte 0"},

	// The server can't be trusted.
	{"an unknown authority", certified(false, "127.0.0.1", time.Hour), 3,
		"GET API: this machine does not trust the authority that signed the certificate; " +
			"if you do, name a file with the authority's certificate in $SSL_CERT_FILE (the token was not sent)"},
	{"a certificate that has expired", certified(true, "127.0.0.1", -time.Hour), 3,
		"GET API: the certificate has expired or is not valid yet; " +
			"check the clock of this machine, or tell the people who run the server (the token was not sent)"},
	{"a certificate for another name", certified(true, "secret.example.org", time.Hour), 3,
		"GET API: the certificate is for another name; check --api-url (the token was not sent)"},
	{"a server that speaks only old TLS", func(s *scene) {
		server := unstarted(s.t, http.NotFound)
		server.TLS = &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}
		server.StartTLS()
		s.api(server.URL)
	}, 3,
		"GET API: the server refused the encrypted connection; " +
			"check --api-url, or ask the people who run the server what clients it accepts"},
	{"nothing listens", func(s *scene) { s.api("http://" + closedAddress) }, 3,
		"GET API: the connection was refused; check --api-url, or try again later (tried 4 times)"},

	// A proxy is in the way.
	{"the proxy is not there", func(s *scene) { s.proxy("http://", closedAddress) }, 3,
		"GET API: the proxy http://PROXY: the connection was refused; " +
			"check $HTTPS_PROXY, or try again later (tried 4 times)"},
	{"the proxy wants a password", proxied("other:password"), 3,
		"GET API: the proxy http://PROXY: it asks for a user name and a password, or refused those that it got (407); " +
			"write them into $HTTPS_PROXY: http://USER:PASSWORD@HOST:PORT"},
	{"the proxy forbids the host", proxied("", 403), 3,
		"GET API: the proxy http://PROXY: it does not allow this connection (403); " +
			"ask who runs it, or add the host to $NO_PROXY"},
	{"the proxy can't reach the API", proxied("", 502, 503, 502, 503), 3,
		"GET API: the proxy http://PROXY: it could not connect to the server (503); try again later (tried 4 times)"},
	{"the proxy is confused", proxied("", 204), 3,
		"GET API: the proxy http://PROXY: it answered with an unexpected status (204); ask who runs it"},
	{"the proxy hangs up", func(s *scene) {
		s.proxy("http://", listen(s.t, func(c net.Conn) { c.Read(make([]byte, 1)) }))
	}, 3,
		"GET API: the proxy http://PROXY: the connection was closed before the reply was complete; " +
			"try again later (tried 4 times)"},
	{"the proxy does not speak TLS", func(s *scene) { s.proxy("https://", serve(s.t, fixed(200, "")).address()) }, 3,
		"GET API: the proxy https://PROXY: the server does not speak HTTPS; check $HTTPS_PROXY"},
	{"the proxy has an unknown certificate", func(s *scene) {
		certificate := newAuthority(s.t).sign(s.t, "127.0.0.1", time.Now().Add(time.Hour))
		s.proxy("https://", serveTLS(s.t, certificate, &proxy{}).address())
	}, 3,
		"GET API: the proxy https://PROXY: this machine does not trust the authority that signed the certificate; " +
			"if you do, name a file with the authority's certificate in $SSL_CERT_FILE"},
	{"a SOCKS proxy refuses", func(s *scene) { s.proxy("socks5://", serveSOCKS(s.t, "", 5)) }, 3,
		"GET API: the proxy socks5://PROXY: it could not connect to the server; try again later, or ask who runs it"},
	{"a SOCKS proxy wants a password", func(s *scene) { s.proxy("socks5://", serveSOCKS(s.t, "", 255)) }, 3,
		"GET API: the proxy socks5://PROXY: it asks for a user name and a password, or refused those that it got; " +
			"write them into $HTTPS_PROXY: http://USER:PASSWORD@HOST:PORT"},
	{"a proxy variable has no host", variable("HTTPS_PROXY", "http://:SECRET@:3128"), 2, badProxy("HTTPS_PROXY")},
	{"a proxy variable has a path", variable("https_proxy", "http//SECRET:3128"), 2, badProxy("https_proxy")},
	{"a password is not escaped", variable("HTTP_PROXY", "http://user:SEC#RET@proxy:3128"), 2, badProxy("HTTP_PROXY")},
	{"a proxy of an unknown kind", variable("http_proxy", "ftp://SECRET:3128"), 2,
		"$http_proxy is not the address of a proxy: it must begin with http, https, socks5 or socks5h"},
	{"a wrong network", variable("no_proxy", "SECRET,10.0.0.0/99"), 2,
		"$no_proxy has an invalid entry; use hosts, addresses and networks such as 10.0.0.0/8, with commas between them"},

	// What is set is no token.
	{"no token", variable("GPUFLEET_TOKEN", " \uFEFF"), 2,
		"no API token: set $GPUFLEET_TOKEN, use --token-file, or try --demo"},
	{"an empty file", tokenFile("\uFEFF\r\n"), 2, "--token-file: not a token; it is empty"},
	{"quotes", variable("GPUFLEET_TOKEN", `"SECRET"`), 2,
		"$GPUFLEET_TOKEN: not a token; the token is in quotes; remove them"},
	{"a name", tokenFile("GPUFLEET_TOKEN=SECRET\n"), 2,
		"--token-file: not a token; it has the form NAME=token; use the token alone"},
	{"a header", variable("ACCESS_TOKEN", "bearer SECRET"), 2,
		`$ACCESS_TOKEN: not a token; it begins with "Bearer", which the program adds itself; use the token alone`},
	{"two lines", tokenFile("SECRET\nSECRET"), 2,
		"--token-file: not a token; it has several words or lines; use the token alone"},
}

func webPage(code string) string {
	return "a web page came back (" + code + " from GET API), perhaps from a gateway in front of the API: " +
		"check --api-url, which should end in /api/v1, or try again later"
}

func compressed(name string) string {
	return "GET API: the reply is compressed with " + name + ", which was not asked for; " +
		"ask the people who run the server or a gateway in front of it"
}

func badProxy(variable string) string {
	return "$" + variable + " is not the address of a proxy; use one such as http://proxy.example.org:3128, " +
		"and write special characters of a password as %40 and so on"
}

// scene is the run of one message.
type scene struct {
	t     *testing.T
	args  []string
	env   []string
	words []string // old, new, ...: what is replaced before messages are compared
}

// TestMessages runs some scenes at a time, since several of them wait. All at once, they could run into time limits on
// a busy machine.
func TestMessages(t *testing.T) {
	t.Parallel()
	slots := make(chan struct{}, 8)
	var runs sync.WaitGroup
	defer runs.Wait()
	for _, message := range messages {
		s := &scene{t: t, env: []string{"GPUFLEET_TOKEN=" + canary}}
		message.set(s)
		s.args = append(s.args, "--out", filepath.Join(quickDir(t), "out"))
		slots <- struct{}{}
		runs.Go(func() {
			defer func() { <-slots }()
			o := job{args: s.args, env: s.env}.run(t)
			got := strings.NewReplacer(s.words...).Replace(o.stderr)
			if want := "gpufleet: " + message.stderr + "\n"; o.code != message.exit || got != want {
				t.Errorf("%s: exit code %d: %swant %d: %s", message.when, o.code, got, message.exit, want)
			}
			for _, secret := range []string{"SECRET", canary, "@127"} {
				if strings.Contains(o.stderr, secret) {
					t.Errorf("%s: the message contains %s: %s", message.when, secret, o.stderr)
				}
			}
		})
	}
}

// TestNetworkTroubleshooting checks that the program says what the guide explains.
func TestNetworkTroubleshooting(t *testing.T) {
	t.Parallel()
	_, network, _ := strings.Cut(document(t, publishingGuide), "### The network")
	rows := regexp.MustCompile("(?m)^\\| `([^`]*)` \\|").FindAllStringSubmatch(network, -1)
	if len(rows) < 10 {
		t.Errorf("only %d rows found", len(rows))
	}
	for _, row := range rows {
		said := func(m message) bool {
			return strings.Contains(m.stderr, strings.TrimSuffix(row[1], "…")) && m.exit == 3
		}
		if !slices.ContainsFunc(messages, said) {
			t.Errorf("no run says %q", row[1])
		}
	}
}

// address returns the host and port of a server.
func (s *server) address() string {
	_, address, _ := strings.Cut(s.URL, "://")
	return address
}

// api sets the address of the API.
func (s *scene) api(url string) {
	s.args = append(s.args, "--api-url", url)
	s.words = append(s.words, url+"/computing/instances", "API")
}

// proxy sets the proxy, with a user name and a password that it needn't ask for.
func (s *scene) proxy(scheme, address string) {
	s.api("https://api.example.org/api/v1")
	s.env = append(s.env, "HTTPS_PROXY="+scheme+canary+":"+canary+"@"+address)
	s.words = append(s.words, address, "PROXY")
}

// answers lets the API give one answer. kind is the name of a header with the value text, or a content type of text.
func answers(code int, kind, text string) func(*scene) {
	return func(s *scene) {
		s.api(serve(s.t, func(w http.ResponseWriter, r *http.Request) {
			name, value, body := kind, text, ""
			if strings.Contains(kind, "/") {
				name, value, body = "Content-Type", kind, text
			}
			if name != "" {
				w.Header().Set(name, value)
			}
			w.WriteHeader(code)
			io.WriteString(w, body)
		}).URL)
	}
}

// certified lets the API have a certificate for a host, valid from now for a time, of an authority that the run may
// trust.
func certified(trusted bool, host string, ends time.Duration) func(*scene) {
	return func(s *scene) {
		a := newAuthority(s.t)
		s.api(serveTLS(s.t, a.sign(s.t, host, time.Now().Add(ends)), http.NotFoundHandler()).URL)
		if trusted {
			s.env = append(s.env, "SSL_CERT_FILE="+a.file)
		}
	}
}

// proxied lets the proxy ask for a user unless that is "", and give these answers first.
func proxied(user string, statuses ...int) func(*scene) {
	return func(s *scene) {
		server := httptest.NewServer(&proxy{user: user, statuses: slices.Clone(statuses)})
		s.t.Cleanup(server.Close)
		s.proxy("http://", strings.TrimPrefix(server.URL, "http://"))
	}
}

// variable sets a variable of the environment, and the only token to nothing if it is that of another token.
func variable(name, value string) func(*scene) {
	return func(s *scene) {
		if strings.HasSuffix(name, "TOKEN") {
			s.env = nil
		}
		if strings.EqualFold(name, "NO_PROXY") {
			s.env = append(s.env, "HTTPS_PROXY=proxy:3128")
		}
		s.env = append(s.env, name+"="+value)
	}
}

func tokenFile(text string) func(*scene) {
	return func(s *scene) {
		s.args = []string{"--token-file", write(s.t, filepath.Join(s.t.TempDir(), "token"), text)}
	}
}
