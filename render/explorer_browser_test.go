package render

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"

	"gpufleet/fetch/fleet"
	"gpufleet/render/data"
	"gpufleet/render/report"
)

// choices are what a reader has chosen in the explorer.
type choices struct {
	text       string
	chosen     map[string][]string // by facet; "" is the unknown value
	sort       string              // a column's name, after - if descending
	show, hide []string            // columns that differ from the usual ones
}

// facetValues returns the values of an instance in a facet. Each has one, but findings can be any number.
func facetValues(r *report.Report, facet string, in *fleet.Instance) []string {
	switch facet {
	case "region":
		return []string{in.RegionName()}
	case "gpu":
		return []string{in.Model()}
	case "status":
		return []string{in.Status}
	case "product_type":
		return []string{in.ProductType}
	case "owner":
		return []string{in.Owner}
	case "account":
		return []string{in.Account}
	}
	return findingsOf(r)[in]
}

var foundBy sync.Map // by report: the names of the rules that found each instance

func findingsOf(r *report.Report) map[*fleet.Instance][]string {
	if found, ok := foundBy.Load(r); ok {
		return found.(map[*fleet.Instance][]string)
	}
	found := map[*fleet.Instance][]string{}
	combinations, rows := r.FoundBy()
	for i, in := range r.Instances[:len(rows)] { // none if nobody looked for them
		for _, rule := range combinations[rows[i]] {
			found[in] = append(found[in], rule.Name)
		}
	}
	foundBy.Store(r, found)
	return found
}

var searched sync.Map // by report: what a search looks through

// searchTexts returns the texts of each instance in all columns, in lower case. Blanks are between them, and no word of
// a search has one, so a word can't be found across two texts.
func searchTexts(r *report.Report) map[*fleet.Instance]string {
	if texts, ok := searched.Load(r); ok {
		return texts.(map[*fleet.Instance]string)
	}
	texts := make(map[*fleet.Instance]string, len(r.Instances))
	for _, in := range r.Instances {
		var all strings.Builder
		for _, c := range r.Columns {
			all.WriteString(strings.ToLower(report.Format(r.Settings, c, c.Value(in))) + " ")
		}
		texts[in] = all.String()
	}
	searched.Store(r, texts)
	return texts
}

// facetTitles are the titles of the facets.
var facetTitles = map[string]string{
	"region": "Region", "gpu": "GPU model", "owner": "Owner", "status": "Status", "product_type": "Type",
	"account": "Account", "finding": "Needs attention",
}

// optionTitle returns the label of an option, "" for an unknown value.
func optionTitle(facet, value string) string {
	for _, rule := range report.Rules {
		if facet == "finding" && rule.Name == value {
			return rule.Title
		}
	}
	return value
}

// facetNames returns the names of a report's facets.
func facetNames(r *report.Report) (names []string) {
	for _, d := range r.Divisions {
		names = append(names, d.Name)
	}
	names = append(names, "status", "product_type")
	if len(r.Findings) > 0 {
		names = append(names, "finding")
	}
	return names
}

// passes reports whether an instance matches. It ignores the facet but, unless that is "".
func (a choices) passes(r *report.Report, in *fleet.Instance, but string) bool {
	for word := range strings.FieldsSeq(strings.ToLower(a.text)) {
		if !strings.Contains(searchTexts(r)[in], word) {
			return false
		}
	}
	for facet, values := range a.chosen {
		isChosen := func(value string) bool { return slices.Contains(values, value) }
		if facet != but && len(values) > 0 && !slices.ContainsFunc(facetValues(r, facet, in), isChosen) {
			return false
		}
	}
	return true
}

// rows returns the matching instances in their order.
func (a choices) rows(r *report.Report) []*fleet.Instance {
	var rows []*fleet.Instance
	for _, in := range r.Instances {
		if a.passes(r, in, "") {
			rows = append(rows, in)
		}
	}
	name, down := strings.CutPrefix(a.sort, "-")
	for _, column := range r.Columns {
		if column.Name != name {
			continue
		}
		slices.SortStableFunc(rows, func(x, y *fleet.Instance) int {
			vx, vy := column.Value(x), column.Value(y)
			switch {
			case !vx.Known && !vy.Known:
				return 0
			case !vx.Known:
				return 1
			case !vy.Known:
				return -1
			case down:
				return report.Compare(column.Type, vy, vx)
			}
			return report.Compare(column.Type, vx, vy)
		})
	}
	return rows
}

// totals returns the figures that the page must show.
func (a choices) totals(r *report.Report) [][]string {
	list := a.rows(r)
	for i, in := range list { // a report reorders its instances, and these belong to r
		own := *in
		list[i] = &own
	}
	totals := report.New(&fleet.Fleet{Instances: list}, r.Settings).Totals
	instances := report.FormatCount(totals.Count)
	if totals.Count < r.Count {
		instances += " of " + report.FormatCount(r.Count)
	}
	line := func(cells ...string) []string {
		return slices.DeleteFunc(cells, func(cell string) bool { return cell == "" })
	}
	cost := func(name string, c report.Cost) []string {
		return line(name, r.PerHour(c)+"/h", r.PerMonth(c)+"/month", c.Coverage())
	}
	return [][]string{line("Instances", instances), line("GPUs", totals.GPUs.String(), totals.GPUs.Coverage()),
		cost("Running", totals.Running), cost("Listed", totals.Listed)}
}

// counts returns the number of rows that the page must show for each option of each facet.
func (a choices) counts(r *report.Report) map[string]map[string]string {
	counts := map[string]map[string]string{}
	for _, facet := range facetNames(r) {
		numbers := map[string]int{}
		for _, in := range r.Instances {
			for _, value := range facetValues(r, facet, in) {
				numbers[optionTitle(facet, value)] += 0
				if a.passes(r, in, facet) {
					numbers[optionTitle(facet, value)]++
				}
			}
		}
		counts[facet] = map[string]string{}
		for value, n := range numbers {
			counts[facet][value] = report.FormatCount(n)
		}
	}
	return counts
}

// query returns the query of the address that shows the choices.
func (a choices) query() string {
	values := url.Values{}
	if a.text != "" {
		values.Set("q", a.text)
	}
	for facet, chosen := range a.chosen {
		values[facet] = slices.Sorted(slices.Values(chosen))
	}
	if a.sort != "" {
		values.Set("sort", a.sort)
	}
	for name, columns := range map[string][]string{"show": a.show, "hide": a.hide} {
		if len(columns) > 0 {
			values[name] = slices.Sorted(slices.Values(columns))
		}
	}
	return "?" + values.Encode()
}

// columns returns the titles of the columns that the table must show, in the order of the page.
func (a choices) columns(r *report.Report) []string {
	titles, last := []string{}, ""
	for i, name := range pageOrder(r) {
		column := columnNamed(r, name)
		isKnown := func(in *fleet.Instance) bool { return column.Value(in).Known }
		usual := i == 0 || slices.ContainsFunc(r.Instances, isKnown)
		if slices.Contains(a.hide, name) || !usual && !slices.Contains(a.show, name) {
			continue
		}
		if title := report.Heading(r.Settings, column); name == "id" {
			last = title
		} else {
			titles = append(titles, title)
		}
	}
	if last != "" {
		titles = append(titles, last)
	}
	return titles
}

// pageOrder returns the names of the columns of the live table in the order of the page, except that the ID is last.
func pageOrder(r *report.Report) []string {
	leading := []string{"host_name", "status", "gpu_group", "gpu_count", "price_per_hour"}
	var names []string
	for _, name := range leading {
		if columnNamed(r, name).Name != "" {
			names = append(names, name)
		}
	}
	for _, column := range columnsShown(r) {
		if !slices.Contains(leading, column.Name) {
			names = append(names, column.Name)
		}
	}
	return names
}

// columnNamed returns a column of the live table, the zero column if it isn't there.
func columnNamed(r *report.Report, name string) (column report.Column[*fleet.Instance]) {
	for _, c := range columnsShown(r) {
		if c.Name == name {
			column = c
		}
	}
	return column
}

func (a choices) csv(t *testing.T, r *report.Report) string {
	t.Helper()
	var b bytes.Buffer
	shown := *r
	shown.Instances = a.rows(r)
	if err := data.WriteInstancesCSV(&b, &shown); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// explorerPage is the explorer in a browser.
type explorerPage struct {
	*visitor
	t         *testing.T
	r         *report.Report // of the site
	site      string
	downloads string
	saved     chan *browser.EventDownloadProgress // downloads that are complete
}

func newExplorerPage(t *testing.T, site string, r *report.Report) *explorerPage {
	t.Helper()
	p := &explorerPage{newVisitor(t), t, r, site, t.TempDir(), make(chan *browser.EventDownloadProgress, 100)}
	listening := chromedp.ListenBrowser(p.ctx, func(event any) {
		progress, ok := event.(*browser.EventDownloadProgress)
		if ok && progress.State != browser.DownloadProgressStateInProgress {
			p.saved <- progress
		}
	})
	told := true
	_, saving := chromedp.CallBrowser(p.ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior:         "allowAndName",
		BrowserContextID: chromedp.FromContext(p.ctx).BrowserContextID,
		DownloadPath:     p.downloads,
		EventsEnabled:    &told,
	})
	if err := errors.Join(listening, saving); err != nil {
		t.Fatal(err)
	}
	return p
}

func eval[T any](p *explorerPage, script string) T {
	p.t.Helper()
	value, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("%s: %v", script, err)
	}
	return value
}

// until waits until a condition is true in the page.
func (p *explorerPage) until(condition string) {
	p.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if eval[bool](p, "Boolean("+condition+")") {
			return
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("it never came to: %s", condition)
		}
	}
}

// openAt opens the Instances page with a query, and waits for the live table.
func (p *explorerPage) openAt(width int64, scheme, query string) {
	p.t.Helper()
	// Leave the page first, because an address that only differs in its row isn't loaded again.
	if err := chromedp.Do(p.ctx, chromedp.Navigate("about:blank")); err != nil {
		p.t.Fatal(err)
	}
	if overflow, _ := p.visitor.open(p.t, p.site, "instances/index.html"+query, width, scheme); overflow > 0 {
		p.t.Errorf("%s is %d pixels wider than a window of %d", query, overflow, width)
	}
	p.until(`document.querySelector(".explorer").dataset.state === "live"`)
}

func (p *explorerPage) press(keys string, options ...chromedp.KeyOption) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, chromedp.KeyEvent(keys, options...)); err != nil {
		p.t.Fatal(err)
	}
}

// choose makes the choices with the controls of the page.
func (p *explorerPage) choose(a choices) {
	p.t.Helper()
	eval[bool](p, `{
		const clear = document.querySelector(".explorer .clear");
		if (!clear.disabled) clear.click();
		document.getElementById("explorer-text").focus();
		true
	}`)
	p.press(a.text)
	for facet, values := range a.chosen {
		for _, value := range values {
			eval[bool](p, fmt.Sprintf(`{
				const titled = (box) => box.querySelector("legend").textContent.startsWith(%q);
				[...document.querySelectorAll(".facets fieldset")].find(titled).querySelectorAll("li").forEach((item) => {
					const name = item.querySelector("bdi, .unknown");
					if (name && name.textContent === (%q || "unknown") && (name.tagName === "BDI") === (%q !== ""))
						item.querySelector("input").click();
				});
				true
			}`, facetTitles[facet], optionTitle(facet, value), value))
		}
	}
	p.chooseColumns(a)
	p.sortBy(a.sort)
}

// sortBy clicks the heading of a column until the table is sorted as wanted.
func (p *explorerPage) sortBy(sort string) {
	p.t.Helper()
	name, down := strings.CutPrefix(sort, "-")
	want := "ascending"
	if down {
		want = "descending"
	}
	at := fmt.Sprintf(`[...document.querySelectorAll(".live thead th")].find(th =>
		th.querySelector("button").textContent === %q)`, report.Heading(p.r.Settings, columnNamed(p.r, name)))
	if sort == "" {
		at, want = `document.querySelector(".live thead [aria-sort]")`, ""
	}
	for range 3 {
		if eval[bool](p, fmt.Sprintf(`{
			const th = %s;
			!th || (th.getAttribute("aria-sort") ?? "") === %q || (th.querySelector("button").click(), false)
		}`, at, want)) {
			return
		}
	}
	p.t.Fatalf("%s can't be sorted %s", name, want)
}

const totalsShown = `JSON.stringify([...document.querySelectorAll(".explorer-totals > div")].map((line) =>
	[...line.children].map((cell) => cell.textContent)))`

// check compares the page with the choices: totals, counts, order, address and file.
func (p *explorerPage) check(r *report.Report, a choices) {
	p.t.Helper()
	want := a.totals(r)
	p.until(`document.querySelector(".explorer-totals").children.length === 4`)
	var got string
	for range 100 { // typed words take effect after a delay
		if got = eval[string](p, totalsShown); got == mustJSON(p.t, want) {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if diff := cmp.Diff(mustJSON(p.t, want), got); diff != "" {
		p.t.Errorf("totals of %+v: %s", a, diff)
		return
	}
	counts := eval[map[string]map[string]string](p, `Object.fromEntries(
		[...document.querySelectorAll(".facets fieldset")].map((box, i) => [
			`+mustJSON(p.t, facetNames(r))+`[i],
			Object.fromEntries([...box.querySelectorAll("label")].map((label) =>
				[label.querySelector("bdi")?.textContent ?? "", label.querySelector(".count").textContent]))]))`)
	if diff := cmp.Diff(a.counts(r), counts); diff != "" {
		p.t.Errorf("counts of %+v: %s", a, diff)
	}
	if diff := cmp.Diff(a.csv(p.t, r), p.file()); diff != "" {
		p.t.Errorf("file of %+v: %.2000s", a, diff)
	}
	rows := a.rows(r)
	count := eval[string](p, `document.querySelector(".live").getAttribute("aria-rowcount")`)
	if count != fmt.Sprint(len(rows)+1) {
		p.t.Errorf("the table tells %s rows, and has %d and a head", count, len(rows))
	}
	titles := eval[[]string](p, `[...document.querySelectorAll(".live thead .sort")].map((button) => button.textContent)`)
	if diff := cmp.Diff(a.columns(r), titles); diff != "" {
		p.t.Errorf("columns of %+v: %s", a, diff)
	}
	shown := eval[[]string](p, `[...document.querySelectorAll(".live tbody tr")].map((line) =>
		line.cells[line.cells.length - 1].textContent)`)
	if len(shown) > len(rows) || len(shown) < min(len(rows), 8) {
		p.t.Fatalf("%d rows in the page, of %d", len(shown), len(rows))
	}
	for i, id := range shown {
		if want := rows[i].ID; id != want && !(want == "" && id == report.Unknown) {
			p.t.Errorf("row %d is %s, want %s, for %+v", i, id, want, a)
		}
	}
}

// file returns the content of the file that the page would save. It saves none, because Chromium sometimes drops a
// download, and repeating one takes seconds.
func (p *explorerPage) file() string {
	p.t.Helper()
	return eval[string](p, `(async () => {
		const create = URL.createObjectURL;
		let content = null, name = "";
		URL.createObjectURL = (blob) => { content = blob; return create.call(URL, blob); };
		HTMLAnchorElement.prototype.click = function () { name = this.download; };
		document.querySelector(".explorer .save").click();
		delete HTMLAnchorElement.prototype.click;
		URL.createObjectURL = create;
		if (name !== "instances.csv") return "a file of the name " + name;
		return new TextDecoder("utf-8", { ignoreBOM: true }).decode(await content.arrayBuffer());
	})()`)
}

// checkDownload compares the saved file byte for byte.
func (p *explorerPage) checkDownload(r *report.Report, a choices) {
	p.t.Helper()
	if diff := cmp.Diff(a.csv(p.t, r), p.download()); diff != "" {
		p.t.Errorf("saved file of %+v: %.2000s", a, diff)
	}
}

// download saves the file of the shown rows and returns its content. It tries again if nothing comes, because Chromium
// sometimes drops a download shortly after a change of the address.
func (p *explorerPage) download() string {
	p.t.Helper()
	for range 5 {
		eval[bool](p, `{ document.querySelector(".explorer .save").click(); true }`)
		select {
		case end := <-p.saved:
			content, err := os.ReadFile(filepath.Join(p.downloads, end.GUID))
			if err != nil || end.State != browser.DownloadProgressStateCompleted {
				p.t.Fatalf("the file is %s, %v", end.State, err)
			}
			return string(content)
		case <-time.After(5 * time.Second):
			p.t.Log("no file came: asking again")
		}
	}
	p.t.Fatal("no file came")
	return ""
}

// quiet fails if the browser has complained since the page was opened, or requested something outside the site.
func (p *explorerPage) quiet() {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, trouble := range p.trouble {
		p.t.Error(trouble)
	}
	for _, request := range p.requests {
		if !strings.HasPrefix(request, p.site) && !strings.HasPrefix(request, "blob:") {
			p.t.Errorf("the page requests %s", request)
		}
	}
}

// TestExplorerInBrowser uses the live table of the sample fleet from disk, and of 2,000 instances from a server. It
// tries each facet, each column in both orders, and random combinations. The results must be the same as those
// computed in Go.
func TestExplorerInBrowser(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	large := reportOf(largeFleet(t, 2000)...)
	writeInto(t, dir, large)
	server := httptest.NewServer(http.StripPrefix("/some/sub/path", http.FileServer(http.Dir(dir))))
	defer server.Close()
	wild, wildDir, sampleDir := wildFleet(t), t.TempDir(), t.TempDir()
	writeInto(t, wildDir, wild)
	demo := folderOf(t, "demo")
	instances := filepath.Join(demo, "data/instances.json")
	sample := reportOf(sampleFleet(t, instances)...)
	sample.Generated = generatedAt(t, instances)
	writeInto(t, sampleDir, sample)
	for _, test := range []struct {
		name, site string
		r          *report.Report
		width      int64
		scheme     string
	}{
		{"sample", "file://" + sampleDir + "/", sample, 390, "dark"},
		{"wild", "file://" + wildDir + "/", wild, 1280, "dark"},
		{"2,000", server.URL + "/some/sub/path/", large, 1280, "light"},
	} {
		t.Run(test.name, func(t *testing.T) { // not in parallel, because the browser does not say whose download is complete
			p := newExplorerPage(t, test.site, test.r)
			p.openAt(test.width, test.scheme, "")
			p.check(test.r, choices{})
			p.checkDownload(test.r, choices{})
			for _, column := range columnsShown(test.r) {
				for _, sort := range []string{column.Name, "-" + column.Name} {
					a := choices{sort: sort, show: unusual(test.r, column.Name)}
					p.chooseColumns(a)
					p.sortBy(sort)
					p.check(test.r, a)
				}
			}
			random := rand.New(rand.NewPCG(1, 2))
			for range 12 {
				a := randomChoices(random, test.r)
				p.choose(a)
				p.check(test.r, a)
				got, err := url.ParseQuery(strings.TrimPrefix(eval[string](p, "location.search"), "?"))
				for _, values := range got {
					slices.Sort(values)
				}
				if err != nil || "?"+got.Encode() != a.query() {
					t.Errorf("the address says %v, %v, want %s", got, err, a.query())
				}
			}
			a := randomChoices(random, test.r)
			p.openAt(test.width, test.scheme, a.query())
			p.check(test.r, a)
			p.checkDownload(test.r, a)
			p.quiet()
		})
	}
}

// generatedAt returns the time of a report, which is in every row of a CSV file.
func generatedAt(t *testing.T, path string) time.Time {
	t.Helper()
	content, err := os.ReadFile(path)
	var head struct {
		Generated time.Time `json:"generated_at"`
	}
	if err = errors.Join(err, json.Unmarshal(content, &head)); err != nil {
		t.Fatal(err)
	}
	return head.Generated
}

// columnsShown returns the columns of the live table: gpu_group stands for gpu.
func columnsShown(r *report.Report) []report.Column[*fleet.Instance] {
	isModel := func(c report.Column[*fleet.Instance]) bool { return c.Name == "gpu" }
	return slices.DeleteFunc(slices.Clone(r.Columns), isModel)
}

// randomChoices returns words of a row, some of its facets, and an order.
func randomChoices(random *rand.Rand, r *report.Report) choices {
	in := r.Instances[random.IntN(len(r.Instances))]
	a := choices{chosen: map[string][]string{}}
	for range random.IntN(3) {
		column := r.Columns[random.IntN(len(r.Columns))]
		words := strings.Fields(report.Format(r.Settings, column, column.Value(in)))
		if len(words) > 0 && len(words[0]) < 40 && words[0] != "" {
			_, size := utf8.DecodeRuneInString(words[0])
			a.text = strings.TrimSpace(a.text + " " + strings.ToUpper(words[0][:size]) + words[0][size:])
		}
	}
	for _, facet := range facetNames(r) {
		if random.IntN(2) == 0 {
			continue
		}
		values := append(facetValues(r, facet, in), facetValues(r, facet, r.Instances[random.IntN(len(r.Instances))])...)
		if slices.Sort(values); len(values) > 0 {
			a.chosen[facet] = slices.Compact(values)
		}
	}
	name := columnsShown(r)[random.IntN(len(r.Columns)-1)].Name
	a.sort = []string{"", "-"}[random.IntN(2)] + name
	a.show = unusual(r, name)
	for _, other := range pageOrder(r)[1:] {
		if other != name && other != "id" && random.IntN(5) == 0 && len(unusual(r, other)) == 0 {
			a.hide = append(a.hide, other)
		}
	}
	return a
}

// unusual returns the name of a column if it has no value, so that it is not shown at first.
func unusual(r *report.Report, name string) []string {
	if i := slices.Index(pageOrder(r), name); i > 0 {
		title := report.Heading(r.Settings, columnNamed(r, name))
		if !slices.Contains((choices{}).columns(r), title) {
			return []string{name}
		}
	}
	return nil
}

// chooseColumns makes the choices of columns with the checkboxes of the page.
func (p *explorerPage) chooseColumns(a choices) {
	p.t.Helper()
	eval[bool](p, fmt.Sprintf(`{
		const titles = %s;
		document.querySelectorAll(".column-box li").forEach((item) => {
			const input = item.querySelector("input");
			if (input.checked !== titles.includes(item.textContent)) input.click();
		});
		true
	}`, mustJSON(p.t, a.columns(p.r))))
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	// JSON.stringify doesn't escape these.
	return strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(string(text))
}
