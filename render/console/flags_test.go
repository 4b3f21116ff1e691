package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/urfave/cli/v2"

	"gpufleet/fetch/exit"
	"gpufleet/fetch/fleet"
)

// TestRun parses arguments of each kind. Only a run of the program may call the action.
func TestRun(t *testing.T) {
	failed := errors.New("disk full")
	for args, test := range map[string]struct {
		acted  bool
		code   int
		stdout string
	}{
		"--demo":         {true, exit.Failed, ""},
		"--help":         {false, exit.Written, "--api-url URL"},
		"-h":             {false, exit.Written, "--api-url URL"},
		"--version":      {false, exit.Written, "(commit "},
		"--demo extra":   {false, exit.Usage, ""},
		"--help extra":   {false, exit.Usage, ""},
		"help":           {false, exit.Usage, ""},
		"--nonsense":     {false, exit.Usage, ""},
		"--demo --out":   {false, exit.Usage, ""},
		"--demo=perhaps": {false, exit.Usage, ""},
	} {
		var stdout strings.Builder
		acted := false
		console := New(&stdout, io.Discard, func(string) string { return "" })
		err := console.Run(t.Context(), append([]string{"gpufleet"}, strings.Fields(args)...), func(v *Values) error {
			acted = true
			return failed
		})
		if acted != test.acted || exit.Code(err) != test.code || !strings.Contains(stdout.String(), test.stdout) {
			t.Errorf("%s: acted %v, error %v (exit code %d), printed %q", args, acted, err, exit.Code(err), stdout.String())
		}
	}
}

// readAll parses arguments and reads the values of all flags, as the program does.
func readAll(getenv func(string) string, args ...string) error {
	return New(io.Discard, io.Discard, getenv).Run(context.Background(), append([]string{"gpufleet"}, args...),
		func(v *Values) error {
			for _, flag := range v.App.Flags {
				switch flag := flag.(type) {
				case *cli.GenericFlag:
					v.Text(flag.Name)
				case *cli.StringSliceFlag:
					v.List(flag.Name)
				}
			}
			return v.Err
		})
}

// TestRepeatedFlags gives every flag twice. Only a list of paths keeps both values.
func TestRepeatedFlags(t *testing.T) {
	none := func(string) string { return "" }
	for _, group := range Groups() {
		for _, flag := range group.Flags {
			name, want := "--"+flag.Names()[0], exit.Usage
			args := []string{name + "=1", name, "1"}
			switch flag.(type) {
			case *cli.StringSliceFlag:
				want = exit.Written
			case *cli.BoolFlag:
				args = []string{name, name + "=false"}
			}
			if name == "--help" {
				continue // the library answers before it runs anything
			}
			err := readAll(none, args...)
			if exit.Code(err) != want || err != nil && !strings.Contains(err.Error(), name+" is given more than once") {
				t.Errorf("%q: %v", args, err)
			}
			if err := readAll(none, args[0]); exit.Code(err) != exit.Written {
				t.Errorf("once, %s: %v", args[0], err)
			}
		}
	}
	err := readAll(none, "--hide", "os", "--hide=id")
	if err == nil || !strings.Contains(err.Error(), "with commas between") {
		t.Error(err)
	}
}

// TestTildeInPaths begins the value of every flag with a ~, on the command line and in its variable. In a path, it is a
// mistake.
func TestTildeInPaths(t *testing.T) {
	for _, group := range Groups() {
		for _, flag := range group.Flags {
			name := flag.Names()[0]
			if _, isSwitch := flag.(*cli.BoolFlag); isSwitch {
				continue
			}
			usage := flag.(cli.DocGenerationFlag).GetUsage()
			isPath := regexp.MustCompile("`(FILE|DIR|PLACE)").MatchString(usage)
			for path, isHome := range map[string]bool{"~": true, " ~/x": true, "~user/x": true, "./~x": false, "x~": false} {
				getenv := func(variable string) string {
					if variable == variableName(name) {
						return path
					}
					return ""
				}
				none := func(string) string { return "" }
				for _, err := range []error{readAll(none, "--"+name, path), readAll(getenv)} {
					if (exit.Code(err) == exit.Usage) != (isPath && isHome) {
						t.Errorf("--%s %q: %v", name, path, err)
					}
				}
			}
		}
	}
}

// TestConcurrentRuns checks that runs in one process share neither flags nor environment.
func TestConcurrentRuns(t *testing.T) {
	var runs sync.WaitGroup
	for i := range 20 {
		runs.Go(func() {
			title, out := fmt.Sprint("title ", i), fmt.Sprint("out", i)
			getenv := func(name string) string { return map[string]string{"GPUFLEET_TITLE": title}[name] }
			console := New(io.Discard, io.Discard, getenv)
			err := console.Run(context.Background(), []string{"gpufleet", "--out", out, "--input", out}, func(v *Values) error {
				if got := v.Text("title") + v.Text("out") + strings.Join(v.List("input"), ","); got != title+out+out {
					t.Errorf("run %d reads %q", i, got)
				}
				return v.Err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	runs.Wait()
}

// stopped is the error of a run that was ended by a signal.
type stopped struct{}

func (stopped) Error() string { return "stopped" }
func (stopped) ExitCode() int { return 130 }

func TestUsageErrorExitCode(t *testing.T) {
	if got := exit.Code(Usagef("--notes x.md: %w", errors.New("no such file"))); got != exit.Usage {
		t.Errorf("a mistake: exit code %d", got)
	}
	if got := exit.Code(Usagef("--notes x.md: %w", stopped{})); got != 130 {
		t.Errorf("a signal while a file is read: exit code %d", got)
	}
}

// TestHelpFitsAScreen checks the size of the help, and that wrapping loses no word.
func TestHelpFitsAScreen(t *testing.T) {
	help := Help(Groups())
	if n := strings.Count(help, "\n"); n > 52 {
		t.Errorf("the help has %d lines", n)
	}
	for line := range strings.Lines(help) {
		if len(line) > helpWidth+len("\n") {
			t.Errorf("more than %d columns: %s", helpWidth, line)
		}
	}
	words := strings.Join(strings.Fields(help), " ")
	for _, hideable := range fleet.Hideable() {
		if !strings.Contains(words, hideable) {
			t.Errorf("the help doesn't mention %s", hideable)
		}
	}
}
