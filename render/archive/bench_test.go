package archive

import (
	"testing"
	"time"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/fleet/fleettest"
	"gpufleet/render/report"
)

// BenchmarkDaily is the third daily run: it reads two days and writes one, and the charges of two.
func BenchmarkDaily(b *testing.B) {
	const count = 100_000
	list := fleettest.Instances(count)
	m := memory{}
	start := time.Date(2026, 11, 20, 6, 0, 0, 0, time.UTC)
	for day := range 3 {
		r := report.New(&fleet.Fleet{Instances: list}, settings(start.AddDate(0, 0, day)))
		if day < 2 {
			if err := Write(Run{Report: r}, m, m.create); err != nil {
				b.Fatal(err)
			}
			continue
		}
		for b.Loop() {
			next := memory{}
			if err := Write(Run{Report: r}, m, next.create); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkHourly is the last hourly run of a day.
func BenchmarkHourly(b *testing.B) {
	list := fleettest.Instances(1000)
	m := memory{}
	start := time.Date(2026, 11, 20, 0, 1, 0, 0, time.UTC)
	for hour := range 48 {
		r := report.New(&fleet.Fleet{Instances: list}, settings(start.Add(time.Duration(hour)*time.Hour)))
		if hour < 47 {
			if err := Write(Run{Report: r}, m, m.create); err != nil {
				b.Fatal(err)
			}
			continue
		}
		for b.Loop() {
			next := memory{}
			if err := Write(Run{Report: r}, m, next.create); err != nil {
				b.Fatal(err)
			}
		}
	}
}
