package workbook

import (
	"strings"
	"testing"

	"gpufleet/fetch/fleet"
	"gpufleet/render/report"
)

// cheap is a fleet with one instance at nearly no cost beside an expensive one, and one that costs nothing.
func cheap(t testing.TB) []*fleet.Instance {
	instance := func(region, cost string) *fleet.Instance {
		return &fleet.Instance{Region: region, GPU: "H100", GPUCount: fleet.Known(1.0), Status: "Running",
			Price: price(t, cost), PriceSource: fleet.ListPrice}
	}
	return []*fleet.Instance{instance("A", "0.000000000012"), instance("B", "100"), instance("C", "0")}
}

// A format tells a number that rounds to 0 from 0.
func TestTinyFormats(t *testing.T) {
	b := newBook(nil, newReport(nil, settings()), limits{maxRow, maxWork})
	for format, want := range map[string]string{
		"[$$-409]#,##0.00": `[=0][$$-409]#,##0.00;[<0.005]"< $0.01";[$$-409]#,##0.00`,
		`"≥ "[$$-409]#,##0.000_)`: `[=0]"≥ "[$$-409]#,##0.000_);[<0.0005]"> $0"_);` +
			`"≥ "[$$-409]#,##0.000_)`,
		"#,##0.0%": `[=0]#,##0.0%;[<0.0005]"< 0.1%";#,##0.0%`,
		"#,##0":    `[=0]#,##0;[<0.5]"< 1";#,##0`,
	} {
		if got := b.withTiny(format); got != want {
			t.Errorf("%s becomes %s, want %s", format, got, want)
		}
	}
}

// Amounts and shares that are nearly 0 are not written as 0, and their formats show them as tiny. Totals show as many
// decimals as their most exact value needs.
func TestTinyFigures(t *testing.T) {
	s := settings()
	s.Budget = price(t, "999999999")
	r := newReport(cheap(t), s)
	f := opened(t, written(t, r))
	for _, test := range []struct{ sheet, heading, value, format string }{
		{"Regions", "Share of listed (%)", "0.000000000012", `[<0.005]"< 0.01"`},
		{"Regions", "Listed (USD per GPU-hour)", "0.000000000012", `[<0.00005]"< $0.0001"`},
		{"Regions", "Running (USD per hour)", "0.000000000012", `[$$-409]#,##0.000000000000_)`},
	} {
		column, _ := find(t, f, test.sheet, test.heading)
		cell := cellName(column, headerRow+1)
		value := rawValue(t, f, test.sheet, cell)
		id, err := f.GetCellStyle(test.sheet, cell)
		check(t, err)
		style, err := f.GetStyle(id)
		check(t, err)
		if value != test.value || !strings.Contains(*style.CustomNumFmt, test.format) {
			t.Errorf("%s is %s with the format %s, want %s with %s",
				test.heading, value, *style.CustomNumFmt, test.value, test.format)
		}
	}
	column, _ := find(t, f, "Regions", "Running (USD per hour)")
	if got := shownValue(t, f, "Regions", cellName(column, totalRow)); got != "$100.000000000012 " {
		t.Errorf("the total shows %q", got)
	}
	if rate, _ := r.RunRate(); rate.String() != "< 0.1%" {
		t.Errorf("the run rate is %s", rate)
	}
}

// A conditional format for lower bounds shows a tiny cost as tiny too, with a currency and converted.
func TestTinyLowerBounds(t *testing.T) {
	f := opened(t, written(t, newReport(cheap(t), settings())))
	formats, err := f.GetConditionalFormats(summarySheet)
	check(t, err)
	_, running := find(t, f, summarySheet, "Running")
	for cell, want := range map[string][2]string{
		cellName(4, running): {
			`[=0]"≥ "[$$-409]#,##0.000000000000;[<0.0000000000005]"> $0";"≥ "[$$-409]#,##0.000000000000`,
			`[=0][$$-409]#,##0.000000000000;[<0.0000000000005]"< $0.000000000001";[$$-409]#,##0.000000000000`},
		cellName(4, running+5): {`[=0]"≥ "#,##0.000000000000;[<0.0000000000005]"> 0";"≥ "#,##0.000000000000`,
			`[=0]#,##0.000000000000;[<0.0000000000005]"< 0.000000000001";#,##0.000000000000`},
	} {
		if len(formats[cell]) != 2 {
			t.Fatalf("%s has %d conditional formats", cell, len(formats[cell]))
		}
		for i, format := range formats[cell] {
			if got := f.Styles.Dxfs.Dxfs[*format.Format].NumFmt.FormatCode; got != want[i] {
				t.Errorf("format %d of %s is %q, want %q", i, cell, got, want[i])
			}
		}
	}
}

// An effect that a missing price hides is an empty cell.
func TestUnknownDelta(t *testing.T) {
	r := newReport([]*fleet.Instance{{ID: "1", Region: "A", Status: "Running"}}, settings())
	line := report.Member{Instance: r.Instances[0]}
	r.SinceLastRun = &report.Window{Added: []report.Member{line}}
	f := opened(t, written(t, r))
	column, _ := find(t, f, "Changes", "Listed change (USD per hour)")
	if got := rawValue(t, f, "Changes", cellName(column, headerRow+1)); got != "" {
		t.Errorf("the unknown effect is %q", got)
	}
}
