package report

import (
	"errors"

	"gpufleet/fetch/fleet"
)

// Bill says which instances are billed: the running or the listed ones. The API doesn't document it.
type Bill string

// The values of Bill.
const (
	BillRunning Bill = "running"
	BillListed  Bill = "listed"
)

// ParseBill reads what is billed.
func ParseBill(text string) (Bill, error) {
	bill := Bill(text)
	if bill != BillRunning && bill != BillListed {
		return "", errors.New("must be running or listed")
	}
	return bill, nil
}

// Name returns the word for what is billed.
func (b Bill) Name() string {
	if b == BillListed {
		return string(BillListed)
	}
	return string(BillRunning)
}

// Title returns the name with a capital letter.
func (b Bill) Title() string {
	if b == BillListed {
		return "Listed"
	}
	return "Running"
}

// Other returns the rate that is not billed.
func (b Bill) Other() Bill {
	if b == BillListed {
		return BillRunning
	}
	return BillListed
}

// Both is a figure of running and of listed instances.
type Both[T any] struct{ Running, Listed T }

// Of returns the figure of what is billed.
func (b Both[T]) Of(bill Bill) T {
	if bill == BillListed {
		return b.Listed
	}
	return b.Running
}

// Costs returns both costs.
func (t *Totals) Costs() Both[Cost] { return Both[Cost]{t.Running, t.Listed} }

// BilledCost returns the cost of the billed instances.
func (r *Report) BilledCost() Cost { return r.Costs().Of(r.Bill) }

// Amounts are amounts per hour at both rates.
type Amounts Both[fleet.Money]

// amountsOf returns what an instance contributes to the running and to the listed total, per hour.
func amountsOf(in *fleet.Instance) (a Amounts) {
	if !in.Price.Known {
		return a
	}
	if in.Running() {
		a.Running = in.Price.Value
	}
	if in.Listed() {
		a.Listed = in.Price.Value
	}
	return a
}

// Of returns the billed amount.
func (a Amounts) Of(bill Bill) fleet.Money { return Both[fleet.Money](a).Of(bill) }

// Plus returns a + b.
func (a Amounts) Plus(b Amounts) Amounts {
	return Amounts{a.Running.Add(b.Running), a.Listed.Add(b.Listed)}
}

// Minus returns a - b.
func (a Amounts) Minus(b Amounts) Amounts {
	return Amounts{a.Running.Minus(b.Running), a.Listed.Minus(b.Listed)}
}

// counts reports whether an instance counts for a rate, with or without a price.
func (b Bill) counts(in *fleet.Instance) bool {
	if b == BillListed {
		return in.Listed()
	}
	return in.Running()
}

// PriceOf returns an instance's billed cost per hour: 0 if it is not billed.
func (b Bill) PriceOf(in *fleet.Instance) fleet.Price {
	if !b.counts(in) {
		return fleet.Known(fleet.Money{})
	}
	return in.Price
}
