package report

import (
	"slices"
	"testing"
	"time"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/fleet/fleettest"
	"gpufleet/fetch/history"
)

const benchRows = 10_000

// TestAllocations counts the allocations per additional instance in the same groups: mostly sums of prices.
func TestAllocations(t *testing.T) {
	const n = 4_000
	allocs := func(n int) float64 {
		made := fleettest.Instances(n)
		return testing.AllocsPerRun(1, func() {
			if err := New(&fleet.Fleet{Instances: slices.Clone(made)}, settings()).Compare(&history.History{}); err != nil {
				t.Fatal(err)
			}
		})
	}
	if perRow := (allocs(2*n) - allocs(n)) / n; perRow > 10 { // 7.4, and 8.1 with the race detector
		t.Errorf("%.2f allocations per row", perRow)
	}
}

func BenchmarkNew(b *testing.B) {
	made := fleettest.Instances(benchRows)
	b.ReportAllocs()
	for b.Loop() {
		New(&fleet.Fleet{Instances: slices.Clone(made)}, settings())
	}
}

// dayBefore returns what a run of these instances on the day before saves.
func dayBefore(t testing.TB, instances []*fleet.Instance) *history.History {
	t.Helper()
	s := settings()
	s.Generated = s.Generated.Add(-24 * time.Hour)
	r := New(&fleet.Fleet{Instances: instances}, s)
	if err := r.Compare(&history.History{}); err != nil {
		t.Fatal(err)
	}
	return &history.History{Snapshots: r.Snapshots, Days: r.Days}
}

// BenchmarkCompare compares with a list of the day before in which every instance has another status.
func BenchmarkCompare(b *testing.B) {
	other := fleettest.Instances(benchRows)
	for _, in := range other {
		in.Status += "?"
	}
	earlier := dayBefore(b, other)
	r := New(&fleet.Fleet{Instances: fleettest.Instances(benchRows)}, settings())
	b.ReportAllocs()
	for b.Loop() {
		if err := r.Compare(earlier); err != nil {
			b.Fatal(err)
		}
	}
}
