package render

import (
	"io"
	"testing"

	"gpufleet/fetch/fleet/fleettest"
	"gpufleet/render/report"
)

const benchRows = 10_000

type discarded struct{ io.Writer }

func (discarded) Close() error { return nil }

// discard takes every file and keeps none.
func discard(string) (io.WriteCloser, error) { return discarded{io.Discard}, nil }

func BenchmarkWriters(b *testing.B) {
	r := reportOf(fleettest.Instances(benchRows)...)
	writers := []struct {
		name  string
		write func(io.Writer, *report.Report) error
	}{
		{"JSON", writeInstancesJSON},
		{"CSV", writeInstancesCSV},
		{"HTML", func(_ io.Writer, r *report.Report) error { return writeAll(siteOutputs(r, "", "", nil), discard) }},
	}
	for _, writer := range writers {
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
