package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// failing answers the first requests with fail, and all later ones with an empty fleet.
func failing(times int, fail http.HandlerFunc) http.HandlerFunc {
	var n atomic.Int64 // a canceled request may still be under way when the next one comes
	return func(w http.ResponseWriter, r *http.Request) {
		if n.Add(1) <= int64(times) {
			fail(w, r)
			return
		}
		io.WriteString(w, reply(0))
	}
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(code) }
}

// broken closes the connection in the middle of a body, with a TCP reset if reset is set.
func broken(reset bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		conn, _, _ := w.(http.Hijacker).Hijack()
		io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"data\": [")
		if reset {
			conn.(*net.TCPConn).SetLinger(0)
		}
		conn.Close()
	}
}

func TestRetried(t *testing.T) {
	faults := map[string]http.HandlerFunc{
		"408":   status(408),
		"500":   status(500),
		"502":   status(502),
		"503":   status(503),
		"504":   status(504),
		"cut":   broken(false),
		"reset": broken(true),
		"chunked cut": func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, `{"data": [`)
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		},
		"short JSON": func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, `{"data": [{"id": 1}`) },
		"nothing": func(w http.ResponseWriter, r *http.Request) {
			conn, _, _ := w.(http.Hijacker).Hijack()
			conn.Close()
		},
	}
	for _, code := range []int{520, 521, 522, 523, 524, 525, 526, 527, 530} { // of a gateway in front of the API
		faults[strconv.Itoa(code)] = status(code)
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			a := newAPI(t, failing(3, fault))
			client, waits := a.client()
			if _, err := client.Instances(context.Background()); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second}, *waits); diff != "" {
				t.Error(diff)
			}
			b := newAPI(t, failing(4, fault))
			client, waits = b.client()
			_, err := client.Instances(context.Background())
			wantError(t, err, BadAPI, "tried 4 times", "/computing/instances")
			if len(*waits) != 3 {
				t.Errorf("waited %v", *waits)
			}
		})
	}
}

func TestNotRetried(t *testing.T) {
	for code, says := range map[int]string{
		400: "refused the request",
		401: "refused the token (401 from GET ",
		403: "denied access with this token",
		404: "check --api-url",
		405: "refused",
		409: "refused",
		410: "refused",
		422: "refused",
		501: "server error",
		505: "server error",
		519: "server error",
		528: "server error",
		529: "server error",
		531: "server error",
		101: "unexpected status (101 from GET ",
		201: "unexpected status",
		202: "unexpected status",
		203: "unexpected status",
		204: "unexpected status",
		206: "unexpected status",
		226: "unexpected status",
		300: "unexpected status",
		304: "unexpected status",
		600: "unexpected status",
		999: "unexpected status",
	} {
		a := newAPI(t, failing(1, status(code)))
		client, waits := a.client()
		_, err := client.Instances(context.Background())
		wantError(t, err, BadAPI, says)
		if strings.Contains(err.Error(), "refused") != (code >= 400 && code < 500 && code != 403 && code != 404) {
			t.Errorf("%d: %v", code, err)
		}
		if len(*waits) > 0 {
			t.Errorf("%d was retried", code)
		}
	}
}

func TestTokenTrouble(t *testing.T) {
	tests := []struct{ body, says string }{
		{``, "access tokens expire after 2 hours; use an API key"},
		{`{"message": "Token has expired"}`, "it has expired"},
		{`{"message": "Invalid API key", "status": "failed"}`, "it is not valid"},
		{`{"message": ["x"], "broken`, "access tokens expire"},
	}
	for _, test := range tests {
		a := newAPI(t, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(401); io.WriteString(w, test.body) })
		_, err := a.list(t)
		wantError(t, err, BadAPI, "refused the token", test.says)
	}
	for _, code := range []int{400, 403, 422, 500} {
		a := newAPI(t, func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(code)
			io.WriteString(w, `{"message": "jwt expired"}`)
		})
		_, err := a.list(t)
		wantError(t, err, BadAPI, "refused the token", "it has expired")
	}
}

// TestSlowRefusal sends an error whose body drips. The status must be reported without waiting for the rest.
func TestSlowRefusal(t *testing.T) {
	t.Parallel()
	a := newAPI(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(401)
		for r.Context().Err() == nil {
			io.WriteString(w, " ")
			w.(http.Flusher).Flush()
			time.Sleep(10 * time.Millisecond)
		}
	})
	start := time.Now()
	_, err := a.list(t)
	wantError(t, err, BadAPI, "refused the token")
	if took := time.Since(start); took > errorReplyTime+2*time.Second {
		t.Errorf("took %v", took)
	}
}

// TestRetriedOverTLS cuts replies of a server that prefers HTTP/2, whose errors aren't those of net/http.
func TestRetriedOverTLS(t *testing.T) {
	var n atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n.Add(1) == 1 {
			io.WriteString(w, `{"data": [`)
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}
		io.WriteString(w, reply(0))
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	client, waits := (&api{Server: server}).client()
	transport := NewTransport()
	transport.TLSClientConfig = &tls.Config{RootCAs: server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}
	client.Transport = transport
	if _, err := client.Instances(context.Background()); err != nil || len(*waits) != 1 {
		t.Errorf("%v after waits %v", err, *waits)
	}
}

// TestRetriesOfARun lets every page fail twice. The run must end when ten retries are used up.
func TestRetriesOfARun(t *testing.T) {
	var n atomic.Int64
	a := newAPI(t, func(w http.ResponseWriter, r *http.Request) {
		if n.Add(1)%3 != 0 {
			w.WriteHeader(503)
			return
		}
		paged(100, 2, false)(w, r)
	})
	client, waits := a.client()
	_, err := client.Instances(context.Background())
	wantError(t, err, BadAPI, "503")
	if len(*waits) != maxRetries {
		t.Errorf("%d retries", len(*waits))
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"": -1, "0": 0, "7": 7 * time.Second, " 7 ": 7 * time.Second, "007": 7 * time.Second,
		"-1": -1, "1.5": 2 * time.Second, "1.0": time.Second, "1.": -1, ".5": -1, "1.5.1": -1,
		"1e3": -1, "soon": -1, "+5": -1, "0x10": -1,
		"99999999999999999999":           1_000_000 * time.Second,
		"Fri, 22 Nov 2999 12:00:30 GMT":  1_000_000 * time.Second,
		"Sun, 22 Nov 2026 12:00:30 GMT":  30 * time.Second, // RFC 1123
		"Sunday, 22-Nov-26 12:00:30 GMT": 30 * time.Second, // RFC 850
		"Sun Nov 22 12:00:30 2026":       30 * time.Second, // asctime
		"Sun, 22 Nov 2026 11:00:00 GMT":  0,                // passed
		"Sun, 22 Nov 2026":               -1,
	} {
		if got := retryAfter(header, now); got != want {
			t.Errorf("retryAfter(%q) = %v, want %v", header, got, want)
		}
	}
}

// rateLimits are the headers of a reply with the status 429, and the wait before the next request. Replies are from
// 2026-11-22 12:00:00 UTC, which is 1795348800 in seconds since 1970. A wait of 0 here means 5 s, then 15 s, then 30 s.
var rateLimits = map[string]time.Duration{
	"":                                                 0,
	"Retry-After: 3":                                   3 * time.Second,
	"Retry-After: 61":                                  61 * time.Second,
	"Retry-After: 1.2":                                 2 * time.Second,
	"Retry-After: nonsense":                            0,
	"Retry-After: 3, 7":                                7 * time.Second, // two, joined on the way
	"Retry-After: 3\nRetry-After: 7":                   7 * time.Second,
	"Retry-After: 3\nRateLimit-Reset: 90":              3 * time.Second,
	"Retry-After: soon\nRateLimit-Reset: 90":           90 * time.Second,
	"Retry-After: Sun, 22 Nov 2026 12:00:30 GMT":       30 * time.Second,
	"RateLimit-Reset: 7":                               7 * time.Second,
	"X-RateLimit-Reset: 7":                             7 * time.Second,
	"RateLimit-Reset: 9\nX-RateLimit-Reset: 7":         9 * time.Second,
	"RateLimit-Reset: 7\nX-RateLimit-Reset: 9":         9 * time.Second,
	"X-RateLimit-Reset: 9,7":                           9 * time.Second,
	"RateLimit-Reset: 0":                               0,
	"RateLimit-Reset: -9":                              0,
	"RateLimit-Reset: 1e3":                             0,
	"RateLimit-Reset: 6.01":                            7 * time.Second,
	"RateLimit-Reset: 1795348860":                      time.Minute,
	"X-RateLimit-Reset: 1795348860":                    time.Minute,
	"X-RateLimit-Reset: 1795348859.5":                  time.Minute,
	"X-RateLimit-Reset: 1795348860000":                 time.Minute,
	"X-RateLimit-Reset: Sun, 22 Nov 2026 12:01:00 GMT": time.Minute,
	"X-RateLimit-Reset: 1795348800":                    0, // now
	"X-RateLimit-Reset: 1795348000":                    0, // passed
	"RateLimit: \"default\";r=0;t=90":                  0, // not read
}

// busy answers with 429 and these headers as often as times says.
func busy(times int, headers string) http.HandlerFunc {
	return failing(times, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", "Sun, 22 Nov 2026 12:00:00 GMT")
		for line := range strings.Lines(headers) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
			w.Header().Add(name, value)
		}
		w.WriteHeader(429)
	})
}

func TestRateLimits(t *testing.T) {
	t.Parallel()
	for headers, wait := range rateLimits {
		a := newAPI(t, busy(3, headers))
		client, waits := a.client()
		client.Timeout = time.Hour
		if _, err := client.Instances(context.Background()); err != nil {
			t.Fatal(err)
		}
		want := []time.Duration{wait, wait, wait}
		if wait == 0 {
			want = []time.Duration{5 * time.Second, 15 * time.Second, 30 * time.Second}
		}
		if diff := cmp.Diff(want, *waits); diff != "" {
			t.Errorf("%s: %s", headers, diff)
		}
	}
}

// TestRateLimitBeyondTheTimeout checks that a run ends at once if it can't wait as long as the server asks.
func TestRateLimitBeyondTheTimeout(t *testing.T) {
	t.Parallel()
	for headers, says := range map[string]string{
		"":                                   "try again in 5 seconds",
		"Retry-After: 4":                     "try again in 4 seconds",
		"Retry-After: 200":                   "try again in 4 minutes",
		"Retry-After: 9999":                  "try again in 3 hours",
		"Retry-After: 500000":                "try again in 6 days",
		"Retry-After: 99999999999999999999":  "try again in more than 11 days",
		"RateLimit-Reset: 99999999999999999": "try again in more than 11 days",
		"X-RateLimit-Reset: 1795348860":      "try again in 60 seconds",
	} {
		for _, site := range []bool{false, true} {
			a := newAPI(t, busy(1, headers))
			client, waits := a.client()
			client.Timeout, client.Site = 3*time.Second, site
			err := client.withDeadline(context.Background(), func(ctx context.Context) error {
				return client.get(ctx, a.URL, func(io.Reader) error { return nil })
			})
			wantError(t, err, BadAPI, "429", says, "or increase --timeout")
			if len(*waits) > 0 || len(a.asked()) > 1 {
				t.Errorf("%s was waited for: %v", headers, *waits)
			}
		}
	}
}

// TestNoTimeToRetry checks that a run that has no time to try again ends with the fault, not with the time limit.
func TestNoTimeToRetry(t *testing.T) {
	t.Parallel()
	a := newAPI(t, failing(9, status(503)))
	client, waits := a.client()
	client.random = func() float64 { return float64(100 * (len(a.asked()) - 1)) } // no wait, then 100 s
	_, err := client.Instances(context.Background())
	wantError(t, err, BadAPI, "server error (503 from GET ", "try again later (tried 2 times)")
	if len(*waits) != 1 {
		t.Errorf("waited %v", *waits)
	}
}

func TestTimeouts(t *testing.T) {
	t.Parallel()
	stall := func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, `{"data": [`)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}
	t.Run("an attempt without a byte ends", func(t *testing.T) {
		a := newAPI(t, failing(1, stall))
		client, waits := a.client()
		client.idle = 200 * time.Millisecond
		if _, err := client.Instances(context.Background()); err != nil || len(*waits) != 1 {
			t.Errorf("%v after waits %v", err, *waits)
		}
	})
	t.Run("and so does one without a header", func(t *testing.T) {
		a := newAPI(t, failing(1, func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
		client, waits := a.client()
		client.idle = 200 * time.Millisecond
		if _, err := client.Instances(context.Background()); err != nil || len(*waits) != 1 {
			t.Errorf("%v after waits %v", err, *waits)
		}
	})
	t.Run("but not one whose header drips", func(t *testing.T) {
		a := newAPI(t, func(w http.ResponseWriter, r *http.Request) {
			conn, _, _ := w.(http.Hijacker).Hijack()
			defer conn.Close()
			for _, part := range []string{
				"HTTP/1.1 200 OK\r\n", "A: b\r\n", "C: d\r\n", "E: f\r\n", "Content-Length: 63\r\n\r\n",
				`{"data": [], "total_instance": 0, `, `"status": "success"}         `,
			} {
				io.WriteString(conn, part)
				time.Sleep(100 * time.Millisecond)
			}
		})
		client, waits := a.client()
		client.idle = 600 * time.Millisecond
		if _, err := client.Instances(context.Background()); err != nil || len(*waits) > 0 {
			t.Errorf("%v after waits %v", err, *waits)
		}
	})
	t.Run("a drip ends with the fetch's time", func(t *testing.T) {
		a := newAPI(t, func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				io.WriteString(w, " ")
				w.(http.Flusher).Flush()
				time.Sleep(5 * time.Millisecond)
			}
		})
		client, _ := a.client()
		client.Timeout, client.idle = 200*time.Millisecond, 100*time.Millisecond
		start := time.Now()
		_, err := client.Instances(context.Background())
		wantError(t, err, BadAPI, "within 200ms", "--timeout")
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("took %v", took)
		}
	})
	t.Run("the caller's end is the caller's", func(t *testing.T) {
		a := newAPI(t, stall)
		client, _ := a.client()
		stopped := errors.New("stopped")
		ctx, cancel := context.WithCancelCause(context.Background())
		time.AfterFunc(50*time.Millisecond, func() { cancel(stopped) })
		if _, err := client.Instances(ctx); !errors.Is(err, stopped) {
			t.Errorf("got %v", err)
		}
	})
}

func TestConnectionTrouble(t *testing.T) {
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	defer secure.Close()
	demanding := httptest.NewUnstartedServer(http.NotFoundHandler())
	demanding.TLS = &tls.Config{CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA}, MaxVersion: tls.VersionTLS12}
	demanding.StartTLS()
	defer demanding.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	noHTTP, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer noHTTP.Close()
	go func() {
		for {
			conn, err := noHTTP.Accept()
			if err != nil {
				return
			}
			io.WriteString(conn, "220 CANARY-7531 mail\r\n")
			conn.Close()
		}
	}()
	tests := []struct {
		url, says string
		retries   int
	}{
		{closed.URL, "the connection was refused", 3},
		{demanding.URL, "the server refused the encrypted connection; check --api-url, or ask", 0},
		{secure.URL, "does not trust the authority", 0},
		{"https" + strings.TrimPrefix(plain.URL, "http"), "does not speak HTTPS", 0},
		{"https://no-such-host.invalid", "no such host", 0},
		{"http://" + noHTTP.Addr().String(), "no readable reply", 0},
	}
	for _, test := range tests {
		client, waits := (&api{Server: &httptest.Server{URL: test.url}}).client()
		_, err := client.Instances(context.Background())
		t.Log(err)
		wantError(t, err, BadAPI, test.says)
		if len(*waits) != test.retries {
			t.Errorf("%s: %d retries, want %d", test.url, len(*waits), test.retries)
		}
		if strings.Contains(err.Error(), "CANARY") {
			t.Errorf("the error holds what the server sent: %v", err)
		}
	}
}
