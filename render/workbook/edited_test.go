package workbook

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"gpufleet/fetch/fleet"
)

// pricedInstances returns the instances with the prices of the change.
func (c calculation) pricedInstances(t testing.TB) []*fleet.Instance {
	instances := slices.Clone(c.r.Instances)
	for i, amount := range c.change.prices {
		changed := *instances[i]
		changed.Price, changed.PriceSource = price(t, amount), fleet.ListPrice
		instances[i] = &changed
	}
	return instances
}

// expectReversed takes out the cells that another order of the instances moves, and updates the rows that are read.
func expectReversed(t testing.TB, want map[cellRef]string, f *excelize.File, c calculation) {
	t.Helper()
	first, _ := find(t, f, "Groups", "First row")
	last, _ := find(t, f, "Groups", "Last row")
	for at := range want {
		column, row, err := excelize.CellNameToCoordinates(at.cell)
		check(t, err)
		switch {
		case at.sheet == "Instances" && row > totalRow:
			delete(want, at)
		case at.sheet == "Groups" && column == first:
			want[at] = strconv.Itoa(flag(row > totalRow))
		case at.sheet == "Groups" && column == last:
			want[at] = strconv.Itoa(c.r.Count)
		}
	}
}

var (
	sheetRow    = regexp.MustCompile(`(?s)<row r="\d+">.*?</row>`)
	rowOfCell   = regexp.MustCompile(`(<(?:row|c) r="[A-Z]*)\d+"`)
	rowOfColumn = regexp.MustCompile(`(\$[A-Z]+)\d+`)
	formulaText = regexp.MustCompile(`<f>[^<]*</f>`)
)

// reverseRows returns the sheet of a table with its rows in reverse order, as if somebody had sorted it.
func reverseRows(t testing.TB, sheet string) string {
	t.Helper()
	at := strings.Index(sheet, `<row r="`+strconv.Itoa(headerRow+1)+`"`)
	rows := sheetRow.FindAllString(sheet[at:], -1)
	end := at + len(strings.Join(rows, ""))
	slices.Reverse(rows)
	for i, row := range rows {
		number := strconv.Itoa(headerRow + 1 + i)
		row = rowOfCell.ReplaceAllString(row, "${1}"+number+`"`)
		rows[i] = formulaText.ReplaceAllStringFunc(row, func(f string) string {
			return rowOfColumn.ReplaceAllString(f, "${1}"+number)
		})
	}
	return sheet[:at] + strings.Join(rows, "") + sheet[end:]
}

// withPrice sets the price in a row of a sheet of instances, which may be empty.
func withPrice(t testing.TB, sheet, column string, row int, amount string) string {
	t.Helper()
	number := strconv.Itoa(row)
	cell := `<c r="` + column + number + `"><v>` + amount + `</v></c>`
	old := regexp.MustCompile(`<c r="` + column + number + `"[^>]*>.*?</c>`)
	if old.MatchString(sheet) {
		return old.ReplaceAllLiteralString(sheet, cell)
	}
	next := `<c r="` + columnName(columnNumber(t, column)+1) + number + `"` // its formula is always there
	if !strings.Contains(sheet, next) {
		t.Fatalf("row %d has no cell %s", row, next)
	}
	return strings.Replace(sheet, next, cell+next, 1)
}

func columnNumber(t testing.TB, name string) int {
	t.Helper()
	number, err := excelize.ColumnNameToNumber(name)
	check(t, err)
	return number
}
