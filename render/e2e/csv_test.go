package e2e

import (
	"encoding/csv"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// csvNames are the first columns of each CSV file.
var csvNames = []string{"generated_at", "currency"}

const csvTime = "2026-11-23T12:00:00Z" // see moment

// csvFiles renders a fleet on two days, with a private folder. It returns the folder and the rows of all its CSV files,
// read as the guide says.
func csvFiles(t *testing.T) (out string, files map[string][][]string) {
	t.Helper()
	dir := quickDir(t)
	out = filepath.Join(dir, "out")
	list := reply(`{"id": 1, "region": "Zürich", "gpu_count": 0, "price_per_hour": 1, "status": "Running"}`,
		`{"id": 2, "region": "Zürich", "gpu": "H100", "gpu_count": 8, "price_per_hour": 20, "status": "Running"}`,
		`{"id": 3, "region": "A, B", "status": "Stopped"}`)
	for _, seconds := range []string{"1795348800", "1795435200"} {
		o := job{args: []string{"--input", "-", "--out", out, "--private-out", filepath.Join(dir, "private")},
			env: []string{"SOURCE_DATE_EPOCH=" + seconds}, stdin: strings.NewReader(list)}.run(t)
		if o.code != 0 {
			t.Fatal(o.stderr)
		}
	}
	files = map[string][][]string{}
	for name, content := range plainContents(t, dir) {
		if path.Ext(name) == ".csv" {
			text, marked := strings.CutPrefix(content, "\uFEFF")
			rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
			if err != nil || !marked {
				t.Errorf("%s: %v, byte order mark: %t", name, err, marked)
			}
			files[strings.TrimPrefix(name, "out/data/")] = rows
		}
	}
	return out, files
}

// TestCSVBegins checks the first columns of each CSV file, and that gpu_group and region join instances with groups.
func TestCSVBegins(t *testing.T) {
	t.Parallel()
	_, files := csvFiles(t)
	for name, rows := range files {
		for _, row := range rows[1:] {
			if row[0] != csvTime || row[1] != "USD" {
				t.Errorf("%s: %v", name, row)
			}
		}
		if !slices.Equal(rows[0][:2], csvNames) || len(rows) < 2 {
			t.Errorf("%s has the columns %v and %d lines", name, rows[0], len(rows))
		}
	}
	if len(files) < 3 {
		t.Errorf("only %d CSV files", len(files))
	}
	counts, want := map[string]string{}, map[string]int{}
	groups, instances := files["groups.csv"], files["instances.csv"]
	column := func(rows [][]string, name string) int { return slices.Index(rows[0], name) }
	for _, row := range groups[1:] {
		counts[row[column(groups, "region")]+"/"+row[column(groups, "gpu")]] = row[column(groups, "instances")]
	}
	for _, row := range instances[1:] {
		want[row[column(instances, "region")]+"/"+row[column(instances, "gpu_group")]]++
	}
	got := map[string]int{}
	for group, count := range counts {
		got[group] = int(float(t, count))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("groups.csv counts other instances than instances.csv has: %s", diff)
	}
	if !slices.ContainsFunc(slices.Collect(maps.Keys(want)), func(g string) bool { return path.Base(g) == "CPU only" }) {
		t.Errorf("no CPU only in %v", want)
	}
}

// TestCSVInDuckDB opens the CSV files with DuckDB, SheetJS and Python: each finds the columns by their names, although
// the files begin with a byte order mark.
func TestCSVInDuckDB(t *testing.T) {
	t.Parallel()
	const checks = "reading the CSV files with DuckDB, SheetJS and Python"
	tools := root + "/.ci/web"
	if _, err := os.Stat(tools + "/node_modules/@duckdb/node-api"); err != nil {
		Skip(t, checks, "an npm package of .ci/web/package.json")
	}
	node, python := Need(t, "node", checks), Need(t, "python3", checks)
	out, files := csvFiles(t)
	isElsewhere := func(name string) bool { return strings.Contains(name, "/") }
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(files)), isElsewhere)
	data := filepath.Join(out, "data")
	answer, err := exec.Command(node, append([]string{tools + "/csv.mjs", data}, names...)...).CombinedOutput()
	type reading struct{ Columns, Values []string }
	var found struct {
		Files  map[string]map[string]reading
		Joined int
	}
	if err != nil || json.Unmarshal(answer, &found) != nil {
		t.Fatalf("%v: %s", err, answer)
	}
	if found.Joined != len(files["instances.csv"])-1 {
		t.Errorf("%d instances join a group, of %d", found.Joined, len(files["instances.csv"])-1)
	}
	for _, name := range names {
		want := reading{files[name][0], []string{csvTime}}
		readers := found.Files[name]
		if len(readers) != 2 {
			t.Errorf("%s: %v", name, readers)
		}
		for reader, got := range readers {
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, %s: %s", reader, name, diff)
			}
		}
		const script = `import csv, sys
print({row["generated_at"] for row in csv.DictReader(open(sys.argv[1], newline="", encoding="utf-8-sig"))})`
		answer, err := exec.Command(python, "-c", script, filepath.Join(data, name)).CombinedOutput()
		if err != nil || strings.TrimSpace(string(answer)) != "{'"+csvTime+"'}" {
			t.Errorf("Python, %s: %v: %s", name, err, answer)
		}
	}
}
