// Package console is the user's side of the program: flags and environment variables, messages, progress on a
// terminal, and GitHub Actions. Callers must pass no value from a reply to it.
package console

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/term"

	"gpufleet/fetch/fleet"
)

// Console prints the messages of a run.
type Console struct {
	Stdout, Stderr io.Writer
	Quiet, Verbose bool
	Warnings       int // so far, printed or not

	getenv  func(string) string
	actions *actions // nil outside GitHub Actions
}

// New returns the console of a run. On GitHub Actions, warnings and errors become annotations, and nothing else that
// is written to Stdout and Stderr is obeyed as a workflow command.
func New(stdout, stderr io.Writer, getenv func(string) string) *Console {
	c := &Console{Stdout: stdout, Stderr: stderr, getenv: getenv}
	if getenv("GITHUB_ACTIONS") == "true" {
		c.Stdout, c.Stderr = commandFilter{stdout}, commandFilter{stderr}
		c.actions = &actions{log: stderr, summary: getenv("GITHUB_STEP_SUMMARY"), output: getenv("GITHUB_OUTPUT")}
	}
	return c
}

// Result prints the result of the run to Stdout.
func (c *Console) Result(format string, args ...any) {
	if !c.Quiet {
		fmt.Fprintf(c.Stdout, format+"\n", args...)
	}
}

// Warn counts a warning and prints it.
func (c *Console) Warn(warning string) {
	c.Warnings++
	switch {
	case c.Quiet:
	case c.actions != nil:
		c.actions.annotate("warning", warning)
	default:
		fmt.Fprintf(c.Stderr, "gpufleet: warning: %s\n", warning)
	}
}

// Note prints something that is worth a look but may be as intended. It isn't counted as a warning.
func (c *Console) Note(text string) {
	if !c.Quiet {
		fmt.Fprintf(c.Stderr, "gpufleet: %s\n", text)
	}
}

// Error prints the error that ends the run, if there is one.
func (c *Console) Error(err error) {
	if err == nil {
		return
	}
	if c.actions != nil {
		c.actions.annotate("error", err.Error())
		return
	}
	fmt.Fprintf(c.Stderr, "gpufleet: %v\n", err)
}

// Debug prints a step, in a verbose run.
func (c *Console) Debug(format string, args ...any) {
	if c.Verbose {
		fmt.Fprintf(c.Stderr, "gpufleet: "+format+"\n", args...)
	}
}

// Progress shows the progress of the fetch, on a terminal only. A verbose run prints its steps instead.
func (c *Console) Progress(page, instances int) {
	if c.showsProgress() {
		fmt.Fprintf(c.Stderr, "\r\x1b[Kpage %d, %s", page, fleet.Counted(instances, "instance"))
	}
}

// EndProgress clears the line that Progress shows.
func (c *Console) EndProgress() {
	if c.showsProgress() {
		fmt.Fprint(c.Stderr, "\r\x1b[K")
	}
}

func (c *Console) showsProgress() bool {
	file, ok := c.Stderr.(*os.File)
	return ok && !c.Quiet && !c.Verbose && term.IsTerminal(int(file.Fd()))
}
