package templates

import (
	"gpufleet/fetch/history"
	"gpufleet/render/report"
)

// changeDownloads are the files that the page of changes offers.
var changeDownloads = []download{
	workbook,
	{"data/changes.json", "Changes, JSON", "What changed, for programs"},
	{history.HistoryPath, "History, JSON", "One row a day"},
}

// changeColumns are the columns that a line of changes shows of its instance.
func changeColumns(f frame) []instanceColumn {
	var columns []instanceColumn
	for _, column := range pageColumns(report.MemberColumns(f.Settings)) {
		if column.Type != report.Money {
			columns = append(columns, column)
		}
	}
	return columns
}
