package main

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/xuri/excelize/v2"

	"gpufleet/render/e2e"
)

var update = flag.Bool("update", false, "write what the program writes now as the expected outputs")

// TestMain makes this test binary the program gpufleet when a script runs it.
func TestMain(m *testing.M) { testscript.Main(m, map[string]func(){"gpufleet": main}) }

// TestScripts runs the program as its users do, with one script for each subject.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "render/e2e/testdata/scripts", Setup: e2e.Setup, Cmds: e2e.Commands(),
		RequireExplicitExec: true, RequireUniqueNames: true,
	})
}

// moment is the time that the tests run at.
const moment = "1795435200" // 2026-11-23 12:00 UTC

// outcome is what a run left.
type outcome struct {
	code           int
	stdout, stderr string
}

// execute runs the program in this process. The environment holds nothing of the caller's that the program reads.
func execute(t *testing.T, env map[string]string, args ...string) outcome {
	t.Helper()
	return executeWith(t, context.Background(), env, nil, args...)
}

func executeWith(t *testing.T, ctx context.Context, env map[string]string, stdin io.Reader, args ...string) outcome {
	t.Helper()
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "GPUFLEET_") || name == "API_URL" || name == "ACCESS_TOKEN" || name == "NEBULA_BLOCK_API_KEY" ||
			name == "GITHUB_ACTIONS" {
			t.Setenv(name, "")
		}
	}
	t.Setenv("SOURCE_DATE_EPOCH", moment)
	for name, value := range env {
		t.Setenv(name, value)
	}
	var stdout, stderr bytes.Buffer
	code := run(ctx, append([]string{"gpufleet"}, args...), stdin, &stdout, &stderr)
	return outcome{code, stdout.String(), stderr.String()}
}

// want checks an outcome's code, that an error is on standard error alone, and that it says each of the parts.
func (o outcome) want(t *testing.T, code int, parts ...string) {
	t.Helper()
	if o.code != code {
		t.Errorf("exit code %d, want %d: %s", o.code, code, o.stderr)
	}
	for _, part := range parts {
		if !strings.Contains(o.stderr, part) {
			t.Errorf("standard error does not say %q: %s", part, o.stderr)
		}
	}
	if code != exitWritten && (o.stdout != "" && code != exitCheck || !strings.HasPrefix(o.stderr, "gpufleet: ")) {
		t.Errorf("an error belongs on standard error, behind the program's name: %q, %q", o.stdout, o.stderr)
	}
}

// contents returns every file below dir by its path, hidden ones too.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		files[filepath.ToSlash(name)] = string(content)
		return err
	})
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return files
}

func write(t *testing.T, path, content string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestInterruptedAtPipe interrupts runs that wait for a pipe that nobody writes to.
func TestInterruptedAtPipe(t *testing.T) {
	t.Parallel()
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for signal, args := range map[syscall.Signal][]string{
		syscall.SIGINT:  {"--token-file", pipe},
		syscall.SIGTERM: {"--demo", "--prices", pipe},
	} {
		ctx, cancel := context.WithCancelCause(context.Background())
		time.AfterFunc(20*time.Millisecond, func() { cancel(interrupted{signal}) })
		out := filepath.Join(t.TempDir(), "out")
		var stdout, stderr bytes.Buffer
		code := run(ctx, append([]string{"gpufleet", "--out", out}, args...), nil, &stdout, &stderr)
		if code != exitInterrupted+int(signal) || !strings.Contains(stderr.String(), "as before") || stdout.Len() > 0 {
			t.Errorf("%v: exit code %d: %s%s", signal, code, &stdout, &stderr)
		}
		if _, err := os.Stat(out); !os.IsNotExist(err) {
			t.Errorf("%v: an interrupted run made a folder", signal)
		}
	}
}

// TestPanic makes the program panic with a value that must not be shown, the second time after it has read secrets.
func TestPanic(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	token := filepath.Join(dir, "token")
	if err := os.WriteFile(token, []byte("SECRET"), 0o600); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `{"data": [{"id": 1, "vm_password": "SECRET", "user": "SECRET"}],
			"total_instance": 1, "status": "success"}`)
	}))
	defer server.Close()
	fetching := []string{"--api-url", server.URL, "--token-file", token, "--out", filepath.Join(dir, "out")}
	for _, args := range [][]string{{"--version"}, fetching} {
		var stderr bytes.Buffer
		code := run(context.Background(), append([]string{"gpufleet"}, args...), nil, panicking{}, &stderr)
		if code != exitFailed || !strings.HasPrefix(stderr.String(), "gpufleet: internal error (string)") ||
			!strings.Contains(stderr.String(), "goroutine") || strings.Contains(stderr.String(), "SECRET") {
			t.Error(args, code, stderr.String())
		}
	}
	for _, value := range []any{"SECRET", fmt.Errorf("SECRET"), struct{ s string }{"SECRET"}} {
		if text := panicText(value); strings.Contains(text, "SECRET") {
			t.Errorf("%T: %s", value, text)
		}
	}
}

type panicking struct{}

func (panicking) Write([]byte) (int, error) { panic("SECRET") }

func gunzip(t *testing.T, content string) string {
	t.Helper()
	reader, err := gzip.NewReader(strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// unzip returns the parts of a workbook.
func unzip(t *testing.T, content string) map[string]string {
	t.Helper()
	archive, err := zip.NewReader(strings.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]string{}
	for _, file := range archive.File {
		reader, err := file.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(reader)
		if err != nil {
			t.Fatal(err)
		}
		parts[file.Name] = string(text)
	}
	return parts
}

// everything returns every file below dir, unpacked, and every part of the workbook.
func everything(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := contents(t, dir)
	for part, text := range unzip(t, files["fleet.xlsx"]) {
		files["fleet.xlsx/"+part] = text
	}
	for path, content := range files {
		if strings.HasSuffix(path, ".gz") {
			files[path] = gunzip(t, content)
		}
	}
	delete(files, "manifest.json") // it holds hashes, whose digits are chance
	return files
}

// TestGolden compares the main outputs of both known replies, and the demo's workbook, with what they were. A person has read what is there.
func TestGolden(t *testing.T) {
	for name, paths := range map[string][]string{
		"reply-2024-11": {"index.html", "summary.md", "fleet.txt", "data/instances.json"},
		"reply-2025":    {"index.html", "summary.md", "fleet.txt", "data/instances.json"},
		"demo":          {"fleet.txt"},
	} {
		out := filepath.Join(t.TempDir(), "out")
		source := []string{"--input", filepath.Join("fetch", "testdata", name+".json")}
		if name == "demo" {
			source = []string{"--demo", "--budget", "150000"}
		}
		execute(t, nil, append(source, "--out", out)...).want(t, 0)
		files := contents(t, out)
		files["fleet.txt"] = workbookText(t, files["fleet.xlsx"])
		for _, path := range paths {
			golden := filepath.Join("render", "testdata", name, filepath.Base(path))
			if *update {
				write(t, golden, files[path])
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), files[path]); diff != "" {
				t.Errorf("%s %s: %s", name, path, diff)
			}
		}
	}
}

// workbookText writes a workbook down, a line a cell: its place, its type as the file has it, its value, and how
// Excel shows that where it shows something else.
func workbookText(t *testing.T, content string) string {
	t.Helper()
	book, err := excelize.OpenReader(strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	types := map[excelize.CellType]string{excelize.CellTypeUnset: "number", excelize.CellTypeNumber: "number", excelize.CellTypeInlineString: "text",
		excelize.CellTypeSharedString: "text", excelize.CellTypeFormula: "formula", excelize.CellTypeBool: "boolean", excelize.CellTypeDate: "date"}
	var b strings.Builder
	for _, sheet := range book.GetSheetList() {
		fmt.Fprintf(&b, "== %s\n", sheet)
		rows, err := book.GetRows(sheet, excelize.Options{RawCellValue: true})
		if err != nil {
			t.Fatal(err)
		}
		for r, row := range rows {
			for c, value := range row {
				cell, _ := excelize.CoordinatesToCellName(c+1, r+1)
				shown, _ := book.GetCellValue(sheet, cell)
				kind, _ := book.GetCellType(sheet, cell)
				formula, _ := book.GetCellFormula(sheet, cell)
				if value == "" && formula == "" {
					continue
				}
				fmt.Fprintf(&b, "%s %s %s", cell, types[kind], value)
				if formula != "" {
					fmt.Fprintf(&b, " =%s", formula)
				}
				if shown != value {
					fmt.Fprintf(&b, " shown as %s", shown)
				}
				b.WriteString("\n")
			}
		}
	}
	return b.String()
}
