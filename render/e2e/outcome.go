package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
)

// exits runs a program that must exit with a code. It also checks what the program promises for every failure:
//
//   - Errors are on standard error only, after the program's name.
//   - They don't contain the word SECRET, which scripts write wherever a text must not be repeated.
//   - A run that exits with 1 to 4 changes, adds and removes no file. Without --out it runs twice: into the folder
//     "out" as it is, and into a folder that doesn't exist, and must not exist afterwards.
func (run Run) exits(ts *testscript.TestScript, _ bool, args []string) {
	code, err := strconv.Atoi(args[0])
	ts.Check(err)
	program := args[1:]
	leavesAll := code >= 1 && code <= 4
	var before map[string]string
	if leavesAll {
		before = mustRead(ts, ".")
	}
	o := run.program(ts, program)
	wantExit(ts, code, o)
	if leavesAll {
		wantSame(ts, before, mustRead(ts, "."))
		if !slices.Contains(program, "--out") {
			ts.Setenv("GPUFLEET_OUT", filepath.Join("new", "folder"))
			o = run.program(ts, program)
			ts.Setenv("GPUFLEET_OUT", "")
			wantExit(ts, code, o)
			if _, err := os.Stat(ts.MkAbs("new")); !os.IsNotExist(err) {
				ts.Fatalf("a run that failed made a folder: %v", err)
			}
			wantSame(ts, before, mustRead(ts, "."))
		}
	}
	o.print(ts)
}

func wantExit(ts *testscript.TestScript, code int, o outcome) {
	if o.code != code {
		ts.Fatalf("exit code %d, want %d: %s%s", o.code, code, o.stdout, o.stderr)
	}
	const check = 5 // a check tripped, so the report is written and announced
	if code != 0 && (o.stdout != "" && code != check || !strings.HasPrefix(o.stderr, "gpufleet: ")) {
		ts.Fatalf("an error belongs on standard error, after the program's name: %s%s", o.stdout, o.stderr)
	}
	if strings.Contains(o.stdout+o.stderr, "SECRET") {
		ts.Fatalf("a message contains SECRET: %s%s", o.stdout, o.stderr)
	}
}

// interruptedRun sends a signal to a run that waits for a server's answer.
func interruptedRun(ts *testscript.TestScript, _ bool, args []string) {
	signal, known := map[string]syscall.Signal{
		"HUP": syscall.SIGHUP, "INT": syscall.SIGINT, "TERM": syscall.SIGTERM,
	}[args[0]]
	server := ts.Value(standIns{}).(map[string]*standIn)[args[1]]
	if !known || server == nil {
		ts.Fatalf("unknown signal %s or server %s", args[0], args[1])
	}
	dir, err := os.MkdirTemp("", "gpufleet")
	ts.Check(err)
	defer os.RemoveAll(dir)
	pid := filepath.Join(dir, "pid")
	sent := make(chan time.Time, 1)
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		select {
		case <-server.asked:
			sent <- time.Now()
			kill(pid, signal)
		case <-time.After(time.Minute):
			kill(pid, syscall.SIGKILL)
		case <-ended:
		}
	}()
	before := mustRead(ts, ".")
	// The shell writes down its process ID, which the program then takes over.
	o := Run(nil).program(ts, append([]string{"sh", "-c", `echo $$ >"$0"; exec "$@"`, pid}, args[2:]...))
	wantExit(ts, 128+int(signal), o)
	if len(sent) == 0 {
		ts.Fatalf("the run ended without a signal")
	}
	if took := time.Since(<-sent); took > 2*time.Second {
		ts.Fatalf("the run went on for %v after the signal", took)
	}
	wantSame(ts, before, mustRead(ts, "."))
}

// kill sends a signal to the process whose ID is in a file, unless it has already ended.
func kill(file string, signal syscall.Signal) {
	text, _ := os.ReadFile(file)
	number, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return
	}
	if process, err := os.FindProcess(number); err == nil {
		process.Signal(signal)
	}
}

func mustRead(ts *testscript.TestScript, dir string) map[string]string {
	files, err := readFolder(ts.MkAbs(dir))
	ts.Check(err)
	return files
}

// mustHaveFiles is mustRead for a folder that must not be empty.
func mustHaveFiles(ts *testscript.TestScript, dir string) map[string]string {
	files := mustRead(ts, dir)
	if len(files) == 0 {
		ts.Fatalf("%s has no files", dir)
	}
	return files
}

func wantSame(ts *testscript.TestScript, want, got map[string]string) {
	if diff := cmp.Diff(want, got); diff != "" {
		ts.Fatalf("the files differ: %s", diff)
	}
}
