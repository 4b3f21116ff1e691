package report

import (
	"github.com/shopspring/decimal"

	"gpufleet/fetch/fleet"
)

// Rate is the cost of one GPU per hour over listed instances: the prices of those with a known price and known GPUs,
// divided by their number of GPUs. Instances without GPUs don't count.
type Rate struct {
	perHour    fleet.Money
	gpus       decimal.Decimal
	Priced, Of int // instances
}

// rateDecimals is the precision of the cost per GPU-hour, rounded half up. One that would be rounded to 0 has
// tinyDecimals instead, and so has a share.
const (
	rateDecimals = 4
	tinyDecimals = 12
)

func (r *Rate) add(p fleet.Price, gpus fleet.Number) {
	if gpus.Known && gpus.Value == 0 {
		return
	}
	r.Of++
	if p.Known && gpus.Known {
		r.Priced++
		r.perHour = r.perHour.Add(p.Value)
		r.gpus = r.gpus.Add(decimal.NewFromInt(int64(gpus.Value)))
	}
}

func (r *Rate) addRate(other Rate) {
	r.perHour = r.perHour.Add(other.perHour)
	r.gpus = r.gpus.Add(other.gpus)
	r.Priced += other.Priced
	r.Of += other.Of
}

// PerGPU returns the rate, rounded half up to 4 decimals, or to 12 if it would be 0 otherwise. It is unknown if no
// instance has both a price and GPUs.
func (r Rate) PerGPU() fleet.Price {
	if r.Priced == 0 {
		return fleet.Price{}
	}
	rate := r.perHour.Divided(r.gpus, rateDecimals)
	if rate.IsZero() {
		rate = r.perHour.Divided(r.gpus, tinyDecimals)
	}
	return fleet.Known(rate)
}

// Sums returns the prices and the GPUs that the rate divides: those of instances with both.
func (r Rate) Sums() (perHour fleet.Money, gpus float64) { return r.perHour, r.gpus.InexactFloat64() }

// compare orders two known rates by their values before rounding.
func (r Rate) compare(other Rate) int {
	return r.perHour.Times(other.gpus).Cmp(other.perHour.Times(r.gpus))
}

// None is the text where no value is possible, such as the cost per GPU-hour without GPUs.
const None = "–"

// RateText returns a rate for people: "$1.65", "< $0.01", Unknown, or None.
func (s Settings) RateText(r Rate) string {
	switch rate := r.PerGPU(); {
	case rate.Known:
		return s.roundedAmount(rate.Value, rateDecimals)
	case r.Of == 0:
		return None
	}
	return Unknown
}

// shareDecimals is the precision of shares in percent, rounded half up.
const shareDecimals = 2

// setShares computes the shares of the listed cost. A share is unknown if the fleet's listed cost is 0, or if there are
// listed instances but none has a price.
func (r *Report) setShares() {
	all := r.Listed.PerHour
	set := func(t *Totals) { t.setShare(all) }
	set(&r.Totals)
	for _, d := range r.Divisions {
		for _, part := range d.Parts {
			set(&part.Totals)
		}
	}
	for _, group := range r.Groups() {
		set(&group.Totals)
		for _, c := range group.Combinations {
			set(&c.Totals)
		}
	}
}

func (t *Totals) setShare(all fleet.Money) {
	if all.IsZero() || t.Listed.Priced == 0 && t.Listed.Of > 0 {
		return
	}
	share := t.Listed.PerHour.Percent(all, shareDecimals)
	if share.IsZero() {
		share = t.Listed.PerHour.Percent(all, tinyDecimals)
	}
	t.Share = fleet.Known(share.InexactFloat64())
}

// ShareText returns the share for people: "12.5%", "< 0.01%", or Unknown.
func (t Totals) ShareText() string {
	if !t.Share.Known {
		return Unknown
	}
	return roundedPercent(decimal.NewFromFloat(t.Share.Value), shareDecimals)
}

// compareRegions finds each model's cheapest and most expensive region.
func (r *Report) compareRegions() {
	for _, model := range r.Models {
		for _, group := range model.Groups {
			if group.GPUHour.Priced == 0 {
				continue
			}
			if model.Cheapest == nil || group.GPUHour.compare(model.Cheapest.GPUHour) < 0 {
				model.Cheapest = group
			}
			if model.MostExpensive == nil || group.GPUHour.compare(model.MostExpensive.GPUHour) > 0 {
				model.MostExpensive = group
			}
		}
	}
}

// perGPUHour is the unit of a rate; Heading adds the report's currency.
const perGPUHour = "per GPU-hour"

// rateColumns returns the columns derived from the listed cost.
func rateColumns[T any](of func(T) *Totals) []Column[T] {
	return []Column[T]{
		{"listed_per_gpu_hour", "Listed", perGPUHour, Money, "Cost of one GPU per hour: the prices of the " +
			"listed instances that have GPUs and a price, divided by their GPUs. " +
			"Rounded half up to 4 decimals, or to 12 if it would be 0.",
			func(row T) Value { return rateValue(of(row).GPUHour) }},
		{"share_of_listed", "Share of listed", "%", Size, "Share of the fleet's listed cost, " +
			"based on the known prices. Rounded half up to 2 decimals, or to 12 if it would be 0. " +
			"Empty if the fleet's listed cost is 0, or if there are listed instances but none has a price.",
			func(row T) Value { return number(of(row).Share) }},
	}
}

func rateValue(r Rate) Value {
	rate := r.PerGPU()
	return Value{Known: rate.Known, Money: rate.Value}
}

// regionRateColumns returns the columns of a model's cheapest and most expensive region.
func regionRateColumns() []Column[*Part] {
	region := func(name, title, level string, pick func(*Part) *Group) []Column[*Part] {
		return []Column[*Part]{
			{name + "_region", title + " region", "", Text,
				"The region with the " + level + " listed cost per GPU-hour of this model; if several tie, the first by name.",
				func(m *Part) Value {
					if group := pick(m); group != nil {
						return text(group.Region.Name)
					}
					return Value{}
				}},
			{name + "_per_gpu_hour", title, perGPUHour, Money,
				"The cost per GPU-hour in that region. Rounded half up to 4 decimals, or to 12 if it would be 0.",
				func(m *Part) Value {
					if group := pick(m); group != nil {
						return rateValue(group.GPUHour)
					}
					return Value{}
				}},
		}
	}
	return append(region("cheapest", "Cheapest", "lowest", func(m *Part) *Group { return m.Cheapest }),
		region("dearest", "Most expensive", "highest", func(m *Part) *Group { return m.MostExpensive })...)
}
