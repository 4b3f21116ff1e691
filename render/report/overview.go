package report

import (
	"cmp"
	"slices"

	"github.com/shopspring/decimal"

	"gpufleet/fetch/fleet"
)

// BudgetSentence says how the month compares with the budget, and the figure that decides it: "likely over budget:
// forecast 117%". It is "" without a budget.
func (r *Report) BudgetSentence() (text string, isAlert bool) {
	b, ok := r.FleetBudget()
	if !ok {
		return "", false
	}
	if b.IsUnknown() {
		return "budget: " + b.ShownState() + ", no price is known", false
	}
	text = b.ShownState() + " budget: "
	if b.State != Over && !r.Forecast.Counts() {
		return text + "run rate " + b.RunRate.String(), b.IsAlert()
	}
	return text + "forecast " + b.ShareText(), b.IsAlert()
}

// TopFindings returns the first findings, at most limit.
func (r *Report) TopFindings(limit int) []*Finding { return r.Findings[:min(len(r.Findings), limit)] }

// MostExpensive returns the n parts with the highest billed cost, unknown ones last.
func (d *Division) MostExpensive(bill Bill, n int) []*Part {
	parts := slices.Clone(d.Parts)
	slices.SortStableFunc(parts, func(a, b *Part) int {
		return compareAmounts(a.Costs().Of(bill).price(), b.Costs().Of(bill).price())
	})
	return parts[:min(n, len(parts))]
}

// LargestChanges returns the changes of the week with the highest effect on the billed total, at most limit up and
// limit down. A price that became known or unknown is neither.
func (r *Report) LargestChanges(limit int) (up, down []ChangeLine) {
	for line := range r.ShownWeek().Lines() {
		if line.In == nil || line.Kind == PriceKnown || line.Kind == PriceUnknown {
			continue
		}
		switch line.Delta.Of(r.Bill).Sign() {
		case 1:
			up = r.insertChange(up, line, limit)
		case -1:
			down = r.insertChange(down, line, limit)
		}
	}
	return up, down
}

// insertChange inserts a line into the largest ones so far, at most limit. Of equal ones, the first come first.
func (r *Report) insertChange(largest []ChangeLine, line ChangeLine, limit int) []ChangeLine {
	size := func(l ChangeLine) decimal.Decimal { return l.Delta.Of(r.Bill).Decimal().Abs() }
	at, _ := slices.BinarySearchFunc(largest, size(line), func(other ChangeLine, amount decimal.Decimal) int {
		return cmp.Or(amount.Cmp(size(other)), -1)
	})
	if at == limit {
		return largest
	}
	largest = slices.Insert(largest, at, line)
	return largest[:min(limit, len(largest))]
}

// MonthlyText returns the line's effect on the billed total for people: "+$1,234/month".
func (l ChangeLine) MonthlyText(s Settings) string { return s.MonthlyDelta(l.Delta.Of(s.Bill)) }

// Row returns an instance's index in the report's order, -1 for one that was removed.
func (r *Report) Row(in *fleet.Instance) int { return slices.Index(r.Instances, in) }

// ShortCost returns a cost per month without decimals from 1,000 on: "≥ $1,234", or Unknown.
func (s Settings) ShortCost(c Cost) string {
	if c.Unknown() {
		return Unknown
	}
	return bound(c.LowerBound()) + s.short(c.PerMonth)
}

// short returns an amount without decimals from 1,000 on, and to the cent below. One of less than a cent stays exact.
func (s Settings) short(m fleet.Money) string {
	if rounded := m.Divided(decimal.NewFromInt(1), cents); !rounded.IsZero() {
		m = rounded
	}
	return s.Headline(m)
}

// Short returns the sum for a small cell: "≥ 12", or Unknown.
func (s Sum) Short() string {
	if s.Unknown() {
		return Unknown
	}
	return s.String()
}

// CellText says what is in a cell of the matrix: "32 GPUs, running $1,234.50/month, 4 instances, 3 running".
func (s Settings) CellText(t *Totals) string {
	gpus, cost := "GPUs "+Unknown, s.Bill.Name()+" cost "+Unknown
	if !t.GPUs.Unknown() {
		gpus = WithCoverage(t.GPUs.GPUs(), t.GPUs.Coverage())
	}
	if c := t.Costs().Of(s.Bill); !c.Unknown() {
		cost = s.Bill.Name() + " " + s.PerMonthText(c)
	}
	return gpus + ", " + cost + ", " + Counted(t.Count, "instance") + ", " + FormatCount(t.Running.Of) + " running"
}
