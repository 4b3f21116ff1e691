package folder

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"gpufleet/fetch/manifest"
)

// quickDir returns a temporary folder, in memory if possible, because a thousand runs on a disk take long.
func quickDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "folder")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// situation is a folder before a run of the second site.
type situation struct {
	before func(t *testing.T, dir string)
	wrap   func(disk) disk
	old    site // the existing files with our names
	byHand bool // old is not from a previous run
	copies bool // old files are restored as copies, with new times
}

func situations() map[string]situation {
	foreign := func(t *testing.T, dir string) {
		write(t, dir, site{"CNAME": "mine", ".git/config": "mine", "regions/b/mine.txt": "mine"})
		if err := os.Symlink("CNAME", filepath.Join(dir, "link")); err != nil {
			t.Fatal(err)
		}
	}
	return map[string]situation{
		"empty": {before: func(t *testing.T, dir string) {}},
		"previous run among foreign files": {before: func(t *testing.T, dir string) {
			foreign(t, dir)
			mustRun(t, dir, first)
		}, old: first},
		"without links": {before: func(t *testing.T, dir string) {
			mustRun(t, dir, first)
		}, old: first, wrap: noLinks, copies: true},
		"no manifest": {before: func(t *testing.T, dir string) {
			write(t, dir, site{"index.html": page("by hand", "summary.md"), "summary.md": "by hand", manifest.Path: "by hand"})
		}, old: site{"index.html": page("by hand", "summary.md"), "summary.md": "by hand"}, byHand: true},
	}
}

// others returns the files that are neither from the old run nor from the new one.
func (s situation) others(before tree) tree {
	others := maps.Clone(before.timeless())
	for path := range s.old {
		delete(others, path)
		for _, dir := range parents(path) {
			if dir != "regions/b" || before["regions/b/mine.txt"] == "" {
				delete(others, dir)
			}
		}
	}
	for path := range second {
		delete(others, path)
	}
	delete(others, manifest.Path)
	return others
}

// A run that meets an error at any operation changes nothing, or it is complete.
func TestFailEverywhere(t *testing.T) {
	t.Parallel()
	for name, situation := range situations() {
		t.Run(name, func(t *testing.T) {
			dir := quickDir(t)
			situation.before(t, dir)
			backdate(t, dir)
			faults := []error{syscall.ENOSPC, syscall.EIO, syscall.EACCES}
			failed, placed := 0, 0
			for n := 1; ; n++ {
				x := &fault{n: n, err: faults[n%len(faults)], reads: true}
				before := readTree(t, dir)
				wraps := []func(disk) disk{x.wrap}
				if situation.wrap != nil {
					wraps = []func(disk) disk{situation.wrap, x.wrap}
				}
				_, err := run(dir, second, wraps...)
				after := readTree(t, dir)
				if x.hit == "" {
					if err != nil {
						t.Fatal(err)
					}
					break
				}
				if err == nil || errors.As(err, new(closeError)) {
					placed++
					// Files are copied if they can't be linked, and replaced if they can't be compared.
					if err == nil && !slices.Contains([]string{"link", "open", "read"}, strings.Fields(x.hit)[0]) {
						t.Errorf("operation %d (%s) failed, but the run didn't", n, x.hit)
					}
					if err != nil { // the stage is still there
						mustRun(t, dir, second)
						after = readTree(t, dir)
					}
					sameTree(t, fmt.Sprintf("complete despite operation %d (%s)", n, x.hit),
						expected(t, second, situation.others(before)), after.timeless())
					// The next fault needs a fresh folder.
					dir = quickDir(t)
					situation.before(t, dir)
					backdate(t, dir)
					continue
				}
				failed++
				if !errors.Is(err, x.err) {
					t.Errorf("operation %d (%s) failed with %v, the run with %v", n, x.hit, x.err, err)
				}
				wantError(t, err, dir)
				what := fmt.Sprintf("operation %d (%s)", n, x.hit)
				if strings.HasPrefix(x.hit, "removeall") { // Close can't have undone anything then
					t.Fatal(what, err)
				}
				if situation.copies {
					before, after = before.timeless(), after.timeless()
				}
				sameTree(t, what, before, after)
			}
			if failed < 30 || placed == 0 {
				t.Errorf("%d operations made a run fail, %d did not", failed, placed)
			}
			sameTree(t, "at last", expected(t, second, situation.others(readTree(t, dir))), readTree(t, dir).timeless())
		})
	}
}

// wantWholeAndLinked checks a folder in which a run was killed: every file is whole, and no page that a reader can
// reach has a broken link.
func wantWholeAndLinked(t *testing.T, what string, s situation, before, after tree) {
	t.Helper()
	files := after.timeless()
	for path, old := range s.others(before) {
		if files[path] != old {
			t.Fatalf("%s: %s was %q, is %q", what, path, old, files[path])
		}
	}
	for path, now := range files {
		if !strings.HasPrefix(now, "-") || strings.HasPrefix(path, stagePrefix) || path == manifest.Path {
			continue
		}
		_, isOld := s.old[path]
		_, isNew := second[path]
		if (isOld || isNew) && now != "-rw-r--r-- "+s.old[path] && now != "-rw-r--r-- "+second[path] {
			t.Fatalf("%s: %s is neither old nor new: %q", what, path, now)
		}
		// New pages that no old page links to may still be incomplete.
		if isOld && strings.HasSuffix(path, ".html") || path == indexName {
			for _, link := range strings.Fields(now)[2:] {
				if strings.Contains(link, ".") && files[link] == "" {
					t.Fatalf("%s: %s links to %s, which doesn't exist", what, path, link)
				}
			}
		}
	}
	for path := range s.old {
		if _, both := second[path]; both && files[path] == "" {
			t.Fatalf("%s: %s is missing", what, path)
		}
	}
	if m := files[manifest.Path]; m != "" {
		_, err := manifest.Read(strings.NewReader(strings.TrimPrefix(m, "-rw-r--r-- ")))
		if err != nil && before[manifest.Path] != after[manifest.Path] {
			t.Fatalf("%s: manifest: %v", what, err)
		}
	}
}

// A run that is killed at any operation leaves whole files, and the next run repairs the folder, whatever it writes.
// The same holds if a run fails first and is then killed while it undoes its changes.
func TestKillEverywhere(t *testing.T) {
	t.Parallel()
	third := site{"index.html": page("third"), "regions/d/index.html": page("third d")}
	for name, situation := range situations() {
		for _, later := range []int{0, 1, 4} { // 0 is a kill alone
			t.Run(fmt.Sprintf("%s/%d", name, later), func(t *testing.T) {
				template := quickDir(t)
				situation.before(t, template)
				kills := 0
				for n := 1; ; n++ {
					dir := quickDir(t)
					if err := os.CopyFS(dir, os.DirFS(template)); err != nil {
						t.Fatal(err)
					}
					before := readTree(t, dir)
					wraps := []func(disk) disk{}
					if situation.wrap != nil {
						wraps = append(wraps, situation.wrap)
					}
					// The outer disk sees the failing operation, and the inner one only those after it.
					fail, kill := &fault{n: n, err: syscall.EIO}, &fault{n: n + max(later-1, 0), err: errKilled, kill: true}
					wraps = append(wraps, kill.wrap)
					if later > 0 {
						wraps = append(wraps, fail.wrap)
					}
					run(dir, second, wraps...)
					if kill.hit == "" && fail.hit == "" {
						if kills < 3 {
							t.Errorf("%d kills", kills)
						}
						break
					}
					if kill.hit == "" { // the run ended before
						continue
					}
					kills++
					what := fmt.Sprintf("failed at change %d (%s), killed at %d (%s)", fail.n, fail.hit, kill.n, kill.hit)
					wantWholeAndLinked(t, what, situation, before, readTree(t, dir))
					next := []site{second, situation.old, third}[n%3]
					if _, err := run(dir, next); err != nil {
						t.Fatalf("%s, then: %v", what, err)
					}
					others := situation.others(before)
					got := readTree(t, dir).timeless()
					for path, data := range situation.old {
						// A file that wasn't replaced before the kill stays if the next run has no file of this name.
						if _, written := next[path]; situation.byHand && !written && got[path] == "-rw-r--r-- "+data {
							others[path] = got[path]
						}
					}
					sameTree(t, what+", then", expected(t, next, others), got)
				}
			})
		}
	}
}

// If undo fails too, the error names the files that are not restored and the folder that has their previous versions.
// The next run repairs the folder.
func TestUndoFails(t *testing.T) {
	for name, test := range map[string]struct {
		fails func(op string) bool // which operations fail after the first one
		lost  []string             // paths that are not restored
	}{
		"everywhere": {func(op string) bool { return !strings.HasPrefix(op, "removeall") },
			[]string{"index.html", "summary.md", "z.html", "regions/c"}},
		"at a new file":     {func(op string) bool { return op == "remove z.html" }, []string{"z.html"}},
		"at a changed file": {func(op string) bool { return strings.HasSuffix(op, " summary.md") }, []string{"summary.md"}},
		"at a new folder":   {func(op string) bool { return op == "remove regions/c" }, []string{"regions/c"}},
		"at the manifest": {func(op string) bool { return strings.HasSuffix(op, " manifest.json") },
			[]string{"manifest.json"}},
		"at a removed file": {func(op string) bool { return strings.HasSuffix(op, " regions/b/index.html") },
			[]string{"regions/b/index.html"}},
		"at a removal again": {func(op string) bool { return strings.HasSuffix(op, " regions/b/deep/x.html") },
			[]string{"regions/b/deep/x.html"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := quickDir(t)
			mustRun(t, dir, first)
			failed := false
			_, err := run(dir, second, func(inner disk) disk {
				return &testDisk{inner, func(op string) error {
					if failed && test.fails(op) {
						return syscall.EIO
					}
					if strings.HasPrefix(op, "rename static/old/gone.css") {
						failed = true
						return syscall.EIO
					}
					return nil
				}}
			})
			shown := func(path string) string { return filepath.Join(dir, path) }
			wantError(t, err, "cannot remove "+shown("static/old/gone.css")+": input/output error",
				shown(fmt.Sprintf("%s%d", stagePrefix, os.Getpid())))
			for _, path := range test.lost {
				wantError(t, err, "cannot restore "+shown(path)+": input/output error")
			}
			if name != "everywhere" && strings.Count(err.Error(), "cannot restore") != len(test.lost) {
				t.Errorf("%v names too many paths", err)
			}
			if name == "everywhere" {
				kept := false
				for path, what := range readTree(t, dir) {
					kept = kept || strings.HasPrefix(path, stagePrefix) && strings.HasSuffix(what, first["index.html"])
				}
				if !kept {
					t.Error("the old index.html is gone")
				}
			}
			next := maps.Clone(second)
			next["z.html"] = "yet another"
			wantWarnings(t, mustRun(t, dir, next))
			sameTree(t, "the next run", expected(t, next, nil), readTree(t, dir).timeless())
		})
	}
}

// The changes of the folder come in this order.
func TestOrderOfPlacing(t *testing.T) {
	dir := quickDir(t)
	mustRun(t, dir, first)
	var order []string
	var union *manifest.Manifest
	_, err := run(dir, second, func(inner disk) disk {
		return &testDisk{inner, func(op string) error {
			words := strings.Fields(op)
			target := words[len(words)-1]
			switch {
			case strings.HasPrefix(words[0], "re") && strings.HasPrefix(words[1], stagePrefix) &&
				strings.HasPrefix(target, stagePrefix): // the stage's own
			case words[0] == "rename" && strings.HasPrefix(target, stagePrefix):
				order = append(order, "remove "+words[1])
			case words[0] == "rename" || words[0] == "remove" || words[0] == "mkdir" && !strings.HasPrefix(target, stagePrefix):
				order = append(order, words[0]+" "+target)
			}
			if union == nil && len(order) == 2 {
				f := &Folder{disk: inner}
				f.readManifest()
				union = f.manifest
			}
			return nil
		}}
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"rename manifest.json", "mkdir regions/c", "rename regions/c/index.html", "rename z.html",
		"rename regions/a/index.html", "rename summary.md", "rename index.html",
		"remove regions/b/deep/x.html", "remove regions/b/index.html", "remove static/old/gone.css",
		"remove static/old", "remove regions/b/deep", "remove regions/b", "rename manifest.json"}
	if !slices.Equal(order, want) {
		t.Errorf("order\n%s\nwant\n%s", strings.Join(order, "\n"), strings.Join(want, "\n"))
	}
	both := manifest.Sorted(slices.Concat(manifestOf(first).Files, manifestOf(second).Files))
	if union == nil || !slices.Equal(union.Files, both) {
		t.Errorf("the union manifest lists %v", union)
	}
	mustRun(t, dir, site{"d/old": "x"})
	if _, err := run(dir, site{"d/new": "x"}, func(inner disk) disk {
		return &testDisk{inner, func(op string) error {
			if op == "remove d" {
				t.Error("a folder that is needed is to be removed")
			}
			return nil
		}}
	}); err != nil {
		t.Fatal(err)
	}

	order = nil
	mustRun(t, dir, site{"a.css": "a", "index.html": "i", "z.html": "z"})
	if _, err := run(dir, site{}, func(inner disk) disk {
		return &testDisk{inner, func(op string) error {
			if from := strings.Fields(op)[1]; strings.HasPrefix(op, "rename") && !strings.HasPrefix(from, stagePrefix) {
				order = append(order, from)
			}
			return nil
		}}
	}); err != nil || !slices.Equal(order, []string{"index.html", "a.css", "z.html"}) {
		t.Errorf("removed %v, %v", order, err)
	}
}

// A folder that Open created is removed after any failure.
func TestFailEverywhereInANewFolder(t *testing.T) {
	top := quickDir(t)
	for n := 1; ; n++ {
		x := &fault{n: n, err: syscall.EIO, reads: true}
		dir := filepath.Join(top, "a", "out")
		_, err := run(dir, second, x.wrap)
		if err == nil && x.hit == "" {
			break
		}
		if err == nil || errors.As(err, new(closeError)) {
			if err := os.RemoveAll(filepath.Join(top, "a")); err != nil {
				t.Fatal(err)
			}
		}
		if left := readTree(t, top); len(left) != 1 {
			t.Fatalf("operation %d (%s): %v left %v", n, x.hit, err, left)
		}
	}
}
