package templates

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"gpufleet/fetch/fleet"
	"gpufleet/render/report"
	"gpufleet/render/report/reporttest"
)

// TestTimes checks that pages say times as people do, with the exact time in the title.
func TestTimes(t *testing.T) {
	days := reporttest.Days(t, "2026-01-02", 4) // in two years
	r := reporttest.Past(t, settings(), days, func(run int) []*fleet.Instance { return reporttest.Changing(t, run) })
	iso := regexp.MustCompile(`\d{4}-\d\d-\d\d`)
	for _, page := range renderReport(t, r) {
		for _, n := range elements(page.tree, "time") {
			said, title := text(n), attribute(n, "title")
			exact, err := time.Parse(time.RFC3339, attribute(n, "datetime"))
			if err != nil { // a month or a day
				continue
			}
			if want := exact.Format("2006-01-02 15:04:05 UTC"); title != want && !iso.MatchString(said) {
				t.Errorf("%s: the title of %q is %q, want %q", page.path, said, title, want)
			}
		}
		if page.path == report.SpendPath || page.path == report.ChangesPath || page.path == report.AttentionPath {
			if found := iso.FindString(text(elements(page.tree, "body")[0])); found != "" {
				t.Errorf("%s says %s", page.path, found)
			}
		}
	}
	changes := text(at(t, renderReport(t, r), report.ChangesPath).tree)
	for _, want := range []string{
		"Fetched 2 Jan, 09:00 UTC",
		"Fetched 2 Jan 2026, 09:00 UTC from the API",
		"Compares the snapshot of 1 Jan, 09:00 UTC with the list of 2 Jan, 09:00 UTC .",
		"the oldest one ( 30 Dec 2025, 09:00 UTC )",
	} {
		if !strings.Contains(changes, want) {
			t.Errorf("the changes do not say %q:\n%s", want, changes)
		}
	}
}
