package render

import (
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"gpufleet/fetch/fleet"
)

// wideFleet has more regions and GPU models than a small window shows, and instances without GPUs.
func wideFleet() (list []*fleet.Instance) {
	for region := range 35 {
		for model := range 12 {
			in := &fleet.Instance{ID: fmt.Sprint(region, "-", model), Region: fmt.Sprintf("REGION-%d", region),
				GPU: fmt.Sprintf("GPU-%d", model), Status: "Running", GPUCount: fleet.Known(float64(100 - 2*region - model))}
			if model == 0 {
				in.GPUCount = fleet.Known(0.0)
			}
			list = append(list, in)
		}
	}
	return list
}

// focused is what the focused cell of the matrix says, and whether it and its details are wholly in sight.
const focused = `(() => {
	const cell = document.activeElement, details = cell.querySelector(".cell-details");
	const box = cell.getBoundingClientRect(), x = box.left + box.width / 2, y = box.top + box.height / 2;
	const isSeen = (x, y) => cell.contains(document.elementFromPoint(x, y));
	const shown = details.getBoundingClientRect();
	const seen = isSeen(box.left + 3, y) && isSeen(box.right - 3, y) &&
		isSeen(x, box.top + 3) && isSeen(x, box.bottom - 3);
	const inWindow = shown.width > 20 && shown.left >= 0 && shown.right <= innerWidth && shown.top >= 0 &&
		shown.bottom <= innerHeight;
	const name = details.textContent.split(",").slice(0, 2).join(",");
	return name + (seen ? "" : ", hidden") + (inWindow ? "" : ", no details");
})()`

// TestMatrixInBrowser moves through the matrix with the keyboard, in which it is one stop. Its totals stay in sight. No
// column of instances without GPUs is among GPUs. Without scripts, each cell is a stop.
func TestMatrixInBrowser(t *testing.T) {
	v, dir := newVisitor(t), t.TempDir()
	writeInto(t, dir, reportOf(wideFleet()...))
	site := "file://" + dir + "/"
	const stops = `document.querySelectorAll(".heat-room :is(a, section):not([tabindex='-1'])").length -
		(document.querySelector(".heat-room .scroll").hasAttribute("tabindex") ? 0 : 1)`
	for _, width := range []int64{390, 1280} {
		v.looks(t, site, "index.html", width, "dark")
		if got := evaluate[int](t, v, stops); got != 1 {
			t.Errorf("at %d the matrix has %d stops", width, got)
		}
		v.run(t, `document.documentElement.style.scrollBehavior = "auto";
			document.querySelector(".matrix [tabindex='0']").focus()`)
		for _, step := range []struct {
			key  string
			code int64
			want string
		}{
			{"", 0, "REGION-0, GPU-1: 99 GPUs"}, {"ArrowRight", 39, "REGION-0, GPU-2: 98 GPUs"},
			{"ArrowDown", 40, "REGION-1, GPU-2: 96 GPUs"}, {"End", 35, "REGION-1, GPU-11: 87 GPUs"},
			{"ArrowRight", 39, "REGION-1, GPU-11: 87 GPUs"}, {"ArrowLeft", 37, "REGION-1, GPU-10: 88 GPUs"},
		} {
			if step.key != "" {
				press(t, v, step.key, step.code)
			}
			if got := evaluate[string](t, v, focused); got != step.want {
				t.Errorf("at %d, %s leads to %q, want %q", width, step.key, got, step.want)
			}
		}
		for range 40 {
			press(t, v, "ArrowDown", 40)
		}
		if got, want := evaluate[string](t, v, focused), "REGION-34, GPU-10: 22 GPUs"; got != want {
			t.Errorf("at %d the last row is %q, want %q", width, got, want)
		}
		if got := evaluate[string](t, v, `(() => {
			const region = document.querySelector(".heat-room .scroll"), table = region.querySelector("table");
			region.scrollTo(0, 0);
			const inside = region.getBoundingClientRect(), sum = table.rows[3].cells[13].getBoundingClientRect();
			const foot = table.tFoot.getBoundingClientRect();
			return Math.abs(inside.right - sum.right) < 14 && Math.abs(inside.bottom - foot.bottom) < 14 ? ""
				: [inside.right, sum.right, inside.bottom, foot.bottom].join(" ");
		})()`); got != "" {
			t.Errorf("at %d the totals are out of sight: %s", width, got)
		}
	}
	const columns = `[...document.querySelectorAll(".matrix thead th")].filter((th) => th.checkVisibility()).length`
	for choice, want := range map[string]int{"gpus": 13, "cost": 14, "instances": 14} {
		v.run(t, `document.getElementById("heat-`+choice+`").click()`)
		if got := evaluate[int](t, v, columns); got != want {
			t.Errorf("%s: %d columns, want %d", choice, got, want)
		}
		if got := evaluate[int](t, v, stops); got != 1 {
			t.Errorf("%s: the matrix has %d stops", choice, got)
		}
	}
	off := emulation.SetScriptExecutionDisabledParams{Value: true}
	if _, err := chromedp.Call(v.ctx, emulation.SetScriptExecutionDisabled, off); err != nil {
		t.Fatal(err)
	}
	v.looks(t, site, "index.html", 390, "light")
	if got := evaluate[int](t, v, stops); got != 1+35*12+35+12 {
		t.Errorf("without scripts there are %d stops", got)
	}
}

// TestOverviewFitsInBrowser checks that the tables beside each other are not cut in a wide window, and that nothing is
// cut with text of twice the size or in a window of 320 pixels.
func TestOverviewFitsInBrowser(t *testing.T) {
	v, dir := newVisitor(t), folderOf(t, "demo")
	address := serve(t, dir)
	const cut = `[...document.querySelectorAll("main .scroll, main .tile, main dd, .site-nav a")].filter((part) =>
		part.scrollWidth > part.clientWidth + 1 && getComputedStyle(part).display !== "inline" &&
		!(innerWidth < 1000 && part.matches(".scroll"))).map((part) => part.ariaLabel || part.textContent.trim()).join(", ")`
	for _, width := range []int64{320, 1280, 1920} {
		v.looks(t, address, "index.html", width, "light")
		if got := evaluate[string](t, v, cut); got != "" {
			t.Errorf("at %d these are cut: %s", width, got)
		}
	}
	v.looks(t, address, "index.html", 768, "light")
	v.run(t, `document.documentElement.style.fontSize = "200%"`)
	if got := evaluate[string](t, v, cut); got != "" {
		t.Errorf("with large text these are cut: %s", got)
	}
	if evaluate[bool](t, v, `document.documentElement.scrollWidth > innerWidth`) {
		t.Error("with large text the page is wider than the window")
	}
}
