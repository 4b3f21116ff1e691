package workbook

import (
	"slices"
	"strconv"

	"github.com/shopspring/decimal"

	"gpufleet/fetch/history"
	"gpufleet/render/report"
)

const monthsSheet = "Months"

// monthsTable makes the table of the months, which adds up the table of what their groups cost.
func (b *book) monthsTable() *table {
	months := b.r.MonthsBack()
	slices.Reverse(months)
	t := newTable(b.r, monthsSheet, "month", report.MonthColumns(b.r), months)
	addColumns(b.r, t, []report.Column[*history.MonthSpend]{monthNumberColumn(
		func(m *history.MonthSpend) string { return m.Month })}, func(row int) *history.MonthSpend { return months[row] })
	t.printFirst("month", "spent_low", "spent_estimate", "spent_high", "forecast", "budget", "budget_percent",
		"spent_delta", "unpriced_hours", "gpu_hours", "observed_hours", "gap_hours")
	for _, name := range []string{"budget_percent", "unpriced_hours", "forecast_unpriced_hours", "gpu_hours"} {
		t.column(name).decimals = rounded[name] // other inputs lead to other decimals
	}
	t.oneSheet = true
	t.note = "Sums of " + spendSheet + ", as billed (see " + assumptionsSheet + "). " +
		"Only the current month has a forecast."
	b.months = t
	return t
}

const spendSheet = "Spend"

// spendTable makes the table of what each group cost in each month.
func (b *book) spendTable() *table {
	rows := b.r.SpendRows()
	t := newTable(b.r, spendSheet, "month and group", report.SpendColumns(b.r, report.CellPlaces), rows)
	addColumns(b.r, t, []report.Column[report.SpendRow]{monthNumberColumn(
		func(s report.SpendRow) string { return s.Month })}, func(row int) report.SpendRow { return rows[row] })
	if len(b.budgetNo) > 0 {
		addColumns(b.r, t, []report.Column[report.SpendRow]{b.budgetNoColumn()},
			func(row int) report.SpendRow { return rows[row] })
	}
	t.printFirst("month", "region", "gpu", "owner", "account", "running_low", "running_estimate", "running_high",
		"listed_low", "listed_estimate", "listed_high", "gpu_hours")
	if b.fixed {
		t.note = "This sheet is protected, like " + assumptionsSheet + "."
	}
	b.spend = t
	return t
}

// trendTable makes the table of the days.
func (b *book) trendTable() *table {
	t := newTable(b.r, "Trend", "day", report.DayColumns(), b.r.AllDays())
	t.printFirst("date", "running_low", "running_estimate", "running_high", "listed_low", "listed_estimate",
		"listed_high", "instances", "gpu_count", "running_per_hour", "listed_per_hour")
	return t
}

// monthNumberColumn is the column that formulas match months by: a spreadsheet would take 2026-11 for a date.
func monthNumberColumn[T any](month func(T) string) report.Column[T] {
	return countColumn("month_no", "Month no.", "", "The year and the month as one number. Formulas match months by it.",
		func(row T) int { return report.MonthNumber(month(row)) })
}

// setMonthFormulas makes the months follow the table of what their groups cost, and the inputs. The Summary must be
// made before.
func (b *book) setMonthFormulas() {
	if b.fixed {
		return
	}
	t := b.months
	number := t.inRow("month_no")
	sum := func(column string) string {
		return source{b: b, t: b.spend, where: []criterion{{"month_no", number}}}.sum(column)
	}
	for name, column := range map[string]string{"spent_low": "low", "spent_estimate": "estimate", "spent_high": "high",
		"unpriced_hours": "unpriced_hours"} {
		t.column(name).formula = byBill(sum("running_"+column), sum("listed_"+column))
	}
	t.column("gpu_hours").formula = sum("gpu_hours")

	// January follows December.
	before := source{b: b, t: t, where: []criterion{{"month_no",
		"IF(MOD(" + number + ",100)=1," + number + "-89," + number + "-1)"}}}
	delta := t.column("spent_delta")
	delta.formula = "IF(" + before.count() + `=0,"",` +
		t.inRow("spent_estimate") + "-" + before.sum("spent_estimate") + ")"
	if t.rows > 1 && b.r.FirstMonthIsPartial() { // so the second one has nothing to compare with
		delta.formulaFrom = 2
	}

	budget := t.inRow("budget")
	t.column("budget_percent").formula = `IF(N(` + budget + `)=0,"",100*` +
		shareOf(t.inRow("spent_estimate"), budget) + ")"

	left := t.inRow("hours_left")
	for name, formula := range map[string]string{
		"forecast": t.inRow("spent_estimate") + "+" + b.billedRate + "*" + left,
		"forecast_unpriced_hours": t.inRow("unpriced_hours") + "+(" + b.all().sum("billed_instances") + "-" +
			b.all().sum("billed_priced") + ")*" + left,
		"budget": ifBudget(budgetName),
	} {
		c := t.column(name)
		c.formula, c.formulaFrom = formula, t.rows-1 // of the current month
	}
}

// addMonth adds what the current month has cost and will cost, and the state of the budget.
func (b *book) addMonth(p *page) {
	r := b.r
	month := r.ThisMonth()
	p.section(figureSection, report.MonthTitle(month.Month), "Unpriced (h)", "Low ("+r.Currency+")",
		"Estimate ("+r.Currency+")", "High ("+r.Currency+")", "% of budget", "Coverage")
	of := source{b: b, t: b.months, where: []criterion{{"month_no", strconv.Itoa(report.MonthNumber(month.Month))}}}

	spentRow, row := strconv.Itoa(p.next()), strconv.Itoa(p.next()+1)
	b.addSpent(p, spentLine{name: r.SpentFigure().Name, amounts: r.BilledSpend(), coverage: r.ObservedText(month),
		unpriced: of.sum("unpriced_hours"),
		formulas: [3]string{of.sum("spent_low"), of.sum("spent_estimate"), of.sum("spent_high")}})
	rest := "+$D$" + row + "-$D$" + spentRow // what the rest of the month costs is the same in all three
	b.addSpent(p, spentLine{name: r.ForecastFigure().Name, amounts: r.Forecast.Of(r.Bill), coverage: r.Forecast.Kind(),
		atLeast: r.Forecast.Partial, unpriced: of.sum("forecast_unpriced_hours"),
		formulas: [3]string{"$C$" + spentRow + rest, of.sum("forecast"), "$E$" + spentRow + rest}})
	b.addBudget(p, spentRow, row)
	p.blank()
	notes := r.CoverageNotes() // hours without a price stand above, and follow the inputs
	for _, note := range notes {
		p.across(prose, note)
	}
	if len(notes) > 0 {
		p.blank()
	}
}

// spentLine is a line of what was or will be spent.
type spentLine struct {
	name, coverage string
	amounts        history.Range
	atLeast        bool   // the amounts are lower bounds even with a price for every hour
	unpriced       string // the formula of the hours without a price
	formulas       [3]string
}

func (b *book) addSpent(p *page, l spentLine) {
	row, isBound := strconv.Itoa(p.next()), l.atLeast || l.amounts.LowerBound()
	cells := []cell{
		textCell(plain, l.name),
		formatted(report.CellHours(l.amounts.Unpriced), "#,##0.00").with(l.unpriced),
	}
	for i, amount := range []decimal.Decimal{l.amounts.Low, l.amounts.Estimate, l.amounts.High} {
		shown := figure(report.CellAmount(amount).Float64(), b.valueFormat(report.Money, 2), isBound)
		p.fit(i+2, textWidth("≥ "+b.r.SpentText(amount))+3)
		cells = append(cells, shown.with(l.formulas[i]))
	}
	share := formatted("", "#,##0.0%")
	if percent, ok := report.SpentPercent(l.amounts.Estimate, b.r.Budget); ok {
		share = figure(percent.Shift(-2).InexactFloat64(), share.style.format, isBound)
	}
	cells = append(cells, share.with(budgetUse("$D$"+row)), textCell(covered, l.coverage))
	cells[3].style.role = headline
	for i := 2; i <= 5; i++ {
		cells[i].style.tiny = true
		if !l.atLeast {
			p.rules = append(p.rules, b.lowerBoundRule(cellName(i+1, p.next()), "0", "$B$"+row, cells[i].style))
		}
	}
	p.add(cells...)
}

// addBudget adds the budget and its state. spentRow and forecastRow are the rows of what is and will be spent.
func (b *book) addBudget(p *page, spentRow, forecastRow string) {
	var budget any = ""
	state := ""
	if status, ok := b.r.FleetBudget(); ok {
		budget, state = status.Budget.Float64(), status.ShownState()
	}
	p.fit(3, textWidth(b.r.Amount(b.r.Budget.Value))+3)
	format := b.valueFormat(report.Money, decimalsOf(b.r.Budget.Value.String()))
	p.add(textCell(plain, "Budget"), cell{}, cell{}, formatted(budget, format).with(ifBudget(budgetName)))

	forecast, unpriced := "$D$"+forecastRow, "$B$"+forecastRow
	decides := forecast
	if !b.r.Forecast.Counts() { // then the run rate decides
		decides = perMonth(b.all().sum("billed_per_hour"))
	}
	at := cellName(4, p.next())
	p.rules = append(p.rules, b.stateRule(at, at))
	p.add(textCell(plain, "Budget state"), cell{}, cell{}, textCell(headline, state).with(
		ifBudget(stateFormula("$C$"+spentRow, decides, budgetName, forecast, unpriced))))
}
