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
	workbook      = download{report.WorkbookPath, "Excel workbook", "Every table, ready to filter and sum"}
	instancesCSV  = download{report.InstancesCSVPath, "Instances, CSV", "One row an instance"}
	groupsCSV     = download{report.GroupsCSVPath, "Groups, CSV", "One row a region and GPU model"}
	instancesJSON = download{report.InstancesJSONPath, "Instances, JSON", "For programs"}
	oneFile       = download{report.ReportPath, "Report in one file", "The summary with charts, to attach to a mail"}
	summaryText   = download{report.MarkdownPath, "Summary, Markdown", "To paste into a report"}

	downloads = []download{workbook, oneFile, instancesCSV, groupsCSV, instancesJSON, summaryText}
)

// changeDownloads are the files that the page of changes offers.
var changeDownloads = []download{
	workbook,
	{report.ChangesJSONPath, "Changes, JSON", "What changed, for programs"},
	{report.HistoryPath, "History, JSON", "One row a day"},
}

// sizeText says what kind of file a download is and how large: "XLSX, 36.0 KB".
func (f frame) sizeText(d download) string {
	size, ok := f.sizes[d.path]
	if !ok {
		return ""
	}
	return strings.ToUpper(strings.TrimPrefix(path.Ext(d.path), ".")) + ", " + report.FormatBytes(size)
}
