package workbook

import (
	"encoding/xml"
	"fmt"
	"path"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/xuri/excelize/v2"

	"gpufleet/render/report"
)

func TestTablesAreValid(t *testing.T) {
	for _, currency := range []string{"USD", "CAD"} {
		s := settings()
		s.Currency, s.Audience, s.HoursPerMonth = currency, report.Internal, decimal.RequireFromString("730.5")
		checkTables(t, written(t, newReport(hostile(t), s)))
	}
}

// checkTables checks what Excel would otherwise repair, with a message: table IDs and names are unique, column names
// are unique and match the header's cells, and ranges fit.
func checkTables(t *testing.T, data []byte) {
	t.Helper()
	f, texts := opened(t, data), parts(t, data)
	ids, names := map[string]bool{}, map[string]bool{}
	for name, text := range texts {
		if !strings.HasPrefix(name, "xl/tables/") {
			continue
		}
		var table struct {
			ID          string `xml:"id,attr"`
			Name        string `xml:"name,attr"`
			DisplayName string `xml:"displayName,attr"`
			Ref         string `xml:"ref,attr"`
			AutoFilter  struct {
				Ref string `xml:"ref,attr"`
			} `xml:"autoFilter"`
			Columns struct {
				Count  int `xml:"count,attr"`
				Column []struct {
					Name string `xml:"name,attr"`
				} `xml:"tableColumn"`
			} `xml:"tableColumns"`
		}
		check(t, xml.Unmarshal([]byte(text), &table))
		if ids[table.ID] || names[strings.ToLower(table.Name)] || table.Name != table.DisplayName {
			t.Errorf("%s: ID %s or name %s is a duplicate", name, table.ID, table.Name)
		}
		ids[table.ID], names[strings.ToLower(table.Name)] = true, true
		sheet := sheetOf(t, texts, f, path.Base(name))
		from, to, _ := strings.Cut(table.Ref, ":")
		column, row, err := excelize.CellNameToCoordinates(from)
		check(t, err)
		lastColumn, lastRow, err := excelize.CellNameToCoordinates(to)
		check(t, err)
		if table.AutoFilter.Ref != table.Ref || lastRow <= row || lastColumn-column+1 != table.Columns.Count ||
			len(table.Columns.Column) != table.Columns.Count {
			t.Errorf("%s: range %s, filter %s, %d columns", name, table.Ref, table.AutoFilter.Ref, table.Columns.Count)
		}
		dimension, err := f.GetSheetDimension(sheet)
		check(t, err)
		if dimension != "A1:"+to {
			t.Errorf("%s: the sheet's range is %s, the table's %s", name, dimension, table.Ref)
		}
		headings := map[string]bool{}
		for i, c := range table.Columns.Column {
			got := rawValue(t, f, sheet, cellName(column+i, row))
			if got != c.Name || headings[strings.ToLower(c.Name)] || c.Name == "" {
				t.Errorf("%s: column %q is a duplicate, or its heading is %q", name, c.Name, got)
			}
			headings[strings.ToLower(c.Name)] = true
		}
	}
	if len(ids) < 3 {
		t.Errorf("%d tables, want at least 3", len(ids))
	}
}

// sheetOf returns the name of the sheet with the table of a part.
func sheetOf(t *testing.T, texts map[string]string, f *excelize.File, tablePart string) string {
	t.Helper()
	for i, sheet := range f.GetSheetList() {
		if strings.Contains(texts[fmt.Sprintf("xl/worksheets/_rels/sheet%d.xml.rels", i+1)], "/"+tablePart+`"`) {
			return sheet
		}
	}
	t.Fatalf("no sheet has %s", tablePart)
	return ""
}
