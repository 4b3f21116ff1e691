package e2e

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"github.com/xuri/excelize/v2"
)

var update = flag.Bool("update", false, "write what the program writes now as the expected outputs")

// wholeOutputs are compared in full for each of the known replies.
var wholeOutputs = []string{"index.html", "summary.md", "fleet.xlsx", "data/instances.json", "data/instances.csv"}

// TestGolden compares the outputs of small fleets with files that a person has read. make update-golden rewrites them.
func TestGolden(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"reply-2024-11", "reply-2025"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := dayOf(t, filepath.Join(quickDir(t), "out"), "1795435200", knownReply(t, name))
			for _, path := range wholeOutputs {
				compare(t, name, path, files[path])
			}
		})
	}
	t.Run("second-day", func(t *testing.T) {
		t.Parallel()
		out, now := filepath.Join(quickDir(t), "out"), knownReply(t, "reply-2025")
		before := strings.NewReplacer("0.679", "0.5", "Deploying", "Running", "d002", "d009").Replace(now)
		dayOf(t, out, "1795348800", before)
		files := dayOf(t, out, "1795435200", now, "--budget", "10000")
		compare(t, "second-day", "spend/index.html", files["spend/index.html"])
		compare(t, "second-day", "summary.md", files["summary.md"])
		compare(t, "second-day", "fleet.xlsx", files["fleet.xlsx"])
	})
}

// TestFiguresOfReplies compares figures in the outputs with both known replies. Without it, an update of the golden
// files could hide a mistake.
func TestFiguresOfReplies(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"reply-2024-11", "reply-2025"} {
		reply := knownReply(t, name)
		files := dayOf(t, filepath.Join(quickDir(t), "out"), "1795435200", reply)
		ids, listed := idsAndPrices(t, reply, "data")
		if len(ids) != 3 {
			t.Fatalf("%s: %d instances", name, len(ids))
		}
		written, prices := idsAndPrices(t, files["data/instances.json"], "instances")
		if diff := cmp.Diff(ids, written); diff != "" || !prices.Equal(listed) {
			t.Errorf("%s: instances.json: prices add up to %s, want %s; ids: %s", name, prices, listed, diff)
		}
		if sum := addedUp(t, files["data/instances.csv"]); !sum.Equal(listed) {
			t.Errorf("%s: instances.csv: prices add up to %s, want %s", name, sum, listed)
		}
		book, err := excelize.OpenReader(strings.NewReader(files["fleet.xlsx"]))
		if err != nil {
			t.Fatal(err)
		}
		defer book.Close()
		if !hasFigure(t, book, listed) {
			t.Errorf("%s: %s is not on the sheet Summary", name, listed)
		}
		wantColumn(t, book, "Instances", "ID", ids)
		for _, path := range []string{"instances/index.html", "summary.md"} {
			amount := "$" + listed.StringFixed(3)
			if !listed.IsZero() && !strings.Contains(files[path], amount) {
				t.Errorf("%s: %s does not name %s", name, path, amount)
			}
		}
	}
}

// idsAndPrices returns the IDs of the instances in a JSON document, sorted, and the sum of their prices. All instances
// must be listed.
func idsAndPrices(t testing.TB, document, list string) (ids []string, sum decimal.Decimal) {
	t.Helper()
	var lists map[string]json.RawMessage
	var rows []struct {
		ID    any
		Price *decimal.Decimal `json:"price_per_hour"`
	}
	if err := json.Unmarshal([]byte(document), &lists); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(lists[list], &rows); err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		ids = append(ids, fmt.Sprint(row.ID))
		if row.Price != nil {
			sum = sum.Add(*row.Price)
		}
	}
	slices.Sort(ids)
	return ids, sum
}

// wantColumn checks that a sheet has a heading in row 4, and these values below it, in any order.
func wantColumn(t testing.TB, book *excelize.File, sheet, heading string, want []string) {
	t.Helper()
	rows, err := book.GetRows(sheet)
	if err != nil || len(rows) < 4 {
		t.Fatalf("%s: %d rows: %v", sheet, len(rows), err)
	}
	column := slices.Index(rows[3], heading)
	if column < 0 {
		t.Fatalf("%s has no column %q: %q", sheet, heading, rows[3])
	}
	var values []string
	for _, row := range rows[4:] {
		values = append(values, row[column])
	}
	slices.Sort(values)
	if diff := cmp.Diff(want, values); diff != "" {
		t.Errorf("%s: %s: %s", sheet, heading, diff)
	}
}

// knownReply returns one of the replies that were kept as examples.
func knownReply(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "fetch", "testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// dayOf renders a reply at a moment, in seconds since 1970, and returns the files.
func dayOf(t testing.TB, out, seconds, reply string, args ...string) map[string]string {
	t.Helper()
	args = append([]string{"--out", out, "--input", "-"}, args...)
	o := job{
		args: args, env: []string{"SOURCE_DATE_EPOCH=" + seconds}, stdin: strings.NewReader(reply), process: true,
	}.run(t)
	if o.code != 0 {
		t.Fatalf("exit code %d: %s", o.code, o.stderr)
	}
	return contents(t, out)
}

// ofOtherFiles matches what a page says about other files: hashes in the names of style sheets and scripts, and sizes.
var ofOtherFiles = regexp.MustCompile(`(static/[a-z]+\.)[0-9a-f]{8}(\.)|(class="size">)[^<]*(<)`)

// compare compares an output with the golden file, in which a page has one line per tag and a workbook is text.
func compare(t *testing.T, name, path, got string) {
	t.Helper()
	golden := filepath.Join("testdata", "golden", name, filepath.Base(path))
	switch filepath.Ext(path) {
	case ".html":
		got = ofOtherFiles.ReplaceAllString(strings.ReplaceAll(got, "><", ">\n<"), "$1$3…$2$4")
	case ".xlsx":
		golden, got = strings.TrimSuffix(golden, ".xlsx")+".txt", bookText(t, got)
	}
	if *update {
		write(t, golden, got)
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s: %s", path, diff)
	}
}
