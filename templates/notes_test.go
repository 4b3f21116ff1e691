package templates

import (
	"context"
	"strings"
	"testing"

	"gpufleet/fetch/fleet"
	"gpufleet/render/report"
)

// TestNotes checks that the notes are on the overview, between the changes and the downloads, and on no other page.
func TestNotes(t *testing.T) {
	const notes = `<h2>Week 47</h2><table><thead><tr><th>A</th></tr></thead></table>`
	for _, list := range []*fleet.Fleet{example(t), {}} {
		for page := range Pages(report.New(list, settings()), summary, notes, nil) {
			var b strings.Builder
			if err := page.Body.Render(context.Background(), &b); err != nil {
				t.Fatal(err)
			}
			_, main, _ := strings.Cut(b.String(), "<main")
			at := strings.Index(main,
				`<section class="prose" aria-label="Notes"><h2>Week 47</h2><section class="scroll" aria-label="Notes, table 1"`)
			after, before := strings.Index(main, `id="week"`), strings.Index(main, `id="downloads"`)
			if here := page.Path == report.OverviewPath; here != (at > 0) || here && (at < after || before < at) {
				t.Errorf("%s has the notes at %d, not between %d and %d", page.Path, at, after, before)
			}
		}
	}
}
