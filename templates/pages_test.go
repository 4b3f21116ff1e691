package templates

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"golang.org/x/net/html"

	"gpufleet/fetch/fleet"
	"gpufleet/render/report"
)

// example is a fleet with every kind of instance: with and without a price, of unknown size, CPU only, gone.
func example(t *testing.T) *fleet.Fleet {
	t.Helper()
	list := &fleet.Fleet{Instances: []*fleet.Instance{
		{ID: "1", Region: "CANADA-1", ProductType: "GPU", HostName: "train-1", GPU: "RTX-A6000", GPUCount: fleet.Known(2.0),
			RAM: fleet.Known(1920.0), Price: price(t, "0.679"), PriceSource: fleet.ListPrice, OS: "Ubuntu",
			Status: "Running", PublicIPv4: "198.51.100.7", CreatedAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)},
		{ID: "2", Region: "CANADA-1", HostName: "train-2", GPU: "RTX-A6000", GPUCount: fleet.Known(1.0), Status: "Running"},
		{ID: "3", Region: "Montreal", HostName: "cpu", GPUCount: fleet.Known(0.0),
			Price: price(t, "0.05"), Status: "Stopped"},
		{ID: "4", Region: "Montreal", HostName: "odd", Status: "Paused"},
		{HostName: "gone", GPU: "L40S", GPUCount: fleet.Known(4.0), Price: price(t, "9.5"), Status: "Deleted"},
	}}
	list.Warnings.AddRow(fleet.Row{Page: 1, Number: 5}, "no id; counted as a separate instance")
	return list
}

func price(t *testing.T, text string) fleet.Price {
	t.Helper()
	amount, err := fleet.ParseMoney(text)
	if err != nil {
		t.Fatal(err)
	}
	return fleet.Known(amount)
}

func settings() report.Settings {
	return report.Settings{
		Title: "Our GPUs", Generated: time.Date(2026, 11, 22, 21, 36, 0, 0, time.UTC), Version: "v1.2.3",
		Source: report.FromAPI, Audience: report.Public, Currency: "USD", HoursPerMonth: decimal.NewFromInt(730),
	}
}

const summary = `<h1>Our GPUs</h1><p>One.</p><table><thead><tr><th>A</th></tr></thead></table>` +
	`<table><tbody><tr><td>b</td></tr></tbody></table>`

// rendered is a rendered page.
type rendered struct {
	path, text string
	tree       *html.Node
}

// render returns all pages of a report, in order.
func render(t *testing.T, list *fleet.Fleet, s report.Settings) []rendered {
	t.Helper()
	return renderReport(t, report.New(list, s))
}

// renderReport is render for a report that can have a past.
func renderReport(t *testing.T, r *report.Report) []rendered {
	t.Helper()
	var pages []rendered
	for page := range Pages(r, summary, "", nil) {
		var b strings.Builder
		if err := page.Body.Render(context.Background(), &b); err != nil {
			t.Fatalf("%s: %v", page.Path, err)
		}
		tree, err := html.Parse(strings.NewReader(b.String()))
		if err != nil {
			t.Fatalf("%s: %v", page.Path, err)
		}
		pages = append(pages, rendered{page.Path, b.String(), tree})
	}
	return pages
}

// at returns the page at a path.
func at(t *testing.T, pages []rendered, path string) rendered {
	t.Helper()
	for _, page := range pages {
		if page.path == path {
			return page
		}
	}
	t.Fatalf("no page at %s", path)
	return rendered{}
}

// elements returns the elements of a tree with a name, or all for "".
func elements(tree *html.Node, name string) []*html.Node {
	var found []*html.Node
	for n := range tree.Descendants() {
		if n.Type == html.ElementNode && (name == "" || n.Data == name) {
			found = append(found, n)
		}
	}
	return found
}

// attribute returns the value of an element's attribute, "" if it is missing.
func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// text returns the words of a tree, separated by spaces.
func text(tree *html.Node) string {
	var words []string
	for n := range tree.Descendants() {
		if n.Type == html.TextNode {
			words = append(words, strings.Fields(n.Data)...)
		}
	}
	return strings.Join(words, " ")
}

func TestPaths(t *testing.T) {
	var got []string
	for _, page := range render(t, example(t), settings()) {
		got = append(got, page.path)
	}
	want := []string{
		"index.html", "404.html", "spend/index.html", "attention/index.html", "regions/index.html",
		"regions/canada-1/index.html", "regions/canada-1/rtx-a6000/index.html",
		"regions/montreal-pwojqwcxmoanuhub/index.html", "regions/montreal-pwojqwcxmoanuhub/cpu-only/index.html",
		"regions/montreal-pwojqwcxmoanuhub/unknown-gpu/index.html",
		"regions/unknown-region/index.html", "regions/unknown-region/l40s/index.html",
		"models/index.html", "models/cpu-only/index.html", "models/l40s/index.html", "models/rtx-a6000/index.html",
		"models/unknown-gpu/index.html",
		"instances/index.html", "changes/index.html", "summary/index.html", "about/index.html",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("pages:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestFigures checks the texts of the overview of the example, and of the page of a region that has all of it.
func TestFigures(t *testing.T) {
	overview := text(at(t, render(t, example(t), settings()), "index.html").tree)
	list := example(t)
	for _, in := range list.Instances {
		in.Region = "ALL"
	}
	region := text(at(t, render(t, list, settings()), "regions/all/index.html").tree)
	for page, texts := range map[string][]string{
		overview: {
			"Fetched 22 Nov 2026, 21:36 UTC from the API",
			"Our GPUs 22 Nov, 21:36 UTC 1 warning row 5: no id; counted as a separate instance",
			"Running now ≥ $495.67/month 1 of 2 priced listed ≥ $532.17/month",
			"GPUs running 3 of ≥ 7 4 of 5 known",
			"Needs attention 0 instances no instance matches any of the rules",
			"Running 2 3 ≥ $495.67 Deleted 1 4 – Paused 1 ≥ 0 unknown Stopped 1 0 $36.50",
			"gpufleet v1.2.3",
		},
		region: {
			"Instances 5 2 running · 4 listed",
			"GPUs ≥ 7 4 of 5 known",
			"Prices known 50% 2 of 4 listed",
			"Running ≥ $0.679 /h ≥ $495.67 /month 1 of 2 priced",
			"Listed ≥ $0.729 /h ≥ $532.17 /month 2 of 4 priced",
			"RAM ≥ 1,920 GB · 1 of 5 known", "Disk ≥ 0 GB · 0 of 5 known",
			"Running 2 3 ≥ $495.67 Deleted 1 4 – Paused 1 ≥ 0 unknown Stopped 1 0 $36.50",
			"The provider doesn't document whether stopped instances are billed",
		},
	} {
		for _, want := range texts {
			if !strings.Contains(page, want) {
				t.Errorf("there is no %q in:\n%s", want, page)
			}
		}
	}
}

// TestUnknown checks that cells show unknown values as unknown, and totals over them as lower bounds.
func TestUnknown(t *testing.T) {
	pages := render(t, example(t), settings())
	group := at(t, pages, "regions/montreal-pwojqwcxmoanuhub/unknown-gpu/index.html")
	got := text(group.tree)
	if !strings.Contains(got, "GPUs ≥ 0 0 of 1 known") || !strings.Contains(got, "0 of 1 priced") {
		t.Errorf("totals of unknown values:\n%s", got)
	}
	cells := elements(elements(elements(group.tree, "table")[1], "tbody")[0], "td")
	for _, cell := range cells {
		switch got := text(cell); got {
		case "unknown", "Paused", "4", "Montreal", "Unknown GPU":
		default:
			t.Errorf("a cell of an unknown value says %q", got)
		}
	}
	if len(cells) != len(report.New(&fleet.Fleet{}, settings()).Columns)-2 { // gpu_group stands for gpu
		t.Errorf("%d cells", len(cells))
	}
}

func TestEmptyFleet(t *testing.T) {
	pages := render(t, &fleet.Fleet{}, settings())
	var paths []string
	for _, page := range pages {
		paths = append(paths, page.path)
		tables := elements(page.tree, "table")
		if len(tables) > 0 && page.path != report.AboutPath && page.path != report.SummaryPath {
			t.Errorf("%s shows a table of nothing", page.path)
		}
	}
	got, want := strings.Join(paths, " "),
		"index.html 404.html spend/index.html attention/index.html instances/index.html changes/index.html "+
			"summary/index.html about/index.html"
	if got != want {
		t.Errorf("pages %s, want %s", got, want)
	}
	for _, path := range []string{report.OverviewPath, report.InstancesPath} {
		if got := text(at(t, pages, path).tree); !strings.Contains(got, "No instances") {
			t.Errorf("%s does not say that there are no instances:\n%s", path, got)
		}
	}
}

func TestMarks(t *testing.T) {
	const sample, internal = "Sample data — not a real fleet", "Internal — contains IP addresses, not for publication"
	for _, source := range []report.Source{report.FromAPI, report.FromFile, report.FromDemo} {
		for _, audience := range []report.Audience{report.Public, report.Internal} {
			s := settings()
			s.Source, s.Audience = source, audience
			for _, page := range render(t, example(t), s) {
				got := text(page.tree)
				if strings.Contains(got, sample) != (source == report.FromDemo) {
					t.Errorf("%s of a report from %s: sample mark", page.path, source)
				}
				if strings.Contains(got, internal) != (audience == report.Internal) {
					t.Errorf("%s of a report for %s: internal mark", page.path, audience)
				}
			}
		}
	}
}

func TestAddressesAreInternal(t *testing.T) {
	s := settings()
	for _, page := range render(t, example(t), s) {
		if strings.Contains(page.text, "198.51.100.7") {
			t.Errorf("%s of a public report shows an address", page.path)
		}
	}
	s.Audience = report.Internal
	if !strings.Contains(at(t, render(t, example(t), s), report.InstancesPath).text, "198.51.100.7") {
		t.Error("an internal report shows no address")
	}
}

func TestManyWarningsAndStatuses(t *testing.T) {
	list := &fleet.Fleet{}
	for i := range 25 {
		list.Warnings.Add(fmt.Sprintf("warning %d.", i))
		list.Instances = append(list.Instances, &fleet.Instance{ID: fmt.Sprint(i), Status: fmt.Sprintf("Status-%d", i)})
	}
	overview := text(at(t, render(t, list, settings()), "index.html").tree)
	for _, want := range []string{
		"25 warnings", "warning 0.", "warning 19. and 5 more", "Status-19 1 ≥ 0 unknown and 5 more",
	} {
		if !strings.Contains(overview, want) {
			t.Errorf("the overview does not say %q:\n%s", want, overview)
		}
	}
	for _, hidden := range []string{"warning 20.", "Status-20"} {
		if strings.Contains(overview, hidden) {
			t.Errorf("the overview says %q", hidden)
		}
	}
}
