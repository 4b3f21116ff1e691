package render

import (
	"strings"
	"testing"
)

// cutTables is the list of the page's tables that match a selector and are wider than their region.
func cutTables(t *testing.T, v *visitor, selector string) string {
	t.Helper()
	return evaluate[string](t, v, `[...document.querySelectorAll(".scroll")]
		.filter((region) => region.querySelector("`+selector+`") && region.scrollWidth > region.clientWidth)
		.map((region) => region.ariaLabel + ": " + region.scrollWidth + " in " + region.clientWidth).join(", ")`)
}

// TestTablesFitInBrowser checks that a window of 1280 pixels shows every column of every table, apart from those of
// instances and of the summary, and that a phone shows the sums of the changes.
func TestTablesFitInBrowser(t *testing.T) {
	v, dir := newVisitor(t), folderOf(t, "demo")
	address := serve(t, dir)
	for kind, page := range pageTypes(t, dir) {
		if strings.HasPrefix(kind, "instances/") || strings.HasPrefix(kind, "regions/*/*/") ||
			page == "summary/index.html" || page == "report.html" {
			continue
		}
		v.open(t, address, page, 1280, "light")
		if cut := cutTables(t, v, "table"); cut != "" {
			t.Errorf("%s: at 1280 these are cut: %s", page, cut)
		}
	}
	v.open(t, address, "changes/index.html", 390, "light")
	if cut := cutTables(t, v, ".sums"); cut != "" {
		t.Errorf("at 390 these are cut: %s", cut)
	}
}
