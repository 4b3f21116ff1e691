package fetch

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// saved writes replies into files and returns their paths.
func saved(t *testing.T, replies ...string) []string {
	t.Helper()
	var paths []string
	for i, text := range replies {
		path := filepath.Join(t.TempDir(), string(rune('a'+i))+".json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return paths
}

func TestSaved(t *testing.T) {
	ctx := context.Background()
	list, err := Saved(ctx, saved(t, reply(5, rows(1, 3)...), reply(5, rows(3, 5)...)), nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(numbers(1, 5), ids(list)); diff != "" {
		t.Error(diff)
	}
	// Rows without an ID are separate instances, whatever other rows are in their file or in another.
	list, err = Saved(ctx, saved(t,
		reply(6, `{"id": 1}`, `{"host_name": "x"}`),
		reply(6, `{"id": 1}`, `{"host_name": "x"}`, `{"host_name": "y"}`),
		reply(6, `{"host_name": "x"}`, `{"host_name": "x"}`)), nil)
	if err != nil || len(list.Instances) != 6 {
		t.Errorf("%v, %v", list, err)
	}
	list, err = Saved(ctx, append(saved(t, reply(5, rows(1, 3)...)), Stdin), strings.NewReader(reply(5, rows(4, 5)...)))
	if err != nil || len(list.Instances) != 5 {
		t.Errorf("%v, %v", list, err)
	}
}

func TestSavedErrors(t *testing.T) {
	ctx := context.Background()
	_, err := Saved(ctx, saved(t, reply(5, rows(1, 3)...)), nil)
	wantError(t, err, Incomplete, "3 of 5")
	_, err = Saved(ctx, []string{"no/such/file.json"}, nil)
	wantError(t, err, BadInput, "no/such/file.json", "no such file")
	_, err = Saved(ctx, []string{t.TempDir()}, nil)
	wantError(t, err, BadInput, "is a directory")
	for _, text := range []string{"", "{", `{"data": [`, `<html>`} {
		path := saved(t, text)
		_, err = Saved(ctx, path, nil)
		wantError(t, err, BadAPI, path[0])
	}
}

// TestSavedStops reads a pipe that nobody writes to and an input that never ends: both stop with the context.
func TestSavedStops(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	silent, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	for _, path := range []string{pipe, Stdin} {
		stopped := errors.New("stopped")
		ctx, cancel := context.WithCancelCause(context.Background())
		time.AfterFunc(20*time.Millisecond, func() { cancel(stopped) })
		if _, err := Saved(ctx, []string{path}, silent); !errors.Is(err, stopped) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestDemo(t *testing.T) {
	source := Source{Demo: true, Accounts: DemoAccounts()}
	list, err := source.Fleet(context.Background(), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, in := range list.Instances {
		seen[in.Status], seen[in.Model()], seen[in.RegionName()], seen["account "+in.Account] = true, true, true, true
		if !in.Price.Known {
			seen["unpriced"] = true
		}
	}
	for _, want := range []string{
		"Running", "Stopped", "Deploying", "Error", "CPU only", "unpriced", "CANADA-1", "NORWAY-1", "H100-80G-SXM",
		"RTX-A6000", "account production", "account development",
	} {
		if !seen[want] {
			t.Errorf("the sample shows no %s", want)
		}
	}
	if n := len(list.Instances); n < 50 || n > 70 {
		t.Errorf("%d instances", n)
	}
	if lines := list.Warnings.Lines(); len(lines) > 0 {
		t.Errorf("warnings: %q", lines)
	}
}
