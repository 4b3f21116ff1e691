package render

import (
	"io"
	"testing"

	"gpufleet/fetch/fleet/fleettest"
	"gpufleet/render/data"
	"gpufleet/render/report"
)

const benchRows = 10_000

type discarded struct{ io.Writer }

func (discarded) Close() error { return nil }

// discard is a Create whose files are thrown away.
func discard(string) (io.WriteCloser, error) { return discarded{io.Discard}, nil }

// rowWriters write one row per instance. rowAllocs is the limit of allocations per row.
var rowWriters = []struct {
	name      string
	write     func(io.Writer, *report.Report) error
	rowAllocs float64 // allocations
}{
	{"JSON", data.WriteInstancesJSON, 0.5},
	{"CSV", data.WriteInstancesCSV, 1.5},
	{"explorer", data.WriteExplorer, 5.5}, // a text each: id, name, address, both times
	// An instance is on two pages, with amounts and times.
	{"HTML", func(_ io.Writer, r *report.Report) error { return writeSite(r, discard) }, 15},
}

// TestAllocations counts the allocations per row, as the difference between two fleets with the same groups.
func TestAllocations(t *testing.T) {
	const n = 4_000
	some, more := reportOf(fleettest.Instances(n)...), reportOf(fleettest.Instances(2*n)...)
	for _, writer := range rowWriters {
		allocs := func(r *report.Report) float64 {
			return testing.AllocsPerRun(1, func() {
				if err := writer.write(io.Discard, r); err != nil {
					t.Fatal(err)
				}
			})
		}
		if perRow := (allocs(more) - allocs(some)) / n; perRow > writer.rowAllocs {
			t.Errorf("%s: %.2f allocations a row", writer.name, perRow)
		}
	}
}

func BenchmarkWriters(b *testing.B) {
	r := reportOf(fleettest.Instances(benchRows)...)
	for _, writer := range rowWriters {
		b.Run(writer.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := writer.write(io.Discard, r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
