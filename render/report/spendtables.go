package report

import (
	"cmp"
	"slices"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
)

// SpendDimensions returns the dimensions that the spend is divided by. Owners and accounts are among them as long as
// the spend has any, even if they are not given now.
func (r *Report) SpendDimensions() []Dimension {
	return slices.DeleteFunc(allDimensions(), func(d Dimension) bool { return !r.Spend.Has(d.Dimension) })
}

// SpendLine is what a group cost this month and last month. A line by one dimension has one name in Group.
type SpendLine struct {
	Group      history.SpendGroup
	Path       string // of the page of its region or model, "" if it has none now
	This, Last history.Spent
}

// SpendTable is what this month and last month cost by one dimension.
type SpendTable struct {
	Dimension
	Lines []SpendLine // by this month's billed cost, the highest first; they add up to Total
	Total SpendLine
}

// Name returns the line's name in the table.
func (t *SpendTable) Name(l *SpendLine) string { return *t.Of(&l.Group) }

// Label returns the name for people; see fleet.Visible.
func (t *SpendTable) Label(l *SpendLine) string { return fleet.Visible(t.Name(l)) }

// First returns at most limit lines, and how many more there are.
func (t *SpendTable) First(limit int) (lines []SpendLine, more int) {
	shown := min(limit, len(t.Lines))
	return t.Lines[:shown], len(t.Lines) - shown
}

// SpendTables returns a table for each dimension. They are empty if nothing was spent in both months.
func (r *Report) SpendTables() []SpendTable {
	paths := map[string]map[string]string{}
	for _, d := range r.Divisions {
		paths[d.Name] = map[string]string{}
		for _, part := range d.Parts {
			paths[d.Name][part.Name] = part.Path()
		}
	}
	var tables []SpendTable
	for _, d := range r.SpendDimensions() {
		t := SpendTable{Dimension: d, Total: r.spendTotal()}
		t.Lines = r.spendLines(func(g history.SpendGroup) (only history.SpendGroup) {
			*d.Of(&only) = *d.Of(&g)
			return only
		}, func(g history.SpendGroup) string { return paths[d.Name][*d.Of(&g)] })
		tables = append(tables, t)
	}
	return tables
}

// SpendByGroup returns what each region's models cost this month and last month, like the lines of a SpendTable.
func (r *Report) SpendByGroup() (lines []SpendLine, total SpendLine) {
	return r.spendLines(func(g history.SpendGroup) history.SpendGroup {
		return history.SpendGroup{Region: g.Region, GPU: g.GPU}
	}, func(history.SpendGroup) string { return "" }), r.spendTotal()
}

func (r *Report) spendTotal() SpendLine {
	total := SpendLine{This: r.ThisMonth().Spent}
	if last := r.LastMonth(); last != nil {
		total.Last = last.Spent
	}
	return total
}

// spendLines adds up the groups of both months by key. path returns the path of a line.
func (r *Report) spendLines(
	key func(history.SpendGroup) history.SpendGroup, path func(history.SpendGroup) string,
) []SpendLine {
	lines := map[history.SpendGroup]*SpendLine{}
	add := func(m *history.MonthSpend, to func(*SpendLine) *history.Spent) {
		for i := range m.Groups {
			g := key(m.Groups[i].SpendGroup)
			if lines[g] == nil {
				lines[g] = &SpendLine{Group: g, Path: path(g)}
			}
			sum := to(lines[g])
			*sum = sum.Plus(m.Groups[i].Spent)
		}
	}
	add(r.ThisMonth(), func(l *SpendLine) *history.Spent { return &l.This })
	if last := r.LastMonth(); last != nil {
		add(last, func(l *SpendLine) *history.Spent { return &l.Last })
	}
	sorted := make([]SpendLine, 0, len(lines))
	for _, l := range lines {
		sorted = append(sorted, *l)
	}
	slices.SortFunc(sorted, func(a, b SpendLine) int { return cmp.Or(r.compareCosts(&a, &b), compareNames(&a, &b)) })
	return sorted
}

// compareCosts orders lines by all that they show besides names, so that names decide only between equal lines.
func (r *Report) compareCosts(a, b *SpendLine) int {
	for _, of := range []func(*SpendLine) history.Spent{
		func(l *SpendLine) history.Spent { return l.This }, func(l *SpendLine) history.Spent { return l.Last },
	} {
		for _, bill := range []Bill{r.Bill, r.Bill.Other()} {
			x, y := Ranges(of(a)).Of(bill), Ranges(of(b)).Of(bill)
			if c := cmp.Or(y.Estimate.Cmp(x.Estimate), y.High.Cmp(x.High), y.Low.Cmp(x.Low)); c != 0 {
				return c
			}
		}
	}
	return cmp.Compare(min(len(b.Path), 1), min(len(a.Path), 1)) // those with a page first
}

func compareNames(a, b *SpendLine) int {
	return cmp.Or(cmp.Compare(a.Group.Region, b.Group.Region), cmp.Compare(a.Group.GPU, b.Group.GPU),
		cmp.Compare(a.Group.Owner, b.Group.Owner), cmp.Compare(a.Group.Account, b.Group.Account))
}

// MonthsBack returns the months of the spend, the newest first, at most history.SpendMonths.
func (r *Report) MonthsBack() []*history.MonthSpend {
	months := make([]*history.MonthSpend, 0, len(r.Spend.Months))
	for i := range slices.Backward(r.Spend.Months) {
		months = append(months, &r.Spend.Months[i])
	}
	return months
}

// CountedMonths returns the months of MonthsBack, without those of which no time is counted yet.
func (r *Report) CountedMonths() []*history.MonthSpend {
	return slices.DeleteFunc(r.MonthsBack(), func(m *history.MonthSpend) bool {
		return m.Observed.Seconds.IsZero() && m.Gap.Seconds.IsZero()
	})
}

// CountedFrom says from when a month is counted: "12 Nov 2026, 06:00 UTC". It is "" from the month's begin.
func CountedFrom(m *history.MonthSpend) string {
	if !m.ObservedFrom.After(history.MonthStart(m.ObservedFrom)) {
		return ""
	}
	return FormatTimeInWords(m.ObservedFrom)
}
