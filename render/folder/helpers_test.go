package folder

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gpufleet/fetch/manifest"
)

// tree is the content of a folder: descriptions by slash path.
type tree map[string]string

// site is the output of a run: content by slash path.
type site map[string]string

// readTree reads everything in a folder, even hidden files, and follows no symlink. The folder itself is ".". A
// missing folder is an empty tree. Only files have times, because those of folders must change.
func readTree(t *testing.T, dir string) tree {
	t.Helper()
	found := tree{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(dir, path)
		what := info.Mode().String()
		switch {
		case info.Mode().IsRegular():
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			what += info.ModTime().Format(" 15:04:05.000000000 ") + string(data)
		case info.Mode()&fs.ModeSymlink != 0:
			to, err := os.Readlink(path)
			if err != nil {
				return err
			}
			what += " -> " + to
		}
		found[filepath.ToSlash(rel)] = what
		return nil
	})
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return found
}

// timeless removes the times of the files.
func (found tree) timeless() tree {
	out := tree{}
	for path, what := range found {
		if fields := strings.SplitN(what, " ", 3); len(fields) == 3 && strings.HasPrefix(what, "-") {
			what = fields[0] + " " + fields[2]
		}
		out[path] = what
	}
	return out
}

func sameTree(t *testing.T, what string, want, got tree) {
	t.Helper()
	if maps.Equal(want, got) {
		return
	}
	all := maps.Clone(want)
	maps.Copy(all, got)
	for _, path := range slices.Sorted(maps.Keys(all)) {
		if want[path] != got[path] {
			t.Errorf("%s: %s\n want %q\n  got %q", what, path, want[path], got[path])
		}
	}
	t.FailNow()
}

// write writes files with an old time, so that a rewrite is noticed.
func write(t *testing.T, dir string, files site) {
	t.Helper()
	for path, data := range files {
		name := filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	backdate(t, dir)
}

// backdate gives every file an old time.
func backdate(t *testing.T, dir string) {
	t.Helper()
	filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			err = os.Chtimes(path, time.Time{}, time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC))
		}
		if err != nil {
			t.Fatal(err)
		}
		return nil
	})
}

// run is a whole run: open, stage, place, close. Its disk can be wrapped.
func run(dir string, files site, wrap ...func(disk) disk) (warnings []string, err error) {
	f, err := Open(dir)
	if err != nil {
		return nil, err
	}
	for _, w := range wrap {
		f.disk = w(f.disk)
	}
	warnings, err = stageAndPlace(f, files)
	if closing := f.Close(); err == nil && closing != nil {
		err = closeError{closing}
	}
	return warnings, err
}

// closeError is the error of a run that placed all files and failed in Close.
type closeError struct{ error }

func stageAndPlace(f *Folder, files site) ([]string, error) {
	s, err := f.Stage(context.Background())
	if err != nil {
		return nil, err
	}
	for _, path := range slices.Sorted(maps.Keys(files)) {
		if err := create(s, path, files[path]); err != nil {
			return nil, err
		}
	}
	return s.Place(manifest.Manifest{Source: "demo", Audience: "public"})
}

func create(s *Stage, path, data string) error {
	w, err := s.Create(path)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, data); err != nil {
		w.Close()
		return err
	}
	return w.Close()
}

func mustRun(t *testing.T, dir string, files site) (warnings []string) {
	t.Helper()
	warnings, err := run(dir, files)
	if err != nil {
		t.Fatal(err)
	}
	return warnings
}

// sum is the manifest entry of a file.
func sum(path, data string) manifest.File { return manifest.FileOf(path, []byte(data)) }

// manifestOf is the manifest after a run with these files.
func manifestOf(files site) manifest.Manifest {
	m := manifest.Manifest{Schema: 1, Source: "demo", Audience: "public", Files: []manifest.File{}}
	for _, path := range slices.Sorted(maps.Keys(files)) {
		m.Files = append(m.Files, sum(path, files[path]))
	}
	return m
}

// encoded is manifest.json with these entries.
func encoded(t *testing.T, files ...manifest.File) string {
	t.Helper()
	data, err := manifest.Manifest{Schema: 1, Source: "demo", Audience: "public", Files: files}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// expected is the folder after a run with these files, and with the files of others.
func expected(t *testing.T, files site, others tree) tree {
	t.Helper()
	want := tree{".": "drwxr-xr-x", manifest.Path: "-rw-r--r-- " + encoded(t, manifestOf(files).Files...)}
	for path, data := range files {
		want[path] = "-rw-r--r-- " + data
		for _, dir := range parents(path) {
			want[dir] = "drwxr-xr-x"
		}
	}
	maps.Copy(want, others)
	return want
}

func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q lacks %q", err, part)
		}
	}
}

func wantWarnings(t *testing.T, got []string, about ...string) {
	t.Helper()
	ok := len(got) == len(about)
	for i := range about {
		ok = ok && strings.Contains(got[i], about[i])
	}
	if !ok {
		t.Fatalf("warnings %q, want them about %q", got, about)
	}
}

// page stands in for an HTML file. It has a title and the paths it links to, one per line.
func page(title string, links ...string) string {
	return fmt.Sprintf("%s\n%s\n", title, strings.Join(links, "\n"))
}
