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
		panic(err)
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
