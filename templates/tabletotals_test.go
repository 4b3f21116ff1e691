package templates

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"gpufleet/fetch/fleet"
	"gpufleet/render/report"
)

// TestTableTotals checks the totals below each table of instances: of the whole list and, with several pages, of each
// page.
func TestTableTotals(t *testing.T) {
	list := &fleet.Fleet{}
	for i := range 501 {
		in := &fleet.Instance{
			ID: fmt.Sprint(i), Region: "R", GPU: "M", HostName: fmt.Sprintf("node-%d", i), Status: "Running",
			GPUCount: fleet.Known(2.0), Price: price(t, "0.679"),
		}
		switch i {
		case 3:
			in.Price = fleet.Price{}
		case 4:
			in.GPUCount = fleet.Number{}
		case 500:
			in.Status = "Stopped"
		}
		list.Instances = append(list.Instances, in)
	}
	first := "This page 500 instances|≥ 998 499 of 500 known|" +
		"Listed ≥ $338.821/h ≥ $247,339.33/month 499 of 500 priced " +
		"Running ≥ $338.821/h ≥ $247,339.33/month 499 of 500 priced"
	second := "This page 1 instance|2|Listed $0.679/h $495.67/month Running $0.00/h $0.00/month"
	all := "Total 501 instances|≥ 1,000 500 of 501 known|Listed ≥ $339.50/h ≥ $247,835.00/month 500 of 501 priced " +
		"Running ≥ $338.821/h ≥ $247,339.33/month 499 of 500 priced"
	pages := render(t, list, settings())
	for _, folder := range []string{"instances", "regions/r/m"} {
		for i, want := range []string{first + " " + all, second + " " + all} {
			page := at(t, pages, report.PagePath(folder, i+1))
			var rows []string
			for _, row := range elements(elements(page.tree, "tfoot")[len(elements(page.tree, "tfoot"))-1], "tr") {
				cells := elements(row, "td")
				heads := elements(elements(page.tree, "thead")[len(elements(page.tree, "thead"))-1], "th")
				gpus := slices.IndexFunc(heads, func(head *html.Node) bool { return text(head) == "GPUs" })
				rows = append(rows,
					strings.Join([]string{text(elements(row, "th")[0]), text(cells[gpus-1]), text(cells[gpus])}, "|"))
				if len(cells)+1 != len(heads) {
					t.Errorf("%s: totals of %d columns below %d", page.path, len(cells)+1, len(heads))
				}
			}
			if got := strings.Join(rows, " "); got != want {
				t.Errorf("%s: totals\n%s, want\n%s", page.path, got, want)
			}
		}
	}
	list.Instances = list.Instances[:3]
	for _, path := range []string{"instances/index.html", "regions/r/m/index.html"} {
		page := at(t, render(t, list, settings()), path)
		foot := elements(page.tree, "tfoot")
		rows := elements(foot[len(foot)-1], "tr")
		if len(rows) != 1 || !strings.HasPrefix(text(rows[0]), "Total 3 instances") {
			t.Errorf("%s of one page has %d rows of totals", path, len(rows))
		}
	}
}
