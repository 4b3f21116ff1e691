package render

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"gpufleet/fetch/fleet"
)

// evaluate returns the value of an expression in the page.
func evaluate[T any](t *testing.T, v *visitor, expression string) T {
	t.Helper()
	value, err := chromedp.Run(v.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return value
}

// press presses a named key.
func press(t *testing.T, v *visitor, name string, code int64) {
	t.Helper()
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeKeyDown, input.DispatchKeyEventTypeKeyUp} {
		p := input.DispatchKeyEventParams{Type: kind, Key: name, Code: name, WindowsVirtualKeyCode: code}
		if _, err := chromedp.Call(v.ctx, input.DispatchKeyEvent, p); err != nil {
			t.Fatal(err)
		}
	}
}

// TestThemeAndHeatInBrowser chooses a theme, which the next page must keep until the theme of the system is chosen
// again. It also switches the matrix with the keyboard. Both are done on a server and from disk.
func TestThemeAndHeatInBrowser(t *testing.T) {
	v := newVisitor(t)
	dir := t.TempDir()
	writeInto(t, dir, wildFleet(t))
	server := httptest.NewServer(http.StripPrefix("/some/sub/path", http.FileServer(http.Dir(dir))))
	defer server.Close()
	ground := func() string {
		return evaluate[string](t, v, `getComputedStyle(document.documentElement).backgroundColor`)
	}
	pressed := func() string {
		return evaluate[string](t, v, `document.getElementById("theme").getAttribute("aria-pressed")`)
	}
	const light, dark = "rgb(246, 246, 242)", "rgb(16, 20, 22)"
	for _, site := range []string{server.URL + "/some/sub/path/", "file://" + dir + "/"} {
		v.open(t, site, "about/index.html", 1280, "light")
		if ground() != light || pressed() != "false" {
			t.Errorf("%s: a light system's page is %s, pressed %s", site, ground(), pressed())
		}
		evaluate[bool](t, v, `document.getElementById("theme").click(), true`)
		if ground() != dark || pressed() != "true" {
			t.Errorf("%s: the chosen theme is %s, pressed %s", site, ground(), pressed())
		}
		if got := evaluate[string](t, v, `document.querySelector('meta[name="theme-color"]').content`); got != "#101416" {
			t.Errorf("%s: the browser gets %s", site, got)
		}
		v.open(t, site, "about/index.html", 1280, "light")
		if ground() != dark || pressed() != "true" {
			t.Errorf("%s: after loading again it is %s, pressed %s", site, ground(), pressed())
		}
		evaluate[bool](t, v, `document.getElementById("theme").click(), true`)
		v.open(t, site, "about/index.html", 1280, "light")
		if ground() != light || pressed() != "false" {
			t.Errorf("%s: the choice is not forgotten: %s, pressed %s", site, ground(), pressed())
		}
		v.open(t, site, "about/index.html", 1280, "dark")
		if ground() != dark {
			t.Errorf("%s: what the system prefers is remembered as a choice: %s", site, ground())
		}

		v.open(t, site, "models/index.html", 390, "light")
		v.open(t, site, "index.html?", 390, "light")
		shown := func() string {
			return evaluate[string](t, v, `[..."gci"].filter((c) =>
				getComputedStyle(document.querySelector(".matrix a ." + c)).display !== "none").join("")`)
		}
		shade := func() string {
			return evaluate[string](t, v, `[...document.querySelectorAll(".matrix a")].map((a) =>
				getComputedStyle(a).backgroundColor).join(" ")`)
		}
		before := shade()
		evaluate[bool](t, v, `document.getElementById("heat-gpus").focus(), true`)
		for _, want := range []string{"c", "i", "g"} {
			press(t, v, "ArrowRight", 39)
			if got := shown(); got != want {
				t.Errorf("%s: the matrix shows %q, want %q", site, got, want)
			}
			if want == "c" && shade() == before {
				t.Errorf("%s: costs have the shades of GPUs", site)
			}
		}
	}
}

// TestAgeInBrowser checks that pages show their age, and warn from twice the expected time between runs.
func TestAgeInBrowser(t *testing.T) {
	v := newVisitor(t)
	for _, test := range []struct {
		age, every time.Duration
		text       string
		stale      bool
	}{
		{10 * time.Second, 24 * time.Hour, "just now", false},
		{90 * time.Minute, 24 * time.Hour, "90 minutes ago", false},
		{47 * time.Hour, 24 * time.Hour, "47 hours ago", false},
		{49 * time.Hour, 24 * time.Hour, "2 days ago", true},
		{49 * time.Hour, 7 * 24 * time.Hour, "2 days ago", false},
		{3 * time.Hour, time.Hour, "3 hours ago", true},
		{-time.Hour, time.Hour, "just now", false},
	} {
		dir := t.TempDir()
		r := wildFleet(t)
		r.Generated, r.ExpectEvery = time.Now().Add(-test.age).UTC().Truncate(time.Second), test.every
		writeInto(t, dir, r)
		for _, path := range []string{"index.html", "regions/canada-1/index.html"} {
			v.open(t, "file://"+dir+"/", path, 390, "light")
			if got := evaluate[string](t, v, `document.querySelector(".age-line .age").textContent`); got != test.text {
				t.Errorf("%s of %v: %q, want %q", path, test.age, got, test.text)
			}
			warns := evaluate[bool](t, v, `getComputedStyle(document.querySelector(".stale-note")).display !== "none"`)
			if warns != test.stale {
				t.Errorf("%s of %v, expected every %v: a warning is %v", path, test.age, test.every, warns)
			}
		}
	}
}

// TestLongFiguresInBrowser checks that headline figures of any length are on one line and are never cut off.
func TestLongFiguresInBrowser(t *testing.T) {
	v := newVisitor(t)
	for _, price := range []string{"1.5", "9999.123", "123456.789", "1234567.891", "999999999.123456"} {
		amount, err := fleet.ParseMoney(price)
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		writeInto(t, dir, reportOf(
			&fleet.Instance{
				ID:       "1",
				Region:   "CANADA-1",
				GPU:      "H100",
				Status:   "Running",
				GPUCount: fleet.Known(1e6),
				Price:    fleet.Known(amount),
			},
			&fleet.Instance{ID: "2", Region: "CANADA-1", GPU: "H100", Status: "Running"}))
		for _, width := range []int64{360, 390, 600, 960, 1280} {
			v.open(t, "file://"+dir+"/", "index.html", width, "light")
			if got := evaluate[string](t, v, `[...document.querySelectorAll(".figure-value, .figure-second")].filter((figure) =>
				figure.getBoundingClientRect().height > 1.6 * parseFloat(getComputedStyle(figure).fontSize) ||
				figure.scrollWidth > figure.clientWidth
			).map((figure) => figure.textContent).join(", ")`); got != "" {
				t.Errorf("at %d these break or are cut: %s", width, got)
			}
		}
	}
}
