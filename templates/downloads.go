package templates

import "gpufleet/render/report"

// download is a file that pages offer. Other packages write it.
type download struct {
	path, name, description string
}

var (
	workbook      = download{report.WorkbookPath, "Excel workbook", "Every table, ready to filter and sum"}
	instancesCSV  = download{report.InstancesCSVPath, "Instances, CSV", "One row per instance"}
	groupsCSV     = download{report.GroupsCSVPath, "Groups, CSV", "One row per region and GPU model"}
	instancesJSON = download{report.InstancesJSONPath, "Instances, JSON", "For programs"}
	oneFile       = download{report.ReportPath, "Report in one file", "The summary with charts, to attach to an email"}
	summaryText   = download{report.MarkdownPath, "Summary, Markdown", "To paste into a report"}

	downloads = []download{workbook, oneFile, instancesCSV, groupsCSV, instancesJSON, summaryText}
)

// changeDownloads are the files that the changes page offers.
var changeDownloads = []download{
	workbook,
	{report.ChangesJSONPath, "Changes, JSON", "What changed, for programs"},
}

// spendDownloads are the files that the spend page offers.
var spendDownloads = []download{
	workbook,
	{report.SpendCSVPath, "Spend, CSV", "One row per month and group"},
	{report.SpendJSONPath, "Spend, JSON", "Months, days and the forecast, for programs"},
	{report.HistoryPath, "History, JSON", "One row per day"},
}

// sizeText returns a download's size: "36.0 KB". It is "" if the size is unknown.
func (f frame) sizeText(d download) string {
	size, ok := f.sizes[d.path]
	if !ok {
		return ""
	}
	return report.FormatBytes(size)
}
