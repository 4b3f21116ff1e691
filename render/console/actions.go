package console

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"unicode"
)

// actions is a step of GitHub Actions. It takes workflow commands in its log, a summary and outputs.
type actions struct {
	log             io.Writer
	summary, output string // paths of files, or ""
}

// StepOutput is a value that later steps of a workflow can read.
type StepOutput struct{ Name, Value string }

// maxStepSummary is the size in bytes from which GitHub refuses the summary of a step.
const maxStepSummary = 1 << 20

// OnActions reports whether the run is a step of GitHub Actions.
func (c *Console) OnActions() bool { return c.actions != nil }

// WriteStep appends Markdown to the step's summary, and values to its outputs. It must be called on GitHub Actions
// only. Failures are warnings, since the report is already written.
func (c *Console) WriteStep(summary []byte, outputs []StepOutput) {
	if err := appendTo(c.actions.summary, summary, maxStepSummary-1); err != nil {
		c.Warn(fmt.Sprintf("cannot write the step summary ($GITHUB_STEP_SUMMARY): %v", err))
	}
	if err := appendTo(c.actions.output, encodeOutputs(outputs), 0); err != nil {
		c.Warn(fmt.Sprintf("cannot write the step outputs ($GITHUB_OUTPUT): %v", err))
	}
}

// appendTo appends text to a file, after an empty line unless the file is empty. It writes nothing if the file would
// then have more than limit bytes; a limit of 0 is none.
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
		return fmt.Errorf("it would have %d bytes, and GitHub accepts at most %d; see the report's summary.md", size, limit)
	}
	_, err = file.Write(text)
	return err
}

// encodeOutputs writes each value before a delimiter line that no value contains.
func encodeOutputs(outputs []StepOutput) []byte {
	delimiter := "gpufleet"
	for _, output := range outputs {
		for strings.Contains(output.Value, delimiter) {
			delimiter += "_"
		}
	}
	var b strings.Builder
	for _, output := range outputs {
		fmt.Fprintf(&b, "%s<<%s\n%s\n%s\n", output.Name, delimiter, output.Value, delimiter)
	}
	return []byte(b.String())
}

// annotate writes a workflow command that shows a message on the page of the run. The level is "warning" or "error".
func (a *actions) annotate(level, message string) {
	escaped := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(printable(message))
	fmt.Fprintf(a.log, "::%s title=gpufleet::%s\n", level, escaped)
}

// commandFilter breaks up workflow commands in a log. Each write must consist of whole lines.
type commandFilter struct{ log io.Writer }

// The runner obeys "::" at the start of a line, even after blanks, and the older "##[" anywhere in a line.
var (
	newCommand = regexp.MustCompile(`(?m)^([\s\x{85}\p{Z}]*):+:`)
	oldCommand = regexp.MustCompile(`##+\[`)
)

func (f commandFilter) Write(text []byte) (int, error) {
	line := newCommand.ReplaceAllString(printable(string(text)), "$1: :")
	line = oldCommand.ReplaceAllString(line, "# # [")
	if _, err := io.WriteString(f.log, line); err != nil {
		return 0, err
	}
	return len(text), nil
}

// printable replaces control and invisible characters by U+FFFD, except for line feeds and tabs. A log may obey or
// break lines at control characters, and the runner may skip invisible ones when it looks for commands.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.C, r) && r != '\n' && r != '\t' {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}
