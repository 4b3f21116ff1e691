// Package console is the person's side of the program: flags and environment, messages and progress on the terminal,
// and what GitHub Actions gets. What it is given to say holds no value from a reply.
package console

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/term"
)

// Console is what the program says while it works.
type Console struct {
	Stdout, Stderr io.Writer
	Quiet, Verbose bool
	Warnings       int // given so far, whether or not they are printed

	getenv  func(string) string
	actions *actions // nil elsewhere
}

// New returns the console of a run, whose environment is read through getenv. On GitHub Actions, warnings and errors
// are shown beside the run, and nothing else that is written to Stdout and Stderr is obeyed as a command.
func New(stdout, stderr io.Writer, getenv func(string) string) *Console {
	t := &Console{Stdout: stdout, Stderr: stderr, getenv: getenv}
	if getenv("GITHUB_ACTIONS") == "true" {
		t.Stdout, t.Stderr = harmless{stdout}, harmless{stderr}
		t.actions = &actions{log: stderr, summary: getenv("GITHUB_STEP_SUMMARY"), output: getenv("GITHUB_OUTPUT")}
	}
	return t
}

// Say prints what came of the run.
func (t *Console) Say(format string, args ...any) {
	if !t.Quiet {
		fmt.Fprintf(t.Stdout, format+"\n", args...)
	}
}

// Warn prints a warning.
func (t *Console) Warn(warning string) {
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
func (t *Console) Note(text string) {
	if !t.Quiet {
		fmt.Fprintf(t.Stderr, "gpufleet: %s\n", text)
	}
}

// Fail prints why the run fails.
func (t *Console) Fail(err error) {
	if t.actions != nil {
		t.actions.command("error", err.Error())
		return
	}
	fmt.Fprintf(t.Stderr, "gpufleet: %v\n", err)
}

// Debug prints a step, for whoever wants to read them all.
func (t *Console) Debug(format string, args ...any) {
	if t.Verbose {
		fmt.Fprintf(t.Stderr, "gpufleet: "+format+"\n", args...)
	}
}

// Progress shows how far the fetch is, on a terminal only; whoever wants to read every step reads lines.
func (t *Console) Progress(page, instances int) {
	if t.onTerminal() {
		fmt.Fprintf(t.Stderr, "\r\x1b[Kpage %d, %d instances", page, instances)
	}
}

// EndProgress clears what Progress shows.
func (t *Console) EndProgress() {
	if t.onTerminal() {
		fmt.Fprint(t.Stderr, "\r\x1b[K")
	}
}

func (t *Console) onTerminal() bool {
	file, ok := t.Stderr.(*os.File)
	return ok && !t.Quiet && !t.Verbose && term.IsTerminal(int(file.Fd()))
}
