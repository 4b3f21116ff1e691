package main

import (
	"bytes"
	"context"
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
	"gpufleet/render/e2e"
)

// TestMain lets scripts run this test binary as gpufleet.
func TestMain(m *testing.M) { testscript.Main(m, map[string]func(){"gpufleet": main}) }

// TestScripts runs the program as its users do, with one script for each subject.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "render/e2e/testdata/scripts", Setup: e2e.Setup, Cmds: e2e.Commands(),
		RequireExplicitExec: true, RequireUniqueNames: true,
	})
}

// TestKilledAtAnyMoment kills runs of the built program at random moments.
func TestKilledAtAnyMoment(t *testing.T) {
	env := func(name string) string { return map[string]string{"SOURCE_DATE_EPOCH": "1795435200"}[name] }
	e2e.KilledAtAnyMoment(t, func(args ...string) int {
		return run(t.Context(), append([]string{"gpufleet"}, args...), env, nil, io.Discard, t.Output())
	})
}

// TestInterruptedAtPipe interrupts runs that read a setting from a pipe without a writer.
func TestInterruptedAtPipe(t *testing.T) {
	t.Parallel()
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for signal, args := range map[syscall.Signal][]string{
		syscall.SIGINT:  {"--token-file", pipe},
		syscall.SIGTERM: {"--demo", "--prices", pipe},
	} {
		ctx, cancel := context.WithCancelCause(context.Background())
		time.AfterFunc(20*time.Millisecond, func() { cancel(interrupted{signal}) })
		out := filepath.Join(t.TempDir(), "out")
		var stdout, stderr bytes.Buffer
		code := run(ctx, append([]string{"gpufleet", "--out", out}, args...), noEnvironment, nil, &stdout, &stderr)
		if code != exit.Signal+int(signal) || !strings.Contains(stderr.String(), "unchanged") || stdout.Len() > 0 {
			t.Errorf("%v: exit code %d: %s%s", signal, code, &stdout, &stderr)
		}
		if _, err := os.Stat(out); !os.IsNotExist(err) {
			t.Errorf("%v: an interrupted run created a folder", signal)
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
	code := run(t.Context(), strings.Fields(string(example[1])), noEnvironment, nil, &stdout, &stderr)
	if code != exit.Written || stdout.String() != want || stderr.Len() > 0 {
		t.Errorf("exit code %d: %s%s, want %s", code, &stdout, &stderr, want)
	}
}

type panicking struct{}

func (panicking) Write([]byte) (int, error) { panic("SECRET") }
