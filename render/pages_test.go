package render

import (
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestPageTypes holds that the large site has a page of every type, so that none escapes the tests of them.
func TestPageTypes(t *testing.T) {
	want := []string{
		" 404",
		" index",
		" report",
		"about/* index",
		"changes/* index",
		"instances/* index",
		"instances/* page-N",
		"models/* index",
		"models/*/* index",
		"regions/* index",
		"regions/*/* index",
		"regions/*/*/* index",
		"regions/*/*/* page-N",
		"summary/* index",
	}
	if got := slices.Sorted(maps.Keys(pageTypes(t, folderOf(t, "large")))); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// everyView calls f with each view in which people open a page: on a phone and a wide screen, light and dark.
func everyView(f func(width int64, scheme string)) {
	for _, width := range []int64{390, 1280} {
		for _, scheme := range []string{"light", "dark"} {
			f(width, scheme)
		}
	}
}

// TestPagesInBrowser opens a page of each type of each site below a path of a server, and has axe-core
// look, with all its rules, for what shuts people out. The rows of long tables are alike, and axe-core
// takes its time with each: it sees all of them in one view of one site, and the first ones in the
// others.
func TestPagesInBrowser(t *testing.T) {
	t.Parallel()
	axe := ""
	t.Run("axe-core", func(t *testing.T) { axe = readText(t, webTools(t), "axe-core/axe.min.js") })
	for _, name := range siteNames {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, dir := newVisitor(t), folderOf(t, name)
			address := serve(t, dir)
			for _, page := range pageTypes(t, dir) {
				everyView(func(width int64, scheme string) {
					v.looks(t, address, page, width, scheme)
					if axe == "" {
						return
					}
					if name != "large" || width < 1280 || scheme == "dark" {
						v.run(t, `document.querySelectorAll("tbody tr:nth-child(n+31)").forEach(row => row.remove())`)
					}
					for _, violation := range v.violations(t, axe) {
						t.Errorf("%s at %d, %s: axe-core: %s", page, width, scheme, violation)
					}
				})
			}
		})
	}
}

// TestPagesFromDiskInBrowser opens the pages of a site without a server.
func TestPagesFromDiskInBrowser(t *testing.T) {
	v := newVisitor(t)
	dir := folderOf(t, "demo")
	for _, page := range pageTypes(t, dir) {
		v.looks(t, "file://"+filepath.ToSlash(dir)+"/", page, 390, "light")
	}
}

// looks opens a page and fails where it is wider than the window or without its style.
func (v *visitor) looks(t *testing.T, site, page string, width int64, scheme string) {
	t.Helper()
	overflow, styled := v.open(t, site, page, width, scheme)
	if overflow > 0 {
		t.Errorf("%s is %d pixels wider than a window of %d", page, overflow, width)
	}
	if !styled {
		t.Errorf("%s%s has no style", site, page)
	}
}

// run runs a script in the page.
func (v *visitor) run(t *testing.T, script string) {
	t.Helper()
	if err := chromedp.Do(v.ctx, chromedp.Evaluate[chromedp.Void](script)); err != nil {
		t.Fatal(err)
	}
}

// violations returns what axe-core finds on the page, with all its rules.
func (v *visitor) violations(t *testing.T, axe string) []string {
	t.Helper()
	found, err := chromedp.Run(v.ctx, chromedp.Evaluate[[]string](axe+`;
axe.run({resultTypes: ["violations"]}).then(found => found.violations.map(v =>
	v.id + ": " + v.help + ", " + v.nodes.length + " times: " + v.nodes.slice(0, 3).map(n =>
		n.target + " " + n.html.slice(0, 200) + " " + n.failureSummary).join("; ")))`,
		chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	return found
}
