package report

import (
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

// SpendColumns returns the columns of a SpendRow, with owner and account if a row has them.
func SpendColumns(r *Report) []Column[SpendRow] {
	columns := []Column[SpendRow]{
		{"month", "Month", "", Text, "The calendar month in UTC.", func(s SpendRow) Value { return text(s.Month) }},
	}
	words := map[string][2]string{"region": {"Region", "The region."}, "gpu": {"GPU model", "The GPU model."},
		"owner": {"Owner", "Whose instances they were then."}, "account": {"Account", "The account."}}
	for _, d := range history.Dimensions {
		if r.Spend.Has(d) {
			columns = append(columns, Column[SpendRow]{d.Name, words[d.Name][0], "", Text, words[d.Name][1],
				func(s SpendRow) Value { return text(*d.Of(&s.SpendGroup)) }})
		}
	}
	columns = append(columns, rangeColumns("running", "Running", func(s SpendRow) history.Range { return s.Running })...)
	columns = append(columns, rangeColumns("listed", "Listed", func(s SpendRow) history.Range { return s.Listed })...)
	return append(columns, Column[SpendRow]{"gpu_hours", "GPU hours", "hours", Size,
		"GPUs of the running instances times hours. Rounded half up to 6 decimals.",
		func(s SpendRow) Value { return hours(s.GPUs) }})
}

// rangeColumns returns the columns of a range.
func rangeColumns(name, title string, of func(SpendRow) history.Range) []Column[SpendRow] {
	column := func(end, titleEnd, description string, pick func(history.Range) decimal.Decimal) Column[SpendRow] {
		return Column[SpendRow]{name + "_" + end, title + ", " + titleEnd, "", Money,
			description + " Rounded half up to 6 decimals.", func(s SpendRow) Value {
				spent := of(s)
				return amount(fleet.MoneyOf(history.Rounded(pick(spent))), spent.LowerBound())
			}}
	}
	return []Column[SpendRow]{
		column("low", "at least", "The least that the "+name+" instances cost.",
			func(r history.Range) decimal.Decimal { return r.Low }),
		column("estimate", "estimate", "The estimated cost of the "+name+" instances.",
			func(r history.Range) decimal.Decimal { return r.Estimate }),
		column("high", "at most", "The most that the "+name+" instances cost.",
			func(r history.Range) decimal.Decimal { return r.High }),
		{name + "_unpriced_hours", title + ", unpriced", "hours", Size, "Hours of " + name +
			" instances without a price. They count as 0, so that the amounts are lower bounds.",
			func(s SpendRow) Value { return hours(of(s).Unpriced) }},
	}
}

func hours(h history.Hours) Value {
	return Value{Known: true, Number: history.Rounded(h.Seconds).InexactFloat64()}
}
