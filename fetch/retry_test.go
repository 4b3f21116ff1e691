package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
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
		"429":   status(429),
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
		204: "refused",
		206: "refused",
	} {
		a := newAPI(t, failing(1, status(code)))
		client, waits := a.client()
		_, err := client.Instances(context.Background())
		wantError(t, err, BadAPI, says)
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
		"-1": -1, "1.5": -1, "1e3": -1, "soon": -1, "+5": -1, "0x10": -1,
		"99999999999999999999":           1_000_000 * time.Second,
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

func TestRetryAfterIsKept(t *testing.T) {
	slow := func(header string) http.HandlerFunc {
		return failing(1, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", header)
			w.WriteHeader(429)
		})
	}
	for header, want := range map[string]time.Duration{
		"3":        3 * time.Second,
		"60":       60 * time.Second,
		"0":        0,
		"nonsense": 500 * time.Millisecond,
	} {
		a := newAPI(t, slow(header))
		client, waits := a.client()
		client.Timeout = time.Hour
		if _, err := client.Instances(context.Background()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]time.Duration{want}, *waits); diff != "" {
			t.Errorf("Retry-After: %s: %s", header, diff)
		}
	}
	for header, timeout := range map[string]time.Duration{
		"61":                   time.Hour,
		"99999999999999999999": time.Hour,
		"30":                   20 * time.Second,
	} {
		a := newAPI(t, slow(header))
		client, waits := a.client()
		client.Timeout = timeout
		_, err := client.Instances(context.Background())
		wantError(t, err, BadAPI, "429", "asks to wait longer")
		if len(*waits) > 0 {
			t.Errorf("Retry-After: %s was waited for: %v", header, *waits)
		}
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
		client.idle = 50 * time.Millisecond
		if _, err := client.Instances(context.Background()); err != nil || len(*waits) != 1 {
			t.Errorf("%v after waits %v", err, *waits)
		}
	})
	t.Run("and so does one without a header", func(t *testing.T) {
		a := newAPI(t, failing(1, func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
		client, waits := a.client()
		client.idle = 50 * time.Millisecond
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
		client.idle = 300 * time.Millisecond
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
		{secure.URL, "certificate is not valid", 0},
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
