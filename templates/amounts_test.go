package templates

import (
	"regexp"
	"testing"
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
