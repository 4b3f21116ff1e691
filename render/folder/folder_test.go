package folder

import (
	"context"
	"errors"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"

	"gpufleet/fetch/manifest"
)

// stageVariable names a folder. If it is set, the test binary stages a file there and waits to be killed.
const stageVariable = "GPUFLEET_TEST_STAGE"

func TestMain(m *testing.M) {
	if dir := os.Getenv(stageVariable); dir != "" {
		stageForever(dir)
	}
	os.Exit(m.Run())
}

func stageForever(dir string) {
	f, err := Open(dir)
	if err == nil {
		var s *Stage
		if s, err = f.Stage(context.Background()); err == nil {
			err = create(s, "index.html", "x")
		}
	}
	if err != nil {
		log.Fatal(err)
	}
	os.Stdout.WriteString("held")
	io.Copy(io.Discard, os.Stdin)
	runtime.KeepAlive(f)
}

// A run in another process locks the folder until it dies.
func TestLockOfAnotherProcess(t *testing.T) {
	dir := t.TempDir()
	mustRun(t, dir, first)
	before := readTree(t, dir)
	other := exec.Command(os.Args[0])
	other.Env = append(os.Environ(), stageVariable+"="+dir)
	stdin, err := other.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	stdout, err := other.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	held := make([]byte, 4)
	if _, err := io.ReadFull(stdout, held); err != nil {
		t.Fatal(err)
	}
	_, err = Open(dir)
	if !errors.Is(err, ErrBusy) {
		t.Errorf("while it is locked: %v", err)
	}
	other.Process.Kill()
	other.Wait()
	if len(readTree(t, dir)) != len(before)+3 {
		t.Errorf("no stage left: %v", readTree(t, dir))
	}
	mustRun(t, dir, first)
	sameTree(t, "the next run", before, readTree(t, dir))
}

func TestOneRunAtATime(t *testing.T) {
	for name, dir := range map[string]string{"there": t.TempDir(), "missing": filepath.Join(t.TempDir(), "a", "b")} {
		for range 20 {
			var group sync.WaitGroup
			folders, failures := make(chan *Folder, 8), make(chan error, 8)
			start := make(chan bool)
			for range 8 {
				group.Go(func() {
					<-start
					if f, err := Open(dir); err != nil {
						failures <- err
					} else {
						folders <- f
					}
				})
			}
			close(start)
			group.Wait()
			if len(folders) != 1 || len(failures) != 7 {
				t.Fatalf("%s: %d won, %d failed", name, len(folders), len(failures))
			}
			for range 7 {
				err := <-failures
				if !errors.Is(err, ErrBusy) {
					t.Errorf("%s: %v", name, err)
				}
				wantError(t, err, dir, "another run", "wait")
			}
			if err := (<-folders).Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// Runs that repeatedly create and remove the same folder never have it locked at the same time.
func TestRunsInTurn(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	var inside sync.Mutex
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 50 {
				f, err := Open(dir)
				if errors.Is(err, ErrBusy) {
					continue
				}
				if err != nil {
					t.Error(err)
					continue
				}
				if !inside.TryLock() {
					t.Error("two runs have locked the folder")
					continue
				}
				if _, err := f.Stage(t.Context()); err != nil {
					t.Error(err)
				}
				inside.Unlock()
				if err := f.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
}

func TestOpenAndClose(t *testing.T) {
	top := t.TempDir()
	dir := filepath.Join(top, "a", "b", "out")
	f, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if f.Path() != dir || f.Manifest() != nil || f.Warnings() != nil {
		t.Errorf("%q, %v, %q", f.Path(), f.Manifest(), f.Warnings())
	}
	if _, err := f.Stage(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
	if left := readTree(t, top); len(left) != 1 {
		t.Errorf("a run that placed nothing leaves %v", left)
	}
}

func TestCloseRemovesOnlyCreatedEmptyFolders(t *testing.T) {
	top := t.TempDir()
	if err := os.Mkdir(filepath.Join(top, "a"), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := Open(filepath.Join(top, "a", "b", "out"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, top, site{"a/b/mine": "mine"})
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	want := tree{".": "drwxr-xr-x", "a": "drwxr-xr-x", "a/b": "drwxr-xr-x", "a/b/mine": "-rw-r--r-- mine"}
	sameTree(t, "closed", want, readTree(t, top).timeless())

	f, err = Open(filepath.Join(top, "a")) // it existed before, empty or not
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(top, "a")); err != nil {
		t.Error(err)
	}
}

func TestOpenRefuses(t *testing.T) {
	top := t.TempDir()
	write(t, top, site{"file": "x"})
	for name, to := range map[string]string{"dangling": "nowhere", "loop": "loop", "tofile": "file"} {
		if err := os.Symlink(to, filepath.Join(top, name)); err != nil {
			t.Fatal(err)
		}
	}
	before := readTree(t, top)
	for path, says := range map[string]string{
		"file":         "not a folder",
		"file/x":       "cannot",
		"tofile":       "not a folder",
		"dangling":     "broken symlink",
		"dangling/x/y": "broken symlink",
		"loop":         "cannot",

		"new/" + strings.Repeat("x", 300): "cannot",
	} {
		path = filepath.Join(top, path)
		_, err := Open(path)
		wantError(t, err, path, says)
	}
	if _, err := Open(""); err == nil {
		t.Error("opened nothing")
	}
	sameTree(t, "refused", before, readTree(t, top))
}

// Both names of a folder lock it, and its report is placed by either.
func TestOpenSymlink(t *testing.T) {
	top := t.TempDir()
	old, link := filepath.Join(top, "old"), filepath.Join(top, "out")
	if err := errors.Join(os.Mkdir(old, 0o755), os.Symlink("old", link)); err != nil {
		t.Fatal(err)
	}
	f, err := Open(link)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(old); !errors.Is(err, ErrBusy) {
		t.Errorf("the same folder by its other name: %v", err)
	}
	if _, err := stageAndPlace(f, first); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	sameTree(t, "placed", expected(t, first, nil), readTree(t, old).timeless())
	if f.Path() != link {
		t.Errorf("path %q", f.Path())
	}
}

// A run places nothing if its path leads to another folder by then, or to none. It removes its temporary files.
func TestFolderIsReplaced(t *testing.T) {
	rename := func(t *testing.T, from, to string) {
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	mkdir := func(t *testing.T, dir string) {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, replace := range map[string]func(t *testing.T, top string){
		"moved away": func(t *testing.T, top string) { rename(t, top+"/real", top+"/away") },
		"parent is moved": func(t *testing.T, top string) {
			rename(t, top, top+"-away")
			t.Cleanup(func() { rename(t, top+"-away", top) })
		},
		"replaced": func(t *testing.T, top string) { rename(t, top+"/real", top+"/away"); mkdir(t, top+"/real") },
		"link is moved": func(t *testing.T, top string) {
			mkdir(t, top+"/new")
			os.Remove(top + "/out")
			if err := os.Symlink("new", top+"/out"); err != nil {
				t.Fatal(err)
			}
		},
	} {
		for _, files := range []site{first, second} { // of which first has nothing to change
			t.Run(name, func(t *testing.T) {
				top := filepath.Join(t.TempDir(), "top")
				if err := errors.Join(os.MkdirAll(top+"/real", 0o755), os.Symlink("real", top+"/out")); err != nil {
					t.Fatal(err)
				}
				mustRun(t, top+"/out", first)
				before := readTree(t, top+"/real")
				f, err := Open(top + "/out")
				if err != nil {
					t.Fatal(err)
				}
				moved := f.root
				replace(t, top)
				_, err = stageAndPlace(f, files)
				wantError(t, err, top+"/out", "no longer the folder", "run again")
				after := tree{}
				if info, err := moved.Stat("."); err == nil && info.IsDir() {
					if err := f.Close(); err != nil {
						t.Error(err)
					}
					for _, place := range []string{top + "/real", top + "/away", top + "-away/real"} {
						if found := readTree(t, place); len(found) > 1 {
							after = found
						}
					}
				}
				sameTree(t, "nothing is placed", before, after)
				if left, err := os.ReadDir(top + "/out"); err == nil && name != "parent is moved" && len(left) > 0 {
					t.Errorf("the other folder has %v", left)
				}
			})
		}
	}
}

// A folder that the run created and that was moved away since is not removed, nor is the one that replaces it.
func TestCreatedFolderIsReplaced(t *testing.T) {
	top := t.TempDir()
	f, err := Open(filepath.Join(top, "out"))
	if err != nil {
		t.Fatal(err)
	}
	os.Rename(top+"/out", top+"/away")
	os.Mkdir(top+"/out", 0o755)
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"out", "away"} {
		if _, err := os.Stat(filepath.Join(top, name)); err != nil {
			t.Error(err)
		}
	}
}

// Where no folder can be made, as in /proc, the error says so.
func TestOpenWhereNothingCanBeMade(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("/proc is a file system of Linux")
	}
	for path, says := range map[string]string{
		"/proc/gpufleet":     "cannot create /proc/gpufleet: no such file or directory",
		"/proc/gpufleet/a/b": "cannot create /proc/gpufleet/a/b: /proc/gpufleet: no such file or directory",
	} {
		_, err := Open(path)
		wantError(t, err, says)
		if errors.Is(err, ErrBusy) {
			t.Error(err)
		}
	}
}

func TestOpenReadsTheManifest(t *testing.T) {
	dir := t.TempDir()
	mustRun(t, dir, first)
	f, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := manifestOf(first)
	if !reflect.DeepEqual(f.Manifest(), &want) || f.Warnings() != nil {
		t.Errorf("manifest %v, warnings %q", f.Manifest(), f.Warnings())
	}
	f.Close()
}

func TestOpenWarnsAboutABrokenManifest(t *testing.T) {
	for name, prepare := range map[string]func(path string) error{
		"not JSON": func(path string) error { return os.WriteFile(path, []byte("no"), 0o644) },
		"folder":   func(path string) error { return os.Mkdir(path, 0o755) },
		"symlink":  func(path string) error { return os.Symlink("other.json", path) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, site{"other.json": encoded(t)})
			if err := prepare(filepath.Join(dir, manifest.Path)); err != nil {
				t.Fatal(err)
			}
			f, err := Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			wantWarnings(t, f.Warnings(), filepath.Join(dir, manifest.Path))
			if f.Manifest() != nil {
				t.Errorf("manifest %v", f.Manifest())
			}
		})
	}
}
