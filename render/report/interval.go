package report

import (
	"time"

	"github.com/shopspring/decimal"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
)

// interval computes what the fleet cost between two readings. Give it each instance once with pair, and each row
// without an ID with rowWithoutID; both do nothing without an interval.
type interval struct {
	from, to time.Time
	isGap    bool
	optional []namedDimension
	// steady has the instances that have the same rates at both readings, by group. Most do, and their sums are quick.
	steady map[history.SpendGroup]*ratesAtReading
	// rates are what groups cost per second from a time to the end of the interval, by that time: the begin of the
	// interval, or a midnight after it.
	rates map[time.Time]groupSpend
	// days are what groups cost on parts of a day besides, by the day.
	days map[time.Time]groupSpend
	// withoutID has the rows without an ID, by group: together they are one instance.
	withoutID map[history.SpendGroup]*[2]ratesAtReading
}

// namedDimension is a dimension that the spend is divided by, though not all instances have a name in it.
type namedDimension struct {
	history.Dimension
	nameless string // the name of those that have none
}

// groupSpend is what groups cost.
type groupSpend map[history.SpendGroup]history.Spent

// ratesAtReading are sums of instances of a group at one reading.
type ratesAtReading struct {
	running, listed                 fleet.Money
	runningPriced, listedPriced     int64 // instances
	runningUnpriced, listedUnpriced int64
	gpus                            int64
}

func newInterval(from, to time.Time, isGap bool) *interval {
	return &interval{from: from, to: to, isGap: isGap,
		steady:    map[history.SpendGroup]*ratesAtReading{},
		rates:     map[time.Time]groupSpend{from: {}},
		days:      map[time.Time]groupSpend{},
		withoutID: map[history.SpendGroup]*[2]ratesAtReading{}}
}

// spendGroupOf returns the group that an instance's spend belongs to.
func spendGroupOf(in *fleet.Instance) history.SpendGroup {
	return history.SpendGroup{Region: in.RegionName(), GPU: in.Model(), Owner: in.Owner, Account: in.Account}
}

func (v *interval) group(in *fleet.Instance) history.SpendGroup {
	g := spendGroupOf(in)
	for _, d := range v.optional {
		if name := d.Of(&g); *name == "" {
			*name = d.nameless
		}
	}
	return g
}

// pair adds an instance. first or second is nil if it is not in the list of that reading.
func (v *interval) pair(first, second *fleet.Instance) {
	switch {
	case v == nil:
	case first == nil:
		v.appeared(v.group(second), second)
	case second == nil:
		v.add(v.group(first), v.from, v.spent(first, &absent))
	default:
		before, now := v.group(first), v.group(second)
		giveMissing(&before, now, spendGroupOf(first))
		switch {
		case before != now: // half for each group
			spent := v.spent(first, second).Times(half)
			v.add(before, v.from, spent)
			v.add(now, v.from, spent)
		case isSteady(first, second):
			v.stay(now, second)
		default:
			v.add(now, v.from, v.spent(first, second))
		}
	}
}

// giveMissing gives a group the names of a later one in the dimensions that it had none in: they were not given.
func giveMissing(g *history.SpendGroup, now, had history.SpendGroup) {
	for _, d := range history.Dimensions {
		if *d.Of(&had) == "" {
			*d.Of(g) = *d.Of(&now)
		}
	}
}

// absent stands for an instance that is not in a list.
var absent = fleet.Instance{Status: "Deleted"}

var half = decimal.New(5, -1)

// isSteady reports whether an instance has the same rates at both readings, as nearly all have.
func isSteady(first, second *fleet.Instance) bool {
	return first.Status == second.Status && first.GPUCount == second.GPUCount &&
		first.Price.Known == second.Price.Known && first.Price.Value.Cmp(second.Price.Value) == 0
}

// stay adds an instance that has the same rates at both readings.
func (v *interval) stay(g history.SpendGroup, in *fleet.Instance) {
	sums := v.steady[g]
	if sums == nil {
		sums = &ratesAtReading{}
		v.steady[g] = sums
	}
	sums.add(in)
}

// rate is what an instance counts for at one reading: its price, or its number of GPUs.
type rate struct {
	counted, known bool
	value          decimal.Decimal // 0 unless counted and known
}

func rateOf(counted, known bool, value func() decimal.Decimal) rate {
	r := rate{counted: counted, known: known || !counted}
	if counted && known {
		r.value = value()
	}
	return r
}

func runningRate(in *fleet.Instance) rate {
	return rateOf(in.Running(), in.Price.Known, in.Price.Value.Decimal)
}

func listedRate(in *fleet.Instance) rate {
	return rateOf(in.Listed(), in.Price.Known, in.Price.Value.Decimal)
}

func gpuRate(in *fleet.Instance) rate {
	return rateOf(in.Running(), in.GPUCount.Known, func() decimal.Decimal {
		return decimal.NewFromInt(int64(in.GPUCount.Value))
	})
}

// spent returns what an instance cost per second of the whole interval.
func (v *interval) spent(first, second *fleet.Instance) history.Spent {
	return history.Spent{
		Running: v.between(runningRate(first), runningRate(second)),
		Listed:  v.between(listedRate(first), listedRate(second)),
		GPUs:    history.Hours{Seconds: v.between(gpuRate(first), gpuRate(second)).Estimate},
	}
}

// between returns what a rate came to if nobody knows when it changed.
func (v *interval) between(first, second rate) history.Range {
	var r history.Range
	switch {
	case first.known && second.known: // a rate that doesn't count is 0
		r.Low, r.High = decimal.Min(first.value, second.value), decimal.Max(first.value, second.value)
	case first.known != second.known && first.counted && second.counted: // the other one is 0 here
		r.High = first.value.Add(second.value)
		r.Unpriced.Seconds = half
	case first.counted && second.counted:
		r.Unpriced.Seconds = one
	default:
		r.Unpriced.Seconds = half
	}
	r.Estimate = r.Low.Add(r.High).Mul(half)
	return v.bounded(r)
}

var one = decimal.NewFromInt(1)

// appeared adds an instance that was not in the list at the first reading.
func (v *interval) appeared(g history.SpendGroup, in *fleet.Instance) {
	var unknown history.Spent // per second of the whole interval, for the rates whose begin nobody knows
	if began, isSure := v.began(in, BillListed); !began.IsZero() {
		v.add(g, began, history.Spent{Listed: v.since(listedRate(in), isSure)})
	} else {
		unknown.Listed = v.between(rate{known: true}, listedRate(in))
	}
	if began, isSure := v.began(in, BillRunning); !began.IsZero() {
		v.add(g, began, history.Spent{Running: v.since(runningRate(in), isSure),
			GPUs: history.Hours{Seconds: gpuRate(in).value}})
	} else {
		unknown.Running = v.between(rate{known: true}, runningRate(in))
		unknown.GPUs.Seconds = v.between(rate{known: true}, gpuRate(in)).Estimate
	}
	v.add(g, v.from, unknown)
}

// began returns the moment within the interval from which an instance that came counts, zero if nobody knows. It may
// have begun later unless isSure.
func (v *interval) began(in *fleet.Instance, bill Bill) (at time.Time, isSure bool) {
	at, isSure = in.CreatedAt, true
	if bill == BillRunning {
		if at = in.StartedAt; at.IsZero() {
			at, isSure = in.CreatedAt, false
		}
	}
	if at.Before(v.from) || at.After(v.to) {
		return time.Time{}, false
	}
	return at, isSure
}

// since returns what a rate came to from a known moment on. If it may have begun later, isSure is false.
func (v *interval) since(r rate, isSure bool) history.Range {
	s := history.Range{Estimate: r.value, High: r.value}
	if isSure {
		s.Low = r.value
	}
	if !r.known {
		s.Unpriced.Seconds = one
	}
	return v.bounded(s)
}

// bounded sets the lower figure to 0 in a gap: the instance may have been away all the time.
func (v *interval) bounded(r history.Range) history.Range {
	if v.isGap {
		r.Low = decimal.Decimal{}
	}
	return r
}

// rowWithoutID adds a row without an ID, of the first (0) or second (1) reading.
func (v *interval) rowWithoutID(reading int, in *fleet.Instance) {
	if v == nil {
		return
	}
	g := v.group(in)
	rows := v.withoutID[g]
	if rows == nil {
		rows = &[2]ratesAtReading{}
		v.withoutID[g] = rows
	}
	rows[reading].add(in)
}

func (s *ratesAtReading) add(in *fleet.Instance) {
	count := func(sum *fleet.Money, priced, unpriced *int64) {
		if in.Price.Known {
			*sum = sum.Add(in.Price.Value)
			*priced++
		} else {
			*unpriced++
		}
	}
	if in.Listed() {
		count(&s.listed, &s.listedPriced, &s.listedUnpriced)
	}
	if in.Running() {
		count(&s.running, &s.runningPriced, &s.runningUnpriced)
		if in.GPUCount.Known {
			s.gpus += int64(in.GPUCount.Value)
		}
	}
}

// add adds costs per second from a time to the end of the interval.
func (v *interval) add(g history.SpendGroup, from time.Time, perSecond history.Spent) {
	if !from.Equal(v.from) {
		day := history.Day(from)
		midnight := day.AddDate(0, 0, 1)
		addTo(v.days, day, g, perSecond.Times(secondsBetween(from, minTime(midnight, v.to))))
		from = midnight
	}
	if from.Before(v.to) {
		addTo(v.rates, from, g, perSecond)
	}
}

func addTo(costs map[time.Time]groupSpend, at time.Time, g history.SpendGroup, spent history.Spent) {
	if costs[at] == nil {
		costs[at] = groupSpend{}
	}
	costs[at][g] = costs[at][g].Plus(spent)
}

func secondsBetween(from, to time.Time) decimal.Decimal {
	return decimal.NewFromInt(int64(to.Sub(from) / time.Second))
}

// finish adds what was only counted so far. Call it once, after the last instance.
func (v *interval) finish() {
	for g, sums := range v.steady {
		v.add(g, v.from, v.together(sums, sums))
	}
	for g, rows := range v.withoutID {
		v.add(g, v.from, v.together(&rows[0], &rows[1]))
	}
}

// together returns what instances of a group cost per second if they are taken as one.
func (v *interval) together(first, second *ratesAtReading) history.Spent {
	known := func(value decimal.Decimal) rate { return rate{known: true, value: value} }
	both := func(a, b fleet.Money, unpriced int64) history.Range {
		r := v.between(known(a.Decimal()), known(b.Decimal()))
		r.Unpriced.Seconds = decimal.NewFromInt(unpriced).Mul(half)
		return r
	}
	return history.Spent{
		Running: both(first.running, second.running, first.runningUnpriced+second.runningUnpriced),
		Listed:  both(first.listed, second.listed, first.listedUnpriced+second.listedUnpriced),
		GPUs:    history.Hours{Seconds: decimal.NewFromInt(first.gpus + second.gpus).Mul(half)},
	}
}

// overlap returns the seconds that two spans of time have in common.
func overlap(from, to, otherFrom, otherTo time.Time) decimal.Decimal {
	if otherFrom.After(from) {
		from = otherFrom
	}
	if to = minTime(to, otherTo); !from.Before(to) {
		return decimal.Decimal{}
	}
	return secondsBetween(from, to)
}

func minTime(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
