package report

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
)

// ShownDays is the maximum number of days in the table on the Spend page.
const ShownDays = 60

// Day is one day of the history, in the report's own types.
type Day struct {
	Date  string            // 2026-11-22
	Spend *history.DaySpend // nil if the report didn't keep the spend yet
	// Taken is when the day's last list was fetched. It is zero for a day without a run, which has no figures below.
	Taken           time.Time
	Instances       int
	GPUs            Sum
	Running, Listed Cost            // only per hour
	Changes         *history.Counts // since the previous day with a run; nil for the first
	Budget          fleet.Price     // per month, as it was set then
}

// NewDay converts an entry of the history.
func NewDay(e history.Entry) Day {
	d := Day{
		Date: e.Date, Taken: e.Taken,
		Instances: e.Instances, GPUs: Sum{Value: e.GPUs, Known: e.GPUsKnown, Of: e.Instances},
		Running: costOf(e.Running), Listed: costOf(e.Listed), Changes: e.Changes,
	}
	if e.Budget != nil {
		d.Budget = fleet.Known(e.Budget.Money)
	}
	return d
}

// HasRun reports whether the list was fetched on that day.
func (d Day) HasRun() bool { return !d.Taken.IsZero() }

// Anchor returns the ID of the day's row on the Spend page.
func (d Day) Anchor() string { return "day-" + d.Date }

// dayPaths returns the addresses of the days on the Spend page, by date.
func (r *Report) dayPaths() map[string]string {
	paths := map[string]string{}
	if r.HasPast() { // otherwise the page has no table
		days, _ := r.LastDays(ShownDays)
		for _, d := range days {
			paths[d.Date] = SpendPath + "#" + d.Anchor()
		}
	}
	return paths
}

// HasSpend reports whether the spend has any time of the day.
func (d Day) HasSpend() bool { return d.Spend != nil && isCounted(d.Spend) }

// Cost returns what the day's last list costs at a rate, only per hour.
func (d Day) Cost(bill Bill) Cost { return Both[Cost]{d.Running, d.Listed}.Of(bill) }

// AllDays returns all days of the history and the spend, ascending.
func (r *Report) AllDays() []Day {
	var days []Day
	for _, entry := range r.Days {
		days = append(days, NewDay(entry))
	}
	for i := range r.Spend.Days {
		spend := &r.Spend.Days[i]
		at, found := slices.BinarySearchFunc(days, spend.Date, func(d Day, date string) int {
			return cmp.Compare(d.Date, date)
		})
		if !found {
			if !isCounted(spend) {
				continue // it says nothing
			}
			days = slices.Insert(days, at, Day{Date: spend.Date})
		}
		days[at].Spend = spend
	}
	return days
}

// HasPast reports whether there was a run before, so that the spend has any time.
func (r *Report) HasPast() bool { return r.Spend.First.Before(r.Spend.Last) }

// LastDays returns at most limit days, the newest first, and how many more there are.
func (r *Report) LastDays(limit int) (days []Day, more int) {
	days = r.AllDays()
	slices.Reverse(days)
	if more = len(days) - limit; more <= 0 {
		return days, 0
	}
	return days[:limit], more
}

// DayColumns returns the columns of a Day for a workbook.
func DayColumns() []Column[Day] {
	columns := []Column[Day]{
		{"date", "Day", "UTC", Date, "The day.", func(d Day) Value {
			date, err := time.Parse(time.DateOnly, d.Date)
			return Value{Known: err == nil, Time: date}
		}},
	}
	columns = append(columns, spentColumns(func(d Day) *history.Spent {
		if d.Spend == nil {
			return nil
		}
		return &d.Spend.Spent
	}, CellPlaces)...)
	hoursColumn := func(name, title, description string, of func(*history.DaySpend) history.Hours) Column[Day] {
		return Column[Day]{name, title, "hours", Size, description, func(d Day) Value {
			if d.Spend == nil {
				return Value{}
			}
			return hours(of(d.Spend), CellPlaces)
		}}
	}
	columns = append(columns,
		hoursColumn("observed_hours", "Observed", "Hours between readings that are close enough.",
			func(s *history.DaySpend) history.Hours { return s.Observed }),
		hoursColumn("gap_hours", "Gap", "Hours between readings that are too far apart.",
			func(s *history.DaySpend) history.Hours { return s.Gap }),
		Column[Day]{"budget", "Budget", "per month", Money, "The monthly budget that was set on that day. Empty without one.",
			func(d Day) Value { return Value{Known: d.Budget.Known, Money: d.Budget.Value} }})
	return append(columns, listColumnsOfDay()...)
}

// listColumnsOfDay are the columns of the day's last list. They are empty if there was none.
func listColumnsOfDay() []Column[Day] {
	ifRun := func(value func(Day) Value) func(Day) Value {
		return func(d Day) Value {
			if !d.HasRun() {
				return Value{}
			}
			return value(d)
		}
	}
	columns := []Column[Day]{
		{"instances", "Instances", "", Count, "Number of instances in the day's last list, with any status. " +
			"Empty for a day without a run, as are the other figures of a list.",
			ifRun(func(d Day) Value { return count(d.Instances) })},
		{"gpu_count", "GPUs", "", Count, "Total number of GPUs. Unknown values count as 0, so this can be a lower bound.",
			ifRun(func(d Day) Value { return Value{Known: true, Number: d.GPUs.Value, LowerBound: d.GPUs.LowerBound()} })},
		{"gpu_count_known", "GPUs known", "instances", Count, "Number of instances with a known gpu_count.",
			ifRun(func(d Day) Value { return count(d.GPUs.Known) })},
	}
	for _, bill := range []Bill{BillRunning, BillListed} {
		of := func(d Day) Cost { return d.Cost(bill) }
		name, title := bill.Name(), bill.Title()
		columns = append(columns, []Column[Day]{
			{name + "_instances", title + " instances", "", Count, "Number of " + name + " instances.",
				ifRun(func(d Day) Value { return count(of(d).Of) })},
			{name + "_priced", title + " priced", "instances", Count, "Number of " + name + " instances with a price.",
				ifRun(func(d Day) Value { return count(of(d).Priced) })},
			{name + "_per_hour", title, perHour, Money, "Cost of the " + name + " instances per hour. " +
				"Instances without a price count as 0, so this can be a lower bound.",
				ifRun(func(d Day) Value { return amount(of(d).PerHour, of(d).LowerBound()) })},
		}...)
	}
	for _, c := range []struct {
		name string
		of   func(*history.Counts) int
	}{
		{"added", func(c *history.Counts) int { return c.Added }},
		{"removed", func(c *history.Counts) int { return c.Removed }},
		{"changed", func(c *history.Counts) int { return c.Changed }},
	} {
		columns = append(columns, Column[Day]{c.name, strings.ToUpper(c.name[:1]) + c.name[1:], "", Count,
			"Number of instances " + c.name + " since the previous day with a snapshot. Empty if there is none.",
			func(d Day) Value {
				if d.Changes == nil {
					return Value{}
				}
				return count(c.of(d.Changes))
			}})
	}
	return append(columns, Column[Day]{"taken", "Fetched", "UTC", Time, "When the day's last list was fetched.",
		func(d Day) Value { return Value{Known: d.HasRun(), Time: d.Taken} }})
}
