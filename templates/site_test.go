package templates

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"gpufleet/fetch/fleet"
	"gpufleet/render/report"
)

// find returns the first element of a tree with an attribute, nil if there is none.
func find(tree *html.Node, key, value string) *html.Node {
	for _, n := range elements(tree, "") {
		if attribute(n, key) == value {
			return n
		}
	}
	return nil
}

// TestHeatSwitch checks that each cell has three figures, that unknown is not 0, and that the switch starts with GPUs.
func TestHeatSwitch(t *testing.T) {
	s := settings()
	s.Bill = report.BillListed
	tree := at(t, render(t, example(t), s), report.OverviewPath).tree
	for id, checked := range map[string]bool{"heat-gpus": true, "heat-cost": false, "heat-instances": false} {
		input := find(tree, "id", id)
		if input == nil || strings.Contains(skeleton(input), "checked") != checked || text(input.Parent) == "" {
			t.Errorf("the choice %s is not as it should be", id)
		}
	}
	cells := map[string]string{}
	for _, link := range elements(find(tree, "class", "matrix"), "a") {
		cells[attribute(link, "href")] = attribute(link, "class") + ": " + text(link)
	}
	for path, want := range map[string]string{
		"regions/canada-1/rtx-a6000/index.html": "g5 c5 i5: 3 ≥ $495.67 2 CANADA-1 , RTX-A6000 : 3 GPUs, " +
			"listed ≥ $495.67/month · 1 of 2 priced, 2 instances, 2 running",
		"regions/montreal-pwojqwcxmoanuhub/unknown-gpu/index.html": "gu cu i4: unknown unknown 1 Montreal , Unknown GPU : " +
			"GPUs unknown, listed cost unknown, 1 instance, 0 running",
		"regions/montreal-pwojqwcxmoanuhub/cpu-only/index.html": "g0 c2 i4: 0 $36.50 1 Montreal , CPU only : 0 GPUs, " +
			"listed $36.50/month, 1 instance, 0 running",
		"regions/unknown-region/l40s/index.html": "g5 c0 i4: 4 $0.00 1 Unknown region , L40S : 4 GPUs, " +
			"listed $0.00/month, 1 instance, 0 running",
	} {
		if cells[path] != want {
			t.Errorf("%s: %q, want %q", path, cells[path], want)
		}
	}
}

// TestNeighbours follows the links from the first region, model and group to the last, and back.
func TestNeighbours(t *testing.T) {
	pages := render(t, example(t), settings())
	for _, path := range []string{
		"regions/canada-1/index.html", "models/cpu-only/index.html",
		"regions/montreal-pwojqwcxmoanuhub/cpu-only/index.html",
	} {
		first, steps := path, 0
		for direction, class := range []string{"after", ""} {
			for steps = 0; ; steps++ {
				nav := find(at(t, pages, path).tree, "class", "neighbours")
				if nav == nil {
					t.Fatalf("%s has no neighbours", path)
				}
				next := ""
				for _, link := range elements(nav, "a") {
					if attribute(link, "class") == class {
						next = strings.TrimLeft(attribute(link, "href"), "./")
					}
				}
				if next == "" {
					break
				}
				path = next
			}
			if steps == 0 {
				t.Errorf("no way from %s (direction %d)", first, direction)
			}
		}
		if path != first {
			t.Errorf("from %s forth and back leads to %s", first, path)
		}
	}
}

// TestManyRegions checks that the overview stays small, and that the list it links to has all regions, page by page.
func TestManyRegions(t *testing.T) {
	list := &fleet.Fleet{}
	for i := range rowsPerPage + 10 {
		list.Instances = append(list.Instances,
			&fleet.Instance{ID: fmt.Sprint(i), Region: fmt.Sprintf("REGION-%d", i), GPU: "H100", GPUCount: fleet.Known(1.0)})
	}
	pages := render(t, list, settings())
	overview := at(t, pages, report.OverviewPath)
	if rows := len(elements(overview.tree, "tr")); rows > 100 {
		t.Errorf("the overview has %d rows", rows)
	}
	if !strings.Contains(text(overview.tree), "All 510 regions") ||
		len(elements(find(overview.tree, "aria-label", "Regions, table"), "tr")) != 1+overviewParts {
		t.Error("the overview does not say that there are more regions")
	}
	first, second := at(t, pages, "regions/index.html"), at(t, pages, "regions/page-2.html")
	a := len(elements(elements(first.tree, "tbody")[0], "tr"))
	b := len(elements(elements(second.tree, "tbody")[0], "tr"))
	if a != rowsPerPage || b != 10 {
		t.Errorf("%d and %d regions", a, b)
	}
}

// TestSizes checks that downloads show their sizes if they are known.
func TestSizes(t *testing.T) {
	for page := range Pages(report.New(example(t), settings()), summary, "", Sizes{workbook.path: 36049}) {
		var b strings.Builder
		if err := page.Body.Render(context.Background(), &b); err != nil {
			t.Fatal(err)
		}
		want := 0
		if page.Path == report.OverviewPath {
			want = 1
		}
		got := strings.Count(b.String(), `<small class="size">`)
		if got != want || strings.Count(b.String(), `<small class="size">36.0 KB</small>`) != want {
			t.Errorf("%s tells %d sizes", page.Path, got)
		}
	}
}

// TestHead checks what browsers and other sites read from a page's head.
func TestHead(t *testing.T) {
	for _, base := range []string{"", "https://fleet.example/site"} {
		s := settings()
		s.BaseURL = base
		for _, page := range render(t, example(t), s) {
			meta := map[string]string{}
			for _, n := range elements(page.tree, "meta") {
				meta[attribute(n, "property")+attribute(n, "name")+attribute(n, "media")] = attribute(n, "content")
			}
			want := ""
			if base != "" && page.path != report.NotFoundPath {
				want = base + "/" + page.path
			}
			if meta["og:url"] != want {
				t.Errorf("%s: og:url %q, want %q", page.path, meta["og:url"], want)
			}
			if meta["og:title"] == "" || meta["og:description"] != meta["description"] || meta["og:type"] != "website" ||
				meta["og:site_name"] != s.Title {
				t.Errorf("%s: %v", page.path, meta)
			}
			for _, scheme := range []string{"light", "dark"} {
				if meta["theme-color(prefers-color-scheme: "+scheme+")"] == "" {
					t.Errorf("%s has no colour for %s", page.path, scheme)
				}
			}
		}
	}
}

// TestWeekOfFirstRun checks that a report without previous runs says so, and has no trend.
func TestWeekOfFirstRun(t *testing.T) {
	overview := at(t, render(t, example(t), settings()), report.OverviewPath)
	if !strings.Contains(text(overview.tree), "Since last week "+report.NoSnapshot) {
		t.Error("the overview does not say that there is nothing to compare with")
	}
	if find(overview.tree, "class", "trend") != nil {
		t.Error("the overview draws a trend of one day")
	}
}
