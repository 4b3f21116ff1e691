package templates

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"

	"gpufleet/render/report"
	"gpufleet/static"
)

// ReportFile returns the whole weekly report as one file: what comes before the charts, with a heading of its own, and what comes after
// them, both safe HTML.
func ReportFile(r *report.Report, before, after string) Page {
	f := frame{Report: r, path: oneFile.path, title: "Report", description: "The weekly report in one file: " + extent(&r.Totals) + "."}
	return Page{f.path, reportFile(f, withScrollingTables(before, "Table"), withScrollingTables(after, "Further table"))}
}

// unlinked returns places without their pages.
func unlinked(places []place) []place {
	bare := slices.Clone(places)
	for i := range bare {
		bare[i].path = ""
	}
	return bare
}

// standalonePolicy lets a page use the one style that it brings along, and load nothing.
var standalonePolicy = func() string {
	sum := sha256.Sum256([]byte(static.CSS.Content))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
}()
