package workbook

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/xuri/excelize/v2"

	"gpufleet/fetch/fleet"
	"gpufleet/render/report"
)

// settings returns the settings of a public report.
func settings() report.Settings {
	return report.Settings{
		Title: "GPU fleet", Generated: time.Date(2026, 11, 22, 21, 36, 5, 0, time.UTC), Version: "1.2.3",
		Source: report.FromAPI, Audience: report.Public, Currency: "USD", HoursPerMonth: decimal.NewFromInt(730),
	}
}

func price(t testing.TB, text string) fleet.Price {
	t.Helper()
	m, err := fleet.ParseMoney(text)
	if err != nil {
		t.Fatal(err)
	}
	return fleet.Known(m)
}

// sample is a small fleet with two regions, an instance without GPUs, unknown numbers, no price, and a price of 0.
func sample(t testing.TB) []*fleet.Instance {
	created := time.Date(2025, 7, 4, 9, 13, 11, 0, time.UTC)
	return []*fleet.Instance{
		{ID: "00041", Region: "CANADA-1", ProductType: "GPU", HostName: "mike-1001",
			CPUCores: fleet.Known(28.0), RAM: fleet.Known(58.5), GPU: "RTX-A6000", GPUType: "RTX",
			GPUCount: fleet.Known(1.0), DiskSize: fleet.Known(100.0), Ephemeral: fleet.Known(0.0),
			PublicIPv4: "198.51.100.7", Price: price(t, "0.679"), PriceSource: fleet.ListPrice,
			OS: "Ubuntu", Status: "Running", CreatedAt: created},
		{ID: "42", Region: "CANADA-1", ProductType: "GPU", HostName: "train",
			CPUCores: fleet.Known(96.0), RAM: fleet.Known(2048.0), GPU: "H100", GPUCount: fleet.Known(8.0),
			DiskSize: fleet.Known(14336.0), Price: price(t, "14.4"), PriceSource: fleet.ListPrice, Status: "Stopped"},
		{ID: "43", Region: "NORWAY-1", ProductType: "CPU", HostName: "bastion",
			CPUCores: fleet.Known(4.0), GPUCount: fleet.Known(0.0), Price: price(t, "0"), PriceSource: fleet.ListPrice,
			Status: "Running", CreatedAt: created.Add(time.Hour)},
		{ID: "44", Region: "NORWAY-1", HostName: "odd", GPU: "H100", Status: "Running"},
	}
}

func newReport(instances []*fleet.Instance, s report.Settings) *report.Report {
	return report.New(&fleet.Fleet{Instances: instances}, s)
}

// written returns the workbook of a report.
func written(t testing.TB, r *report.Report) []byte {
	t.Helper()
	return writtenTo(t, r, maxRow)
}

// writtenTo returns the workbook of a report, with sheets that end at lastRow.
func writtenTo(t testing.TB, r *report.Report, lastRow int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b, r, limits{lastRow, maxWork}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func opened(t testing.TB, data []byte) *excelize.File {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// parts returns the files in a workbook by name.
func parts(t testing.TB, data []byte) map[string]string {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, file := range archive.File {
		in, err := file.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(in)
		if err != nil {
			t.Fatalf("%s: %v", file.Name, err)
		}
		texts[file.Name] = string(text)
	}
	return texts
}

// rawValue returns the value of a cell, without its number format.
func rawValue(t testing.TB, f *excelize.File, sheet, cell string) string {
	t.Helper()
	value, err := f.GetCellValue(sheet, cell, excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// shownValue returns the value of a cell as its number format shows it.
func shownValue(t testing.TB, f *excelize.File, sheet, cell string) string {
	t.Helper()
	value, err := f.GetCellValue(sheet, cell)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// find returns the first cell of a sheet that holds text, and fails if there is none.
func find(t testing.TB, f *excelize.File, sheet, text string) (column, row int) {
	t.Helper()
	rows, err := f.GetRows(sheet)
	check(t, err)
	for i, cells := range rows {
		if j := slices.Index(cells, text); j >= 0 {
			return j + 1, i + 1
		}
	}
	t.Fatalf("%s has no cell %q", sheet, text)
	return 0, 0
}

// styleText describes a cell's number format and style.
func styleText(t testing.TB, f *excelize.File, sheet, cell string) string {
	t.Helper()
	id, err := f.GetCellStyle(sheet, cell)
	check(t, err)
	style, err := f.GetStyle(id)
	check(t, err)
	text := "General"
	if style.CustomNumFmt != nil {
		text = *style.CustomNumFmt
		if strings.HasPrefix(text, "[=0]") { // as for any number that is not tiny
			text = text[strings.LastIndexByte(text, ';')+1:]
		}
	} else if style.NumFmt == textFormatID {
		text = textFormat
	} else if style.NumFmt != 0 {
		text = fmt.Sprintf("format %d", style.NumFmt)
	}
	if style.Font != nil && style.Font.Bold {
		text += " bold"
	}
	if style.Alignment != nil && style.Alignment.WrapText {
		text += " wrapped"
	}
	if quote := f.Styles.CellXfs.Xf[id].QuotePrefix; quote != nil && *quote {
		text += " quoted"
	}
	return text
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// rowsOf returns the rows of a range: "4-5" for A4:Z5.
func rowsOf(cells string) string {
	return regexp.MustCompile(`[A-Z]+(\d+):[A-Z]+(\d+)`).ReplaceAllString(cells, "$1-$2")
}
