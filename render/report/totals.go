package report

import (
	"cmp"
	"math"
	"slices"

	"github.com/shopspring/decimal"

	"gpufleet/fetch/fleet"
)

// Totals is what instances come to together.
type Totals struct {
	Count    int // instances, whatever their status
	GPUs     Sum
	CPUCores Sum
	RAM      Sum // GB
	Disk     Sum // GB, the root disks
	// Statuses, the most frequent first, then by name.
	Statuses []StatusCount
	Running  Cost // what is running
	Listed   Cost // what still exists: not Deleted, Canceled, Completed or Booked
	GPUHour  Rate // what a GPU of those costs
	// Share is how many percent of the fleet's listed cost this is; see setShares.
	Share fleet.Number
}

// Sum is a sum over instances. Those whose number is unknown count as 0, so with Known below Of it is a lower
// bound.
type Sum struct {
	Value     float64
	Known, Of int // instances

	// What Value is settled from: whole numbers, which floats add exactly, and apart from them the others, exactly.
	// 0.1 + 0.2 is 0.3.
	whole float64
	parts decimal.Decimal
}

// Cost is what instances cost at their prices. Those without a price count as 0, so with Priced below Of it is a
// lower bound.
type Cost struct {
	PerHour    fleet.Money
	PerMonth   fleet.Money // PerHour times the hours of a month, exactly
	Priced, Of int         // instances
}

// LowerBound reports whether something unknown is missing from the sum.
func (s Sum) LowerBound() bool { return s.Known < s.Of }

// LowerBound reports whether something unpriced is missing from the cost.
func (c Cost) LowerBound() bool { return c.Priced < c.Of }

// Unknown reports whether nothing is known of what the sum is of.
func (s Sum) Unknown() bool { return s.Of > 0 && s.Known == 0 }

// Unknown reports whether nothing is known of what the cost is of.
func (c Cost) Unknown() bool { return c.Of > 0 && c.Priced == 0 }

func (s *Sum) add(n fleet.Number) {
	s.Of++
	switch {
	case !n.Known:
		return
	case n.Value == math.Trunc(n.Value):
		s.whole += n.Value
	default:
		s.parts = s.parts.Add(decimal.NewFromFloat(n.Value))
	}
	s.Known++
}

func (s *Sum) addSum(other Sum) {
	s.whole += other.whole
	s.parts = s.parts.Add(other.parts)
	s.Known += other.Known
	s.Of += other.Of
}

// settle computes the sum of all that was added.
func (s *Sum) settle() { s.Value = decimal.NewFromFloat(s.whole).Add(s.parts).InexactFloat64() }

func (c *Cost) add(p fleet.Price) {
	c.Of++
	if p.Known {
		c.Priced++
		c.PerHour = c.PerHour.Add(p.Value)
	}
}

func (c *Cost) addCost(other Cost) {
	c.PerHour = c.PerHour.Add(other.PerHour)
	c.Priced += other.Priced
	c.Of += other.Of
}

// TotalsOf returns what instances come to. Their share is not computed.
func (s Settings) TotalsOf(instances []*fleet.Instance) *Totals {
	t := sumInstances(instances, s.HoursPerMonth)
	return &t
}

// Monthly returns what a cost per hour comes to in a month, exactly.
func (s Settings) Monthly(perHour fleet.Money) fleet.Money { return perHour.Times(s.HoursPerMonth) }

// Billed returns what an instance is billed per hour if all that is listed is billed and nothing else.
func Billed(in *fleet.Instance) fleet.Price {
	if !in.Listed() {
		return fleet.Known(fleet.Money{})
	}
	return in.Price
}

// ListedOf returns what the listed instances of several totals cost an hour together. What they cost a month is not
// computed.
func ListedOf(totals []*Totals) Cost {
	var cost Cost
	for _, t := range totals {
		cost.addCost(t.Listed)
	}
	return cost
}

// GPUsOf returns how many GPUs several totals come to together.
func GPUsOf(totals []*Totals) Sum {
	var sum Sum
	for _, t := range totals {
		sum.addSum(t.GPUs)
	}
	sum.settle()
	return sum
}

// SumOf returns the sum over a column of instances by its name, and whether the totals have it.
func (t *Totals) SumOf(column string) (Sum, bool) {
	switch column {
	case "gpu_count":
		return t.GPUs, true
	case "cpu_cores":
		return t.CPUCores, true
	case "ram":
		return t.RAM, true
	case "disk_size":
		return t.Disk, true
	}
	return Sum{}, false
}

// sumInstances adds up the instances of a group.
func sumInstances(instances []*fleet.Instance, hoursPerMonth decimal.Decimal) Totals {
	var t Totals
	statuses := statusCounts{}
	for _, in := range instances {
		t.Count++
		t.GPUs.add(in.GPUCount)
		t.CPUCores.add(in.CPUCores)
		t.RAM.add(in.RAM)
		t.Disk.add(in.DiskSize)
		status := statuses.of(in.Status)
		status.Instances++
		status.GPUs.add(in.GPUCount)
		status.Cost.add(in.Price)
		if status.listed {
			t.GPUHour.add(in.Price, in.GPUCount)
		}
	}
	t.finish(statuses, hoursPerMonth)
	return t
}

// sumGroups adds up groups' totals.
func sumGroups(groups []*Group, hoursPerMonth decimal.Decimal) Totals {
	var t Totals
	statuses := statusCounts{}
	for _, g := range groups {
		t.Count += g.Count
		t.GPUs.addSum(g.GPUs)
		t.CPUCores.addSum(g.CPUCores)
		t.RAM.addSum(g.RAM)
		t.Disk.addSum(g.Disk)
		for _, s := range g.Statuses {
			status := statuses.of(s.Name)
			status.Instances += s.Instances
			status.GPUs.addSum(s.GPUs)
			status.Cost.addCost(s.Cost)
		}
		t.GPUHour.addRate(g.GPUHour)
	}
	t.finish(statuses, hoursPerMonth)
	return t
}

// RunningGPUs returns the GPUs of what is running.
func (t *Totals) RunningGPUs() Sum {
	var sum Sum
	for _, s := range t.Statuses {
		if s.Running() {
			sum.addSum(s.GPUs)
		}
	}
	sum.settle()
	return sum
}

// finish computes what follows from the sums.
func (t *Totals) finish(statuses statusCounts, hoursPerMonth decimal.Decimal) {
	for _, count := range statuses {
		count.GPUs.settle()
		count.Cost.PerMonth = count.Cost.PerHour.Times(hoursPerMonth)
		t.Statuses = append(t.Statuses, count.StatusCount)
		if count.running {
			t.Running.addCost(count.Cost)
		}
		if count.listed {
			t.Listed.addCost(count.Cost)
		}
	}
	slices.SortFunc(t.Statuses, func(a, b StatusCount) int {
		return cmp.Or(cmp.Compare(b.Instances, a.Instances), compareNatural(a.Name, b.Name))
	})
	for _, sum := range []*Sum{&t.GPUs, &t.CPUCores, &t.RAM, &t.Disk} {
		sum.settle()
	}
	t.Running.PerMonth = t.Running.PerHour.Times(hoursPerMonth)
	t.Listed.PerMonth = t.Listed.PerHour.Times(hoursPerMonth)
}
