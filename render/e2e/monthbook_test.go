package e2e

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
)

// compareBook adds up the days and the groups of November on the sheets Trend and Spend, and compares it with the
// sheets Months and Summary. TestFiguresRecalculated shows that recalculated formulas have these values.
func (m *monthOf) compareBook(t *testing.T, content string) {
	t.Helper()
	book, err := excelize.OpenReader(strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	november := m.Months[2].columns()
	names := map[string]string{"Running, at least": "running_low", "Running, estimate": "running_estimate",
		"Running, at most": "running_high", "Listed, at least": "listed_low", "Listed, estimate": "listed_estimate",
		"Listed, at most": "listed_high"}
	begin, end := serial(2026, 11), serial(2026, 12)
	inNovember := func(first string) bool {
		day, err := strconv.ParseFloat(first, 64)
		return err == nil && begin <= day && day < end
	}
	for title, name := range names {
		cells := column(t, book, "Trend", title, inNovember)
		if got := sumOf(t, cells); math.Abs(got-amountOf(t, november[name])) > 1e-5 || len(cells) != 22 {
			t.Errorf("%s: %d days add up to %f %s on the sheet Trend, not %s", m.bill, len(cells), got, title, november[name])
		}
	}
	for title, name := range names {
		cells := column(t, book, "Spend", title, is("2026-11"))
		if got := sumOf(t, cells); math.Abs(got-amountOf(t, november[name])) > 1e-5 || len(cells) < 2 {
			t.Errorf("%s: %d groups add up to %f %s on the sheet Spend", m.bill, len(cells), got, title)
		}
	}
	spent, forecast := m.billed(m.Months[2].bothRanges), m.billed(m.Forecast.bothRanges)
	for _, c := range []struct {
		sheet, row string
		want       map[string]string // by the begin of a column's title
	}{
		{"Months", "2026-11", map[string]string{"Spent, at least": spent.Low, "Spent, estimate": spent.Estimate,
			"Spent, at most": spent.High, "Forecast (": forecast.Estimate}},
		{"Summary", "Spent in November",
			map[string]string{"Low": spent.Low, "Estimate": spent.Estimate, "High": spent.High}},
		{"Summary", "Forecast for November",
			map[string]string{"Low": forecast.Low, "Estimate": forecast.Estimate, "High": forecast.High}},
	} {
		for title, want := range c.want {
			cells := column(t, book, c.sheet, title, is(c.row))
			if len(cells) != 1 || math.Abs(sumOf(t, cells)-amountOf(t, want)) > 1e-5 {
				t.Errorf("%s: %s of %s on the sheet %s is %s, not %s", m.bill, title, c.row, c.sheet, cells, want)
			}
		}
	}
	states := column(t, book, "Summary", "Estimate", is("Budget state"))
	if len(states) != 1 || states[0] != m.Forecast.State {
		t.Errorf("%s: the budget's state on the sheet Summary is %s", m.bill, states)
	}
}

// serial returns the number of a month's first day in a workbook.
func serial(year int, month time.Month) float64 {
	return time.Date(year, month, 1, 0, 0, 0, 0, time.UTC).Sub(time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)).Hours() / 24
}

// is returns whether a cell has a text.
func is(text string) func(string) bool { return func(cell string) bool { return cell == text } }

// column returns the cells of the column whose title begins so, of the rows whose first cell is wanted.
func column(t *testing.T, book *excelize.File, sheet, title string, wanted func(first string) bool) (cells []string) {
	t.Helper()
	rows, err := book.GetRows(sheet, excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	at := -1
	for _, row := range rows {
		if at < 0 {
			at = slices.IndexFunc(row, func(cell string) bool { return strings.HasPrefix(cell, title) })
		} else if len(row) > at && wanted(row[0]) {
			cells = append(cells, row[at])
		}
	}
	return cells
}
