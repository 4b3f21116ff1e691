package e2e

import (
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestTokenStaysWithTheAPI redirects a run in every way to a server that records requests. It must get none. Only the
// API's own address gets a request, exactly one, with the token.
func TestTokenStaysWithTheAPI(t *testing.T) {
	t.Parallel()
	other := serve(t, fixed(200, reply(goodRow)))
	secure := unstarted(t, fixed(200, reply(goodRow)))
	secure.StartTLS()
	port := other.URL[strings.LastIndex(other.URL, ":"):]
	for name, to := range map[string]string{
		"other port":            other.URL + "/computing/instances",
		"other host":            "http://localhost" + port + "/computing/instances",
		"subdomain":             "http://api.localhost" + port + "/",
		"other address":         "http://127.0.0.2" + port + "/",
		"other scheme":          secure.URL + "/computing/instances",
		"without a scheme":      "//127.0.0.1" + port + "/",
		"same host, other path": "/elsewhere",
		"with a user":           "http://x:y@127.0.0.1" + port + "/",
		"to a file":             "file:///etc/passwd",
		"nowhere":               "",
	} {
		for _, code := range []int{301, 302, 303, 307, 308} {
			api := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/elsewhere" {
					io.WriteString(w, reply(goodRow))
					return
				}
				w.Header().Set("Location", to)
				w.WriteHeader(code)
			})
			out := filepath.Join(quickDir(t), "out")
			o := job{
				args: []string{"--api-url", api.URL, "--out", out, "--prices", "api"},
				env:  []string{"GPUFLEET_TOKEN=" + canary},
			}.run(t)
			if o.code != 3 || !strings.Contains(o.stderr, "redirect") || to != "" && strings.Contains(o.stderr, to) {
				t.Errorf("%s, %d: exit code %d: %s", name, code, o.code, o.stderr)
			}
			if asked := api.asked(); len(asked) != 1 || !strings.Contains(asked[0], "Bearer "+canary) {
				t.Errorf("%s, %d: the API was asked %v", name, code, asked)
			}
		}
	}
	for _, s := range []*server{other, secure} {
		if asked := s.asked(); len(asked) > 0 {
			t.Errorf("another server was asked %v", asked)
		}
	}
}

// TestNoTokenWithoutTrust uses servers whose certificate isn't valid for the address or that don't use TLS, and
// addresses that would send the token unencrypted. None of them may see the token.
func TestNoTokenWithoutTrust(t *testing.T) {
	t.Parallel()
	start := func(configure func(*httptest.Server)) *server {
		s := unstarted(t, fixed(200, reply(goodRow)))
		configure(s.Server)
		return s
	}
	unknown := start((*httptest.Server).StartTLS)
	old := start(func(s *httptest.Server) {
		s.TLS = &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}
		s.StartTLS()
	})
	plain := start((*httptest.Server).Start)
	port := func(s *server) string { return s.URL[strings.LastIndex(s.URL, ":"):] }
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: unknown.Certificate().Raw})
	roots := write(t, filepath.Join(t.TempDir(), "roots.pem"), string(certificate))
	for name, test := range map[string]struct {
		url   string
		code  int
		trust bool
	}{
		"unknown issuer":                {unknown.URL, 3, false},
		"another name":                  {"https://localhost" + port(unknown), 3, true},
		"old TLS":                       {old.URL, 3, true},
		"no TLS":                        {"https://127.0.0.1" + port(plain), 3, false},
		"in the clear":                  {"http://example.org" + port(plain), 2, false},
		"in the clear to a network":     {"http://10.0.0.1" + port(plain), 2, false},
		"nearly this machine":           {"http://localhost.example.org" + port(plain), 2, false},
		"nearly this machine's address": {"http://127.0.0.1.example.org" + port(plain), 2, false},
		"a user in it":                  {"http://localhost@127.0.0.2" + port(plain), 2, false},
		"all addresses":                 {"http://0.0.0.0" + port(plain), 2, false},
	} {
		env := []string{"GPUFLEET_TOKEN=" + canary}
		if test.trust {
			env = append(env, "SSL_CERT_FILE="+roots)
		}
		o := job{
			args: []string{"--api-url", test.url, "--out", filepath.Join(quickDir(t), "out"), "--timeout", "5s"},
			env:  env,
		}.run(t)
		if o.code != test.code || strings.Contains(o.stderr, canary) {
			t.Errorf("%s: exit code %d: %s", name, o.code, o.stderr)
		}
	}
	for _, s := range []*server{unknown, old, plain} {
		for _, head := range s.asked() {
			t.Errorf("%s was asked %s", s.URL, head)
		}
	}
	// The same server gets a request with the token if its issuer is trusted and the name is right.
	o := job{
		args: []string{"--api-url", unknown.URL, "--out", filepath.Join(quickDir(t), "out")},
		env:  []string{"GPUFLEET_TOKEN=" + canary, "SSL_CERT_FILE=" + roots},
	}.run(t)
	if asked := fmt.Sprint(unknown.asked()); o.code != 0 || !strings.Contains(asked, canary) {
		t.Errorf("exit code %d: %s, %s", o.code, o.stderr, asked)
	}
}

// TestThroughProxies fetches the list and the product list through real proxies, which don't see the token. What a
// proxy can't do now is tried again.
func TestThroughProxies(t *testing.T) {
	t.Parallel()
	const login = "user:p%40ss"
	api := newAuthority(t)
	answer := func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/products") {
			io.WriteString(w, `{"data": {}, "status": "success"}`)
			return
		}
		io.WriteString(w, reply(goodRow))
	}
	server := serveTLS(t, api.sign(t, "api.invalid", time.Now().Add(time.Hour)), http.HandlerFunc(answer))
	for name, test := range map[string]struct {
		variable, scheme string
		proxy            *proxy // nil for SOCKS
		noProxy          string
		code             int
	}{
		"HTTP":          {"HTTPS_PROXY", "http://" + login + "@", &proxy{user: "user:p@ss"}, "", 0},
		"without http":  {"https_proxy", "", &proxy{}, "", 0},
		"tried again":   {"HTTPS_PROXY", "http://", &proxy{statuses: []int{502, 503}}, "", 0},
		"SOCKS":         {"HTTPS_PROXY", "socks5://", nil, "", 0},
		"SOCKS 5h":      {"HTTPS_PROXY", "socks5h://", nil, "", 0},
		"another proxy": {"HTTP_PROXY", "http://", &proxy{}, "", 3}, // for http only, so the name is looked up here
		"no proxy":      {"HTTPS_PROXY", "http://", &proxy{}, "10.0.0.0/8, .invalid:443, [::1], 1.2.3.4:5", 3},
		"no proxy, *":   {"HTTPS_PROXY", "http://", &proxy{}, "*", 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := ""
			if test.proxy == nil {
				address = serveSOCKS(t, server.address(), 0)
			} else {
				test.proxy.target = server.address()
				proxy := httptest.NewServer(test.proxy)
				t.Cleanup(proxy.Close)
				address = strings.TrimPrefix(proxy.URL, "http://")
			}
			o := job{
				args: []string{"--api-url", "https://api.invalid", "--out", filepath.Join(quickDir(t), "out"), "--prices", "api"},
				env: []string{"GPUFLEET_TOKEN=" + canary, "SSL_CERT_FILE=" + api.file,
					test.variable + "=" + test.scheme + address, "NO_PROXY=" + test.noProxy},
			}.run(t)
			if o.code != test.code || test.code != 0 && !strings.Contains(o.stderr, "no such host; check --api-url") {
				t.Errorf("exit code %d: %s", o.code, o.stderr)
			}
			if test.proxy == nil {
				return
			}
			if asked := test.proxy.asked(); test.code != 0 && len(asked) > 0 || strings.Contains(fmt.Sprint(asked), canary) {
				t.Errorf("the proxy was asked %v", asked)
			}
		})
	}
}

// TestOnlyFetchesNeedAProxy checks that a run that fetches nothing ignores the variables of proxies, and that the site
// of the previous report is fetched like the list.
func TestOnlyFetchesNeedAProxy(t *testing.T) {
	t.Parallel()
	broken := []string{"HTTPS_PROXY=http://:3128", "NO_PROXY=/"}
	out := filepath.Join(quickDir(t), "out")
	if o := (job{args: []string{"--demo", "--out", out}, env: broken}).run(t); o.code != 0 {
		t.Errorf("exit code %d: %s", o.code, o.stderr)
	}
	saved := write(t, filepath.Join(t.TempDir(), "reply.json"), reply(goodRow))
	site := []string{"--input", saved, "--out", filepath.Join(quickDir(t), "new"), "--previous", "https://site.invalid"}
	if o := (job{args: site, env: broken}).run(t); o.code != 2 || !strings.Contains(o.stderr, "$HTTPS_PROXY is not") {
		t.Errorf("exit code %d: %s", o.code, o.stderr)
	}
	p := &proxy{statuses: []int{403}}
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	o := job{args: site, env: []string{"HTTPS_PROXY=" + server.URL}}.run(t)
	want := "can't read the previous report: GET https://site.invalid/manifest.json: the proxy " + server.URL +
		": it does not allow this connection (403)"
	if o.code != 3 || !strings.Contains(o.stderr, want) || len(p.asked()) != 1 {
		t.Errorf("exit code %d: %s", o.code, o.stderr)
	}
}
