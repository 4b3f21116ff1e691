package main

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/pprof/profile"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/urfave/cli/v2"
	"github.com/xuri/excelize/v2"
	"golang.org/x/net/html"

	"gpufleet/fetch/fleet/fleettest"
	"gpufleet/render/console"
	"gpufleet/render/e2e"
)

var update = flag.Bool("update", false, "write what the program writes now as the expected outputs")

// TestMain takes the tests off GitHub Actions, should they run there: they look at how the program speaks elsewhere, and say nothing for the
// step that they are.
func TestMain(m *testing.M) {
	os.Unsetenv("GITHUB_ACTIONS")
	code := m.Run()
	if built != "" {
		os.RemoveAll(filepath.Dir(built))
	}
	os.Exit(code)
}

// moment is the time that the tests run at.
const moment = "1795435200" // 2026-11-23 12:00 UTC

// outcome is what a run left.
type outcome struct {
	code           int
	stdout, stderr string
}

// execute runs the program in this process. The environment holds nothing of the caller's that the program reads.
func execute(t *testing.T, env map[string]string, args ...string) outcome {
	t.Helper()
	return executeWith(t, context.Background(), env, nil, args...)
}

func executeWith(t *testing.T, ctx context.Context, env map[string]string, stdin io.Reader, args ...string) outcome {
	t.Helper()
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "GPUFLEET_") || name == "API_URL" || name == "ACCESS_TOKEN" || name == "NEBULA_BLOCK_API_KEY" {
			t.Setenv(name, "")
		}
	}
	t.Setenv("SOURCE_DATE_EPOCH", moment)
	for name, value := range env {
		t.Setenv(name, value)
	}
	var stdout, stderr bytes.Buffer
	code := run(ctx, append([]string{"gpufleet"}, args...), stdin, &stdout, &stderr)
	return outcome{code, stdout.String(), stderr.String()}
}

// want checks an outcome's code, that an error is on standard error alone, and that it says each of the parts.
func (o outcome) want(t *testing.T, code int, parts ...string) {
	t.Helper()
	if o.code != code {
		t.Errorf("exit code %d, want %d: %s", o.code, code, o.stderr)
	}
	for _, part := range parts {
		if !strings.Contains(o.stderr, part) {
			t.Errorf("standard error does not say %q: %s", part, o.stderr)
		}
	}
	if code != exitWritten && (o.stdout != "" && code != exitCheck || !strings.HasPrefix(o.stderr, "gpufleet: ")) {
		t.Errorf("an error belongs on standard error, behind the program's name: %q, %q", o.stdout, o.stderr)
	}
}

// contents returns every file below dir by its path, hidden ones too.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		files[filepath.ToSlash(name)] = string(content)
		return err
	})
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return files
}

// serve answers every request in the same way and returns the address.
func serve(t *testing.T, code int, body string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(code)
		io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func write(t *testing.T, path, content string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const oneInstance = `{"data": [{"id": 1, "region": "CANADA-1", "gpu": "RTX-A6000", "gpu_count": 1, "price_per_hour": 0.679, "status": "Running"}], "total_instance": 1, "status": "success"}`

const priceHeader = "region,gpu,gpu_count,product_type,price_per_hour\n"

var tokenSet = map[string]string{"GPUFLEET_TOKEN": "the-token"}

// TestExitCodes has a case for each row of the table of exit codes, into a folder that holds an earlier report: what fails
// leaves it as it was.
func TestExitCodes(t *testing.T) {
	good := serve(t, 200, oneInstance)
	closed := httptest.NewServer(nil)
	closed.Close()
	dir := t.TempDir()
	reply := write(t, filepath.Join(dir, "reply.json"), oneInstance)
	prices := write(t, filepath.Join(dir, "prices.csv"), priceHeader+"*,RTX-A6000,,,0.5\n")
	tests := []struct {
		name string
		code int
		says string
		env  map[string]string
		args []string
	}{
		{"API", 0, "", tokenSet, []string{"--api-url", good}},
		{"API by the environment", 0, "", map[string]string{"ACCESS_TOKEN": " x ", "GPUFLEET_API_URL": "", "API_URL": " " + good + " "}, nil},
		{"third token name", 0, "", map[string]string{"GPUFLEET_TOKEN": "", "NEBULA_BLOCK_API_KEY": "x", "GPUFLEET_API_URL": good}, nil},
		{"token file", 0, "", nil, []string{"--api-url", good, "--token-file", write(t, filepath.Join(dir, "token"), "x\n")}},
		{"saved reply", 0, "", nil, []string{"--input", reply}},
		{"a typed flag beats a variable", 0, "", map[string]string{"GPUFLEET_DEMO": "1", "GPUFLEET_QUIET": "1"}, []string{"--input", reply, "--verbose"}},
		{"saved reply by the environment", 0, "", map[string]string{"GPUFLEET_INPUT": reply}, nil},

		{"unknown flag", 2, "not defined: -nonsense", nil, []string{"--nonsense"}},
		{"positional argument", 2, `unexpected argument "demo"`, nil, []string{"demo", "--demo"}},
		{"help as a command", 2, `unexpected argument "help"`, nil, []string{"help"}},
		{"empty value", 2, "--out needs a value", nil, []string{"--demo", "--out", " "}},
		{"flag without its value", 2, "flag needs an argument", nil, []string{"--demo", "--out"}},
		{"no token", 2, "no API token", nil, []string{"--api-url", good}},
		{"token file missing", 2, "--token-file: open", nil, []string{"--token-file", filepath.Join(dir, "none")}},
		{"token file empty", 2, "does not hold a token", nil, []string{"--token-file", write(t, filepath.Join(dir, "empty"), "\n")}},
		{"two words", 2, "without \"Bearer\"", map[string]string{"GPUFLEET_TOKEN": "Bearer SECRET"}, nil},
		{"bad address", 2, "not a web address", tokenSet, []string{"--api-url", "api.example.org"}},
		{"plain http", 2, "in the clear", tokenSet, []string{"--api-url", "http://api.example.org"}},
		{"user in the address", 2, "user name or password", tokenSet, []string{"--api-url", "https://u:SECRET@api.example.org"}},
		{"query in the address", 2, "query", tokenSet, []string{"--api-url", "https://api.example.org?token=SECRET"}},
		{"demo and input", 2, "exclude each other", nil, []string{"--demo", "--input", reply}},
		{"stdin twice", 2, "standard input can be read once", nil, []string{"--input", "-", "--input", "-"}},
		{"saved reply missing", 2, "no such file", nil, []string{"--input", filepath.Join(dir, "none.json")}},
		{"saved reply is a folder", 2, "is a directory", nil, []string{"--input", dir}},
		{"prices", 0, "", tokenSet, []string{"--api-url", good, "--prices", prices}},
		{"prices by the environment", 0, "", map[string]string{"GPUFLEET_PRICES": " " + prices + " "}, []string{"--input", reply}},
		{"two price files", 2, "each once", nil, []string{"--demo", "--prices", prices, "--prices", prices}},
		{"product list twice", 2, "each once", tokenSet, []string{"--prices", "api", "--prices", "api"}},
		{"product list of a saved reply", 2, "--prices api", tokenSet, []string{"--input", reply, "--prices", "api"}},
		{"product list of the sample", 2, "--prices api", tokenSet, []string{"--demo", "--prices", prices, "--prices", "api"}},
		{"product list by the environment", 2, "--prices api", map[string]string{"GPUFLEET_PRICES": "api"}, []string{"--demo"}},
		{"price file missing", 2, "price file " + filepath.Join(dir, "none.csv") + ": no such file", nil, []string{"--demo", "--prices", filepath.Join(dir, "none.csv")}},
		{"price file is a folder", 2, "is a directory", nil, []string{"--demo", "--prices", dir}},
		{"price without a value", 2, "--prices needs a value", nil, []string{"--demo", "--prices", ""}},
		{"price file before the network", 2, "line 3, gpu_count", tokenSet, []string{"--api-url", closed.URL, "--prices",
			write(t, filepath.Join(dir, "bad.csv"), priceHeader+"*,H100,,,1\n*,H100,SECRET,,1\n")}},
		{"price file with two prices", 2, "lines 2 and 3", nil, []string{"--input", reply, "--prices",
			write(t, filepath.Join(dir, "two.csv"), priceHeader+"SECRET,H100,,,1\nSECRET,H100,,,2\n")}},

		{"demo over a real report", 2, "holds a real report", nil, []string{"--demo"}},
		{"audience", 2, "public or internal", nil, []string{"--demo", "--audience", "all"}},
		{"currency", 2, "--currency", nil, []string{"--demo", "--currency", "dollars"}},
		{"hours", 2, "--hours-per-month", nil, []string{"--demo", "--hours-per-month", "0"}},
		{"hours not finite", 2, "--hours-per-month", nil, []string{"--demo", "--hours-per-month", "NaN"}},
		{"budget", 2, "--budget must be", nil, []string{"--demo", "--budget", "0"}},
		{"budget negative", 2, "--budget must be", nil, []string{"--demo", "--budget=-5"}},
		{"budget with a sign", 2, "--budget must be", nil, []string{"--demo", "--budget", "$500"}},
		{"budget with a comma", 2, "--budget must be", nil, []string{"--demo", "--budget", "50,000"}},
		{"budget with an exponent", 2, "--budget must be", nil, []string{"--demo", "--budget", "1e999999999"}},
		{"budget not finite", 2, "--budget must be", map[string]string{"GPUFLEET_BUDGET": "NaN"}, []string{"--demo"}},
		{"budget empty", 2, "--budget needs a value", nil, []string{"--demo", "--budget", ""}},
		{"unknown check", 2, `--fail-on does not know "overbudget"`, nil, []string{"--demo", "--fail-on", "warnings,overbudget"}},
		{"check in another case", 2, "--fail-on does not know", nil, []string{"--demo", "--fail-on", "Warnings"}},
		{"no check between commas", 2, `--fail-on does not know ""`, nil, []string{"--demo", "--fail-on", "warnings,"}},
		{"check of a budget that is not there", 2, "needs a --budget", nil, []string{"--demo", "--fail-on", "over-budget"}},
		{"the same by the environment", 2, "needs a --budget", map[string]string{"GPUFLEET_FAIL_ON": "over-budget"}, []string{"--input", reply}},
		{"expect every", 2, "--expect-every", nil, []string{"--demo", "--expect-every", "daily"}},
		{"expect every second", 2, "--expect-every", nil, []string{"--demo", "--expect-every", "1s"}},
		{"timeout", 2, "--timeout", nil, []string{"--demo", "--timeout", "300"}},
		{"title", 2, "--title", nil, []string{"--demo", "--title", "a\nb"}},
		{"title in no encoding", 2, "--title", nil, []string{"--demo", "--title", "a\xffb"}},
		{"title that turns the text", 2, "--title", nil, []string{"--demo", "--title", "a\u202eb"}},
		{"quiet and verbose", 2, "exclude each other", nil, []string{"--demo", "--quiet", "--verbose"}},
		{"bad boolean", 2, "$GPUFLEET_DEMO", map[string]string{"GPUFLEET_DEMO": "perhaps"}, nil},
		{"previous folder missing", 2, "no such folder", nil, []string{"--demo", "--previous", filepath.Join(dir, "none")}},
		{"previous site in the clear", 2, "--previous: http", nil, []string{"--demo", "--previous", "http://example.org"}},
		{"previous site with a password", 2, "user name or password", nil, []string{"--demo", "--previous", "https://u:SECRET@example.org"}},
		{"base address", 2, "--base-url: not a web address", nil, []string{"--demo", "--base-url", "example.org"}},
		{"base address with a query", 2, "--base-url: it holds a query", nil, []string{"--demo", "--base-url", "https://example.org/?a=SECRET"}},
		{"notes missing", 2, "--notes " + filepath.Join(dir, "none.md"), tokenSet, []string{"--api-url", closed.URL, "--notes", filepath.Join(dir, "none.md")}},
		{"notes are a folder", 2, "is a directory", nil, []string{"--demo", "--notes", dir}},
		{"notes in no encoding", 2, "not in UTF-8", tokenSet, []string{"--api-url", closed.URL, "--notes", write(t, filepath.Join(dir, "latin.md"), "caf\xe9 SECRET")}},
		{"notes too long", 2, "longer than 32768 bytes", tokenSet, []string{"--api-url", closed.URL, "--notes", write(t, filepath.Join(dir, "long.md"), strings.Repeat("SECRET ", 5000))}},
		{"notes without a value", 2, "--notes needs a value", nil, []string{"--demo", "--notes", ""}},
		{"bad epoch", 2, "$SOURCE_DATE_EPOCH", map[string]string{"SOURCE_DATE_EPOCH": "today"}, []string{"--demo"}},

		{"unreachable", 3, "refused", tokenSet, []string{"--api-url", closed.URL, "--timeout", "20s"}},
		{"refused token", 3, "401", tokenSet, []string{"--api-url", serve(t, 401, "")}},
		{"redirect", 3, "redirect", tokenSet, []string{"--api-url", serve(t, 302, "")}},
		{"failed", 3, "reports a failure", tokenSet, []string{"--api-url", serve(t, 200, `{"data": null, "status": "failed", "message": "SECRET"}`)}},
		{"not JSON", 3, "not JSON", tokenSet, []string{"--api-url", serve(t, 200, "<html>SECRET</html>")}},
		{"previous site fails", 3, "403 from GET", nil, []string{"--input", reply, "--previous", serve(t, 403, "SECRET")}},
		{"previous site unreachable", 3, "refused", nil, []string{"--input", reply, "--timeout", "20s", "--previous", closed.URL}},
		{"saved reply is no reply", 3, "not what the API's document describes", nil, []string{"--input", write(t, filepath.Join(dir, "list.json"), `["SECRET"]`)}},

		{"incomplete", 4, "1 of 2", tokenSet, []string{"--api-url", serve(t, 200, strings.Replace(oneInstance, `"total_instance": 1`, `"total_instance": 2`, 1))}},
		{"saved pages incomplete", 4, "1 of 3", nil, []string{"--input", write(t, filepath.Join(dir, "part.json"), strings.Replace(oneInstance, `"total_instance": 1`, `"total_instance": 3`, 1))}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out")
			execute(t, nil, "--input", reply, "--out", out, "--title", "earlier").want(t, 0)
			before := contents(t, out)
			args := test.args
			if len(args) == 0 || args[len(args)-1] != "--out" {
				args = append([]string{"--out", out}, args...)
			}
			got := execute(t, test.env, args...)
			got.want(t, test.code, test.says)
			if strings.Contains(got.stderr, "SECRET") {
				t.Errorf("a secret is in the error: %s", got.stderr)
			}
			if test.code != 0 {
				if diff := cmp.Diff(before, contents(t, out)); diff != "" {
					t.Errorf("the folder has changed: %s", diff)
				}
				// And where there was no folder, there is none.
				fresh := filepath.Join(t.TempDir(), "a", "b")
				if test.name == "demo over a real report" {
					return
				}
				args[1] = fresh
				execute(t, test.env, args...)
				if _, err := os.Stat(filepath.Dir(fresh)); !os.IsNotExist(err) && test.name != "empty value" {
					t.Errorf("a failed run made a folder: %v", err)
				}
			}
		})
	}
}

func TestTitle(t *testing.T) {
	for _, title := range []string{"👨‍👩‍👧 fleet", "日本語", "a – b"} {
		out := filepath.Join(t.TempDir(), "out")
		execute(t, nil, "--demo", "--out", out, "--title", title).want(t, 0)
		if !strings.Contains(contents(t, out)["index.html"], title) {
			t.Errorf("%s is not on the page", title)
		}
	}
}

// TestDemoSparesWhatItCannotRead renders the sample over a folder whose manifest a later version wrote, or something broke.
func TestDemoSparesWhatItCannotRead(t *testing.T) {
	for _, manifest := range []string{`{"schema": 2, "files": []}`, `{`, ``, `{"schema": 1, "source": "api", "generator": "x", "files": []}`} {
		out := t.TempDir()
		write(t, filepath.Join(out, "manifest.json"), manifest)
		execute(t, nil, "--demo", "--out", out).want(t, exitUsage, "holds a real report")
	}
}

func TestFailedToWrite(t *testing.T) {
	file := write(t, filepath.Join(t.TempDir(), "file"), "")
	execute(t, nil, "--demo", "--out", file).want(t, exitFailed, file)
	execute(t, nil, "--demo", "--out", filepath.Join(file, "below")).want(t, exitFailed, file)

	out := filepath.Join(t.TempDir(), "out")
	write(t, filepath.Join(out, "index.html", "not a file"), "mine")
	before := contents(t, out)
	execute(t, nil, "--demo", "--out", out).want(t, exitFailed, "index.html")
	if diff := cmp.Diff(before, contents(t, out)); diff != "" {
		t.Error(diff)
	}
}

// TestInterrupted ends a run that waits for the API.
func TestInterrupted(t *testing.T) {
	asked := make(chan struct{}, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		<-r.Context().Done()
	}))
	defer server.Close()
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		ctx, cancel := context.WithCancelCause(context.Background())
		go func() {
			<-asked
			cancel(interrupted{signal})
		}()
		out := filepath.Join(t.TempDir(), "out")
		executeWith(t, ctx, tokenSet, nil, "--api-url", server.URL, "--out", out).want(t, 128+int(signal), "as before")
		if _, err := os.Stat(out); !os.IsNotExist(err) {
			t.Error("an interrupted run made a folder")
		}
	}
}

// TestInterruptedReadingTheToken waits for a token from a pipe that nobody writes to.
func TestInterruptedReadingTheToken(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	time.AfterFunc(20*time.Millisecond, func() { cancel(interrupted{syscall.SIGINT}) })
	executeWith(t, ctx, nil, nil, "--token-file", pipe).want(t, 130, "as before")
}

// TestSignals sends real signals to a real process.
func TestSignals(t *testing.T) {
	program := build(t)
	for _, signal := range []os.Signal{syscall.SIGINT, syscall.SIGTERM} {
		asked := make(chan struct{}, 1)
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked <- struct{}{}
			<-r.Context().Done()
		}))
		out := filepath.Join(t.TempDir(), "out")
		command := exec.Command(program, "--api-url", server.URL, "--out", out)
		command.Env = append(os.Environ(), "GPUFLEET_TOKEN=x")
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		<-asked
		start := time.Now()
		command.Process.Signal(signal)
		command.Wait()
		if code := command.ProcessState.ExitCode(); code != 128+int(signal.(syscall.Signal)) || time.Since(start) > 2*time.Second {
			t.Errorf("%v: exit code %d after %v", signal, code, time.Since(start))
		}
		if _, err := os.Stat(out); !os.IsNotExist(err) {
			t.Errorf("%v: the folder is there", signal)
		}
		server.CloseClientConnections()
		server.Close()
	}
}

// built is where the built program is; "" until a test asks for it.
var built string

// build returns the path of the program, which it builds for the first test that asks. It bears no revision, as the program in these tests
// does not.
func build(t testing.TB) string {
	t.Helper()
	if built != "" {
		return built
	}
	dir, err := os.MkdirTemp("", "gpufleet-test")
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "gpufleet")
	if text, err := exec.Command("go", "build", "-buildvcs=false", "-o", program, ".").CombinedOutput(); err != nil {
		os.RemoveAll(dir)
		t.Fatalf("%v: %s", err, text)
	}
	built = program
	return program
}

func TestOutputs(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	execute(t, nil, "--demo", "--out", out).want(t, 0)
	files := contents(t, out)
	for _, path := range []string{"index.html", "404.html", ".nojekyll", "summary.md", "report.html", "fleet.xlsx", "manifest.json", "instances/index.html", "summary/index.html",
		"about/index.html", "data/instances.json", "data/instances.csv", "data/groups.csv", "regions/canada-1/index.html", "regions/canada-1/rtx-a6000/index.html", "models/rtx-a6000/index.html"} {
		if _, ok := files[path]; !ok {
			t.Errorf("%s is missing", path)
		}
	}
	var manifest struct{ Source, Audience string }
	if err := json.Unmarshal([]byte(files["manifest.json"]), &manifest); err != nil || manifest.Source != "demo" || manifest.Audience != "public" {
		t.Errorf("manifest: %+v, %v", manifest, err)
	}
	for path, content := range files {
		if strings.HasSuffix(path, ".html") && !strings.Contains(content, "Sample data") {
			t.Errorf("%s does not say that the data is a sample", path)
		}
	}
}

// TestSameBytes holds that equal input and time give equal bytes. What an earlier run left is input too: two first runs are
// equal, a second run over one of them has a past and differs from it, and a third finds the same past as the second, so it
// touches nothing.
func TestSameBytes(t *testing.T) {
	first, second := filepath.Join(t.TempDir(), "out"), filepath.Join(t.TempDir(), "out")
	execute(t, nil, "--demo", "--out", first).want(t, 0)
	// Another process has another time zone; within one it is settled before the first test.
	command := exec.Command(build(t), "--demo", "--out", second)
	command.Env = append(os.Environ(), "TZ=Asia/Tokyo", "LC_ALL=de_DE.UTF-8", "GOMAXPROCS=1")
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	if diff := cmp.Diff(contents(t, first), contents(t, second)); diff != "" {
		t.Error(diff)
	}
	for _, out := range []string{first, second} {
		execute(t, nil, "--demo", "--out", out).want(t, 0)
	}
	before := contents(t, first)
	if diff := cmp.Diff(before, contents(t, second)); diff != "" {
		t.Error(diff)
	}
	old := time.Unix(1_000_000_000, 0)
	for path := range before {
		if err := os.Chtimes(filepath.Join(first, path), old, old); err != nil {
			t.Fatal(err)
		}
	}
	execute(t, nil, "--demo", "--out", first).want(t, 0)
	if diff := cmp.Diff(before, contents(t, first)); diff != "" {
		t.Error(diff)
	}
	for path := range before {
		// The manifest is written anew while files are placed, so that a killed run leaves a true one.
		if info, err := os.Stat(filepath.Join(first, path)); err != nil || !info.ModTime().Equal(old) && path != "manifest.json" {
			t.Errorf("an unchanged file was touched: %s, %v", path, err)
		}
	}
}

// TestPreviousSite reads the past from a published site that answers, fails, and has nothing yet.
func TestPreviousSite(t *testing.T) {
	dir := t.TempDir()
	reply := write(t, filepath.Join(dir, "reply.json"), oneInstance)
	published := filepath.Join(dir, "published")
	execute(t, map[string]string{"SOURCE_DATE_EPOCH": "1795000000"}, "--input", reply, "--out", published).want(t, 0)
	site := httptest.NewServer(http.FileServer(http.Dir(published)))
	defer site.Close()
	out := filepath.Join(dir, "out")
	got := execute(t, tokenSet, "--input", reply, "--out", out, "--previous", site.URL)
	got.want(t, 0)
	if files := contents(t, out); got.stderr != "" || !strings.Contains(files["data/changes.json"], `"from":"2026-11-18T11:06:40Z"`) || files["data/snapshots/2026-11-18.json.gz"] == "" {
		t.Errorf("the past is not carried on: %s, %s", got.stderr, files["data/changes.json"])
	}
	before := contents(t, out)
	execute(t, nil, "--input", reply, "--out", out, "--previous", serve(t, 403, "")).want(t, exitAPI, "403 from GET")
	execute(t, nil, "--input", reply, "--out", out, "--previous", serve(t, 200, "<html>")).want(t, exitAPI, "manifest.json can't be used")
	if diff := cmp.Diff(before, contents(t, out)); diff != "" {
		t.Errorf("a failed run changed the folder: %s", diff)
	}
	execute(t, nil, "--input", reply, "--out", out, "--previous", serve(t, 404, "")).want(t, 0, "this counts as the first run")
	if text := contents(t, out)["data/changes.json"]; text != `{"schema":1,"since_last_run":null,"since_last_week":null}`+"\n" {
		t.Error(text)
	}
}

// TestBaseURL holds that links are absolute where it is known where the site will stand, in whatever form that was given.
func TestBaseURL(t *testing.T) {
	for given, base := range map[string]string{"https://example.org/fleet/": "https://example.org/fleet", "https://example.org//./fleet x/": "https://example.org/fleet%20x", "http://localhost:8080": "http://localhost:8080"} {
		out := filepath.Join(t.TempDir(), "out")
		execute(t, nil, "--demo", "--out", out, "--base-url", given).want(t, 0)
		files := contents(t, out)
		for _, want := range []struct{ path, text string }{
			{"feed.xml", `rel="self" type="application/atom+xml" href="` + base + `/feed.xml"`},
			{"feed.xml", `rel="alternate" type="text/html" href="` + base + `/changes/index.html"`},
			{"sitemap.xml", "<loc>" + base + "/instances/index.html</loc>"},
			{"about/index.html", `<link rel="canonical" href="` + base + `/about/index.html">`},
		} {
			if !strings.Contains(files[want.path], want.text) {
				t.Errorf("%s: %s does not have %s", given, want.path, want.text)
			}
		}
	}
}

func TestStandardInput(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	executeWith(t, context.Background(), nil, strings.NewReader(oneInstance), "--input", "-", "--out", out).want(t, 0)
	if !strings.Contains(contents(t, out)["data/instances.json"], `"price_per_hour":"0.679","price_source":"list"`) {
		t.Error("the instance is not there")
	}
}

func TestTalk(t *testing.T) {
	odd := write(t, filepath.Join(t.TempDir(), "odd.json"), `{"data": [{"gpu_count": true}], "status": "success"}`)
	for args, want := range map[string]struct{ stdout, stderr bool }{"": {true, true}, "--quiet": {false, false}, "--verbose": {true, true}} {
		all := []string{"--input", odd, "--out", filepath.Join(t.TempDir(), "out")}
		if args != "" {
			all = append(all, args)
		}
		got := execute(t, nil, all...)
		got.want(t, 0)
		if (got.stdout != "") != want.stdout || (got.stderr != "") != want.stderr {
			t.Errorf("%s: %q, %q", args, got.stdout, got.stderr)
		}
		if want.stderr && !strings.Contains(got.stderr, "gpufleet: warning: row 1: gpu_count is a boolean, taken as unknown\n") {
			t.Errorf("%s: %q", args, got.stderr)
		}
		if strings.Contains(got.stderr, "\x1b") || strings.Contains(got.stderr, "\r") {
			t.Errorf("control characters without a terminal: %q", got.stderr)
		}
	}
}

// TestProgress runs the program on a terminal, which script makes, and away from one.
func TestProgress(t *testing.T) {
	const checks = "progress on a terminal"
	e2e.Need(t, "script", checks)
	if runtime.GOOS != "linux" {
		e2e.LeaveOut(t, checks, "script as Linux has it")
	}
	page := func(first, last int) string {
		var rows []string
		for id := first; id <= last; id++ {
			rows = append(rows, fmt.Sprintf(`{"id": %d}`, id))
		}
		return fmt.Sprintf(`{"data": [%s], "total_instance": 3, "status": "success"}`, strings.Join(rows, ","))
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery == "" {
			io.WriteString(w, page(1, 2))
			return
		}
		io.WriteString(w, page(3, 3))
	}))
	defer server.Close()
	arguments := " --api-url " + server.URL + " --out " + filepath.Join(t.TempDir(), "out")
	command := exec.Command("script", "-qec", build(t)+arguments, "/dev/null")
	command.Env = append(os.Environ(), "GPUFLEET_TOKEN=x")
	terminal, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, terminal)
	}
	for _, part := range []string{"page 1, 2 instances", "page 2, 3 instances"} {
		if !strings.Contains(string(terminal), part) {
			t.Errorf("the terminal does not show %q: %q", part, terminal)
		}
	}
	got := execute(t, tokenSet, strings.Fields(arguments)...)
	got.want(t, 0)
	if strings.Contains(got.stderr, "page 1") {
		t.Errorf("progress without a terminal: %q", got.stderr)
	}
}

func TestHelpAndVersion(t *testing.T) {
	got := execute(t, nil, "--help")
	got.want(t, 0)
	at := 0
	for _, group := range []string{"\nsource\n", "\noutput\n", "\nprivacy\n", "\ncost\n", "\nchange\n", "\nchecks\n", "\nnetwork\n", "\ntalk\n"} {
		next := strings.Index(got.stdout[at:], group)
		if next < 0 {
			t.Fatalf("%q is missing or out of order in: %s", group, got.stdout)
		}
		at += next
	}
	got = execute(t, nil, "--version")
	got.want(t, 0)
	if !strings.HasPrefix(got.stdout, "gpufleet ") || !strings.Contains(got.stdout, "commit ") || !strings.Contains(got.stdout, "go1.") {
		t.Error(got.stdout)
	}
}

// TestPanic has the program panic with a value that must not be shown.
func TestPanic(t *testing.T) {
	var stderr bytes.Buffer
	code := run(context.Background(), []string{"gpufleet", "--version"}, nil, panicking{}, &stderr)
	if code != exitFailed || !strings.HasPrefix(stderr.String(), "gpufleet: internal error (string)") || strings.Contains(stderr.String(), "SECRET") {
		t.Error(code, stderr.String())
	}
	// Nor does the trace of a run that has read secrets show any.
	reply := write(t, filepath.Join(t.TempDir(), "reply.json"), strings.Replace(oneInstance, `"id": 1`, `"id": 1, "vm_password": "SECRET", "user": "SECRET"`, 1))
	t.Setenv("GPUFLEET_TOKEN", "SECRET")
	stderr.Reset()
	code = run(context.Background(), []string{"gpufleet", "--input", reply, "--out", filepath.Join(t.TempDir(), "out")}, nil, panicking{}, &stderr)
	if code != exitFailed || !strings.Contains(stderr.String(), "goroutine") || strings.Contains(stderr.String(), "SECRET") {
		t.Error(code, stderr.String())
	}
	for _, value := range []any{"SECRET", fmt.Errorf("SECRET"), struct{ s string }{"SECRET"}} {
		if text := panicText(value); strings.Contains(text, "SECRET") {
			t.Errorf("%T: %s", value, text)
		}
	}
}

type panicking struct{}

func (panicking) Write([]byte) (int, error) { panic("SECRET") }

// TestNothingLeaks puts canaries wherever a reply holds what is none of ours and looks for them in every byte that comes out,
// through every way that a run can end, at every verbosity.
func TestNothingLeaks(t *testing.T) {
	const token = "CANARYTOKEN77"
	secrets := `"vm_name": "CANARY01", "vm_password": "CANARY02", "password": {"CANARY03": ["CANARY04", 1]}, "user_name": "CANARY05", "user": {"id": "CANARY06", "name": "CANARY07", "email": "CANARY08@example.org"},
		"team": "CANARY09", "dc_id": "CANARY10", "VM_PASSWORD": "CANARY11", "Host_Name": "CANARY12", "username": "CANARY13", "CANARY14": "CANARY15"`
	row := `{"id": 1, "region": "CANADA-1", "gpu": "RTX-A6000", "gpu_count": 1, "price_per_hour": 1, "status": "Running", "public_ipv4": "198.51.100.77", ` + secrets + `}`
	broken := `{"id": ["CANARY21"], "gpu_count": "CANARY22", "ram": {"CANARY23": 1}, "price_per_hour": "CANARY24", "created_at": "CANARY25", "cpu_cores": true, ` + secrets + `}`
	bodies := map[string]string{
		"good":       `{"data": [` + row + `], "total_instance": 1, "message": "CANARY31", "status": "success", "CANARY32": "CANARY33"}`,
		"broken":     `{"data": [` + broken + `], "total_instance": 1, "message": "CANARY31", "status": "success"}`,
		"incomplete": `{"data": [` + row + `], "total_instance": 2, "message": "CANARY31", "status": "success"}`,
		"failed":     `{"data": [` + row + `], "message": "CANARY31 token expired CANARY34", "status": "CANARY35"}`,
		"not JSON":   `{"data": [` + row + `], CANARY36`,
		"a string":   `"CANARY37"`,
	}
	for name, body := range bodies {
		for _, code := range []int{200, 401, 500} {
			for _, verbosity := range []string{"--quiet", "--verbose"} {
				if code == 500 && (name != "good" || verbosity == "--quiet") {
					continue // it is retried, which takes seconds
				}
				out := filepath.Join(t.TempDir(), "out")
				got := execute(t, map[string]string{"GPUFLEET_TOKEN": token}, "--api-url", serve(t, code, body), "--out", out, verbosity)
				said := map[string]string{"standard output": got.stdout, "standard error": got.stderr}
				if got.code == exitWritten {
					maps.Copy(said, everything(t, out))
				}
				for place, text := range said {
					if at := strings.Index(strings.ToUpper(text), "CANARY"); at >= 0 {
						t.Errorf("%s, %d, %s: %s holds %q", name, code, verbosity, place, text[at:min(len(text), at+20)])
					}
					if strings.Contains(text, "198.51.100.77") {
						t.Errorf("%s, %d, %s: %s holds an address", name, code, verbosity, place)
					}
					if strings.HasPrefix(place, "standard") {
						continue
					}
					if strings.Contains(text, "127.0.0.1") || strings.Contains(text, out) {
						t.Errorf("%s: %s holds the API's address or a path of this machine", name, place)
					}
				}
			}
		}
	}
}

func gunzip(t *testing.T, content string) string {
	t.Helper()
	reader, err := gzip.NewReader(strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// unzip returns the parts of a workbook.
func unzip(t *testing.T, content string) map[string]string {
	t.Helper()
	archive, err := zip.NewReader(strings.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]string{}
	for _, file := range archive.File {
		reader, err := file.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(reader)
		if err != nil {
			t.Fatal(err)
		}
		parts[file.Name] = string(text)
	}
	return parts
}

// TestAudience sees to it that addresses are in the internal report alone.
func TestAudience(t *testing.T) {
	for audience, want := range map[string]bool{"public": false, "internal": true} {
		out := filepath.Join(t.TempDir(), "out")
		execute(t, nil, "--demo", "--audience", audience, "--out", out).want(t, 0)
		files := contents(t, out)
		found := false
		for _, text := range append([]string{files["data/instances.json"], files["data/instances.csv"]}, unzip(t, files["fleet.xlsx"])["xl/worksheets/sheet2.xml"]) {
			found = found || strings.Contains(text, "203.0.113.")
		}
		if found != want {
			t.Errorf("%s: addresses are there: %v", audience, found)
		}
	}
}

// TestNotes finds the author's own words where they belong and nowhere else: as written in the summary, as safe HTML on
// the pages. What the pages leave out is a warning.
func TestNotes(t *testing.T) {
	dir := t.TempDir()
	const written = "# NOTED\r\n\n<b>bold</b> [a](javascript:alert(1)) ![p](p.png)\t\n\n" +
		"> [!WARNING]\n> a\n\n<!-- not closed"
	notes := write(t, filepath.Join(dir, "notes.md"), "---\nSECRET: a\n---\n"+written)
	out := filepath.Join(dir, "out")
	env := map[string]string{"GPUFLEET_NOTES": notes}
	run := execute(t, env, "--demo", "--out", out, "--base-url", "https://fleet.example/x")
	run.want(t, 0)
	page := "<h2>NOTED</h2>\n<p>bold a <a href=\"ROOTp.png\">p</a></p>\n<div class=\"alert alert-warning\">"
	for name, text := range everything(t, out) {
		want := map[string]string{
			"summary.md":         ".\n\n" + written + "\n-->\n\n| Figure",
			"index.html":         strings.Replace(page, "ROOT", "", 1),
			"summary/index.html": strings.Replace(page, "ROOT", "../", 1),
			"report.html":        strings.Replace(page, "ROOT", "https://fleet.example/x/", 1),
		}[name]
		found := strings.Contains(text, "NOTED")
		if found != (want != "") || !strings.Contains(text, want) || strings.Contains(text, "SECRET") {
			t.Errorf("%s: the notes are there: %v, and should be: %q", name, found, want)
		}
	}
	for _, want := range []string{
		"gpufleet: warning: " + notes + " line 11: a comment is left out of the pages\n",
		"gpufleet: warning: " + notes + " line 6: a link is left out of the pages",
		"gpufleet: warning: " + notes + " line 6: raw HTML is left out of the pages\n",
	} {
		if !strings.Contains(run.stderr, want) {
			t.Errorf("no %q in %q", want, run.stderr)
		}
	}
	run = execute(t, env, "--demo", "--out", out, "--fail-on", "warnings")
	run.want(t, 5, "check warnings: 3 given")
}

// TestPrivateOut writes what is internal apart from what is public, and nothing where the run fails or the two would mix.
func TestPrivateOut(t *testing.T) {
	dir := t.TempDir()
	out, private := filepath.Join(dir, "out"), filepath.Join(dir, "private")
	execute(t, map[string]string{"GPUFLEET_PRIVATE_OUT": private}, "--demo", "--hide", "host_name", "--out", out).want(t, 0)
	kept := everything(t, private)
	for name, text := range everything(t, out) {
		if strings.Contains(text, "203.0.113.") {
			t.Errorf("%s is public and holds an address", name)
		}
	}
	for _, name := range []string{"instances.csv", "fleet.xlsx/xl/worksheets/sheet2.xml"} {
		if !strings.Contains(kept[name], "203.0.113.") || strings.Contains(kept[name], "host_name") {
			t.Errorf("%s has no address, or a column that is hidden", name)
		}
	}
	for name := range contents(t, private) {
		if !slices.Contains([]string{"instances.csv", "fleet.xlsx", "manifest.json"}, name) {
			t.Errorf("%s is in the private folder", name)
		}
	}

	closed := httptest.NewServer(nil)
	closed.Close()
	fetching := []string{"--api-url", closed.URL, "--timeout", "20s", "--out"}
	execute(t, tokenSet, append(fetching, filepath.Join(dir, "new"), "--private-out", filepath.Join(dir, "fresh", "er"))...).want(t, exitAPI)
	before := contents(t, dir)
	for _, mixed := range []string{out, filepath.Join(out, "data"), filepath.Join(out, "new", "er"), dir} {
		execute(t, tokenSet, append(fetching, out, "--private-out", mixed)...).want(t, exitUsage, "--private-out is inside --out")
	}
	if err := os.Chmod(private, 0o755); err != nil {
		t.Fatal(err)
	}
	execute(t, tokenSet, append(fetching, out, "--private-out", private)...).want(t, exitUsage, private+": others may use this folder")
	execute(t, tokenSet, append(fetching, out, "--private-out", "")...).want(t, exitUsage, "--private-out needs a value")
	if diff := cmp.Diff(before, contents(t, dir)); diff != "" {
		t.Error(diff)
	}
	if _, err := os.Stat(filepath.Join(dir, "fresh")); !os.IsNotExist(err) {
		t.Error("a failed run made a folder")
	}

	// What can't be placed in the one changes nothing in the other, and no sample takes the place of what is real.
	taken := filepath.Join(dir, "taken")
	write(t, filepath.Join(taken, "index.html", "not a file"), "mine")
	fresh := filepath.Join(dir, "fresh")
	execute(t, nil, "--demo", "--out", taken, "--private-out", fresh).want(t, exitFailed, "index.html")
	if _, err := os.Stat(fresh); !os.IsNotExist(err) {
		t.Error("the private folder was written though the other could not be")
	}
	execute(t, nil, "--input", filepath.Join("fetch", "testdata", "reply-2025.json"), "--out", filepath.Join(dir, "real"), "--private-out", fresh).want(t, 0)
	execute(t, nil, "--demo", "--out", filepath.Join(dir, "sample"), "--private-out", fresh).want(t, exitUsage, fresh+" holds a real report")
}

// TestPrivacy looks in every byte of every output for what must not be there, with every setting that could bring it in.
func TestPrivacy(t *testing.T) {
	const row = `{"id": "ID-7531", "region": "CANADA-1", "host_name": "HOST-7531", "public_ipv4": "198.51.100.77", "os": "OS-7531", "gpu": "RTX-A6000", "gpu_count": 1, "price_per_hour": 1, "status": "Running"}`
	address := serve(t, 200, `{"data": [`+row+`], "total_instance": 1, "status": "success"}`)
	machine, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"GPUFLEET_TOKEN": "TOKEN-7531", "GPUFLEET_PSEUDONYM_KEY": "KEY-7531"}
	for _, name := range []string{"HOSTNAME", "COMPUTERNAME", "USER", "USERNAME", "LOGNAME", "HOME"} { // where a program learns whose machine it is on
		env[name] = "MACHINE-7531"
	}
	hidden := []string{"ID-7531", "HOST-7531", "OS-7531"}
	for _, test := range []struct {
		audience, hide string
		shown, absent  []string // besides what is never there
	}{
		{"public", "", hidden, []string{"198.51.100.77"}},
		{"public", "id,host_name,os", nil, append(hidden, "198.51.100.77")},
		{"internal", "", append(hidden, "198.51.100.77"), nil},
		{"internal", "id,host_name,os", []string{"198.51.100.77"}, hidden},
	} {
		dir := t.TempDir()
		out, private := filepath.Join(dir, "out"), filepath.Join(dir, "private")
		args := []string{"--api-url", address, "--out", out, "--private-out", private, "--audience", test.audience, "--base-url", "https://example.org/fleet",
			"--notes", write(t, filepath.Join(dir, "notes.md"), "ours"), "--prices", write(t, filepath.Join(dir, "prices.csv"), priceHeader+"*,*,,,2\n"), "--token-file", write(t, filepath.Join(dir, "token"), "TOKEN-7531")}
		if test.hide != "" {
			args = append(args, "--hide", test.hide)
		}
		for _, epoch := range []string{"1795000000", moment} { // the second run has changes and a feed
			env["SOURCE_DATE_EPOCH"] = epoch
			execute(t, env, args...).want(t, 0)
		}
		files := everything(t, out)
		files["manifest.json"] = contents(t, out)["manifest.json"]
		all := strings.Join(slices.Collect(maps.Values(files)), "\n")
		for _, text := range test.shown {
			if !strings.Contains(all, text) {
				t.Errorf("%s, hiding %q: %s is nowhere", test.audience, test.hide, text)
			}
		}
		for name, content := range everything(t, private) {
			files["private "+name] = strings.ReplaceAll(content, "198.51.100.77", "") // which it is for
		}
		never := append([]string{"TOKEN-7531", "KEY-7531", "MACHINE-7531", "127.0.0.1", strings.TrimPrefix(address, "http://"), dir}, test.absent...)
		if len(machine) > 5 { // a shorter one is part of many words, and .ci/lint sees that nothing asks for it
			never = append(never, machine)
		}
		for name, content := range files {
			for _, text := range never {
				if strings.Contains(content, text) {
					t.Errorf("%s, hiding %q: %s holds %s", test.audience, test.hide, name, text)
				}
			}
			if mark := "Internal"; strings.HasSuffix(name, ".html") && strings.Contains(content, mark+"</strong>") != (test.audience == "internal") {
				t.Errorf("%s: %s is marked wrongly", test.audience, name)
			}
		}
	}
}

// TestHide looks for the values of hidden fields in every byte of every output.
func TestHide(t *testing.T) {
	const row = `{"data": [{"id": "ID-7531", "region": "CANADA-1", "host_name": "HOST-7531", "os": "OS-7531", "created_at": 1751620391, "product_type": "TYPE-7531", "ephemeral": 7531, "disk_size": 97531,
		"gpu": "RTX-A6000", "gpu_count": 1, "price_per_hour": 1, "status": "Running"}], "total_instance": 1, "status": "success"}`
	reply := write(t, filepath.Join(t.TempDir(), "reply.json"), row)
	marks := map[string][]string{"id": {"ID-7531"}, "host_name": {"HOST-7531", "host_name"}, "os": {"OS-7531"}, "created_at": {"2025-07-04", "45842", "created_at"},
		"product_type": {"TYPE-7531", "product_type"}, "ephemeral": {"Ephemeral"}, "disk_size": {"97531", "97,531", "disk_size_known", "Disk (GB)"}}
	key := map[string]string{"GPUFLEET_PSEUDONYM_KEY": "a key"}
	open := filepath.Join(t.TempDir(), "open")
	execute(t, key, "--input", reply, "--out", open).want(t, 0)
	shown := strings.Join(slices.Collect(maps.Values(everything(t, open))), "\n")
	for field, values := range marks {
		out := filepath.Join(t.TempDir(), "out")
		execute(t, key, "--input", reply, "--out", out, "--hide", field).want(t, 0)
		files := everything(t, out)
		for _, value := range values {
			if !strings.Contains(shown, value) {
				t.Errorf("%s: %q is not even there when it is shown", field, value)
			}
			for path, text := range files {
				if strings.HasPrefix(path, "static/") { // the same for every report
					continue
				}
				// The pages say by name what is left out by choice, and the history what it was made without.
				text = strings.NewReplacer("The field "+field+" is left out", "", `"hidden":["`+field+`"]`, "", `"hidden": ["`+field+`"]`, "").Replace(text)
				if strings.Contains(text, value) {
					t.Errorf("%s is hidden, yet %s holds %q", field, path, value)
				}
			}
		}
	}
	for args, says := range map[string]string{"region": "not \"region\"", "id,,os": "not \"\"", "host_name,vm_password": "not \"vm_password\""} {
		execute(t, key, "--demo", "--hide", args).want(t, exitUsage, says)
	}
	execute(t, nil, "--demo", "--hide", " id , os ").want(t, exitUsage, "GPUFLEET_PSEUDONYM_KEY")
}

// everything returns every file below dir, unpacked, and every part of the workbook.
func everything(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := contents(t, dir)
	for part, text := range unzip(t, files["fleet.xlsx"]) {
		files["fleet.xlsx/"+part] = text
	}
	for path, content := range files {
		if strings.HasSuffix(path, ".gz") {
			files[path] = gunzip(t, content)
		}
	}
	delete(files, "manifest.json") // it holds hashes, whose digits are chance
	return files
}

// TestGolden compares the main outputs of both known replies, and the demo's workbook, with what they were. A person has read what is there.
func TestGolden(t *testing.T) {
	for name, paths := range map[string][]string{
		"reply-2024-11": {"index.html", "summary.md", "fleet.txt", "data/instances.json"},
		"reply-2025":    {"index.html", "summary.md", "fleet.txt", "data/instances.json"},
		"demo":          {"fleet.txt"},
	} {
		out := filepath.Join(t.TempDir(), "out")
		source := []string{"--input", filepath.Join("fetch", "testdata", name+".json")}
		if name == "demo" {
			source = []string{"--demo", "--budget", "150000"}
		}
		execute(t, nil, append(source, "--out", out)...).want(t, 0)
		files := contents(t, out)
		files["fleet.txt"] = workbookText(t, files["fleet.xlsx"])
		for _, path := range paths {
			golden := filepath.Join("render", "testdata", name, filepath.Base(path))
			if *update {
				write(t, golden, files[path])
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), files[path]); diff != "" {
				t.Errorf("%s %s: %s", name, path, diff)
			}
		}
	}
}

// workbookText writes a workbook down, a line a cell: its place, its type as the file has it, its value, and how
// Excel shows that where it shows something else.
func workbookText(t *testing.T, content string) string {
	t.Helper()
	book, err := excelize.OpenReader(strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	types := map[excelize.CellType]string{excelize.CellTypeUnset: "number", excelize.CellTypeNumber: "number", excelize.CellTypeInlineString: "text",
		excelize.CellTypeSharedString: "text", excelize.CellTypeFormula: "formula", excelize.CellTypeBool: "boolean", excelize.CellTypeDate: "date"}
	var b strings.Builder
	for _, sheet := range book.GetSheetList() {
		fmt.Fprintf(&b, "== %s\n", sheet)
		rows, err := book.GetRows(sheet, excelize.Options{RawCellValue: true})
		if err != nil {
			t.Fatal(err)
		}
		for r, row := range rows {
			for c, value := range row {
				cell, _ := excelize.CoordinatesToCellName(c+1, r+1)
				shown, _ := book.GetCellValue(sheet, cell)
				kind, _ := book.GetCellType(sheet, cell)
				formula, _ := book.GetCellFormula(sheet, cell)
				if value == "" && formula == "" {
					continue
				}
				fmt.Fprintf(&b, "%s %s %s", cell, types[kind], value)
				if formula != "" {
					fmt.Fprintf(&b, " =%s", formula)
				}
				if shown != value {
					fmt.Fprintf(&b, " shown as %s", shown)
				}
				b.WriteString("\n")
			}
		}
	}
	return b.String()
}

// TestReadme runs every command of the README, in its order, in a fresh copy of the project. The two that would run these
// tests again, and the one that takes minutes, are only looked up.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	var script strings.Builder
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(readme), -1) {
		for _, line := range strings.SplitAfter(block[1], "\n") {
			if line == "make test\n" || line == "make cover\n" || line == "make bench\n" {
				line = strings.Replace(line, "make ", "make -n ", 1)
			}
			script.WriteString(line)
		}
	}
	dir := clone(t)
	half := func(total int, id int) string {
		return fmt.Sprintf(`{"data": [{"id": %d, "host_name": "h%d", "status": "Running"}], "total_instance": %d, "status": "success"}`, id, id, total)
	}
	for name, content := range map[string]string{"key.txt": "ak_1\n", "reply.json": oneInstance, "page-1.json": half(2, 1), "page-2.json": half(2, 2),
		"prices.csv": readmePrices(t, string(readme))} {
		write(t, filepath.Join(dir, "..", name), content)
	}
	command := exec.Command("bash", "-euxo", "pipefail", "-c", script.String())
	command.Dir = dir
	command.Env = append(os.Environ(), "GPUFLEET_API_URL="+serve(t, 200, oneInstance), "GOFLAGS=", "MAKEFLAGS=")
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	for _, path := range []string{"out/index.html", "../site/fleet.xlsx", "../internal-site/summary.md", "../sample/manifest.json", "../priced/data/groups.csv", "../checked/data/groups.csv"} {
		if _, err := os.Stat(filepath.Join(dir, path)); err != nil {
			t.Error(err)
		}
	}
}

// readmePrices returns the README's example of a price file.
func readmePrices(t *testing.T, readme string) string {
	t.Helper()
	example := regexp.MustCompile("(?s)```csv\n(.*?)```").FindStringSubmatch(readme)
	if example == nil {
		t.Fatal("the README has no example of a price file")
	}
	return example[1]
}

// clone copies the project as it stands, without what git ignores, into a repository of its own.
func clone(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "gpufleet")
	list, err := exec.Command("git", "ls-files", "-co", "--exclude-standard").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range strings.Fields(string(list)) {
		content, err := os.ReadFile(path)
		if os.IsNotExist(err) {
			continue // deleted and not yet committed
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, path), string(content))
		if err := os.Chmod(filepath.Join(dir, path), info.Mode()); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"init", "-q"}, {"add", "-A"}, {"-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-qm", "x"}} {
		command := exec.Command("git", args...)
		command.Dir = dir
		if output, err := command.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v: %s", args, err, output)
		}
	}
	return dir
}

// TestReadmeTables holds the README's flags and exit codes against the program's.
func TestReadmeTables(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	readme := string(text)
	flags := map[string]bool{}
	for _, group := range console.Groups {
		for _, flag := range group.Flags {
			flags[flag.Names()[0]] = true
			if !strings.Contains(readme, "`--"+flag.Names()[0]) {
				t.Errorf("the README does not know --%s", flag.Names()[0])
			}
			if f, ok := flag.(*cli.StringFlag); ok && f.Value != "" && !strings.Contains(readme, "` | `"+f.Value+"` |") {
				t.Errorf("the README has another default for --%s than %s", f.Name, f.Value)
			}
		}
	}
	for _, match := range regexp.MustCompile("`--([a-z-]+)").FindAllStringSubmatch(readme, -1) {
		if !flags[match[1]] {
			t.Errorf("the README tells of --%s, which is no flag", match[1])
		}
	}
	for _, code := range []int{exitWritten, exitFailed, exitUsage, exitAPI, exitIncomplete, exitCheck} {
		if !strings.Contains(readme, fmt.Sprintf("\n| %d | ", code)) {
			t.Errorf("the README does not know exit code %d", code)
		}
	}
}

// TestPriceFile follows a contract price into every output. The second instance has a price of the list's own alone.
func TestPriceFile(t *testing.T) {
	dir := t.TempDir()
	reply := write(t, filepath.Join(dir, "reply.json"), `{"data": [
		{"id": 1, "region": "A", "gpu": "H100", "gpu_count": 8, "price_per_hour": 20, "status": "Running"},
		{"id": 2, "region": "A", "gpu": "L40S", "gpu_count": 2, "price_per_hour": 2.298, "status": "Running"},
		{"id": 3, "region": "A", "gpu": "RTX", "gpu_count": 1, "status": "Running"}], "total_instance": 3, "status": "success"}`)
	prices := write(t, filepath.Join(dir, "prices.csv"), priceHeader+"*,H100,,,1.655\n*,H1O0,,,1.7\n")
	out := filepath.Join(dir, "out")
	execute(t, nil, "--input", reply, "--prices", prices, "--out", out).want(t, 0, "gpufleet: price file: the row of line 3 prices no instance\n")
	if o := execute(t, nil, "--input", reply, "--prices", prices, "--out", out, "--quiet"); o.stderr != "" {
		t.Errorf("a quiet run says %q", o.stderr)
	}
	files := contents(t, out)
	for path, parts := range map[string][]string{
		"data/instances.json":  {`"price_per_hour":"13.24","price_source":"file"`, `"price_per_hour":"2.298","price_source":"list"`, `"price_per_hour":null,"price_source":null`},
		"data/instances.csv":   {",13.24,file,", ",2.298,list,"},
		"summary.md":           {"| Running, per hour | ≥ $15.538/h · 2 of 3 priced |"},
		"index.html":           {"≥ $15.538", "2 of 3 priced"},
		"instances/index.html": {"$13.24", "file"},
	} {
		for _, part := range parts {
			if !strings.Contains(files[path], part) {
				t.Errorf("%s does not say %s", path, part)
			}
		}
	}
	if sheet := unzip(t, files["fleet.xlsx"])["xl/worksheets/sheet2.xml"]; !strings.Contains(sheet, "<v>13.24</v>") || !strings.Contains(sheet, ">file<") {
		t.Error("the workbook does not have the price and its source")
	}
	for path, content := range files {
		if strings.Contains(content, "prices.csv") {
			t.Errorf("%s holds the price file's name", path)
		}
	}
}

// serveBoth answers for the instances with one body and for the products with another.
func serveBoth(t *testing.T, instances string, code int, products string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/computing/products") {
			w.WriteHeader(code)
			io.WriteString(w, products)
			return
		}
		io.WriteString(w, instances)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

const unpricedInstances = `{"data": [{"id": 1, "region": "A", "gpu": "H100", "gpu_count": 8, "status": "Running"}, {"id": 2, "region": "A", "gpu": "RTX", "gpu_count": 1, "status": "Running"},
	{"id": 3, "region": "A", "gpu": "L40S", "gpu_count": 1, "price_per_hour": 1, "status": "Running"}], "total_instance": 3, "status": "success"}`

// TestProducts prices by all three sources.
func TestProducts(t *testing.T) {
	dir := t.TempDir()
	prices := write(t, filepath.Join(dir, "prices.csv"), priceHeader+"*,RTX,,,0.5\n")
	url := serveBoth(t, unpricedInstances, 200, `{"data": {"A": {"X": [{"region": "A", "gpu": "H100", "gpu_count": 1, "price_per_hour": 2.5}, {"region": "A", "gpu": "L40S", "gpu_count": 1, "price_per_hour": 9}]}}, "status": "success"}`)
	out := filepath.Join(dir, "out")
	execute(t, tokenSet, "--api-url", url, "--prices", "api", "--prices", prices, "--out", out).want(t, 0)
	list := contents(t, out)["data/instances.json"]
	for _, part := range []string{`"price_per_hour":"20","price_source":"products, scaled"`, `"price_per_hour":"0.5","price_source":"file"`, `"price_per_hour":"1","price_source":"list"`} {
		if !strings.Contains(list, part) {
			t.Errorf("no %s in %s", part, list)
		}
	}
}

// TestProductsFail has the product list fail in every way: a warning, unknown prices, exit 0, and nothing of the reply anywhere.
func TestProductsFail(t *testing.T) {
	for name, test := range map[string]struct {
		code int
		body string
	}{
		"not found": {404, "CANARY"}, "refused": {401, `{"message": "token CANARY"}`}, "redirect": {302, ""}, "not JSON": {200, "CANARY"},
		"failed":       {200, `{"data": null, "status": "failed", "message": "CANARY"}`},
		"other shape":  {200, `{"data": [{"gpu": "CANARY"}], "status": "success"}`},
		"not readable": {200, `{"data": {"CANARY": {"CANARY": [{"gpu": "CANARY", "gpu_count": "CANARY", "price_per_hour": "CANARY", "vm_password": "CANARY"}]}}, "status": "success", "message": "CANARY"}`},
	} {
		out := filepath.Join(t.TempDir(), "out")
		got := execute(t, tokenSet, "--api-url", serveBoth(t, unpricedInstances, test.code, test.body), "--prices", "api", "--out", out, "--verbose")
		got.want(t, 0, "gpufleet: warning: ")
		files := contents(t, out)
		if name != "not readable" && !strings.Contains(files["summary.md"], "the product list could not be read: prices that it alone has are unknown") {
			t.Errorf("%s: no warning in %s", name, files["summary.md"])
		}
		if name != "not readable" && (strings.Count(got.stderr, "warning: ") != 1 || !strings.Contains(got.stderr, "\ngpufleet: product list: ")) {
			t.Errorf("%s: not one warning and what happened: %s", name, got.stderr)
		}
		if !strings.Contains(files["summary.md"], "1 of 3 priced") || strings.Contains(got.stderr+got.stdout, "CANARY") {
			t.Errorf("%s: %s", name, got.stderr)
		}
		for path, text := range files {
			if strings.Contains(text, "CANARY") || strings.Contains(text, "127.0.0.1") {
				t.Errorf("%s: %s holds what it must not", name, path)
			}
		}
	}
}

// TestProductsInterrupted ends a run that waits for the product list: that is no warning.
func TestProductsInterrupted(t *testing.T) {
	asked := make(chan struct{}, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/computing/instances") {
			io.WriteString(w, unpricedInstances)
			return
		}
		asked <- struct{}{}
		<-r.Context().Done()
	}))
	defer server.Close()
	ctx, cancel := context.WithCancelCause(context.Background())
	go func() {
		<-asked
		cancel(interrupted{syscall.SIGINT})
	}()
	out := filepath.Join(t.TempDir(), "out")
	got := executeWith(t, ctx, tokenSet, nil, "--api-url", server.URL, "--prices", "api", "--out", out)
	got.want(t, 130, "as before")
	if strings.Contains(got.stderr, "warning") {
		t.Errorf("an interrupt is called a failure of the product list: %s", got.stderr)
	}
	if _, err := os.Stat(out); !os.IsNotExist(err) {
		t.Error("an interrupted run made a folder")
	}
}

// twoRegions is a fleet whose figures are worked by hand: H100 at 20/8 = 2.5 in A and 5.5/2 = 2.75 in B, 25.5/10 = 2.55 over both, of a listed total of 26.
const twoRegions = `{"data": [{"id": 1, "region": "A", "gpu": "H100", "gpu_count": 8, "price_per_hour": 20, "status": "Running"}, {"id": 2, "region": "B", "gpu": "H100", "gpu_count": 2, "price_per_hour": 5.5, "status": "Stopped"},
	{"id": 3, "region": "B", "gpu": "L40S", "gpu_count": 1, "price_per_hour": 0.5, "status": "Running"}], "total_instance": 3, "status": "success"}`

// TestRatesEverywhere looks for the cost of a GPU-hour, the shares and the cheapest and dearest region in every output.
func TestRatesEverywhere(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	executeWith(t, context.Background(), nil, strings.NewReader(twoRegions), "--input", "-", "--out", out).want(t, 0)
	files := contents(t, out)
	for path, parts := range map[string][]string{
		"summary.md": {"| H100 | 2 | $25.50/h | $2.55 | 98.08% | A | $2.50 | B | $2.75 |", "| A | 1 | $20.00/h | $20.00/h | $2.50 | 76.92% |",
			"| B | H100 | 1 | 2 | $0.00/h | $5.50/h | $4,015.00/month | $2.75 | 21.15% |"},
		"index.html":                {"76.92%", "98.08%", "$2.55"},
		"regions/b/index.html":      {"21.15%", "$2.75"},
		"regions/b/h100/index.html": {"<dt>Listed per GPU-hour</dt><dd>$2.75</dd>", "<dt>Share of listed</dt><dd>21.15%</dd>"},
		"models/h100/index.html":    {"Cheapest region", "<bdi>A</bdi></a>, $2.50 per GPU-hour", "Dearest region", "<bdi>B</bdi></a>, $2.75 per GPU-hour"},
		"data/groups.csv":           {"listed_per_gpu_hour,share_of_listed\n", ",2.75,21.15\n"},
		"about/index.html":          {"listed_per_gpu_hour", "Rounded half up to 4 decimals"},
	} {
		for _, part := range parts {
			if !strings.Contains(files[path], part) {
				t.Errorf("%s does not say %s", path, part)
			}
		}
	}
	sheets := unzip(t, files["fleet.xlsx"])
	for sheet, parts := range map[string][]string{
		"xl/worksheets/sheet3.xml": {"<v>76.92</v>", "Share of listed (%)", "Listed (USD per GPU-hour)"},
		"xl/worksheets/sheet4.xml": {"<v>98.08</v>", "<v>2.55</v>", "Cheapest region", "Dearest (USD per GPU-hour)", "<v>2.75</v>"},
	} {
		for _, part := range parts {
			if !strings.Contains(sheets[sheet], part) {
				t.Errorf("%s does not say %s", sheet, part)
			}
		}
	}
}

// TestBudgetEverywhere looks for the run rate in every output: 20.5 an hour run, 14965 a month.
func TestBudgetEverywhere(t *testing.T) {
	for name, test := range map[string]struct{ list, budget, rate, json, cell string }{
		"over":    {twoRegions, "14000", "106.9% of the budget, over budget", `"budget_per_month":"14000","run_rate_percent":106.9,"run_rate_at_least":false,`, "<v>1.069</v>"},
		"within":  {twoRegions, "29930.00", "50% of the budget", `"budget_per_month":"29930","run_rate_percent":50,"run_rate_at_least":false,`, "<v>0.5</v>"},
		"at most": {strings.Replace(twoRegions, `"price_per_hour": 0.5, `, "", 1), "29200", "at least 50% of the budget", `"run_rate_percent":50,"run_rate_at_least":true,`, "<v>0.5</v>"},
	} {
		out := filepath.Join(t.TempDir(), "out")
		got := executeWith(t, context.Background(), nil, strings.NewReader(test.list), "--input", "-", "--budget", test.budget, "--out", out)
		got.want(t, 0)
		if !strings.HasSuffix(got.stdout, ", run rate "+test.rate+"\n") {
			t.Errorf("%s: %s", name, got.stdout)
		}
		files := contents(t, out)
		sheets := unzip(t, files["fleet.xlsx"])
		files["Summary"] = sheets["xl/worksheets/sheet1.xml"]
		for path, part := range map[string]string{"summary.md": "| Run rate | " + test.rate + " |", "index.html": test.rate, "summary/index.html": test.rate, "data/instances.json": test.json, "Summary": test.cell} {
			if !strings.Contains(files[path], part) {
				t.Errorf("%s: %s does not say %s", name, path, part)
			}
		}
		// The cells' own formats; behind them stand those that take the mark's place when prices are typed in.
		formats, _, _ := strings.Cut(sheets["xl/styles.xml"], "<dxfs")
		if marked := strings.Contains(formats, `&#34;≥ &#34;#,##0.0%`); marked != (name == "at most") {
			t.Errorf("%s: the workbook's run rate is marked: %v", name, marked)
		}
		for path, text := range files {
			if regexp.MustCompile(`(?i)\bspent\b`).MatchString(text) {
				t.Errorf("%s: %s calls it spent", name, path)
			}
		}
	}
	empty := filepath.Join(t.TempDir(), "out")
	executeWith(t, context.Background(), nil, strings.NewReader(`{"data": [], "total_instance": 0, "status": "success"}`), "--input", "-", "--budget", "5", "--out", empty).want(t, 0)
	for _, path := range []string{"summary.md", "index.html"} {
		if !strings.Contains(contents(t, empty)[path], "0% of the budget") {
			t.Errorf("%s of an empty fleet does not say the run rate", path)
		}
	}
	out := filepath.Join(t.TempDir(), "out")
	executeWith(t, context.Background(), nil, strings.NewReader(twoRegions), "--input", "-", "--out", out).want(t, 0)
	for path, text := range contents(t, out) {
		if strings.Contains(strings.ToLower(text), "run rate") || strings.Contains(text, "run_rate") {
			t.Errorf("%s has a run rate without a budget", path)
		}
	}
}

// TestFailOn holds that a check that trips is told with its figure and exits 5, and that the report is written all the same.
func TestFailOn(t *testing.T) {
	failed := strings.Replace(twoRegions, "Stopped", "error", 1)
	unpriced := strings.Replace(twoRegions, `"price_per_hour": 5.5, `, "", 1)
	odd := strings.Replace(twoRegions, `"price_per_hour": 5.5`, `"price_per_hour": "CANARY"`, 1)
	for name, test := range map[string]struct {
		list string
		code int
		says []string
		args []string
	}{
		"over":         {twoRegions, 5, []string{"gpufleet: check over-budget: the run rate is 106.9% of the budget ($14,965.00/month running, $14,000.00 budget)\n"}, []string{"--fail-on", "over-budget", "--budget", "14000"}},
		"within":       {twoRegions, 0, nil, []string{"--fail-on", "over-budget", "--budget", "14965"}},
		"not asked":    {twoRegions, 0, nil, []string{"--fail-on", "warnings", "--budget", "1"}},
		"error":        {failed, 5, []string{"gpufleet: check instance-error: 1 of 3 instances"}, []string{"--fail-on", "instance-error"}},
		"no error":     {twoRegions, 0, nil, []string{"--fail-on", "instance-error,unpriced,warnings"}},
		"unpriced":     {unpriced, 5, []string{"gpufleet: check unpriced: 1 of 3 listed instances have no price\n"}, []string{"--fail-on", "unpriced"}},
		"warnings":     {odd, 5, []string{"gpufleet: check warnings: 1 given\n"}, []string{"--fail-on", "warnings"}},
		"several":      {odd, 5, []string{"gpufleet: check over-budget: ", "gpufleet: check unpriced: 1 of 3", "gpufleet: check warnings: 1 given"}, []string{"--fail-on", " warnings , unpriced,over-budget", "--budget", "1"}},
		"said quietly": {unpriced, 5, []string{"gpufleet: check unpriced"}, []string{"--fail-on", "unpriced", "--quiet"}},
	} {
		out := filepath.Join(t.TempDir(), "out")
		got := executeWith(t, context.Background(), nil, strings.NewReader(test.list), append([]string{"--input", "-", "--out", out}, test.args...)...)
		got.want(t, test.code, test.says...)
		if test.code == 0 && strings.Contains(got.stderr, "check") || strings.Contains(got.stderr, "CANARY") {
			t.Errorf("%s: %s", name, got.stderr)
		}
		if files := contents(t, out); files["manifest.json"] == "" || files["fleet.xlsx"] == "" {
			t.Errorf("%s: the report is not there", name)
		}
	}
	out := filepath.Join(t.TempDir(), "out")
	execute(t, tokenSet, "--api-url", serveBoth(t, twoRegions, 404, ""), "--prices", "api", "--fail-on", "warnings", "--out", out).want(t, 5, "check warnings: 1 given")
	execute(t, map[string]string{"GPUFLEET_FAIL_ON": "unpriced"}, "--demo", "--out", filepath.Join(t.TempDir(), "out")).want(t, 5, "check unpriced")
}

// TestInterruptedSettings ends a run that waits for a price file which nobody writes.
func TestInterruptedSettings(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "prices.csv")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	time.AfterFunc(20*time.Millisecond, func() { cancel(interrupted{syscall.SIGTERM}) })
	executeWith(t, ctx, nil, nil, "--demo", "--prices", pipe, "--out", filepath.Join(t.TempDir(), "out")).want(t, 143, "as before")
}

// TestScripts runs the program as its users do, through the scripts in render/testdata/scripts. Besides testscript's own
// commands they have:
//
//	sheet FILE.xlsx SHEET    the rows of a sheet's table, unformatted, with commas between the cells
//	section FILE.md HEADING  what stands under a heading, up to the next one
//	words FILE.html          the text of a page
//	holds DIR TEXT           whether any byte below a folder is the text's, snapshots and the workbook unpacked
//	repack FILE OLD NEW      puts a text in the place of another in a gzip file, and the manifest right
func TestScripts(t *testing.T) {
	program := build(t)
	testscript.Run(t, testscript.Params{
		Dir: "render/testdata/scripts",
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", filepath.Dir(program)+string(os.PathListSeparator)+env.Getenv("PATH"))
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"sheet": func(ts *testscript.TestScript, _ bool, args []string) {
				file, err := excelize.OpenFile(ts.MkAbs(args[0]))
				ts.Check(err)
				defer file.Close()
				rows, err := file.GetRows(args[1], excelize.Options{RawCellValue: true})
				ts.Check(err)
				for _, row := range rows[4:] { // behind title, caption, totals and header
					if serial, err := strconv.ParseFloat(row[1], 64); err == nil {
						moment, err := excelize.ExcelDateToTime(serial, false)
						ts.Check(err)
						row[1] = moment.Round(time.Second).Format("2006-01-02 15:04")
					}
					fmt.Fprintln(ts.Stdout(), strings.Join(row, ","))
				}
			},
			"section": func(ts *testscript.TestScript, _ bool, args []string) {
				_, after, found := strings.Cut(ts.ReadFile(args[0]), "# "+args[1]+"\n\n")
				if !found {
					ts.Fatalf("no section %q", args[1])
				}
				section, _, _ := strings.Cut(after, "#")
				fmt.Fprint(ts.Stdout(), section)
			},
			"words": func(ts *testscript.TestScript, _ bool, args []string) {
				tree, err := html.Parse(strings.NewReader(ts.ReadFile(args[0])))
				ts.Check(err)
				var words []string
				for n := range tree.Descendants() {
					if n.Type == html.TextNode {
						words = append(words, strings.Fields(n.Data)...)
					}
				}
				fmt.Fprintln(ts.Stdout(), strings.Join(words, " "))
			},
			"holds": func(ts *testscript.TestScript, neg bool, args []string) {
				place := ""
				for path, content := range everything(t, ts.MkAbs(args[0])) {
					if strings.Contains(content, args[1]) {
						place = path
					}
				}
				if neg == (place != "") {
					ts.Fatalf("%s is in %q", args[1], place)
				}
			},
			"repack": func(ts *testscript.TestScript, _ bool, args []string) { repack(ts, args[0], args[1], args[2]) },
		},
	})
}

// repack changes a snapshot as someone would who knows how the folder is made.
func repack(ts *testscript.TestScript, path, old, replacement string) {
	before := ts.ReadFile(path)
	reader, err := gzip.NewReader(strings.NewReader(before))
	ts.Check(err)
	text, err := io.ReadAll(reader)
	ts.Check(err)
	if !bytes.Contains(text, []byte(old)) {
		ts.Fatalf("%s does not hold %s", path, old)
	}
	var after bytes.Buffer
	zip := gzip.NewWriter(&after)
	zip.Write(bytes.ReplaceAll(text, []byte(old), []byte(replacement)))
	ts.Check(zip.Close())
	ts.Check(os.WriteFile(ts.MkAbs(path), after.Bytes(), 0o644))
	out, _, _ := strings.Cut(path, "/")
	manifest := ts.ReadFile(out + "/manifest.json")
	for old, replacement := range map[string]string{
		fmt.Sprintf("%x", sha256.Sum256([]byte(before))):   fmt.Sprintf("%x", sha256.Sum256(after.Bytes())),
		fmt.Sprintf("gz\",\n   \"size\": %d", len(before)): fmt.Sprintf("gz\",\n   \"size\": %d", after.Len()),
	} {
		if !strings.Contains(manifest, old) {
			ts.Fatalf("the manifest does not hold %s: %s", old, manifest)
		}
		manifest = strings.Replace(manifest, old, replacement, 1)
	}
	ts.Check(os.WriteFile(ts.MkAbs(out+"/manifest.json"), []byte(manifest), 0o644))
}

// BenchmarkRun times the whole program, from a saved reply to the folder in place, for fleets of growing size, and prints the
// medians as a table. What a stage takes comes from a profile of one further run in this process: CPU time, since stages run
// side by side. The rest is the other files, placing, and the collection of garbage.
func BenchmarkRun(b *testing.B) {
	program := build(b)
	var table strings.Builder
	fmt.Fprintf(&table, "| instances | reply | wall s | CPU s | peak MB | output MB | %s |\n|--:|--:|--:|--:|--:|--:|%s\n",
		strings.Join(stages, " | "), strings.Repeat("--:|", len(stages)))
	for _, n := range []int{50, 1_000, 10_000, 100_000, 1_000_000} {
		for _, shape := range fleettest.Shapes {
			b.Run(fmt.Sprintf("%d/%s", n, shape), func(b *testing.B) {
				reply, out := filepath.Join(b.TempDir(), "reply.json"), filepath.Join(b.TempDir(), "out")
				file, err := os.Create(reply)
				if err == nil {
					err = errors.Join(fleettest.WriteReply(file, n, shape), file.Close())
				}
				if err != nil {
					b.Fatal(err)
				}
				var wall, cpu, peak []float64
				for b.Loop() {
					os.RemoveAll(out)
					syscall.Sync() // what is still to be written to the disk is no part of this run
					command := exec.Command(program, "--input", reply, "--out", out)
					start := time.Now()
					if text, err := command.CombinedOutput(); err != nil {
						b.Fatalf("%v: %s", err, text)
					}
					wall = append(wall, time.Since(start).Seconds())
					cpu = append(cpu, (command.ProcessState.UserTime() + command.ProcessState.SystemTime()).Seconds())
					peak = append(peak, float64(command.ProcessState.SysUsage().(*syscall.Rusage).Maxrss)*1024/1e6) // Linux tells it in KiB
				}
				fmt.Fprintf(&table, "| %d | %s | %s | %s | %.0f | %.1f |", n, shape, figure(median(wall)), figure(median(cpu)), median(peak), float64(bytesBelow(b, out))/1e6)
				for i, seconds := range stageTimes(b, n, reply, out) {
					if n >= 100_000 && seconds == 0 {
						b.Errorf("%s takes no time: has a function another name?", stages[i])
					}
					fmt.Fprintf(&table, " %s |", figure(seconds))
				}
				table.WriteString("\n")
			})
		}
	}
	fmt.Print(table.String())
}

// figure returns seconds with as many digits as they are good for.
func figure(seconds float64) string {
	if seconds < 1 {
		return fmt.Sprintf("%.3f", seconds)
	}
	return fmt.Sprintf("%.2f", seconds)
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// bytesBelow returns how many bytes the files below a folder have.
func bytesBelow(b *testing.B, dir string) (bytes int64) {
	err := filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			bytes += info.Size()
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return bytes
}

// stages are the program's, and stageOf the functions that they begin in; of the templates any.
var (
	stages  = []string{"fetch and decode", "report", "HTML", "workbook", "the rest"}
	stageOf = map[string]int{
		"gpufleet/fetch.Saved": 0, "gpufleet/render/report.New": 1, "gpufleet/render/report.(*Report).Compare": 1,
		"gpufleet/templates": 2, "gpufleet/render/workbook.Write": 3,
	}
)

// stageTimes returns the CPU seconds of each stage of a run. A small fleet is run so often that a profiler, which looks a hundred times a second, has
// something to see.
func stageTimes(b *testing.B, n int, reply, out string) []float64 {
	runs := max(1, min(20, 20_000/n))
	var samples bytes.Buffer
	if err := pprof.StartCPUProfile(&samples); err != nil {
		b.Fatal(err)
	}
	for range runs {
		os.RemoveAll(out)
		if code := run(context.Background(), []string{"gpufleet", "--quiet", "--input", reply, "--out", out}, nil, io.Discard, io.Discard); code != exitWritten {
			b.Fatalf("exit code %d", code)
		}
	}
	pprof.StopCPUProfile()
	parsed, err := profile.Parse(&samples)
	if err != nil {
		b.Fatal(err)
	}
	seconds := make([]float64, len(stages))
	for _, sample := range parsed.Sample {
		stage := len(stages) - 1
		for _, location := range sample.Location {
			for _, line := range location.Line {
				name := line.Function.Name
				switch {
				case strings.HasPrefix(name, "gpufleet/templates."): // every function there is of a page
					name = "gpufleet/templates"
				case strings.HasPrefix(name, "gpufleet/render/report.(*Report).fillGroups."): // on goroutines of their own
					name = "gpufleet/render/report.New"
				}
				if known, ok := stageOf[name]; ok {
					stage = known
				}
			}
		}
		seconds[stage] += float64(sample.Value[1]) / 1e9 / float64(runs)
	}
	return seconds
}
