package templates

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
	"gpufleet/render/report"
)

// TestChangesPage shows changes of every kind with names that look like markup, and checks that the page has what every
// page needs, and not too many rows.
func TestChangesPage(t *testing.T) {
	const hostile = `<script>alert(1)</script>`
	old := []*fleet.Instance{
		{ID: hostile, HostName: hostile, Status: "Running", Price: price(t, "1")}, {ID: "2", Status: "Running"},
		{Price: price(t, "0.5")},
	}
	now := []*fleet.Instance{
		{ID: hostile, HostName: hostile + "2", Status: hostile, Price: price(t, "2")},
		{ID: "2", Status: "Running", Price: price(t, "3")},
	}
	for n := range 496 {
		now = append(now, &fleet.Instance{ID: fmt.Sprint("new-", n)})
	}
	first := report.New(&fleet.Fleet{Instances: old}, settings())
	if err := first.Compare(&history.History{}); err != nil {
		t.Fatal(err)
	}
	s := settings()
	s.Generated = s.Generated.Add(24 * time.Hour)
	r := report.New(&fleet.Fleet{Instances: now}, s)
	if err := r.Compare(&history.History{Snapshots: first.Snapshots, Days: first.Days}); err != nil {
		t.Fatal(err)
	}
	for page := range Pages(r, summary, "", nil) {
		if page.Path != report.ChangesPath {
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
		for problem := range tableProblems(tree) {
			t.Errorf("a table %s", problem)
		}
		if len(elements(elements(tree, "main")[0], "script")) > 0 || !strings.Contains(text(tree), hostile+"2") {
			t.Error("a name does not show as itself")
		}
		if rows := len(elements(tree, "tr")); rows > 2*(rowsPerPage+15) || !strings.Contains(text(tree), "And 1 more") {
			t.Errorf("%d rows: %.300s", rows, text(tree))
		}
		ids := map[string]bool{}
		for _, n := range elements(tree, "") {
			if id := attribute(n, "id"); id != "" && ids[id] {
				t.Errorf("duplicate id %s", id)
			} else {
				ids[id] = true
			}
		}
	}
}
