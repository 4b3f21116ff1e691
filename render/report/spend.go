package report

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"gpufleet/fetch/history"
)

// nextInterval returns the interval that this reading ends, nil if there is none: at the first reading, and if this run
// repeats the last reading. last is the last reading's snapshot, nil if it can't be used.
func (r *Report) nextInterval(s *history.Spend, last *history.Snapshot) *interval {
	if last == nil || !last.Taken.Before(r.Generated) || last.Taken.Before(s.Last) {
		return nil
	}
	v := newInterval(last.Taken, r.Generated, r.isGap(last.Taken))
	v.optional = r.optional(s)
	return v
}

// setSpend extends the spend up to this reading, and computes the forecast. v is the interval that ends now, nil if
// there is none.
func (r *Report) setSpend(previous *history.Spend, v *interval) {
	r.Spend = r.extendSpend(previous, v)
	r.Forecast = r.forecast()
	r.spentThisMonth = spentByName(r.ThisMonth())
	r.OwnerBudgets = r.ownerBudgets()
}

// spentByName adds up a month by each dimension and name.
func spentByName(m *history.MonthSpend) map[string]map[string]history.Spent {
	sums := map[string]map[string]history.Spent{}
	for _, d := range history.Dimensions {
		sums[d.Name] = map[string]history.Spent{}
		for i := range m.Groups {
			g := &m.Groups[i]
			name := *d.Of(&g.SpendGroup)
			sums[d.Name][name] = sums[d.Name][name].Plus(g.Spent)
		}
	}
	return sums
}

// optional returns the dimensions besides region and GPU model that the spend is divided by: each from the first run on
// that had it.
func (r *Report) optional(s *history.Spend) (dimensions []namedDimension) {
	for _, d := range history.Dimensions {
		if name := r.nameless(d.Name); name != "" && (r.Has(d.Name) || s.Has(d)) {
			dimensions = append(dimensions, namedDimension{d, name})
		}
	}
	return dimensions
}

// giveNames names what has no name in dimensions.
func giveNames(s *history.Spend, dimensions []namedDimension) {
	for _, d := range dimensions {
		s.Give(d.Dimension, d.nameless)
	}
}

// isGap reports whether so much time has passed since a reading that nobody knows what happened.
func (s Settings) isGap(since time.Time) bool { return s.Generated.Sub(since) > 2*s.Every() }

// extendSpend returns the spend up to this reading. s doesn't change.
func (r *Report) extendSpend(s *history.Spend, v *interval) *history.Spend {
	s = s.Clone()
	dimensions := r.optional(s)
	giveNames(s, dimensions)
	if s.First.IsZero() {
		s.First, s.Last = r.Generated, r.Generated
		if v != nil { // a report of an earlier version: its newest snapshot is the first reading
			s.First, s.Last = v.from, v.from
		}
	}
	from := s.Last
	if v != nil {
		from = v.from
		v.finish()
	}
	// Time between readings that can't be compared is a gap without costs.
	addTime(s, s.Last, from, true)
	if v != nil {
		addTime(s, from, r.Generated, v.isGap)
		addCosts(s, v)
	} else {
		addTime(s, from, r.Generated, true)
	}
	if r.Generated.After(s.Last) {
		s.Gaps = nextGaps(s.Gaps, r.Generated.Sub(s.Last), r.isGap(s.Last))
	}
	s.Last = r.Generated
	ensureMonth(s, r.Generated)
	ensureDay(s, r.Generated)
	expire(s)
	giveNames(s, dimensions) // also in days without costs
	for i := range s.Months {
		settleMonth(s, &s.Months[i])
	}
	return s
}

// nextGaps adds the length of an interval to the latest gaps. An interval that is none ends them.
func nextGaps(gaps []time.Duration, length time.Duration, isGap bool) []time.Duration {
	if !isGap {
		return nil
	}
	gaps = append(gaps, length)
	return gaps[max(0, len(gaps)-history.KeptGaps):]
}

// addTime counts the time between two readings as observed, or as a gap.
func addTime(s *history.Spend, from, to time.Time, isGap bool) {
	for from.Before(to) {
		end := minTime(history.Day(from).AddDate(0, 0, 1), to)
		length := history.HoursOf(end.Sub(from))
		month, day := ensureMonth(s, from), ensureDay(s, from)
		if isGap {
			month.Gap, day.Gap = month.Gap.Plus(length), day.Gap.Plus(length)
		} else {
			month.Observed, day.Observed = month.Observed.Plus(length), day.Observed.Plus(length)
		}
		from = end
	}
}

// ensureMonth returns the month of a moment, which is the last one or comes after it.
func ensureMonth(s *history.Spend, moment time.Time) *history.MonthSpend {
	name := history.MonthText(moment)
	if n := len(s.Months); n == 0 || s.Months[n-1].Month < name {
		s.Months = append(s.Months, history.MonthSpend{Month: name, Groups: []history.GroupSpend{}})
	}
	return &s.Months[len(s.Months)-1]
}

// ensureDay returns the day of a moment, which is the last one or comes after it.
func ensureDay(s *history.Spend, moment time.Time) *history.DaySpend {
	name := history.DateText(moment)
	if n := len(s.Days); n == 0 || s.Days[n-1].Date < name {
		s.Days = append(s.Days, history.DaySpend{Date: name,
			By: map[string][]history.NamedSpend{"region": {}, "gpu": {}}}) // these are always given
	}
	return &s.Days[len(s.Days)-1]
}

// addCosts adds the interval's costs to its days and months, which must be there.
func addCosts(s *history.Spend, v *interval) {
	named := oldestNamed(v.to)
	add := func(from, to time.Time, perSecond groupSpend) {
		addDays(s, from, to, named, perSecond)
		addMonths(s, from, to, perSecond)
	}
	for _, from := range sortedTimes(v.rates) {
		add(from, v.to, v.rates[from])
	}
	for _, day := range sortedTimes(v.days) {
		add(day, day.Add(time.Second), v.days[day])
	}
}

func sortedTimes(costs map[time.Time]groupSpend) []time.Time {
	return slices.SortedFunc(maps.Keys(costs), time.Time.Compare)
}

// addDays adds costs per second to days. Days before the month or day named have no names.
func addDays(s *history.Spend, from, to time.Time, named string, perSecond groupSpend) {
	var sum history.Spent
	by := map[string]map[string]history.Spent{}
	for _, d := range history.Dimensions {
		by[d.Name] = map[string]history.Spent{}
	}
	for g, spent := range perSecond {
		sum = sum.Plus(spent)
		for _, d := range history.Dimensions {
			name := *d.Of(&g)
			by[d.Name][name] = by[d.Name][name].Plus(spent)
		}
	}
	for i := range s.Days {
		day := &s.Days[i]
		date, _ := time.Parse(time.DateOnly, day.Date)
		seconds := overlap(from, to, date, date.AddDate(0, 0, 1))
		if seconds.IsZero() {
			continue
		}
		day.Spent = day.Spent.Plus(sum.Times(seconds))
		if day.Date < named {
			continue
		}
		for _, d := range history.Dimensions {
			day.AddNames(d.Name, times(by[d.Name], seconds))
		}
	}
}

// addMonths adds costs per second to months.
func addMonths(s *history.Spend, from, to time.Time, perSecond groupSpend) {
	for i := range s.Months {
		m := &s.Months[i]
		start, _ := time.Parse("2006-01", m.Month)
		seconds := overlap(from, to, start, start.AddDate(0, 1, 0))
		if seconds.IsZero() {
			continue
		}
		costs := times(perSecond, seconds)
		for _, spent := range costs {
			m.Spent = m.Spent.Plus(spent)
		}
		m.AddGroups(costs)
	}
}

func times[K comparable](costs map[K]history.Spent, seconds decimal.Decimal) map[K]history.Spent {
	product := make(map[K]history.Spent, len(costs))
	for key, spent := range costs {
		product[key] = spent.Times(seconds)
	}
	return product
}

// oldestNamed returns the month from which on days keep their names: the one before a moment's.
func oldestNamed(moment time.Time) string {
	return history.MonthText(history.MonthStart(moment).AddDate(0, -1, 0))
}

// expire drops what is no longer kept, and details of what is older than last month.
func expire(s *history.Spend) {
	s.Months = s.Months[max(0, len(s.Months)-history.SpendMonths):]
	s.Days = s.Days[max(0, len(s.Days)-history.SpendDays):]
	oldest := oldestNamed(s.Last)
	for i := range s.Months {
		if s.Months[i].Month < oldest {
			s.Months[i].Shrink()
		}
	}
	for i := range s.Days {
		if s.Days[i].Date < oldest { // a date comes after its month
			s.Days[i].By = nil
		}
	}
}

// settleMonth sets the times of a month that follow from the readings.
func settleMonth(s *history.Spend, m *history.MonthSpend) {
	start, _ := time.Parse("2006-01", m.Month)
	m.ObservedFrom = start
	if s.First.After(start) {
		m.ObservedFrom = s.First
	}
	m.Elapsed = history.HoursOf(minTime(start.AddDate(0, 1, 0), s.Last).Sub(start))
}

// GapNote returns a note that names the --expect-every that fits if the last three intervals were gaps of like length,
// else "".
func (r *Report) GapNote() string {
	every := fittingInterval(r.Spend.Gaps)
	if every == 0 {
		return ""
	}
	text := strings.TrimSuffix(every.String(), "0s")
	if every >= time.Hour {
		text = strings.TrimSuffix(text, "0m")
	}
	return "the last three runs came so late that what happened in between is unknown; " +
		"if that is as planned, use --expect-every " + text
}

func fittingInterval(gaps []time.Duration) time.Duration {
	if len(gaps) < history.KeptGaps {
		return 0
	}
	shortest, longest := slices.Min(gaps), slices.Max(gaps)
	if longest > shortest+shortest/4 || longest > 2*longestExpected {
		return 0
	}
	unit := time.Hour
	if longest < 2*time.Hour {
		unit = time.Minute
	}
	return min(longest.Round(unit), longestExpected)
}

// secondsLeft returns the seconds from the last reading to the end of its month.
func secondsLeft(at time.Time) decimal.Decimal {
	return secondsBetween(at, history.MonthStart(at).AddDate(0, 1, 0))
}
