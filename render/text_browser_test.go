package render

import (
	"strings"
	"testing"
)

// cutTexts is the list of texts on the page that don't fit where they are. Tables scroll, so what is in them can be
// wider than the window. Long names in tables and charts are cut on purpose, after some lines.
const cutTexts = `[...document.querySelectorAll("body *")].filter((e) => {
	if (!e.checkVisibility() || e.closest(".visually-hidden, .skip, svg") || e.textContent.trim() === "") return false;
	const style = getComputedStyle(e);
	const isWider = e.scrollWidth > e.clientWidth + 1, isHigher = e.scrollHeight > e.clientHeight + 1;
	if (style.display === "inline" || style.overflowX === "auto") return false;
	if (style.overflowX === "visible" && style.overflowY === "visible") {
		return isWider && !e.closest(".scroll") && e.getBoundingClientRect().left + e.scrollWidth > innerWidth ||
			isWider && style.whiteSpaceCollapse === "collapse" && style.textWrapMode === "nowrap" && !e.closest(".scroll");
	}
	return isWider || isHigher;
}).map((e) => e.tagName + "." + e.className + ": " + e.textContent.trim().slice(0, 60)).slice(0, 5).join("; ")`

// TestTextFitsInBrowser checks that no text is cut in a window of 320 pixels, even with the distances between lines,
// words and letters that readers can choose (WCAG 2.2, 1.4.12), nor if text is twice as large.
func TestTextFitsInBrowser(t *testing.T) {
	v, dir := newVisitor(t), folderOf(t, "demo")
	address := serve(t, dir)
	for _, view := range []struct {
		name   string
		width  int64
		script string
	}{
		{"320 pixels", 320, ""},
		{"wide text spacing", 320, `{
			const style = new CSSStyleSheet();
			style.replaceSync("* { line-height: 1.5 !important; letter-spacing: .12em !important; " +
				"word-spacing: .16em !important } p { margin-bottom: 2em !important }");
			document.adoptedStyleSheets.push(style);
		}`},
		{"text of 200%", 1280, `document.documentElement.style.fontSize = "200%"`},
	} {
		for kind, page := range pageTypes(t, dir) {
			if page == "index.html" || strings.HasPrefix(kind, "instances/") {
				continue
			}
			v.open(t, address, page, view.width, "light")
			if view.script != "" {
				v.run(t, view.script)
			}
			if cut := evaluate[string](t, v, cutTexts); cut != "" {
				t.Errorf("%s: %s: these are cut: %s", view.name, page, cut)
			}
			over := evaluate[int](t, v, `document.documentElement.scrollWidth - document.documentElement.clientWidth`)
			if over > 0 {
				t.Errorf("%s: %s is %d pixels wider than the window", view.name, page, over)
			}
		}
	}
}
