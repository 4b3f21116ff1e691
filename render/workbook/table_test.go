package workbook

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"gpufleet/fetch/fleet"
	"gpufleet/render/report"
)

// Every cell of Instances has the value and type of its column. An unknown value has no cell.
func TestInstances(t *testing.T) {
	s := settings()
	s.Audience = report.Internal
	r := newReport(sample(t), s)
	data := written(t, r)
	f := opened(t, data)
	sheet := parts(t, data)["xl/worksheets/sheet2.xml"]
	for _, column := range listColumns(r) {
		at, _ := find(t, f, "Instances", report.Heading(r.Settings, column))
		for j, in := range r.Instances {
			cell := cellName(at, headerRow+1+j)
			value := column.Value(in)
			if !value.Known {
				if strings.Contains(sheet, `r="`+cell+`"`) {
					t.Errorf("%s: %s of %s is unknown, but there is a cell", cell, column.Name, in.ID)
				}
				continue
			}
			want, isText := report.Exact(column.Type, value), column.Type == report.Text
			if column.Type == report.Time {
				want = strconv.FormatFloat(float64(value.Time.Unix())/86400+25569, 'f', 10, 64)
			}
			got := rawValue(t, f, "Instances", cell)
			if column.Type == report.Time {
				got = fmt.Sprintf("%.10f", number(t, got))
			}
			if got != want {
				t.Errorf("%s: %s of %s is %q, want %q", cell, column.Name, in.ID, got, want)
			}
			if inline := strings.Contains(sheet, `r="`+cell+`" s="`) && cellKind(sheet, cell) == "inlineStr"; inline != isText {
				t.Errorf("%s: %s is text: %v, want %v", cell, column.Name, inline, isText)
			}
		}
	}
}

func number(t *testing.T, text string) float64 {
	t.Helper()
	n, err := strconv.ParseFloat(text, 64)
	check(t, err)
	return n
}

// cellKind returns the t attribute of a cell, "" for a number.
func cellKind(sheet, cell string) string {
	match := regexp.MustCompile(`<c r="` + cell + `"[^>]*?(?: t="(\w+)")?>`).FindStringSubmatch(sheet)
	if match == nil {
		return "none"
	}
	return match[1]
}

func TestShownValues(t *testing.T) {
	f := opened(t, written(t, newReport(sample(t), settings())))
	for heading, want := range map[string][4]string{
		"ID":                     {"42", "00041", "43", "44"},
		"CPU cores":              {"96 ", "28 ", "4 ", ""},
		"RAM (GB)":               {"2,048.0 ", "58.5 ", "", ""},
		"GPUs":                   {"8 ", "1 ", "0 ", ""},
		"Disk (GB)":              {"14,336 ", "100 ", "", ""},
		"Ephemeral disk (GB)":    {"", "0 ", "", ""},
		"Price (USD per hour)":   {"$14.400 ", "$0.679 ", "$0.000 ", ""},
		"Billed (USD per month)": {"$0.00 ", "$495.67 ", "$0.00 ", ""},
		"Counted as":             {"H100", "RTX-A6000", "CPU only", "H100"},
		"Created (UTC)":          {"", "2025-07-04 09:13:11", "2025-07-04 10:13:11", ""},
		"Model no.":              {"2 ", "3 ", "1 ", "2 "},
		"Region no.":             {"1 ", "1 ", "2 ", "2 "},
	} {
		column, _ := find(t, f, "Instances", heading)
		for i := range want {
			if got := shownValue(t, f, "Instances", cellName(column, headerRow+1+i)); got != want[i] {
				t.Errorf("%s in row %d shows %q, want %q", heading, headerRow+1+i, got, want[i])
			}
		}
	}
}

func TestMoneyFormats(t *testing.T) {
	for _, test := range []struct {
		currency string
		prices   []string
		want     string
	}{
		{"USD", []string{"2", "14.4"}, `[$$-409]#,##0.00_)`},
		{"USD", []string{"0.679", "14.4"}, `[$$-409]#,##0.000_)`},
		{"EUR", []string{"0.679"}, `[$€-2]#,##0.000_)`},
		{"GBP", []string{"1"}, `[$£-809]#,##0.00_)`},
		{"CAD", []string{"0.0001"}, `[$CAD] #,##0.0000_)`},
		{"USD", []string{"0.123456789012345"}, `[$$-409]#,##0.000000000000_)`},
	} {
		s := settings()
		s.Currency = test.currency
		var instances []*fleet.Instance
		for _, p := range test.prices {
			instances = append(instances, &fleet.Instance{Region: "R", Price: price(t, p), PriceSource: fleet.ListPrice})
		}
		f := opened(t, written(t, newReport(instances, s)))
		if got := styleText(t, f, "Instances", "G5"); got != test.want {
			t.Errorf("%s %v: the format is %s, want %s", test.currency, test.prices, got, test.want)
		}
	}
}

// An empty cell has its column's format, for a value that is typed in later.
func TestEmptyCellsHaveTheColumnsFormat(t *testing.T) {
	f := opened(t, written(t, newReport(nil, settings())))
	for cell, want := range map[string]string{"A5": "@", "G5": "[$$-409]#,##0.00_)", "J5": timeFormat, "E5": "#,##0_)"} {
		if got := styleText(t, f, "Instances", cell); got != want {
			t.Errorf("%s has the format %s, want %s", cell, got, want)
		}
	}
}

func TestTotalsAboveTables(t *testing.T) {
	r := newReport(sample(t), settings())
	f := opened(t, written(t, r))
	for _, column := range report.PartColumns(r.Divisions[0].Dimension) {
		at, _ := find(t, f, "Regions", report.Heading(r.Settings, column))
		want := report.Exact(column.Type, column.Value(&report.Part{Name: "All regions", Totals: r.Totals}))
		if got := rawValue(t, f, "Regions", cellName(at, totalRow)); got != want {
			t.Errorf("Regions: %s of all is %q, want %q", column.Name, got, want)
		}
	}
	if got := rawValue(t, f, "Models", "A3"); got != "All models" {
		t.Errorf("Models!A3 is %q", got)
	}
}

func TestViewAndPrint(t *testing.T) {
	f := opened(t, written(t, newReport(sample(t), settings())))
	for _, sheet := range []string{
		"Instances", "Regions", "Models", "Groups", "Months", "Spend", "Trend", "Attention", "Changes", "Changes week",
		"Unpriced",
	} {
		panes, err := f.GetPanes(sheet)
		check(t, err)
		if !panes.Freeze || panes.XSplit != 1 || panes.YSplit != headerRow || panes.TopLeftCell != "B5" {
			t.Errorf("%s: panes %+v", sheet, panes)
		}
	}
	names := map[string]string{}
	for _, name := range f.GetDefinedName() {
		names[name.Scope+" "+name.Name] = name.RefersTo
	}
	want := map[string]string{
		"Instances _xlnm.Print_Titles":    "'Instances'!$4:$4",
		"Regions _xlnm.Print_Titles":      "'Regions'!$4:$4",
		"Models _xlnm.Print_Titles":       "'Models'!$4:$4",
		"Groups _xlnm.Print_Titles":       "'Groups'!$4:$4",
		"Changes _xlnm.Print_Titles":      "'Changes'!$4:$4",
		"Changes week _xlnm.Print_Titles": "'Changes week'!$4:$4",
		"Trend _xlnm.Print_Titles":        "'Trend'!$4:$4",
		"Unpriced _xlnm.Print_Titles":     "'Unpriced'!$4:$4",
		"Instances _xlnm.Print_Area":      "'Instances'!$A$1:$J$8",
		"Regions _xlnm.Print_Area":        "'Regions'!$A$1:$J$6",
		"Models _xlnm.Print_Area":         "'Models'!$A$1:$J$7",
		"Groups _xlnm.Print_Area":         "'Groups'!$A$1:$K$8",
		"Months _xlnm.Print_Titles":       "'Months'!$4:$4",
		"Spend _xlnm.Print_Titles":        "'Spend'!$4:$4",
		"Months _xlnm.Print_Area":         "'Months'!$A$1:$L$5",
		"Spend _xlnm.Print_Area":          "'Spend'!$A$1:$J$5",
		"Trend _xlnm.Print_Area":          "'Trend'!$A$1:$K$5",
		"Attention _xlnm.Print_Titles":    "'Attention'!$4:$4",
		"Attention _xlnm.Print_Area":      "'Attention'!$A$1:$G$5",
		"Workbook HoursPerMonth":          "Assumptions!$B$6",
		"Workbook Budget":                 "Assumptions!$B$7",
		"Workbook Bill":                   "Assumptions!$B$8",
		"Workbook FxRate":                 "Assumptions!$B$9",
		"Workbook FxCurrency":             "Assumptions!$B$10",
		"Workbook StatusNames":            "Assumptions!$A$13:$A$14",
		"Workbook RegionNames":            "Regions!$A$5:$A$6",
		"Workbook ModelNames":             "Models!$A$5:$A$7",
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
	for _, sheet := range f.GetSheetList() {
		layout, err := f.GetPageLayout(sheet)
		check(t, err)
		props, err := f.GetSheetProps(sheet)
		check(t, err)
		if *layout.Orientation != "landscape" || *layout.FitToWidth != 1 ||
			(*layout.FitToHeight == 1) != (sheet == summarySheet) || !*props.FitToPage {
			t.Errorf("%s is not landscape and one page wide", sheet)
		}
		page, err := f.GetHeaderFooter(sheet)
		check(t, err)
		if page.OddFooter != "&LFetched 2026-11-22 21:36 UTC from the API&RPage &P of &N" {
			t.Errorf("%s: footer %q", sheet, page.OddFooter)
		}
	}
}

var widthsInOrder = regexp.MustCompile(`<col min="(\d+)" max="(\d+)" width="([\d.]+)"`)

func TestColumnWidths(t *testing.T) {
	instances := sample(t)
	instances[0].HostName = strings.Repeat("long ", 100)
	data := written(t, newReport(instances, settings()))
	texts := parts(t, data)
	for name, text := range texts {
		if !strings.HasPrefix(name, "xl/worksheets/sheet") {
			continue
		}
		for i, match := range widthsInOrder.FindAllStringSubmatch(text, -1) {
			if match[1] != strconv.Itoa(i+1) || match[2] != match[1] {
				t.Errorf("%s: column %d is given as %s to %s: Excel wants them in order", name, i+1, match[1], match[2])
			}
		}
	}
	f := opened(t, data)
	for column, bounds := range map[string][2]float64{
		"B": {maxTextWidth, maxTextWidth},
		"A": {13, 13},
		"G": {10, 22},
		"J": {27, 27},
	} {
		width, err := f.GetColWidth("Instances", column)
		check(t, err)
		if width < bounds[0] || width > bounds[1] {
			t.Errorf("column %s is %v wide, want %v", column, width, bounds)
		}
	}
}

// No number makes a column wider than Excel allows.
func TestHugeNumbers(t *testing.T) {
	instances := []*fleet.Instance{
		{Region: "R", RAM: fleet.Known(1e300), Price: price(t, "999999999.123456789012345678901234567890")},
	}
	f := opened(t, written(t, newReport(instances, settings())))
	column, _ := find(t, f, "Instances", "RAM (GB)")
	if got := number(t, rawValue(t, f, "Instances", cellName(column, headerRow+1))); got != 1e300 {
		t.Errorf("the cell holds %v", got)
	}
	ram, _ := find(t, f, "Regions", "RAM (GB)")
	if width, err := f.GetColWidth("Regions", columnName(ram)); err != nil || width != maxFigureWidth {
		t.Errorf("the column is %v wide (%v)", width, err)
	}
}

// A list that is too long for one sheet continues on the next, in a table of its own.
func TestSeveralSheets(t *testing.T) {
	var instances []*fleet.Instance
	for i := range 7 {
		id := strconv.Itoa(i)
		instances = append(instances,
			&fleet.Instance{ID: id, Region: "R" + id, HostName: "node-" + id, GPU: "H100", Status: "Running"})
	}
	for _, test := range []struct {
		lastRow int
		want    []string // sheet, table, rows
	}{
		{headerRow + 7, []string{"Instances tblInstances 4-11"}},
		{headerRow + 6, []string{"Instances tblInstances 4-10", "Instances 2 tblInstances2 4-5"}},
		{headerRow + 3, []string{
			"Instances tblInstances 4-7", "Instances 2 tblInstances2 4-7", "Instances 3 tblInstances3 4-5",
		}},
	} {
		data := writtenTo(t, newReport(instances, settings()), test.lastRow)
		checkTables(t, data)
		f := opened(t, data)
		var got, ids []string
		for _, sheet := range f.GetSheetList() {
			tables, err := f.GetTables(sheet)
			check(t, err)
			if !strings.HasPrefix(sheet, "Instances") {
				continue
			}
			got = append(got, sheet+" "+tables[0].Name+" "+rowsOf(tables[0].Range))
			rows, err := f.GetRows(sheet)
			check(t, err)
			for _, row := range rows[headerRow:] {
				ids = append(ids, row[0])
			}
			if len(rows) > test.lastRow {
				t.Errorf("%s has %d rows, more than %d", sheet, len(rows), test.lastRow)
			}
			find(t, f, summarySheet, sheet)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Error(diff)
		}
		if want := []string{"0", "1", "2", "3", "4", "5", "6"}; !slices.Equal(ids, want) {
			t.Errorf("the sheets list %v, want %v", ids, want)
		}
	}
}

// A full sheet ends one row before Excel's last row.
func TestLastRow(t *testing.T) {
	table := &table{sheet: "Instances", rows: 2_100_000}
	parts := table.parts(maxRow)
	want := []part{
		{"Instances", "tblInstances", 0, 1048571}, {"Instances 2", "tblInstances2", 1048571, 2097142},
		{"Instances 3", "tblInstances3", 2097142, 2100000},
	}
	if !slices.Equal(parts, want) {
		t.Errorf("got %v, want %v", parts, want)
	}
	if last := table.lastRow(parts[0]); last != 1048575 {
		t.Errorf("the table ends at row %d", last)
	}
}

// A total with unknown parts is shown as a lower bound. Its cell still holds a number.
func TestLowerBoundsInTables(t *testing.T) {
	priced := &fleet.Instance{
		ID: "1", Region: "A", GPU: "RTX", GPUCount: fleet.Known(1.0), Status: "Running", Price: price(t, "0.679"),
	}
	unpriced := &fleet.Instance{ID: "2", Region: "A", GPU: "RTX", Status: "Running"}
	known := &fleet.Instance{
		ID: "3", Region: "B", GPU: "RTX", GPUCount: fleet.Known(1.0), Status: "Running", Price: price(t, "1"),
	}
	f := opened(t, written(t, newReport([]*fleet.Instance{priced, unpriced, known}, settings())))
	rows := map[string]int{"all": headerRow - 1, "A": headerRow + 1, "B": headerRow + 2}
	for _, heading := range []string{"GPUs", "Running (USD per hour)", "Running (USD per month)"} {
		column, _ := find(t, f, "Regions", heading)
		for name, row := range rows {
			cell := cellName(column, row)
			if got, want := strings.HasPrefix(shownValue(t, f, "Regions", cell), "≥ "), name != "B"; got != want {
				t.Errorf("%s of %s shows %q", heading, name, shownValue(t, f, "Regions", cell))
			}
			kind, err := f.GetCellType("Regions", cell)
			if err != nil || kind != excelize.CellTypeUnset && kind != excelize.CellTypeNumber {
				t.Errorf("%s of %s is not a number: %v, %v", heading, name, kind, err)
			}
		}
	}
}
