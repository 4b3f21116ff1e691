package report

import (
	"strconv"

	"github.com/shopspring/decimal"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
)

// SpendRow is what a group cost in a month.
type SpendRow struct {
	Month string
	*history.GroupSpend
}

// SpendRows returns all groups of all months, the oldest first.
func (r *Report) SpendRows() []SpendRow {
	var rows []SpendRow
	for i := range r.Spend.Months {
		m := &r.Spend.Months[i]
		for j := range m.Groups {
			rows = append(rows, SpendRow{m.Month, &m.Groups[j]})
		}
	}
	return rows
}

// How many decimals columns give of what was spent, rounded half up. Those of cells are all that a cell holds: with
// fewer, the groups of a month would not add up to its last cent.
const (
	FilePlaces = 6
	CellPlaces = 15
)

// SpendColumns returns the columns of a SpendRow, with owner and account if a row has them.
func SpendColumns(r *Report, places int32) []Column[SpendRow] {
	columns := []Column[SpendRow]{
		{"month", "Month", "", Text, "The calendar month in UTC.", func(s SpendRow) Value { return text(s.Month) }},
	}
	for _, d := range r.SpendDimensions() {
		columns = append(columns, Column[SpendRow]{d.Name, d.Title, "", Text, d.Description,
			func(s SpendRow) Value { return text(*d.Of(&s.SpendGroup)) }})
	}
	return append(columns, spentColumns(func(s SpendRow) *history.Spent { return &s.Spent }, places)...)
}

// spentColumns returns the columns of what T's instances cost. of returns nil if that is unknown.
func spentColumns[T any](of func(T) *history.Spent, places int32) []Column[T] {
	columns := rangeColumns(BillRunning, of, places)
	columns = append(columns, rangeColumns(BillListed, of, places)...)
	return append(columns, Column[T]{"gpu_hours", "GPU-hours", "", Size,
		"GPUs of the running instances times hours." + roundedTo(places), func(row T) Value {
			spent := of(row)
			if spent == nil {
				return Value{}
			}
			return hours(spent.GPUs, places)
		}})
}

// rangeColumns returns the columns of what T's instances cost at a rate.
func rangeColumns[T any](bill Bill, of func(T) *history.Spent, places int32) []Column[T] {
	name, title := bill.Name(), bill.Title()
	value := func(row T, convert func(history.Range) Value) Value {
		spent := of(row)
		if spent == nil {
			return Value{}
		}
		return convert(Ranges(*spent).Of(bill))
	}
	column := func(end, titleEnd, description string, pick func(history.Range) decimal.Decimal) Column[T] {
		return Column[T]{name + "_" + end, title + ", " + titleEnd, "", Money,
			description + roundedTo(places), func(row T) Value {
				return value(row, func(c history.Range) Value {
					return amount(fleet.MoneyOf(perHours(pick(c), places)), c.LowerBound())
				})
			}}
	}
	return []Column[T]{
		column("low", "at least", "The least that the "+name+" instances cost.",
			func(r history.Range) decimal.Decimal { return r.Low }),
		column("estimate", "estimate", "The estimated cost of the "+name+" instances.",
			func(r history.Range) decimal.Decimal { return r.Estimate }),
		column("high", "at most", "The most that the "+name+" instances cost, without hours that have no price.",
			func(r history.Range) decimal.Decimal { return r.High }),
		{name + "_unpriced_hours", title + ", unpriced", "hours", Size, "Hours of " + name +
			" instances without a price. They count as 0, so that the amounts are lower bounds.",
			func(row T) Value {
				return value(row, func(c history.Range) Value { return hours(c.Unpriced, places) })
			}},
	}
}

// roundedTo ends the description of a column.
func roundedTo(places int32) string {
	if places == CellPlaces {
		return ""
	}
	return " Rounded half up to " + strconv.Itoa(int(places)) + " decimals."
}

// perHours returns price x seconds as an amount, or seconds as hours.
func perHours(seconds decimal.Decimal, places int32) decimal.Decimal {
	if seconds.IsZero() {
		return seconds
	}
	return seconds.DivRound(decimal.NewFromInt(3600), places)
}

func hours(h history.Hours, places int32) Value {
	return Value{Known: true, Number: perHours(h.Seconds, places).InexactFloat64()}
}
