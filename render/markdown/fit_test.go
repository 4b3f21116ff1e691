package markdown

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gpufleet/fetch/fleet"
	"gpufleet/render/report/reporttest"
)

// TestSummaryFits writes summaries of huge fleets with the longest names: none is too long for GitHub, and none loses a
// total.
func TestSummaryFits(t *testing.T) {
	own, _, err := ParseNotes([]byte(strings.Repeat("word $1 ", MaxNotes/10)))
	if err != nil {
		t.Fatal(err)
	}
	price, err := fleet.ParseMoney("123456789.123456789")
	if err != nil {
		t.Fatal(err)
	}
	for name, of := range map[string]struct {
		instances, groups int
		long              string
		notes             string
	}{
		"instances":     {100_000, 60, "", ""},
		"groups":        {20_000, 5_000, "", ""},
		"long names":    {5_000, 5_000, strings.Repeat("n", 1000), own},
		"wide letters":  {2_600, 2_600, strings.Repeat("😀", 1010), own},
		"marks to hide": {2_600, 2_600, strings.Repeat("`|", 500), own},
		"small":         {3, 3, "", own},
	} {
		t.Run(name, func(t *testing.T) {
			list := &fleet.Fleet{}
			for i := range of.instances {
				group := i % of.groups
				list.Instances = append(list.Instances, &fleet.Instance{ID: fmt.Sprint(i),
					HostName: of.long + fmt.Sprint("h", i),
					Region:   of.long + fmt.Sprint("r", group%100), GPU: of.long + fmt.Sprint("g", group/100),
					GPUCount: fleet.Known(8.0), Price: fleet.Known(price), Status: of.long + fmt.Sprint("s", i%50)})
			}
			for i := range 100 {
				list.Warnings.Add(fmt.Sprint("the products of a region differ in price, and the lowest counts: ", i))
			}
			r := reporttest.Later(t, list.Instances[:min(200, len(list.Instances)/2)], list.Instances)
			r.Notes, r.BaseURL = of.notes, "https://example.org/"+strings.Repeat("x", 900)
			r.Warnings = list.Warnings.Lines()
			start := time.Now()
			text := NewSummary(r).String()
			t.Logf("%d bytes in %v", len(text), time.Since(start))
			if len(text) >= 65_536 { // bytes, and so also UTF-16 units and characters
				t.Errorf("%d bytes", len(text))
			}
			if of.groups == 5_000 && len(text) < 40_000 {
				t.Errorf("%d bytes: more would have fitted", len(text))
			}
			for _, want := range []string{"| **All** |", "| **All regions** |", "| **Now** |", "## Warnings",
				"A month is 730 hours", of.notes, "- and 80 more", "[Workbook"} {
				if !strings.Contains(text, want) {
					t.Errorf("lacks %.60q", want)
				}
			}
			if strings.Contains(text, "\nAnd ") != (of.instances > 100) {
				t.Error("says wrongly whether there is more")
			}
			for line := range strings.Lines(text) {
				if !strings.HasSuffix(line, "\n") {
					t.Errorf("ends within a line: %.80q", line)
				}
			}
		})
	}
}

// TestFit checks that the longest table loses rows first, and only whole rows.
func TestFit(t *testing.T) {
	m := &draft{r: reporttest.Of()}
	cells := func(n int) (rows [][]string) {
		for i := range n {
			rows = append(rows, []string{fmt.Sprint("row", 100+i)})
		}
		return rows
	}
	m.table([]string{"A"}, []bool{false}, cells(5), []string{"sum A"})
	m.table([]string{"B"}, []bool{false}, cells(50), []string{"sum B"})
	m.line("end")
	texts, ok := fit(m.blocks, 300)
	text := strings.Join(texts, "")
	if !ok || len(text) >= 300 {
		t.Fatalf("%d bytes", len(text))
	}
	shown := strings.Count(text, "| row")
	end := fmt.Sprintf("| row%d |\n| sum B |\n\nAnd %d more.\n\nend\n\n", 100+shown-5-1, 50-(shown-5))
	if !strings.HasSuffix(text, end) || !strings.Contains(text, "row104 |\n| sum A |\n\n| B") {
		t.Errorf("%s", text)
	}
	if _, ok := fit(m.blocks, 20); ok {
		t.Error("20 bytes hold two totals")
	}
}

// TestSummaryLinks checks for links to other files if the site's address is known, and for their names if not.
func TestSummaryLinks(t *testing.T) {
	r := reporttest.Of()
	text := NewSummary(r).String()
	for _, want := range []string{"`report.html`", "`fleet.xlsx`", "`summary.md`"} {
		if !strings.Contains(text, want) || strings.Contains(text, "](") {
			t.Errorf("no %s, or a link: %s", want, text)
		}
	}
	r.BaseURL = "https://example.org/a_b"
	text = NewSummary(r).String()
	for _, want := range []string{"- [Changes](<https://example.org/a_b/changes/index.html>)\n",
		"/a_b/report.html>", "/a_b/summary.md>"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s: %s", want, text)
		}
	}
}
