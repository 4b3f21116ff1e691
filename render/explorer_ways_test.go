package render

import (
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"gpufleet/render/data"
	"gpufleet/render/report"
	"gpufleet/static"
)

// pressUntil presses a key until a condition is true, at most most times.
func (p *explorerPage) pressUntil(key string, most int, condition string) {
	p.t.Helper()
	for range most {
		p.press(key)
		if eval[bool](p, "Boolean("+condition+")") {
			return
		}
	}
	focused := eval[string](p, `document.activeElement.outerHTML.slice(0, 200)`)
	p.t.Fatalf("%d times %q never led to %s, but to %s", most, key, condition, focused)
}

// rowAt is the number of the row that has the focus, from 1, or 0 if none has.
const rowAt = `Number(document.activeElement.closest(".live tbody tr")?.getAttribute("aria-rowindex") ?? 1) - 1`

func (p *explorerPage) wantRow(what string, want int) {
	p.t.Helper()
	if got := eval[int](p, rowAt); got != want {
		p.t.Errorf("%s leads to row %d, want %d", what, got, want)
	}
	stops := eval[[]int](p, `[...document.querySelectorAll('.live .row-link[tabindex="0"]')].map((link) =>
		Number(link.closest("tr").getAttribute("aria-rowindex")) - 1)`)
	if !slices.Equal(stops, []int{want}) {
		p.t.Errorf("after %s the tab key reaches rows %v, want only %d", what, stops, want)
	}
	inSight := `(() => {
		const line = document.activeElement.getBoundingClientRect();
		const region = document.querySelector(".explorer-table").getBoundingClientRect();
		return line.top >= region.top + document.querySelector(".live thead").offsetHeight - 1 &&
			line.bottom <= region.bottom + 1;
	})()`
	if !eval[bool](p, inSight) {
		p.t.Errorf("%s leads to a row that is not visible", what)
	}
}

// TestExplorerByKeyboardInBrowser uses only keys: for words, a facet, an order, and through the rows and out again.
func TestExplorerByKeyboardInBrowser(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := reportOf(largeFleet(t, 2000)...)
	writeInto(t, dir, r)
	p := newExplorerPage(t, "file://"+dir+"/", r)
	p.openAt(1280, "light", "")
	eval[bool](p, `{ document.getElementById("main").focus(); true }`)
	p.pressUntil(kb.Tab, 10, `document.activeElement.id === "explorer-text"`)
	p.press("running")
	p.check(r, choices{text: "running"})
	p.pressUntil(kb.Tab, 10, `document.activeElement.textContent.startsWith("Filters")`)
	p.pressUntil(kb.Tab, 3, `document.activeElement.type === "checkbox"`)
	p.press(" ")
	a := choices{text: "running", chosen: map[string][]string{"region": {"CANADA-1"}}}
	p.check(r, a)
	p.pressUntil(kb.Tab, 60, `document.activeElement.textContent.startsWith("Price (")`)
	p.press(kb.Enter)
	p.press(kb.Enter)
	a.sort = "-price_per_hour"
	p.check(r, a)
	said := eval[string](p, `document.querySelector(".explorer [role=status]").textContent`)
	if !strings.HasPrefix(said, report.FormatCount(len(a.rows(r)))+" of 2,000 instances, ") {
		t.Errorf("those who listen hear %q", said)
	}

	p.pressUntil(kb.Tab, 30, rowAt+" > 0")
	p.wantRow("tab", 1)
	for range 3 {
		p.press(kb.ArrowDown)
	}
	p.wantRow("three times down", 4)
	p.press(kb.ArrowUp)
	p.wantRow("up", 3)
	p.press(kb.PageDown)
	page := eval[int](p, rowAt) - 3
	if page < 5 {
		t.Errorf("a page is %d rows", page)
	}
	p.wantRow("a page down", 3+page)
	p.press(kb.End)
	p.wantRow("end", len(a.rows(r)))
	p.press(kb.PageUp)
	p.wantRow("a page up", len(a.rows(r))-page)
	p.press(kb.Home)
	p.wantRow("home", 1)
	p.press(kb.Enter)
	if got, want := eval[string](p, `location.hash`), "#"+string(report.AppendAnchor(nil, a.rows(r)[0])); got != want {
		t.Errorf("enter leads to %s, want %s", got, want)
	}
	p.until(`document.activeElement.closest("tr")?.classList.contains("addressed")`)
	p.press(kb.Tab)
	if eval[bool](p, `document.querySelector(".explorer").contains(document.activeElement)`) {
		focused := eval[string](p, `document.activeElement.outerHTML.slice(0, 200)`)
		t.Error("tab doesn't lead out of the rows but to " + focused)
	}
	p.quiet()
}

// TestExplorerAddressesInBrowser opens addresses with a row far down or with invalid values, and goes back.
func TestExplorerAddressesInBrowser(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := reportOf(append(largeFleet(t, 2000), wildFleet(t).Instances[:5]...)...)
	r.Instances[1500].ID = `a b"><img src=x onerror=alert(1)>`
	writeInto(t, dir, r)
	p := newExplorerPage(t, "file://"+dir+"/", r)

	for _, i := range []int{0, 1200, 1500, 2004} {
		p.openAt(390, "light", "#"+string(report.AppendAnchor(nil, r.Instances[i])))
		p.wantRow("the address of a row", i+1)
		got := eval[string](p, `document.querySelector(".addressed").id`)
		if want := string(report.AppendAnchor(nil, r.Instances[i])); got != want {
			t.Errorf("the row of %s is marked, want %s", got, want)
		}
	}
	for _, query := range []string{
		"?nothing=1&sort=__proto__&status=no-such&region[]=x",
		"?sort=-constructor&region=%3Cscript%3Ealert(2)%3C/script%3E&gpu=toString",
		"?%%%&=&q=&sort=-",
		"?sort=&q=%20%20",
	} {
		p.openAt(1280, "light", query)
		p.check(r, choices{})
	}
	for _, text := range []string{
		`<img src=x onerror=alert(1)>`,
		`"><script>alert(1)</script>`,
		`\u0000`,
		"{{7*7}}",
		"a.b*c[d](",
	} {
		p.openAt(1280, "light", choices{text: text}.query())
		p.check(r, choices{text: text})
	}

	p.openAt(1280, "light", "?status=Stopped&sort=gpu_count")
	first := choices{chosen: map[string][]string{"status": {"Stopped"}}, sort: "gpu_count"}
	p.pressUntil(kb.Tab, 80, rowAt+" > 0")
	p.press(kb.Enter)
	p.until(`document.querySelector(".addressed .row-link:focus") !== null`)
	p.choose(choices{text: "debian"})
	p.check(r, choices{text: "debian", sort: ""})
	if err := chromedp.Do(p.ctx, chromedp.NavigateBack()); err != nil {
		t.Fatal(err)
	}
	p.until(`location.hash === ""`)
	p.check(r, first)
	if err := chromedp.Do(p.ctx, chromedp.NavigateForward()); err != nil {
		t.Fatal(err)
	}
	p.until(`location.hash !== ""`)
	p.check(r, choices{text: "debian"})
	p.quiet()
}

// staticRows is the number of shown rows in the static list of the page.
const staticRows = `[...document.querySelectorAll(".explorer-static tbody tr")]` +
	`.filter(row => row.checkVisibility()).length`

// TestExplorerFallsBackInBrowser checks that the static list stays if the live one can't work: with missing data, data
// of another run or damaged data, without its script, and without any scripts.
func TestExplorerFallsBackInBrowser(t *testing.T) {
	t.Parallel()
	r := reportOf(largeFleet(t, 600)...)
	for name, data := range map[string]string{
		"none":          "",
		"another run's": `globalThis.gpufleetInstances = {"generated_at":"2001-01-01T00:00:00Z"};`,
		"damaged":       `globalThis.gpufleetInstances = {"generated_at":"2026-11-22T12:00:00Z"};`,
	} {
		dir := t.TempDir()
		writeInto(t, dir, r)
		path := filepath.Join(dir, "data/instances.js")
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if data != "" {
			if err := os.WriteFile(path, []byte(data), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		server := httptest.NewServer(http.FileServer(http.Dir(dir)))
		defer server.Close()
		p := newExplorerPage(t, server.URL+"/", r)
		if err := chromedp.Do(p.ctx, chromedp.Navigate(server.URL+"/instances/")); err != nil {
			t.Fatal(err)
		}
		p.until(`document.querySelector(".explorer").dataset.state === "failed"`)
		said := eval[string](p, `document.querySelector(".explorer [role=status]").textContent`)
		if !strings.Contains(said, "searched") && !strings.Contains(said, "search") {
			t.Errorf("%s: it says %q", name, said)
		}
		if rows := eval[int](p, staticRows); rows != 500 {
			t.Errorf("%s: %d rows stay", name, rows)
		}
	}

	dir := t.TempDir()
	writeInto(t, dir, r)
	p := newExplorerPage(t, "file://"+dir+"/", r)
	script := filepath.Join(dir, static.Explorer.Path)
	if err := os.Rename(script, script+".away"); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(p.ctx, chromedp.Navigate(p.site+"instances/index.html")); err != nil {
		t.Fatal(err)
	}
	p.until(staticRows + ` === 500`)
	if err := os.Rename(script+".away", script); err != nil {
		t.Fatal(err)
	}

	disabled := emulation.SetScriptExecutionDisabledParams{Value: true}
	if _, err := chromedp.Call(p.ctx, emulation.SetScriptExecutionDisabled, disabled); err != nil {
		t.Fatal(err)
	}
	p.visitor.open(t, p.site, "instances/index.html", 1280, "light")
	if !eval[bool](p, staticRows+` === 500 && document.querySelector(".explorer-controls").children.length === 0`) {
		t.Error("without scripts the list is gone, or something else came")
	}
}

// mainThread returns the computing time of the page's main thread, in milliseconds.
func (p *explorerPage) mainThread() float64 {
	p.t.Helper()
	metrics, err := chromedp.Call(p.ctx, performance.GetMetrics, cdp.Empty{})
	if err != nil {
		p.t.Fatal(err)
	}
	for _, metric := range metrics.Metrics {
		if metric.Name == "ThreadTime" {
			return metric.Value * 1000
		}
	}
	p.t.Fatal("the browser doesn't tell its time")
	return 0
}

// TestExplorerAtScaleInBrowser measures how long a reader of 100,000 instances waits. It measures the computing time
// of the page, because on a busy machine every wait is long. Totals, counts and the file must be right at that size
// too.
func TestExplorerAtScaleInBrowser(t *testing.T) {
	const most = 100 // milliseconds for a search, an order, a choice
	dir := t.TempDir()
	r := reportOf(largeFleet(t, 100_000)...)
	explorer := output{report.ExplorerPath, func(w io.Writer) error { return data.WriteExplorer(w, r) }}
	if err := errors.Join(writeSite(r, createIn(dir)), explorer.writeFile(createIn(dir))); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(dir, "data/instances.js"))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("data/instances.js: %d bytes", info.Size())
	p := newExplorerPage(t, "file://"+dir+"/", r)
	params := performance.EnableParams{TimeDomain: "threadTicks"}
	if _, err := chromedp.Call(p.ctx, performance.Enable, params); err != nil {
		t.Fatal(err)
	}
	p.openAt(1280, "light", "")
	t.Logf("live %.0f ms after the address was given", eval[float64](p, `performance.now()`))

	// Typed words take effect after a delay, which is not computing time. So the time measured is that of choosing an
	// option or an order while there are words.
	for name, click := range map[string]string{
		"a choice":               `document.querySelector(".facets input").click()`,
		"an order by name":       `document.querySelector(".live thead button").click()`,
		"a search for one row":   `search("infer-4711")`,
		"a search for many rows": `search("run ub 8")`,
	} {
		before := p.mainThread()
		times := eval[[]float64](p, fmt.Sprintf(`(async () => {
			const search = (words) => {
				document.getElementById("explorer-text").value = words;
				document.querySelector(".facets input").click();
			};
			const times = [];
			for (let i = 0; i < 7; i++) {
				document.getElementById("explorer-text").value = "";
				await new Promise((resume) => setTimeout(resume, 100));
				const start = performance.now();
				%s;
				document.querySelector(".live").offsetHeight;
				times.push(performance.now() - start);
			}
			return times;
		})()`, click))
		computed := (p.mainThread() - before) / float64(len(times))
		t.Logf("%s: %.1f ms computed, rows drawn; best wait %.1f ms of %.1f", name, computed, slices.Min(times), times)
		if computed > most {
			t.Errorf("%s takes %.0f ms, at most %d are smooth", name, computed, most)
		}
	}
	eval[bool](p, `{
		document.getElementById("explorer-text").value = "";
		document.querySelectorAll(".facets input:checked").forEach((input) => input.click());
		true
	}`)
	frames := eval[[]float64](p, `(async () => {
		const region = document.querySelector(".explorer-table");
		const frame = () => new Promise(requestAnimationFrame);
		const times = [];
		let before = await frame();
		for (let i = 0; i < 120; i++) {
			region.scrollTop += i % 10 === 9 ? 300000 : 150;
			const now = await frame();
			times.push(now - before);
			before = now;
		}
		return times;
	})()`)
	slices.Sort(frames)
	t.Logf("frames while scrolling: half below %.1f ms, 95%% below %.1f ms, longest %.1f ms",
		frames[60], frames[114], frames[119])
	if lines := eval[int](p, `document.querySelectorAll(".live tbody tr").length`); lines > 100 {
		t.Errorf("%d rows are in the page", lines)
	}
	for _, a := range []choices{{}, {text: "infer-47"}} {
		p.choose(a)
		p.check(r, a)
	}
	p.quiet()
}

// TestExplorerMovesNothingInBrowser checks that nothing visible moves while the list loads or when the live table
// replaces it, on a device that is slow enough to draw the page in pieces. The site's header may move, because the
// parser can pause between two links.
func TestExplorerMovesNothingInBrowser(t *testing.T) {
	dir := t.TempDir()
	r := reportOf(largeFleet(t, 2000)...)
	writeInto(t, dir, r)
	p := newExplorerPage(t, "file://"+dir+"/", r)
	slow := emulation.SetCPUThrottlingRateParams{Rate: 20}
	if _, err := chromedp.Call(p.ctx, emulation.SetCPUThrottlingRate, slow); err != nil {
		t.Fatal(err)
	}
	for _, width := range []int64{390, 1280} {
		p.openAt(width, "light", "")
		shifts := eval[[]string](p, `new Promise((resolve) => {
			const header = document.querySelector("header");
			const tell = (entry) => entry.value + " of " + entry.sources.map((source) =>
				source.node?.className || source.node?.nodeName || "what is gone by now").join(", ");
			new PerformanceObserver((list) => resolve(list.getEntries().filter((entry) =>
				!entry.sources.every((source) => header.contains(source.node) && source.node !== null)).map(tell)))
				.observe({ type: "layout-shift", buffered: true });
			setTimeout(resolve, 300, []);
		})`)
		for _, shift := range shifts {
			t.Errorf("at %d something moves: a shift of %s", width, shift)
		}
		kept := eval[[]float64](p, `(() => {
			const controls = document.querySelector(".explorer-controls");
			const kept = parseFloat(getComputedStyle(controls).minHeight);
			return [kept, controls.getBoundingClientRect().height];
		})()`)
		if math.Abs(kept[1]-kept[0]) > 1 {
			t.Errorf("at %d the controls take %.0f pixels, and %.0f were kept for them", width, kept[1], kept[0])
		}
	}
	p.quiet()
}
