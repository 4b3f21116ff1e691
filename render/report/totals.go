package report

import (
	"cmp"
	"math"
	"slices"

	"github.com/shopspring/decimal"

	"gpufleet/fetch/fleet"
)

// Totals adds up instances.
type Totals struct {
	Count    int // instances, with any status
	GPUs     Sum
	CPUCores Sum
	RAM      Sum // GB
	Disk     Sum // GB, the root disks
	// Statuses, the most frequent first, then by name.
	Statuses []StatusCount
	Running  Cost
	Listed   Cost // still exists: not Deleted, Canceled, Completed or Booked
	GPUHour  Rate // of the listed instances
	// Share of the fleet's listed cost in percent; see setShares.
	Share fleet.Number
}

// Sum is a sum over instances. Unknown numbers count as 0: if Known is below Of, the sum is a lower bound.
type Sum struct {
	Value     float64
	Known, Of int // instances

	// Value is the sum of both: floats add whole numbers exactly, and decimals add the others, so that 0.1 + 0.2 is 0.3.
	whole float64
	parts decimal.Decimal
}

// Cost is the cost of instances. Those without a price count as 0: if Priced is below Of, the cost is a lower bound.
type Cost struct {
	PerHour    fleet.Money
	PerMonth   fleet.Money // PerHour times the hours per month, exactly
	Priced, Of int         // instances
}

// LowerBound reports whether unknown numbers count as 0 in the sum.
func (s Sum) LowerBound() bool { return s.Known < s.Of }

// LowerBound reports whether unknown prices count as 0 in the cost.
func (c Cost) LowerBound() bool { return c.Priced < c.Of }

// Unknown reports whether none of the numbers is known.
func (s Sum) Unknown() bool { return s.Of > 0 && s.Known == 0 }

// Unknown reports whether none of the prices is known.
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

// settle computes Value.
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

// TotalsOf adds up instances. It doesn't set Share.
func (s Settings) TotalsOf(instances []*fleet.Instance) *Totals {
	t := sumInstances(instances, s.HoursPerMonth)
	return &t
}

// Monthly returns the exact cost per month of a cost per hour.
func (s Settings) Monthly(perHour fleet.Money) fleet.Money { return perHour.Times(s.HoursPerMonth) }

// ListedOf adds up the listed cost of several totals. It doesn't set PerMonth.
func ListedOf(totals []*Totals) Cost {
	var cost Cost
	for _, t := range totals {
		cost.addCost(t.Listed)
	}
	return cost
}

// GPUsOf adds up the GPUs of several totals.
func GPUsOf(totals []*Totals) Sum {
	var sum Sum
	for _, t := range totals {
		sum.addSum(t.GPUs)
	}
	sum.settle()
	return sum
}

// SumOf returns the sum of an instance column by its name. ok is false if the totals have no such sum.
func (t *Totals) SumOf(column string) (sum Sum, ok bool) {
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

// sumInstances adds up instances.
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

// sumGroups adds up the totals of groups.
func sumGroups(groups []*Group, hoursPerMonth decimal.Decimal) Totals {
	return sumTotals(groups, func(g *Group) *Totals { return &g.Totals }, hoursPerMonth)
}

// sumCombinations adds up the totals of combinations.
func sumCombinations(all []*Combination, hoursPerMonth decimal.Decimal) Totals {
	return sumTotals(all, func(c *Combination) *Totals { return &c.Totals }, hoursPerMonth)
}

func sumTotals[T any](all []T, of func(T) *Totals, hoursPerMonth decimal.Decimal) Totals {
	var t Totals
	statuses := statusCounts{}
	for _, each := range all {
		add := of(each)
		t.Count += add.Count
		t.GPUs.addSum(add.GPUs)
		t.CPUCores.addSum(add.CPUCores)
		t.RAM.addSum(add.RAM)
		t.Disk.addSum(add.Disk)
		for _, s := range add.Statuses {
			status := statuses.of(s.Name)
			status.Instances += s.Instances
			status.GPUs.addSum(s.GPUs)
			status.Cost.addCost(s.Cost)
		}
		t.GPUHour.addRate(add.GPUHour)
	}
	t.finish(statuses, hoursPerMonth)
	return t
}

// RunningGPUs returns the GPUs of the running instances.
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

// finish computes the totals that depend on the statuses.
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
