package report

import (
	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
)

// What a workbook shows besides what other outputs do, so that its figures can be recalculated: numbers by which its
// formulas tell groups apart, what is billed, and the days of the history.

// maxSheetStatuses bounds the statuses that stand for themselves: the list of them is open, and comes from the API.
const maxSheetStatuses = 1000

// SheetStatus is a status with the share of its hours that is billed, or what the rarest of very many statuses have together.
type SheetStatus struct {
	Label                string
	CountsRun, CountsAll bool // it is running, it is listed
	StatusCount
}

// Billed is the share of its hours that is billed unless someone knows better: all of what is listed, nothing of what is not.
// So what is billed comes to what is listed.
func (s SheetStatus) Billed() int { return flag(s.CountsAll) }

func flag(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// SheetStatuses returns the statuses, the most frequent first, and the place of each instance's status among them. Of more
// than a thousand the rarest are taken together, those apart that count differently.
func (r *Report) SheetStatuses() (statuses []SheetStatus, places map[string]int) {
	places = make(map[string]int, len(r.Statuses))
	type kind struct{ running, listed bool }
	names := map[kind]string{{true, true}: "Other statuses, running", {false, true}: "Other statuses, listed", {false, false}: "Other statuses, not listed"}
	rest := map[kind]int{}
	for i, s := range r.Statuses {
		if i < maxSheetStatuses {
			places[s.Name] = i
			statuses = append(statuses, SheetStatus{s.Label(), s.Running(), s.Listed(), s})
			continue
		}
		k := kind{s.Running(), s.Listed()}
		at, ok := rest[k]
		if !ok {
			at = len(statuses)
			rest[k] = at
			statuses = append(statuses, SheetStatus{Label: names[k], CountsRun: k.running, CountsAll: k.listed})
		}
		places[s.Name] = at
		sum := &statuses[at].StatusCount
		sum.Instances += s.Instances
		sum.GPUs.addSum(s.GPUs)
		sum.Cost.addCost(s.Cost)
		sum.Cost.PerMonth = sum.Cost.PerHour.Times(r.HoursPerMonth)
	}
	return statuses, places
}

// StatusColumns are the columns of a status in the workbook; a row is its place, from 0.
func (r *Report) StatusColumns(statuses []SheetStatus) []Column[int] {
	return []Column[int]{
		{"status", "Status", "", Text, "The status as it came, each spelling on its own.", func(i int) Value { return text(statuses[i].Label) }},
		{"billed_share", "Billed share", "0 to 1", Size, "The share of its hours that is billed. An input. As written it is 1 for what is listed and 0 for all else.",
			func(i int) Value { return count(statuses[i].Billed()) }},
		{"running", "Runs", "1 or 0", Count, "1 where the status counts as running.", func(i int) Value { return count(flag(statuses[i].CountsRun)) }},
		{"listed", "Is listed", "1 or 0", Count, "1 where the status counts as listed.", func(i int) Value { return count(flag(statuses[i].CountsAll)) }},
		{"instances", "Instances", "", Count, "How many instances have it.", func(i int) Value { return count(statuses[i].Instances) }},
		{"gpu_count", "GPUs", "", Count, "Their GPUs. Where a number is unknown it counts as 0: then this is a lower bound.",
			func(i int) Value {
				s := statuses[i].GPUs
				return Value{Known: true, Number: s.Value, LowerBound: s.LowerBound()}
			}},
		{"gpu_count_known", "GPUs known", "instances", Count, "Of how many instances gpu_count is known.", func(i int) Value { return count(statuses[i].GPUs.Known) }},
		{"priced", "Priced", "instances", Count, "How many of them have a price.", func(i int) Value { return count(statuses[i].Cost.Priced) }},
		{"per_hour", "Price", perHour, Money, "Their prices together.", func(i int) Value { return amount(statuses[i].Cost.PerHour, statuses[i].Cost.LowerBound()) }},
		{"billed_per_month", "Billed", "per month", Money, "These times the billed share, over the hours of a month.",
			func(i int) Value {
				if !statuses[i].CountsAll {
					return amount(fleet.Money{}, false)
				}
				return amount(statuses[i].Cost.PerMonth, statuses[i].Cost.LowerBound())
			}},
		{"status_no", "Status no.", "", Count, "Its number, by which tblInstances names it.", func(i int) Value { return count(i + 1) }},
	}
}

// SheetColumns are the columns of an instance that the workbook has besides Columns; a row is its place in Instances.
// statuses are the places of SheetStatuses.
func (r *Report) SheetColumns(statuses map[string]int) []Column[int] {
	regions, models := r.groupNumbers()
	billed := func(i int) Value {
		switch in := r.Instances[i]; {
		case !in.Listed():
			return amount(fleet.Money{}, false)
		case !in.Price.Known:
			return Value{}
		default:
			return amount(in.Price.Value, false)
		}
	}
	monthly := map[fleet.Money]fleet.Money{} // a million rows have a few prices, which the rows share
	return []Column[int]{
		{"group_gpu", "Counted as", "", Text, "The GPU model that the instance is counted as: its model, CPU only or Unknown GPU.",
			func(i int) Value { return text(r.Models[models[i]].Name) }},
		{"billed_per_hour", "Billed", perHour, Money, "The price times the billed share of the status (tblStatuses). 0 where that share is 0, else empty where there is no price.", billed},
		{"billed_per_month", "Billed", "per month", Money, "The same over the hours of a month.",
			func(i int) Value {
				v := billed(i)
				if v.Known {
					month, ok := monthly[v.Money]
					if !ok {
						month = v.Money.Times(r.HoursPerMonth)
						if len(monthly) < maxMonthly {
							monthly[v.Money] = month
						}
					}
					v.Money = month
				}
				return v
			}},
		{"running", "Runs", "1 or 0", Count, "1 where it counts as running.", func(i int) Value { return count(flag(r.Instances[i].Running())) }},
		{"listed", "Is listed", "1 or 0", Count, "1 where it counts as listed.", func(i int) Value { return count(flag(r.Instances[i].Listed())) }},
		{"region_no", "Region no.", "", Count, "The number of its region in tblRegions. Formulas go by numbers, since a spreadsheet does not tell Texas from texas, nor 007 from 7, and takes * and ? for others.",
			func(i int) Value { return count(int(regions[i]) + 1) }},
		{"model_no", "Model no.", "", Count, "The number of the model that it is counted as in tblModels.", func(i int) Value { return count(int(models[i]) + 1) }},
		{"status_no", "Status no.", "", Count, "The number of its status in tblStatuses.", func(i int) Value { return count(statuses[r.Instances[i].Status] + 1) }},
	}
}

// maxMonthly bounds the amounts that are remembered.
const maxMonthly = 10_000

// groupNumbers returns the place of each instance's region among Regions and of its model among Models.
func (r *Report) groupNumbers() (regions, models []int32) {
	place := make(map[*Model]int32, len(r.Models))
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

// SheetTotalsColumns are the columns of a region's or a model's totals that the workbook has besides. As written, what is billed is
// what is listed. number returns the row's number.
func SheetTotalsColumns[T any](of func(T) *Totals, name, title string, number func(T) int) []Column[T] {
	return []Column[T]{
		{"billed_instances", "Billed instances", "", Count, "How many instances have a status of which something is billed.",
			func(row T) Value { return count(of(row).Listed.Of) }},
		{"billed_priced", "Billed priced", "instances", Count, "How many of these have a price.", func(row T) Value { return count(of(row).Listed.Priced) }},
		{"billed_per_hour", "Billed", perHour, Money, "The prices times the billed shares of the statuses (tblStatuses).",
			func(row T) Value { c := of(row).Listed; return amount(c.PerHour, c.LowerBound()) }},
		{"billed_per_month", "Billed", "per month", Money, "The same over the hours of a month.",
			func(row T) Value { c := of(row).Listed; return amount(c.PerMonth, c.LowerBound()) }},
		{name, title, "", Count, "Its number, by which tblInstances names it.",
			func(row T) Value {
				if n := number(row); n > 0 {
					return count(n)
				}
				return Value{}
			}},
	}
}

// DayColumns are the columns of a day of the history.
func (r *Report) DayColumns() []Column[history.Entry] {
	cost := func(name, title, what string, pick func(history.Entry) history.Cost) []Column[history.Entry] {
		return []Column[history.Entry]{
			{name + "_instances", title + " instances", "", Count, "How many instances were " + what + ".", func(e history.Entry) Value { return count(pick(e).Instances) }},
			{name + "_priced", title + " priced", "instances", Count, "How many of these had a price.", func(e history.Entry) Value { return count(pick(e).Priced) }},
			{name + "_per_hour", title, perHour, Money, "What these cost. An instance without a price counts as 0: then this is a lower bound.",
				func(e history.Entry) Value { c := pick(e); return amount(c.PerHour.Money, c.Priced < c.Instances) }},
			{name + "_per_month", title, "per month", Money, "The same over the hours of a month.",
				func(e history.Entry) Value {
					c := pick(e)
					return amount(c.PerHour.Times(r.HoursPerMonth), c.Priced < c.Instances)
				}},
		}
	}
	changes := func(name, title, what string, pick func(*history.Counts) int) Column[history.Entry] {
		return Column[history.Entry]{name, title, "", Count, "How many instances were " + what + " since the day before it in the snapshots; empty where there was none.",
			func(e history.Entry) Value {
				if e.Changes == nil {
					return Value{}
				}
				return count(pick(e.Changes))
			}}
	}
	columns := []Column[history.Entry]{
		{"date", "Day", "UTC", Date, "The day.", func(e history.Entry) Value { return Value{Known: true, Time: history.Day(e.Taken)} }},
		{"instances", "Instances", "", Count, "How many instances there were, whatever their status.", func(e history.Entry) Value { return count(e.Instances) }},
		{"gpu_count", "GPUs", "", Count, "All GPUs. Where a number is unknown it counts as 0: then this is a lower bound.",
			func(e history.Entry) Value {
				return Value{Known: true, Number: e.GPUs, LowerBound: e.GPUsKnown < e.Instances}
			}},
		{"gpu_count_known", "GPUs known", "instances", Count, "Of how many instances gpu_count was known.", func(e history.Entry) Value { return count(e.GPUsKnown) }},
	}
	columns = append(columns, cost("running", "Running", "running", func(e history.Entry) history.Cost { return e.Running })...)
	columns = append(columns, cost("listed", "Listed", "listed", func(e history.Entry) history.Cost { return e.Listed })...)
	return append(columns,
		changes("added", "Added", "added", func(c *history.Counts) int { return c.Added }),
		changes("removed", "Removed", "removed", func(c *history.Counts) int { return c.Removed }),
		changes("changed", "Changed", "changed in some field", func(c *history.Counts) int { return c.Changed }),
		Column[history.Entry]{"taken", "Fetched", "UTC", Time, "When the list of the day's last run was fetched.", func(e history.Entry) Value { return Value{Known: true, Time: e.Taken} }},
	)
}

// Unpriced returns the listed instances without a price, in their order.
func (r *Report) Unpriced() []*fleet.Instance {
	unpriced := make([]*fleet.Instance, 0, r.Listed.Of-r.Listed.Priced)
	for _, in := range r.Instances {
		if !in.Price.Known && in.Listed() {
			unpriced = append(unpriced, in)
		}
	}
	return unpriced
}

// UnpricedColumns are the columns of an instance without a price: what it is, for whoever finds the price.
func UnpricedColumns(s Settings) []Column[*fleet.Instance] {
	return shownColumns(s, "id", "host_name", "region", "gpu", "gpu_count", "product_type", "type", "cpu_cores", "ram", "status", "created_at")
}
