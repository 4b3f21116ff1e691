package report

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
)

// TestChargesAddUpToSpend makes random readings and holds the charges of each day against the spend of the day, which
// is computed in another way.
func TestChargesAddUpToSpend(t *testing.T) {
	t.Parallel()
	for seed := range uint64(12) {
		bill := []Bill{BillRunning, BillListed}[seed%2]
		random := rand.New(rand.NewPCG(seed, 20))
		rs := newReadings(t, 12*time.Hour)
		rs.settings.Bill = bill
		at := time.Date(2026, 11, 20, 3, 0, 0, 0, time.UTC)
		lives := make([][]life, 12)
		var times []Moment
		var lists [][]*fleet.Instance
		var r *Report
		for reading := range 40 {
			list := listAt(lives, at)
			for i, in := range list {
				if i%4 == 3 {
					in.ID = ""
				}
				if seed%3 == 0 && reading > 15 {
					in.Owner = fmt.Sprint("owner-", random.IntN(2))
				}
				if random.IntN(9) == 0 {
					in.Price = fleet.Price{}
				}
			}
			times, lists = append(times, Moment{Taken: at}), append(lists, list)
			r = rs.read(at, list...)
			next := at.Add(time.Duration(1+random.IntN(16*3600)) * time.Second)
			if random.IntN(10) == 0 {
				next = at.Add(time.Duration(24+random.IntN(60)) * time.Hour)
			}
			for id := range lives {
				if random.IntN(4) == 0 {
					moment := at.Add(time.Duration(1+random.Int64N(int64(next.Sub(at)/time.Second))) * time.Second)
					var old fleet.Instance
					if n := len(lives[id]); n > 0 {
						old = lives[id][n-1].state
					}
					lives[id] = append(lives[id], life{moment, nextState(random, id, old, moment)})
				}
			}
			at = next
		}
		readings := NewReadings(rs.settings, times)
		for i, list := range lists {
			for _, in := range list {
				readings.Add(times[i].Taken, in)
			}
		}
		for _, day := range r.Spend.Days {
			date, err := time.Parse(time.DateOnly, day.Date)
			if err != nil {
				t.Fatal(err)
			}
			checkCharges(t, fmt.Sprintf("seed %d, %s", seed, day.Date), r, readings, date, &day)
		}
	}
}

func checkCharges(t *testing.T, name string, r *Report, readings *Readings, date time.Time, day *history.DaySpend) {
	t.Helper()
	charges, unpriced := readings.Charges(date)
	want := Ranges(day.Spent).Of(r.Bill)
	var low, cost, high, slack decimal.Decimal
	byName := map[string]decimal.Decimal{}
	hour := decimal.New(1, -hourDecimals)
	for _, c := range charges {
		costs := c.Costs()
		if costs.Low.GreaterThan(costs.Cost) || costs.Cost.GreaterThan(costs.High) || costs.Low.IsNegative() {
			t.Errorf("%s: cost %v is not from %v to %v", name, costs.Cost, costs.Low, costs.High)
		}
		low, cost, high = low.Add(costs.Low), cost.Add(costs.Cost), high.Add(costs.High)
		for _, part := range []string{"region " + c.In.RegionName(), "gpu " + c.In.Model(),
			"owner " + cmp.Or(c.In.Owner, fleet.Unassigned)} {
			byName[part] = byName[part].Add(costs.Cost)
		}
		slack = slack.Add(hour.Mul(c.Price())).Add(decimal.New(1, -CostDecimals))
	}
	near := func(what string, got, priceSeconds decimal.Decimal) {
		exact := priceSeconds.DivRound(decimal.NewFromInt(3600), 20)
		if got.Sub(exact).Abs().GreaterThan(slack) {
			t.Errorf("%s: %s is %v, want %v (slack %v)", name, what, got, exact, slack)
		}
	}
	near("low", low, want.Low)
	near("estimate", cost, want.Estimate)
	near("high", high, want.High)
	for dimension, names := range day.By {
		for _, part := range names {
			near(dimension+" "+part.Name, byName[dimension+" "+part.Name], Ranges(part.Spent).Of(r.Bill).Estimate)
		}
	}
	var hours decimal.Decimal
	for _, u := range unpriced {
		hours = hours.Add(decimal.NewFromInt(u.quarters))
	}
	if !hours.Equal(want.Unpriced.Seconds.Mul(decimal.NewFromInt(4))) {
		t.Errorf("%s: %v quarters without a price, want %v", name, hours, want.Unpriced.Seconds.Mul(decimal.NewFromInt(4)))
	}
}
