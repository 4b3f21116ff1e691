package workbook

import (
	"math"
	"strconv"
	"strings"

	"gpufleet/render/report"
)

// Only the groups and the statuses read the instances; all other sums add up groups, which are few. Formulas match
// both by number (group_no, status_no), never by name: SUMIFS takes texa* for a pattern, "<5" for a comparison, 007 for
// 7 and texas for Texas, and names come from the API. No function is volatile or newer than Excel 2010. Ranges are
// plain, which every program reads, and cover all sheets of a table.

// The defined names of the inputs on Assumptions.
const (
	hoursName    = "HoursPerMonth"
	budgetName   = "Budget"
	rateName     = "FxRate"
	currencyName = "FxCurrency"
	billName     = "Bill"
)

// byBill returns the formula that chooses by what is billed.
func byBill(running, listed string) string {
	return `IF(` + billName + `="` + report.BillListed.Name() + `",` + listed + "," + running + ")"
}

// criterion is a condition on a column.
type criterion struct{ column, is string }

var isPriced = criterion{"price_per_hour", `">=0"`}

// known is met if a number is known.
func known(column string) criterion { return criterion{column, `">=0"`} }

func isOne(column string) criterion { return criterion{column, "1"} }

// columnOf names a column of a sheet's table.
type columnOf struct{ sheet, name string }

// refs returns the range of a table's column on each of its sheets. Callers must not change it.
func (b *book) refs(t *table, name string) []string {
	key := columnOf{t.sheet, name}
	refs, ok := b.ranges[key]
	if !ok {
		refs = b.newRefs(t, name)
		b.ranges[key] = refs
	}
	return refs
}

func (b *book) newRefs(t *table, name string) []string {
	at := t.index(name)
	if at < 0 {
		return nil
	}
	letter := columnName(at + 1)
	var refs []string
	for _, p := range t.parts(b.lastRow) {
		first, last := strconv.Itoa(t.header()+1), strconv.Itoa(t.lastRow(p))
		refs = append(refs, sheetRef(p.sheet)+"$"+letter+"$"+first+":$"+letter+"$"+last)
	}
	return refs
}

// sheetRef returns the prefix of a reference to another sheet. Our sheet names need no more than quotes.
func sheetRef(sheet string) string {
	if strings.Contains(sheet, " ") {
		return "'" + sheet + "'!"
	}
	return sheet + "!"
}

// source is the rows of a table that meet all conditions.
type source struct {
	b     *book
	t     *table
	where []criterion
	// The cells with the first and the last row of the table that are read; "" to read all.
	first, last string
}

// all returns all groups.
func (b *book) all() source { return source{b: b, t: b.groups} }

// with returns the rows that meet more conditions.
func (s source) with(more ...criterion) source {
	s.where = append(s.where[:len(s.where):len(s.where)], more...)
	return s
}

// sum returns the sum of a column.
func (s source) sum(column string) string {
	if len(s.where) == 0 {
		return "SUM(" + strings.Join(s.b.refs(s.t, column), ",") + ")"
	}
	return s.overSheets("SUMIFS(", column)
}

// count returns how many rows there are. There must be a condition.
func (s source) count() string { return s.overSheets("COUNTIFS(", "") }

// overSheets adds up a function, such as SUMIFS(, over the sheets of the table. column is the column to sum, "" if the
// function takes none.
func (s source) overSheets(function, column string) string {
	var sums []string
	for i := range s.t.parts(s.b.lastRow) {
		var arguments []string
		if column != "" {
			arguments = append(arguments, s.rows(column, i))
		}
		for _, c := range s.where {
			arguments = append(arguments, s.rows(c.column, i), c.is)
		}
		sums = append(sums, function+strings.Join(arguments, ",")+")")
	}
	if len(sums) == 1 {
		return sums[0]
	}
	return "(" + strings.Join(sums, "+") + ")"
}

// rows returns the range of a column that is read on a sheet.
func (s source) rows(column string, sheet int) string {
	ref := s.b.refs(s.t, column)[sheet]
	if s.first == "" {
		return ref
	}
	return "INDEX(" + ref + "," + s.first + "):INDEX(" + ref + "," + s.last + ")"
}

// billedCount returns how many instances have a status with a billed share above 0.
func (s source) billedCount() string {
	counts := s.with(criterion{"status_no", s.b.refs(s.b.statuses, "status_no")[0]}).count()
	return "SUMPRODUCT(" + counts + ",--(" + s.b.shares() + ">0))"
}

func (b *book) shares() string { return b.refs(b.statuses, "billed_share")[0] }

// perMonth returns the amount per month of a cell with an amount per hour.
func perMonth(cell string) string { return cell + "*" + hoursName }

// groupFormulas returns the formulas of sums over the instances of a group, by column name.
func (b *book) groupFormulas(s source) map[string]string {
	f := map[string]string{"instances": s.count()}
	for _, name := range []string{"gpu_count", "cpu_cores", "ram", "disk_size"} {
		if b.instances.index(name) >= 0 {
			f[name], f[name+"_known"] = s.sum(name), s.with(known(name)).count()
		}
	}
	for _, name := range []string{"running", "listed"} {
		of := s.with(isOne(name))
		f[name+"_instances"], f[name+"_priced"] = of.count(), of.with(isPriced).count()
		f[name+"_per_hour"] = of.sum("price_per_hour")
	}
	f["billed_instances"], f["billed_priced"] = s.billedCount(), s.with(isPriced).billedCount()
	f["billed_per_hour"] = s.sum("billed_per_hour")
	f["priced_gpus_per_hour"] = s.with(isOne("listed"), criterion{"gpu_count", `">0"`}).sum("price_per_hour")
	f["priced_gpus"] = s.with(isOne("listed"), isPriced).sum("gpu_count")
	return f
}

// addFigures adds the formulas of figures that are made from sums. cell returns another cell in the same row; total is
// the cell with the listed cost per hour of the fleet; prices and gpus are the two sums of the cost per GPU-hour.
func addFigures(f map[string]string, cell func(column string) string, total, prices, gpus string) {
	for _, name := range []string{"running", "listed", "billed"} {
		f[name+"_per_month"] = perMonth(cell(name + "_per_hour"))
	}
	f["listed_per_gpu_hour"] = `IF(` + gpus + `=0,"",` + roundFormula(prices+"/"+gpus, 4) + ")"
	noPrice := "AND(" + cell("listed_priced") + "=0," + cell("listed_instances") + ">0)"
	f["share_of_listed"] = `IF(OR(` + total + `=0,` + noPrice + `),"",` +
		roundFormula("100*"+cell("listed_per_hour")+"/"+total, 2) + ")"
}

// roundFormula rounds a number to some decimals, or to 12 if that would be 0. MAX works without a third x, which may
// be the sum of a whole column.
func roundFormula(x string, decimals int) string {
	half := strconv.FormatFloat(math.Pow10(-decimals)/2, 'f', -1, 64)
	return "MAX(ROUND(" + x + "," + strconv.Itoa(decimals) + "),MIN(ROUND(" + x + ",12)," + half + "))"
}

// coveredFormula returns "37 of 41 priced", and "" if part equals whole.
func coveredFormula(part, whole, word string) string {
	return "IF(" + part + "<" + whole + ",FIXED(" + part + `,0)&" of "&FIXED(` + whole + `,0)&" ` + word + `","")`
}

// budgetUse returns the share of the budget that a cell with an amount per month takes.
func budgetUse(cell string) string { return ifBudget(shareOf(cell, budgetName)) }

// shareOf returns the share of a budget that an amount takes, rounded to a tenth of a percent, but never across 100%,
// and not to 0. Both are cells or names.
func shareOf(amount, budget string) string {
	share := amount + "/" + budget
	rounded := "ROUND(" + share + ",3)"
	return "IF(AND(" + amount + ">" + budget + "," + rounded + "<=1),1.001," +
		"IF(AND(" + amount + "<" + budget + "," + rounded + ">=1),0.999," + roundFormula(share, 3) + "))"
}

// ifBudget returns a formula that is empty without a budget.
func ifBudget(formula string) string { return `IF(N(` + budgetName + `)=0,"",` + formula + ")" }

// subtotal returns a SUBTOTAL of a column over the instances that pass the filters.
func (b *book) subtotal(function, column string) string {
	var sums []string
	for _, ref := range b.refs(b.instances, column) {
		sums = append(sums, "SUBTOTAL("+function+","+ref+")")
	}
	return strings.Join(sums, "+")
}

// The functions of SUBTOTAL that leave out filtered and hidden rows.
const (
	countNumbers  = "102"
	countNonEmpty = "103"
	sumUp         = "109"
)
