package e2e

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"gpufleet/fetch/fleet/fleettest"
)

// TestOfficeOpenXMLReaders opens the workbooks of the demo and of a large fleet with ExcelJS and SheetJS. Each must
// find all sheets, all instances with their GPUs, and both the formula and the value of the running cost.
func TestOfficeOpenXMLReaders(t *testing.T) {
	t.Parallel()
	tools := root + "/.ci/web"
	if _, err := os.Stat(tools + "/node_modules/exceljs"); err != nil {
		Skip(t, "opening the workbook with ExcelJS and SheetJS", "an npm package of .ci/web/package.json")
	}
	Need(t, "node", "opening the workbook with ExcelJS and SheetJS")
	const many = 10_000
	var reply bytes.Buffer
	if err := fleettest.WriteReply(&reply, many, fleettest.Later); err != nil {
		t.Fatal(err)
	}
	large, demo := filepath.Join(quickDir(t), "out"), filepath.Join(quickDir(t), "out")
	renderTo(t, large, reply.String())
	if o := (job{args: []string{"--demo", "--out", demo}}).run(t); o.code != 0 {
		t.Fatal(o.stderr)
	}
	for _, out := range []string{demo, large} {
		files := plainContents(t, out)
		want := figures(t, files)
		file := write(t, filepath.Join(quickDir(t), "fleet.xlsx"), files["fleet.xlsx"])
		answer, err := exec.Command("node", tools+"/workbook.mjs", file).CombinedOutput()
		var found map[string]bookFigures
		if err != nil || json.Unmarshal(answer, &found) != nil || len(found) != 2 {
			t.Errorf("%s: %v: %s", out, err, answer)
		}
		for reader, got := range found {
			if !slices.Equal(got.Sheets, want.Sheets) || got.Instances != want.Instances || got.GPUs != want.GPUs ||
				got.Formula != want.Formula || got.Value != want.Value {
				t.Errorf("%s finds %+v, want %+v", reader, got, want)
			}
		}
	}
}

// bookFigures is what workbook.mjs finds in a workbook.
type bookFigures struct {
	Sheets    []string
	Instances int
	GPUs      float64
	Formula   string  // of Summary!D6
	Value     float64 // of Summary!D6
}

// figures returns what readers must find: the instances as in the CSV file, and the rest as excelize reads it.
func figures(t *testing.T, files map[string]string) (f bookFigures) {
	t.Helper()
	book, err := excelize.OpenReader(strings.NewReader(files["fleet.xlsx"]))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	f.Sheets = book.GetSheetList()
	f.Formula, err = book.GetCellFormula("Summary", "D6")
	if err != nil || f.Formula == "" {
		t.Fatalf("Summary!D6 has no formula: %v", err)
	}
	value, err := book.GetCellValue("Summary", "D6", excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	f.Value = float(t, value)
	rows, err := csv.NewReader(strings.NewReader(files["data/instances.csv"])).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	gpus := slices.Index(rows[0], "gpu_count")
	f.Instances = len(rows) - 1
	for _, row := range rows[1:] {
		if row[gpus] != "" {
			f.GPUs += float(t, row[gpus])
		}
	}
	return f
}

func float(t *testing.T, text string) float64 {
	t.Helper()
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
