package report

import (
	"bytes"
	"testing"
	"time"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/fleet/fleettest"
	"gpufleet/fetch/history"
)

// BenchmarkSpend carries the spend of a large fleet on, after two years.
func BenchmarkSpend(b *testing.B) {
	s := settings()
	s.Generated = time.Date(2024, 12, 10, 7, 0, 0, 0, time.UTC)
	list := fleettest.Instances(2000)
	var previous history.History
	for i := range 60 {
		r := New(&fleet.Fleet{Instances: list}, s)
		if err := r.Compare(&previous); err != nil {
			b.Fatal(err)
		}
		previous = history.History{Snapshots: r.Snapshots, Days: r.Days, Spend: *r.Spend}
		s.Generated = s.Generated.AddDate(0, 0, 15)
		if i >= 42 {
			s.Generated = s.Generated.AddDate(0, 0, -12)
		}
	}
	head := s.Head()
	var file bytes.Buffer
	b.Run("write", func(b *testing.B) {
		for b.Loop() {
			file.Reset()
			if err := history.WriteSpend(&file, head, &previous.Spend, "running", []byte("null")); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(file.Len()), "bytes")
	})
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			if _, _, err := history.ReadSpend(file.Bytes()); err != nil {
				b.Fatal(err)
			}
		}
	})
	list = fleettest.Instances(100_000)
	b.Run("interval", func(b *testing.B) {
		for b.Loop() {
			v := newInterval(s.Generated.AddDate(0, 0, -1), s.Generated, false)
			for _, in := range list {
				v.pair(in, in)
			}
			v.finish()
		}
	})
}
