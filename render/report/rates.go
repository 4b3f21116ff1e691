package report

import (
	"github.com/shopspring/decimal"

	"gpufleet/fetch/fleet"
)

// Rate is what a GPU costs per hour, over the listed instances that have GPUs: the sum of the prices of those whose
// price and GPUs are known, divided by their GPUs. Instances without GPUs are no part of it.
type Rate struct {
	perHour    fleet.Money
	gpus       decimal.Decimal
	Priced, Of int // instances
}

// ratePlaces are the decimals to which the cost of a GPU-hour is rounded, half up.
const ratePlaces = 4

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

// PerGPU returns the rate, rounded half up to 4 decimals; unknown where no instance has both price and GPUs.
func (r Rate) PerGPU() fleet.Price {
	if r.Priced == 0 {
		return fleet.Price{}
	}
	return fleet.Known(r.perHour.Divided(r.gpus, ratePlaces))
}

// compare orders two known rates by what they are before rounding.
func (r Rate) compare(other Rate) int {
	return r.perHour.Times(other.gpus).Cmp(other.perHour.Times(r.gpus))
}

// None is what stands where there can be no value, such as the cost of a GPU-hour of what has no GPUs.
const None = "–"

// RateText returns a rate for people: "$1.65", Unknown, or None.
func (s Settings) RateText(r Rate) string {
	switch rate := r.PerGPU(); {
	case rate.Known:
		return s.Amount(rate.Value)
	case r.Of == 0:
		return None
	}
	return Unknown
}

// sharePlaces are the decimals to which shares are rounded, half up.
const sharePlaces = 2

// setShares computes the shares of the listed cost. A share is unknown where the fleet's cost is 0, and where
// instances are listed of which none has a price.
func (r *Report) setShares() {
	all := r.Listed.PerHour
	set := func(t *Totals) {
		if !all.IsZero() && (t.Listed.Priced > 0 || t.Listed.Of == 0) {
			t.Share = fleet.Known(t.Listed.PerHour.Percent(all, sharePlaces).InexactFloat64())
		}
	}
	set(&r.Totals)
	for _, region := range r.Regions {
		set(&region.Totals)
		for _, group := range region.Groups {
			set(&group.Totals)
		}
	}
	for _, model := range r.Models {
		set(&model.Totals)
	}
}

// ShareText returns the share for people: "12.5%", or Unknown.
func (t Totals) ShareText() string {
	if !t.Share.Known {
		return Unknown
	}
	return FormatNumber(t.Share.Value) + "%"
}

// compareRegions finds each model's cheapest and dearest region.
func (r *Report) compareRegions() {
	for _, model := range r.Models {
		for _, group := range model.Groups {
			if group.GPUHour.Priced == 0 {
				continue
			}
			if model.Cheapest == nil || group.GPUHour.compare(model.Cheapest.GPUHour) < 0 {
				model.Cheapest = group
			}
			if model.Dearest == nil || group.GPUHour.compare(model.Dearest.GPUHour) > 0 {
				model.Dearest = group
			}
		}
	}
}

// perGPUHour is the unit of a rate; Heading puts the report's currency before it.
const perGPUHour = "per GPU-hour"

// rateColumns are the columns of what follows from the listed cost.
func rateColumns[T any](of func(T) *Totals) []Column[T] {
	return []Column[T]{
		{"listed_per_gpu_hour", "Listed", perGPUHour, Money, "What a GPU of the listed instances costs an hour: " +
			"the prices of those that have GPUs and a price, by their GPUs. Rounded half up to 4 decimals.",
			func(row T) Value { return rateValue(of(row).GPUHour) }},
		{"share_of_listed", "Share of listed", "%", Size, "How much of the fleet's listed cost this is, " +
			"as far as it is priced. Rounded half up to 2 decimals; " +
			"empty where the fleet costs nothing, or nothing here has a price.",
			func(row T) Value { return number(of(row).Share) }},
	}
}

func rateValue(r Rate) Value {
	rate := r.PerGPU()
	return Value{Known: rate.Known, Money: rate.Value}
}

// regionRateColumns are the columns of where a model costs least and most.
func regionRateColumns() []Column[*Model] {
	region := func(name, title, which string, pick func(*Model) *Group) []Column[*Model] {
		return []Column[*Model]{
			{name + "_region", title + " region", "", Text,
				"The region where a listed GPU-hour of the model costs " + which + "; of equals the first by name.",
				func(m *Model) Value {
					if group := pick(m); group != nil {
						return text(group.Region.Name)
					}
					return Value{}
				}},
			{name + "_per_gpu_hour", title, perGPUHour, Money, "What it costs there. Rounded half up to 4 decimals.",
				func(m *Model) Value {
					if group := pick(m); group != nil {
						return rateValue(group.GPUHour)
					}
					return Value{}
				}},
		}
	}
	return append(region("cheapest", "Cheapest", "least", func(m *Model) *Group { return m.Cheapest }),
		region("dearest", "Dearest", "most", func(m *Model) *Group { return m.Dearest })...)
}
