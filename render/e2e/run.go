package e2e

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// Run is the program as a function: main's run.
type Run func(ctx context.Context, args []string, getenv func(string) string,
	stdin io.Reader, stdout, stderr io.Writer) (code int)

// command runs a program that must succeed, or with neg must fail.
func (run Run) command(ts *testscript.TestScript, neg bool, args []string) {
	o := run.program(ts, args)
	o.print(ts)
	if neg != (o.code != 0) {
		ts.Fatalf("exit code %d", o.code)
	}
}

// program runs gpufleet in this process, and another program in one of its own.
func (run Run) program(ts *testscript.TestScript, args []string) outcome {
	if args[0] == "gpufleet" {
		return run.inFolder(ts, args)
	}
	var exit *exec.ExitError
	if err := ts.Exec(args[0], args[1:]...); !errors.As(err, &exit) {
		ts.Check(err)
		return outcome{0, ts.ReadFile("stdout"), ts.ReadFile("stderr"), 0}
	}
	return outcome{exit.ExitCode(), ts.ReadFile("stdout"), ts.ReadFile("stderr"), 0}
}

// folder is this process's working directory. One script at a time uses it.
var folder sync.Mutex

// inFolder runs gpufleet in the folder of a script. It has the script's variables and an empty standard input.
func (run Run) inFolder(ts *testscript.TestScript, args []string) outcome {
	folder.Lock()
	defer folder.Unlock()
	before, err := os.Getwd()
	ts.Check(err)
	ts.Check(os.Chdir(ts.MkAbs(".")))
	defer os.Chdir(before)
	var stdout, stderr strings.Builder
	code := run(context.Background(), args, ts.Getenv, strings.NewReader(""), &stdout, &stderr)
	return outcome{code, stdout.String(), stderr.String(), 0}
}

// print makes what a program printed the output of the script's command.
func (o outcome) print(ts *testscript.TestScript) {
	io.WriteString(ts.Stdout(), o.stdout)
	io.WriteString(ts.Stderr(), o.stderr)
}
