package e2e

import (
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestCPUOnly adds an instance without GPUs and without a price, and later changes it. Each row about it says CPU only:
// on pages, in the summary, in the workbook and in the files for programs. The models of the live table do too.
func TestCPUOnly(t *testing.T) {
	t.Parallel()
	out := filepath.Join(quickDir(t), "out")
	other := `{"id": 1, "region": "A", "gpu": "H100", "gpu_count": 8, "price_per_hour": 1, "status": "Running"}`
	host := func(status string) string {
		return `{"id": 2, "host_name": "bastion", "region": "A", "product_type": "CPU", "gpu_count": 0, "status": "` +
			status + `"}`
	}
	rowsOf := map[string]*regexp.Regexp{ // by the end of a name
		".html": regexp.MustCompile(`(?s)<tr[ >].*?</tr>`), ".xml": regexp.MustCompile(`(?s)<row[ >].*?</row>`),
		".md": regexp.MustCompile(`.+`), ".json": regexp.MustCompile(`.+`), ".csv": regexp.MustCompile(`.+`),
	}
	for i, list := range []string{reply(other), reply(other, host("Running")), reply(other, host("Stopped"))} {
		seconds := []string{"1795262400", "1795348800", "1795435200"}[i]
		o := job{args: []string{"--input", "-", "--out", out}, env: []string{"SOURCE_DATE_EPOCH=" + seconds},
			stdin: strings.NewReader(list)}.run(t)
		if o.code != 0 {
			t.Fatal(o.stderr)
		}
		if i == 0 {
			continue
		}
		found := map[string]bool{}
		for name, content := range contents(t, out) {
			rows := rowsOf[path.Ext(name)]
			// Snapshots have the list as it came, and findings have no groups.
			if rows == nil || strings.HasPrefix(name, "data/snapshots/") || name == "data/attention.json" {
				continue
			}
			for _, row := range rows.FindAllString(content, -1) {
				if !strings.Contains(row, "bastion") {
					continue
				}
				found[name] = true
				if !strings.Contains(row, "CPU only") {
					t.Errorf("run %d, %s: %.300s", i, name, row)
				}
			}
		}
		for _, name := range []string{"summary.md", "report.html", "summary/index.html", "changes/index.html",
			"instances/index.html", "data/changes.json", "data/instances.json", "data/instances.csv"} {
			if !found[name] {
				t.Errorf("run %d: %s has no row about it", i, name)
			}
		}
		script := plainContents(t, out)["data/instances.js"]
		if !strings.Contains(script, `"name":"gpu","title":"GPU model","names":["CPU only","H100"]`) {
			t.Errorf("%.400s", script)
		}
	}
}
