package reporttest

import (
	"fmt"
	"testing"
	"time"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
	"gpufleet/render/report"
)

// Past returns the report of the last of several runs at these times. list returns the fleet at each.
func Past(t *testing.T, s report.Settings, times []time.Time, list func(run int) []*fleet.Instance) *report.Report {
	t.Helper()
	previous := &history.History{}
	var r *report.Report
	for run, at := range times {
		s.Generated = at
		r = report.New(&fleet.Fleet{Instances: list(run)}, s)
		if err := r.Compare(previous); err != nil {
			t.Fatal(err)
		}
		previous = &history.History{Snapshots: r.Snapshots, Days: r.Days, Spend: *r.Spend}
	}
	return r
}

// Days returns the times of daily runs, at 09:00 UTC, of which the last is on a date such as 2026-11-25.
func Days(t *testing.T, last string, days int) (times []time.Time) {
	t.Helper()
	date, err := time.Parse(time.DateOnly, last)
	if err != nil {
		t.Fatal(err)
	}
	for before := days - 1; before >= 0; before-- {
		times = append(times, date.AddDate(0, 0, -before).Add(9*time.Hour))
	}
	return times
}

// Changing returns the list of a fleet on a day of its past: instances come, go, stop, and change their price.
func Changing(t *testing.T, day int) (list []*fleet.Instance) {
	t.Helper()
	regions, models := []string{"CANADA-1", "NORWAY-1", "US-1"}, []string{"H100-80G-SXM", "RTX-A6000", "L40", "A100-80G"}
	for i := range 40 {
		if day < i-20 || i%7 == 3 && day > 20+i { // came later, or is gone
			continue
		}
		cents := 50 + 37*i%400
		if i%5 == 0 && day > 30 {
			cents += 20
		}
		price, err := fleet.ParseMoney(fmt.Sprintf("%d.%02d", cents/100, cents%100))
		if err != nil {
			t.Fatal(err)
		}
		in := &fleet.Instance{ID: fmt.Sprint(i), HostName: fmt.Sprint("node-", i), Region: regions[i%3],
			GPU: models[i%4], GPUType: models[i%4], GPUCount: fleet.Known(float64(1 + i%8)), Status: "Running",
			Price: fleet.Known(price)}
		if (day+i)%11 == 0 {
			in.Status = "Stopped"
		}
		list = append(list, in)
	}
	return list
}
