package console

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

// onActions returns a console on GitHub Actions, its log, and the paths of the summary and of the outputs.
func onActions(t *testing.T) (console *Console, log *strings.Builder, summary, output string) {
	t.Helper()
	dir := t.TempDir()
	summary, output = filepath.Join(dir, "summary"), filepath.Join(dir, "output")
	env := map[string]string{
		"GITHUB_ACTIONS":      "true",
		"GITHUB_STEP_SUMMARY": summary,
		"GITHUB_OUTPUT":       output,
	}
	log = &strings.Builder{}
	return New(log, log, func(name string) string { return env[name] }), log, summary, output
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// workflowCommands returns the commands that the runner would find in a log. It splits lines at line feeds and
// carriage returns.
func workflowCommands(log string) (commands []string) {
	for _, line := range regexp.MustCompile(`[\r\n]+`).Split(log, -1) {
		visible := strings.Map(func(r rune) rune {
			if unicode.Is(unicode.Cf, r) {
				return -1 // comparisons that follow a language's rules skip these
			}
			return r
		}, line)
		if strings.HasPrefix(strings.TrimSpace(visible), "::") || strings.Contains(visible, "##[") {
			commands = append(commands, line)
		}
	}
	return commands
}

// TestActionsLog prints hostile texts in every way there is. Only the warning and the error may be commands.
func TestActionsLog(t *testing.T) {
	for _, hostile := range []string{
		"::add-mask::x",
		"x\n::set-env name=PATH::x",
		"x\r::stop-commands::x",
		" \t::warning::x",
		"\u00a0::error::x",
		"\u2028\u3000::error::x",
		"\u200b::error::x",
		"x\n\u00ad:\u200b:error::x",
		"\x85::error::x",
		"\v\f::error::x",
		"##[add-mask]x",
		"x ##[error]x",
		"###[add-mask]x",
		"#\u200b#[add-mask]x",
		":::error::x",
		"\x1b[31mred",
		"\x00\x07\x08\x7f\u009b1m",
		"\u202Ereversed",
		"%0A::error::x",
		"\xff::error::x",
	} {
		console, log, _, _ := onActions(t)
		console.Verbose = true
		console.Result("%s", hostile)
		console.Debug("%s", hostile)
		console.Stderr.Write([]byte(hostile + "\n"))
		console.Stdout.Write([]byte(hostile + "\n"))
		console.Warn(hostile)
		console.Error(errors.New(hostile))
		commands := workflowCommands(log.String())
		if len(commands) != 2 || !strings.HasPrefix(commands[0], "::warning title=gpufleet::") ||
			!strings.HasPrefix(commands[1], "::error title=gpufleet::") {
			t.Errorf("%q: the commands are %q", hostile, commands)
		}
		control := func(r rune) bool { return unicode.Is(unicode.C, r) && r != '\n' && r != '\t' }
		if at := strings.IndexFunc(log.String(), control); at >= 0 {
			t.Errorf("%q: the log contains %q", hostile, log.String()[at:])
		}
	}
}

func TestHarmlessTextIsUnchanged(t *testing.T) {
	console, log, _, _ := onActions(t)
	const text = "gpufleet: GET http://[::1]:80/a: 100 % of ≥ $1.50 · 3 #[1]\n\tat main.go:1\n"
	console.Stdout.Write([]byte(text))
	if log.String() != text {
		t.Errorf("%q", log.String())
	}
	log.Reset()
	console.Warn("100%\nof it")
	if log.String() != "::warning title=gpufleet::100%25%0Aof it\n" || console.Warnings != 1 {
		t.Errorf("%q", log.String())
	}
}

func TestWriteStep(t *testing.T) {
	console, log, summary, output := onActions(t)
	if err := os.WriteFile(output, []byte("mine=1"), 0o600); err != nil {
		t.Fatal(err)
	}
	outputs := []StepOutput{{"out", "a\ngpufleet\ngpufleet_\nevil=1"}, {"empty", ""}, {"instances", "3"}}
	console.WriteStep([]byte("# One\n"), outputs)
	console.WriteStep([]byte("# Two\n"), outputs[2:])
	if got := read(t, summary); got != "# One\n\n\n# Two\n" {
		t.Errorf("%q", got)
	}
	if log.Len() > 0 {
		t.Error(log)
	}
	values := parseOutputs(t, read(t, output))
	for name, value := range map[string]string{"mine": "1", "out": outputs[0].Value, "empty": "", "instances": "3"} {
		if got, ok := values[name]; !ok || got != value {
			t.Errorf("%s is %q, want %q", name, got, value)
		}
	}
	if len(values) != 4 {
		t.Errorf("unexpected outputs: %q", values)
	}
}

// parseOutputs reads the file of step outputs as the runner does.
func parseOutputs(t *testing.T, text string) map[string]string {
	t.Helper()
	values := map[string]string{}
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		if lines[i] == "" {
			continue
		}
		if name, end, found := strings.Cut(lines[i], "<<"); found && !strings.Contains(name, "=") {
			var value []string
			for i++; i < len(lines) && lines[i] != end; i++ {
				value = append(value, lines[i])
			}
			if i == len(lines) {
				t.Fatalf("%s has no end", name)
			}
			values[name] = strings.Join(value, "\n")
			continue
		}
		name, value, found := strings.Cut(lines[i], "=")
		if !found {
			t.Fatalf("not an output: %q", lines[i])
		}
		values[name] = value
	}
	return values
}

// TestStepSummaryLimit fills a step's summary to one byte beyond GitHub's limit, and then to the limit.
func TestStepSummaryLimit(t *testing.T) {
	console, log, summary, output := onActions(t)
	const before = 1000
	if err := os.WriteFile(summary, make([]byte, before), 0o600); err != nil {
		t.Fatal(err)
	}
	space := maxStepSummary - 1 - before - len("\n\n")
	console.WriteStep(make([]byte, space+1), nil)
	if got := len(read(t, summary)); got != before {
		t.Errorf("%d bytes", got)
	}
	const warning = "::warning title=gpufleet::cannot write the step summary " +
		"($GITHUB_STEP_SUMMARY): it would have 1048576 bytes"
	if !strings.HasPrefix(log.String(), warning) {
		t.Error(log)
	}
	console.WriteStep(make([]byte, space), []StepOutput{{"a", "b"}})
	if got := len(read(t, summary)); got != maxStepSummary-1 {
		t.Errorf("%d bytes", got)
	}
	if console.Warnings != 1 || parseOutputs(t, read(t, output))["a"] != "b" {
		t.Error(console.Warnings, log)
	}
}

// TestWriteStepFails makes both files unwritable, which costs two warnings.
func TestWriteStepFails(t *testing.T) {
	console, log, summary, output := onActions(t)
	for _, path := range []string{summary, output} {
		if err := os.Mkdir(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	console.WriteStep([]byte("x"), []StepOutput{{"a", "b"}})
	for _, part := range []string{
		"::warning title=gpufleet::cannot write the step summary ",
		"::warning title=gpufleet::cannot write the step outputs ",
	} {
		if !strings.Contains(log.String(), part) {
			t.Errorf("%q is not in %s", part, log)
		}
	}
	if console.Warnings != 2 {
		t.Error(console.Warnings)
	}
}

func TestNotOnActions(t *testing.T) {
	var out, errs strings.Builder
	console := New(&out, &errs, func(string) string { return "" })
	console.Warn("100%")
	console.Error(errors.New("no"))
	if console.OnActions() || errs.String() != "gpufleet: warning: 100%\ngpufleet: no\n" || out.Len() > 0 {
		t.Error(errs.String(), out.String())
	}
}
