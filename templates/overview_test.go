package templates

import (
	"context"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"gpufleet/fetch/fleet"
	"gpufleet/render/report"
	"gpufleet/render/report/reporttest"
)

// TestOverviewOrder checks the order of the headings on the overview, and that each status leads to its instances.
func TestOverviewOrder(t *testing.T) {
	s := settings()
	s.Budget = price(t, "9000")
	r := reporttest.Past(t, s, reporttest.Days(t, "2026-11-26", 20), func(run int) []*fleet.Instance {
		return reporttest.Changing(t, run)
	})
	for page := range Pages(r, summary, "<h2>Notes</h2>", nil) {
		if page.Path != report.OverviewPath {
			continue
		}
		var b strings.Builder
		if err := page.Body.Render(context.Background(), &b); err != nil {
			t.Fatal(err)
		}
		tree, err := html.Parse(strings.NewReader(b.String()))
		if err != nil {
			t.Fatal(err)
		}
		var headings []string
		for _, n := range elements(tree, "") {
			if n.Data == "h1" || n.Data == "h2" || n.Data == "h3" {
				headings = append(headings, n.Data+" "+text(n))
			}
		}
		if got, want := strings.Join(headings, "; "), "h1 Our GPUs; h2 Cost by day, running instances; h2 Status; "+
			"h2 Regions by GPU model; h2 Regions; h2 GPU models; h2 Since last week; h3 Largest increases; "+
			"h3 Largest decreases; h2 Notes; h2 Downloads"; got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
		table := find(tree, "aria-label", "Instances by status")
		for i, link := range elements(table, "a") {
			if want := report.StatusPath(r.Statuses[i].Name); attribute(link, "href") != want {
				t.Errorf("%s leads to %s", text(link), attribute(link, "href"))
			}
		}
		if got, _ := r.BudgetSentence(); !strings.Contains(text(elements(tree, "main")[0]), "26 Nov, 09:00 UTC · "+got) {
			t.Errorf("the overview doesn't say %q at its top", got)
		}
	}
}
