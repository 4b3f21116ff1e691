package report

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
)

// Reading is a list and the time when it was fetched.
type Reading struct {
	Taken     time.Time // UTC, to the second
	Instances []*fleet.Instance
}

// Moment is when a list was fetched.
type Moment struct {
	Taken    time.Time // UTC, to the second
	Currency string    // of its prices
	// Apart says that the next reading can't be compared with this one: nothing is charged between them. Nor can one in
	// another currency.
	Apart bool
}

// Readings are consecutive readings, for the charges between them. An instance is kept once for as long as it doesn't
// change, so a day of readings takes little more memory than one.
type Readings struct {
	settings  Settings
	moments   []Moment
	series    map[fleet.Key]int // indexes in order
	order     []series          // as they were first added, which is nearly the order of the charges
	withoutID map[history.SpendGroup]*withoutID
}

// series is an instance over time: at which readings it had which state. The readings of a state are consecutive.
type series struct {
	key    fleet.Key
	states []segment
}

type segment struct {
	in          *fleet.Instance
	first, last int // indexes of readings
}

// withoutID are the rows of a group without an ID.
type withoutID struct {
	in     *fleet.Instance  // one of them
	counts []ratesAtReading // by reading
}

// NewReadings returns readings at these moments, ascending, without instances.
func NewReadings(settings Settings, moments []Moment) *Readings {
	return &Readings{settings: settings, moments: moments, series: map[fleet.Key]int{},
		withoutID: map[history.SpendGroup]*withoutID{}}
}

// Add adds an instance of a reading. It is copied if it is kept. Those of one region and GPU model must be added by
// ascending time.
func (r *Readings) Add(taken time.Time, in *fleet.Instance) {
	reading, found := slices.BinarySearchFunc(r.moments, taken, func(m Moment, at time.Time) int {
		return m.Taken.Compare(at)
	})
	if !found {
		return
	}
	key := in.Key()
	if key.IsZero() {
		group := spendGroupOf(in)
		rows := r.withoutID[group]
		if rows == nil {
			kept := *in
			rows = &withoutID{&kept, make([]ratesAtReading, len(r.moments))}
			r.withoutID[group] = rows
		}
		rows.counts[reading].add(in)
		return
	}
	at, found := r.series[key]
	if !found {
		at = len(r.order)
		r.series[key] = at
		r.order = append(r.order, series{key: key})
	}
	s := &r.order[at]
	if n := len(s.states); n > 0 && s.states[n-1].last == reading-1 && sameState(s.states[n-1].in, in) {
		s.states[n-1].last = reading
		return
	}
	kept := *in
	s.states = append(s.states, segment{&kept, reading, reading})
}

// sameState reports whether two instances are equal in all that a charge may show.
func sameState(a, b *fleet.Instance) bool {
	for _, f := range charged {
		if f.Compare(a, b) != 0 {
			return false
		}
	}
	return true
}

// charged are the fields that a charge may show. Computed times are not: a run sets them late.
var charged = slices.DeleteFunc(slices.Clone(fleet.Fields), func(f *fleet.Field) bool {
	return f.Kind == fleet.Address || f.Kind == fleet.Computed && f.Time != nil
})

// at returns the instance at a reading, nil if it is not in the list.
func (s *series) at(reading int) *fleet.Instance {
	for _, each := range s.states {
		if each.first <= reading && reading <= each.last {
			return each.in
		}
	}
	return nil
}

// Charges returns what the instances cost between the readings on a UTC day, and the hours without a price. Both are
// sorted, and empty before the second reading.
func (r *Readings) Charges(day time.Time) (list []*Charge, unpriced []*UnpricedHours) {
	begin, end := day.Unix(), day.AddDate(0, 0, 1).Unix()
	var intervals []pieces
	var indexes []int
	for i := range max(0, len(r.moments)-1) {
		m, next := r.moments[i], r.moments[i+1]
		from, to := m.Taken, next.Taken
		if from.Unix() < end && to.Unix() > begin && m.Currency == next.Currency && !m.Apart {
			isGap := to.Sub(from) > 2*r.settings.Every()
			intervals = append(intervals, pieces{v: &interval{from: from, to: to, isGap: isGap}, bill: r.settings.Bill,
				currency: m.Currency})
			indexes = append(indexes, i)
		}
	}
	missing := map[fleet.Key]*UnpricedHours{}
	var sum charges
	collect := func(key fleet.Key, account string, add func(p *pieces, at int)) {
		sum.list, sum.unpriced = sum.list[:0], 0
		for i := range intervals {
			p := &intervals[i]
			p.list, p.unpriced = p.list[:0], p.unpriced[:0]
			add(p, indexes[i])
			sum.addInterval(p, begin, end)
		}
		list = append(list, sum.list...)
		if sum.unpriced > 0 {
			if missing[key] == nil {
				missing[key] = &UnpricedHours{Key: key, Account: account}
			}
			missing[key].quarters += sum.unpriced
		}
	}
	for i := range r.order {
		s := &r.order[i]
		collect(s.key, s.key.Account, func(p *pieces, at int) {
			if first, second := s.at(at), s.at(at+1); first != nil || second != nil {
				p.pair(first, second)
			}
		})
	}
	for group, rows := range r.withoutID {
		collect(fleet.Key{Account: group.Account}, group.Account, func(p *pieces, at int) { p.together(rows, at) })
	}
	slices.SortFunc(list, compareCharges)
	unpriced = slices.SortedFunc(maps.Values(missing), func(a, b *UnpricedHours) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), a.Key.Compare(b.Key))
	})
	return list, unpriced
}

// addInterval adds what lies between two times of what an instance counted for in an interval.
func (c *charges) addInterval(p *pieces, begin, end int64) {
	end = min(end, p.v.to.Unix())
	seconds := func(from int64) int64 { return max(0, end-max(from, begin)) }
	for _, each := range p.list {
		c.add(each, p, seconds(each.from))
	}
	for _, each := range p.unpriced {
		c.unpriced += each.quarters * seconds(each.from)
	}
}
