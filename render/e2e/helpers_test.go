package e2e

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

const root = "../.." // of the project

// officeProfile is the folder in which LibreOffice keeps its profile while the tests run.
var officeProfile string

// TestMain builds the program before the first test, so that the build is not part of the time of any test.
func TestMain(m *testing.M) { os.Exit(prepared(m)) }

func prepared(m *testing.M) int {
	if _, err := build(); err != nil {
		panic(err)
	}
	var err error
	if officeProfile, err = os.MkdirTemp("", "profile"); err != nil {
		panic(err)
	}
	defer os.RemoveAll(officeProfile)
	defer endWorkers()
	return m.Run()
}

// render runs the program with a saved reply. It must succeed. render returns what it printed and the folder.
func render(t testing.TB, reply string, args ...string) (outcome, string) {
	t.Helper()
	out := filepath.Join(quickDir(t), "out")
	return renderTo(t, out, reply, args...), out
}

func renderTo(t testing.TB, out, reply string, args ...string) outcome {
	t.Helper()
	o := job{args: append([]string{"--input", "-", "--out", out}, args...), stdin: strings.NewReader(reply)}.run(t)
	if o.code != 0 {
		t.Fatalf("exit code %d: %s", o.code, o.stderr)
	}
	return o
}

// contents returns every file below a folder by its path. A compressed file is there twice: as it is, and its parts
// below its name.
func contents(t testing.TB, dir string) map[string]string {
	t.Helper()
	files := plainContents(t, dir)
	if err := unpack(files); err != nil {
		t.Fatal(err)
	}
	return files
}

func readAll(t testing.TB, r io.Reader) string {
	t.Helper()
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// server is a stand-in for the API. It records the requests.
type server struct {
	*httptest.Server
	mu    sync.Mutex
	heads []string // method, address and headers of each request
}

func serve(t testing.TB, answer http.HandlerFunc) *server {
	t.Helper()
	s := unstarted(t, answer)
	s.Start()
	return s
}

// unstarted returns a server that is still to be configured and started.
func unstarted(t testing.TB, answer http.HandlerFunc) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewUnstartedServer(s.recorded(answer))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	t.Cleanup(s.stop)
	return s
}

func (s *server) recorded(answer http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.heads = append(s.heads, fmt.Sprint(r.Method, " ", r.URL, " ", r.Header))
		s.mu.Unlock()
		answer(w, r)
	})
}

func (s *server) stop() {
	s.CloseClientConnections()
	s.Close()
}

func (s *server) asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.heads...)
}

// fixed gives every request the same answer.
func fixed(code int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		io.WriteString(w, body)
	}
}

const goodRow = `{"id": 1, "region": "CANADA-1", "gpu": "RTX-A6000", "gpu_count": 1, "price_per_hour": 0.679, ` +
	`"host_name": "web", "status": "Running"}`
