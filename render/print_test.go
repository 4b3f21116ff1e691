package render

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"gpufleet/render/report"
)

// media draws the page for a medium, "" for a screen, and with the given preferences of the reader.
func (v *visitor) media(t *testing.T, medium string, features ...*emulation.MediaFeature) {
	t.Helper()
	params := emulation.SetEmulatedMediaParams{Media: medium, Features: features}
	if _, err := chromedp.Call(v.ctx, emulation.SetEmulatedMedia, params); err != nil {
		t.Fatal(err)
	}
}

// TestPrintInBrowser checks that controls aren't printed, and that no printed table is wider than the page or cut off.
func TestPrintInBrowser(t *testing.T) {
	v, dir := newVisitor(t), folderOf(t, "demo")
	address := serve(t, dir)
	for _, file := range pageTypes(t, dir) {
		if file == "report.html" { // it has its own style
			continue
		}
		v.open(t, address, file, 1040, "dark") // A4 across, without margins
		v.media(t, "print", &emulation.MediaFeature{Name: "prefers-color-scheme", Value: "dark"})
		if got := evaluate[string](t, v, `[...document.querySelectorAll(`+
			`".site-nav, .theme, .crumbs, .neighbours, .pager, .actions, `+
			`.downloads-section, .switch, .explorer-bar, .explorer-filters")]
			.filter((part) => part.checkVisibility()).map((part) => part.className).join(", ")`); got != "" {
			t.Errorf("%s: on paper there is still %s", file, got)
		}
		if got := evaluate[string](t, v, `[...document.querySelectorAll(".scroll")].filter((region) =>
				region.scrollWidth > region.clientWidth + 1 || getComputedStyle(region).overflowY !== "visible")
			.map((region) => region.ariaLabel + ": " + region.scrollWidth + " in " + region.clientWidth)
			.join(", ")`); got != "" {
			t.Errorf("%s: on paper these are cut: %s", file, got)
		}
		paper := evaluate[string](t, v, `getComputedStyle(document.documentElement).backgroundColor`)
		if paper != "rgb(255, 255, 255)" {
			t.Errorf("%s: paper is %s", file, paper)
		}
	}
}

// TestExplorerOnPaperInBrowser prints the live table. All shown rows must be printed, not only those in sight, and
// afterwards only those in sight are in the page.
func TestExplorerOnPaperInBrowser(t *testing.T) {
	dir := t.TempDir()
	r := reportOf(largeFleet(t, 2000)...)
	writeInto(t, dir, r)
	p := newExplorerPage(t, "file://"+dir+"/", r)
	for _, a := range []choices{{chosen: map[string][]string{"status": {"Stopped"}}}, {}} {
		p.openAt(1280, "light", a.query())
		p.check(r, a)
		want := min(len(a.rows(r)), 1000)
		eval[bool](p, `{
			globalThis.printed = null;
			addEventListener("beforeprint", () => {
				globalThis.printed = document.querySelectorAll(".live tbody tr").length;
			});
			true
		}`)
		result, err := chromedp.Call(p.ctx, page.PrintToPDF, page.PrintToPDFParams{})
		if err != nil {
			t.Fatal(err)
		}
		if len(result.Data) == 0 {
			t.Error("nothing is printed")
		}
		if got := eval[int](p, `globalThis.printed`); got != want {
			t.Errorf("of %+v %d rows are on paper, want %d", a, got, want)
		}
		p.until(`document.querySelectorAll(".live tbody tr").length < 100`)
		said := eval[string](p, `document.querySelector(".live-cut").hidden
			? "" : document.querySelector(".live-cut").textContent`)
		if len(a.rows(r)) > 1000 != strings.Contains(said, "1,000 of "+report.FormatCount(len(a.rows(r)))) {
			t.Errorf("of %d rows it says %q", len(a.rows(r)), said)
		}
	}
	p.quiet()
}

// TestForcedColoursInBrowser checks a page whose colors are replaced by the reader's system. A status must still have
// its mark and its word, a bar its frame and its length, and a cell of the matrix its figure and its frame.
func TestForcedColoursInBrowser(t *testing.T) {
	v, dir := newVisitor(t), folderOf(t, "demo")
	v.open(t, serve(t, dir), "index.html", 1280, "light")
	v.media(t, "", &emulation.MediaFeature{Name: "forced-colors", Value: "active"})
	if got := evaluate[string](t, v, `[...document.querySelectorAll(".status")].filter((status) => {
		const mark = getComputedStyle(status, "::before");
		return status.textContent.trim() === "" ||
			mark.content === "none" || parseFloat(mark.width) < 4 || mark.forcedColorAdjust !== "none";
	}).map((status) => status.outerHTML).join(", ")`); got != "" {
		t.Errorf("these have no mark or no word: %s", got)
	}
	for part, style := range map[string]string{
		".bar":           `(s) => s.borderTopStyle === "solid"`,
		".bar rect":      `(s) => s.fill === canvasText`,
		".matrix td > a": `(s) => s.borderTopStyle === "solid"`,
	} {
		if got := evaluate[int](t, v, fmt.Sprintf(`(() => {
			const canvasText = getComputedStyle(document.body).color;
			const parts = [...document.querySelectorAll(%q)];
			return parts.length === 0 ? -1 : parts.filter((part) => !(%s)(getComputedStyle(part))).length;
		})()`, part, style)); got != 0 {
			t.Errorf("%d of %s can't be seen (-1: there are none)", got, part)
		}
	}
}
