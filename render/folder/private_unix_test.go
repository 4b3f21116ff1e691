//go:build unix

package folder

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"gpufleet/fetch/manifest"
)

// runAll is one run that writes the same files into several folders. The first one is private. The disks can be
// wrapped.
func runAll(dirs []string, files site, wrap ...func(disk) disk) (err error) {
	var prepared []*Prepared
	for i, dir := range dirs {
		open := Open
		if i == 0 {
			open = OpenPrivate
		}
		f, err := open(dir)
		if err != nil {
			return err
		}
		defer f.Close()
		for _, w := range wrap {
			f.disk = w(f.disk)
		}
		s, err := f.Stage(context.Background())
		if err != nil {
			return err
		}
		for _, path := range slices.Sorted(maps.Keys(files)) {
			if err := create(s, path, files[path]); err != nil {
				return err
			}
		}
		p, err := s.Prepare(manifest.Manifest{Source: "demo", Audience: "internal"})
		if err != nil {
			return err
		}
		prepared = append(prepared, p)
	}
	return Commit(prepared...)
}

// A private folder and its content are for its owner only, whatever the umask, and even if a file existed before.
func TestPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "parent", "out")
	check := func(what string) {
		t.Helper()
		for path, found := range readTree(t, filepath.Dir(dir)) {
			if mode := found[:10]; mode != "-rw-------" && mode != "drwx------" {
				t.Errorf("%s: %s is %s", what, path, mode)
			}
		}
	}
	defer syscall.Umask(syscall.Umask(0))
	if err := runAll([]string{dir}, first); err != nil {
		t.Fatal(err)
	}
	check("new")
	for path := range first {
		if err := os.Chmod(filepath.Join(dir, path), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Join(dir, manifest.Path), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := runAll([]string{dir}, first); err != nil {
		t.Fatal(err)
	}
	check("widened")

	if err := os.Chmod(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	before := readTree(t, dir)
	if err := runAll([]string{dir}, second); !errors.Is(err, ErrNotPrivate) || !strings.Contains(err.Error(), dir) {
		t.Errorf("a folder that others can read: %v", err)
	}
	sameTree(t, "refused", before, readTree(t, dir))
}

// If any operation fails on one of two folders, both are new or both are unchanged. If a run is killed, the next run
// repairs both.
func TestCommitAllOrNone(t *testing.T) {
	t.Parallel()
	for _, kill := range []bool{false, true} {
		undone := 0
		for n := 1; ; n++ {
			top := quickDir(t)
			dirs := []string{filepath.Join(top, "private"), filepath.Join(top, "out")}
			if err := runAll(dirs, first); err != nil {
				t.Fatal(err)
			}
			before := readTree(t, top)
			x := &fault{n: n, err: syscall.EIO, reads: !kill, kill: kill}
			placed := false
			err := runAll(dirs, second, x.wrap, func(inner disk) disk {
				return &testDisk{inner, func(op string) error {
					placed = placed || strings.HasSuffix(op, " index.html")
					return nil
				}}
			})
			if x.hit == "" {
				if err != nil {
					t.Fatal(err)
				}
				break
			}
			if !kill && err != nil {
				if placed {
					undone++
				}
				sameTree(t, "after a fault at "+x.hit, withoutStage(before), withoutStage(readTree(t, top)))
			}
			if err := runAll(dirs, second); err != nil {
				t.Fatalf("after %s: %v", x.hit, err)
			}
			for _, dir := range dirs {
				for path, want := range second {
					if got, _ := os.ReadFile(filepath.Join(dir, path)); string(got) != want {
						t.Errorf("after %s: %s/%s is %q", x.hit, dir, path, got)
					}
				}
				for path := range first {
					_, stays := second[path]
					if _, err := os.Stat(filepath.Join(dir, path)); err == nil && !stays {
						t.Errorf("after %s: %s/%s is still there", x.hit, dir, path)
					}
				}
			}
			os.RemoveAll(top)
		}
		if !kill && undone == 0 {
			t.Error("no fault came after a file was placed")
		}
	}
}

// withoutStage removes stages, which the next run removes too.
func withoutStage(found tree) tree {
	rest := maps.Clone(found)
	maps.DeleteFunc(rest, func(path, _ string) bool { return strings.Contains(path, stagePrefix) })
	return rest
}

func TestOverlap(t *testing.T) {
	top := t.TempDir()
	for _, dir := range []string{"out/sub", "elsewhere"} {
		if err := os.MkdirAll(filepath.Join(top, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	symlink(t, "out", filepath.Join(top, "link"))
	symlink(t, "../elsewhere", filepath.Join(top, "out", "way-out"))
	t.Chdir(top)
	for _, test := range []struct {
		private, out string
		want         bool
	}{
		{"elsewhere", "out", false},
		{"elsewhere/new/er", "out", false},
		{"out-2", "out", false},
		{"out/way-out", "out", false},
		{"new", "newer", false},
		{"out", "out", true},
		{"./out/", top + "/out", true},
		{"out/sub", "out", true},
		{"out/new/er", "out", true},
		{".", "out", true},
		{"/", "out", true},
		{"link", "out", true},
		{"link/new", "out", true},
		{"out", "link/new", true},
		{"elsewhere/new", "out/way-out", true},
		{"new/er", "new", true},
		{"new", "new/er", true},
		{"elsewhere/../out", "out", true},
	} {
		if got, err := Overlap(test.private, test.out); got != test.want || err != nil {
			t.Errorf("%s and %s: %v, %v", test.private, test.out, got, err)
		}
	}
}
