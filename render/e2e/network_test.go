package e2e

import (
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
)

// TestTokenStaysWithTheAPI redirects a run in every way to a server that records requests. It may get none. Only the
// API's own address is asked, once, with the token.
func TestTokenStaysWithTheAPI(t *testing.T) {
	t.Parallel()
	other := serve(t, fixed(200, reply(goodRow)))
	secure := &server{}
	secure.Server = httptest.NewTLSServer(secure.recorded(fixed(200, reply(goodRow))))
	t.Cleanup(secure.stop)
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

// TestNoTokenWithoutTrust uses servers with an invalid certificate or without TLS, and addresses that would send the
// token unencrypted. None may see the token.
func TestNoTokenWithoutTrust(t *testing.T) {
	t.Parallel()
	start := func(configure func(*httptest.Server)) *server {
		s := &server{}
		s.Server = httptest.NewUnstartedServer(s.recorded(fixed(200, reply(goodRow))))
		s.Config.ErrorLog = log.New(io.Discard, "", 0)
		configure(s.Server)
		t.Cleanup(s.stop)
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
	// The same server gets the token if its issuer is known and its name is right.
	o := job{
		args: []string{"--api-url", unknown.URL, "--out", filepath.Join(quickDir(t), "out")},
		env:  []string{"GPUFLEET_TOKEN=" + canary, "SSL_CERT_FILE=" + roots},
	}.run(t)
	if asked := fmt.Sprint(unknown.asked()); o.code != 0 || !strings.Contains(asked, canary) {
		t.Errorf("exit code %d: %s, %s", o.code, o.stderr, asked)
	}
}
