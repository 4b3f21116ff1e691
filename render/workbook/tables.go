package workbook

import (
	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
	"gpufleet/render/report"
)

// maxStatuses is how many statuses have a row of their own: the list of them is open, and comes from the API.
const maxStatuses = 1000

// unpricedColumns say what an instance without a price is, for whoever finds the price.
var unpricedColumns = []string{"id", "host_name", "region", "gpu", "gpu_count",
	"product_type", "type", "cpu_cores", "ram", "status", "created_at"}

// makeTables makes the report's lists, with the columns and formulas that only the workbook has.
func (b *book) makeTables() {
	r := b.r
	statuses, places := r.StatusGroups(maxStatuses)

	b.instances = newTable(r, "Instances", "an instance", r.Columns, r.Instances)
	addColumns(r, b.instances, instanceColumns(r, places), func(row int) int { return row })
	b.instances.arrange("id", "host_name", "region", "group_gpu", "gpu_count", "status",
		"price_per_hour", "billed_per_hour", "billed_per_month", "created_at")

	regionNo := make(map[*report.Region]int, len(r.Regions))
	for i, region := range r.Regions {
		regionNo[region] = i + 1
	}
	regions := b.totalsTable("Regions", "a region", len(r.Regions))
	regionColumns := append(report.Shown(r.Settings, report.RegionColumns()),
		billedColumns(func(r *report.Region) *report.Totals { return &r.Totals },
			"region_no", "Region no.", func(r *report.Region) int { return regionNo[r] })...)
	addColumns(r, regions, regionColumns, func(row int) *report.Region { return r.Regions[row] },
		&report.Region{Name: "All regions", Totals: r.Totals})

	modelNo := make(map[*report.Model]int, len(r.Models))
	for i, model := range r.Models {
		modelNo[model] = i + 1
	}
	models := b.totalsTable("Models", "a GPU model, in all regions", len(r.Models))
	modelColumns := append(report.Shown(r.Settings, report.ModelColumns()),
		billedColumns(func(m *report.Model) *report.Totals { return &m.Totals },
			"model_no", "Model no.", func(m *report.Model) int { return modelNo[m] })...)
	addColumns(r, models, modelColumns, func(row int) *report.Model { return r.Models[row] },
		&report.Model{Name: "All models", Totals: r.Totals})

	for _, t := range []*table{regions, models} {
		t.arrange(t.columns[0].name, "instances", "gpu_count", "running_per_hour", "running_per_month",
			"listed_per_hour", "listed_per_month", "billed_per_month", "share_of_listed", "listed_per_gpu_hour")
	}

	changes := newTable(r, "Changes", "a change since the last run or since last week",
		report.ChangeColumns(r.Settings), r.ChangeLines())
	trend := newTable(r, "Trend", "a day of the history", dayColumns(r), r.Days)
	trend.arrange("date", "instances", "gpu_count", "running_per_hour", "running_per_month",
		"listed_per_hour", "listed_per_month", "added", "removed", "changed")
	unpriced := newTable(r, "Unpriced", "a listed instance without a price",
		report.NamedColumns(r.Settings, unpricedColumns...), r.Unpriced())
	b.statuses = b.assumptions(statuses)
	b.tables = []*table{b.instances, regions, models, changes, trend, unpriced, b.statuses}

	b.setInstanceFormulas()
	b.setShownBounds()
	b.setTotalsFormulas(regions, "region_no")
	b.setTotalsFormulas(models, "model_no")
	b.setStatusFormulas()
	setDayFormulas(trend)
}

func (b *book) totalsTable(sheet, row string, rows int) *table {
	return &table{sheet: sheet, row: row, rows: rows}
}

// The columns that no other output has: what the formulas need to recalculate the figures, and the days of the
// history. As written, all that is listed is billed and nothing else. So the billed figures are the listed ones.

// The units of amounts. A heading puts the currency before them.
const (
	perHourUnit  = "per hour"
	perMonthUnit = "per month"
)

func newColumn[T any](name, title, unit string, typ report.Type, description string,
	value func(T) report.Value) report.Column[T] {
	return report.Column[T]{Name: name, Title: title, Unit: unit, Type: typ, Description: description, Value: value}
}

// countColumn is a column of whole numbers that are always known.
func countColumn[T any](name, title, unit, description string, count func(T) int) report.Column[T] {
	return newColumn(name, title, unit, report.Count, description,
		func(row T) report.Value { return report.Value{Known: true, Number: float64(count(row))} })
}

// flagColumn is a column of yes and no, as 1 and 0.
func flagColumn[T any](name, title, description string, is func(T) bool) report.Column[T] {
	return countColumn(name, title, "1 or 0", description, func(row T) int { return flag(is(row)) })
}

func flag(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// gpusColumn is a column of GPUs, of which some may be unknown.
func gpusColumn[T any](description string, gpus func(T) report.Sum) report.Column[T] {
	description += " Where a number is unknown it counts as 0: then this is a lower bound."
	return newColumn("gpu_count", "GPUs", "", report.Count, description, func(row T) report.Value {
		sum := gpus(row)
		return report.Value{Known: true, Number: sum.Value, LowerBound: sum.LowerBound()}
	})
}

// amountColumn is a column of amounts that are always known, perhaps as lower bounds.
func amountColumn[T any](name, title, unit, description string,
	amount func(T) (value fleet.Money, lowerBound bool)) report.Column[T] {
	return newColumn(name, title, unit, report.Money, description, func(row T) report.Value {
		value, lowerBound := amount(row)
		return report.Value{Known: true, Money: value, LowerBound: lowerBound}
	})
}

// statusColumns are the columns of a status; a row is its place among statuses, from 0.
func statusColumns(statuses []report.StatusGroup) []report.Column[int] {
	return []report.Column[int]{
		newColumn("status", "Status", "", report.Text, "The status as it came, each spelling on its own.",
			func(i int) report.Value { return report.Value{Known: true, Text: statuses[i].Label} }),
		newColumn("billed_share", "Billed share", "0 to 1", report.Size,
			"The share of its hours that is billed. An input. "+
				"As written it is 1 for what is listed and 0 for all else.",
			func(i int) report.Value { return report.Value{Known: true, Number: billedShare(statuses[i])} }),
		flagColumn("running", "Runs", "1 where the status counts as running.",
			func(i int) bool { return statuses[i].IsRunning }),
		flagColumn("listed", "Is listed", "1 where the status counts as listed.",
			func(i int) bool { return statuses[i].IsListed }),
		countColumn("instances", "Instances", "", "How many instances have it.",
			func(i int) int { return statuses[i].Instances }),
		gpusColumn("Their GPUs.", func(i int) report.Sum { return statuses[i].GPUs }),
		countColumn("gpu_count_known", "GPUs known", "instances", "Of how many instances gpu_count is known.",
			func(i int) int { return statuses[i].GPUs.Known }),
		countColumn("priced", "Priced", "instances", "How many of them have a price.",
			func(i int) int { return statuses[i].Cost.Priced }),
		amountColumn("per_hour", "Price", perHourUnit, "Their prices together.",
			func(i int) (fleet.Money, bool) { return statuses[i].Cost.PerHour, statuses[i].Cost.LowerBound() }),
		amountColumn("billed_per_month", "Billed", perMonthUnit,
			"These times the billed share, over the hours of a month.",
			func(i int) (fleet.Money, bool) {
				if !statuses[i].IsListed {
					return fleet.Money{}, false
				}
				return statuses[i].Cost.PerMonth, statuses[i].Cost.LowerBound()
			}),
		countColumn("status_no", "Status no.", "", "Its number, by which tblInstances names it.",
			func(i int) int { return i + 1 }),
	}
}

// billedShare is the share of a status's hours that is billed until somebody changes it.
func billedShare(s report.StatusGroup) float64 { return float64(flag(s.IsListed)) }

// instanceColumns are the columns of an instance besides those of the report; a row is its place in Instances.
// statuses are the places of the statuses by name.
func instanceColumns(r *report.Report, statuses map[string]int) []report.Column[int] {
	regions, models := groupPlaces(r)
	billed := func(i int) report.Value {
		price := report.Billed(r.Instances[i])
		return report.Value{Known: price.Known, Money: price.Value}
	}
	monthly := map[fleet.Money]fleet.Money{} // a million rows have a few prices, which the rows share
	return []report.Column[int]{
		newColumn("group_gpu", "Counted as", "", report.Text,
			"The GPU model that the instance is counted as: its model, CPU only or Unknown GPU.",
			func(i int) report.Value { return report.Value{Known: true, Text: r.Models[models[i]].Name} }),
		newColumn("billed_per_hour", "Billed", perHourUnit, report.Money,
			"The price times the billed share of the status (tblStatuses). "+
				"0 where that share is 0, else empty where there is no price.", billed),
		newColumn("billed_per_month", "Billed", perMonthUnit, report.Money, "The same over the hours of a month.",
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
		flagColumn("running", "Runs", "1 where it counts as running.",
			func(i int) bool { return r.Instances[i].Running() }),
		flagColumn("listed", "Is listed", "1 where it counts as listed.",
			func(i int) bool { return r.Instances[i].Listed() }),
		countColumn("region_no", "Region no.", "", "The number of its region in tblRegions. "+
			"Formulas go by numbers, since a spreadsheet does not tell Texas from texas, nor 007 from 7, "+
			"and takes * and ? for others.",
			func(i int) int { return int(regions[i]) + 1 }),
		countColumn("model_no", "Model no.", "", "The number of the model that it is counted as in tblModels.",
			func(i int) int { return int(models[i]) + 1 }),
		countColumn("status_no", "Status no.", "", "The number of its status in tblStatuses.",
			func(i int) int { return statuses[r.Instances[i].Status] + 1 }),
	}
}

// maxMonthly bounds the amounts that are remembered.
const maxMonthly = 10_000

// groupPlaces returns the place of each instance's region among Regions and of its model among Models.
func groupPlaces(r *report.Report) (regions, models []int32) {
	place := make(map[*report.Model]int32, len(r.Models))
	for i, model := range r.Models {
		place[model] = int32(i)
	}
	regions, models = make([]int32, 0, len(r.Instances)), make([]int32, 0, len(r.Instances))
	for i, region := range r.Regions {
		for _, group := range region.Groups {
			for range group.Instances {
				regions = append(regions, int32(i))
				models = append(models, place[group.Model])
			}
		}
	}
	return regions, models
}

// billedColumns are the columns of a region's or a model's totals besides those of the report. The last one, of this
// name and title, is the row's number, 0 for none.
func billedColumns[T any](of func(T) *report.Totals, name, title string, number func(T) int) []report.Column[T] {
	return []report.Column[T]{
		countColumn("billed_instances", "Billed instances", "",
			"How many instances have a status of which something is billed.",
			func(row T) int { return of(row).Listed.Of }),
		countColumn("billed_priced", "Billed priced", "instances", "How many of these have a price.",
			func(row T) int { return of(row).Listed.Priced }),
		amountColumn("billed_per_hour", "Billed", perHourUnit,
			"The prices times the billed shares of the statuses (tblStatuses).",
			func(row T) (fleet.Money, bool) { c := of(row).Listed; return c.PerHour, c.LowerBound() }),
		amountColumn("billed_per_month", "Billed", perMonthUnit, "The same over the hours of a month.",
			func(row T) (fleet.Money, bool) { c := of(row).Listed; return c.PerMonth, c.LowerBound() }),
		newColumn(name, title, "", report.Count, "Its number, by which tblInstances names it.",
			func(row T) report.Value {
				n := number(row)
				return report.Value{Known: n > 0, Number: float64(n)}
			}),
	}
}

// dayColumns are the columns of a day of the history.
func dayColumns(r *report.Report) []report.Column[history.Entry] {
	type day = history.Entry
	cost := func(name, title, what string, pick func(day) history.Cost) []report.Column[day] {
		return []report.Column[day]{
			countColumn(name+"_instances", title+" instances", "", "How many instances were "+what+".",
				func(d day) int { return pick(d).Instances }),
			countColumn(name+"_priced", title+" priced", "instances", "How many of these had a price.",
				func(d day) int { return pick(d).Priced }),
			amountColumn(name+"_per_hour", title, perHourUnit,
				"What these cost. An instance without a price counts as 0: then this is a lower bound.",
				func(d day) (fleet.Money, bool) { c := pick(d); return c.PerHour.Money, c.Priced < c.Instances }),
			amountColumn(name+"_per_month", title, perMonthUnit, "The same over the hours of a month.",
				func(d day) (fleet.Money, bool) {
					c := pick(d)
					return r.Monthly(c.PerHour.Money), c.Priced < c.Instances
				}),
		}
	}
	changes := func(name, title, what string, pick func(*history.Counts) int) report.Column[day] {
		return newColumn(name, title, "", report.Count,
			"How many instances were "+what+" since the day before it in the snapshots; empty where there was none.",
			func(d day) report.Value {
				if d.Changes == nil {
					return report.Value{}
				}
				return report.Value{Known: true, Number: float64(pick(d.Changes))}
			})
	}
	columns := []report.Column[day]{
		newColumn("date", "Day", "UTC", report.Date, "The day.",
			func(d day) report.Value { return report.Value{Known: true, Time: history.Day(d.Taken)} }),
		countColumn("instances", "Instances", "", "How many instances there were, whatever their status.",
			func(d day) int { return d.Instances }),
		gpusColumn("All GPUs.", func(d day) report.Sum { return report.NewDay(d).GPUs }),
		countColumn("gpu_count_known", "GPUs known", "instances", "Of how many instances gpu_count was known.",
			func(d day) int { return d.GPUsKnown }),
	}
	columns = append(columns, cost("running", "Running", "running", func(d day) history.Cost { return d.Running })...)
	columns = append(columns, cost("listed", "Listed", "listed", func(d day) history.Cost { return d.Listed })...)
	return append(columns,
		changes("added", "Added", "added", func(c *history.Counts) int { return c.Added }),
		changes("removed", "Removed", "removed", func(c *history.Counts) int { return c.Removed }),
		changes("changed", "Changed", "changed in some field", func(c *history.Counts) int { return c.Changed }),
		newColumn("taken", "Fetched", "UTC", report.Time, "When the list of the day's last run was fetched.",
			func(d day) report.Value { return report.Value{Known: true, Time: d.Taken} }),
	)
}
