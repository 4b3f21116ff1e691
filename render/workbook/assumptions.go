package workbook

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"gpufleet/render/report"
)

const assumptionsSheet = "Assumptions"

// The rows of the inputs.
const (
	hoursRow = 6 + iota
	budgetRow
	billRow
	rateRow
	currencyRow
)

// assumptions makes the table of statuses, with the other inputs above it.
func (b *book) assumptions(statuses []report.StatusGroup) *table {
	t := &table{
		sheet: assumptionsSheet, name: "tblStatuses", rowPer: "status, with the share of its hours that is billed",
		rows: len(statuses), oneSheet: true,
	}
	addColumns(b.r, t, statusColumns(b.r.Bill, statuses), func(row int) int { return row })
	t.column("billed_share").input = !b.fixed
	p := &page{widths: []float64{28, 16}}
	p.lines = append(p.lines, line{cells: []cell{textCell(title, assumptionsSheet)}, height: 24})
	p.add(b.caption(b.r.Origin() + "."))
	if b.fixed {
		p.add(textCell(notice, "All figures are fixed: the fleet is too large for formulas. "+
			"To change an input, run gpufleet again with --hours-per-month, --budget or --bill."))
	} else {
		p.add(textCell(caption, "Change the boxed cells: every figure that depends on them is recalculated. "+
			"You can also type missing prices into Instances. About says what is not recalculated."))
	}
	for p.next() < hoursRow-1 {
		p.blank()
	}
	b.addInputs(p)
	t.above = p
	if !b.fixed {
		b.validate(t)
	}
	rows := map[string]int{hoursName: hoursRow, budgetName: budgetRow, billName: billRow, rateName: rateRow,
		currencyName: currencyRow}
	for name, row := range rows {
		b.inputs[name] = assumptionsSheet + "!$B$" + strconv.Itoa(row)
	}
	return t
}

// addInputs adds the inputs other than the billed shares, in the order of their rows.
func (b *book) addInputs(p *page) {
	p.section(figureSection, "Input", "Value")
	hours := b.r.HoursPerMonth
	var budget any
	if b.r.Budget.Known {
		budget = b.r.Budget.Value.Float64()
	}
	figure, text := input, inputText
	if b.fixed {
		figure, text = plain, figureText
	}
	number := func(value any, format string) cell {
		return cell{value: value, style: cellStyle{role: figure, format: format}}
	}
	add := func(name string, value cell, meaning string) {
		p.add(textCell(plain, name), value, textCell(note, meaning))
	}
	add("Hours per month", number(hours.InexactFloat64(), b.valueFormat(report.Size, decimalsOf(hours.String()))),
		"Every monthly amount is an hourly amount times these hours. Defined name: "+hoursName)
	add("Budget ("+b.r.Currency+" per month)", number(budget, b.valueFormat(report.Money, 2)),
		"Costs and the forecast are shown as a percentage of it. May be empty. Defined name: "+budgetName)
	add("Billed instances", textCell(text, b.r.Bill.Name()),
		"running or listed: which instances are billed. Sets the billed shares below. Defined name: "+billName)
	add("Exchange rate", number(1, "0.0000"),
		"Price of 1 "+b.r.Currency+" in the other currency. Only the converted costs on Summary use it. "+
			"Defined name: "+rateName)
	add("Other currency", textCell(text, b.r.Currency),
		"Name of the other currency, such as EUR. Defined name: "+currencyName)
	p.blank()
}

// validate restricts each input to values that make sense.
func (b *book) validate(t *table) {
	add := func(cells, message string, set func(*excelize.DataValidation) error) {
		t.inputs = append(t.inputs, b.validation(cells, message, set))
	}
	at := func(row int) string { return "B" + strconv.Itoa(row) }
	const hoursOfAYear = 8784 // a leap year
	add(at(hoursRow), "Enter a number from 0.001 to "+strconv.Itoa(hoursOfAYear)+", such as 730.",
		between(0.001, hoursOfAYear))
	add(at(budgetRow), "Enter an amount above 0, or leave the cell empty.", above(0))
	bills := []string{report.BillRunning.Name(), report.BillListed.Name()}
	add(at(billRow), "Choose "+strings.Join(bills, " or ")+".", func(v *excelize.DataValidation) error {
		return v.SetDropList(bills)
	})
	add(at(rateRow), "Enter a number above 0, such as 0.92.", above(0))
	add(at(currencyRow), "Enter a name of up to 20 characters, such as EUR.", func(v *excelize.DataValidation) error {
		return v.SetRange(1, 20, excelize.DataValidationTypeTextLength, excelize.DataValidationOperatorBetween)
	})
	shares := rangeOf(t.index("billed_share")+1, t.header()+1, t.header()+max(1, t.rows))
	add(shares, "Enter a share from 0 (not billed) to 1 (every hour is billed).", between(0, 1))
}

// setStatusFormulas makes the figures of the statuses follow the instances.
func (b *book) setStatusFormulas() {
	t := b.statuses
	of := source{b: b, t: b.instances, where: []criterion{{"status_no", t.inRow("status_no")}}}
	for name, formula := range map[string]string{
		"billed_share":     byBill(t.inRow("running"), t.inRow("listed")),
		"instances":        of.count(),
		"gpu_count":        of.sum("gpu_count"),
		"gpu_count_known":  of.with(known("gpu_count")).count(),
		"priced":           of.with(isPriced).count(),
		"per_hour":         of.sum("price_per_hour"),
		"billed_per_month": t.inRow("per_hour") + "*" + t.inRow("billed_share") + "*" + hoursName,
	} {
		t.column(name).formula = formula
	}
}

// setNames defines the names of the inputs.
func (b *book) setNames() {
	for _, name := range slices.Sorted(maps.Keys(b.inputs)) {
		b.try(b.file.SetDefinedName(&excelize.DefinedName{Name: name, RefersTo: b.inputs[name]}))
	}
}
