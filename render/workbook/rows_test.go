package workbook

import (
	"bytes"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/fleet/fleettest"
)

// TestRows checks that the rows of tables equal those that excelize would write, byte for byte.
func TestRows(t *testing.T) {
	for name, instances := range map[string][]*fleet.Instance{
		"sample": sample(t), "awkward": awkward(t), "many": fleettest.Instances(200), "hard": hardToWrite(t), "empty": nil,
	} {
		for _, lastRow := range []int{maxRow, headerRow + 20} {
			s := settings()
			s.Budget = price(t, "500")
			r := withPast(t, s, nil, append(pastOf(t)[:40:40], reading{"2026-11-22 21:36", instances})...)
			var out bytes.Buffer
			b := newBook(&out, r, limits{lastRow, maxWork})
			check(t, b.writeTo(&out))
			texts := parts(t, out.Bytes())
			sheets := b.file.GetSheetList()
			for _, table := range b.tables {
				for _, p := range table.parts(lastRow) {
					sheet := texts["xl/worksheets/sheet"+strconv.Itoa(slices.Index(sheets, p.sheet)+1)+".xml"]
					expectRows(t, name+": "+p.sheet, rowsBelow(sheet, table.header()), excelizeRows(t, b, table, p))
				}
			}
		}
	}
}

func expectRows(t *testing.T, name, got, want string) {
	t.Helper()
	wanted := strings.SplitAfter(want, "</row>")
	for i, row := range strings.SplitAfter(got, "</row>") {
		if i >= len(wanted) || row != wanted[i] {
			t.Fatalf("%s: row %d is\n%.3000s\nwant\n%.3000s", name, i, row, wanted[min(i, len(wanted)-1)])
		}
	}
	if got != want {
		t.Errorf("%s: rows are missing", name)
	}
}

// rowsBelow returns the XML of a sheet's rows below one.
func rowsBelow(sheet string, row int) string {
	_, rows, _ := strings.Cut(sheet, `<row r="`+strconv.Itoa(row)+`"`)
	_, rows, _ = strings.Cut(rows, "</row>")
	rows, _, _ = strings.Cut(rows, "</sheetData>")
	return rows
}

// excelizeRows returns the XML of a part's rows as excelize's stream writer writes it, with the styles of b.
func excelizeRows(t *testing.T, b *book, table *table, p part) string {
	t.Helper()
	file := excelize.NewFile()
	defer file.Close()
	archive := newArchive(io.Discard)
	file.SetZipWriter(func(io.Writer) excelize.ZipWriter { return archive })
	stream, err := file.NewStreamWriter("Sheet1")
	check(t, err)
	cells := make([]any, len(table.columns))
	for row := p.from; row < p.to; row++ {
		number := table.header() + 1 + row - p.from
		for i := range table.columns {
			c := &table.columns[i]
			v := c.value(row)
			formula := c.formula
			if row < c.formulaFrom {
				formula = ""
			}
			if cells[i] = nil; !v.Known && formula == "" {
				continue
			}
			value := b.value(c.typ, v)
			if quoted, ok := value.(excelize.Cell); ok {
				value = quoted.Value
			}
			cells[i] = withEmptyText(excelize.Cell{
				StyleID: b.style(b.variantStyle(c, c.variant(v))), Value: value,
				Formula: strings.ReplaceAll(formula, rowMark, strconv.Itoa(number)),
			})
		}
		check(t, stream.SetRow(cellName(1, number), cells))
	}
	check(t, stream.Flush())
	check(t, file.Write(io.Discard))
	var out bytes.Buffer
	check(t, archive.writeTo(&out))
	_, rows, _ := strings.Cut(parts(t, out.Bytes())["xl/worksheets/sheet1.xml"], "<sheetData>")
	rows, _, _ = strings.Cut(rows, "</sheetData>")
	return rows
}

// hardToWrite returns a fleet with texts, numbers and times that are hard to write.
func hardToWrite(t *testing.T) []*fleet.Instance {
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
	return instances
}
