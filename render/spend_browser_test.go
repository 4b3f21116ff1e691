package render

import (
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"gpufleet/fetch/fleet"
	"gpufleet/render/report"
	"gpufleet/render/report/reporttest"
)

// spendSite writes the site of a fleet with a past of two months, a gap and a budget, and returns its address.
func spendSite(t *testing.T) string {
	t.Helper()
	s := reportOf().Settings
	var err error
	if s.Budget, err = report.ParseBudget("50000"); err != nil {
		t.Fatal(err)
	}
	days := reporttest.Days(t, "2026-11-26", 60)
	days = append(days[:43:43], days[46:]...)
	dir := t.TempDir()
	writeInto(t, dir, reporttest.Past(t, s, days, func(run int) []*fleet.Instance { return reporttest.Changing(t, run) }))
	return "file://" + dir + "/"
}

// shownDays returns the figures that a chart shows below its drawing, as the reader sees them.
const shownDays = `[...document.querySelectorAll(".spend-days span")].filter((span) => {
	const box = span.getBoundingClientRect(), chart = span.closest(".trend").getBoundingClientRect();
	return getComputedStyle(span).opacity === "1" && box.left >= chart.left && box.right <= chart.right + 1;
}).map((span) => span.textContent).join("|")`

// day returns an expression for a day of the first chart.
func day(number int) string {
	return fmt.Sprintf(`document.querySelectorAll(".spend-days li")[%d]`, number-1)
}

// pointAt moves the mouse to the middle of an element.
func pointAt(t *testing.T, v *visitor, element string) {
	t.Helper()
	at := evaluate[[]float64](t, v, `(() => {
		const element = `+element+`;
		element.scrollIntoView({block: "center", behavior: "instant"});
		const box = element.getBoundingClientRect();
		return [box.left + box.width / 2, box.top + box.height / 2];
	})()`)
	move := input.DispatchMouseEventParams{Type: input.DispatchMouseEventTypeMouseMoved, X: at[0], Y: at[1]}
	if _, err := chromedp.Call(v.ctx, input.DispatchMouseEvent, move); err != nil {
		t.Fatal(err)
	}
}

// TestSpendPageInBrowser checks that the page of the spend fits windows of any width, and that a day's figures show
// when it is pointed at or reached with the keyboard, with scripts and without, but not on paper.
func TestSpendPageInBrowser(t *testing.T) {
	v, site := newVisitor(t), spendSite(t)
	const (
		sixth   = "6 Nov: $11,167.46 ($9,744.36 to $12,590.55) so far"
		seventh = "7 Nov: $13,028.61 ($11,417.07 to $14,640.15) so far"
	)
	for _, width := range []int64{320, 390, 768, 1280} {
		v.looks(t, site, "spend/index.html", width, "dark")
		pointAt(t, v, day(6))
		if got := evaluate[string](t, v, shownDays); got != sixth {
			t.Errorf("at %d, pointing at a day shows %q", width, got)
		}
	}
	pointAt(t, v, "document.body")
	stops := `[...document.querySelectorAll(".spend-days")].map((list) =>
		[...list.children].filter((day) => day.tabIndex === 0).length).join(" ")`
	if got := evaluate[string](t, v, stops); got != "1 1" {
		t.Errorf("the charts have %s stops", got)
	}
	v.run(t, day(6)+`.focus()`)
	press(t, v, "ArrowRight", 39)
	if got := evaluate[string](t, v, shownDays); got != seventh {
		t.Errorf("the arrow leads to %q", got)
	}
	press(t, v, "Home", 36)
	press(t, v, "ArrowLeft", 37) // stays
	if !evaluate[bool](t, v, day(1)+` === document.activeElement && `+day(1)+`.tabIndex === 0`) ||
		evaluate[string](t, v, stops) != "1 1" {
		t.Error("Home doesn't lead to the first day, or it is not the only stop")
	}
	press(t, v, "End", 35)
	if got := evaluate[string](t, v, shownDays); got != "30 Nov: forecast $54,930.38" {
		t.Errorf("End leads to %q", got)
	}
	v.media(t, "print")
	if !evaluate[bool](t, v, `[...document.querySelectorAll(".spend-days, .spend-hint")].every((part) =>
		!part.checkVisibility()) && document.querySelectorAll(".spend-line, .spend-bars").length === 2`) {
		t.Error("paper shows what only works on screens")
	}

	off := emulation.SetScriptExecutionDisabledParams{Value: true}
	if _, err := chromedp.Call(v.ctx, emulation.SetScriptExecutionDisabled, off); err != nil {
		t.Fatal(err)
	}
	v.looks(t, site, "spend/index.html", 390, "light")
	if got := evaluate[string](t, v, stops); got != "27 57" {
		t.Errorf("without scripts there are %s stops", got)
	}
	v.run(t, day(7)+`.focus()`)
	if got := evaluate[string](t, v, shownDays); got != seventh {
		t.Errorf("without scripts, focus shows %q", got)
	}
}

// TestSpendColoursInBrowser checks that the parts of a chart can be seen in both schemes, with a contrast of 3:1 to the
// page, and where the reader's system sets the colours.
func TestSpendColoursInBrowser(t *testing.T) {
	v, site := newVisitor(t), spendSite(t)
	const weak = `(() => {
		const light = (colour) => {
			const [r, g, b] = colour.match(/[\d.]+/g).map(Number).map((c) => c / 255)
				.map((c) => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4);
			return .2126 * r + .7152 * g + .0722 * b;
		};
		const page = light(getComputedStyle(document.documentElement).backgroundColor);
		return ["line stroke", "ahead stroke", "budget stroke", "ranges stroke", "bars stroke"].filter((part) => {
			const [kind, property] = part.split(" ");
			const own = light(getComputedStyle(document.querySelector(".spend-" + kind))[property]);
			return (Math.max(own, page) + .05) / (Math.min(own, page) + .05) < 3;
		}).join(", ");
	})()`
	for _, scheme := range []string{"light", "dark"} {
		v.open(t, site, "spend/index.html", 1280, scheme)
		if got := evaluate[string](t, v, weak); got != "" {
			t.Errorf("%s: too little contrast: %s", scheme, got)
		}
	}
	v.media(t, "", &emulation.MediaFeature{Name: "forced-colors", Value: "active"})
	if got := evaluate[string](t, v, weak); got != "" {
		t.Errorf("forced colours: too little contrast: %s", got)
	}
}
