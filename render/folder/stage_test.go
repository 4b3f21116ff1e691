package folder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"gpufleet/fetch/manifest"
)

func openStage(t *testing.T, ctx context.Context, dir string) (*Folder, *Stage) {
	t.Helper()
	f, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	s, err := f.Stage(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return f, s
}

func TestCreateRefuses(t *testing.T) {
	_, s := openStage(t, t.Context(), t.TempDir())
	for _, path := range []string{"", "..", "/etc/passwd", "a/../x", "a//b", `a\b`, "C:/x", ".git/config", "a/.b",
		"manifest.json", "a\nb", "name.", "é.html", "\xff", strings.Repeat("x", 256)} {
		if _, err := s.Create(path); err == nil {
			t.Errorf("%q was accepted", path)
		} else {
			wantError(t, err, strconv.Quote(path))
		}
	}
	for _, path := range []string{
		".nojekyll", "a", "b/c.html", "b/manifest.json", "static/app-1.2_x.js", "404.html", "_x/-y",
	} {
		if err := create(s, path, "x"); err != nil {
			t.Error(err)
		}
	}
	for path, says := range map[string]string{
		"a":        "twice",
		"A":        "twice",
		"B/C.HTML": "twice",
		"a/x":      "both",
		"b":        "both",
		"B":        "both",
		"A/x/y":    "both",
	} {
		_, err := s.Create(path)
		wantError(t, err, strconv.Quote(path), says)
	}
}

func TestStageIsPrivateAndOnce(t *testing.T) {
	dir := t.TempDir()
	f, s := openStage(t, t.Context(), dir)
	if err := create(s, "a/b.html", "x"); err != nil {
		t.Fatal(err)
	}
	found := readTree(t, dir)
	stage := stagePrefix + strconv.Itoa(os.Getpid())
	if found[stage] != "drwx------" || len(found) != 4 {
		t.Errorf("while staging the folder has %q", found)
	}
	if _, err := f.Stage(t.Context()); err == nil {
		t.Error("a second stage")
	}
}

// Only what a killed run left is removed: folders with a marker, and markers beside the name of an empty folder.
func TestStageRemovesLeftovers(t *testing.T) {
	dir, elsewhere := t.TempDir(), t.TempDir()
	write(t, elsewhere, site{"x": "x", markerName: markerLine})
	write(t, dir, site{
		".gpufleet-1/a/b":                       "left",
		".gpufleet-1/" + markerName:             markerLine + "more\n",
		".gpufleet-99999999999/x":               "left",
		".gpufleet-99999999999/.gpufleet-stage": markerLine,
		".gpufleet-20.stage":                    markerLine,
		".gpufleet-21.stage":                    markerLine[:7],
		".gpufleet-22.stage":                    "",
	})
	for _, name := range []string{".gpufleet-20", ".gpufleet-23"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	mine := site{
		".gpufleet-12345/x":                    "mine",
		".gpufleet-12346/" + markerName:        "mine",
		".gpufleet-12347/" + markerName:        markerLine[:7],
		".gpufleet-12348/" + markerName + "/x": markerLine,
		".gpufleet-12349/x/" + markerName:      markerLine,
		".gpufleet-7x/" + markerName:           markerLine,
		".gpufleet-3":                          "a file",
		".gpufleet-30.stage":                   "mine",
		".gpufleet-31.stage/x":                 "a folder",
		".gpufleet-x.stage":                    markerLine,
		"x/.gpufleet-1/" + markerName:          markerLine,
	}
	symlinks := map[string]string{".gpufleet-4": elsewhere, ".gpufleet-12351": elsewhere, ".gpufleet-1/out": elsewhere}
	for name, to := range symlinks {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	write(t, dir, mine)
	want := readTree(t, dir)
	for _, path := range []string{
		".gpufleet-1", ".gpufleet-1/" + markerName, ".gpufleet-1/a", ".gpufleet-1/a/b", ".gpufleet-1/out",
		".gpufleet-99999999999", ".gpufleet-99999999999/x", ".gpufleet-99999999999/" + markerName,
		".gpufleet-20", ".gpufleet-20.stage", ".gpufleet-21.stage", ".gpufleet-22.stage",
	} {
		if want[path] == "" {
			t.Errorf("no %s", path)
		}
		delete(want, path)
	}
	f, _ := openStage(t, t.Context(), dir)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	sameTree(t, "leftovers", want, readTree(t, dir))
	if _, err := os.Stat(filepath.Join(elsewhere, "x")); err != nil {
		t.Error(err)
	}
}

// A marker beside a folder with content doesn't make it ours.
func TestHalfStageWithContent(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, site{".gpufleet-1.stage": markerLine, ".gpufleet-1/x": "mine"})
	want := readTree(t, dir)
	delete(want, ".gpufleet-1.stage")
	f, _ := openStage(t, t.Context(), dir)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	sameTree(t, "closed", want, readTree(t, dir))
}

// If the user has a file or folder with the name of the stage, the stage gets another name.
func TestStageNameTaken(t *testing.T) {
	name := stagePrefix + strconv.Itoa(os.Getpid())
	for _, taken := range []string{name, name + "/x"} {
		dir := t.TempDir()
		write(t, dir, site{taken: "mine"})
		mine := readTree(t, dir).timeless()
		delete(mine, ".")
		mustRun(t, dir, first)
		sameTree(t, "placed", expected(t, first, mine), readTree(t, dir).timeless())
	}
}

func TestCancelledWhileStaging(t *testing.T) {
	dir := t.TempDir()
	mustRun(t, dir, first)
	before := readTree(t, dir)
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("the user pressed ctrl-c")
	f, s := openStage(t, ctx, dir)
	if err := create(s, "index.html", "x"); err != nil {
		t.Fatal(err)
	}
	w, err := s.Create("big")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, "first half"); err != nil {
		t.Fatal(err)
	}
	cancel(cause)
	if n, err := io.WriteString(w, "second half"); n != 0 || !errors.Is(err, cause) {
		t.Errorf("write: %d, %v", n, err)
	}
	if err := w.Close(); !errors.Is(err, cause) {
		t.Errorf("close: %v", err)
	}
	if _, err := s.Place(manifest.Manifest{}); !errors.Is(err, cause) {
		t.Errorf("place: %v", err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	sameTree(t, "cancelled", before, readTree(t, dir))

	f, err = Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Stage(ctx); !errors.Is(err, cause) {
		t.Errorf("stage: %v", err)
	}
	sameTree(t, "cancelled before", before, readTree(t, dir))
}

// Once Commit has started, it ignores the context.
func TestCancelledWhilePlacing(t *testing.T) {
	dir := t.TempDir()
	mustRun(t, dir, first)
	ctx, cancel := context.WithCancel(t.Context())
	f, s := openStage(t, ctx, dir)
	for path, data := range second {
		if err := create(s, path, data); err != nil {
			t.Fatal(err)
		}
	}
	f.disk = &testDisk{disk: f.disk, before: func(op string) error {
		if strings.HasPrefix(op, "rename") {
			cancel()
		}
		return nil
	}}
	if _, err := s.Place(manifest.Manifest{Source: "demo", Audience: "public"}); err != nil || ctx.Err() == nil {
		t.Fatal(err, ctx.Err())
	}
	f.Close()
	sameTree(t, "placed", expected(t, second, nil), readTree(t, dir).timeless())
}

func TestWriter(t *testing.T) {
	f, s := openStage(t, t.Context(), t.TempDir())
	w, err := s.Create("x")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("x")); !errors.Is(err, os.ErrClosed) {
		t.Errorf("write after close: %v", err)
	}
	if err := w.Close(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("close twice: %v", err)
	}

	f.disk = &testDisk{disk: f.disk, before: func(op string) error {
		if strings.HasPrefix(op, "write") {
			return errNoSpace
		}
		return nil
	}}
	for _, size := range []int{10, 1 << 20} { // noticed by Close and by Write
		path := fmt.Sprintf("%d.html", size)
		w, err := s.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		_, writing := w.Write(make([]byte, size))
		if (writing != nil) != (size > 1000) {
			t.Errorf("write of %d: %v", size, writing)
		}
		err = w.Close()
		wantError(t, err, "cannot write "+f.display(path)+": no space left on device; free some disk space")
		if !errors.Is(err, errNoSpace) {
			t.Errorf("%v is not ENOSPC", err)
		}
	}
	f.disk.(*testDisk).before = func(op string) error {
		if strings.HasPrefix(op, "close") {
			return errNoSpace
		}
		return nil
	}
	if err := create(s, "y", "some"); !errors.Is(err, errNoSpace) {
		t.Errorf("an error of the system's close: %v", err)
	}
	if _, err := s.Place(manifest.Manifest{}); err == nil {
		t.Error("placed a file that could not be written")
	}
}

func TestCreateFromManyGoroutines(t *testing.T) {
	dir := t.TempDir()
	f, s := openStage(t, t.Context(), dir)
	files := site{}
	for i := range 40 {
		files[fmt.Sprintf("d%d/%d.html", i%3, i)] = strings.Repeat(strconv.Itoa(i), i*1000)
	}
	var group sync.WaitGroup
	for path, data := range files {
		group.Go(func() {
			if err := create(s, path, data); err != nil {
				t.Error(err)
			}
			if _, err := s.Create(path); err == nil {
				t.Errorf("%s twice", path)
			}
		})
	}
	group.Wait()
	if _, err := s.Place(manifest.Manifest{Source: "demo", Audience: "public"}); err != nil {
		t.Fatal(err)
	}
	f.Close()
	sameTree(t, "placed", expected(t, files, nil), readTree(t, dir).timeless())
}
