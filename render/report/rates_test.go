package report

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gpufleet/fetch/fleet"
)

// gone marks an instance as no longer listed.
func gone(in *fleet.Instance) *fleet.Instance {
	in.Status = "Deleted"
	return in
}

func TestRates(t *testing.T) {
	r := New(&fleet.Fleet{Instances: []*fleet.Instance{
		// A: 20.5 + 2 over 8 + 1 GPUs; others don't count: gone, unpriced, of unknown size, without GPUs.
		instance("1", "A", "H100", 8, "20.5"), instance("2", "A", "H100", 1, "2"), instance("3", "A", "H100", 4, ""),
		instance("4", "A", "H100", -1, "7"),
		gone(instance("5", "A", "H100", 8, "1")), instance("6", "A", "", 0, "0.05"),
		instance("7", "B", "H100", 2, "4.9999"), instance("8", "C", "H100", 2, ""), instance("9", "C", "L40S", 1, "0"),
		gone(instance("10", "C", "RTX", 1, "1")),
	}}, settings())
	got := map[string]string{"all": r.RateText(r.GPUHour) + " " + r.ShareText()}
	for _, region := range r.Regions {
		got[region.Name] = r.RateText(region.GPUHour) + " " + region.ShareText()
		for _, g := range region.Groups {
			got[region.Name+" "+g.Model.Name] = r.RateText(g.GPUHour) + " " + g.ShareText()
		}
	}
	for _, m := range r.Models {
		got[m.Name] = r.RateText(m.GPUHour) + " " + m.ShareText()
		for name, g := range map[string]*Group{"cheapest": m.Cheapest, "most expensive": m.MostExpensive} {
			if g != nil {
				got[m.Name+" "+name] = g.Region.Name
			}
		}
	}
	// Listed: 20.5 + 2 + 7 + 0.05 + 4.9999 + 0 = 34.5499.
	want := map[string]string{
		"all":        "$2.2917 100%",
		"A":          "$2.50 85.53%",
		"B":          "$2.50 14.47%",
		"C":          "$0.00 0%",
		"A H100":     "$2.50 85.38%",
		"A CPU only": "– 0.14%",
		"B H100":     "$2.50 14.47%",
		"C H100":     "unknown unknown",
		"C L40S":     "$0.00 0%",
		"C RTX":      "– 0%",
		"H100":       "$2.50 99.86%",
		"CPU only":   "– 0.14%",
		"L40S":       "$0.00 0%",
		"RTX":        "– 0%",
		// 2.49995 and 2.5 look equal when rounded, but are not.
		"H100 cheapest": "B", "H100 most expensive": "A", "L40S cheapest": "C", "L40S most expensive": "C",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestSharesOfNothing(t *testing.T) {
	for name, list := range map[string][]*fleet.Instance{
		"empty":    nil,
		"free":     {instance("1", "A", "X", 1, "0")},
		"unpriced": {instance("1", "A", "X", 1, "")},
	} {
		r := New(&fleet.Fleet{Instances: list}, settings())
		if r.Share.Known || r.ShareText() != "unknown" || len(r.Regions) > 0 && r.Regions[0].Share.Known {
			t.Errorf("%s: a share of nothing: %s", name, r.ShareText())
		}
	}
}

// TestEqualRegions checks that the first region by name wins a tie.
func TestEqualRegions(t *testing.T) {
	r := New(&fleet.Fleet{Instances: []*fleet.Instance{
		instance("1", "A-10", "X", 1, "1"), instance("2", "A-9", "X", 4, "4"), instance("3", "B", "X", 2, "2"),
	}}, settings())
	if m := r.Models[0]; m.Cheapest.Region.Name != "A-9" || m.MostExpensive.Region.Name != "A-9" {
		t.Errorf("%s, %s", m.Cheapest.Region.Name, m.MostExpensive.Region.Name)
	}
}

// TestRatesAddUp checks with random fleets that rates match the rows at every level, and that shares add up to 100,
// except for rounding.
func TestRatesAddUp(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	for range 50 {
		list := &fleet.Fleet{}
		cost, gpus := 0, 0
		for id := range 1 + random.IntN(100) {
			n, price := random.IntN(9), 1+random.IntN(100000)
			list.Instances = append(list.Instances, instance(fmt.Sprint(id), fmt.Sprint("R", random.IntN(4)),
				fmt.Sprint("M", random.IntN(4)), n, fmt.Sprintf("%de-3", price)))
			if n > 0 {
				cost, gpus = cost+price, gpus+n
			}
		}
		r := New(list, settings())
		if gpus > 0 {
			// Ten-thousandths, rounded half up in whole numbers.
			want := (2*cost*10 + gpus) / (2 * gpus)
			if got := r.GPUHour.PerGPU().Value; got.String() != mustMoney(fmt.Sprintf("%de-4", want)).String() {
				t.Errorf("%s, want %de-4 of %d/%d", got, want, cost, gpus)
			}
		}
		sum := 0.0
		for _, region := range r.Regions {
			sum += region.Share.Value
		}
		if sum < 99.9 || sum > 100.1 {
			t.Errorf("shares add up to %v", sum)
		}
	}
}

func mustMoney(text string) fleet.Money {
	m, err := fleet.ParseMoney(text)
	if err != nil {
		panic(err)
	}
	return m
}
