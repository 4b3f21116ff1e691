package folder

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gpufleet/fetch/manifest"
)

// Most tests place these two runs. The second one adds, changes, keeps and removes files and folders.
var (
	first = site{
		"index.html":            page("first", "regions/a/index.html", "regions/b/index.html", "summary.md", "static/a.css"),
		".nojekyll":             "",
		"summary.md":            "first summary",
		"static/a.css":          "a{}",
		"static/old/gone.css":   "gone{}",
		"regions/a/index.html":  page("first a", "index.html", "regions/b/index.html"),
		"regions/b/index.html":  page("first b", "index.html", "regions/a/index.html"),
		"regions/b/deep/x.html": page("first deep"),
	}
	second = site{
		"index.html": page("second", "regions/a/index.html", "regions/c/index.html",
			"summary.md", "static/a.css", "z.html"),
		".nojekyll":            "",
		"summary.md":           "second summary",
		"static/a.css":         "a{}",
		"regions/a/index.html": page("second a", "index.html", "regions/c/index.html", "z.html"),
		"regions/c/index.html": page("second c", "index.html"),
		"z.html":               page("new", "index.html"),
	}
)

func TestFirstRun(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "parents", "out")
	if got := mustRun(t, dir, first); got != nil {
		t.Errorf("warnings %q", got)
	}
	sameTree(t, "first run", expected(t, first, nil), readTree(t, dir).timeless())
}

func TestRunWithoutFiles(t *testing.T) {
	dir := t.TempDir()
	mustRun(t, dir, first)
	mustRun(t, dir, site{})
	sameTree(t, "empty run", expected(t, nil, nil), readTree(t, dir).timeless())
	if data, _ := os.ReadFile(filepath.Join(dir, manifest.Path)); !strings.Contains(string(data), `"files": []`) {
		t.Errorf("manifest %s", data)
	}
}

func TestRepeatedRunTouchesNothing(t *testing.T) {
	dir := t.TempDir()
	mustRun(t, dir, first)
	backdate(t, dir)
	before := readTree(t, dir)
	mustRun(t, dir, first)
	sameTree(t, "the same again", before, readTree(t, dir))
}

func TestUnchangedFilesAreNotTouched(t *testing.T) {
	dir := t.TempDir()
	mustRun(t, dir, first)
	backdate(t, dir)
	before := readTree(t, dir)
	mustRun(t, dir, second)
	after := readTree(t, dir)
	for _, path := range []string{".nojekyll", "static/a.css"} {
		if before[path] != after[path] {
			t.Errorf("%s was %q, is %q", path, before[path], after[path])
		}
	}
	if before["summary.md"] == after["summary.md"] {
		t.Error("summary.md did not change")
	}
}

// Files are compared with the disk, not only with the manifest.
func TestChangedFileOfOursIsReplaced(t *testing.T) {
	dir := t.TempDir()
	mustRun(t, dir, first)
	write(t, dir, site{"summary.md": "FIRST SUMMARY"}) // as long as before
	if err := os.Remove(filepath.Join(dir, "static/a.css")); err != nil {
		t.Fatal(err)
	}
	wantWarnings(t, mustRun(t, dir, first))
	sameTree(t, "repaired", expected(t, first, nil), readTree(t, dir).timeless())
}

func TestOnlyTheManifestChanges(t *testing.T) {
	dir := t.TempDir()
	mustRun(t, dir, first)
	stale := append(manifestOf(first).Files, sum("long/gone.html", "gone"))
	write(t, dir, site{manifest.Path: encoded(t, stale...)})
	before := readTree(t, dir)
	mustRun(t, dir, first)
	sameTree(t, "manifest only", expected(t, first, nil), readTree(t, dir).timeless())
	after := readTree(t, dir)
	delete(before, manifest.Path)
	delete(after, manifest.Path)
	sameTree(t, "all else", before, after)
}

func TestShrinkingRun(t *testing.T) {
	dir := t.TempDir()
	mustRun(t, dir, first)
	wantWarnings(t, mustRun(t, dir, second))
	sameTree(t, "shrunk", expected(t, second, nil), readTree(t, dir).timeless())
}

func TestEmptyFoldersGoOnlyIfEmpty(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, site{"regions/b/deep/mine.txt": "mine"})
	if err := os.Mkdir(filepath.Join(dir, "empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	mustRun(t, dir, first)
	mustRun(t, dir, second)
	others := tree{
		"regions/b":               "drwxr-xr-x",
		"regions/b/deep":          "drwxr-xr-x",
		"regions/b/deep/mine.txt": "-rw-r--r-- mine",
		"empty":                   "drwxr-xr-x",
	}
	sameTree(t, "shrunk", expected(t, second, others), readTree(t, dir).timeless())
}

func TestChangedFileIsNotRemoved(t *testing.T) {
	dir := t.TempDir()
	mustRun(t, dir, first)
	write(t, dir, site{
		"static/old/gone.css":  "mine{}",
		"regions/b/index.html": strings.ToUpper(first["regions/b/index.html"]),
	})
	wantWarnings(t, mustRun(t, dir, second),
		"regions/b/index.html, which was changed", "static/old/gone.css, which was changed")
	others := tree{
		"regions/b": "drwxr-xr-x", "regions/b/index.html": "-rw-r--r-- " + strings.ToUpper(first["regions/b/index.html"]),
		"static/old": "drwxr-xr-x", "static/old/gone.css": "-rw-r--r-- mine{}",
	}
	sameTree(t, "shrunk", expected(t, second, others), readTree(t, dir).timeless())
	wantWarnings(t, mustRun(t, dir, second)) // the manifest no longer lists them
}

func TestForeignFilesStay(t *testing.T) {
	dir := t.TempDir()
	foreign := site{
		"CNAME":            "example.org",
		".git/config":      "[core]",
		"README.md":        "mine",
		"regions/note.txt": "n",
		"static/.hidden":   "h",
		".gpufleet-x/y":    "not a stage",
		".gpufleet-/y":     "nor this",
		".gpufleet-12":     "nor this, a file",
	}
	write(t, dir, foreign)
	before := readTree(t, dir)
	for _, files := range []site{first, second, first, {}} {
		wantWarnings(t, mustRun(t, dir, files))
		after := readTree(t, dir)
		for path := range foreign {
			if before[path] != after[path] {
				t.Fatalf("%s was %q, is %q", path, before[path], after[path])
			}
		}
	}
}

func TestNameTakenWithoutManifest(t *testing.T) {
	manifests := map[string]string{"none": "", "another's": `{"name":"app","icons":[]}`, "broken": `{"schema":1`}
	for name, another := range manifests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			taken := site{"index.html": "by hand", "static/a.css": first["static/a.css"], "mine.txt": "mine"}
			about := []string{"index.html, which may not be from gpufleet"}
			if another != "" {
				taken[manifest.Path] = another
				about = append(about, "manifest.json, which may not be from gpufleet")
			}
			write(t, dir, taken)
			before := readTree(t, dir)["static/a.css"]
			wantWarnings(t, mustRun(t, dir, first), about...)
			if after := readTree(t, dir)["static/a.css"]; before != after {
				t.Errorf("a file with our content was touched: %q, now %q", before, after)
			}
			sameTree(t, "replaced", expected(t, first, tree{"mine.txt": "-rw-r--r-- mine"}), readTree(t, dir).timeless())
		})
	}
}

// TestAdoptedFiles removes files that no manifest lists if they were found to be ours and haven't changed.
func TestAdoptedFiles(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, site{"data/old": "ours", "data/changed": "by hand", "data/kept": "ours", "mine.txt": "mine"})
	f, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	f.Adopt([]manifest.File{sum("data/old", "ours"), sum("data/changed", "ours"), sum("data/kept", "ours")})
	warnings, err := stageAndPlace(f, site{"index.html": "new", "data/kept": "new"})
	if err != nil {
		t.Fatal(err)
	}
	wantWarnings(t, warnings, "data/changed, which was changed")
	after := readTree(t, dir)
	if after["data/old"] != "" || after["data/changed"] == "" || after["mine.txt"] == "" ||
		!strings.HasSuffix(after["data/kept"], " new") {
		t.Errorf("%v", after)
	}
}

func TestNameTakenWithManifest(t *testing.T) {
	dir := t.TempDir()
	mustRun(t, dir, first)
	write(t, dir, site{"z.html": "mine"})
	before := readTree(t, dir)
	_, err := run(dir, second)
	wantError(t, err, filepath.Join(dir, "z.html"), "didn't create", "move it")
	sameTree(t, "refused", before, readTree(t, dir))

	write(t, dir, site{"z.html": second["z.html"]}) // a file with the content that we would write counts as ours
	before = readTree(t, dir)
	wantWarnings(t, mustRun(t, dir, second))
	if after := readTree(t, dir); after["z.html"] != before["z.html"] {
		t.Error("a file with our content was touched")
	}
	mustRun(t, dir, first)
	sameTree(t, "adopted, then removed", expected(t, first, nil), readTree(t, dir).timeless())
}

func TestUnfinishedFileIsNotPlaced(t *testing.T) {
	dir := t.TempDir()
	mustRun(t, dir, first)
	before := readTree(t, dir)
	f, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	s, err := f.Stage(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w, err := s.Create("index.html")
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Place(manifest.Manifest{})
	wantError(t, err, "index.html is not closed")
	w.Close()
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	sameTree(t, "refused", before, readTree(t, dir))
}

// Whatever a manifest lists, a run only removes files inside the folder that have exactly the listed content.
func TestTamperedManifest(t *testing.T) {
	top := t.TempDir()
	dir := top + "/out"
	mine := site{"../secret": "s", ".git/config": "[core]", "sub/.env": "KEY=1",
		"README.md": "mine", "CNAME": "example.org", ".hidden": "h"}
	write(t, dir, mine)
	var all []manifest.File
	for path, data := range mine {
		if path != "README.md" && path != "CNAME" {
			all = append(all, sum(path, data))
		}
	}
	all = append(all,
		sum("README.md", "another text"), sum("README.md", "mime"), sum("CNAME", "example.com"), // wrong hashes
		sum(top+"/secret", "s"), sum("sub/../../secret", "s"), sum(`..\secret`, "s"),
		sum("sub", ""), sum("sub/", ""), sum(".", ""), sum("", ""))
	good := encoded(t, all...)
	for name, tampered := range map[string]string{
		"listed":     good,
		"duplicated": good[:strings.LastIndex(good, "]")] + "," + good[strings.Index(good, "[")+1:],
		"not JSON":   "rm -rf /",
		"twice":      good + good,
		"huge":       strings.Replace(good, `"files": [`, `"files": [`+strings.Repeat(`{},`, 50_000), 1),
		"empty":      "",
	} {
		t.Run(name, func(t *testing.T) {
			write(t, dir, site{manifest.Path: tampered})
			before := readTree(t, top)
			mustRun(t, dir, first)
			mustRun(t, dir, site{})
			after := readTree(t, top)
			for path, what := range before {
				if path != "out/manifest.json" && after[path] != what {
					t.Errorf("%s was %q, is %q", path, what, after[path])
				}
			}
			if len(after) != len(before) {
				t.Errorf("the folder now has %v", after)
			}
		})
	}
}
