package report

import (
	"hash/maphash"
	"slices"
	"strings"
	"time"

	"gpufleet/fetch/fleet"
)

// How long an instance has a status before it is found.
const (
	stuckAfter       = 24 * time.Hour
	longRunningAfter = 30 * 24 * time.Hour
)

// finder applies the rules to a report's instances.
type finder struct {
	*Report
	regions  map[string]bool // names of the fleet's regions
	offers   map[hardware]*lowestOffers
	repeated map[hostName]bool         // names of several instances
	before   map[fleet.Key]fleet.Money // prices that were lower a week ago
}

func newFinder(r *Report) *finder {
	regions := map[string]bool{}
	for _, region := range r.Regions {
		regions[region.Name] = true
	}
	return &finder{r, regions, r.lowestOffers(), r.repeatedNames(), r.risenPrices()}
}

// listed sets the cost of a listed instance. It reports whether the instance is listed.
func (f *finder) listed(found *Found) bool {
	if !found.Listed() {
		return false
	}
	found.AtStake = found.Price
	return true
}

func (f *finder) inError(found *Found) bool {
	found.Since = f.statusSince(found.Instance)
	return strings.EqualFold(found.Status, "Error") && f.listed(found)
}

func (f *finder) isStuck(found *Found) bool {
	found.Since = f.statusSince(found.Instance)
	return isTransition(found.Status) && f.lasts(found.Since, stuckAfter) && f.listed(found)
}

// isTransition reports whether an instance with a status is on its way to another one.
func isTransition(status string) bool {
	for _, transition := range []string{"Deploying", "Provisioning", "Deleting"} {
		if strings.EqualFold(status, transition) {
			return true
		}
	}
	return false
}

func (f *finder) isStopped(found *Found) bool {
	found.Since = f.statusSince(found.Instance)
	return strings.EqualFold(found.Status, "Stopped") && found.Price.Known && found.Price.Value.Sign() > 0 &&
		f.listed(found)
}

func (f *finder) isLongRunning(found *Found) bool {
	found.Since = f.runningSince(found.Instance)
	return found.Running() && found.Purchase == fleet.OnDemand && f.lasts(found.Since, longRunningAfter) &&
		f.listed(found)
}

func (f *finder) isUnpriced(found *Found) bool { return !found.Price.Known && f.listed(found) }

func (f *finder) isUnowned(found *Found) bool {
	return f.Owners && found.Owner == fleet.Unassigned && f.listed(found)
}

func (f *finder) hasDuplicateName(found *Found) bool {
	return f.repeated[hostNameOf(found.Instance)] && f.listed(found)
}

func (f *finder) hasPriceRise(found *Found) bool {
	before, ok := f.before[found.Key()]
	if !ok || !f.listed(found) {
		return false
	}
	found.AtStake = fleet.Known(found.Price.Value.Minus(before))
	found.Since = Since{Time: f.SinceLastWeek.From}
	found.Other = fleet.Known(before)
	return true
}

func (f *finder) isCheaperElsewhere(found *Found) bool {
	offers := f.offers[hardwareOf(found.Instance)]
	if offers == nil || !found.Price.Known || !f.listed(found) {
		return false
	}
	offer := offers.outside(found.RegionName())
	if !offer.Price.Known || offer.Price.Value.Cmp(found.Price.Value) >= 0 {
		return false
	}
	found.AtStake = fleet.Known(found.Price.Value.Minus(offer.Price.Value))
	found.Other = offer.Price
	if f.regions[offer.Region] { // the name of any other could be a text that must not be shown
		found.OtherRegion = offer.Region
	}
	return true
}

// statusSince returns since when an instance has its status.
func (f *finder) statusSince(in *fleet.Instance) Since {
	return Since{in.StatusSince, !in.StatusSince.IsZero() && !in.StatusSince.After(f.Spend.First)}
}

// runningSince returns since when an instance has been running without a break: since its last start, unless a reading
// may have shown a break after that.
func (f *finder) runningSince(in *fleet.Instance) Since {
	since := f.statusSince(in)
	switch {
	case in.StartedAt.IsZero() || in.StartedAt.After(f.Generated):
		return since
	case since.IsZero() || since.AtLeast, in.StartedAt.After(since.Add(-2 * f.Every())): // no reading was between them
		return Since{Time: in.StartedAt}
	}
	since.AtLeast = true
	return since
}

// lasts reports whether something has lasted for longer than a time.
func (f *finder) lasts(since Since, limit time.Duration) bool {
	return !since.IsZero() && f.Generated.Sub(since.Time) > limit
}

// hardware is what the prices of two regions are compared for.
type hardware struct {
	gpu  string
	gpus float64
}

// hardwareOf returns an instance's hardware. The zero hardware is that of instances without a known number of GPUs and
// of those without GPUs, whose prices depend on more.
func hardwareOf(in *fleet.Instance) hardware {
	if model := in.Model(); in.GPUCount.Known && in.GPUCount.Value > 0 && model != fleet.UnknownGPU {
		return hardware{model, in.GPUCount.Value}
	}
	return hardware{}
}

// lowestOffers are the lowest price of some hardware, and the lowest one in any other region.
type lowestOffers struct{ first, second fleet.Offer }

// add adds an offer. Of equal ones, the region that comes first by name counts.
func (l *lowestOffers) add(o fleet.Offer) {
	switch {
	case o.Region == l.first.Region && l.first.Price.Known:
		if o.Lower(l.first) {
			l.first = o
		}
	case o.Lower(l.first):
		l.first, l.second = o, l.first
	case o.Lower(l.second):
		l.second = o
	}
}

// outside returns the lowest offer in another region. Its price is unknown if there is none.
func (l *lowestOffers) outside(region string) fleet.Offer {
	if l.first.Region != region {
		return l.first
	}
	return l.second
}

// lowestOffers returns the lowest prices of listed instances and of the product list.
func (r *Report) lowestOffers() map[hardware]*lowestOffers {
	lowest := map[hardware]*lowestOffers{}
	add := func(h hardware, o fleet.Offer) {
		if h == (hardware{}) {
			return
		}
		if lowest[h] == nil {
			lowest[h] = &lowestOffers{}
		}
		lowest[h].add(o)
	}
	for _, g := range r.Groups() {
		prices := map[hardware]fleet.Price{} // most instances of a group have the same one
		for _, in := range g.Instances {
			h := hardwareOf(in)
			if in.Price.Known && in.Listed() && in.Price != prices[h] {
				prices[h] = in.Price
				add(h, fleet.Offer{Region: g.Region.Name, Price: in.Price})
			}
		}
	}
	for _, o := range r.list.Offers {
		add(hardware{o.GPU, float64(o.GPUs)}, o)
	}
	return lowest
}

// hostName is a host name in an account.
type hostName struct{ account, name string }

// hostNameOf returns an instance's host name. The zero hostName is that of instances that aren't listed, and of those
// whose name is unknown or partly hidden.
func hostNameOf(in *fleet.Instance) hostName {
	if in.HostName == "" || !in.Listed() || fleet.HasMask(in.HostName) {
		return hostName{}
	}
	return hostName{in.Account, in.HostName}
}

// repeatedNames returns the host names of several instances. Nearly all names are different, so they are compared by
// their hashes first, which need little memory.
func (r *Report) repeatedNames() map[hostName]bool {
	seed := maphash.MakeSeed()
	hashes := make([]uint64, 0, len(r.Instances))
	for _, in := range r.Instances {
		if host := hostNameOf(in); host != (hostName{}) {
			hashes = append(hashes, maphash.Comparable(seed, host))
		}
	}
	slices.Sort(hashes)
	same := map[uint64]bool{}
	for i := 1; i < len(hashes); i++ {
		if hashes[i] == hashes[i-1] {
			same[hashes[i]] = true
		}
	}
	repeated, seen := map[hostName]bool{}, map[hostName]bool{}
	for _, in := range r.Instances {
		if host := hostNameOf(in); len(same) > 0 && host != (hostName{}) && same[maphash.Comparable(seed, host)] {
			if seen[host] {
				repeated[host] = true
			}
			seen[host] = true
		}
	}
	return repeated
}

// risenPrices returns the prices of last week that have risen since.
func (r *Report) risenPrices() map[fleet.Key]fleet.Money {
	before := map[fleet.Key]fleet.Money{}
	if r.SinceLastWeek == nil {
		return before
	}
	for i := range r.SinceLastWeek.Changed {
		if c := &r.SinceLastWeek.Changed[i]; c.Kind == PriceChanged && c.New.Money.Cmp(c.Old.Money) > 0 {
			before[c.In.Key()] = c.Old.Money
		}
	}
	return before
}
