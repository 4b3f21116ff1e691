package workbook

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"github.com/xuri/excelize/v2"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
	"gpufleet/render/report"
)

// reading is a list at a time.
type reading struct {
	at   string // 2026-11-22 21:36
	list []*fleet.Instance
}

// withPast returns the report of the last of several readings. last changes its settings, unless it is nil.
func withPast(t testing.TB, s report.Settings, last func(*report.Settings), readings ...reading) *report.Report {
	t.Helper()
	var past history.History
	var r *report.Report
	for i, each := range readings {
		if last != nil && i == len(readings)-1 {
			last(&s)
		}
		at, err := time.Parse("2006-01-02 15:04", each.at)
		check(t, err)
		s.Generated = at
		var list []*fleet.Instance
		for _, in := range each.list {
			copied := *in
			list = append(list, &copied)
		}
		r = newReport(list, s)
		check(t, r.Compare(&past))
		past = history.History{Snapshots: r.Snapshots, Days: r.Days, Spend: *r.Spend}
	}
	return r
}

// pastOf returns the readings of three months, the first of them late, with a gap, with instances that come, go, stop
// and change their price, and with hours without a price.
func pastOf(t testing.TB) []reading {
	fleetOf := func(stopped, priced bool, more ...*fleet.Instance) []*fleet.Instance {
		list := sample(t)
		if stopped {
			list[0].Status = "Stopped"
		}
		if priced {
			list[3].Price, list[3].PriceSource = price(t, "2.123456789"), fleet.ListPrice
		}
		return append(list, more...)
	}
	late := &fleet.Instance{ID: "45", Region: "NORWAY-1", GPU: "L40", GPUCount: fleet.Known(2.0), Status: "Running",
		Price: price(t, "3.3333"), PriceSource: fleet.ListPrice, CreatedAt: time.Date(2026, 11, 5, 1, 2, 3, 0, time.UTC)}
	var all []reading
	at := time.Date(2026, 9, 21, 6, 30, 0, 0, time.UTC)
	for i := range 64 {
		if i == 20 {
			at = at.AddDate(0, 0, 3)
		}
		list := fleetOf(i%9 == 4, i > 40)
		if i > 44 {
			list = append(list, late)
		}
		all = append(all, reading{at.Format("2006-01-02 15:04"), list})
		at = at.AddDate(0, 0, 1)
	}
	return all
}

// The sums of a month's groups equal its figures to the last cent, however many groups there are.
func TestGroupsAddUpToTheCent(t *testing.T) {
	var instances []*fleet.Instance
	for i := range 2000 {
		instances = append(instances, &fleet.Instance{ID: strconv.Itoa(i), Region: "R" + strconv.Itoa(i), GPU: "H100",
			Status: "Running", Price: price(t, "0.0000"+strconv.Itoa(1000+i)), PriceSource: fleet.ListPrice})
	}
	r := withPast(t, settings(), nil, reading{"2026-11-20 00:00", instances}, reading{"2026-11-21 00:07", instances},
		reading{"2026-11-22 07:13", instances})
	f := opened(t, written(t, r))
	column, _ := find(t, f, spendSheet, "Running, estimate (USD)")
	rows, err := f.GetRows(spendSheet, excelize.Options{RawCellValue: true})
	check(t, err)
	sum := 0.0
	for _, row := range rows[headerRow:] {
		sum += number(t, row[column-1])
	}
	if want := report.CellAmount(r.BilledSpend().Estimate).Float64(); len(rows) != headerRow+2000 ||
		math.Abs(sum-want) > 1e-9 {
		t.Errorf("%d rows add up to %v, want %v", len(rows)-headerRow, sum, want)
	}
	column, row := find(t, f, summarySheet, "Spent since 20 Nov")
	if got := shownValue(t, f, summarySheet, cellName(column+3, row)); got != r.SpentFigure().Exact {
		t.Errorf("Summary shows %s, want %s", got, r.SpentFigure().Exact)
	}
}

// Summary begins with the month: what is spent, the forecast and the budget, as in other outputs.
func TestSummaryMonth(t *testing.T) {
	s := settings()
	s.Budget = price(t, "3600")
	r := withPast(t, s, nil, pastOf(t)...)
	f := opened(t, written(t, r))
	rows, err := f.GetRows(summarySheet)
	check(t, err)
	var got []string
	for _, row := range rows[3:8] {
		got = append(got, strings.Join(row, "|"))
	}
	spent, forecast := r.SpentFigure(), r.ForecastFigure()
	want := []string{
		"November 2026|Unpriced (h)|Low (USD)|Estimate (USD)|High (USD)|% of budget|Coverage",
		"Spent in November|66.50|≥ " + spent.Low + "|" + spent.Exact + "|≥ " + spent.High + "|≥ 83.0%|100% observed",
		"Forecast for November|66.50|≥ " + forecast.Low + "|" + forecast.Exact + "|≥ " + forecast.High + "|≥ 102.4%",
		"Budget|||$3,600.00",
		"Budget state|||likely over",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, note := range r.CoverageNotes() {
		find(t, f, summarySheet, note)
	}
}

// A first run has spent nothing. Its forecast is partial, and a lower bound with every price known.
func TestFirstRun(t *testing.T) {
	data := written(t, withPast(t, settings(), nil, reading{"2026-11-22 12:00", sample(t)[:1]}))
	checkTables(t, data)
	f := opened(t, data)
	_, row := find(t, f, summarySheet, "Spent since 22 Nov")
	for cell, want := range map[string]string{
		cellName(4, row): "$0.00", cellName(7, row): "nothing observed",
		cellName(4, row+1): "≥ $138.52", cellName(7, row+1): "partial",
		cellName(4, row+2): "", cellName(4, row+3): "",
	} {
		if got := shownValue(t, f, summarySheet, cell); got != want {
			t.Errorf("%s shows %q, want %q", cell, got, want)
		}
	}
}

// Amounts are marked as lower bounds while there are hours without a price, even after somebody edits them.
func TestUnpricedHoursMarkAmounts(t *testing.T) {
	f := opened(t, written(t, withPast(t, settings(), nil, pastOf(t)...)))
	for _, test := range []struct{ sheet, amount, hours string }{
		{spendSheet, "Running, at least (USD)", "Running, unpriced (hours)"},
		{spendSheet, "Listed, estimate (USD)", "Listed, unpriced (hours)"},
		{"Trend", "Running, at most (USD)", "Running, unpriced (hours)"},
		{monthsSheet, "Spent, estimate (USD)", "Unpriced (hours)"},
		{monthsSheet, "Forecast (USD)", "Forecast, unpriced (hours)"},
	} {
		amount, row := find(t, f, test.sheet, test.amount)
		hours, _ := find(t, f, test.sheet, test.hours)
		formats, err := f.GetConditionalFormats(test.sheet)
		check(t, err)
		tables, err := f.GetTables(test.sheet)
		check(t, err)
		_, last, _ := strings.Cut(rowsOf(tables[0].Range), "-")
		cells := cellName(amount, row+1) + ":" + columnName(amount) + last
		want := "0<$" + cellName(hours, row+1)
		if len(formats[cells]) != 2 || formats[cells][0].Criteria != want {
			t.Errorf("%s: the conditional formats of %s are %+v, want one for %s", test.sheet, cells, formats[cells], want)
		}
	}
}

// pastCalculations are those of a report with a past. They take the budget through its states, by the forecast and,
// while that is early, by the run rate.
func pastCalculations(t testing.TB) []calculation {
	s := settings()
	s.Budget = price(t, "5000")
	past, first := pastOf(t), pastOf(t)[:1]
	r := withPast(t, s, nil, past...)
	unpriced := owned([]reading{{"2026-11-01 06:00", sample(t)[3:4]}, {"2026-11-04 06:00", sample(t)[3:4]}})
	newYear := []reading{{"2026-12-30 06:00", sample(t)}, {"2026-12-31 06:00", sample(t)}, {"2027-01-02 06:00", nil}}
	change := func(budget float64) *assumptions { return &assumptions{hours: 730, budget: budget, rate: 1} }
	listed, shares, spent := change(5000), change(5000), change(5000)
	listed.bill, listed.budget = report.BillListed, 12_000
	shares.shares = map[string]float64{"Stopped": 0.25, "Running": 0.5}
	spent.spent = 100.125
	o := s
	o.Owners = true
	for owner, budget := range map[string]string{"ml": "100", "research": "3000", "gone": "5", fleet.Unassigned: "800"} {
		o.OwnerAmounts = append(o.OwnerAmounts, report.OwnerAmount{Owner: owner, Money: price(t, budget).Value})
	}
	slices.SortFunc(o.OwnerAmounts, func(a, b report.OwnerAmount) int { return strings.Compare(a.Owner, b.Owner) })
	ownedPast := owned(pastOf(t))
	owners := withPast(t, o, nil, ownedPast...)
	return []calculation{
		{"owners", owners, maxRow, nil, false, ownedPast},
		{"ownersListed", owners, maxRow, listed, false, ownedPast},
		{"ownersFirst", withPast(t, o, nil, ownedPast[:1]...), maxRow, change(500), false, ownedPast[:1]},
		{"ownersFixed", owners, maxRow, listed, true, ownedPast},
		{"past", r, maxRow, nil, false, past},
		{"pastListed", r, maxRow, listed, false, past},
		{"pastShares", r, maxRow, shares, false, past},
		{"pastSpent", r, headerRow + 5, spent, false, past},
		{"pastWithin", r, maxRow, change(3700), false, past},
		{"pastLikelyOver", r, maxRow, change(3600), false, past},
		{"pastOver", r, maxRow, change(2875), false, past},
		{"unpriced", withPast(t, o, nil, unpriced...), maxRow, change(500), false, unpriced},
		{"newYear", withPast(t, s, nil, newYear...), maxRow, nil, false, newYear},
		{"pastFixed", r, maxRow, change(2875), true, past},
		{"firstWithin", withPast(t, s, nil, first...), maxRow, change(500), false, first},
		{"firstLikelyOver", withPast(t, s, nil, first...), maxRow, change(490), false, first},
	}
}

// owned gives the instances of readings owners, which some change.
func owned(readings []reading) []reading {
	for i, reading := range readings {
		for j, in := range reading.list {
			in.Owner = []string{"ml", "research", fleet.Unassigned}[(j+i/40)%3]
		}
	}
	return readings
}

// changedReport returns the report that is made with the changed inputs other than the billed shares.
func (c calculation) changedReport(t testing.TB) *report.Report {
	change := func(s *report.Settings) {
		s.HoursPerMonth = decimal.NewFromFloat(c.change.hours)
		s.Budget = fleet.Known(fleet.MoneyOf(decimal.NewFromFloat(c.change.budget)))
		if c.change.bill != "" {
			s.Bill = c.change.bill
		}
	}
	if c.past == nil {
		s := c.r.Settings
		change(&s)
		r := newReport(c.pricedInstances(t), s)
		r.Days = c.r.Days
		return r
	}
	s := c.r.Settings
	r := withPast(t, s, change, c.past...)
	if add := decimal.NewFromFloat(c.change.spent * 3600); !add.IsZero() {
		m := r.ThisMonth()
		group := &m.Groups[len(m.Groups)-1]
		for _, of := range []*history.Range{&group.Running, &m.Running, &r.Forecast.Running} {
			of.Estimate = of.Estimate.Add(add)
		}
	}
	return r
}

// spend returns a sheet with the change of Spend.
func (a assumptions) spend(t testing.TB, text string, f *excelize.File, file string) string {
	t.Helper()
	sheets := f.GetSheetList()
	last := slices.Index(sheets, "Trend") - 1
	if a.spent == 0 || file != fmt.Sprintf("xl/worksheets/sheet%d.xml", last+1) {
		return text
	}
	column, _ := find(t, f, sheets[last], "Running, estimate (USD)")
	rows, err := f.GetRows(sheets[last])
	check(t, err)
	cell := cellName(column, len(rows))
	was, err := strconv.ParseFloat(rawValue(t, f, sheets[last], cell), 64)
	check(t, err)
	return withNumber(t, text, cell, was+a.spent)
}

// expectForecast updates the expected values of the cells that depend on the billed rate, but not what was spent.
// unpriced is the number of billed instances without a price.
func expectForecast(t testing.TB, set func(sheet, cell string, value float64), want map[cellRef]string,
	f *excelize.File, c calculation, perHour, unpriced float64) {
	t.Helper()
	left, spent := report.CellHours(c.r.HoursLeft()), c.r.BilledSpend()
	add := func(to decimal.Decimal) float64 { return report.CellAmount(to).Float64() + perHour*left }
	hours := report.CellHours(spent.Unpriced) + unpriced*left
	row := headerRow + len(c.r.Spend.Months)
	for heading, value := range map[string]float64{
		"Forecast (USD)": add(spent.Estimate), "Forecast, unpriced (hours)": hours,
	} {
		column, _ := find(t, f, monthsSheet, heading)
		set(monthsSheet, cellName(column, row), value)
	}
	_, row = find(t, f, summarySheet, c.r.ForecastFigure().Name)
	for i, value := range []float64{hours, add(spent.Low), add(spent.Estimate), add(spent.High),
		math.Round(add(spent.Estimate)/c.change.budget*1000) / 1000} {
		set(summarySheet, cellName(2+i, row), value)
	}
	likely := add(spent.Estimate)
	if !c.r.Forecast.Counts() {
		likely = perHour * c.change.hours
	}
	state := string(report.Within)
	switch budget := c.change.budget; {
	case report.CellAmount(spent.Low).Float64() > budget:
		state = string(report.Over)
	case likely > budget:
		state = string(report.LikelyOver)
	case add(spent.Estimate) == 0 && hours > 0:
		state = report.Unknown
	}
	want[cellRef{summarySheet, cellName(4, row+2)}] = state
}
