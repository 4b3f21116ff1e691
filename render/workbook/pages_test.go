package workbook

import (
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/xuri/excelize/v2"

	"gpufleet/fetch/fleet"
	"gpufleet/render/report"
)

// The headline figures are numbers, match the other outputs, and are marked if they are lower bounds.
func TestSummaryFigures(t *testing.T) {
	r := newReport(sample(t), settings())
	f := opened(t, written(t, r))
	_, running := find(t, f, summarySheet, "Running")
	_, listed := find(t, f, summarySheet, "Listed")
	_, gpus := find(t, f, summarySheet, "GPUs")
	for _, test := range []struct {
		column, row                    int
		raw, shows, coverage, asReport string
	}{
		{4, running, "0.679", "≥ $0.679", "2 of 3 priced", r.PerHour(r.Running)},
		{5, running, "495.67", "≥ $495.67", "2 of 3 priced", r.PerMonth(r.Running)},
		{4, listed, "15.079", "≥ $15.079", "3 of 4 priced", r.PerHour(r.Listed)},
		{5, listed, "11007.67", "≥ $11,007.67", "3 of 4 priced", r.PerMonth(r.Listed)},
		{2, gpus, "9", "≥ 9", "3 of 4 known", r.GPUs.String()},
	} {
		cell := cellName(test.column, test.row)
		if got := rawValue(t, f, summarySheet, cell); got != test.raw {
			t.Errorf("%s holds %q, want %q", cell, got, test.raw)
		}
		if got := shownValue(t, f, summarySheet, cell); got != test.shows || got != test.asReport {
			t.Errorf("%s shows %q, want %q as in the report", cell, got, test.asReport)
		}
		if got := rawValue(t, f, summarySheet, cellName(7, test.row)); got != test.coverage {
			t.Errorf("row %d has the coverage %q, want %q", test.row, got, test.coverage)
		}
	}
}

// A complete figure is not marked as a lower bound.
func TestSummaryCompleteFigures(t *testing.T) {
	r := newReport(sample(t)[:1], settings())
	f := opened(t, written(t, r))
	_, row := find(t, f, summarySheet, "Running")
	if got := shownValue(t, f, summarySheet, cellName(4, row)); got != "$0.679" {
		t.Errorf("a complete cost shows as %q", got)
	}
	if got := rawValue(t, f, summarySheet, cellName(7, row)); got != "" {
		t.Errorf("a complete cost has the coverage %q", got)
	}
}

func TestSummaryBasis(t *testing.T) {
	s := settings()
	s.HoursPerMonth = decimal.RequireFromString("730.5")
	f := opened(t, written(t, newReport(nil, s)))
	for label, want := range map[string]string{
		"Hours per month": "730.5",
		"Currency":        "USD",
		"Fetched (UTC)":   "2026-11-22 21:36:05",
	} {
		column, row := find(t, f, summarySheet, label)
		if got := shownValue(t, f, summarySheet, cellName(column+1, row)); got != want {
			t.Errorf("%s shows %q, want %q", label, got, want)
		}
	}
}

// Summary links to every other sheet.
func TestSummaryIndex(t *testing.T) {
	f := opened(t, writtenTo(t, newReport(sample(t), settings()), headerRow+2))
	for _, sheet := range f.GetSheetList()[1:] {
		linked := false
		cells, err := f.SearchSheet(summarySheet, sheet)
		check(t, err)
		for _, cell := range cells {
			ok, target, err := f.GetCellHyperLink(summarySheet, cell)
			check(t, err)
			linked = linked || ok && target == "'"+sheet+"'!A1"
		}
		if !linked {
			t.Errorf("Summary has no link to %s", sheet)
		}
	}
}

func TestSummaryWarnings(t *testing.T) {
	list := &fleet.Fleet{}
	long := "the list is odd: " + strings.Repeat("very ", 60) + "odd"
	list.Warnings.Add(long)
	for i := range 30 {
		list.Warnings.Add("warning " + report.FormatCount(i))
	}
	r := report.New(list, settings())
	f := opened(t, written(t, r))
	_, row := find(t, f, summarySheet, long)
	merged, err := f.GetMergeCells(summarySheet)
	check(t, err)
	wide := cellName(1, row) + ":" + cellName(7, row)
	if !slices.ContainsFunc(merged, func(m excelize.MergeCell) bool { return m[0] == wide }) {
		t.Errorf("the warning in row %d does not span the page: %v", row, merged)
	}
	if height, err := f.GetRowHeight(summarySheet, row); err != nil || height < 40 {
		t.Errorf("the warning's row is %v high (%v): it can't be read", height, err)
	}
	find(t, f, summarySheet, "and 11 more")
}

// Summary explains its own marks and terms.
func TestSummaryLegend(t *testing.T) {
	r := newReport(sample(t), settings())
	f := opened(t, written(t, r))
	for _, sentence := range r.Legend() {
		find(t, f, summarySheet, sentence)
	}
}

// About explains every column, and states the contract.
func TestAbout(t *testing.T) {
	r := newReport(sample(t), settings())
	f := opened(t, written(t, r))
	column, row := find(t, f, aboutSheet, "Workbook contract")
	if got := rawValue(t, f, aboutSheet, cellName(column+1, row)); got != "4" {
		t.Errorf("the contract is %q", got)
	}
	rows, err := f.GetRows(aboutSheet)
	check(t, err)
	var lines []string
	for _, row := range rows {
		lines = append(lines, strings.Join(row, "|"))
	}
	text := strings.Join(lines, "\n") + "\n"
	for _, sentence := range append(append(r.Legend(), r.LeftOut()...), "|USD per hour|price_per_hour\n",
		"|time|UTC|created_at\n", "tblInstances", "tblRegions", "tblModels", "tblGroups") {
		if !strings.Contains(text, sentence) {
			t.Errorf("About does not say %q", sentence)
		}
	}
	expectExplained(t, text, r.Settings, listColumns(r))
	for _, d := range r.Divisions {
		expectExplained(t, text, r.Settings, report.PartColumns(d.Dimension))
	}
	expectExplained(t, text, r.Settings, r.CombinationColumns())
}

func expectExplained[T any](t *testing.T, text string, s report.Settings, columns []report.Column[T]) {
	t.Helper()
	for _, c := range columns {
		if want := report.Heading(s, c) + "|" + c.Description + "|" + c.Type.String(); !strings.Contains(text, want) {
			t.Errorf("About does not explain %q", want)
		}
	}
}
