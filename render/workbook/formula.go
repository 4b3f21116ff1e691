package workbook

import (
	"math"
	"strconv"
	"strings"
)

// Formulas match groups by number (region_no, model_no, status_no), never by name: SUMIFS takes texa* for a pattern,
// "<5" for a comparison, 007 for 7 and texas for Texas, and names come from the API. No function is volatile or newer
// than Excel 2010. Ranges are plain, which every program reads, and cover all sheets with instances.

// The defined names of the inputs on Assumptions.
const (
	hoursName    = "HoursPerMonth"
	budgetName   = "Budget"
	rateName     = "FxRate"
	currencyName = "FxCurrency"
)

// criterion is a condition on a column of the instances.
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

// sum returns the sum of a column over the instances that meet all conditions.
func (b *book) sum(column string, where ...criterion) string {
	if len(where) == 0 {
		return "SUM(" + strings.Join(b.refs(b.instances, column), ",") + ")"
	}
	return b.sumOverSheets("SUMIFS(", column, where)
}

// count returns how many instances meet all conditions.
func (b *book) count(where ...criterion) string {
	if len(where) == 0 {
		return "COUNT(" + strings.Join(b.refs(b.instances, "status_no"), ",") + ")"
	}
	return b.sumOverSheets("COUNTIFS(", "", where)
}

// sumOverSheets adds up a function, such as SUMIFS(, over the sheets with instances. column is the column to sum, ""
// if the function takes none.
func (b *book) sumOverSheets(function, column string, where []criterion) string {
	var f strings.Builder
	for i := range b.refs(b.instances, "status_no") {
		if i > 0 {
			f.WriteByte('+')
		}
		f.WriteString(function)
		separator := ""
		if column != "" {
			f.WriteString(b.refs(b.instances, column)[i])
			separator = ","
		}
		for _, c := range where {
			f.WriteString(separator + b.refs(b.instances, c.column)[i] + "," + c.is)
			separator = ","
		}
		f.WriteByte(')')
	}
	return f.String()
}

// billedCount returns how many instances meet all conditions and have a status with a billed share above 0.
func (b *book) billedCount(where ...criterion) string {
	status := criterion{"status_no", b.refs(b.statuses, "status_no")[0]}
	counts := b.count(append(where[:len(where):len(where)], status)...)
	return "SUMPRODUCT(" + counts + ",--(" + b.shares() + ">0))"
}

func (b *book) shares() string { return b.refs(b.statuses, "billed_share")[0] }

// perMonth returns the amount per month of a cell with an amount per hour.
func perMonth(cell string) string { return cell + "*" + hoursName }

// totalsFormulas returns the formulas of totals, by column name, for the instances that meet all conditions. cell
// returns another cell in the same row; total is the cell with the listed cost per hour of the fleet.
func (b *book) totalsFormulas(cell func(column string) string, total string, where ...criterion) map[string]string {
	and := func(more ...criterion) []criterion { return append(where[:len(where):len(where)], more...) }
	f := map[string]string{"instances": b.count(where...)}
	for _, name := range []string{"gpu_count", "cpu_cores", "ram", "disk_size"} {
		if b.instances.index(name) >= 0 {
			f[name], f[name+"_known"] = b.sum(name, where...), b.count(and(known(name))...)
		}
	}
	for _, name := range []string{"running", "listed"} {
		f[name+"_instances"], f[name+"_priced"] = b.count(and(isOne(name))...), b.count(and(isOne(name), isPriced)...)
		f[name+"_per_hour"] = b.sum("price_per_hour", and(isOne(name))...)
		f[name+"_per_month"] = perMonth(cell(name + "_per_hour"))
	}
	f["billed_instances"], f["billed_priced"] = b.billedCount(where...), b.billedCount(and(isPriced)...)
	f["billed_per_hour"], f["billed_per_month"] = b.sum("billed_per_hour", where...), perMonth(cell("billed_per_hour"))
	prices := b.sum("price_per_hour", and(isOne("listed"), criterion{"gpu_count", `">0"`})...)
	gpus := b.sum("gpu_count", and(isOne("listed"), isPriced)...)
	f["listed_per_gpu_hour"] = `IF((` + gpus + `)=0,"",` + roundFormula("("+prices+")/("+gpus+")", 4) + ")"
	cost := cell("listed_per_hour")
	noPrice := "AND(" + cell("listed_priced") + "=0," + cell("listed_instances") + ">0)"
	f["share_of_listed"] = `IF(OR(` + total + `=0,` + noPrice + `),"",` + roundFormula("100*"+cost+"/"+total, 2) + ")"
	return f
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

// budgetUse returns the share of the budget that a cell with an amount per month takes, rounded to a tenth of a
// percent, but never across 100%, and not to 0.
func budgetUse(cell string) string {
	share := cell + "/" + budgetName
	rounded := "ROUND(" + share + ",3)"
	return `IF(N(` + budgetName + `)=0,"",` +
		"IF(AND(" + cell + ">" + budgetName + "," + rounded + "<=1),1.001," +
		"IF(AND(" + cell + "<" + budgetName + "," + rounded + ">=1),0.999," + roundFormula(share, 3) + ")))"
}

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
