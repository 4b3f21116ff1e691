package workbook

import (
	"bytes"
	"compress/flate"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/fleet/fleettest"
)

// sheetText returns the sheet of a table of instances, with rows that valueRows or excelize writes.
func sheetText(t *testing.T, instances []*fleet.Instance, direct bool) string {
	t.Helper()
	r := newReport(instances, settings())
	b := newBook(io.Discard, r, maxRow)
	b.archive = newArchive(io.Discard)
	b.file.SetZipWriter(func(io.Writer) excelize.ZipWriter { return b.archive })
	list := newTable(r, "Instances", "instance", r.Columns, r.Instances)
	if _, err := b.file.NewSheet(list.sheet); err != nil {
		t.Fatal(err)
	}
	b.measure(list)
	if !list.valuesOnly() {
		t.Fatal("the rows of the table can't be written directly")
	}
	list.columns[0].hasLowerBound = !direct
	b.writePart(list, list.parts(maxRow)[0])
	if b.err != nil {
		t.Fatal(b.err)
	}
	if err := b.file.Write(io.Discard); err != nil || b.archive.err != nil {
		t.Fatal(err, b.archive.err)
	}
	for _, e := range b.archive.entries {
		if e.name == "xl/worksheets/sheet2.xml" {
			text, err := io.ReadAll(flate.NewReader(bytes.NewReader(bytes.Join(e.data, nil))))
			if err != nil {
				t.Fatal(err)
			}
			return string(text)
		}
	}
	t.Fatal("there is no such sheet")
	return ""
}

// TestValueRows checks that rows which are written directly equal excelize's rows byte for byte.
func TestValueRows(t *testing.T) {
	instances := fleettest.Instances(200)
	for i, text := range []string{
		"=1+1", "'", "a=b", "_x003D_", "_x003D_x003D_", "_xD83D_", "<b>&\"'", " a", "a ", "a\nb", "\n", "a\tb", "a\r",
		"é😀", "\x01", "\uFDD0_x003D_", "\xff", strings.Repeat("x", 40000), strings.Repeat("😀", 20000), "@", "+",
		"-", "]]>", "a\u2028b", "  ", "0041", "", "true",
	} {
		instances[2*i].HostName, instances[2*i+1].OS = text, text
	}
	for i, n := range []float64{
		0, 0.1, 1.0 / 3, 2.0 / 3, 1e-6, 123456.789012345678, 999999999999999, 1e15, 123456789012345678, 1e21, 1e300 / 3,
		12345678901234.5678, 0.1 + 0.2, 100000000000000.5, 0.000001234567890123456,
	} {
		instances[3*i].RAM = fleet.Known(n)
	}
	for i, text := range []string{
		"0", "0.123456789012345678", "999999999.123456789012345678", "1e-30", "123.45", "100",
		"0.000000000000000123456789012345",
	} {
		instances[5*i].Price = price(t, text)
	}
	for i, at := range []time.Time{
		time.Unix(946684800, 0), time.Unix(4102444799, 0), time.Unix(1700000001, 0), time.Unix(7258118399, 0), {},
	} {
		instances[7*i].CreatedAt = at.UTC()
	}
	want, got := sheetText(t, instances, false), sheetText(t, instances, true)
	if want == got {
		return
	}
	wanted := strings.SplitAfter(want, "</row>")
	for i, row := range strings.SplitAfter(got, "</row>") {
		if i >= len(wanted) || row != wanted[i] {
			t.Fatalf("row %d is\n%.3000s\nwant\n%.3000s", i, row, wanted[min(i, len(wanted)-1)])
		}
	}
	t.Error("rows are missing")
}
