package render

import (
	"testing"

	"gpufleet/fetch/fleet"
)

// brokenAmounts returns the amounts of a page whose text is on several lines.
const brokenAmounts = `(() => {
	const nodes = [], starts = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	let text = "";
	for (let node; (node = walker.nextNode());) {
		if (!node.parentElement.checkVisibility() || node.parentElement.closest(".visually-hidden, script")) continue;
		if (!node.parentElement.matches(".unit")) text += "\n"; // a unit belongs to the figure before it
		starts.push(text.length);
		nodes.push(node);
		text += node.data;
	}
	const place = (at) => {
		let i = starts.findLastIndex((start) => start <= at);
		return [nodes[i], at - starts[i]];
	};
	const broken = [];
	for (const found of text.matchAll(/(?:[≥<] )?[+−]?(?:[$€£]|CAD )\d[\d,.]*\d(?:\/h|\/month)?/gu)) {
		const range = document.createRange();
		range.setStart(...place(found.index));
		const [node, offset] = place(found.index + found[0].length - 1);
		range.setEnd(node, offset + 1);
		const boxes = [...range.getClientRects()].filter((box) => box.width > 0);
		if (boxes.some((box) => box.top >= boxes[0].bottom || box.bottom <= boxes[0].top)) broken.push(found[0]);
	}
	return (text.includes("CAD ") ? "" : "no amounts; ") + broken.join("; ");
})()`

// TestAmountsInBrowser reads all kinds of pages of an expensive fleet in narrow and wide windows. No amount may be on
// two lines, and no page is wider than its window.
func TestAmountsInBrowser(t *testing.T) {
	v := newVisitor(t)
	price := func(text string) fleet.Price {
		money, err := fleet.ParseMoney(text)
		if err != nil {
			t.Fatal(err)
		}
		return fleet.Known(money)
	}
	list := func(prices ...string) (list []*fleet.Instance) {
		for i, text := range append(prices, "") {
			in := &fleet.Instance{ID: string(rune('a' + i)), Region: "Region " + string(rune('A'+i%3)), GPU: "H100",
				GPUCount: fleet.Known(8.0), Status: "Running"}
			if text != "" {
				in.Price = price(text)
			}
			list = append(list, in)
		}
		return list
	}
	r := laterReport(t, list("1234.56", "98.7654", "0.000021", "12"), list("234.56", "1098.7654", "0.000021", "12", "8"))
	r.Currency = "CAD"
	r.Budget = price("123456.78")
	dir := t.TempDir()
	writeInto(t, dir, r)
	address := serve(t, dir)
	for _, width := range []int64{320, 390, 768, 1280} {
		for _, file := range []string{"index.html", "spend/index.html", "changes/index.html", "summary/index.html",
			"report.html", "regions/index.html", "instances/index.html", r.Models[0].Path(), r.Regions[0].Groups[0].Path()} {
			if overflow, _ := v.open(t, address, file, width, "light"); overflow > 0 {
				t.Errorf("%s at %d is %d pixels too wide", file, width, overflow)
			}
			if broken := evaluate[string](t, v, brokenAmounts); broken != "" {
				t.Errorf("%s at %d: %s", file, width, broken)
			}
		}
	}
}
