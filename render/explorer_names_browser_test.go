package render

import (
	"slices"
	"strconv"
	"testing"

	"gpufleet/fetch/fleet"
)

// TestExplorerNamesInBrowser searches names without their case, accents and forms, and checks that those with invisible
// characters are shown and found as on other pages.
func TestExplorerNamesInBrowser(t *testing.T) {
	names := []string{
		"İstanbul-1", "Z\u00FCrich", "Zu\u0308rich", "Straße", "ΟΔΟΣ", "ﬁne",
		"\u200B\u2060", "\u3164", "\u2800", "web\u200B-1", "web-1",
		"👨\u200D👩\u200D👧", "می\u200Cخواهم", "❤\uFE0F", "1\uFE0F\u20E3",
		"x\u200D", "\U000E0041", "\u0600\u0661", "\uFFF9y",
	}
	var list []*fleet.Instance
	for i, name := range names {
		list = append(list, &fleet.Instance{ID: strconv.Itoa(i), HostName: name, Region: name, GPU: "H100",
			GPUCount: fleet.Known(float64(i % 2)), Status: "Running"})
	}
	r := reportOf(list...)
	dir := t.TempDir()
	writeInto(t, dir, r)
	p := newExplorerPage(t, serve(t, dir), r)
	shown := func(query string) []string {
		p.openAt(1280, "light", choices{text: query}.query())
		return eval[[]string](p, `[...document.querySelectorAll(".live tbody th")].map((cell) => cell.textContent)`)
	}
	for query, want := range map[string][]string{
		"istanbul": names[:1], "İSTANBUL": names[:1], "zurich": names[1:3], "ZÜRICH": names[1:3],
		"zu\u0308rich": names[1:3], "strasse": names[3:4], "STRAẞE": names[3:4],
		"οδος": names[4:5], "οδοσ": names[4:5],
		"fine": names[5:6], "u+200b": {names[6], names[9]}, "\u3164": names[7:8], "web\u200B-1": names[9:10],
		"": names,
	} {
		got, wanted := shown(query), []string{}
		for _, name := range want {
			wanted = append(wanted, fleet.Visible(name))
		}
		slices.Sort(got)
		slices.Sort(wanted)
		if !slices.Equal(got, wanted) {
			t.Errorf("%+q finds %+q, want %+q", query, got, wanted)
		}
	}
	if got := len(shown("cpu only")); got != (len(names)+1)/2 {
		t.Errorf("%d rows are CPU only", got)
	}
	labels := eval[[]string](p, `[...document.querySelectorAll(".facets bdi")].map((label) => label.textContent)`)
	for _, region := range r.Regions {
		if !slices.Contains(labels, region.Label()) {
			t.Errorf("no filter for %+q", region.Label())
		}
	}
	if got, want := p.file(), (choices{text: "cpu only"}).csv(t, r); got != want {
		t.Errorf("the file has %q, want %q", got, want)
	}
}
