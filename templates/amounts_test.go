package templates

import (
	"regexp"
	"strings"
	"testing"

	"gpufleet/render/chart"
)

func TestAmountsAreMarked(t *testing.T) {
	marks := regexp.MustCompile(`<span class="amount">(.*?)</span>`)
	for text, want := range map[string]string{
		"≥ $1,234.50/h · 37 of 41 priced":       "[≥ $1,234.50/h] · 37 of 41 priced",
		"from €8.00/h to ≥ CAD 12.00/month.":    "from [€8.00/h] to [≥ CAD 12.00/month].",
		"−CAD 1.50/h, +$2.00/h newly counted":   "[−CAD 1.50/h], [+$2.00/h] newly counted",
		"&lt; $0.0001, ≥ 153 GPUs, &lt; 0.01%":  "[&lt; $0.0001], [≥ 153] GPUs, [&lt; 0.01%]",
		`<a href="?x=$5.00" title="≥ 5">$5</a>`: `<a href="?x=$5.00" title="≥ 5">[$5]</a>`,
		"12 GPUs in 2026":                       "12 GPUs in 2026",
	} {
		if got := marks.ReplaceAllString(withAmounts(text), "[$1]"); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestChartNote(t *testing.T) {
	for _, test := range []struct {
		bars chart.Bars
		want string
	}{
		{chart.Bars{More: 18, Rest: "167"}, "and 18 more, 167 in total"},
		{chart.Bars{More: 1, Rest: "≥ $1,000.00/h"}, "and 1 more, ≥ $1,000.00/h in total"},
		{chart.Bars{More: 1234}, "and 1,234 more"},
	} {
		bars := test.bars
		bars.Bars = []chart.Bar{{Value: "1"}}
		var b strings.Builder
		if err := barChart(frame{}, "GPUs", bars).Render(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		_, note, _ := strings.Cut(b.String(), `<p class="chart-note">`)
		note, _, _ = strings.Cut(note, "</p>")
		if got := regexp.MustCompile(`<[^>]*>`).ReplaceAllString(note, ""); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}
