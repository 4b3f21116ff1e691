package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"gpufleet/fetch/exit"
	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
	"gpufleet/fetch/manifest"
	"gpufleet/render/console"
	"gpufleet/render/e2e"
)

// TestMain lets scripts run this test binary as gpufleet where that needs a process of its own, and the tests of e2e
// run it as a worker.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"gpufleet": main, "gpufleet-worker": func() { e2e.Work(run) }})
}

// TestScripts runs the program as its users do, with one script for each subject.
func TestScripts(t *testing.T) { e2e.Scripts(t, run) }

// TestKilledAtAnyMoment kills runs of the built program at random moments.
func TestKilledAtAnyMoment(t *testing.T) {
	env := func(name string) string { return map[string]string{"SOURCE_DATE_EPOCH": "1795435200"}[name] }
	e2e.KilledAtAnyMoment(t, func(args ...string) int {
		return run(t.Context(), append([]string{"gpufleet"}, args...), env, nil, io.Discard, t.Output())
	})
}

// TestInterruptedAtPipe interrupts runs that read from a pipe without a writer, or whose writer writes nothing.
func TestInterruptedAtPipe(t *testing.T) {
	t.Parallel()
	pipe := makePipe(t)
	silent := makePipe(t)
	writer, err := os.OpenFile(silent, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	for _, args := range [][]string{
		{"--token-file", pipe}, {"--demo", "--prices", pipe}, {"--demo", "--notes", pipe}, {"--input", pipe},
		{"--demo", "--owners", pipe}, {"--demo", "--owners", silent},
		{"--token-file", silent}, {"--demo", "--prices", silent}, {"--demo", "--notes", silent}, {"--input", silent},
	} {
		for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
			ctx, cancel := context.WithCancelCause(context.Background())
			time.AfterFunc(20*time.Millisecond, func() { cancel(console.Interrupted{Signal: signal}) })
			out := filepath.Join(t.TempDir(), "out")
			var stdout, stderr bytes.Buffer
			code := run(ctx, append([]string{"gpufleet", "--out", out}, args...), noEnvironment, nil, &stdout, &stderr)
			if code != exit.Signal+int(signal) || !strings.Contains(stderr.String(), "unchanged") || stdout.Len() > 0 {
				t.Errorf("%v: exit code %d: %s%s", args, code, &stdout, &stderr)
			}
			if _, err := os.Stat(out); !os.IsNotExist(err) {
				t.Errorf("%v: an interrupted run created a folder", args)
			}
		}
	}
}

// TestInterruptedAtStep interrupts runs that have placed their report and write to a pipe that nobody reads. The exit
// code is that of the report.
func TestInterruptedAtStep(t *testing.T) {
	t.Parallel()
	for _, variable := range []string{"GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"} {
		for code, args := range map[int][]string{
			exit.Written: nil, exit.Check: {"--fail-on", "unpriced"},
		} {
			t.Run(fmt.Sprint(variable, " ", code), func(t *testing.T) {
				t.Parallel()
				out, pipe := filepath.Join(t.TempDir(), "out"), makePipe(t)
				getenv := func(name string) string {
					return map[string]string{"GITHUB_ACTIONS": "true", variable: pipe}[name]
				}
				ctx, cancel := context.WithCancelCause(context.Background())
				var placed time.Time
				go func() {
					for !isPlaced(out) {
						time.Sleep(5 * time.Millisecond)
					}
					placed = time.Now()
					cancel(console.Interrupted{Signal: syscall.SIGTERM})
				}()
				args := append([]string{"gpufleet", "--demo", "--out", out}, args...)
				if got := run(ctx, args, getenv, nil, io.Discard, io.Discard); got != code {
					t.Errorf("exit code %d, want %d", got, code)
				}
				if took := time.Since(placed); took > 2*time.Second {
					t.Errorf("the run went on for %v", took)
				}
			})
		}
	}
}

// isPlaced reports whether a folder has a report and no temporary files.
func isPlaced(out string) bool {
	_, err := os.Stat(filepath.Join(out, "index.html"))
	hidden, _ := filepath.Glob(filepath.Join(out, ".gpufleet-*"))
	return err == nil && len(hidden) == 0
}

func makePipe(t *testing.T) string {
	t.Helper()
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	return pipe
}

// TestRowLimit compares a list of one instance with a snapshot of 100,005. That needs --accept-shrink, because the list
// is shorter, and --accept-loss, because the snapshot is too long.
func TestRowLimit(t *testing.T) {
	t.Parallel()
	previous := t.TempDir()
	var rows []*fleet.Instance
	for i := range 100_005 {
		rows = append(rows, &fleet.Instance{ID: fmt.Sprintf("%06d", i)})
	}
	head := history.Head{Source: "file", Audience: "public", Currency: "USD"}
	s := history.NewSnapshot(head, time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), rows)
	var content bytes.Buffer
	if _, err := s.WriteTo(&content); err != nil {
		t.Fatal(err)
	}
	listed, err := manifest.Manifest{Schema: manifest.Schema, Source: "file", Audience: "public",
		Files: []manifest.File{manifest.FileOf(s.Path(), content.Bytes())}}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	reply := filepath.Join(t.TempDir(), "reply.json")
	for path, content := range map[string][]byte{
		filepath.Join(previous, s.Path()):      content.Bytes(),
		filepath.Join(previous, manifest.Path): listed,
		reply:                                  []byte(`{"data": [{"id": 1}], "total_instance": 1, "status": "success"}`),
	} {
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, content, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		flags string
		code  int
		says  string
	}{
		{"", exit.Incomplete, "use --accept-shrink"},
		{"--accept-loss", exit.Incomplete, "use --accept-shrink"},
		{"--accept-shrink", exit.Incomplete, s.Path() + " of the previous report has more than four times the rows"},
		{"--accept-shrink --accept-loss", exit.Written, "letting go of this snapshot"},
	} {
		out := filepath.Join(t.TempDir(), "out")
		args := append([]string{"gpufleet", "--input", reply, "--previous", previous, "--out", out},
			strings.Fields(test.flags)...)
		var stderr bytes.Buffer
		code := run(t.Context(), args, noEnvironment, nil, io.Discard, &stderr)
		if code != test.code || !strings.Contains(stderr.String(), test.says) {
			t.Errorf("%q: exit code %d: %s", test.flags, code, &stderr)
		}
	}
}

// TestPanic makes the program panic with a value that must not be printed. One of the runs has read secrets by then.
func TestPanic(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	token := filepath.Join(dir, "token")
	if err := os.WriteFile(token, []byte("SECRET"), 0o600); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `{"data": [{"id": 1, "vm_password": "SECRET", "user": "SECRET"}], `+
			`"total_instance": 1, "status": "success"}`)
	}))
	defer server.Close()
	fetching := []string{"--api-url", server.URL, "--token-file", token, "--out", filepath.Join(dir, "out")}
	for _, args := range [][]string{{"--version"}, fetching} {
		var stderr bytes.Buffer
		code := run(context.Background(), append([]string{"gpufleet"}, args...), noEnvironment, nil, panicking{}, &stderr)
		if code != exit.Failed || !strings.HasPrefix(stderr.String(), "gpufleet: internal error (string)") ||
			!strings.Contains(stderr.String(), "goroutine") || strings.Contains(stderr.String(), "SECRET") {
			t.Error(args, code, stderr.String())
		}
	}
}

// noEnvironment is an empty environment.
func noEnvironment(string) string { return "" }

// TestManual runs the example in the doc comment of this package, and compares its output.
func TestManual(t *testing.T) {
	source, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	example := regexp.MustCompile(`(?m)^//\t\$ (gpufleet --demo .*)\n((?://\t.*\n)+)`).FindSubmatch(source)
	if example == nil {
		t.Fatal("no example")
	}
	want := strings.Join(strings.Fields(strings.ReplaceAll(string(example[2]), "//", "")), " ") + "\n"
	t.Chdir(t.TempDir())
	var stdout, stderr bytes.Buffer
	getenv := func(name string) string {
		return map[string]string{"SOURCE_DATE_EPOCH": "1795680000"}[name] // 2026-11-26 08:00 UTC
	}
	code := run(t.Context(), strings.Fields(string(example[1])), getenv, nil, &stdout, &stderr)
	if code != exit.Written || stdout.String() != want || stderr.Len() > 0 {
		t.Errorf("exit code %d: %s%s, want %s", code, &stdout, &stderr, want)
	}
}

type panicking struct{}

func (panicking) Write([]byte) (int, error) { panic("SECRET") }
