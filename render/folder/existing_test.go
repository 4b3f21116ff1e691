package folder

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"gpufleet/fetch/manifest"
)

// TestExistingFiles replaces files by ones that are the same, or the same up to a point, in writes of several sizes.
func TestExistingFiles(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("0123456789abcdef", 10_000) // longer than any buffer
	for name, test := range map[string]struct{ old, now string }{
		"the same":            {long, long},
		"empty":               {"", ""},
		"begins otherwise":    {"x" + long, "y" + long},
		"ends otherwise":      {long + "x", long + "y"},
		"goes on":             {long, long + "x"},
		"stops":               {long + "x", long},
		"was empty":           {"", long},
		"becomes empty":       {long, ""},
		"other in the middle": {long + "x" + long, long + "y" + long},
	} {
		for _, size := range []int{1000, 7, 32 << 10, 1 << 20} {
			dir := t.TempDir()
			mustRun(t, dir, site{"a.txt": test.old})
			backdate(t, dir)
			before := readTree(t, dir)
			f, s := openStage(t, t.Context(), dir)
			w, err := s.Create("a.txt")
			if err != nil {
				t.Fatal(err)
			}
			for rest := test.now; rest != ""; {
				n := min(size, len(rest))
				if _, err := io.WriteString(w, rest[:n]); err != nil {
					t.Fatal(err)
				}
				rest = rest[n:]
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			if entries, err := os.ReadDir(filepath.Join(dir, s.dir)); err != nil || len(entries) > 1 != (test.old != test.now) {
				t.Errorf("%s: the stage has %d files, %v", name, len(entries), err)
			}
			if _, err := s.Place(manifest.Manifest{Source: "demo", Audience: "public"}); err != nil {
				t.Fatal(err)
			}
			f.Close()
			sameTree(t, name, expected(t, site{"a.txt": test.now}, nil), readTree(t, dir).timeless())
			if now := readTree(t, dir); (before["a.txt"] == now["a.txt"]) != (test.old == test.now) {
				t.Errorf("%s: the file's time is not what it should be", name)
			}
		}
	}
}

// TestFileChangesAfterComparison changes a file after it was found unchanged. The run must notice.
func TestFileChangesAfterComparison(t *testing.T) {
	for name, test := range map[string]struct {
		change func(path string) error
		fails  bool
	}{
		"touched": {func(path string) error { return os.Chtimes(path, time.Time{}, time.Now()) }, false},
		"other bytes": {func(path string) error { return os.WriteFile(path, []byte("FIRST SUMMARY"), 0o644) },
			true},
		"other bytes, the same time": {changeSecretly, true},
		"removed":                    {os.Remove, true},
		"a folder":                   {func(path string) error { os.Remove(path); return os.Mkdir(path, 0o755) }, true},
		"a symlink": {func(path string) error { os.Remove(path); return os.Symlink("index.html", path) },
			true},
	} {
		dir := t.TempDir()
		mustRun(t, dir, first)
		backdate(t, dir)
		_, s := openStage(t, t.Context(), dir)
		for path, content := range first {
			if err := create(s, path, content); err != nil {
				t.Fatal(err)
			}
		}
		if err := test.change(filepath.Join(dir, "summary.md")); err != nil {
			t.Fatal(err)
		}
		before := readTree(t, dir)
		_, err := s.Place(manifest.Manifest{Source: "demo", Audience: "public"})
		if test.fails {
			wantError(t, err, "summary.md", "changed during", "run again")
		} else if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		sameTree(t, name, before, readTree(t, dir))
	}
}

// changeSecretly replaces a file by one of the same size and time.
func changeSecretly(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", []byte("FIRST SUMMARY"), 0o644); err != nil {
		return err
	}
	if err := os.Chtimes(path+".new", time.Time{}, info.ModTime()); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// TestFileChangesDuringComparison changes the start of a file while the rest is being compared.
func TestFileChangesDuringComparison(t *testing.T) {
	dir := t.TempDir()
	old := strings.Repeat("x", 100_000)
	mustRun(t, dir, site{"a.txt": old})
	var once sync.Once
	f, s := openStage(t, t.Context(), dir)
	f.disk = &testDisk{f.disk, func(op string) error {
		if strings.HasPrefix(op, "create ") { // at the first difference, before the same part is copied
			once.Do(func() { write(t, dir, site{"a.txt": "y" + old[1:]}) })
		}
		return nil
	}}
	w, err := s.Create("a.txt")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, old); err != nil {
		t.Fatal(err)
	}
	_, err = io.WriteString(w, "z")
	wantError(t, err, "a.txt", "changed during", "run again")
}
