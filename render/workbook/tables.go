package workbook

import (
	"slices"
	"strings"

	"gpufleet/fetch/fleet"
	"gpufleet/render/report"
)

// maxStatuses limits the statuses with a row of their own: the API may send any number of them.
const maxStatuses = 1000

// unpricedColumns help to find the price of an instance.
var unpricedColumns = []string{"id", "account", "host_name", "region", "gpu", "gpu_group", "gpu_count",
	"product_type", "type", "cpu_cores", "ram", "status", "created_at"}

// makeTables makes the tables of the report's lists, and adds the columns and formulas that only the workbook has.
func (b *book) makeTables() {
	r := b.r
	statuses, statusIndexes := r.StatusGroups(maxStatuses)
	b.instances = newTable(r, "Instances", "instance", listColumns(r), r.Instances)
	addColumns(r, b.instances, instanceColumns(r, statusIndexes), func(row int) int { return row })
	b.instances.printFirst("id", "host_name", "owner", "region", "group_gpu", "gpu_count", "status",
		"price_per_hour", "billed_per_hour", "billed_per_month", "created_at")

	divisions := b.divisionTables()
	groups := r.Combinations()
	b.groups = b.totalsTable("Groups", r.CombinationNoun(), len(groups))
	b.fixed = work(r, len(groups), len(statuses), len(b.instances.parts(b.lastRow)) == 1) > b.maxWork
	b.addGroupColumns(groups)

	for _, t := range append(slices.Clone(divisions), b.groups) {
		names := []string{t.columns[0].name}
		if t == b.groups {
			for _, d := range r.Divisions[1:] {
				names = append(names, d.Name)
			}
		}
		t.printFirst(append(names, "instances", "gpu_count", "running_per_hour", "running_per_month",
			"listed_per_hour", "listed_per_month", "billed_per_month", "share_of_listed", "listed_per_gpu_hour")...)
	}

	changes := changesTable(r, r.Windows()[0], "Changes", "tblChanges")
	week := changesTable(r, r.Week(), "Changes week", "tblChangesWeek")
	b.budgetNo = numberBudgets(r.OwnerBudgets)
	months, spend, trend := b.monthsTable(), b.spendTable(), b.trendTable()
	unpriced := newTable(r, "Unpriced", "listed instance without a price",
		report.NamedColumns(r.Settings, unpricedColumns...), r.Unpriced())
	b.statuses = b.assumptions(statuses)
	b.tables = append(append([]*table{b.instances}, divisions...), b.groups, months)
	if budgets := b.budgetsTable(); budgets != nil {
		b.tables = append(b.tables, budgets)
	}
	b.tables = append(b.tables, spend, trend, b.attentionTable(), changes, week, unpriced, b.statuses)

	b.setEdits()
	b.setInstanceFormulas()
	b.setShownLowerBounds()
	if b.fixed {
		return
	}
	b.setTotalsFormulas()
	b.setStatusFormulas()
}

// divisionWords are what the workbook calls a dimension and its parts.
type divisionWords struct {
	sheet, noun   string // its table is tbl and the sheet's name
	number, title string // the column of the parts' numbers
	column        string // of the parts' names in tblInstances
	all           string // the total
}

func wordsOf(d *report.Division) divisionWords {
	return map[string]divisionWords{
		"region":            {"Regions", "region", "region_no", "Region no.", "region", "All regions"},
		report.GPUDimension: {"Models", "model", "model_no", "Model no.", "group_gpu", "All models"},
		"owner":             {"Owners", "owner", "owner_no", "Owner no.", "owner", "All owners"},
		"account":           {"Accounts", "account", "account_no", "Account no.", "account", "All accounts"},
	}[d.Name]
}

// divisionTables makes a table of the totals of each dimension.
func (b *book) divisionTables() (tables []*table) {
	for _, d := range b.r.Divisions {
		w, rowPer := wordsOf(d), d.Noun
		if d.Name == report.GPUDimension {
			rowPer += ", across all regions"
		}
		t := b.totalsTable(w.sheet, rowPer, len(d.Parts))
		columns := append(report.Shown(b.r.Settings, report.PartColumns(d.Dimension)),
			billedColumns(func(p *report.Part) report.Cost { return p.Costs().Of(b.r.Bill) },
				w.number, w.title, func(p *report.Part) int { return p.Index + 1 })...)
		addColumns(b.r, t, columns, func(row int) *report.Part { return d.Parts[row] },
			&report.Part{Name: w.all, Index: -1, Totals: b.r.Totals})
		tables = append(tables, t)
	}
	return tables
}

// changesTable makes the table of a window's changes. Each window has its own table, since a sum of both means nothing.
func changesTable(r *report.Report, w report.NamedWindow, sheet, name string) *table {
	since := strings.ToLower(w.Title[:1]) + w.Title[1:]
	t := newTable(r, sheet, "change "+since, report.ChangeColumns(r.Settings), slices.Collect(w.Lines()))
	t.name, t.note = name, w.Basis()
	return t
}

func (b *book) totalsTable(sheet, rowPer string, rows int) *table {
	return &table{sheet: sheet, rowPer: rowPer, rows: rows}
}

// The columns below are in no other output: what the formulas need to recalculate the figures. As written, the billed
// figures are those of the report: an instance that is billed is billed in full.

// The units of amounts. Headings put the currency before them.
const (
	perHourUnit  = "per hour"
	perMonthUnit = "per month"
)

// perMonthText describes a column of costs per month.
const perMonthText = "The hourly cost times the hours per month."

func newColumn[T any](name, title, unit string, typ report.Type, description string,
	value func(T) report.Value) report.Column[T] {
	return report.Column[T]{Name: name, Title: title, Unit: unit, Type: typ, Description: description, Value: value}
}

// countColumn is a column of whole numbers that are always known.
func countColumn[T any](name, title, unit, description string, count func(T) int) report.Column[T] {
	return newColumn(name, title, unit, report.Count, description,
		func(row T) report.Value { return report.Value{Known: true, Number: float64(count(row))} })
}

// flagColumn is a column of 1 (yes) and 0 (no).
func flagColumn[T any](name, title, description string, is func(T) bool) report.Column[T] {
	return countColumn(name, title, "1 or 0", description, func(row T) int { return flag(is(row)) })
}

func flag(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// gpusColumn is a column with numbers of GPUs. A number is a lower bound if some instance's is unknown.
func gpusColumn[T any](description string, gpus func(T) report.Sum) report.Column[T] {
	description += " An unknown number counts as 0, which makes this a lower bound."
	return newColumn("gpu_count", "GPUs", "", report.Count, description, func(row T) report.Value {
		sum := gpus(row)
		return report.Value{Known: true, Number: sum.Value, LowerBound: sum.LowerBound()}
	})
}

// amountColumn is a column of amounts that are always known, if only as lower bounds.
func amountColumn[T any](name, title, unit, description string,
	amount func(T) (value fleet.Money, lowerBound bool)) report.Column[T] {
	return newColumn(name, title, unit, report.Money, description, func(row T) report.Value {
		value, lowerBound := amount(row)
		return report.Value{Known: true, Money: value, LowerBound: lowerBound}
	})
}

// statusColumns are the columns of tblStatuses. A row is an index of statuses.
func statusColumns(bill report.Bill, statuses []report.StatusGroup) []report.Column[int] {
	return []report.Column[int]{
		newColumn("status", "Status", "", report.Text, "The status as in the list. Each spelling has a separate row.",
			func(i int) report.Value { return report.Value{Known: true, Text: statuses[i].Label} }),
		newColumn("billed_share", "Billed share", "0 to 1", report.Size,
			"An input: the share of its hours that is billed. At first 1 or 0, as "+billName+" says; you can type over it.",
			func(i int) report.Value { return report.Value{Known: true, Number: billedShare(bill, statuses[i])} }),
		flagColumn("running", "Runs", "1 if the status counts as running.",
			func(i int) bool { return statuses[i].IsRunning }),
		flagColumn("listed", "Is listed", "1 if the status counts as listed.",
			func(i int) bool { return statuses[i].IsListed }),
		countColumn("instances", "Instances", "", "How many instances have the status.",
			func(i int) int { return statuses[i].Instances }),
		gpusColumn("How many GPUs these instances have.", func(i int) report.Sum { return statuses[i].GPUs }),
		countColumn("gpu_count_known", "GPUs known", "instances", "How many of these instances have a known number of GPUs.",
			func(i int) int { return statuses[i].GPUs.Known }),
		countColumn("priced", "Priced", "instances", "How many of these instances have a price.",
			func(i int) int { return statuses[i].Cost.Priced }),
		amountColumn("per_hour", "Price", perHourUnit, "The sum of their prices.",
			func(i int) (fleet.Money, bool) { return statuses[i].Cost.PerHour, statuses[i].Cost.LowerBound() }),
		amountColumn("billed_per_month", "Billed", perMonthUnit,
			"The sum of their prices times the billed share times the hours per month.",
			func(i int) (fleet.Money, bool) {
				if billedShare(bill, statuses[i]) == 0 {
					return fleet.Money{}, false
				}
				return statuses[i].Cost.PerMonth, statuses[i].Cost.LowerBound()
			}),
		countColumn("status_no", "Status no.", "", "The number of this row, which tblInstances refers to.",
			func(i int) int { return i + 1 }),
	}
}

// billedShare is the share of a status's hours that is billed at first, until somebody changes it.
func billedShare(bill report.Bill, s report.StatusGroup) float64 {
	return float64(flag(report.Both[bool]{Running: s.IsRunning, Listed: s.IsListed}.Of(bill)))
}

// listColumns are the columns of the report without gpu_group: here its name is group_gpu.
func listColumns(r *report.Report) []report.Column[*fleet.Instance] {
	return slices.DeleteFunc(slices.Clone(r.Columns),
		func(c report.Column[*fleet.Instance]) bool { return c.Name == "gpu_group" })
}

// instanceColumns are the columns that tblInstances has besides those of the report. A row is an index of r.Instances.
// statusIndexes are the indexes of the statuses, by name.
func instanceColumns(r *report.Report, statusIndexes map[string]int) []report.Column[int] {
	combinations, indexes := r.Combinations(), combinationIndexes(r)
	part := func(i, division int) *report.Part { return combinations[indexes[i]].Parts[division] }
	billed := func(i int) report.Value {
		price := r.Bill.PriceOf(r.Instances[i])
		return report.Value{Known: price.Known, Money: price.Value}
	}
	monthly := map[fleet.Money]fleet.Money{} // by hourly price: a million rows share a few prices
	columns := []report.Column[int]{
		newColumn("group_gpu", "Counted as", "", report.Text,
			"The group: the GPU model, CPU only or Unknown GPU.",
			func(i int) report.Value { return report.Value{Known: true, Text: part(i, 1).Name} }),
		newColumn("billed_per_hour", "Billed", perHourUnit, report.Money,
			"The price times the billed share of the status (tblStatuses). "+
				"0 if the share is 0. Empty if the price is unknown and the share is above 0.", billed),
		newColumn("billed_per_month", "Billed", perMonthUnit, report.Money, perMonthText,
			func(i int) report.Value {
				v := billed(i)
				if v.Known {
					month, ok := monthly[v.Money]
					if !ok {
						month = r.Monthly(v.Money)
						if len(monthly) < maxMonthly {
							monthly[v.Money] = month
						}
					}
					v.Money = month
				}
				return v
			}),
		flagColumn("running", "Runs", "1 if the instance counts as running.",
			func(i int) bool { return r.Instances[i].Running() }),
		flagColumn("listed", "Is listed", "1 if the instance counts as listed.",
			func(i int) bool { return r.Instances[i].Listed() }),
	}
	for at, d := range r.Divisions {
		w := wordsOf(d)
		columns = append(columns, countColumn(w.number, w.title, "",
			"The number in tbl"+w.sheet+" of the "+w.noun+" that it is counted as.",
			func(i int) int { return part(i, at).Index + 1 }))
	}
	return append(columns,
		countColumn("group_no", "Group no.", "",
			"The number of its row in tblGroups. Formulas match groups by this number.",
			func(i int) int { return int(indexes[i]) + 1 }),
		countColumn("status_no", "Status no.", "", "The number of its status in tblStatuses.",
			func(i int) int { return statusIndexes[r.Instances[i].Status] + 1 }),
	)
}

// maxMonthly limits the monthly amounts that are kept for reuse.
const maxMonthly = 10_000

// billedColumns are the columns of totals that tables of totals have besides those of the report. The last one
// has the given name and title and holds the row's number, 0 for none.
func billedColumns[T any](of func(T) report.Cost, name, title string, number func(T) int) []report.Column[T] {
	return []report.Column[T]{
		countColumn("billed_instances", "Billed instances", "",
			"How many instances have a status with a billed share above 0.",
			func(row T) int { return of(row).Of }),
		countColumn("billed_priced", "Billed priced", "instances", "How many of these have a price.",
			func(row T) int { return of(row).Priced }),
		amountColumn("billed_per_hour", "Billed", perHourUnit,
			"The sum of prices times the billed shares of their statuses (tblStatuses).",
			func(row T) (fleet.Money, bool) { return of(row).PerHour, of(row).LowerBound() }),
		amountColumn("billed_per_month", "Billed", perMonthUnit, perMonthText,
			func(row T) (fleet.Money, bool) { return of(row).PerMonth, of(row).LowerBound() }),
		newColumn(name, title, "", report.Count, "The number of this row, which tblInstances refers to.",
			func(row T) report.Value {
				n := number(row)
				return report.Value{Known: n > 0, Number: float64(n)}
			}),
	}
}
