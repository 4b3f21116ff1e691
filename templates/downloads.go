package templates

// download is a file that is offered beside the pages. Others write it.
type download struct {
	path, name, description string
}

var (
	workbook      = download{"fleet.xlsx", "Excel workbook", "Every table, ready to filter and sum"}
	instancesCSV  = download{"data/instances.csv", "Instances, CSV", "One row an instance"}
	groupsCSV     = download{"data/groups.csv", "Groups, CSV", "One row a region and GPU model"}
	instancesJSON = download{"data/instances.json", "Instances, JSON", "For programs"}
	summaryText   = download{"summary.md", "Summary, Markdown", "To paste into a report"}

	downloads = []download{workbook, instancesCSV, groupsCSV, instancesJSON, summaryText}
)
