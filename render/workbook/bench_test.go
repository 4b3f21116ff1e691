package workbook

import (
	"io"
	"strconv"
	"testing"

	"gpufleet/fetch/fleet/fleettest"
)

func BenchmarkWrite(b *testing.B) {
	for _, size := range []int{10_000, 50_000, 100_000} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			r := newReport(fleettest.Instances(size), settings())
			b.ReportAllocs()
			for b.Loop() {
				if err := Write(io.Discard, r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
