package templates

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"gpufleet/fetch/fleet"
	"gpufleet/render/report"
	"gpufleet/render/report/reporttest"
)

// headings returns the texts of the second-level headings of a page.
func headings(page rendered) (texts []string) {
	for _, n := range elements(page.tree, "h2") {
		texts = append(texts, text(n))
	}
	return texts
}

// TestSpendOfFirstRun checks that a page without a past has no chart and no table, but says what it will have.
func TestSpendOfFirstRun(t *testing.T) {
	for _, list := range [][]*fleet.Instance{nil, example(t).Instances} {
		now := func(int) []*fleet.Instance { return list }
		r := reporttest.Past(t, settings(), reporttest.Days(t, "2026-11-12", 1), now)
		page := at(t, renderReport(t, r), report.SpendPath)
		if n := len(elements(page.tree, "table")) + len(elements(page.tree, "figure")); n > 0 {
			t.Errorf("%d tables and charts of nothing", n)
		}
		if got, want := headings(page), []string{"Days", "How it is computed"}; !slices.Equal(got, want) {
			t.Errorf("sections %q, want %q", got, want)
		}
		for _, want := range []string{"November so far: ", "Counting from 12 Nov 2026", "From the second run on"} {
			if !strings.Contains(text(page.tree), want) {
				t.Errorf("does not say %q", want)
			}
		}
	}
}

// TestSpendPage checks the sections of a page with a past of two months, its links, and that a long table is cut.
func TestSpendPage(t *testing.T) {
	const hostile, gone = "<script>alert(1)</script>", "Gone"
	s := settings()
	s.Budget = price(t, "1000")
	r := reporttest.Past(t, s, reporttest.Days(t, "2026-11-03", 40), func(run int) []*fleet.Instance {
		list := reporttest.Changing(t, run)
		if run < 20 {
			list[0].Region = gone
		}
		for i := range 60 {
			list = append(list, &fleet.Instance{ID: fmt.Sprint(hostile, i), Region: "A", GPU: fmt.Sprint(hostile, i),
				Status: "Running", Price: price(t, "1")})
		}
		return list
	})
	pages := renderReport(t, r)
	page := at(t, pages, report.SpendPath)
	want := []string{"Spend by region", "Spend by GPU model", "Months", "Days", "How it is computed"}
	if got := headings(page); !slices.Equal(got, want) {
		t.Errorf("sections %q, want %q", got, want)
	}
	for problem := range tableProblems(page.tree) {
		t.Errorf("a table %s", problem)
	}
	if len(elements(page.tree, "script")) > 1 || !strings.Contains(text(page.tree), hostile) {
		t.Error("a name does not show as itself")
	}
	for _, figure := range r.KeyFigures() {
		if !strings.Contains(text(page.tree), figure.Exact) {
			t.Errorf("no %s: %s", figure.Name, figure.Exact)
		}
	}
	names := map[string]string{} // the link of each name, "" without one
	for _, row := range elements(page.tree, "th") {
		if attribute(row, "scope") == "row" {
			names[text(row)] = ""
			for _, link := range elements(row, "a") {
				names[text(row)] = attribute(link, "href")
			}
		}
	}
	for name, want := range map[string]string{
		"US-1": "../regions/us-1/index.html", "L40": "../models/l40/index.html", gone: "", "October 2026": "",
	} {
		if got, ok := names[name]; got != want || !ok {
			t.Errorf("%s links to %q, want %q (a row: %v)", name, got, want, ok)
		}
	}
	if cut := len(r.Models) - spendRows; !strings.Contains(text(page.tree), fmt.Sprintf("And %d more", cut)) {
		t.Errorf("does not say that %d models are left out", cut)
	}
	if got := text(at(t, pages, report.ChangesPath).tree); !strings.Contains(got, "the page Spend") {
		t.Error("the page Changes doesn't say where the days are")
	}
}

// TestTiles checks the first figures of the overview: whole amounts, with the exact ones in their titles. Each leads
// on.
func TestTiles(t *testing.T) {
	s := settings()
	for _, budget := range []string{"", "900000", "9000"} {
		if budget != "" {
			s.Budget = price(t, budget)
		}
		r := reporttest.Past(t, s, reporttest.Days(t, "2026-11-26", 40), func(run int) []*fleet.Instance {
			return reporttest.Changing(t, run)
		})
		head := elements(at(t, renderReport(t, r), report.OverviewPath).tree, "dl")[0].Parent
		var got, want []string
		for _, n := range elements(head, "dd") {
			if link := n.FirstChild; link.Data == "a" {
				got = append(got, attribute(link, "href")+" "+text(link)+" "+attribute(link, "title"))
			}
		}
		alerts := 0
		for _, tile := range r.Tiles() {
			for _, f := range tile.Figures {
				line := tile.Path + " " + f.Short + " "
				if f.Exact != f.Short {
					line += f.Exact
				}
				want = append(want, line)
				if f.IsAlert {
					alerts++
				}
			}
		}
		if !slices.Equal(got, want) || len(got) != 5 || strings.Contains(text(elements(head, "a")[0]), ".") {
			t.Errorf("%q, want %q", got, want)
		}
		over := 0
		for _, n := range elements(head, "dd") {
			if strings.Contains(attribute(n, "class"), "over") {
				over++
			}
		}
		if over != alerts || (alerts > 0) != (budget == "9000") {
			t.Errorf("budget %q: %d of %d alerts", budget, over, alerts)
		}
		if n := len(elements(head, "svg")); n != len(r.Tiles()) {
			t.Errorf("%d small charts", n)
		}
	}
}

// TestSpendChart checks that each day of a chart has its figures as text, and can be focused.
func TestSpendChart(t *testing.T) {
	r := reporttest.Past(t, settings(), reporttest.Days(t, "2026-11-26", 40), func(run int) []*fleet.Instance {
		return reporttest.Changing(t, run)
	})
	page := at(t, renderReport(t, r), report.SpendPath)
	var lists []*html.Node
	for _, n := range elements(page.tree, "ol") {
		if attribute(n, "class") == "spend-days" {
			lists = append(lists, n)
		}
	}
	if len(lists) != 2 {
		t.Fatalf("%d charts", len(lists))
	}
	for i, days := range []int{27, 40} { // this month's and the last day's forecast; the days with a reading
		focusable := 0
		for _, n := range elements(lists[i], "li") {
			if attribute(n, "tabindex") == "0" && strings.Contains(text(n), "$") {
				focusable++
			} else if text(n) != "" || attribute(n, "aria-hidden") != "true" {
				t.Errorf("a day without figures: %s", text(n))
			}
		}
		if focusable != days {
			t.Errorf("chart %d: %d days can be focused, want %d", i+1, focusable, days)
		}
	}
}
