package console

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"unicode"
)

// actions is how GitHub Actions is spoken to: by commands in the log, and by two files whose paths it gives.
type actions struct {
	log             io.Writer
	summary, output string // "" for none
}

// Output is a value that later steps of a workflow can read.
type Output struct{ Name, Value string }

// maxStepSummary is the size in bytes from which on GitHub refuses the summary of a step.
const maxStepSummary = 1 << 20

// OnActions reports whether the run is a step of GitHub Actions, to which HandOver hands its report.
func (t *Console) OnActions() bool { return t.actions != nil }

// HandOver appends Markdown to the step's summary and values to its outputs. What can't be written is a warning: the
// report itself is in place.
func (t *Console) HandOver(summary []byte, outputs []Output) {
	if err := appendTo(t.actions.summary, summary, maxStepSummary-1); err != nil {
		t.Warn(fmt.Sprintf("the step has no summary: $GITHUB_STEP_SUMMARY: %v", err))
	}
	if err := appendTo(t.actions.output, encodeOutputs(outputs), 0); err != nil {
		t.Warn(fmt.Sprintf("the step has no outputs: $GITHUB_OUTPUT: %v", err))
	}
}

// appendTo appends text to a file, behind an empty line where the file holds something. limit bounds the size of the
// whole file, 0 for no bound: a text that would exceed it is left out.
func appendTo(path string, text []byte, limit int64) (err error) {
	if path == "" {
		return nil
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	defer func() {
		if closed := file.Close(); err == nil {
			err = closed
		}
	}()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if info.Size() > 0 {
		text = append([]byte("\n\n"), text...)
	}
	if size := info.Size() + int64(len(text)); limit > 0 && size > limit {
		return fmt.Errorf("it would have %d bytes, and GitHub takes at most %d: the report's own summary.md is whole",
			size, limit)
	}
	_, err = file.Write(text)
	return err
}

// encodeOutputs writes outputs in the form that takes any value: between lines that the values do not hold.
func encodeOutputs(outputs []Output) []byte {
	end := "gpufleet"
	for _, output := range outputs {
		for strings.Contains(output.Value, end) {
			end += "_"
		}
	}
	var b strings.Builder
	for _, output := range outputs {
		fmt.Fprintf(&b, "%s<<%s\n%s\n%s\n", output.Name, end, output.Value, end)
	}
	return []byte(b.String())
}

// command writes a command that shows a message beside the run.
func (a *actions) command(name, message string) {
	escaped := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(printable(message))
	fmt.Fprintf(a.log, "::%s title=gpufleet::%s\n", name, escaped)
}

// harmless is a log in which nothing is a command. What is written at once is taken for whole lines.
type harmless struct{ log io.Writer }

// The runner obeys "::" at the start of a line, behind any blanks, and the older "##[" anywhere in it.
var (
	newCommand = regexp.MustCompile(`(?m)^([\s\x{85}\p{Z}]*):+:`)
	oldCommand = regexp.MustCompile(`##+\[`)
)

func (h harmless) Write(text []byte) (int, error) {
	line := newCommand.ReplaceAllString(printable(string(text)), "$1: :")
	line = oldCommand.ReplaceAllString(line, "# # [")
	if _, err := io.WriteString(h.log, line); err != nil {
		return 0, err
	}
	return len(text), nil
}

// printable puts U+FFFD in the place of what is not shown, line feeds and tabs aside: control characters, which a log
// obeys or breaks lines at, and invisible ones, which a comparison may skip.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.C, r) && r != '\n' && r != '\t' {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}
