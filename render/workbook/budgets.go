package workbook

import (
	"strconv"

	"github.com/xuri/excelize/v2"

	"gpufleet/render/report"
)

const budgetsSheet = "Budgets"

// budgetsTable makes the table of the owners' budgets. Without any, there is none.
func (b *book) budgetsTable() *table {
	rows := b.r.OwnerBudgets
	if len(rows) == 0 {
		return nil
	}
	t := newTable(b.r, budgetsSheet, "owner with a budget", b.r.OwnerBudgetColumns(), rows)
	addColumns(b.r, t, []report.Column[*report.OwnerBudget]{
		countColumn("budget_no", "Budget no.", "", "The number of this row, which tblSpend refers to.",
			func(o *report.OwnerBudget) int { return b.budgetNo[o.Owner] }),
		countColumn("owner_no", "Owner no.", "", "The number of the owner in tblOwners; 0 for one without instances.",
			func(o *report.OwnerBudget) int {
				if o.Part == nil {
					return 0
				}
				return o.Part.Index + 1
			}),
	}, func(row int) *report.OwnerBudget { return rows[row] })
	t.printFirst("owner", "budget", "spent_low", "spent_estimate", "forecast", "forecast_percent", "run_rate_percent",
		"state")
	for name, decimals := range map[string]int{"forecast_percent": 1, "run_rate_percent": 1,
		"unpriced_hours": rounded["unpriced_hours"], "forecast_unpriced_hours": rounded["forecast_unpriced_hours"]} {
		t.column(name).decimals = decimals // other inputs lead to other decimals
	}
	t.oneSheet = true
	t.note = "The current month of each owner with a budget, as billed (see " + assumptionsSheet + "). " +
		"Change a budget here, and its state follows."
	if b.fixed {
		t.note = "The current month of each owner with a budget. This sheet is protected, like " + assumptionsSheet + "."
	}
	b.budgets = t
	return t
}

// budgetNoColumn is the column by which formulas match spend with a budget. Names come from people, and SUMIFS takes
// some for patterns.
func (b *book) budgetNoColumn() report.Column[report.SpendRow] {
	return countColumn("budget_no", "Budget no.", "", "The number in "+budgetsSheet+" of its owner; 0 without a budget.",
		func(s report.SpendRow) int { return b.budgetNo[s.Owner] })
}

// setBudgetFormulas makes the owners' budgets follow what was spent, the instances and the inputs.
func (b *book) setBudgetFormulas() {
	t := b.budgets
	if t == nil || b.fixed {
		return
	}
	month := strconv.Itoa(report.MonthNumber(b.r.ThisMonth().Month))
	spent := source{b: b, t: b.spend, where: []criterion{{"month_no", month}, {"budget_no", t.inRow("budget_no")}}}
	for name, column := range map[string]string{"spent_low": "low", "spent_estimate": "estimate",
		"unpriced_hours": "unpriced_hours"} {
		t.column(name).formula = byBill(spent.sum("running_"+column), spent.sum("listed_"+column))
	}
	now := b.all().with(criterion{"owner_no", t.inRow("owner_no")})
	perHour := now.sum("billed_per_hour")
	left := source{b: b, t: b.months, where: []criterion{{"month_no", month}}}.sum("hours_left")
	t.column("forecast").formula = t.inRow("spent_estimate") + "+" + perHour + "*" + left

	t.column("forecast_unpriced_hours").formula = t.inRow("unpriced_hours") + "+(" + now.sum("billed_instances") + "-" +
		now.sum("billed_priced") + ")*" + left

	budget := t.inRow("budget")
	ifSet := func(formula string) string { return "IF(N(" + budget + `)=0,"",` + formula + ")" }
	t.column("forecast_percent").formula = ifSet("100*" + shareOf(t.inRow("forecast"), budget))
	rate := perMonth(perHour)
	t.column("run_rate_percent").formula = ifSet("100*" + shareOf("("+rate+")", budget))
	decides := t.inRow("forecast")
	if !b.r.Forecast.Counts() {
		decides = rate
	}
	t.column("state").formula = ifSet(stateFormula(t.inRow("spent_low"), decides, budget,
		t.inRow("forecast"), t.inRow("forecast_unpriced_hours")))
	at := rangeOf(t.index("budget")+1, t.header()+1, t.header()+t.rows)
	t.inputs = append(t.inputs, b.validation(at, "Enter an amount above 0.", above(0)))
	state := t.index("state") + 1
	t.rules = append(t.rules, b.stateRule(rangeOf(state, t.header()+1, t.header()+t.rows),
		cellName(state, t.header()+1)))
	t.column("budget").input = true
}

// stateFormula returns the formula of a budget's state. spent has the least that was spent, and decides the forecast or
// the run rate. A forecast of 0 that is only unpriced hours says nothing.
func stateFormula(spent, decides, budget, forecast, unpriced string) string {
	above := func(amount string) string { // sums of binary numbers are not exact
		return "ROUND(" + amount + "-" + budget + ",6)>0"
	}
	return "IF(" + above(spent) + `,"` + string(report.Over) + `",IF(` + above(decides) + `,"` +
		string(report.LikelyOver) + `",IF(AND(` + forecast + `=0,` + unpriced + `>0),"` + report.Unknown + `","` +
		string(report.Within) + `")))`
}

// stateRule shows a state in red if the budget is or will be exceeded. first is the first of the cells.
func (b *book) stateRule(cells, first string) rule {
	return rule{cells, []excelize.ConditionalFormatOptions{
		b.when(`OR(`+first+`="`+string(report.Over)+`",`+first+`="`+string(report.LikelyOver)+`")`,
			&excelize.Style{Font: &excelize.Font{Bold: true, Color: red}}),
	}}
}

// numberBudgets numbers the owners with a budget, from 1.
func numberBudgets(budgets []*report.OwnerBudget) map[string]int {
	numbers := map[string]int{}
	for i, o := range budgets {
		numbers[o.Owner] = i + 1
	}
	return numbers
}
