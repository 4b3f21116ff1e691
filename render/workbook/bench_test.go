package workbook

import (
	"io"
	"testing"

	"gpufleet/fetch/fleet/fleettest"
)

func BenchmarkWrite(b *testing.B) {
	r := newReport(fleettest.Instances(10_000), settings())
	b.ReportAllocs()
	for b.Loop() {
		if err := Write(io.Discard, r); err != nil {
			b.Fatal(err)
		}
	}
}
