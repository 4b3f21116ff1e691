package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// moment sets the time of runs.
const moment = "SOURCE_DATE_EPOCH=1795435200"

// outcome is the result of a run.
type outcome struct {
	code           int
	stdout, stderr string
	took           time.Duration
}

// job is a run of the program: a call in a worker, or a process if it needs one of its own.
type job struct {
	args    []string
	env     []string
	stdin   io.Reader
	process bool              // it needs a process of its own
	started func(*os.Process) // called when the process has started
}

// isProcess reports whether a job needs a process of its own. That is also so if it sets variables that Go reads.
func (j job) isProcess() bool {
	return j.process || j.started != nil || slices.ContainsFunc(j.env, func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return slices.Contains([]string{"SSL_CERT_FILE", "TZ", "LC_ALL", "LANG", "GOMAXPROCS", "GOGC"}, name)
	})
}

// environment has nothing of the caller's except what the program needs to run.
func (j job) environment() []string {
	return append([]string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + os.TempDir(), moment}, j.env...)
}

// longest is more time than any run needs.
const longest = 2 * time.Minute

// command returns the command of a job.
func (j job) command(ctx context.Context) *exec.Cmd {
	path, err := Build()
	if err != nil {
		panic(err)
	}
	c := exec.CommandContext(ctx, path, j.args...)
	c.Env = j.environment()
	c.Stdin = j.stdin
	return c
}

// run runs the program to its end. If it hangs, the test fails.
func (j job) run(t testing.TB) outcome {
	t.Helper()
	if !j.isProcess() {
		return j.inWorker(t)
	}
	ctx, cancel := context.WithTimeout(context.Background(), longest)
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

func plainContents(t testing.TB, dir string) map[string]string {
	t.Helper()
	files, err := readFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	return files
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

// reply returns the API's reply with these rows.
func reply(rows ...string) string {
	return fmt.Sprintf(`{"data": [%s], "total_instance": %d, "status": "success"}`, strings.Join(rows, ","), len(rows))
}
