package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	root   = "../.." // of the project
	moment = "SOURCE_DATE_EPOCH=1795435200"
)

// officeProfile is the folder in which LibreOffice keeps its profile while the tests run.
var officeProfile string

// TestMain builds the program before the first test, so that the build is not part of the time of any test.
func TestMain(m *testing.M) { os.Exit(prepared(m)) }

func prepared(m *testing.M) int {
	if _, err := Build(); err != nil {
		panic(err)
	}
	var err error
	if officeProfile, err = os.MkdirTemp("", "profile"); err != nil {
		panic(err)
	}
	defer os.RemoveAll(officeProfile)
	return m.Run()
}

// outcome is the result of a run.
type outcome struct {
	code           int
	stdout, stderr string
	took           time.Duration
}

// job is a run of the program.
type job struct {
	args    []string
	env     []string
	stdin   io.Reader
	started func(*os.Process) // called when the program has started
}

// command returns the command of a job. Its environment has nothing of the caller's except what it needs to run.
func (j job) command(ctx context.Context) *exec.Cmd {
	path, err := Build()
	if err != nil {
		panic(err) // TestMain has built it
	}
	c := exec.CommandContext(ctx, path, j.args...)
	c.Env = append([]string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + os.TempDir(), moment}, j.env...)
	c.Stdin = j.stdin
	return c
}

// run runs the program to its end. If it hangs, the test fails.
func (j job) run(t testing.TB) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	c := j.command(ctx)
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	start := time.Now()
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if j.started != nil {
		j.started(c.Process)
	}
	var exit *exec.ExitError
	if err := c.Wait(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if ctx.Err() != nil {
		t.Fatalf("%q hangs: %s", j.args, &stderr)
	}
	return outcome{c.ProcessState.ExitCode(), stdout.String(), stderr.String(), time.Since(start)}
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

// quickDir returns a temporary folder, in memory if the system has /dev/shm.
func quickDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "proof")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
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

func plainContents(t testing.TB, dir string) map[string]string {
	t.Helper()
	files, err := readFolder(dir)
	if err != nil {
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

func write(t testing.TB, path, content string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// server is a stand-in for the API. It records the requests.
type server struct {
	*httptest.Server
	mu    sync.Mutex
	heads []string // method, address and headers of each request
}

func serve(t testing.TB, answer http.HandlerFunc) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewServer(s.recorded(answer))
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

// reply returns the API's reply with these rows.
func reply(rows ...string) string {
	return fmt.Sprintf(`{"data": [%s], "total_instance": %d, "status": "success"}`, strings.Join(rows, ","), len(rows))
}

const goodRow = `{"id": 1, "region": "CANADA-1", "gpu": "RTX-A6000", "gpu_count": 1, "price_per_hour": 0.679, ` +
	`"host_name": "web", "status": "Running"}`
