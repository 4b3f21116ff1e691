package e2e

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestSignalledAtAnyMoment sends SIGINT, SIGTERM and SIGHUP at random moments. The run must end within 2 seconds, its
// exit code must say whether the folder is the old one or the new one, and it must leave nothing else behind, not even
// in the folder for temporary files.
func TestSignalledAtAnyMoment(t *testing.T) {
	random := newRandom(t)
	dir := quickDir(t)
	tmp := filepath.Join(dir, "tmp")
	if err := os.Mkdir(tmp, 0o755); err != nil {
		t.Fatal(err)
	}
	files := []string{
		write(t, filepath.Join(dir, "0.json"), smallFleet(0)),
		write(t, filepath.Join(dir, "1.json"), smallFleet(1)),
	}
	out := filepath.Join(dir, "out")
	mustRender(t, out, files[0])
	addForeign(t, out)
	longest := (job{args: []string{"--input", files[0], "--out", filepath.Join(dir, "try")}, process: true}).run(t).took
	before := plainContents(t, out)
	codes := map[int]int{}
	for n := range 40 {
		signal := []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP}[n%3]
		c := job{
			args: []string{"--input", files[(n+1)%2], "--out", out},
			env:  []string{"TMPDIR=" + tmp},
		}.command(context.Background())
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		// A signal that comes before the program handles signals kills it like any other program.
		time.Sleep(time.Duration(random.Int64N(int64(longest))))
		start := time.Now()
		c.Process.Signal(signal)
		err := c.Wait()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("%v: the run went on for %v", signal, took)
		}
		after := plainContents(t, out)
		code := c.ProcessState.ExitCode()
		codes[code]++
		switch code {
		case 0:
			wantManifest(t, "a run that was signalled late", after)
		case 128 + int(signal), -1:
			if !maps.Equal(before, after) {
				t.Errorf("%v: exit code %d, but the folder has changed", signal, code)
			}
		default:
			t.Errorf("%v: exit code %d", signal, code)
		}
		for _, place := range []string{out, tmp} {
			filepath.WalkDir(place, func(path string, d fs.DirEntry, err error) error {
				if strings.HasPrefix(d.Name(), stagePrefix) || place == tmp && path != tmp {
					t.Errorf("%v: %s is left behind", signal, path)
				}
				return err
			})
		}
		before = after
	}
	t.Logf("exit codes: %v", codes)
	if codes[129]+codes[130]+codes[143] == 0 {
		t.Errorf("the moments are badly chosen: exit codes %v", codes)
	}
}

// TestEightRunsAtOnce starts eight runs into one folder. At least one must succeed. The others must report that
// another run is in progress and exit with 1. The folder must be that of one run.
func TestEightRunsAtOnce(t *testing.T) {
	dir := quickDir(t)
	for round := range 3 {
		out := filepath.Join(dir, fmt.Sprint("out", round))
		if round > 0 {
			mustRender(t, out, write(t, filepath.Join(dir, "old.json"), smallFleet(7)))
		}
		outcomes := make(chan outcome, 8)
		begin := make(chan bool)
		for n := range 8 {
			file := write(t, filepath.Join(dir, fmt.Sprint(n, ".json")), smallFleet(n))
			go func() {
				<-begin
				outcomes <- job{args: []string{"--input", file, "--out", out}, process: true}.run(t)
			}()
		}
		close(begin)
		won := 0
		for range 8 {
			switch o := <-outcomes; {
			case o.code == 0:
				won++
			case o.code != 1 || !strings.Contains(o.stderr, "another run") || !strings.Contains(o.stderr, out):
				t.Errorf("exit code %d: %s", o.code, o.stderr)
			}
		}
		t.Logf("%d of 8 won", won)
		if won == 0 {
			t.Error("no run won")
		}
		files := plainContents(t, out)
		wantManifest(t, "eight runs", files)
		if n := leftovers(files); n > 0 {
			t.Errorf("%d leftovers", n)
		}
	}
}
