package templates

import (
	"path"
	"strings"

	"gpufleet/render/report"
)

// download is a file that is offered beside the pages. Others write it.
type download struct {
	path, name, description string
}

var (
	workbook      = download{"fleet.xlsx", "Excel workbook", "Every table, ready to filter and sum"}
	instancesCSV  = download{"data/instances.csv", "Instances, CSV", "One row an instance"}
	groupsCSV     = download{"data/groups.csv", "Groups, CSV", "One row a region and GPU model"}
	instancesJSON = download{"data/instances.json", "Instances, JSON", "For programs"}
	oneFile       = download{"report.html", "Report in one file", "The summary with charts, to attach to a mail"}
	summaryText   = download{"summary.md", "Summary, Markdown", "To paste into a report"}

	downloads = []download{workbook, oneFile, instancesCSV, groupsCSV, instancesJSON, summaryText}
)

// sizeText says what kind of file a download is and how large: "XLSX, 36.0 KB".
func (f frame) sizeText(d download) string {
	size, ok := f.sizes[d.path]
	if !ok {
		return ""
	}
	return strings.ToUpper(strings.TrimPrefix(path.Ext(d.path), ".")) + ", " + report.FormatBytes(size)
}
