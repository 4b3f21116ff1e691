package history

import (
	"cmp"
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// How much of the spend is kept. What leaves a day or a month because there is too much of it joins its OtherGroup.
const (
	SpendMonths    = 24
	SpendDays      = 400
	MaxNames       = 200     // of each dimension in a day
	maxSpendGroups = 100_000 // in a month
	maxOlderGroups = 10_000  // in a month before the last one
)

// OtherGroup is the name of what doesn't have a line of its own.
const OtherGroup = "Other"

// Spend is what the fleet has cost since the first reading. The zero Spend is that of a first run.
type Spend struct {
	First, Last time.Time // readings, UTC, to the second; zero before the first one
	// Gaps are the lengths of the latest intervals if they were gaps, the newest last, at most KeptGaps.
	Gaps   []time.Duration
	Months []MonthSpend // every month since the first reading, ascending, at most SpendMonths
	Days   []DaySpend   // every day since the first reading, ascending, at most SpendDays
}

// KeptGaps is how many gaps in a row are remembered.
const KeptGaps = 3

// MonthSpend is a calendar month in UTC.
type MonthSpend struct {
	Month        string    // 2026-11
	ObservedFrom time.Time // its begin, or the first reading if that was later
	Observed     Hours
	Gap          Hours // between readings that are too far apart
	Elapsed      Hours // from its begin to its end, or to the last reading
	Spent
	Groups []GroupSpend // sorted; they add up to the month
}

// DaySpend is a day in UTC.
type DaySpend struct {
	Date     string // 2026-11-22
	Observed Hours
	Gap      Hours
	Spent
	By map[string][]NamedSpend // a list for each dimension; each adds up to the day
}

// GroupSpend is a group's part of a month.
type GroupSpend struct {
	SpendGroup
	Spent
}

// NamedSpend is the part of a day that belongs to one name of a dimension.
type NamedSpend struct {
	Name string
	Spent
}

// SpendGroup says whose spend it is. Owner and Account are "" if they are not given.
type SpendGroup struct {
	Region  string
	GPU     string
	Owner   string
	Account string
}

// Dimension is a way to divide the spend.
type Dimension struct {
	Name string // in files, and in --hide if it can be hidden
	Of   func(*SpendGroup) *string
}

// Dimensions are all dimensions. A name is "" if the dimension is not given.
var Dimensions = []Dimension{
	{"region", func(g *SpendGroup) *string { return &g.Region }},
	{"gpu", func(g *SpendGroup) *string { return &g.GPU }},
	Owner,
	Account,
}

// Owner is the dimension of the owners.
var Owner = Dimension{"owner", func(g *SpendGroup) *string { return &g.Owner }}

// Account is the dimension of the accounts.
var Account = Dimension{"account", func(g *SpendGroup) *string { return &g.Account }}

// Spent is what running and listed instances came to, in price x seconds, and the time of the running GPUs.
type Spent struct {
	Running Range
	Listed  Range
	GPUs    Hours
}

// Range is a cost that is not known exactly, in price x seconds: that is exact, and divided once, when it is shown.
type Range struct {
	Low, Estimate, High decimal.Decimal
	Unpriced            Hours // of instances without a price, which count as 0; if above 0, all three are lower bounds
}

// Hours is a time, in seconds. It is a multiple of a quarter: instances that change count half, also for each group.
type Hours struct{ Seconds decimal.Decimal }

// HoursOf returns a time.
func HoursOf(d time.Duration) Hours { return Hours{decimal.NewFromInt(int64(d / time.Second))} }

// Plus returns the sum of both.
func (h Hours) Plus(other Hours) Hours { return Hours{h.Seconds.Add(other.Seconds)} }

// Plus returns the sum of both.
func (r Range) Plus(other Range) Range {
	return Range{r.Low.Add(other.Low), r.Estimate.Add(other.Estimate), r.High.Add(other.High),
		r.Unpriced.Plus(other.Unpriced)}
}

// LowerBound reports whether hours without a price count as 0.
func (r Range) LowerBound() bool { return !r.Unpriced.Seconds.IsZero() }

// Times returns all figures times a number.
func (r Range) Times(n decimal.Decimal) Range {
	return Range{r.Low.Mul(n), r.Estimate.Mul(n), r.High.Mul(n), Hours{r.Unpriced.Seconds.Mul(n)}}
}

// Plus returns the sum of both.
func (s Spent) Plus(other Spent) Spent {
	return Spent{s.Running.Plus(other.Running), s.Listed.Plus(other.Listed), s.GPUs.Plus(other.GPUs)}
}

// Times returns all figures times a number.
func (s Spent) Times(n decimal.Decimal) Spent {
	return Spent{s.Running.Times(n), s.Listed.Times(n), Hours{s.GPUs.Seconds.Mul(n)}}
}

func (s Spent) isZero() bool {
	return s.weight().IsZero() && !s.Running.LowerBound() && !s.Listed.LowerBound() && s.GPUs.Seconds.IsZero()
}

// weight orders what belongs together by size.
func (s Spent) weight() decimal.Decimal {
	return s.Running.High.Add(s.Listed.High)
}

// MonthText returns the UTC month of a moment: 2026-11.
func MonthText(moment time.Time) string { return moment.UTC().Format("2006-01") }

// MonthStart returns the begin of a moment's UTC month.
func MonthStart(moment time.Time) time.Time {
	year, month, _ := moment.UTC().Date()
	return time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)
}

// Clone returns a copy that can be changed.
func (s *Spend) Clone() *Spend {
	c := *s
	c.Gaps = slices.Clone(s.Gaps)
	c.Months, c.Days = slices.Clone(s.Months), slices.Clone(s.Days)
	for i := range c.Months {
		c.Months[i].Groups = slices.Clone(c.Months[i].Groups)
	}
	for i := range c.Days {
		by := c.Days[i].By
		c.Days[i].By = make(map[string][]NamedSpend, len(by))
		for name, list := range by {
			c.Days[i].By[name] = slices.Clone(list)
		}
	}
	return &c
}

// Regroup changes the names of groups and merges those that become equal. No sum changes.
func (s *Spend) Regroup(change func(SpendGroup) SpendGroup) {
	for i := range s.Months {
		m := &s.Months[i]
		if !slices.ContainsFunc(m.Groups, func(g GroupSpend) bool { return change(g.SpendGroup) != g.SpendGroup }) {
			continue
		}
		groups := map[SpendGroup]Spent{}
		for _, g := range m.Groups {
			key := change(g.SpendGroup)
			groups[key] = groups[key].Plus(g.Spent)
		}
		m.Groups = nil
		m.AddGroups(groups)
	}
	for i := range s.Days {
		day := &s.Days[i]
		for _, d := range Dimensions {
			list, changed := day.By[d.Name], func(name string) string {
				var g SpendGroup
				*d.Of(&g) = name
				g = change(g)
				return *d.Of(&g)
			}
			if !slices.ContainsFunc(list, func(n NamedSpend) bool { return changed(n.Name) != n.Name }) {
				continue
			}
			names := map[string]Spent{}
			for _, each := range list {
				name := changed(each.Name)
				names[name] = names[name].Plus(each.Spent)
			}
			delete(day.By, d.Name)
			day.AddNames(d.Name, names)
		}
	}
}

// AddGroups adds to the groups of the month. It changes none of the month's own figures.
func (m *MonthSpend) AddGroups(add map[SpendGroup]Spent) { m.addGroups(add, maxSpendGroups) }

// Shrink keeps fewer groups, as months do that no page and no budget needs.
func (m *MonthSpend) Shrink() {
	if len(m.Groups) > maxOlderGroups {
		m.addGroups(nil, maxOlderGroups)
	}
}

func (m *MonthSpend) addGroups(add map[SpendGroup]Spent, limit int) {
	merged := make(map[SpendGroup]Spent, len(m.Groups))
	for _, g := range m.Groups {
		merged[g.SpendGroup] = g.Spent
	}
	other := SpendGroup{OtherGroup, OtherGroup, "", ""}
	for _, groups := range []map[SpendGroup]Spent{merged, add} {
		for key := range groups { // owners and accounts are given to all or to none
			if key.Owner != "" {
				other.Owner = OtherGroup
			}
			if key.Account != "" {
				other.Account = OtherGroup
			}
		}
	}
	merge(merged, add, other, limit, compareGroups)
	m.Groups = m.Groups[:0]
	for key, spent := range merged {
		m.Groups = append(m.Groups, GroupSpend{key, spent})
	}
	slices.SortFunc(m.Groups, func(a, b GroupSpend) int { return compareGroups(a.SpendGroup, b.SpendGroup) })
}

// AddNames adds to the names of one dimension. A name of "" is left out: the dimension is not given.
func (d *DaySpend) AddNames(dimension string, add map[string]Spent) {
	delete(add, "")
	if len(add) == 0 {
		return
	}
	merged := map[string]Spent{}
	for _, each := range d.By[dimension] {
		merged[each.Name] = each.Spent
	}
	merge(merged, add, OtherGroup, MaxNames, cmp.Compare[string])
	list := make([]NamedSpend, 0, len(merged))
	for name, spent := range merged {
		list = append(list, NamedSpend{name, spent})
	}
	slices.SortFunc(list, func(a, b NamedSpend) int { return cmp.Compare(a.Name, b.Name) })
	if d.By == nil {
		d.By = map[string][]NamedSpend{}
	}
	d.By[dimension] = list
}

// merge adds to sums by key. If there are more than limit, the smallest join other. From then on all new keys join it,
// so that each other key has all of its sum.
func merge[K comparable](into, add map[K]Spent, other K, limit int, compare func(a, b K) int) {
	_, full := into[other]
	full = full && len(into) >= limit // less: it is the other's own name
	for key, spent := range add {
		if _, known := into[key]; full && !known {
			key = other
		}
		into[key] = into[key].Plus(spent)
	}
	if len(into) <= limit {
		return
	}
	keys := make([]K, 0, len(into))
	for key := range into {
		if key != other {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b K) int {
		return cmp.Or(into[b].weight().Cmp(into[a].weight()), compare(a, b))
	})
	for _, key := range keys[limit-1:] {
		into[other] = into[other].Plus(into[key])
		delete(into, key)
	}
}

func compareGroups(a, b SpendGroup) int {
	return cmp.Or(cmp.Compare(a.Region, b.Region), cmp.Compare(a.GPU, b.GPU), cmp.Compare(a.Owner, b.Owner),
		cmp.Compare(a.Account, b.Account))
}

// Has reports whether a dimension is given: the regions and models always are.
func (s *Spend) Has(d Dimension) bool {
	return d.Name == "region" || d.Name == "gpu" || slices.ContainsFunc(s.Months, func(m MonthSpend) bool {
		return slices.ContainsFunc(m.Groups, func(g GroupSpend) bool { return *d.Of(&g.SpendGroup) != "" })
	})
}

// Give gives a name to what has none in a dimension, because that was not given at the time.
func (s *Spend) Give(d Dimension, name string) {
	s.Regroup(func(g SpendGroup) SpendGroup {
		if *d.Of(&g) == "" {
			*d.Of(&g) = name
		}
		return g
	})
	for i := range s.Days {
		day := &s.Days[i]
		if isNamed := len(day.By) > 0; isNamed && day.By[d.Name] == nil {
			day.By[d.Name] = []NamedSpend{}
			if !day.Spent.isZero() {
				day.By[d.Name] = append(day.By[d.Name], NamedSpend{name, day.Spent})
			}
		}
	}
}

// hide merges the groups that differ only in hidden dimensions.
func (s *Spend) hide(hidden []string) {
	for _, d := range Dimensions {
		if slices.Contains(hidden, d.Name) {
			s.Regroup(func(g SpendGroup) SpendGroup { *d.Of(&g) = ""; return g })
		}
	}
}
