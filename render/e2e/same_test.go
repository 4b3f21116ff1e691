package e2e

import (
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
)

// TestSameFolderEverywhere renders one list in other time zones and languages, with its rows in another order, with
// other page sizes, and with one processor. Every folder must be the same, byte for byte, after the first run and
// after the next one.
func TestSameFolderEverywhere(t *testing.T) {
	t.Parallel()
	var rows, later []string
	for i := range 700 {
		// Rows come in pairs that differ only in the ID, and prices have many digits. Every row has an ID, because a
		// warning would name a row without one by its place, which differs.
		id, i := fmt.Sprintf(`{"id": %d, `, i), i/2
		row := fmt.Sprintf(`"region": "R%d", "gpu": "G%d", "gpu_count": %d, "ram": %d.1, "price_per_hour": %d.%d7, `+
			`"host_name": "n%d", "status": "%s", "created_at": %d}`,
			i%7, i%5, i%9, i%11, i%4, i%13, i%50, []string{"Running", "Stopped", "Error", "Deleted"}[i%4], 1790000000+i%3*1000)
		rows = append(rows, id+row)
		if i%6 > 0 {
			later = append(later, strings.Replace(id+row, `"ram": 3`, `"ram": 4`, 1))
		}
	}
	shuffled := func(rows []string, seed uint64) []string {
		other := append([]string{}, rows...)
		rand.New(rand.NewPCG(seed, 0)).Shuffle(len(other), func(i, j int) { other[i], other[j] = other[j], other[i] })
		return other
	}
	// saved writes a list into files and returns the arguments that name them.
	saved := func(t *testing.T, rows []string, pages int, seed uint64) (args []string) {
		dir := quickDir(t)
		for n, page := range split(shuffled(rows, seed), pages) {
			total := func(n int) string { return fmt.Sprintf(`"total_instance": %d`, n) }
			body := strings.Replace(reply(page...), total(len(page)), total(len(rows)), 1)
			args = append(args, "--input", write(t, filepath.Join(dir, fmt.Sprint(n, ".json")), body))
		}
		return args
	}
	type way struct {
		env   []string
		pages int
		seed  uint64 // for the order of the rows
	}
	folders := func(t *testing.T, w way) (first, second map[string]string) {
		out := filepath.Join(quickDir(t), "out")
		run := func(epoch string, rows []string) map[string]string {
			o := job{
				args: append(saved(t, rows, w.pages, w.seed), "--out", out, "--base-url", "https://example.org/x"),
				env:  append([]string{"SOURCE_DATE_EPOCH=" + epoch}, w.env...),
			}.run(t)
			if o.code != 0 {
				t.Fatal(o.stderr)
			}
			return plainContents(t, out)
		}
		first = run("1795400000", rows)
		return first, run("1795500000", later)
	}
	first, second := folders(t, way{[]string{"TZ=UTC"}, 1, 1})
	if len(first) < 20 || maps.Equal(first, second) {
		t.Error("there is little to compare")
	}
	// Some cases change several things: if one of them mattered, the folder would differ.
	for name, w := range map[string]way{
		"Tokyo, German":            {[]string{"TZ=Asia/Tokyo", "LC_ALL=de_DE.UTF-8", "LANG=de_DE.UTF-8"}, 1, 1},
		"New York, Turkish":        {[]string{"TZ=America/New_York", "LC_ALL=tr_TR.UTF-8"}, 1, 1},
		"Kathmandu, one processor": {[]string{"TZ=Asia/Kathmandu", "GOMAXPROCS=1"}, 1, 1},
		"Kiritimati, C, eight":     {[]string{"TZ=Pacific/Kiritimati", "LC_ALL=C", "GOMAXPROCS=8", "GOGC=20"}, 1, 1},
		"shuffled":                 {nil, 1, 2},
		"shuffled again":           {nil, 1, 3},
		"in pages":                 {nil, 4, 1},
		"in shuffled pages":        {nil, 9, 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			gotFirst, gotSecond := folders(t, w)
			if diff := mapDiff(first, gotFirst); diff != "" {
				t.Errorf("another folder:\n%s", diff)
			}
			if diff := mapDiff(second, gotSecond); diff != "" {
				t.Errorf("another folder of the run after it:\n%s", diff)
			}
		})
	}
}

// split divides rows into a number of pages.
func split(rows []string, pages int) (all [][]string) {
	for n := range pages {
		all = append(all, rows[n*len(rows)/pages:(n+1)*len(rows)/pages])
	}
	return all
}

// TestSamePagesFromTheAPI lets an API send the list in pages of several sizes. The folder must be that of the whole
// list.
func TestSamePagesFromTheAPI(t *testing.T) {
	t.Parallel()
	const total = 57
	var rows []string
	for i := range total {
		rows = append(rows, fmt.Sprintf(`{"id": %d, "region": "R%d", "gpu": "G", "gpu_count": 1, `+
			`"price_per_hour": 0.%d, "status": "Running"}`, i, i%3, 1+i))
	}
	var want map[string]string
	var size atomic.Int64
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		offset, _ := strconv.Atoi(r.URL.Query().Get("offset"))
		page := rows[min(offset, total):min(offset+int(size.Load()), total)]
		ofPage, ofAll := fmt.Sprintf(`"total_instance": %d`, len(page)), fmt.Sprintf(`"total_instance": %d`, total)
		io.WriteString(w, strings.Replace(reply(page...), ofPage, ofAll, 1))
	}))
	defer api.Close()
	for _, pageSize := range []int64{total, 10, 7, 56, 1} {
		size.Store(pageSize)
		out := filepath.Join(quickDir(t), "out")
		o := job{args: []string{"--api-url", api.URL, "--out", out}, env: []string{"GPUFLEET_TOKEN=x"}}.run(t)
		if o.code != 0 || o.stderr != "" {
			t.Fatalf("pages of %d: %s", pageSize, o.stderr)
		}
		files := plainContents(t, out)
		if want == nil {
			want = files
		} else if !maps.Equal(want, files) {
			t.Errorf("pages of %d make another folder:\n%s", pageSize, mapDiff(want, files))
		}
	}
}
