//go:build unix

package folder

import (
	"maps"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// The tests expect the modes of this umask.
func init() { syscall.Umask(0o022) }

func symlink(t *testing.T, to, name string) {
	t.Helper()
	if err := os.Symlink(to, name); err != nil {
		t.Fatal(err)
	}
}

// Anything but a regular file at the path of a file, or anything but a folder at the path of a folder, makes the run
// fail before it changes anything. Nothing behind a symlink is read, changed or removed.
func TestBlockedPaths(t *testing.T) {
	elsewhere := t.TempDir()
	write(t, elsewhere, site{
		"index.html":   second["index.html"],
		"c/index.html": second["regions/c/index.html"],
		"a.css":        "a{}",
	})
	for name, test := range map[string]struct {
		prepare func(t *testing.T, dir string)
		path    string
		says    string
	}{
		"symlink at a file": {func(t *testing.T, dir string) { symlink(t, elsewhere+"/index.html", dir+"/z.html") },
			"z.html", "symlink"},
		"symlink at a file of ours": {func(t *testing.T, dir string) {
			os.Remove(dir + "/index.html")
			symlink(t, elsewhere+"/index.html", dir+"/index.html")
		}, "index.html", "symlink"},
		"symlink at an unchanged file of ours": {func(t *testing.T, dir string) {
			os.Remove(dir + "/static/a.css")
			symlink(t, elsewhere+"/a.css", dir+"/static/a.css")
		}, "static/a.css", "symlink"},
		"dangling symlink": {func(t *testing.T, dir string) { symlink(t, "nowhere", dir+"/z.html") }, "z.html", "symlink"},
		"symlink at a folder": {func(t *testing.T, dir string) { symlink(t, elsewhere+"/c", dir+"/regions/c") },
			"regions/c", "symlink"},
		"symlink at an outer": {func(t *testing.T, dir string) {
			os.RemoveAll(dir + "/regions")
			symlink(t, elsewhere, dir+"/regions")
		}, "regions", "symlink"},
		"symlink inside": {func(t *testing.T, dir string) { symlink(t, "a", dir+"/regions/c") }, "regions/c", "symlink"},
		"symlink at manifest": {func(t *testing.T, dir string) {
			os.Rename(dir+"/manifest.json", dir+"/m")
			symlink(t, "m", dir+"/manifest.json")
		}, "manifest.json", "symlink"},
		"folder at a file": {func(t *testing.T, dir string) { os.Mkdir(dir+"/z.html", 0o755) }, "z.html", "a folder"},
		"folder at manifest": {func(t *testing.T, dir string) {
			os.Remove(dir + "/manifest.json")
			os.Mkdir(dir+"/manifest.json", 0o755)
		}, "manifest.json", "a folder"},
		"file at a folder": {func(t *testing.T, dir string) { write(t, dir, site{"regions/c": "mine"}) },
			"regions/c", "a file"},
		"fifo at a file": {func(t *testing.T, dir string) { syscall.Mkfifo(dir+"/z.html", 0o644) }, "z.html", "neither"},
		"fifo at a folder": {func(t *testing.T, dir string) { syscall.Mkfifo(dir+"/regions/c", 0o644) },
			"regions/c", "neither"},
		"fifo at the manifest": {func(t *testing.T, dir string) {
			os.Remove(dir + "/manifest.json")
			syscall.Mkfifo(dir+"/manifest.json", 0o644)
		}, "manifest.json", "neither"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			mustRun(t, dir, first)
			test.prepare(t, dir)
			before, beyond := readTree(t, dir), readTree(t, elsewhere)
			_, err := run(dir, second)
			wantError(t, err, filepath.Join(dir, test.path)+" is ", test.says, "move it away")
			sameTree(t, "refused", before, readTree(t, dir))
			sameTree(t, "beyond", beyond, readTree(t, elsewhere))
		})
	}
}

// A file that was replaced by a symlink, or is now behind one, is not removed.
func TestSymlinksAreNotRemoved(t *testing.T) {
	elsewhere := t.TempDir()
	write(t, elsewhere, site{"gone.css": first["static/old/gone.css"], "deep/x.html": first["regions/b/deep/x.html"],
		"index.html": first["regions/b/index.html"]})
	beyond := readTree(t, elsewhere)
	dir := t.TempDir()
	mustRun(t, dir, first)
	os.Remove(dir + "/static/old/gone.css")
	symlink(t, elsewhere+"/gone.css", dir+"/static/old/gone.css")
	os.RemoveAll(dir + "/regions/b")
	symlink(t, elsewhere, dir+"/regions/b")
	symlink(t, elsewhere, dir+"/mine")
	wantWarnings(t, mustRun(t, dir, second), "regions/b/deep/x.html", "regions/b/index.html", "static/old/gone.css")
	link := "Lrwxrwxrwx -> " + elsewhere
	others := tree{"static/old": "drwxr-xr-x", "static/old/gone.css": link + "/gone.css", "regions/b": link, "mine": link}
	sameTree(t, "shrunk", expected(t, second, others), readTree(t, dir).timeless())
	sameTree(t, "beyond", beyond, readTree(t, elsewhere))
}

// A file is not removed for having the same size as ours.
func TestOtherFilesOfTheSameSizeAreNotRemoved(t *testing.T) {
	dir := t.TempDir()
	mustRun(t, dir, site{"link": "sixsix", "folder/file": "six"})
	os.Remove(dir + "/link")
	symlink(t, "target", dir+"/link")
	os.RemoveAll(dir + "/folder")
	write(t, dir, site{"folder": "six", "target": "sixsix"})
	wantWarnings(t, mustRun(t, dir, site{}), "folder/file", "link")
	others := tree{"link": "Lrwxrwxrwx -> target", "folder": "-rw-r--r-- six", "target": "-rw-r--r-- sixsix"}
	sameTree(t, "shrunk", expected(t, nil, others), readTree(t, dir).timeless())
}

// An empty folder is removed. A symlink to one is not.
func TestSymlinkToEmptyFolderStays(t *testing.T) {
	dir, elsewhere := t.TempDir(), t.TempDir()
	mustRun(t, dir, first)
	os.RemoveAll(dir + "/regions/b")
	symlink(t, elsewhere, dir+"/regions/b")
	mustRun(t, dir, second)
	want := expected(t, second, tree{"regions/b": "Lrwxrwxrwx -> " + elsewhere})
	sameTree(t, "shrunk", want, readTree(t, dir).timeless())
	if _, err := os.Stat(elsewhere); err != nil {
		t.Error(err)
	}
}

func TestUmask(t *testing.T) {
	for umask, want := range map[int]struct{ file, dir string }{
		0o022: {"-rw-r--r-- ", "drwxr-xr-x"},
		0o077: {"-rw------- ", "drwx------"},
		0:     {"-rw-r--r-- ", "drwxr-xr-x"},
		0o027: {"-rw-r----- ", "drwxr-x---"},
	} {
		dir := filepath.Join(t.TempDir(), "parent", "out")
		old := syscall.Umask(umask)
		_, err := run(dir, first)
		syscall.Umask(old)
		if err != nil {
			t.Fatal(err)
		}
		for path, what := range readTree(t, filepath.Dir(dir)).timeless() {
			if len(what) > 10 && what[:11] != want.file || len(what) == 10 && what != want.dir {
				t.Errorf("umask %o: %s is %q", umask, path, what)
			}
		}
	}
}

// A file that is replaced keeps its group and what the group may do. What an earlier run with a narrower umask closed
// is opened. Files that don't change aren't touched.
func TestGroupIsKept(t *testing.T) {
	dir := t.TempDir()
	mustRun(t, dir, first)
	group := os.Getgid()
	if os.Getuid() == 0 { // others may only choose groups that they are in
		group = 4242
	}
	for _, path := range []string{"index.html", "manifest.json", "static/a.css"} {
		if err := os.Chown(filepath.Join(dir, path), -1, group); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(filepath.Join(dir, path), 0o660); err != nil {
			t.Fatal(err)
		}
	}
	changed := maps.Clone(first)
	changed["index.html"] = "changed"
	for _, want := range []os.FileMode{0o664, 0o644} {
		mustRun(t, dir, changed)
		for _, path := range []string{"index.html", "manifest.json"} {
			info, err := os.Stat(filepath.Join(dir, path))
			if err != nil {
				t.Fatal(err)
			}
			if got, _ := groupOf(info); got != group || info.Mode().Perm() != want {
				t.Errorf("%s has the group %d and the permissions %v, want %d and %v", path, got, info.Mode(), group, want)
			}
			if err := os.Chmod(filepath.Join(dir, path), 0o600); err != nil { // as with the umask 077
				t.Fatal(err)
			}
		}
		changed["index.html"] += " again"
	}
	if info, err := os.Stat(filepath.Join(dir, "static/a.css")); err != nil || info.Mode().Perm() != 0o660 {
		t.Errorf("a file that doesn't change is touched: %v, %v", info.Mode(), err)
	}
}

// TestFoldersAreOpened runs as with the umask 077, and then with 022: all that is replaced can be read by others, and
// its folders entered. A folder that someone closed around open files stays closed.
func TestFoldersAreOpened(t *testing.T) {
	dir := t.TempDir()
	files := map[string]string{"index.html": "1", "a/b/index.html": "1", "closed/index.html": "1", "same/index.html": "1"}
	mustRun(t, dir, files)
	for path, perm := range map[string]os.FileMode{".": 0o700, "index.html": 0o600, "a": 0o700, "a/b": 0o700,
		"a/b/index.html": 0o600, "closed": 0o700, "same": 0o700, "same/index.html": 0o600} {
		if err := os.Chmod(filepath.Join(dir, path), perm); err != nil {
			t.Fatal(err)
		}
	}
	files["index.html"], files["a/b/index.html"], files["closed/index.html"] = "2", "2", "2"
	mustRun(t, dir, files)
	for path, want := range map[string]os.FileMode{".": 0o755, "index.html": 0o644, "a": 0o755, "a/b": 0o755,
		"a/b/index.html": 0o644, "closed": 0o700, "closed/index.html": 0o644, "same": 0o700, "same/index.html": 0o600} {
		if info, err := os.Stat(filepath.Join(dir, path)); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v, want %v", path, info.Mode(), err, want)
		}
	}
}
