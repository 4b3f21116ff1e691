package fetch

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gpufleet/fetch/fleet"
)

// api is a stand-in for the provider's API. It records the requests.
type api struct {
	*httptest.Server
	mu       sync.Mutex
	requests []*http.Request
}

func newAPI(t *testing.T, answer http.HandlerFunc) *api {
	t.Helper()
	a := &api{}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		a.requests = append(a.requests, r)
		a.mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(a.Close)
	return a
}

// asked returns the queries in their order.
func (a *api) asked() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	queries := []string{}
	for _, r := range a.requests {
		queries = append(queries, r.URL.RawQuery)
	}
	return queries
}

// client returns a client of the API that doesn't really wait, and the waits it was asked for.
func (a *api) client() (*Client, *[]time.Duration) {
	waits := &[]time.Duration{}
	return &Client{
		URL: a.URL + "/api/v1", Token: "the-token", UserAgent: "gpufleet/test", Timeout: 10 * time.Second,
		random: func() float64 { return 1 },
		wait: func(d time.Duration) <-chan time.Time {
			*waits = append(*waits, d)
			now := make(chan time.Time, 1)
			now <- time.Time{}
			return now
		},
	}, waits
}

func (a *api) list(t *testing.T) (*fleet.Fleet, error) {
	t.Helper()
	client, _ := a.client()
	return client.Instances(context.Background())
}

// reply is a page as the API writes it; total below 0 leaves total_instance out.
func reply(total int, rows ...string) string {
	member := ""
	if total >= 0 {
		member = fmt.Sprintf(`"total_instance": %d, `, total)
	}
	return fmt.Sprintf(`{"data": [%s], %s"message": "ok", "status": "success"}`, strings.Join(rows, ","), member)
}

// rows returns rows with the ids from first to last.
func rows(first, last int) []string {
	var list []string
	for id := first; id <= last; id++ {
		list = append(list, fmt.Sprintf(`{"id": %d, "gpu_count": 1}`, id))
	}
	return list
}

func ids(list *fleet.Fleet) []string {
	var all []string
	for _, in := range list.Instances {
		all = append(all, in.ID)
	}
	return all
}

func numbers(first, last int) []string {
	var list []string
	for id := first; id <= last; id++ {
		list = append(list, strconv.Itoa(id))
	}
	return list
}

// wantError checks the kind of an error, and that its text contains each of the parts.
func wantError(t *testing.T, err error, kind Kind, parts ...string) {
	t.Helper()
	var known *Error
	if !errors.As(err, &known) {
		t.Fatalf("got error %v (%T), want a *fetch.Error", err, err)
	}
	if known.Kind != kind {
		t.Errorf("kind %d, want %d: %v", known.Kind, kind, err)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q does not say %q", err, part)
		}
	}
}

func TestRequest(t *testing.T) {
	a := newAPI(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, reply(1, rows(7, 7)...)) })
	list, err := a.list(t)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"7"}, ids(list)); diff != "" {
		t.Error(diff)
	}
	r := a.requests[0]
	if r.Method != http.MethodGet || r.URL.String() != "/api/v1/computing/instances" {
		t.Errorf("%s %s", r.Method, r.URL)
	}
	for name, want := range map[string]string{
		"Authorization": "Bearer the-token",
		"Accept":        "application/json",
		"Content-Type":  "application/json",
		"User-Agent":    "gpufleet/test",
	} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestCompleteness(t *testing.T) {
	tests := []struct {
		name, body string
		want       []string
		warnings   []string
	}{
		{"no total", reply(-1, rows(1, 2)...), []string{"1", "2"},
			[]string{"can't verify that the list is complete: the reply has no total_instance"}},
		{"null total", `{"data": [], "total_instance": null, "status": "success"}`, nil,
			[]string{"can't verify that the list is complete: the reply has no total_instance"}},
		{"more than the total", reply(1, rows(1, 2)...), []string{"1", "2"},
			[]string{"the list has 2 instances, but its total_instance is 1"}},
		{"total as a string", `{"data": [{"id": 1}], "total_instance": "1", "status": "success"}`, []string{"1"}, nil},
		{"one id twice", reply(2, `{"id": 7, "os": "a"}`, `{"id": "7", "os": "b"}`, `{"id": 8}`), []string{"7", "8"},
			[]string{"row 2: duplicate id; using this row instead of the earlier one"}},
		{"no ids", reply(2, `{}`, `{"id": null}`), []string{"", ""},
			[]string{"row 1, row 2: no id; counted as a separate instance"}},
		{"empty fleet", reply(0), nil, nil},
		{"empty fleet as null", `{"status": "success", "total_instance": 0, "data": null}`, nil, nil},
		{"a byte order mark", "\xEF\xBB\xBF" + reply(0), nil, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := newAPI(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, test.body) })
			list, err := a.list(t)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, ids(list)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(append([]string{}, test.warnings...), list.Warnings.Lines()); diff != "" {
				t.Error(diff)
			}
			if test.name == "one id twice" && list.Instances[0].OS != "b" {
				t.Error("the first of two rows with the same id was used")
			}
		})
	}
}

func TestRefusedReplies(t *testing.T) {
	tests := map[string]string{ // body -> what the error says
		`[]`:                                     "an array, not an object",
		`null`:                                   "null, not an object",
		`{}`:                                     "no status",
		`{"status": "success"}`:                  "no data",
		`{"data": []}`:                           "no status",
		`{"data": [], "status": 1}`:              "status is a number",
		`{"data": {}, "status": "success"}`:      "data is an object, not an array",
		`{"data": "x", "status": "success"}`:     "data is a string, not an array",
		`{"data": null, "status": "success"}`:    "data is null",
		`{"data": [1], "status": "success"}`:     "row 1 is a number, not an object",
		`{"data": [{}, []], "status":"success"}`: "row 2 is an array, not an object",
		`{"data": null, "total_instance": 3, "status": "success"}`:       "data is null",
		`{"data": [], "total_instance": [], "status": "success"}`:        "total_instance is an array",
		`{"data": [], "total_instance": true, "status": "success"}`:      "total_instance is a boolean",
		`{"data": [], "total_instance": -1, "status": "success"}`:        "total_instance is not a whole number of 0 or more",
		`{"data": [], "total_instance": 1.5, "status": "success"}`:       "total_instance",
		`{"data": [], "total_instance": "many", "status": "success"}`:    "total_instance is a string, not a whole number",
		`{"data": [], "data": [], "status": "success"}`:                  "two data fields",
		`{"data": [], "status": "success"} x`:                            "unexpected text after",
		`{"data": [], "status": "success"}{}`:                            "unexpected text after",
		`{"Data": [], "status": "success"}`:                              "no data",
		`{"data": [], "status": "failed"}`:                               "reports a failure",
		`{"data": null, "status": "failed", "message": "quota"}`:         "reports a failure",
		`{"data": null, "status": "failed", "message": "Token expired"}`: "it has expired",
		`{"data": null, "status": "failed", "message": "invalid token"}`: "it is not valid",
		`<!doctype html>`:                        "a web page came back (200 from GET ",
		`{"data": [{"id": 1,}]}`:                 "not JSON",
		"\xFF\xFE{\x00}\x00":                     "UTF-16",
		``:                                       "closed before the reply was complete",
		`{"data": [{"id": 1}`:                    "closed before the reply was complete",
		`{"data": [` + strings.Repeat("[", 3000): "nested deeper than 1000",
		`{"data": {}, "status": "failed", "message": "Your session token has expired"}`: "it has expired",
		`{"data": "", "message": "Invalid API key", "status": "failed"}`:                "it is not valid",
		`{"data": [1], "message": "Your plan has expired", "status": "failed"}`:         "its status is not success",
	}
	for body, says := range tests {
		a := newAPI(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, body) })
		_, err := a.list(t)
		t.Logf("%.40s: %v", body, err)
		wantError(t, err, BadAPI, says)
		a.Close()
	}
}

func TestGzip(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	io.WriteString(z, reply(2, rows(1, 2)...))
	z.Close()
	a := newAPI(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(packed.Bytes())
	})
	if list, err := a.list(t); err != nil || len(list.Instances) != 2 {
		t.Errorf("%v, %v", list, err)
	}
}

func TestCheckURL(t *testing.T) {
	good := []string{
		"https://api.example.org/api/v1", "https://api.example.org/", "http://127.0.0.1:8080/api", "http://[::1]/",
		"http://[::1]:8080/", "http://localhost:1", "https://xn--bcher-kva.example.:65535/x", "https://192.0.2.7:1",
	}
	bad := []string{
		"", "api.example.org", "ftp://example.org", "https://", "http://example.org", "http://10.0.0.1",
		"http://localhost.example.org", "https://user@example.org", "https://user:pw@example.org",
		"https://example.org?x=1", "https://example.org/?", "https://example.org/#a", "https://exa mple.org",
		"http://127.0.0.1.example.org", "http://127.0.0.1:1/items#", "https://example.org#", "https://example.org/?#",
		"https://example.org:0", "https://example.org:65536", "https://example.org:", "https://b\u00fccher.example",
		`https://ex"><b>.org/a`, "https://a_b.example", "https://a..b", "https://[fe80::1%25eth0]",
		"https://[fe80::1%25\"><b>]",
	}
	for _, text := range good {
		if err := CheckURL(text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, text := range bad {
		if err := CheckURL(text); err == nil {
			t.Errorf("%s passed", text)
		} else if strings.Contains(err.Error(), "pw") {
			t.Errorf("%s: the error holds the password: %v", text, err)
		}
	}
}

// TestRedirects checks that no redirect of any kind is followed, because the token would be sent along.
func TestRedirects(t *testing.T) {
	elsewhere := newAPI(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, reply(0)) })
	for _, code := range []int{301, 302, 303, 307, 308} {
		for _, target := range []string{
			elsewhere.URL + "/secret-path", "/api/v2/computing/instances", "https://localhost:1/",
		} {
			a := newAPI(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, target, code) })
			_, err := a.list(t)
			wantError(t, err, BadAPI, "redirects are not followed", strconv.Itoa(code))
			if strings.Contains(err.Error(), target) {
				t.Errorf("the error holds the redirect's target: %v", err)
			}
			if n := len(a.asked()); n != 1 {
				t.Errorf("%d requests", n)
			}
			a.Close()
		}
	}
	if len(elsewhere.asked()) > 0 {
		t.Error("a redirect was followed")
	}
}

func TestProgress(t *testing.T) {
	a := newAPI(t, paged(5, 2, false))
	client, _ := a.client()
	var got []string
	client.Progress = func(page, instances int) { got = append(got, fmt.Sprint(page, "/", instances)) }
	if _, err := client.Instances(context.Background()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"1/2", "2/4", "3/5"}, got); diff != "" {
		t.Error(diff)
	}
}

// TestNoValueInErrors sends rows in which every value is a canary and which are broken in every way. No error or
// warning may contain the canary.
func TestNoValueInErrors(t *testing.T) {
	const canary = "CANARY-7531"
	row, _ := json.Marshal(map[string]any{
		"id":             []string{canary},
		"gpu_count":      canary,
		"ram":            map[string]string{canary: canary},
		"region":         map[string]any{"x": canary},
		"price_per_hour": canary,
		"created_at":     canary,
		"vm_password":    canary,
		"user":           map[string]string{"name": canary},
	})
	bodies := []string{
		reply(1, string(row)),
		reply(3, string(row)),
		`{"data": "` + canary + `", "status": "success"}`,
		`{"status": "` + canary + `", "message": "` + canary + `"}`,
		`{"data": ["` + canary + `"]}`,
		`{"data": [{"id": "` + canary + `]}`,
		canary,
		`{"` + canary + `": ` + canary + `}`,
		`{"total_instance": "` + canary + `"}`,
		`{"data": [` + string(row) + `] "` + canary + `"}`,
	}
	for _, code := range []int{200, 301, 400, 401, 403, 404, 418, 429, 500} {
		for _, body := range bodies {
			a := newAPI(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Location", "http://"+canary)
				w.Header().Set("Retry-After", canary)
				w.WriteHeader(code)
				io.WriteString(w, body)
			})
			var said strings.Builder
			client, _ := a.client()
			client.Log = func(format string, args ...any) { fmt.Fprintf(&said, format+"\n", args...) }
			list, err := client.Instances(context.Background())
			fmt.Fprintln(&said, err)
			if list != nil {
				fmt.Fprintln(&said, list.Warnings.Lines())
			}
			if strings.Contains(said.String(), canary) {
				t.Errorf("%d %s: %s", code, body, said.String())
			}
			a.Close()
		}
	}
}
