package report

import (
	"cmp"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"gpufleet/fetch/fleet"
)

// Charge is what an instance cost on a UTC day at one price, at the billed rate. If an instance had several prices, or
// moved to another region, model, owner or account, it has a charge for each.
type Charge struct {
	// In is the instance at that price, as the latest reading has it. Rows without an ID are one instance a group, with
	// the sum of their prices.
	In       *fleet.Instance
	Currency string
	Bill     Bill // the rate that is billed
	Observed bool // false in a gap: nobody knows whether the instance was there

	quarters  int64 // at the price, in quarters of a second; see history.Hours
	gpus      int64 // the GPUs of a running instance times their quarters of a second
	low, high limit
}

// limit is a limit of a charge: quarters of a second at the charge's price, and a part at other prices.
type limit struct {
	quarters int64
	rest     decimal.Decimal // price x quarters of a second
}

func (b *limit) add(other limit, seconds int64) {
	b.quarters += other.quarters * seconds
	if !other.rest.IsZero() {
		b.rest = b.rest.Add(other.rest.Mul(decimal.NewFromInt(seconds)))
	}
}

// Units of a charge.
const (
	quartersPerHour = 4 * 3600
	hourDecimals    = 6
	CostDecimals    = 12 // of prices and costs
)

// hoursOf returns quarters of a second as hours, rounded half up to 6 decimals.
func hoursOf(quarters int64) decimal.Decimal {
	const million = 1_000_000
	whole, rest := quarters/quartersPerHour, quarters%quartersPerHour
	return decimal.New(whole*million+(rest*million+quartersPerHour/2)/quartersPerHour, -hourDecimals)
}

// Hours returns the billed hours, rounded half up to 6 decimals.
func (c *Charge) Hours() decimal.Decimal { return hoursOf(c.quarters) }

// GPUHours returns the hours of running GPUs, like Hours. They are unknown if their number is.
func (c *Charge) GPUHours() fleet.Optional[decimal.Decimal] {
	if !c.In.GPUCount.Known && !c.In.Key().IsZero() {
		return fleet.Optional[decimal.Decimal]{}
	}
	return fleet.Known(hoursOf(c.gpus))
}

// Price returns the price per hour, rounded half up to 12 decimals, as all amounts are.
func (c *Charge) Price() decimal.Decimal { return rounded(c.In.Price.Value.Decimal()) }

// rounded rounds only what has more decimals: the library's own Round takes as long for others.
func rounded(d decimal.Decimal) decimal.Decimal {
	if d.Exponent() >= -CostDecimals {
		return d
	}
	return d.Round(CostDecimals)
}

// ListPrice returns the list's own price per hour if it is known, else the price.
func (c *Charge) ListPrice() decimal.Decimal {
	if c.In.ListPrice.Known {
		return rounded(c.In.ListPrice.Value.Decimal())
	}
	return c.Price()
}

// Costs are the costs of a charge, rounded half up to 12 decimals.
type Costs struct {
	List decimal.Decimal // hours x list price
	Cost decimal.Decimal // hours x price: the estimate
	// Low and High are its limits.
	Low, High decimal.Decimal
}

// Costs returns the costs.
func (c *Charge) Costs() Costs {
	hours, price := c.Hours(), c.Price()
	costs := Costs{Cost: rounded(hours.Mul(price))}
	costs.List = costs.Cost
	if c.In.ListPrice.Known {
		costs.List = rounded(hours.Mul(c.ListPrice()))
	}
	amountOf := func(b limit) decimal.Decimal {
		switch {
		case b.quarters == c.quarters && b.rest.IsZero(): // as nearly always
			return costs.Cost
		case b.quarters == 0 && b.rest.IsZero():
			return decimal.Decimal{}
		}
		sum := price.Mul(decimal.NewFromInt(b.quarters)).Add(b.rest)
		return sum.DivRound(decimal.NewFromInt(quartersPerHour), CostDecimals)
	}
	// The hours of the cost are rounded, those of its limits are not.
	costs.Low = decimal.Min(amountOf(c.low), costs.Cost)
	costs.High = decimal.Max(amountOf(c.high), costs.Cost)
	return costs
}

// UnpricedHours are hours of an instance on a UTC day without a price, or of all rows of an account without an ID.
type UnpricedHours struct {
	Key      fleet.Key
	Account  string
	quarters int64
}

// Hours returns the hours, rounded half up to 6 decimals.
func (u *UnpricedHours) Hours() decimal.Decimal { return hoursOf(u.quarters) }

// compareCharges orders charges by account, region, model and ID, then by what tells charges of an instance apart.
func compareCharges(a, b *Charge) int {
	if c := strings.Compare(a.In.Account, b.In.Account); c != 0 {
		return c
	}
	if c := strings.Compare(a.In.Region, b.In.Region); c != 0 {
		return c
	}
	if c := strings.Compare(a.In.Model(), b.In.Model()); c != 0 {
		return c
	}
	if c := strings.Compare(a.In.ID, b.In.ID); c != 0 { // nearly always by now
		return c
	}
	return cmp.Or(strings.Compare(a.In.Owner, b.In.Owner), compareTerms(a, b))
}

// compareTerms orders charges of an instance in one group. Equal ones are one charge.
func compareTerms(a, b *Charge) int {
	return cmp.Or(a.In.Price.Value.Cmp(b.In.Price.Value), a.ListPrice().Cmp(b.ListPrice()),
		cmp.Compare(a.In.Purchase, b.In.Purchase), fleet.CompareBools(a.In.GPUCount.Known, b.In.GPUCount.Known),
		cmp.Compare(a.In.GPUCount.Value, b.In.GPUCount.Value), fleet.CompareBools(a.Observed, b.Observed),
		strings.Compare(a.Currency, b.Currency))
}

// charges are those of one instance on one day.
type charges struct {
	list     []*Charge
	unpriced int64 // quarters of a second
}

// add adds a piece of some seconds.
func (c *charges) add(p piece, of *pieces, seconds int64) {
	if seconds == 0 {
		return
	}
	found := &Charge{In: p.in, Currency: of.currency, Bill: of.bill, Observed: !of.v.isGap}
	at := slices.IndexFunc(c.list, func(other *Charge) bool {
		return spendGroupOf(other.In) == spendGroupOf(p.in) && compareTerms(other, found) == 0
	})
	if at < 0 {
		c.list = append(c.list, found)
	} else {
		found = c.list[at]
		found.In = p.in // of a later reading
	}
	found.quarters += p.quarters * seconds
	found.gpus += p.gpus * seconds
	found.low.add(p.low, seconds)
	found.high.add(p.high, seconds)
}
