package workbook

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/fleet/fleettest"
	"gpufleet/fetch/history"
	"gpufleet/render/report"
)

// Every figure that depends on an input is a formula, and only inputs are boxed.
func TestFormulasAndInputs(t *testing.T) {
	s := settings()
	s.Budget = price(t, "500")
	r := newReport(sample(t), s)
	r.Days = days(t)
	f := opened(t, written(t, r))
	for sheet, headings := range map[string][]string{
		"Instances": {"Billed (USD per hour)", "Billed (USD per month)"},
		"Regions": {"Instances", "GPUs", "GPUs known (instances)", "Running (USD per hour)", "Running (USD per month)",
			"Listed (USD per month)", "Billed (USD per month)", "Share of listed (%)", "Listed (USD per GPU-hour)"},
		"Models": {"Instances", "GPUs", "RAM (GB)", "Listed priced (instances)", "Running (USD per month)",
			"Listed (USD per month)", "Billed (USD per month)", "Share of listed (%)"},
		monthsSheet: {"Spent, at least (USD)", "Spent, estimate (USD)", "Spent, at most (USD)", "Forecast (USD)",
			"Budget (USD)", "Share of budget (%)", "Change from the month before (USD)", "Unpriced (hours)",
			"Forecast, unpriced (hours)", "GPU-hours"},
		assumptionsSheet: {"Billed share (0 to 1)", "Instances", "Price (USD per hour)", "Billed (USD per month)"},
	} {
		for _, heading := range headings {
			column, row := find(t, f, sheet, heading)
			formula, err := f.GetCellFormula(sheet, cellName(column, row+1))
			check(t, err)
			if formula == "" {
				t.Errorf("%s: %s is not a formula", sheet, heading)
			}
		}
	}
	inputs := 0
	for _, sheet := range f.GetSheetList() {
		rows, err := f.GetRows(sheet, excelize.Options{RawCellValue: true})
		check(t, err)
		for i, row := range rows {
			for j := range row {
				cell := cellName(j+1, i+1)
				id, err := f.GetCellStyle(sheet, cell)
				check(t, err)
				style, err := f.GetStyle(id)
				check(t, err)
				if len(style.Border) != 4 {
					continue
				}
				inputs++
				formula, _ := f.GetCellFormula(sheet, cell)
				isShare := strings.HasPrefix(formula, "IF(Bill=") // which a person may type over
				if formula != "" && !isShare || sheet != assumptionsSheet {
					t.Errorf("%s!%s looks like an input", sheet, cell)
				}
			}
		}
	}
	if want := 5 + len(r.Statuses); inputs != want {
		t.Errorf("%d inputs, want %d", inputs, want)
	}
}

// Each input accepts only values that make sense.
func TestValidation(t *testing.T) {
	f := opened(t, written(t, newReport(sample(t), settings())))
	validations, err := f.GetDataValidations(assumptionsSheet)
	check(t, err)
	got := map[string]string{}
	for _, v := range validations {
		got[v.Sqref] = fmt.Sprint(v.Type, " ", v.Operator, " ", v.Formula1, " ", v.Formula2, " ", v.AllowBlank)
	}
	for cell, want := range map[string]string{
		"B6":      "decimal between 0.001 8784 true",
		"B7":      "decimal greaterThan 0 0 true",
		"B8":      `list  "running,listed"  true`,
		"B9":      "decimal greaterThan 0 0 true",
		"B10":     "textLength between 1 20 true",
		"B13:B14": "decimal between 0 1 true",
	} {
		if got[cell] != want {
			t.Errorf("%s takes %q, want %q", cell, got[cell], want)
		}
	}
}

// The charts refer to cells. They have titles, axis titles with units, and alternative texts.
func TestCharts(t *testing.T) {
	r := withPast(t, settings(), nil, pastOf(t)[:15]...)
	texts := parts(t, written(t, r))
	for name, want := range map[string][]string{
		"xl/charts/chart1.xml": {"Spent, forecast and budget, by month", ">Month (UTC)<", ">USD<",
			`<f>Months!$A$5:$A$6</f><strCache><ptCount val="2"></ptCount><pt idx="0"><v>2026-09</v></pt>`,
			`<f>Months!$E$5:$E$6</f><numCache><formatCode>General</formatCode><ptCount val="2"></ptCount><pt idx="1">`},
		"xl/charts/chart2.xml": {"GPUs by region and model", ">GPUs<", ">Region<", "Matrix!$B$5:$B$6",
			`<f>Matrix!$A$5:$A$6</f><strCache><ptCount val="2"></ptCount>` +
				`<pt idx="0"><v>CANADA-1</v></pt><pt idx="1"><v>NORWAY-1</v></pt></strCache>`},
		"xl/charts/chart3.xml": {"Listed cost per month by region", ">USD per month<", "Matrix!$B$10:$B$11"},
		"xl/charts/chart4.xml": {"Cost of each day", ">USD<", ">Day (UTC)<", "<dateAx>",
			`<f>Trend!$C$5:$C$19</f><numCache><formatCode>General</formatCode><ptCount val="15"></ptCount>` +
				`<pt idx="0"><v>11.8825</v></pt><pt idx="1"><v>16.296</v></pt>`,
			`<numRef><f>Trend!$A$5:$A$19</f><numCache><formatCode>yyyy-mm-dd</formatCode>` +
				`<ptCount val="15"></ptCount><pt idx="0"><v>46286</v></pt>`,
			`<strCache><ptCount val="1"></ptCount><pt idx="0"><v>Running, estimate (USD)</v></pt></strCache>`},
	} {
		for _, text := range want {
			if !strings.Contains(texts[name], text) {
				t.Errorf("%s lacks %q", name, text)
			}
		}
	}
	if n := len(regexp.MustCompile(`descr="[^"]{20,}"`).FindAllString(texts["xl/drawings/drawing1.xml"], -1)); n != 4 {
		t.Errorf("%d charts have an alternative text, want 4", n)
	}
	expectAnchors(t, texts["xl/drawings/drawing1.xml"], 4)
	// A single day is a category: some programs would show January 1 on an axis of dates.
	past := []reading{{"2026-09-21 06:30", sample(t)}, {"2026-09-21 18:30", sample(t)}}
	first := parts(t, written(t, withPast(t, settings(), nil, past...)))["xl/charts/chart4.xml"]
	for _, text := range []string{`<auto val="0">`, "<catAx>", "<v>2026-09-21</v>"} {
		if !strings.Contains(first, text) {
			t.Errorf("the axis of one day lacks %s", text)
		}
	}
	for name := range parts(t, written(t, newReport(nil, settings()))) {
		if strings.Contains(name, "chart") {
			t.Errorf("an empty fleet has %s", name)
		}
	}
}

var anchor = regexp.MustCompile(`<xdr:from><xdr:col>(\d+)</xdr:col><xdr:colOff>0</xdr:colOff>` +
	`<xdr:row>(\d+)</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:from>` +
	`<xdr:to><xdr:col>(\d+)</xdr:col><xdr:colOff>(\d+)</xdr:colOff>` +
	`<xdr:row>(\d+)</xdr:row><xdr:rowOff>(\d+)</xdr:rowOff></xdr:to>`)

// expectAnchors checks that charts cover many cells and don't overlap. Excel draws nothing beyond the last cell of a
// chart, even if the offset in it is larger.
func expectAnchors(t *testing.T, drawing string, charts int) {
	t.Helper()
	anchors := anchor.FindAllStringSubmatch(drawing, -1)
	if len(anchors) != charts {
		t.Fatalf("%d charts are anchored, want %d", len(anchors), charts)
	}
	const cellWidth, cellHeight = 64 * 9525, 18 * 9525 // in EMU
	below := 0
	for _, match := range anchors {
		var at [6]int
		for i := range at {
			at[i], _ = strconv.Atoi(match[i+1])
		}
		fromColumn, fromRow, toColumn, columnOffset, toRow, rowOffset := at[0], at[1], at[2], at[3], at[4], at[5]
		if toColumn < fromColumn+5 || toRow < fromRow+10 || columnOffset >= cellWidth || rowOffset >= cellHeight {
			t.Errorf("a chart reaches from column %d, row %d to column %d (offset %d), row %d (offset %d)",
				fromColumn, fromRow, toColumn, columnOffset, toRow, rowOffset)
		}
		if fromRow < below {
			t.Errorf("the chart in row %d overlaps the one above, which ends before row %d", fromRow, below)
		}
		below = toRow + 1
	}
}

// A price that is typed in as text counts as unknown, and causes no error.
func TestTextForPrice(t *testing.T) {
	f := opened(t, written(t, newReport(sample(t), settings())))
	column, row := find(t, f, "Instances", "Price (USD per hour)")
	row++ // the first instance is stopped
	check(t, f.SetCellStr("Instances", cellName(column, row+1), "n/a"))
	for _, heading := range []string{"Billed (USD per hour)", "Billed (USD per month)"} {
		column, _ := find(t, f, "Instances", heading)
		if got, err := f.CalcCellValue("Instances", cellName(column, row+1)); got != "" || err != nil {
			t.Errorf("%s is %q, %v", heading, got, err)
		}
	}
}

// Each ID of a number format means one code, in cells and in conditional formats.
func TestNumberFormats(t *testing.T) {
	codes := map[string]string{}
	styles := parts(t, written(t, newReport(sample(t), settings())))["xl/styles.xml"]
	format := regexp.MustCompile(`numFmtId="(\d+)" formatCode="([^"]*)"`)
	for _, match := range format.FindAllStringSubmatch(styles, -1) {
		if code, ok := codes[match[1]]; ok && code != match[2] {
			t.Errorf("number format %s is %q and %q", match[1], code, match[2])
		}
		codes[match[1]] = match[2]
	}
	if len(codes) < 10 {
		t.Errorf("%d number formats", len(codes))
	}
}

// The numbers of series and formats stay small in a fleet with many regions, models and statuses.
func TestLimits(t *testing.T) {
	var instances []*fleet.Instance
	for i := range 3000 {
		name := report.FormatCount(i)
		instances = append(instances, &fleet.Instance{Region: "R" + name, GPU: "G" + name, Status: "S" + name})
	}
	r := newReport(instances, settings())
	data := written(t, r)
	texts := parts(t, data)
	if n := strings.Count(texts["xl/charts/chart2.xml"], "<ser>"); n != maxChartModels+1 {
		t.Errorf("the chart has %d series", n)
	}
	for name, text := range texts {
		if n := strings.Count(text, "<cfRule "); n > 60 {
			t.Errorf("%s has %d conditional formats", name, n)
		}
	}
	f := opened(t, data)
	statuses, _ := r.StatusGroups(maxStatuses)
	if len(statuses) != 1001 {
		t.Errorf("%d statuses", len(statuses))
	}
	find(t, f, assumptionsSheet, "Other statuses, listed")
	find(t, f, matrixSheet, "In the charts: GPUs")
}

// fixed returns the workbook of a report as that of a fleet that is too large for formulas.
func fixed(t testing.TB, r *report.Report, lastRow int) []byte {
	t.Helper()
	var b bytes.Buffer
	check(t, write(&b, r, limits{lastRow, 0}))
	return b.Bytes()
}

// In a fleet that is too large for formulas only the totals of the filters are formulas, over values that don't depend
// on an assumption or a price, and nothing can be changed.
func TestFixed(t *testing.T) {
	s := settings()
	s.Budget = price(t, "500")
	r := newReport(sample(t), s)
	r.Days = days(t)
	data := fixed(t, r, maxRow)
	checkTables(t, data)
	formula := regexp.MustCompile(`<c r="(\w+)"[^>]*><f>(.*?)</f>`)
	f, texts := opened(t, data), parts(t, data)
	for i, sheet := range f.GetSheetList() {
		found := formula.FindAllStringSubmatch(texts[fmt.Sprintf("xl/worksheets/sheet%d.xml", i+1)], -1)
		if sheet != "Instances" && len(found) > 0 {
			t.Errorf("%s has formulas: %q", sheet, found)
		}
		for _, match := range found {
			if !regexp.MustCompile(`^SUBTOTAL\(\d+,Instances![^()]*\)$`).MatchString(match[2]) {
				t.Errorf("Instances!%s is %s", match[1], match[2])
			}
		}
	}
	for _, sheet := range []string{"Instances", spendSheet, assumptionsSheet} {
		text := texts["xl/worksheets/sheet"+strconv.Itoa(slices.Index(f.GetSheetList(), sheet)+1)+".xml"]
		protection := regexp.MustCompile(`<sheetProtection[^>]*>`).FindString(text)
		if !strings.Contains(protection, ` sheet="true"`) || !strings.Contains(protection, ` autoFilter="false"`) {
			t.Errorf("%s can be changed, or not be filtered: %s", sheet, protection)
		}
	}
	if got := rawValue(t, f, assumptionsSheet, "A3"); !strings.HasPrefix(got, "All figures are fixed: ") {
		t.Errorf("Assumptions says %q", got)
	}
	if got := rawValue(t, f, "Instances", "A2"); !strings.Contains(got, "All figures are fixed: ") {
		t.Errorf("Instances says %q", got)
	}
	if got := styleText(t, f, assumptionsSheet, "B6"); got != "#,##0" {
		t.Errorf("the hours per month look like an input: %s", got)
	}
}

// A fleet of 200,000 instances has formulas, whatever its shape.
func TestFormulaLimit(t *testing.T) {
	for _, shape := range []struct{ regions, models, statuses int }{{1, 1, 1}, {12, 9, 5}, {40, 16, 9}, {100, 40, 15}} {
		r := newReport(shaped(shape.regions*shape.models, shape.regions, shape.models), settings())
		r.Instances = make([]*fleet.Instance, 200_000)
		month := history.MonthSpend{Groups: make([]history.GroupSpend, shape.regions*shape.models)}
		r.Spend.Months = slices.Repeat([]history.MonthSpend{month}, history.SpendMonths)
		if n := work(r, shape.regions*shape.models, shape.statuses, true); n > maxWork {
			t.Errorf("%+v make %d, more than %d", shape, n, maxWork)
		}
	}
	if work(newReport(nil, settings()), 0, 0, true) != 0 {
		t.Error("an empty fleet makes work")
	}
}

// shaped is a fleet with instances in each of some regions and models.
func shaped(n, regions, models int) []*fleet.Instance {
	instances := fleettest.Instances(n)
	for i, in := range instances {
		in.Region, in.GPU = fmt.Sprintf("region-%02d", i%regions), fmt.Sprintf("model-%02d", i/regions%models)
	}
	return instances
}

// Prices and numbers that are typed in can't be negative.
func TestNegativeFiguresAreRefused(t *testing.T) {
	f := opened(t, written(t, newReport(sample(t), settings())))
	validations, err := f.GetDataValidations("Instances")
	check(t, err)
	if len(validations) != 1 {
		t.Fatalf("%d validations", len(validations))
	}
	v := validations[0]
	if v.Type != "decimal" || v.Operator != "greaterThanOrEqual" || v.Formula1 != "0" || !v.AllowBlank ||
		*v.ErrorStyle != "stop" || v.Sqref != "G5:G8 E5:E8 L5:L8 M5:M8 P5:P8" {
		t.Errorf("the validation is %+v", v)
	}
}

// A typed status, region or model is marked as changing no figure, and no other cell is.
func TestTypedNamesAreMarked(t *testing.T) {
	for name, instances := range map[string][]*fleet.Instance{"sample": sample(t), "awkward": awkward(t)} {
		r := newReport(instances, settings())
		data := written(t, r)
		f := opened(t, data)
		b := newBook(io.Discard, r, limits{maxRow, maxWork})
		b.makeTables()
		if len(b.instances.marks) != 3 {
			t.Fatalf("%s: %d columns are marked", name, len(b.instances.marks))
		}
		sheet := parts(t, data)["xl/worksheets/sheet2.xml"]
		spare := len(b.instances.columns) + 2
		for _, m := range b.instances.marks {
			var escaped bytes.Buffer
			check(t, xml.EscapeText(&escaped, []byte(m.condition(b.instances, headerRow+1))))
			if !strings.Contains(sheet, "<formula>"+escaped.String()+"</formula>") {
				t.Errorf("%s: there is no conditional format for %s", name, m.column)
			}
			for row := range r.Instances {
				at := headerRow + 1 + row
				marked := func() string {
					check(t, f.SetCellFormula("Instances", cellName(spare, at), m.condition(b.instances, at)))
					got, err := f.CalcCellValue("Instances", cellName(spare, at))
					check(t, err)
					return got
				}
				if got := marked(); got != "FALSE" {
					t.Errorf("%s: %s in row %d is marked before anybody types: %s %q", name, m.column, at, got,
						rawValue(t, f, "Instances", cellName(b.instances.index(m.column)+1, at)))
				}
				if row == 0 {
					check(t, f.SetCellStr("Instances", cellName(b.instances.index(m.column)+1, at), "Typed"))
					if got := marked(); got != "TRUE" {
						t.Errorf("%s: a typed %s is not marked: %s", name, m.column, got)
					}
				}
			}
		}
	}
}

// Hidden fields are in no formula and no column.
func TestHiddenInWorkbook(t *testing.T) {
	s := settings()
	s.Hidden = []string{"created_at", "disk_size", "ephemeral", "host_name", "id", "os", "product_type"}
	list := &fleet.Fleet{Instances: sample(t)}
	list.Hide(s.Hidden, []byte("key"))
	data := written(t, report.New(list, s))
	checkTables(t, data)
	for name, text := range parts(t, data) {
		for _, hidden := range []string{"14336", "mike-1001", "Ubuntu", "Disk (GB)", "00041"} {
			if strings.Contains(text, hidden) {
				t.Errorf("%s has %q", name, hidden)
			}
		}
	}
}
