package render

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"gpufleet/fetch/fleet"
	"gpufleet/render/data"
	"gpufleet/render/report"
)

// window sets the size of the window.
func (p *explorerPage) window(width, height int64) {
	p.t.Helper()
	if _, err := chromedp.Call(p.ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: width, Height: height, DeviceScaleFactor: 1, Mobile: width < 500,
	}); err != nil {
		p.t.Fatal(err)
	}
}

// load opens the Instances page without waiting for the live table.
func (p *explorerPage) load(query string) {
	p.t.Helper()
	err := chromedp.Do(p.ctx, chromedp.Navigate("about:blank"))
	if err = errors.Join(err, chromedp.Do(p.ctx, chromedp.Navigate(p.site+"instances/index.html"+query))); err != nil {
		p.t.Fatal(err)
	}
	p.until(`document.readyState === "complete" && document.querySelector(".explorer").dataset.state`)
}

// TestExplorerShowsRowsInBrowser counts the rows in sight without scrolling, and the stops of the Tab key up to the
// first row. Filters are beside the table if there is room, and closed above it otherwise.
func TestExplorerShowsRowsInBrowser(t *testing.T) {
	t.Parallel()
	p := newExplorerPage(t, "file://"+folderOf(t, "demo")+"/", nil)
	for _, test := range []struct {
		width, height int64
		rows          int
		beside        bool
	}{{390, 844, 4, false}, {1099, 900, 8, false}, {1100, 900, 11, true}, {1280, 900, 12, true}, {1920, 1080, 12, true}} {
		p.window(test.width, test.height)
		p.load("")
		p.until(`document.querySelector(".explorer").dataset.state === "live"`)
		// The note that a report is out of date takes room, and goes with the next run.
		eval[bool](p, `document.documentElement.classList.remove("stale"), true`)
		rows := eval[int](p, `[...document.querySelectorAll(".live tbody tr")].filter((row) =>
			row.getBoundingClientRect().bottom <= innerHeight).length`)
		if rows < test.rows {
			t.Errorf("at %d x %d, %d rows are in sight, want %d", test.width, test.height, rows, test.rows)
		}
		if got := eval[float64](p, `document.querySelector(".live tbody tr").offsetHeight`); got != 34 {
			t.Errorf("at %d a row has %.1f pixels", test.width, got)
		}
		beside := eval[bool](p, `document.querySelector(".facet-box").open &&
			document.querySelector(".facets").getBoundingClientRect().right <
				document.querySelector(".live").getBoundingClientRect().left`)
		if open := eval[bool](p, `document.querySelector(".facet-box").open`); beside != test.beside || open != test.beside {
			t.Errorf("at %d the filters are beside the table: %v, open: %v", test.width, beside, open)
		}
		stops := 0
		for followed := 0; stops < 8 && eval[int](p, rowAt) == 0; stops++ {
			p.press(kb.Tab)
			if eval[bool](p, `document.activeElement.className === "skip"`) && followed < 2 {
				followed++
				p.press(kb.Enter)
			}
		}
		if row := eval[int](p, rowAt); row != 1 {
			t.Errorf("at %d, after %d stops the focus is in row %d", test.width, stops, row)
		}
		t.Logf("at %d: %d rows, %d stops", test.width, rows, stops)
	}
	p.quiet()
}

// TestExplorerWaitsInBrowser opens the shortest list that isn't loaded at once, on a small screen and with a reader who
// saves data. It is requested once someone filters or scrolls beyond the rows of the page, or if the address has a
// filter.
func TestExplorerWaitsInBrowser(t *testing.T) {
	t.Parallel()
	dir, r := t.TempDir(), reportOf(largeFleet(t, 10_001)...)
	explorer := output{report.ExplorerPath, func(w io.Writer) error { return data.WriteExplorer(w, r) }}
	if err := errors.Join(writeSite(r, createIn(dir)), explorer.writeFile(createIn(dir))); err != nil {
		t.Fatal(err)
	}
	p := newExplorerPage(t, serve(t, dir), r)
	requested := func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		isList := func(address string) bool { return strings.Contains(address, "instances.js") }
		found := slices.ContainsFunc(p.requests, isList)
		p.requests = nil
		return found
	}
	waits := func(what string) {
		t.Helper()
		eval[bool](p, `new Promise((resolve) => setTimeout(resolve, 200, true))`)
		if state := eval[string](p, `document.querySelector(".explorer").dataset.state`); requested() || state != "waiting" {
			t.Errorf("%s: the list is requested at once, or it is %s", what, state)
		}
		shown := eval[string](p, `document.querySelector(".explorer-totals").textContent`)
		if !strings.HasPrefix(shown, "Instances10,001") {
			t.Errorf("%s: it says %q", what, shown)
		}
	}
	arrives := func(what string) {
		t.Helper()
		p.until(`document.querySelector(".explorer").dataset.state === "live"`)
		if !requested() {
			t.Errorf("%s: the list is not requested", what)
		}
	}
	p.window(390, 844)
	p.load("")
	waits("a small screen")
	eval[bool](p, `document.getElementById("explorer-text").focus(), true`)
	p.press("infer-47")
	arrives("a search")
	p.check(r, choices{text: "infer-47"})

	p.load("")
	waits("a small screen")
	eval[bool](p, `document.querySelector(".facet-box summary").click(), true`)
	arrives("filters")
	p.load("")
	waits("a small screen")
	eval[bool](p, `document.querySelector(".column-box summary").click(), true`)
	arrives("columns")

	p.load("")
	waits("a small screen")
	region := `document.querySelector(".explorer-static .scroll")`
	eval[bool](p, region+`.scrollTop = 100, true`)
	p.until(staticRows + ` === 500`)
	eval[bool](p, `new Promise((resolve) => setTimeout(resolve, 200, true))`)
	if requested() {
		t.Error("the list is requested before the reader comes near the end of the page's rows")
	}
	eval[bool](p, region+`.scrollTop = 1e6, true`)
	arrives("scrolling")
	first := eval[int](p, `(() => {
		const top = document.querySelector(".live tbody").parentNode.tHead.getBoundingClientRect().bottom;
		const isSeen = (row) => row.getBoundingClientRect().bottom > top + 1;
		const seen = [...document.querySelectorAll(".live tbody tr")].find(isSeen);
		return Number(seen.getAttribute("aria-rowindex")) - 1;
	})()`)
	if first < 470 || first > 500 {
		t.Errorf("after scrolling to the end of the page's rows, the first row in sight is %d", first)
	}

	for _, query := range []string{"?status=Stopped", "?q=x", "?sort=-price_per_hour", "#i-" + r.Instances[7].ID} {
		p.load(query)
		arrives(query)
	}
	p.window(1280, 900)
	p.load("")
	arrives("a large screen")
	_, err := chromedp.Call(p.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
		Source: `Object.defineProperty(NetworkInformation.prototype, "saveData", { get: () => true });`})
	if err != nil {
		t.Fatal(err)
	}
	p.load("")
	waits("a reader who saves data")
	eval[bool](p, `document.querySelector(".facet-box summary").click(), true`)
	arrives("filters")
	p.load(choices{chosen: map[string][]string{"status": {"Stopped"}}}.query())
	arrives("a filter in the address")
	p.check(r, choices{chosen: map[string][]string{"status": {"Stopped"}}})
	p.quiet()
	p.site = "file://" + dir + "/"
	p.load("")
	waits("from disk")
	eval[bool](p, `document.querySelector(".facet-box summary").click(), true`)
	arrives("filters, from disk")
	p.check(r, choices{})
}

// TestExplorerSpacingInBrowser checks that the live table cuts no value of up to 29 characters, not even with the text
// spacing of WCAG 1.4.12 in a narrow window. A heading with the focus is in sight: all of it if there is room.
func TestExplorerSpacingInBrowser(t *testing.T) {
	t.Parallel()
	p := newExplorerPage(t, "file://"+folderOf(t, "demo")+"/", nil)
	const cut = `[...document.querySelectorAll(".live tbody td, .live tbody th, .live tbody .row-link, .live .sort, " +
		".explorer-totals dd, .explorer-totals dt, .explorer summary, .explorer button, .facets legend")]
		.filter((part) => part.checkVisibility() && part.scrollWidth > part.clientWidth + 1 && part.clientWidth > 0 &&
			part.textContent.length < 30)
		.map((part) => part.textContent + ": " + part.scrollWidth + " in " + part.clientWidth).join(", ")`
	for _, width := range []int64{320, 390, 1280} {
		p.openAt(width, "light", "")
		for _, spacing := range []bool{false, true} {
			if spacing {
				eval[bool](p, `{
					const sheet = new CSSStyleSheet();
					sheet.replaceSync("* { line-height: 1.5 !important; letter-spacing: .12em !important;" +
						"word-spacing: .16em !important; } p { margin-bottom: 2em !important; }");
					document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
					true
				}`)
			}
			if got := eval[string](p, cut); got != "" {
				t.Errorf("at %d, spacing %v, these are cut: %s", width, spacing, got)
			}
			overflow := eval[int](p, `document.documentElement.scrollWidth - document.documentElement.clientWidth`)
			if overflow > 0 {
				t.Errorf("at %d, spacing %v, the page is %d pixels too wide", width, spacing, overflow)
			}
		}
		covered := eval[string](p, `(async () => {
			const covered = [];
			const frames = () => new Promise((resume) => requestAnimationFrame(() => requestAnimationFrame(resume)));
			document.querySelector(".explorer-table").scrollIntoView({ behavior: "instant" });
			await frames();
			for (const button of [...document.querySelectorAll(".live .sort")].reverse()) {
				button.focus();
				await frames();
				const box = button.getBoundingClientRect();
				const at = (x) => document.elementFromPoint(x, box.top + box.height / 2);
				const region = document.querySelector(".explorer-table");
				const corner = document.querySelector(".live th");
				const isApart = getComputedStyle(corner).position === "sticky" && !corner.contains(button);
				const fits = box.width <= region.clientWidth - (isApart ? corner.offsetWidth : 0);
				if (box.left < 0 || at(box.left + 2) !== button || fits && at(box.right - 2) !== button)
					covered.push(button.textContent);
			}
			return covered.join(", ");
		})()`)
		if covered != "" {
			t.Errorf("at %d, these have the focus and are covered or out of sight: %s", width, covered)
		}
	}
	p.quiet()
}

// TestExplorerFindingsInBrowser follows the links of the findings, whose rows are exactly those found. An instance can
// be in several findings.
func TestExplorerFindingsInBrowser(t *testing.T) {
	t.Parallel()
	var list []*fleet.Instance
	for i := range 40 {
		in := &fleet.Instance{ID: fmt.Sprint(i), Region: fmt.Sprint("R", i%2), GPU: "M", Status: "Running",
			HostName: fmt.Sprint("node-", i/(1+i%3)), GPUCount: fleet.Known(1.0)}
		if i%4 == 0 {
			in.Status = []string{"Error", "Stopped"}[i/4%2]
		}
		if i%5 > 0 {
			in.Price = fleet.Known(money(t, fmt.Sprint(1+i%2)))
		}
		list = append(list, in)
	}
	r, dir := laterReport(t, list, list), t.TempDir()
	writeInto(t, dir, r)
	several := 0
	for _, in := range r.Instances {
		if len(findingsOf(r)[in]) > 1 {
			several++
		}
	}
	if len(r.Findings) < 4 || several == 0 {
		t.Fatalf("%d findings, %d instances with several", len(r.Findings), several)
	}
	p := newExplorerPage(t, "file://"+dir+"/", r)
	for i, finding := range r.Findings {
		p.visitor.open(t, p.site, "attention/index.html", 1280, "light")
		p.follow(fmt.Sprintf(`document.querySelectorAll("section[aria-labelledby] .section-head a")[%d]`, i))
		a := choices{chosen: map[string][]string{"finding": {finding.Name}}}
		if rows := a.rows(r); len(rows) != finding.Count() {
			t.Errorf("%d rows with %s, want %d", len(rows), finding.Name, finding.Count())
		}
		p.check(r, a)
		a.chosen["finding"] = append(a.chosen["finding"], r.Findings[(i+1)%len(r.Findings)].Name)
		a.chosen["status"], a.chosen["region"] = []string{"Running"}, []string{"R0"}
		a.sort = "-price_per_hour"
		p.choose(a)
		p.check(r, a)
		p.openAt(390, "dark", a.query())
		p.check(r, a)
	}
	p.quiet()
}
