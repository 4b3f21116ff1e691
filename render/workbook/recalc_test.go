package workbook

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/xuri/excelize/v2"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
	"gpufleet/render/e2e"
	"gpufleet/render/report"
)

// awkward is a fleet whose names a spreadsheet could misread or confuse. Each figure is unknown for some instances.
func awkward(t testing.TB) []*fleet.Instance {
	names := append([]string{
		"texas", "Texas", "TEXAS", "tex*", "te?as", "~texas", "te~*as", "<5", ">0", "<>", "=", "7", "07", "7.0", "1e3",
		"1000", "TRUE", " ", "CPU only", strings.Repeat("long ", 60), "a\nb", "#N/A", "", "Unknown region",
	}, hostileTexts...)
	statuses := []string{
		"Running", "running", "Stopped", "Deleted", "DELETED", "Booked", "Error", "", "<5", "Run*", "Deploying",
	}
	prices := []string{"0.679", "0", "14.4", "", "0.052", "123456.789", "0.333333333333"}
	var instances []*fleet.Instance
	for i := range 3 * len(names) {
		in := &fleet.Instance{
			ID: strconv.Itoa(i), Region: names[i%len(names)], GPU: names[(i*5+i/len(names))%len(names)],
			HostName: names[(i*7)%len(names)], Status: statuses[(i*3)%len(statuses)], ProductType: "GPU",
			OS: names[i%len(names)],
		}
		if i%5 > 0 {
			in.GPUCount = fleet.Known(float64(i % 4))
		}
		if i%4 > 0 {
			in.CPUCores, in.RAM = fleet.Known(float64(i)+0.5), fleet.Known(float64(i)*0.1)
		}
		if i%3 > 0 {
			in.DiskSize = fleet.Known(float64(i * 100))
		}
		if p := prices[(i*2)%len(prices)]; p != "" {
			in.Price, in.PriceSource = price(t, p), fleet.ListPrice
		}
		instances = append(instances, in)
	}
	return instances
}

// days is a history of two days.
func days(t testing.TB) []history.Entry {
	day := func(date int, perHour string) history.Entry {
		taken := time.Date(2026, 11, date, 6, 0, 0, 0, time.UTC)
		cost := history.Cost{Instances: 3, Priced: date % 3, PerHour: history.Amount{Money: price(t, perHour).Value}}
		return history.Entry{
			Date: history.DateText(taken), Taken: taken,
			Figures: history.Figures{Instances: 3, GPUs: 8, GPUsKnown: 2, Running: cost, Listed: cost},
		}
	}
	return []history.Entry{day(20, "1.5"), day(21, "2.333")}
}

// assumptions are the inputs that a person may change.
type assumptions struct {
	hours, budget, rate float64
	shares              map[string]float64 // by status; the others keep their values
	prices              map[int]string     // by the index of the instance
	reversed            bool               // the instances are sorted the other way round
	bill                report.Bill        // "" as it was
	spent               float64            // is added to the estimate in the last row of Spend
}

// calculation is a report whose workbook is recalculated, perhaps with other inputs.
type calculation struct {
	name    string
	r       *report.Report
	lastRow int
	change  *assumptions // nil for none
	fixed   bool         // as that of a fleet that is too large for formulas
	past    []reading    // of the report; its last list is that of r
}

func calculations(t testing.TB) []calculation {
	with := func(instances []*fleet.Instance, hours string, budget string) *report.Report {
		s := settings()
		s.HoursPerMonth = decimal.RequireFromString(hours)
		if budget != "" {
			s.Budget = price(t, budget)
		}
		r := newReport(instances, s)
		r.Days = days(t)
		return r
	}
	unknown := []*fleet.Instance{{}, {Status: "Running"}, {GPU: "H100"}}
	changed := &assumptions{
		hours: 700.25, budget: 1234, rate: 0.92,
		shares: map[string]float64{"Stopped": 0.25, "Deleted": 0.5, "unknown": 0},
	}
	priced, reversed := *changed, *changed
	owned := func(instances []*fleet.Instance) *report.Report {
		for i, in := range instances {
			in.Owner = []string{"ml", "research", "=Platform & co", fleet.Unassigned}[i%7%4]
		}
		s := settings()
		s.Owners, s.Budget = true, price(t, "5000")
		return newReport(instances, s)
	}
	inAccounts := func(instances []*fleet.Instance) *report.Report {
		for i, in := range instances {
			in.Account = []string{"ml", "=web & co"}[i%3%2]
		}
		s := settings()
		s.Accounts, s.Budget = []string{"ml", "=web & co"}, price(t, "5000")
		return newReport(instances, s)
	}
	priced.prices = map[int]string{0: "7.125", 1: "0", 50: "0.3", 100: "1000", 158: "2.5"}
	reversed.prices, reversed.reversed = priced.prices, true
	all := []calculation{
		{"sample", with(sample(t), "730", "600"), maxRow, nil, false, nil},
		{"awkward", with(awkward(t), "730", ""), maxRow, nil, false, nil},
		{"spilled", with(awkward(t), "730.5", "100"), headerRow + 20, nil, false, nil},
		{"unknown", with(unknown, "730", "100"), maxRow, nil, false, nil},
		{"empty", with(nil, "730", "100"), maxRow, nil, false, nil},
		{"manyModels", with(manyModels(t), "730", "100"), maxRow, nil, false, nil},
		{"changed", with(awkward(t), "730", ""), maxRow, changed, false, nil},
		{"changedSpilled", with(awkward(t), "730", "5000"), headerRow + 20, changed, false, nil},
		{"priced", with(awkward(t), "730", ""), maxRow, &priced, false, nil},
		{"pricedSpilled", with(awkward(t), "730", ""), headerRow + 20, &priced, false, nil},
		{"reversed", with(awkward(t), "730", ""), maxRow, &reversed, false, nil},
		{"fixed", with(awkward(t), "730", "5000"), maxRow, changed, true, nil},
		{"owned", owned(awkward(t)), maxRow, &priced, false, nil},
		{"ownedSpilled", owned(awkward(t)), headerRow + 20, changed, false, nil},
		{"accounts", inAccounts(awkward(t)), maxRow, &priced, false, nil},
		{"cheap", with(cheap(t), "730", "999999999"), maxRow, nil, false, nil},
	}
	return append(all, pastCalculations(t)...)
}

// TestRecalculated checks that LibreOffice calculates the value that was written for each formula. After a change of
// inputs, the values must be those of a report that was made with these inputs.
func TestRecalculated(t *testing.T) {
	all := calculations(t)
	dir := t.TempDir()
	written := map[string][]byte{}
	for _, c := range all {
		data := writtenTo(t, c.r, c.lastRow)
		if c.fixed {
			data = fixed(t, c.r, c.lastRow)
		}
		written[c.name] = data
		check(t, os.WriteFile(filepath.Join(dir, c.name+".xlsx"), withoutValues(t, data, c), 0o600))
	}
	recalculate(t, dir)
	for _, c := range all {
		t.Run(c.name, func(t *testing.T) {
			calculated, err := excelize.OpenFile(filepath.Join(dir, "out", c.name+".xlsx"))
			check(t, err)
			defer calculated.Close()
			want := formulaCells(t, written[c.name])
			if len(want) < 100 && c.name != "empty" && !c.fixed {
				t.Fatalf("%d cells have formulas: the test checks nothing", len(want))
			}
			for name, text := range parts(t, written[c.name]) {
				if at := strings.Index(text, "</f></c>"); at >= 0 {
					t.Errorf("%s has a formula without a value: %s", name, text[max(0, at-200):at])
				}
			}
			if c.change != nil && !c.fixed {
				after := c
				after.r = c.changedReport(t)
				want = formulaCells(t, writtenTo(t, after.r, c.lastRow))
				if !c.r.Budget.Known { // the workbook was written without what explains a budget
					before, _ := report.RunRateLegend()
					maps.DeleteFunc(want, func(_ cellRef, text string) bool { return strings.HasPrefix(text, before) })
				}
				expectShares(t, want, opened(t, written[c.name]), after)
				if c.change.reversed {
					expectReversed(t, want, opened(t, written[c.name]), c)
				}
			}
			differences := 0
			for at, value := range want {
				got := rawValue(t, calculated, at.sheet, at.cell)
				if !sameValue(value, got) {
					if differences++; differences <= 20 {
						t.Errorf("%s!%s is %q, recalculated %q: =%s", at.sheet, at.cell, value, got, formulaOf(t, written[c.name], at))
					}
				}
			}
			t.Logf("%d cells with formulas", len(want))
		})
	}
}

// cellRef names a cell of a workbook.
type cellRef struct{ sheet, cell string }

var formulaCell = regexp.MustCompile(`<c r="(\w+)"([^>]*)><f>([^<]*)</f>(?:<v>([^<]*)</v>)?</c>`)

// formulaCells returns the values that were written for a workbook's formulas.
func formulaCells(t testing.TB, data []byte) map[cellRef]string {
	t.Helper()
	values := map[cellRef]string{}
	texts := parts(t, data)
	for i, sheet := range opened(t, data).GetSheetList() {
		for _, match := range formulaCell.FindAllStringSubmatch(texts[fmt.Sprintf("xl/worksheets/sheet%d.xml", i+1)], -1) {
			values[cellRef{sheet, match[1]}] = match[4]
		}
	}
	return values
}

func formulaOf(t testing.TB, data []byte, at cellRef) string {
	t.Helper()
	formula, err := opened(t, data).GetCellFormula(at.sheet, at.cell)
	check(t, err)
	return formula
}

// sameValue compares numbers within the precision of a sum, and everything else exactly.
func sameValue(a, b string) bool {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	if errX != nil || errY != nil {
		return a == b
	}
	return math.Abs(x-y) <= 1e-9*max(math.Abs(x), math.Abs(y), 1e-3)
}

// withoutValues returns a workbook without the values of its formulas, which LibreOffice would keep. If there is a
// change, the workbook has these inputs.
func withoutValues(t testing.TB, data []byte, c calculation) []byte {
	t.Helper()
	change := c.change
	f := opened(t, data)
	sheetNumber := slices.Index(f.GetSheetList(), assumptionsSheet) + 1
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	check(t, err)
	texts := parts(t, data)
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, file := range archive.File {
		text := texts[file.Name]
		if strings.HasPrefix(file.Name, "xl/worksheets/sheet") {
			text = formulaCell.ReplaceAllStringFunc(text, func(cell string) string {
				match := formulaCell.FindStringSubmatch(cell)
				return `<c r="` + match[1] + `"><f>` + match[3] + `</f></c>`
			})
		}
		if change != nil && file.Name == fmt.Sprintf("xl/worksheets/sheet%d.xml", sheetNumber) {
			for cell, value := range change.cells(t, f) {
				text = withNumber(t, text, cell, value)
			}
			if change.bill != "" {
				_, row := find(t, f, assumptionsSheet, "Billed instances")
				at := regexp.MustCompile(`(<c r="B` + strconv.Itoa(row) + `"[^>]*><is><t>)\w+<`)
				text = at.ReplaceAllString(text, "${1}"+string(change.bill)+"<")
			}
		}
		if change != nil && strings.HasPrefix(file.Name, "xl/worksheets/sheet") {
			for i, amount := range change.prices {
				sheet, row := position("Instances", i, c.lastRow)
				if file.Name != fmt.Sprintf("xl/worksheets/sheet%d.xml", slices.Index(f.GetSheetList(), sheet)+1) {
					continue
				}
				column, _ := find(t, f, sheet, "Price (USD per hour)")
				text = withPrice(t, text, columnName(column), row, amount)
			}
			text = change.spend(t, text, f, file.Name)
			if change.reversed && file.Name == "xl/worksheets/sheet2.xml" {
				text = reverseRows(t, text)
			}
		}
		out, err := w.Create(file.Name)
		check(t, err)
		_, err = out.Write([]byte(text))
		check(t, err)
	}
	check(t, w.Close())
	return b.Bytes()
}

// cells returns the new values of the inputs, by cell.
func (a assumptions) cells(t testing.TB, f *excelize.File) map[string]float64 {
	cells := map[string]float64{}
	for name, value := range map[string]float64{hoursName: a.hours, budgetName: a.budget, rateName: a.rate} {
		for _, defined := range f.GetDefinedName() {
			if defined.Name == name {
				cells[strings.ReplaceAll(strings.TrimPrefix(defined.RefersTo, assumptionsSheet+"!"), "$", "")] = value
			}
		}
	}
	for status, share := range a.shares {
		_, row := find(t, f, assumptionsSheet, status)
		cells["B"+strconv.Itoa(row)] = share
	}
	if len(cells) != 3+len(a.shares) {
		t.Fatalf("inputs %v", cells)
	}
	return cells
}

func withNumber(t testing.TB, sheet, cell string, value float64) string {
	t.Helper()
	old := regexp.MustCompile(`(<c r="` + cell + `"[^>]*>)(?:<f>[^<]*</f>)?(<v>[^<]*</v>)?(</c>)`)
	if !old.MatchString(sheet) {
		t.Fatalf("there is no cell %s", cell)
	}
	return old.ReplaceAllString(sheet, "${1}<v>"+strconv.FormatFloat(value, 'g', -1, 64)+"</v>${3}")
}

// position returns the sheet and the row of a table's i-th row.
func position(sheet string, i, lastRow int) (string, int) {
	room := lastRow - headerRow
	if i >= room {
		return sheet + " " + strconv.Itoa(i/room+1), headerRow + 1 + i%room
	}
	return sheet, headerRow + 1 + i
}

// expectShares updates the expected values of the cells that depend on the billed shares and the exchange rate.
func expectShares(t testing.TB, want map[cellRef]string, f *excelize.File, c calculation) {
	t.Helper()
	statuses, statusIndexes := c.r.StatusGroups(maxStatuses)
	share := func(in *fleet.Instance) float64 {
		s := statuses[statusIndexes[in.Status]]
		if share, ok := c.change.shares[s.Label]; ok {
			return share
		}
		return billedShare(c.r.Bill, s)
	}
	type bill struct{ instances, priced, perHour float64 }
	var all bill
	parts, byStatus := map[string]*bill{}, map[string]*bill{} // parts by column and name; groups by all names
	add := func(b *bill, in *fleet.Instance) {
		if share(in) == 0 {
			return
		}
		b.instances++
		if in.Price.Known {
			b.priced++
			b.perHour += in.Price.Value.Float64() * share(in)
		}
	}
	of := func(m map[string]*bill, name string) *bill {
		if m[name] == nil {
			m[name] = &bill{}
		}
		return m[name]
	}
	for _, in := range c.r.Instances {
		add(&all, in)
		add(of(parts, "region "+in.RegionName()), in)
		add(of(parts, "gpu "+in.Model()), in)
		add(of(parts, "owner "+in.Owner), in)
		add(of(parts, "account "+in.Account), in)
		add(of(parts, strings.TrimRight(in.RegionName()+"\x00"+in.Model()+"\x00"+in.Owner+in.Account, "\x00")), in)
		add(of(byStatus, statuses[statusIndexes[in.Status]].Label), in)
	}
	set := func(sheet, cell string, value float64) {
		at := cellRef{sheet, cell}
		if _, ok := want[at]; !ok {
			t.Fatalf("%s!%s has no formula", sheet, cell)
		}
		want[at] = strconv.FormatFloat(value, 'g', -1, 64)
	}
	headings := map[columnOf]string{} // the letters of columns
	column := func(sheet, heading string) string {
		at := columnOf{sheet, heading}
		if headings[at] == "" {
			column, _ := find(t, f, sheet, heading)
			headings[at] = columnName(column)
		}
		return headings[at]
	}
	setBill := func(sheet string, row int, b *bill) {
		at := strconv.Itoa(row)
		set(sheet, column(sheet, "Billed instances")+at, b.instances)
		set(sheet, column(sheet, "Billed priced (instances)")+at, b.priced)
		set(sheet, column(sheet, "Billed (USD per hour)")+at, b.perHour)
		set(sheet, column(sheet, "Billed (USD per month)")+at, b.perHour*c.change.hours)
	}
	for _, d := range c.r.Divisions {
		for i, part := range d.Parts {
			sheet, row := position(wordsOf(d).sheet, i, c.lastRow)
			setBill(sheet, row, of(parts, d.Name+" "+part.Name))
			setBill(sheet, totalRow, &all)
		}
	}
	for i, group := range c.r.Combinations() {
		sheet, row := position("Groups", i, c.lastRow)
		var names []string // of region and model, and of an owner or an account
		for _, part := range group.Parts {
			names = append(names, part.Name)
		}
		setBill(sheet, row, of(parts, strings.Join(names, "\x00")))
		setBill(sheet, totalRow, &all)
	}
	for i, in := range c.r.Instances {
		sheet, row := position("Instances", i, c.lastRow)
		hour, month := column(sheet, "Billed (USD per hour)"), column(sheet, "Billed (USD per month)")
		if share(in) > 0 && !in.Price.Known {
			want[cellRef{sheet, hour + strconv.Itoa(row)}], want[cellRef{sheet, month + strconv.Itoa(row)}] = "", ""
			continue
		}
		perHour := in.Price.Value.Float64() * share(in)
		set(sheet, hour+strconv.Itoa(row), perHour)
		set(sheet, month+strconv.Itoa(row), perHour*c.change.hours)
		set(sheet, hour+strconv.Itoa(totalRow), all.perHour)
		set(sheet, month+strconv.Itoa(totalRow), all.perHour*c.change.hours)
	}
	first := c.r.Statuses[0].Label()
	_, statusRow := find(t, f, assumptionsSheet, first)
	for i, s := range statuses {
		set(assumptionsSheet, column(assumptionsSheet, "Billed (USD per month)")+strconv.Itoa(statusRow+i),
			of(byStatus, s.Label).perHour*c.change.hours)
		if typed, ok := c.change.shares[s.Label]; ok {
			set(assumptionsSheet, "B"+strconv.Itoa(statusRow+i), typed)
		}
	}

	_, running := find(t, f, summarySheet, "Running")
	at := strconv.Itoa(running + 2)
	perMonth := all.perHour * c.change.hours
	set(summarySheet, "B"+at, all.instances)
	set(summarySheet, "C"+at, all.priced)
	set(summarySheet, "D"+at, all.perHour)
	set(summarySheet, "E"+at, perMonth)
	set(summarySheet, "F"+at, math.Round(perMonth/c.change.budget*1000)/1000)
	want[cellRef{summarySheet, "G" + at}] = ""
	if all.priced < all.instances {
		want[cellRef{summarySheet, "G" + at}] = fmt.Sprintf("%v of %v priced", all.priced, all.instances)
	}
	expectForecast(t, set, want, f, c, all.perHour, all.instances-all.priced)
	const below = 5 // rows from the costs to the converted costs
	for i, cost := range []report.Cost{c.r.Running, c.r.Listed} {
		set(summarySheet, "D"+strconv.Itoa(running+below+i), cost.PerHour.Float64()*c.change.rate)
		set(summarySheet, "E"+strconv.Itoa(running+below+i), cost.PerHour.Float64()*c.change.hours*c.change.rate)
	}
	set(summarySheet, "D"+strconv.Itoa(running+below+2), all.perHour*c.change.rate)
	set(summarySheet, "E"+strconv.Itoa(running+below+2), perMonth*c.change.rate)
}

// recalculate has LibreOffice recalculate the workbooks in a folder, and save them in its subfolder out.
func recalculate(t *testing.T, dir string) {
	t.Helper()
	e2e.Need(t, "soffice", "the workbook recalculated by LibreOffice")
	files, err := filepath.Glob(filepath.Join(dir, "*.xlsx"))
	check(t, err)
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	args := []string{
		"-env:UserInstallation=file://" + filepath.Join(dir, "profile"), "--headless", "--norestore",
		"--convert-to", "xlsx", "--outdir", filepath.Join(dir, "out"),
	}
	command := exec.CommandContext(ctx, "soffice", append(args, files...)...)
	ownGroup(command)
	command.WaitDelay = 10 * time.Second
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("soffice: %v\n%s", err, output)
	}
}
