package render

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"gpufleet/fetch/fleet"
	"gpufleet/render/report"
)

// sortedRegions returns a report with regions of different costs, some equal, one without a price and one without GPUs.
func sortedRegions(t *testing.T) *report.Report {
	t.Helper()
	var list []*fleet.Instance
	for i, price := range []string{"0.1", "1234.5", "99.75", "", "1000000", "99.75", "0.000000001", "2", "10", "0.3"} {
		for number := range 1 + i%3 {
			in := &fleet.Instance{ID: fmt.Sprint(i, number), Region: fmt.Sprint("R", i+1), GPU: fmt.Sprint("M", number),
				Status: "Running", GPUCount: fleet.Known(float64(i * 7 % 5)), RAM: fleet.Known(float64(i) / 8)}
			if price != "" {
				in.Price = fleet.Known(money(t, price))
			}
			list = append(list, in)
		}
	}
	return reportOf(list...)
}

func money(t *testing.T, text string) fleet.Money {
	t.Helper()
	amount, err := fleet.ParseMoney(text)
	if err != nil {
		t.Fatal(err)
	}
	return amount
}

// regionsBy returns the names of the regions in the order of a value, unknown ones last and equal ones by cost.
func regionsBy(r *report.Report, down bool, value func(*report.Part) (v float64, known bool)) string {
	parts := slices.Clone(r.Regions)
	slices.SortStableFunc(parts, func(a, b *report.Part) int { return b.Running.PerHour.Cmp(a.Running.PerHour) })
	slices.SortStableFunc(parts, func(a, b *report.Part) int {
		x, knownX := value(a)
		y, knownY := value(b)
		switch {
		case !knownX || !knownY:
			return map[bool]int{true: 1}[knownY] - map[bool]int{true: 1}[knownX]
		case x == y:
			return 0
		case (x < y) != down:
			return -1
		}
		return 1
	})
	var names []string
	for _, part := range parts {
		names = append(names, part.Name)
	}
	return strings.Join(names, " ")
}

// sortedTable is the script that finds a table by its caption.
func sortedTable(caption string) string {
	return fmt.Sprintf(`[...document.querySelectorAll("table.sortable")].find(t => t.caption.textContent === %q)`, caption)
}

// headings returns the names of a table's rows in their order.
func headings(t *testing.T, v *visitor, caption string) string {
	t.Helper()
	return evaluate[string](t, v,
		`[...`+sortedTable(caption)+`.tBodies[0].rows].map(row => row.cells[0].textContent).join(" ")`)
}

// clickHeading clicks the numberth heading that sorts.
func clickHeading(t *testing.T, v *visitor, caption string, number int) {
	t.Helper()
	evaluate[bool](t, v, fmt.Sprintf(`%s.querySelectorAll(".sort")[%d].click(), true`, sortedTable(caption), number))
}

// TestSortInBrowser sorts the regions by each of their columns, from disk and from a server. The total stays below, and
// the address leads to the same order again.
func TestSortInBrowser(t *testing.T) {
	t.Parallel()
	r, dir := sortedRegions(t), t.TempDir()
	writeInto(t, dir, r)
	v := newVisitor(t)
	const caption = "Totals by region"
	known := func(value float64) (float64, bool) { return value, true }
	byCost := regionsBy(r, true, func(p *report.Part) (float64, bool) { return known(0) })
	columns := []struct { // in the order of the buttons, which is that of the page: row by row
		name  string
		value func(*report.Part) (float64, bool)
	}{
		{"region", func(p *report.Part) (float64, bool) {
			var number float64
			_, err := fmt.Sscanf(p.Name, "R%f", &number)
			return number, err == nil
		}},
		{"instances", func(p *report.Part) (float64, bool) { return known(float64(p.Count)) }},
		{"gpus", func(p *report.Part) (float64, bool) { return known(p.GPUs.Value) }},
		{"cpu-cores", func(p *report.Part) (float64, bool) { return known(p.CPUCores.Value) }},
		{"ram-gb", func(p *report.Part) (float64, bool) { return known(p.RAM.Value) }},
		{"disk-gb", func(p *report.Part) (float64, bool) { return known(p.Disk.Value) }},
		{"running-usd-per-hour", func(p *report.Part) (float64, bool) { return known(p.Running.PerHour.Float64()) }},
		{"running-usd-per-month", func(p *report.Part) (float64, bool) { return known(p.Running.PerMonth.Float64()) }},
		{"listed-usd-per-hour", func(p *report.Part) (float64, bool) { return known(p.Listed.PerHour.Float64()) }},
		{"listed-usd-per-month", func(p *report.Part) (float64, bool) { return known(p.Listed.PerMonth.Float64()) }},
		{"listed-usd-per-gpu-hour", func(p *report.Part) (float64, bool) {
			rate := p.GPUHour.PerGPU()
			return rate.Value.Float64(), rate.Known
		}},
		{"listed-usd-share", func(p *report.Part) (float64, bool) { return p.Share.Value, p.Share.Known }},
	}
	for _, site := range []string{serve(t, dir), "file://" + dir + "/"} {
		v.open(t, site, "regions/index.html", 1280, "light")
		if got := headings(t, v, caption); got != byCost {
			t.Errorf("the page has the order %s, want %s", got, byCost)
		}
		for number, column := range columns {
			isOwn := column.name == "running-usd-per-hour"
			for _, down := range []bool{number > 0, number == 0} {
				if isOwn && down {
					continue // the page's own order
				}
				clickHeading(t, v, caption, number)
				want := regionsBy(r, down, column.value)
				if got := headings(t, v, caption); got != want {
					t.Errorf("by %s, descending %v: %s, want %s", column.name, down, got, want)
				}
				sorted := map[bool]string{true: "descending", false: "ascending"}[down]
				state := evaluate[string](t, v, `[...document.querySelectorAll("[aria-sort]")].map(th =>
					[...document.querySelectorAll(".sort")].indexOf(th.firstChild) + th.ariaSort).join()`)
				if want := fmt.Sprint(number, sorted); state != want {
					t.Errorf("sorted by %s, want %s", state, want)
				}
				address := "?totals-by-region=" + map[bool]string{true: "-"}[down] + column.name
				if got := evaluate[string](t, v, `location.search`); got != address {
					t.Errorf("the address has %s, want %s", got, address)
				}
				if number > 5 || site[0] == 'h' {
					continue
				}
				v.open(t, site, "regions/index.html"+address, 390, "dark")
				if got := headings(t, v, caption); got != want {
					t.Errorf("%s leads to %s, want %s", address, got, want)
				}
			}
			clickHeading(t, v, caption, number)
			if got := headings(t, v, caption) + evaluate[string](t, v, `location.search`); got != byCost {
				t.Errorf("after three clicks on %s the order is %s", column.name, got)
			}
		}
		foot := `document.querySelector(".sortable").lastElementChild.innerText`
		if got := evaluate[string](t, v, foot); !strings.HasPrefix(got, "Total") {
			t.Errorf("the total is %q", got)
		}
	}
	for _, query := range []string{"totals-by-region=no-such", "totals-by-region=-", "x=%%%&totals-by-region=__proto__"} {
		v.open(t, "file://"+dir+"/", "regions/index.html?"+query, 1280, "light")
		if got := headings(t, v, caption); got != byCost {
			t.Errorf("%s leads to %s", query, got)
		}
	}
}

// TestSortTwoTablesInBrowser sorts both tables of the spend by keyboard, goes to another page, and comes back.
func TestSortTwoTablesInBrowser(t *testing.T) {
	t.Parallel()
	v, site := newVisitor(t), spendSite(t)
	v.open(t, site, "spend/index.html", 1280, "light")
	const first, second = "Spend by region", "Months"
	months := headings(t, v, second)
	evaluate[bool](t, v, sortedTable(first)+`.querySelector(".sort").focus(), true`)
	if err := chromedp.Do(v.ctx, chromedp.KeyEvent(kb.Enter)); err != nil {
		t.Fatal(err)
	}
	regions := headings(t, v, first)
	if byName := slices.Sorted(strings.FieldsSeq(regions)); strings.Join(byName, " ") != regions {
		t.Errorf("Enter on the first heading leads to the order %s", regions)
	}
	clickHeading(t, v, second, 3)
	clickHeading(t, v, second, 3)
	const both = "?spend-by-region=region&months=gpu-hours"
	if got := evaluate[string](t, v, `location.search`); got != both {
		t.Errorf("the address has %s, want %s", got, both)
	}
	reordered := headings(t, v, second)
	if reordered == months {
		t.Errorf("the months are still in the order %s", months)
	}
	there := `document.querySelector(".spend-days") !== null`
	v.open(t, site, "about/index.html", 1280, "light")
	if err := chromedp.Do(v.ctx, chromedp.NavigateBack()); err != nil || !evaluate[bool](t, v, there) {
		t.Fatal(err)
	}
	if a, b := headings(t, v, first), headings(t, v, second); a != regions || b != reordered {
		t.Errorf("back on the page, the orders are %s and %s, want %s and %s", a, b, regions, reordered)
	}
	evaluate[bool](t, v, `location.hash = "#history", true`)
	clickHeading(t, v, second, 3)
	if err := chromedp.Do(v.ctx, chromedp.NavigateBack()); err != nil {
		t.Fatal(err)
	}
	if got := headings(t, v, second); got != reordered {
		t.Errorf("going back leads to %s, want %s", got, reordered)
	}
	v.run(t, `document.querySelectorAll("table.sortable").forEach(table =>
		table.querySelectorAll(".sort").forEach(button => { button.click(); button.click(); }))`)
	if days := headings(t, v, "Days"); !regexp.MustCompile(`^\d+ [A-Z][a-z]{2}`).MatchString(days) {
		t.Errorf("the days are %s", days)
	}
}
