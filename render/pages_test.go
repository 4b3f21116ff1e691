package render

import (
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestPageTypes checks that the large site has a page of every type, so that no type is untested.
func TestPageTypes(t *testing.T) {
	want := []string{
		" 404",
		" index",
		" report",
		"about/* index",
		"attention/* index",
		"changes/* index",
		"instances/* index",
		"instances/* page-N",
		"models/* index",
		"models/*/* index",
		"regions/* index",
		"regions/*/* index",
		"regions/*/*/* index",
		"regions/*/*/* page-N",
		"spend/* index",
		"summary/* index",
	}
	if got := slices.Sorted(maps.Keys(pageTypes(t, folderOf(t, "large")))); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// everyView calls f with each combination of a phone and a wide screen, light and dark.
func everyView(f func(width int64, scheme string)) {
	for _, width := range []int64{390, 1280} {
		for _, scheme := range []string{"light", "dark"} {
			f(width, scheme)
		}
	}
}

// TestPagesInBrowser opens a page of each type of each site from a server, below a path, and checks its accessibility
// with all rules of axe-core. Checking all rows of a long table takes long and they are alike, so that is only done in
// one view of one site.
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

// looks opens a page and fails if it is wider than the window or has no style.
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

// violations returns the findings of axe-core for the page, with all its rules.
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
