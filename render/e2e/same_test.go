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

// TestSameFolderEverywhere renders one list in other time zones, languages, orders of the rows, ways of paging, and with one processor: every folder is the same to the byte, the
// first one and that of the run after it.
func TestSameFolderEverywhere(t *testing.T) {
	t.Parallel()
	var rows, later []string
	for i := range 700 {
		// Rows come in pairs that are alike but for the id, and prices have tails. Each has an id: a warning names rows by their place, which is input.
		id, i := fmt.Sprintf(`{"id": %d, `, i), i/2
		row := fmt.Sprintf(`"region": "R%d", "gpu": "G%d", "gpu_count": %d, "ram": %d.1, "price_per_hour": %d.%d7, "host_name": "n%d", "status": "%s", "created_at": %d}`,
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
	type way struct {
		env  []string
		list func(rows []string) []string // the arguments that name the source
	}
	dir := quickDir(t)
	number := 0
	saved := func(pages int, seed uint64) func(rows []string) []string {
		return func(rows []string) (args []string) {
			for n, page := range split(shuffled(rows, seed), pages) {
				number++
				body := strings.Replace(reply(page...), fmt.Sprintf(`"total_instance": %d`, len(page)), fmt.Sprintf(`"total_instance": %d`, len(rows)), 1)
				args = append(args, "--input", write(t, filepath.Join(dir, fmt.Sprint(number, "-", n, ".json")), body))
			}
			return args
		}
	}
	usual := saved(1, 1)
	ways := map[string]way{
		"UTC": {[]string{"TZ=UTC"}, usual}, "Tokyo": {[]string{"TZ=Asia/Tokyo"}, usual}, "New York": {[]string{"TZ=America/New_York"}, usual}, "Kathmandu": {[]string{"TZ=Asia/Kathmandu"}, usual},
		"Kiritimati": {[]string{"TZ=Pacific/Kiritimati"}, usual}, "German": {[]string{"LC_ALL=de_DE.UTF-8", "LANG=de_DE.UTF-8"}, usual}, "Turkish": {[]string{"LC_ALL=tr_TR.UTF-8"}, usual}, "C": {[]string{"LC_ALL=C"}, usual},
		"one processor": {[]string{"GOMAXPROCS=1"}, usual}, "eight": {[]string{"GOMAXPROCS=8", "GOGC=20"}, usual}, "shuffled": {nil, saved(1, 2)}, "shuffled again": {nil, saved(1, 3)}, "in pages": {nil, saved(4, 1)}, "in shuffled pages": {nil, saved(9, 4)},
	}
	var first, second map[string]string
	for name, way := range ways {
		out := filepath.Join(quickDir(t), "out")
		for _, run := range []struct {
			epoch string
			rows  []string
			want  *map[string]string
		}{{"1795400000", rows, &first}, {"1795500000", later, &second}} {
			o := job{args: append(way.list(run.rows), "--out", out, "--base-url", "https://example.org/x"), env: append([]string{"SOURCE_DATE_EPOCH=" + run.epoch}, way.env...)}.run(t)
			if o.code != 0 {
				t.Fatalf("%s: %s", name, o.stderr)
			}
			files := plainContents(t, out)
			if *run.want == nil {
				*run.want = files
			} else if !maps.Equal(*run.want, files) {
				t.Errorf("%s: another folder:\n%s", name, mapDiff(*run.want, files))
			}
		}
	}
	if len(first) < 20 || maps.Equal(first, second) {
		t.Error("there is little to compare")
	}
}

// split cuts rows into so many pages.
func split(rows []string, pages int) (all [][]string) {
	for n := range pages {
		all = append(all, rows[n*len(rows)/pages:(n+1)*len(rows)/pages])
	}
	return all
}

// TestSamePagesFromTheAPI has an API give the list in pages of several sizes and orders: the folder is that of the whole list.
func TestSamePagesFromTheAPI(t *testing.T) {
	t.Parallel()
	const total = 57
	var rows []string
	for i := range total {
		rows = append(rows, fmt.Sprintf(`{"id": %d, "region": "R%d", "gpu": "G", "gpu_count": 1, "price_per_hour": 0.%d, "status": "Running"}`, i, i%3, 1+i))
	}
	var want map[string]string
	var size atomic.Int64
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { // one address, since the account is told apart by it
		offset, _ := strconv.Atoi(r.URL.Query().Get("offset"))
		page := rows[min(offset, total):min(offset+int(size.Load()), total)]
		io.WriteString(w, strings.Replace(reply(page...), fmt.Sprintf(`"total_instance": %d`, len(page)), fmt.Sprintf(`"total_instance": %d`, total), 1))
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
