package archive

import (
	"errors"
	"io"
	"os"
	"path/filepath"
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

// BenchmarkYear writes a year of hourly readings of 1,000 instances, a day at a time, into the folder that $ARCHIVE
// names. Some instances stop or start each hour.
func BenchmarkYear(b *testing.B) {
	dir := os.Getenv("ARCHIVE")
	if dir == "" {
		b.Skip("$ARCHIVE names no folder")
	}
	list := fleettest.Instances(1000)
	start := time.Date(2025, 11, 20, 0, 1, 0, 0, time.UTC)
	for range b.N {
		for day := range 365 {
			var past []report.Reading
			var r *report.Report
			for hour := range 24 {
				at := start.AddDate(0, 0, day).Add(time.Duration(hour) * time.Hour)
				reading := make([]*fleet.Instance, len(list))
				for i, in := range list {
					now := *in
					if (i+day)%40 == hour {
						now.Status = "Stopped"
					}
					reading[i] = &now
				}
				if r = report.New(&fleet.Fleet{Instances: reading}, settings(at)); hour < 23 {
					past = append(past, report.Reading{Taken: at, Instances: r.Instances})
				}
			}
			if err := Write(Run{Report: r, Past: past}, disk(dir), disk(dir).create); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// disk is a folder on disk.
type disk string

func (d disk) List(path string) (names []string, err error) {
	entries, _ := os.ReadDir(filepath.Join(string(d), path))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names, nil
}

func (d disk) Display(path string) string     { return path }
func (d disk) Open(path string) (File, error) { return os.Open(filepath.Join(string(d), path)) }
func (d disk) create(path string) (io.WriteCloser, error) {
	path = filepath.Join(string(d), path)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	file, err := os.Create(path + ".new")
	return placed{file, path}, err
}

// placed is a file that replaces another one once it is closed.
type placed struct {
	*os.File
	path string
}

func (f placed) Close() error { return errors.Join(f.File.Close(), os.Rename(f.Name(), f.path)) }
