package report

import (
	"cmp"

	"github.com/shopspring/decimal"

	"gpufleet/fetch/fleet"
)

// piece is a part of an interval in which an instance counts at one price: from a moment to the interval's end. Its
// figures are per second.
type piece struct {
	in        *fleet.Instance
	from      int64 // seconds since 1970
	quarters  int64
	gpus      int64
	low, high limit
}

// pieces is what an instance counted for in an interval, by the same rules as interval.pair.
type pieces struct {
	v        *interval
	bill     Bill
	currency string
	list     []piece
	unpriced []piece // only quarters and from
}

// billedRate returns what an instance counts for at the billed rate.
func billedRate(in *fleet.Instance, bill Bill) rate {
	if bill == BillListed {
		return listedRate(in)
	}
	return runningRate(in)
}

func runningGPUs(in *fleet.Instance) int64 {
	if !in.Running() {
		return 0
	}
	return int64(in.GPUCount.Value)
}

// pair adds an instance. first or second is nil if it is not in the list of that reading.
func (p *pieces) pair(first, second *fleet.Instance) {
	switch {
	case first == nil:
		p.appeared(second)
	case second == nil:
		p.halves(first, billedRate(first, p.bill), &absent, rate{known: true}, first)
	case !sameGroup(first, second):
		p.moved(first, second)
	case isSteady(first, second) && first.Purchase == second.Purchase && samePrice(first.ListPrice, second.ListPrice):
		p.steady(second)
	default:
		p.halves(first, billedRate(first, p.bill), second, billedRate(second, p.bill), second)
	}
}

func samePrice(a, b fleet.Price) bool { return a.Known == b.Known && a.Value.Cmp(b.Value) == 0 }

// sameGroup reports whether the costs between two readings belong to one group: that of the second one.
func sameGroup(first, second *fleet.Instance) bool {
	before, now := spendGroupOf(first), spendGroupOf(second)
	return before == now || before.Region == now.Region && before.GPU == now.GPU &&
		(before.Owner == now.Owner || before.Owner == "") && (before.Account == now.Account || before.Account == "")
}

// steady adds an instance that has the same rates at both readings.
func (p *pieces) steady(in *fleet.Instance) {
	switch b := billedRate(in, p.bill); {
	case !b.counted:
	case !b.known:
		p.unpriced = append(p.unpriced, piece{from: p.v.from.Unix(), quarters: 4})
	default:
		p.list = append(p.list, piece{in: in, from: p.v.from.Unix(), quarters: 4, gpus: 4 * runningGPUs(in),
			low: p.low(limit{quarters: 4}), high: limit{quarters: 4}})
	}
}

// low returns the lower limit: 0 in a gap.
func (p *pieces) low(b limit) limit {
	if p.v.isGap {
		return limit{}
	}
	return b
}

// appeared adds an instance that was not in the list at the first reading.
func (p *pieces) appeared(in *fleet.Instance) {
	b := billedRate(in, p.bill)
	if !b.counted {
		return
	}
	from, quarters, low := p.v.from.Unix(), int64(2), limit{}
	if at, isSure := p.v.began(in, p.bill); !at.IsZero() {
		from, quarters = at.Unix(), 4
		if isSure {
			low = p.low(limit{quarters: 4})
		}
	}
	if !b.known {
		p.unpriced = append(p.unpriced, piece{from: from, quarters: quarters})
		return
	}
	p.list = append(p.list, piece{in: in, from: from, quarters: quarters, low: low, high: limit{quarters: 4}})
	running := piece{in: in, from: p.v.from.Unix(), gpus: 2 * runningGPUs(in)}
	if at, _ := p.v.began(in, BillRunning); !at.IsZero() {
		running.from, running.gpus = at.Unix(), 4*runningGPUs(in)
	}
	if running.gpus > 0 {
		p.list = append(p.list, running)
	}
}

// moved adds an instance that changed its group: half of its costs go to each.
func (p *pieces) moved(first, second *fleet.Instance) {
	whole := pieces{v: p.v, bill: p.bill}
	whole.halves(first, billedRate(first, p.bill), second, billedRate(second, p.bill), second)
	p.unpriced = append(p.unpriced, whole.unpriced...)
	for _, group := range []*fleet.Instance{first, second} {
		for _, each := range whole.list {
			each.in = inGroupOf(each.in, group, second)
			each.quarters, each.gpus = each.quarters/2, each.gpus/2
			each.low, each.high = each.low.half(), each.high.half()
			p.list = append(p.list, each)
		}
	}
}

func (b limit) half() limit { return limit{b.quarters / 2, b.rest.Mul(half)} }

// inGroupOf returns an instance with the region, model, owner and account of another one, and with those of now that
// were not given.
func inGroupOf(in, group, now *fleet.Instance) *fleet.Instance {
	moved := *in
	moved.Region, moved.GPUGroup = group.Region, group.Model()
	moved.Owner, moved.Account = cmp.Or(group.Owner, now.Owner), cmp.Or(group.Account, now.Account)
	return &moved
}

// halves adds an instance whose rate may have changed at any time: half of the time counts at each rate. now is in the
// group that the costs belong to.
func (p *pieces) halves(first *fleet.Instance, a rate, second *fleet.Instance, b rate, now *fleet.Instance) {
	from := p.v.from.Unix()
	r := p.v.between(a, b)
	if r.LowerBound() {
		quarters := r.Unpriced.Seconds.Mul(decimal.NewFromInt(4)).IntPart()
		p.unpriced = append(p.unpriced, piece{from: from, quarters: quarters})
	}
	both := a.counted && a.known && b.counted && b.known
	limitOf := func(value, own decimal.Decimal) limit {
		switch {
		case value.IsZero():
			return limit{}
		case !both:
			return limit{quarters: 4}
		case value.Equal(own):
			return limit{quarters: 2}
		}
		return limit{rest: value.Mul(decimal.NewFromInt(2))}
	}
	for _, state := range []struct {
		in   *fleet.Instance
		rate rate
	}{{first, a}, {second, b}} {
		if !state.rate.counted || !state.rate.known {
			continue
		}
		in := state.in
		if spendGroupOf(in) != spendGroupOf(now) && in != now { // a dimension was not given
			in = inGroupOf(in, now, now)
		}
		p.list = append(p.list, piece{in: in, from: from, quarters: 2, gpus: 2 * runningGPUs(in),
			low: limitOf(r.Low, state.rate.value), high: limitOf(r.High, state.rate.value)})
	}
}

// together adds the rows of a group without an ID, which are one instance.
func (p *pieces) together(g *withoutID, at int) {
	var states [2]fleet.Instance
	var rates [2]rate
	var unpriced int64
	for i := range states {
		sums := g.counts[at+i]
		perHour, missing, priced := sums.running, sums.runningUnpriced, sums.runningPriced
		if p.bill == BillListed {
			perHour, missing, priced = sums.listed, sums.listedUnpriced, sums.listedPriced
		}
		unpriced += 2 * missing
		states[i] = fleet.Instance{Region: g.in.Region, GPUGroup: g.in.Model(), Owner: g.in.Owner, Account: g.in.Account,
			Price: fleet.Known(perHour)}
		rates[i] = rate{counted: priced > 0, known: true, value: perHour.Decimal()}
	}
	if unpriced > 0 {
		p.unpriced = append(p.unpriced, piece{from: p.v.from.Unix(), quarters: unpriced})
	}
	before := len(p.list)
	p.halves(&states[0], rates[0], &states[1], rates[1], &states[1])
	// Their GPUs were counted when they were added.
	for i := range 2 {
		if rates[i].counted && before < len(p.list) {
			p.list[before].gpus = 2 * g.counts[at+i].gpus
			before++
		}
	}
}
