package templates

import (
	"fmt"
	"strings"
	"testing"

	"gpufleet/fetch/fleet"
	"gpufleet/render/report"
)

// TestPaging checks that each instance is on one page of the whole list and on one page of its group, in order, and
// that the pages are linked.
func TestPaging(t *testing.T) {
	for count, wantPages := range map[int]int{1: 1, 499: 1, 500: 1, 501: 2, 1000: 2, 1001: 3} {
		list := &fleet.Fleet{}
		for i := range count {
			list.Instances = append(list.Instances,
				&fleet.Instance{ID: fmt.Sprint(i), Region: "R", GPU: "M", HostName: fmt.Sprintf("node-%d", i)})
		}
		pages := render(t, list, settings())
		for _, folder := range []string{"instances", "regions/r/m"} {
			next := 0
			for number := 1; number <= wantPages; number++ {
				page := at(t, pages, report.PagePath(folder, number))
				rows := elements(elements(page.tree, "tbody")[len(elements(page.tree, "tbody"))-1], "tr")
				if len(rows) > rowsPerPage {
					t.Errorf("%s holds %d rows", page.path, len(rows))
				}
				for _, row := range rows {
					if got, want := text(elements(row, "th")[0]), fmt.Sprintf("node-%d", next); got != want {
						t.Fatalf("%s: row of %s, want %s", page.path, got, want)
					}
					next++
				}
				checkPager(t, page, folder, number, wantPages)
			}
			if next != count {
				t.Errorf("%s of %d instances show %d", folder, count, next)
			}
			for _, page := range pages {
				if page.path == report.PagePath(folder, wantPages+1) {
					t.Errorf("%d instances have a page %s", count, page.path)
				}
			}
		}
	}
}

func checkPager(t *testing.T, page rendered, folder string, number, last int) {
	t.Helper()
	links := map[string]string{}
	for _, a := range elements(page.tree, "a") {
		if rel := attribute(a, "rel"); rel != "" {
			links[rel] = attribute(a, "href")
		}
	}
	up := strings.Repeat("../", strings.Count(folder, "/")+1)
	want := map[string]string{}
	if number > 1 {
		want["prev"] = up + report.PagePath(folder, number-1)
	}
	if number < last {
		want["next"] = up + report.PagePath(folder, number+1)
	}
	if fmt.Sprint(links) != fmt.Sprint(want) {
		t.Errorf("%s leads to %v, want %v", page.path, links, want)
	}
	if says := fmt.Sprintf("Page %d of %d", number, last); last > 1 && !strings.Contains(text(page.tree), says) {
		t.Errorf("%s does not say %q", page.path, says)
	}
}

func TestLink(t *testing.T) {
	for _, test := range []struct{ from, to, want string }{
		{"index.html", "index.html", "index.html"},
		{"index.html", "regions/a/index.html", "regions/a/index.html"},
		{"instances/page-2.html", "index.html#regions", "../index.html#regions"},
		{"regions/a/b/index.html", "static/x.css", "../../../static/x.css"},
	} {
		if got := string(frame{path: test.from}.link(test.to)); got != test.want {
			t.Errorf("from %s to %s: %s, want %s", test.from, test.to, got, test.want)
		}
	}
}

// TestPageColumns checks that a table has every column of the report once, even if the leading ones are hidden.
func TestPageColumns(t *testing.T) {
	named := func(names ...string) []instanceColumn {
		var columns []instanceColumn
		for _, name := range names {
			columns = append(columns, instanceColumn{Name: name})
		}
		return columns
	}
	for _, test := range []struct{ columns, want []instanceColumn }{
		{named("id", "region", "host_name", "os", "status"), named("host_name", "status", "region", "os", "id")},
		{named("id", "status"), named("status", "id")},
		{named("id", "os"), named("os", "id")},
	} {
		if got := pageColumns(test.columns); fmt.Sprint(got) != fmt.Sprint(test.want) {
			t.Errorf("got %v, want %v", got, test.want)
		}
	}
}
