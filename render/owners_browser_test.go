package render

import (
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"gpufleet/fetch/fleet"
	"gpufleet/render/report"
	"gpufleet/render/report/reporttest"
)

// TestOwnersInBrowser looks at the pages of owners, follows a link from one to its instances, and filters by owner.
func TestOwnersInBrowser(t *testing.T) {
	owners := []string{"ml", "=Ops & <b>co</b>", strings.Repeat("W", 200), "عمليات", fleet.Unassigned}
	s := reportOf().Settings
	s.Owners = true
	for _, owner := range owners[:3] {
		budget, err := report.ParseBudget("1000")
		if err != nil {
			t.Fatal(err)
		}
		s.OwnerAmounts = append(s.OwnerAmounts, report.OwnerAmount{Owner: owner, Money: budget.Value})
	}
	r := reporttest.Past(t, s, reporttest.Days(t, "2026-11-26", 40), func(run int) []*fleet.Instance {
		list := reporttest.Changing(t, run)
		for i, in := range list {
			in.Owner = owners[(i+run/30)%len(owners)]
		}
		return list
	})
	dir := t.TempDir()
	writeInto(t, dir, r)
	p := newExplorerPage(t, serve(t, dir), r)
	parts := map[string]*report.Part{}
	for _, part := range r.Owned().Parts {
		parts[part.Name] = part
	}
	for i, width := range []int64{390, 1280} {
		for _, page := range []string{"owners/index.html", "spend/index.html", parts[owners[2-i]].Path()} {
			p.looks(t, p.site, page, width, "light")
		}
		part := parts[owners[1+i]]
		p.looks(t, p.site, part.Path(), width, "dark")
		if got := eval[string](p, `document.querySelector("h1").textContent`); got != part.Name {
			t.Errorf("the heading is %q, want %q", got, part.Name)
		}
		piece := r.Pieces(part, r.Divisions[0])[0]
		p.follow(fmt.Sprintf(`[...document.querySelectorAll("section[aria-labelledby=regions] tbody a")].find((link) =>
			link.textContent === %q)`, piece.Name))
		p.wantRows(piece.Totals.Count, width, part.Name+" in "+piece.Name)
		p.openAt(width, "light", "")
		eval[bool](p, fmt.Sprintf(`(() => {
			const labels = [...document.querySelectorAll(".facets label")];
			labels.find((label) => label.querySelector("bdi")?.textContent === %q).click();
			return true;
		})()`, part.Name))
		p.wantRows(part.Count, width, part.Name)
	}
}

// follow clicks a link and waits for the explorer on the page that it leads to.
func (p *explorerPage) follow(link string) {
	p.t.Helper()
	target := eval[string](p, link+".href")
	if name := path.Base(strings.SplitN(target, "?", 2)[0]); name != "index.html" {
		p.t.Errorf("the link leads to %s", target)
	}
	if err := chromedp.Do(p.ctx, chromedp.Evaluate[chromedp.Void](link+".click()")); err != nil {
		p.t.Fatal(err)
	}
	p.until(`document.querySelector(".explorer")?.dataset.state === "live"`)
}

// wantRows waits until the explorer has as many rows as an owner.
func (p *explorerPage) wantRows(want int, width int64, what string) {
	p.t.Helper()
	p.t.Logf("at %d: %d rows for %s", width, want, what)
	p.until(fmt.Sprintf(`document.querySelector(".live").getAttribute("aria-rowcount") === "%d"`, want+1))
}

// TestAccountsInBrowser looks at the pages of the sample's accounts, filters by account, and finds the account of a
// change on a narrow screen.
func TestAccountsInBrowser(t *testing.T) {
	dir := folderOf(t, "demo")
	counts := map[string]int{}
	for _, in := range readInstances(t, dir) {
		counts[in.Account]++
	}
	if len(counts) != 2 {
		t.Fatalf("the sample has the accounts %v", counts)
	}
	p := newExplorerPage(t, serve(t, dir), nil)
	for _, width := range []int64{390, 1280} {
		for _, page := range []string{"accounts/index.html", "accounts/development/index.html", "changes/index.html"} {
			p.looks(t, p.site, page, width, "light")
		}
		// Scrolled into view, no heading covers the cell.
		if found := eval[string](p, `(() => {
			const cell = [...document.querySelectorAll("main td")].find((td) => td.textContent.trim() === "production");
			cell.scrollIntoView({block: "center", inline: "center", behavior: "instant"});
			const box = cell.getBoundingClientRect();
			const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
			return cell === top || cell.contains(top) ? "" : "covered by " + (top?.outerHTML ?? "nothing");
		})()`); found != "" {
			t.Errorf("at %d, the account of a change is %s", width, found)
		}
		for account, count := range counts {
			p.openAt(width, "light", "")
			eval[bool](p, fmt.Sprintf(`(() => {
				const labels = [...document.querySelectorAll(".facets label")];
				labels.find((label) => label.querySelector("bdi")?.textContent === %q).click();
				return true;
			})()`, account))
			p.wantRows(count, width, account)
		}
	}
}

// readInstances reads data/instances.json.
func readInstances(t *testing.T, dir string) []struct{ Account string } {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, "data/instances.json"))
	if err != nil {
		t.Fatal(err)
	}
	var list struct{ Instances []struct{ Account string } }
	if err := json.Unmarshal(content, &list); err != nil {
		t.Fatal(err)
	}
	return list.Instances
}
