package chart

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
	"gpufleet/render/report"
)

func settings() report.Settings {
	return report.Settings{
		Currency: "USD", HoursPerMonth: decimal.NewFromInt(730),
		Generated: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC),
	}
}

func money(t *testing.T, text string) fleet.Money {
	t.Helper()
	amount, err := decimal.NewFromString(text)
	if err != nil {
		t.Fatal(err)
	}
	return fleet.MoneyOf(amount)
}

// costing returns an item with a listed and a running cost per hour; "" is unknown.
func costing(t *testing.T, name, listed, running string, unpriced int) Item {
	t.Helper()
	cost := func(text string) report.Cost {
		if text == "" {
			return report.Cost{Of: unpriced}
		}
		return report.Cost{PerHour: money(t, text), Priced: 3, Of: 3 + unpriced}
	}
	return Item{Name: name, Totals: &report.Totals{Listed: cost(listed), Running: cost(running)}}
}

// lines returns bars as text, one per line.
func lines(chart Bars) string {
	var b strings.Builder
	for _, bar := range chart.Bars {
		fmt.Fprintf(&b, "%s %d %d %s", bar.Name, bar.Length, bar.Part, bar.Value)
		if bar.Open {
			b.WriteString(" open")
		}
		if bar.Note != "" {
			b.WriteString(" (" + bar.Note + ")")
		}
		b.WriteString("\n")
	}
	return b.String()
}

func TestCosts(t *testing.T) {
	for _, test := range []struct {
		name  string
		items []Item
		want  string
	}{
		{"none", nil, ""},
		{"one", []Item{costing(t, "a", "2", "1", 0)}, "a 1000 500 $2.00/h\n"},
		{"all zero", []Item{costing(t, "a", "0", "0", 0), costing(t, "b", "0", "0", 0)}, "a 0 0 $0.00/h\nb 0 0 $0.00/h\n"},
		{"all unknown", []Item{costing(t, "a", "", "", 2)}, "a 0 0 unknown open (0 of 2 priced)\n"},
		{"sorted, of equals the first, unknown last", []Item{
			costing(t, "u", "", "", 1), costing(t, "s", "1", "1", 0), costing(t, "z", "0", "0", 0),
			costing(t, "l", "4", "2", 0), costing(t, "e", "1", "0", 0),
		},
			"l 1000 500 $4.00/h\ns 250 250 $1.00/h\ne 250 0 $1.00/h\nz 0 0 $0.00/h\nu 0 0 unknown open (0 of 1 priced)\n"},
		{"the longest goes on", []Item{costing(t, "a", "2", "2", 1), costing(t, "b", "1", "1", 0)},
			"a 950 950 ≥ $2.00/h open (3 of 4 priced)\nb 475 475 $1.00/h\n"},
		{"tiny beside huge", []Item{costing(t, "a", "999999999999", "0.001", 0), costing(t, "b", "0.000001", "0", 0)},
			"a 1000 2 $999,999,999,999.00/h\nb 2 0 $0.000001/h\n"},
	} {
		if got := lines(Costs(settings(), test.items)); got != test.want {
			t.Errorf("%s:\n%swant\n%s", test.name, got, test.want)
		}
	}
}

// TestManyBars checks that items without a bar are counted and added up.
func TestManyBars(t *testing.T) {
	var items []Item
	for i := range 20 {
		items = append(items, costing(t, fmt.Sprint(i), fmt.Sprint(i), "0", 0))
	}
	items = append(items, costing(t, "unknown", "", "", 1))
	chart := Costs(settings(), items)
	if len(chart.Bars) != maxBars || chart.More != 9 || chart.Rest != "≥ $28.00/h" {
		t.Errorf("%d bars, %d more, %s together", len(chart.Bars), chart.More, chart.Rest)
	}
	if chart.Bars[0].Name != "19" {
		t.Errorf("the longest is %s", chart.Bars[0].Name)
	}
	if items[0].Name != "0" {
		t.Error("the caller's items were sorted")
	}
}

func TestGPUs(t *testing.T) {
	item := func(name string, gpus, running float64, unknown int) Item {
		instances := []*fleet.Instance{
			{Status: "Running", GPUCount: fleet.Known(running)},
			{Status: "Stopped", GPUCount: fleet.Known(gpus - running)},
		}
		for range unknown {
			instances = append(instances, &fleet.Instance{Status: "Stopped"})
		}
		return Item{Name: name, Totals: report.Settings{}.TotalsOf(instances)}
	}
	got := lines(GPUs([]Item{item("none", 0, 0, 0), item("a", 8, 2, 0), item("b", 4, 4, 1), item("perhaps", 0, 0, 1)}))
	if want := "a 1000 250 8\nb 500 500 ≥ 4 open (2 of 3 known)\nperhaps 0 0 ≥ 0 open (2 of 3 known)\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestScale(t *testing.T) {
	for _, test := range []struct {
		most  float64
		whole bool
		want  string
	}{
		{0, false, "0 1"}, {1, true, "0 1"}, {2, true, "0 1 2"}, {3, true, "0 1 2 3"},
		{5, true, "0 2 4 6"}, {10, true, "0 5 10"},
		{0.03, false, "0 0.01 0.02 0.03"}, {273.608, false, "0 100 200 300"}, {1, false, "0 0.25 0.5 0.75 1"},
		{40000, false, "0 10k 20k 30k 40k"}, {999999999999, false, "0 250B 500B 750B 1T"},
	} {
		var got []string
		for _, tick := range scale(test.most, test.whole) {
			got = append(got, short(tick))
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("up to %v: %s, want %s", test.most, strings.Join(got, " "), test.want)
		}
	}
	for most := 1e-9; most < 1e18; most *= 1.37 {
		ticks := scale(most, false)
		if n := len(ticks); n < 3 || n > 5 || ticks[n-1] < most*(1-1e-9) || ticks[n-1] > most*2.51 {
			t.Errorf("up to %v: %v", most, ticks)
		}
	}
}

// reportOfDays returns a report with one day per figure: the listed and running cost per hour, "" for a day without a
// run, "?" for an unknown cost.
func reportOfDays(t *testing.T, listed ...string) *report.Report {
	r := &report.Report{Settings: settings()}
	for i, text := range listed {
		if text == "" {
			continue
		}
		at := r.Generated.AddDate(0, 0, i)
		e := history.Entry{Date: history.DateText(at), Taken: at}
		e.Instances, e.GPUs, e.GPUsKnown = 2, float64(i), 2
		cost := history.Cost{Instances: 2, Priced: 2}
		switch {
		case text == "?":
			cost.Priced = 0
		case strings.HasPrefix(text, ">"):
			cost.Priced, text = 1, text[1:]
			fallthrough
		default:
			cost.PerHour = history.Amount{Money: money(t, text)}
		}
		e.Listed, e.Running = cost, history.Cost{Instances: 0}
		r.Days = append(r.Days, e)
	}
	return r
}

func TestTrend(t *testing.T) {
	for _, test := range []struct {
		name       string
		listed     []string
		path, note string
		text       string
	}{
		{"two days", []string{"1", "2"}, "M0 200L1000 0", "",
			"Listed: $1.00/h on 22 Nov, $2.00/h on 23 Nov; " +
				"lowest $1.00/h on 22 Nov, highest $2.00/h on 23 Nov."},
		{"a day without a run", []string{"1", "2", "", "2", "1"}, "M0 200L250 0M750 0L1000 200",
			"Days without a run are gaps.", ""},
		{"a day alone", []string{"1", "", "2", "", "1"}, "M0 200h0M500 0h0M1000 200h0", "Days without a run are gaps.", ""},
		{"an unknown day is not 0", []string{"2", "?", "2"}, "M0 0h0M1000 0h0",
			"Days without known values are gaps.", ""},
		{"unknown at the end", []string{"2", "1", "?"}, "M0 0L500 200", "Days without known values are gaps.",
			"Listed: $2.00/h on 22 Nov, unknown on 24 Nov; " +
				"lowest $1.00/h on 23 Nov, highest $2.00/h on 22 Nov."},
		{"a lower bound", []string{"2", ">1"}, "M0 0L1000 200",
			"1 of 2 days is a lower bound: unknown values count as 0.",
			"Listed: $2.00/h on 22 Nov, ≥ $1.00/h on 23 Nov; " +
				"lowest ≥ $1.00/h on 23 Nov, highest $2.00/h on 22 Nov."},
		{"all lower bounds", []string{">2", ">1"}, "M0 0L1000 200",
			"Every day is a lower bound: unknown values count as 0.", ""},
		{"nothing but 0", []string{"0", "0"}, "M0 400L1000 400", "", ""},
	} {
		trend := CostTrend(reportOfDays(t, test.listed...))
		if trend == nil {
			t.Errorf("%s: no trend", test.name)
			continue
		}
		if got := trend.Lines[0].Path; got != test.path {
			t.Errorf("%s: path %s, want %s", test.name, got, test.path)
		}
		if trend.Note != test.note {
			t.Errorf("%s: note %q, want %q", test.name, trend.Note, test.note)
		}
		if test.text != "" && trend.Lines[0].Text != test.text {
			t.Errorf("%s: %q, want %q", test.name, trend.Lines[0].Text, test.text)
		}
	}
	for _, listed := range [][]string{nil, {"1"}, {"?", "?"}} {
		r := reportOfDays(t, listed...)
		for i := range r.Days {
			r.Days[i].Running = r.Days[i].Listed
		}
		if trend := CostTrend(r); trend != nil {
			t.Errorf("a trend of %q: %v", listed, trend)
		}
	}
}

// TestTrendOfOtherIntervals checks that a week between weekly runs is not a gap, but a missed week is.
func TestTrendOfOtherIntervals(t *testing.T) {
	r := reportOfDays(t, "1", "", "", "", "", "", "", "2", "", "", "", "", "", "", "", "", "", "", "", "", "", "1")
	r.ExpectEvery = 7 * 24 * time.Hour
	if got, want := CostTrend(r).Lines[0].Path, "M0 200L333 0M1000 200h0"; got != want {
		t.Errorf("path %s, want %s", got, want)
	}
}

func TestTrendTicks(t *testing.T) {
	got := CostTrend(reportOfDays(t, "100", "20000")).Ticks
	if !slices.Equal(got, []string{"$20k", "$15k", "$10k", "$5,000", "$0"}) {
		t.Errorf("ticks %q", got)
	}
	if got := GPUTrend(reportOfDays(t, "1", "1", "1")).Ticks; !slices.Equal(got, []string{"2", "1", "0"}) {
		t.Errorf("ticks %q", got)
	}
	if got := GPUTrend(reportOfDays(t, "1", "1", "1")).Lines[0].Area; got != "M0 400L0 400L500 200L1000 0L1000 400Z" {
		t.Errorf("area %s", got)
	}
}

func TestHeat(t *testing.T) {
	group := func(gpus float64, unknown int, cost string, count int) *report.Group {
		g := &report.Group{}
		g.GPUs, g.Count = report.Sum{Value: gpus, Known: 1 - unknown, Of: 1}, count
		g.Listed = report.Cost{Of: 1}
		if cost != "" {
			g.Listed.PerHour, g.Listed.Priced = money(t, cost), 1
		}
		return g
	}
	most, little, none, unknown := group(100, 0, "50", 9), group(1, 0, "0.01", 1), group(0, 0, "0", 1), group(0, 1, "", 1)
	h := NewHeat(&report.Matrix{Rows: []report.MatrixRow{
		{Cells: []*report.Group{most, nil, little}},
		{Cells: []*report.Group{none, unknown}},
	}}, report.BillListed)
	for group, want := range map[*report.Group]string{most: "5 5 5", little: "1 1 2", none: "0 0 2", unknown: "u u 2"} {
		gpus, cost, instances := h.Shades(group)
		if got := gpus + " " + cost + " " + instances; got != want {
			t.Errorf("%v GPUs: shades %s, want %s", group.GPUs.Value, got, want)
		}
	}
	h = NewHeat(&report.Matrix{Rows: []report.MatrixRow{{Cells: []*report.Group{none}}}}, report.BillListed)
	gpus, cost, _ := h.Shades(none)
	if gpus != "0" || cost != "0" {
		t.Errorf("a matrix of nothing has the shades %s and %s", gpus, cost)
	}
}
