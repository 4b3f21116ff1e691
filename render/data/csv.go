package data

import (
	"encoding/csv"
	"io"
	"strings"

	"gpufleet/render/report"
)

// WriteInstancesCSV writes data/instances.csv: a header and one row per instance.
func WriteInstancesCSV(w io.Writer, r *report.Report) error {
	return writeCSV(w, r, r.Columns, r.Instances)
}

// WriteGroupsCSV writes data/groups.csv: a header and one row per combination, in the order of regions, models and
// owners.
func WriteGroupsCSV(w io.Writer, r *report.Report) error {
	return writeCSV(w, r, report.Shown(r.Settings, r.CombinationColumns()), r.Combinations())
}

// byteOrderMark tells Excel that a file is in UTF-8.
const byteOrderMark = "\uFEFF"

// writeCSV writes RFC 4180, but with line feeds instead of CRLF. Unknown values are empty. The first columns are the
// report's time and currency, so that the files of several days and reports can be stacked.
func writeCSV[T any](w io.Writer, r *report.Report, columns []report.Column[T], rows []T) error {
	columns = append([]report.Column[T]{
		{Name: "generated_at", Type: report.Time, Value: func(T) report.Value {
			return report.Value{Known: true, Time: r.Generated}
		}},
		{Name: "currency", Type: report.Text, Value: func(T) report.Value {
			return report.Value{Known: true, Text: r.Currency}
		}},
	}, columns...)
	if _, err := io.WriteString(w, byteOrderMark); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	cells := make([]string, len(columns))
	for i, column := range columns {
		cells[i] = column.Name
	}
	if err := out.Write(cells); err != nil {
		return err
	}
	var text []byte // all figures of a row; each cell is a slice of it
	ends := make([]int, len(columns))
	for _, row := range rows {
		text = text[:0]
		for i, column := range columns {
			v := column.Value(row)
			if column.Type == report.Text {
				cells[i] = inertCell(v.Text)
			} else {
				text = report.AppendExact(text, column.Type, v)
			}
			ends[i] = len(text)
		}
		figures, start := string(text), 0
		for i, column := range columns {
			if column.Type != report.Text {
				cells[i] = figures[start:ends[i]]
			}
			start = ends[i]
		}
		if err := out.Write(cells); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// inertCell puts an apostrophe before text that a spreadsheet would run as a formula: at the start of the cell, and
// after what ends a cell in some countries, with quotes and blanks between. LibreOffice can split at blanks too, but
// runs only what begins with "=" then.
func inertCell(text string) string {
	const starts, separators = "=+-@\t\r", ";|\t\r\n"
	if text == "" || strings.IndexByte(starts, text[0]) < 0 && !strings.ContainsAny(text, "="+separators) {
		return text
	}
	cell, isStart, afterBlank := make([]byte, 0, len(text)+4), true, false
	for i := range len(text) {
		c := text[i]
		if isStart && strings.IndexByte(starts, c) >= 0 || afterBlank && c == '=' {
			cell = append(cell, '\'')
		}
		isStart = strings.IndexByte(separators, c) >= 0 || isStart && i > 0 && (c == ' ' || c == '"')
		afterBlank = c == ' ' || afterBlank && c == '"'
		cell = append(cell, c)
	}
	return string(cell)
}
