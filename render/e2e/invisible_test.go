package e2e

import (
	"encoding/csv"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestInvisibleNames gives instances names of invisible characters. Pages, summary and workbook show their code points,
// even where such an instance came and went; files for programs have the names as they came.
func TestInvisibleNames(t *testing.T) {
	t.Parallel()
	out := filepath.Join(quickDir(t), "out")
	row := func(id, name string) string {
		return `{"id": ` + id + `, "host_name": "` + name + `", "region": "r` + name + `", "gpu": "g` + name +
			`", "os": "` + name + `", "gpu_count": 1, "price_per_hour": 1, "status": "s` + name + `"}`
	}
	const fillers, joiners = `\u3164\u2800`, `\u200b\u2060`
	for _, run := range []struct{ seconds, list string }{
		{"1795348800", reply(row("1", fillers), row("2", "web"), row("3", "gone"+joiners))},
		{"1795435200", reply(row("1", fillers), row("2", "web"+joiners), row("4", joiners))},
	} {
		o := job{args: []string{"--input", "-", "--out", out}, env: []string{"SOURCE_DATE_EPOCH=" + run.seconds},
			stdin: strings.NewReader(run.list)}.run(t)
		if o.code != 0 {
			t.Fatal(o.stderr)
		}
	}
	hidden := regexp.MustCompile("[\u3164\u2800\u200b\u2060]")
	points := map[string]bool{}
	for name, content := range contents(t, out) {
		switch {
		case strings.HasPrefix(name, "data/"):
		case hidden.MatchString(content):
			at := hidden.FindStringIndex(content)
			t.Errorf("%s has an invisible character: %+q", name, content[max(0, at[0]-80):at[1]+20])
		default:
			points[path.Base(name)] = points[path.Base(name)] || strings.Contains(content, "[U+200B][U+2060]")
		}
	}
	for _, name := range []string{"index.html", "summary.md", "report.html", "sheet2.xml"} {
		if !points[name] {
			t.Errorf("%s shows no code point", name)
		}
	}
	text := strings.TrimPrefix(plainContents(t, out)["data/instances.csv"], "\uFEFF")
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || !strings.Contains(text, "\u3164\u2800") || strings.Contains(text, "U+") || len(rows) != 4 {
		t.Errorf("%v: %+q", err, text)
	}
}
