// Package talk is the program's voice, on the terminal and on GitHub Actions: what came of a run, errors, warnings, steps and
// progress. What it is given holds no value from a reply.
package talk

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/term"
)

// Talk is what the program says while it works.
type Talk struct {
	Stdout, Stderr io.Writer
	Quiet, Verbose bool
	Warnings       int // given so far, whether or not they are printed

	actions *actions // nil elsewhere
}

// New returns the voice of a run. On GitHub Actions, of which the environment tells, warnings and errors are shown beside the
// run, and nothing else that is written to Stdout and Stderr is obeyed as a command.
func New(stdout, stderr io.Writer, getenv func(string) string) *Talk {
	if getenv("GITHUB_ACTIONS") != "true" {
		return &Talk{Stdout: stdout, Stderr: stderr}
	}
	return &Talk{Stdout: harmless{stdout}, Stderr: harmless{stderr},
		actions: &actions{log: stderr, summary: getenv("GITHUB_STEP_SUMMARY"), output: getenv("GITHUB_OUTPUT")}}
}

// Say prints what came of the run.
func (t *Talk) Say(format string, args ...any) {
	if !t.Quiet {
		fmt.Fprintf(t.Stdout, format+"\n", args...)
	}
}

// Warn prints a warning.
func (t *Talk) Warn(warning string) {
	t.Warnings++
	switch {
	case t.Quiet:
	case t.actions != nil:
		t.actions.command("warning", warning)
	default:
		fmt.Fprintf(t.Stderr, "gpufleet: warning: %s\n", warning)
	}
}

// Note prints what may well be so, but is worth a look.
func (t *Talk) Note(text string) {
	if !t.Quiet {
		fmt.Fprintf(t.Stderr, "gpufleet: %s\n", text)
	}
}

// Fail prints why the run fails.
func (t *Talk) Fail(err error) {
	if t.actions != nil {
		t.actions.command("error", err.Error())
		return
	}
	fmt.Fprintf(t.Stderr, "gpufleet: %v\n", err)
}

// Debug prints a step, for whoever wants to read them all.
func (t *Talk) Debug(format string, args ...any) {
	if t.Verbose {
		fmt.Fprintf(t.Stderr, "gpufleet: "+format+"\n", args...)
	}
}

// Progress shows how far the fetch is, on a terminal only; whoever wants to read every step reads lines.
func (t *Talk) Progress(page, instances int) {
	if t.onTerminal() {
		fmt.Fprintf(t.Stderr, "\r\x1b[Kpage %d, %d instances", page, instances)
	}
}

// EndProgress clears what Progress shows.
func (t *Talk) EndProgress() {
	if t.onTerminal() {
		fmt.Fprint(t.Stderr, "\r\x1b[K")
	}
}

func (t *Talk) onTerminal() bool {
	file, ok := t.Stderr.(*os.File)
	return ok && !t.Quiet && !t.Verbose && term.IsTerminal(int(file.Fd()))
}
