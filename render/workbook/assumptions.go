package workbook

import (
	"strconv"

	"github.com/xuri/excelize/v2"

	"gpufleet/render/report"
)

const assumptionsSheet = "Assumptions"

// The rows of the inputs.
const (
	hoursRow = 6 + iota
	budgetRow
	rateRow
	currencyRow
)

// assumptions makes the table of statuses with the inputs above it: the only cells of the workbook that are there to
// be changed.
func (b *book) assumptions(statuses []report.StatusGroup) *table {
	t := &table{
		sheet: assumptionsSheet, name: "tblStatuses", row: "a status, with the share of its hours that is billed",
		rows: len(statuses), whole: true,
	}
	addColumns(b.r, t, statusColumns(statuses), func(row int) int { return row })
	t.column("billed_share").input = true
	p := &page{widths: []float64{28, 16}}
	p.lines = append(p.lines, line{cells: []cell{words(title, assumptionsSheet)}, height: 24})
	if marks := b.marks(); marks != "" {
		p.add(words(mark, marks))
	}
	p.add(words(caption, b.r.Origin()+"."))
	p.add(words(caption, "Change the boxed cells: every figure of the workbook that depends on them follows. "+
		"A price typed into Instances is counted too; what else is changed moves nothing."))
	for p.next() < hoursRow-1 {
		p.blank()
	}
	b.addInputs(p)
	t.above = p
	b.validate(t)
	rows := map[string]int{hoursName: hoursRow, budgetName: budgetRow, rateName: rateRow, currencyName: currencyRow}
	for name, row := range rows {
		b.inputs[name] = assumptionsSheet + "!$B$" + strconv.Itoa(row)
	}
	return t
}

// addInputs adds the inputs that are not of a status, in the order of their rows.
func (b *book) addInputs(p *page) {
	p.section(figureSection, "Input", "Value")
	hours := b.r.HoursPerMonth
	var budget any
	if b.r.Budget.Known {
		budget = b.r.Budget.Value.Float64()
	}
	number := func(value any, format string) cell {
		return cell{value: value, style: cellStyle{role: input, format: format}}
	}
	add := func(name string, value cell, meaning string) {
		p.add(words(plain, name), value, words(note, meaning))
	}
	add("Hours per month", number(hours.InexactFloat64(), b.valueFormat(report.Size, decimalsOf(hours.String()))),
		"HoursPerMonth: what a month is in every monthly amount")
	add("Budget ("+b.r.Currency+" per month)", number(budget, b.valueFormat(report.Money, 2)),
		"Budget: may be empty; what the costs of a month are shares of")
	add("Exchange rate", number(1, "0.0000"),
		"FxRate: what one "+b.r.Currency+" is in the other currency, for one block on Summary")
	add("Other currency", words(inputText, b.r.Currency), "FxCurrency: its name, for the same block")
	p.blank()
}

// validate lets no other values into the inputs than those that make sense.
func (b *book) validate(t *table) {
	add := func(cells, message string, set func(*excelize.DataValidation) error) {
		v := excelize.NewDataValidation(true)
		v.SetSqref(cells)
		v.SetError(excelize.DataValidationErrorStyleStop, "Not a possible value", message)
		b.try(set(v))
		t.above.inputs = append(t.above.inputs, v)
	}
	between := func(low, high float64) func(*excelize.DataValidation) error {
		return func(v *excelize.DataValidation) error {
			return v.SetRange(low, high, excelize.DataValidationTypeDecimal, excelize.DataValidationOperatorBetween)
		}
	}
	above := func(limit float64) func(*excelize.DataValidation) error {
		return func(v *excelize.DataValidation) error {
			return v.SetRange(limit, limit, excelize.DataValidationTypeDecimal, excelize.DataValidationOperatorGreaterThan)
		}
	}
	at := func(row int) string { return "B" + strconv.Itoa(row) }
	const hoursOfAYear = 8784
	add(at(hoursRow), "Hours per month: a number above 0, such as 730.", between(0.001, hoursOfAYear))
	add(at(budgetRow), "Budget: an amount above 0, or nothing.", above(0))
	add(at(rateRow), "Exchange rate: a number above 0.", above(0))
	add(at(currencyRow), "Other currency: a short name, such as EUR.", func(v *excelize.DataValidation) error {
		return v.SetRange(1, 20, excelize.DataValidationTypeTextLength, excelize.DataValidationOperatorBetween)
	})
	shares := rangeOf(t.index("billed_share")+1, t.header()+1, t.header()+max(1, t.rows))
	add(shares, "Billed share: from 0 (not billed) to 1 (all hours are billed).", between(0, 1))
}

// setStatusFormulas makes the statuses' figures follow the instances.
func (b *book) setStatusFormulas() {
	t := b.statuses
	set := func(name string, formula func(row int) string) { t.column(name).formula = formula }
	has := func(row int, more ...criterion) []criterion {
		return append([]criterion{{"status_no", t.cell("status_no", row)}}, more...)
	}
	set("instances", func(row int) string { return b.count(has(row)...) })
	set("gpu_count", func(row int) string { return b.sum("gpu_count", has(row)...) })
	set("gpu_count_known", func(row int) string { return b.count(has(row, known("gpu_count"))...) })
	set("priced", func(row int) string { return b.count(has(row, isPriced)...) })
	set("per_hour", func(row int) string { return b.sum("price_per_hour", has(row)...) })
	set("billed_per_month", func(row int) string {
		return t.cell("per_hour", row) + "*" + t.cell("billed_share", row) + "*" + hoursName
	})
}

// setNames defines the names of the inputs.
func (b *book) setNames() {
	for _, name := range []string{hoursName, budgetName, rateName, currencyName} {
		b.try(b.file.SetDefinedName(&excelize.DefinedName{Name: name, RefersTo: b.inputs[name]}))
	}
}
