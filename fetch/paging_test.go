package fetch

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gpufleet/fetch/fleet"
)

// paged answers with a list of total rows, one page at a time. offset counts pages if byPage is set, else rows. A
// request without a limit gets the first "plain" rows.
func paged(total, plain int, byPage bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		first, last := 1, plain
		if r.URL.Query().Has("limit") {
			limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
			offset, _ := strconv.Atoi(r.URL.Query().Get("offset"))
			if first = offset + 1; byPage {
				first = (offset-1)*limit + 1
			}
			last = first + limit - 1
		}
		io.WriteString(w, reply(total, rows(first, min(last, total))...))
	}
}

func TestPaging(t *testing.T) {
	tests := []struct {
		name   string
		answer http.HandlerFunc
		want   []string // queries
	}{
		{"whole list at once", paged(5, 5, false), []string{""}},
		{"offset counts rows", paged(7, 3, false), []string{"", "limit=3&offset=3", "limit=3&offset=6"}},
		{"offset counts pages", paged(7, 3, true), []string{"", "limit=3&offset=3", "limit=3&offset=4", "limit=3&offset=2"}},
		{"offset counts pages and the first guess misses", paged(5, 3, true),
			[]string{"", "limit=3&offset=3", "limit=3&offset=2"}},
		{"offset counts pages and the first guess hits the middle", paged(11, 2, true),
			[]string{"", "limit=2&offset=2", "limit=2&offset=4", "limit=2&offset=6", "limit=2&offset=7",
				"limit=2&offset=2", "limit=2&offset=3", "limit=2&offset=4", "limit=2&offset=5"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := newAPI(t, test.answer)
			list, err := a.list(t)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, a.asked()); diff != "" {
				t.Error(diff)
			}
			seen := map[string]bool{}
			for _, id := range ids(list) {
				seen[id] = true
			}
			total := len(list.Instances)
			for _, id := range numbers(1, total) {
				if !seen[id] {
					t.Errorf("instance %s is missing from %v", id, ids(list))
				}
			}
			if lines := list.Warnings.Lines(); len(lines) > 0 {
				t.Errorf("warnings: %q", lines)
			}
		})
	}
}

// TestEveryPageSize reads lists of many sizes, with an offset that counts rows or pages.
func TestEveryPageSize(t *testing.T) {
	for total := 1; total <= 23; total++ {
		for plain := 1; plain <= total; plain++ {
			for _, byPage := range []bool{false, true} {
				a := newAPI(t, paged(total, plain, byPage))
				list, err := a.list(t)
				if err != nil {
					t.Fatalf("total %d, plain %d, by page %v: %v", total, plain, byPage, err)
				}
				if len(list.Instances) != total {
					t.Errorf("total %d, plain %d, by page %v: %d instances", total, plain, byPage, len(list.Instances))
				}
				a.Close()
			}
		}
	}
}

func TestIncomplete(t *testing.T) {
	tests := []struct {
		name   string
		answer http.HandlerFunc
		says   string
		most   int // requests
	}{
		{"paging is ignored", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, reply(9, rows(1, 3)...)) },
			"3 of 9", 12},
		{"paging is ignored and ids are missing", func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, reply(6, `{"host_name": "a"}`, `{"host_name": "b"}`))
		}, "2 of 6", 12},
		{"nothing comes", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, reply(4)) }, "0 of 4", 3},
		{"later pages are null", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.RawQuery == "" {
				io.WriteString(w, reply(4, rows(1, 2)...))
				return
			}
			io.WriteString(w, `{"data": null, "total_instance": 4, "status": "success"}`)
		}, "2 of 4", 12},
		{"an absurd total", func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, reply(1_000_000_000, rows(1, 3)...))
		}, "3 of 1,000,000,000", 12},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := newAPI(t, test.answer)
			_, err := a.list(t)
			wantError(t, err, Incomplete, test.says)
			if n := len(a.asked()); n > test.most {
				t.Errorf("%d requests, want at most %d", n, test.most)
			}
		})
	}
}

// TestOddPaging reads lists from APIs that page in unusual ways.
func TestOddPaging(t *testing.T) {
	withoutIDs := func(first, last int) []string {
		var list []string
		for n := first; n <= last; n++ {
			list = append(list, fmt.Sprintf(`{"host_name": "n%d"}`, n))
		}
		return list
	}
	mixed := func(first, last int) []string {
		list := rows(first, last)
		for n := first; n <= last; n++ {
			if n%5 == 2 {
				list[n-first] = withoutIDs(n, n)[0]
			}
		}
		return list
	}
	// byPage answers page numbers; beyond answers those after the last page.
	type maker func(first, last int) []string
	type beyonder func(w http.ResponseWriter, number int) int
	byPage := func(total, size, plain int, make maker, beyond beyonder) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.URL.RawQuery == "" {
				io.WriteString(w, reply(total, make(1, plain)...))
				return
			}
			number, _ := strconv.Atoi(r.URL.Query().Get("offset"))
			if (number-1)*size >= total {
				if number = beyond(w, number); number == 0 {
					return
				}
			}
			io.WriteString(w, reply(total, make((number-1)*size+1, min(number*size, total))...))
		}
	}
	clamp := func(last int) func(http.ResponseWriter, int) int {
		return func(http.ResponseWriter, int) int { return last }
	}
	refuse := func(code int) func(http.ResponseWriter, int) int {
		return func(w http.ResponseWriter, _ int) int { w.WriteHeader(code); return 0 }
	}
	fail := func(w http.ResponseWriter, _ int) int {
		io.WriteString(w, `{"data": null, "status": "failed"}`)
		return 0
	}
	tests := map[string]struct {
		answer http.HandlerFunc
		total  int
	}{
		"the last page for all later ones, without ids": {byPage(30, 10, 10, withoutIDs, clamp(3)), 30},
		"the same with ids":                             {byPage(30, 10, 10, rows, clamp(3)), 30},
		"no such page: 400":                             {byPage(25, 10, 10, rows, refuse(400)), 25},
		"no such page: 404":                             {byPage(25, 10, 10, rows, refuse(404)), 25},
		"no such page: failed":                          {byPage(25, 10, 10, rows, fail), 25},
		"fewer a page than the plain reply":             {byPage(60, 5, 10, rows, clamp(12)), 60},
		"half a page as asked":                          {byPage(60, 10, 20, rows, clamp(6)), 60},
		"a third, and nothing after":                    {byPage(200, 7, 20, rows, refuse(404)), 200},
		"half a page, without ids":                      {byPage(30, 10, 20, withoutIDs, refuse(404)), 30},
		"less than half, some without ids":              {byPage(30, 8, 20, mixed, refuse(404)), 30},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			list, err := newAPI(t, test.answer).list(t)
			if err != nil {
				t.Fatal(err)
			}
			seen := map[string]bool{}
			for _, in := range list.Instances {
				seen[in.ID+in.HostName] = true
			}
			if len(seen) != test.total || len(list.Instances) != test.total {
				t.Errorf("%d instances, %d different ones; want %d", len(list.Instances), len(seen), test.total)
			}
		})
	}
	a := newAPI(t, byPage(25, 10, 10, rows, refuse(401)))
	_, err := a.list(t)
	wantError(t, err, BadAPI, "401")
}

// Rows are equal if their values are, even in different memory.
func TestHashOfARow(t *testing.T) {
	priced := func(text string) *fleet.Instance {
		money, err := fleet.ParseMoney(text)
		if err != nil {
			t.Fatal(err)
		}
		return &fleet.Instance{Region: "A", Price: fleet.Known(money)}
	}
	r := newRowsWithoutID()
	first, second := priced("1.5"), priced("1.5")
	if r.hash(first) != r.hash(second) {
		t.Error("two readings of the same row have different hashes")
	}
	free, unpriced := priced("0"), &fleet.Instance{Region: "A"}
	if r.hash(priced("1.5")) == r.hash(priced("1.6")) || r.hash(free) == r.hash(unpriced) {
		t.Error("different rows have the same hash")
	}
}

// TestAlikeRows reads lists whose rows are equal and have no ID, so no row shows whether it was read before.
func TestAlikeRows(t *testing.T) {
	// answer returns at most "most" rows from the place that start gives for an offset. A request without an offset gets
	// the first "plain" rows.
	answer := func(total, plain, most int, start func(limit, offset int) int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			limit, before := plain, 0
			if r.URL.RawQuery != "" {
				limit, _ = strconv.Atoi(r.URL.Query().Get("limit"))
				limit = min(limit, most)
				offset, _ := strconv.Atoi(r.URL.Query().Get("offset"))
				before = start(limit, offset)
			}
			io.WriteString(w, reply(total, slices.Repeat([]string{`{"gpu": "X"}`}, max(0, min(limit, total-before)))...))
		}
	}
	byRow := func(_, offset int) int { return offset }
	byNumber := func(limit, offset int) int { return (offset - 1) * limit }
	first := func(int, int) int { return 0 }
	clamped := func(limit, offset int) int { return min((offset-1)*limit, 4) }
	for name, test := range map[string]struct {
		total, plain int
		most         int // rows per page, except for a request without an offset
		start        func(limit, offset int) int
		short        string // what the error says, "" for none
	}{
		"offset counts rows":                    {7, 3, 9, byRow, ""},
		"the last page is full":                 {6, 3, 9, byRow, ""},
		"one row per page":                      {4, 1, 9, byRow, ""},
		"offset counts pages of one row":        {4, 1, 9, byNumber, "1 of 4"},
		"offset counts rows, with small pages":  {9, 4, 2, byRow, ""},
		"offset counts pages, with small pages": {9, 4, 2, byNumber, "4 of 9"},
		"offset counts pages":                   {7, 3, 9, byNumber, "3 of 7"},
		"offset is ignored":                     {6, 3, 9, first, "3 of 6"},
		"the last page for all later ones":      {6, 2, 9, clamped, "2 of 6"},
	} {
		list, err := newAPI(t, answer(test.total, test.plain, test.most, test.start)).list(t)
		if test.short != "" {
			wantError(t, err, Incomplete, test.short)
			continue
		}
		if err != nil || len(list.Instances) != test.total {
			t.Errorf("%s: %v, %+v", name, err, list)
			continue
		}
		if lines := list.Warnings.Lines(); !strings.Contains(fmt.Sprint(lines), "can't verify that the list is complete") {
			t.Errorf("%s: warnings %q", name, lines)
		}
	}
}

// TestMovingList reads a list that shrinks and grows while its pages are read. The second pass is complete.
func TestMovingList(t *testing.T) {
	var n atomic.Int64
	a := newAPI(t, func(w http.ResponseWriter, r *http.Request) {
		switch n.Add(1) {
		case 1:
			io.WriteString(w, reply(4, rows(1, 2)...))
		case 2, 3: // the list has moved: neither reading of offset finds a new row
			io.WriteString(w, reply(4))
		default:
			io.WriteString(w, reply(3, rows(2, 4)...))
		}
	})
	list, err := a.list(t)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"2", "3", "4"}, ids(list)); diff != "" {
		t.Error(diff)
	}
	// The total at the beginning of the pass doesn't matter: the latest counts.
	n.Store(0)
	b := newAPI(t, func(w http.ResponseWriter, r *http.Request) {
		if n.Add(1) == 1 {
			io.WriteString(w, reply(5, rows(1, 2)...))
			return
		}
		io.WriteString(w, reply(3, rows(3, 3)...))
	})
	if list, err := b.list(t); err != nil || len(list.Instances) != 3 {
		t.Errorf("%v, %v", list, err)
	}
}
