package workbook

import (
	"strconv"
	"strings"
)

// Formulas go by numbers alone (region_no, model_no, status_no), never by names: SUMIFS takes texa* for a pattern,
// "<5" for a comparison, 007 for 7 and texas for Texas, and names come from the API. They use no function that is
// newer than Excel 2010, none that is volatile, and plain ranges, which every program reads: over all sheets that the
// instances are spread over.

// named inputs, on the sheet of assumptions.
const (
	hoursName    = "HoursPerMonth"
	budgetName   = "Budget"
	rateName     = "FxRate"
	currencyName = "FxCurrency"
)

// criterion is a condition that a column of the instances must meet.
type criterion struct{ column, is string }

var isPriced = criterion{"price_per_hour", `">=0"`}

// known is met where a number is known.
func known(column string) criterion { return criterion{column, `">=0"`} }

func isOne(column string) criterion { return criterion{column, "1"} }

// columnOf names a column of a sheet's table.
type columnOf struct{ sheet, name string }

// refs returns the range of a column of a table, for each sheet that it is spread over. It is not to be changed.
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

// sheetRef returns what stands before a cell of a sheet. Our own names need no more than quotes.
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
	return b.over("SUMIFS(", column, where)
}

// count returns how many instances meet all conditions.
func (b *book) count(where ...criterion) string {
	if len(where) == 0 {
		return "COUNT(" + strings.Join(b.refs(b.instances, "status_no"), ",") + ")"
	}
	return b.over("COUNTIFS(", "", where)
}

// over adds up a function over the sheets of the instances.
func (b *book) over(function, column string, where []criterion) string {
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

// billed returns what the instances that meet all conditions are billed an hour: their prices by status, times the
// shares.
func (b *book) billed(where ...criterion) string {
	return b.byStatus("SUMIFS(", "price_per_hour", where, b.shares())
}

// billedCount returns how many of the instances that meet all conditions have a status of which something is billed.
func (b *book) billedCount(where ...criterion) string {
	return b.byStatus("COUNTIFS(", "", where, "--("+b.shares()+">0)")
}

func (b *book) byStatus(function, column string, where []criterion, factor string) string {
	status := criterion{"status_no", b.refs(b.statuses, "status_no")[0]}
	sums := b.over(function, column, append(where[:len(where):len(where)], status))
	return "SUMPRODUCT(" + sums + "," + factor + ")"
}

func (b *book) shares() string { return b.refs(b.statuses, "billed_share")[0] }

// perMonth returns what a cell with an amount an hour comes to in a month.
func perMonth(cell string) string { return cell + "*" + hoursName }

// totalsFormulas returns the formulas of the columns of totals, by the columns' names, over the instances that meet a
// condition. cell returns the cell of another column in the same row; total that of the listed cost of all.
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
	f["billed_per_hour"], f["billed_per_month"] = b.billed(where...), perMonth(cell("billed_per_hour"))
	prices := b.sum("price_per_hour", and(isOne("listed"), criterion{"gpu_count", `">0"`})...)
	gpus := b.sum("gpu_count", and(isOne("listed"), isPriced)...)
	f["listed_per_gpu_hour"] = `IF((` + gpus + `)=0,"",ROUND((` + prices + `)/(` + gpus + `),4))`
	cost := cell("listed_per_hour")
	noPrice := "AND(" + cell("listed_priced") + "=0," + cell("listed_instances") + ">0)"
	f["share_of_listed"] = `IF(OR(` + total + `=0,` + noPrice + `),"",ROUND(100*` + cost + `/` + total + `,2))`
	return f
}

// coveredFormula says of how many instances something is known, where it is not known of all: "37 of 41 priced".
func coveredFormula(part, whole, word string) string {
	return "IF(" + part + "<" + whole + ",FIXED(" + part + `,0)&" of "&FIXED(` + whole + `,0)&" ` + word + `","")`
}

// budgetUse returns what a cell with an amount a month is of the budget, rounded to a tenth of a percent, but never
// across 100 %.
func budgetUse(cell string) string {
	share := cell + "/" + budgetName
	rounded := "ROUND(" + share + ",3)"
	return `IF(N(` + budgetName + `)=0,"",` +
		"IF(AND(" + cell + ">" + budgetName + "," + rounded + "<=1),1.001," +
		"IF(AND(" + cell + "<" + budgetName + "," + rounded + ">=1),0.999," + rounded + ")))"
}

// shown returns the sum of a column over what the filters let through.
func (b *book) shown(function, column string) string {
	var sums []string
	for _, ref := range b.refs(b.instances, column) {
		sums = append(sums, "SUBTOTAL("+function+","+ref+")")
	}
	return strings.Join(sums, "+")
}

// What SUBTOTAL does, leaving out rows that are filtered or hidden.
const (
	countNumbers = "102"
	countFilled  = "103"
	sumUp        = "109"
)
