package report

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
)

// fortyDays returns the readings of 40 days. The first two have an instance in a region named by an address.
func fortyDays(t *testing.T, audience Audience) (rs *readings, last *Report) {
	t.Helper()
	rs = newReadings(t, 24*time.Hour)
	rs.settings.Audience = audience
	for day := range 40 {
		list := []*fleet.Instance{instance("1", "A", "RTX", 2, "1")}
		if day < 2 {
			list = append(list, instance("2", "vm-198.51.100.77", "RTX", 2, "3"))
		}
		last = rs.read(time.Date(2026, 11, 1+day, 0, 0, 0, 0, time.UTC), list...)
	}
	return rs, last
}

// TestGroupsOfDays keeps the groups of 35 days. Older days keep their figures.
func TestGroupsOfDays(t *testing.T) {
	t.Parallel()
	_, r := fortyDays(t, Public)
	for i, day := range r.Days {
		if hasGroups := len(day.Groups) > 0; hasGroups != (i >= 5) || day.Instances == 0 {
			t.Errorf("%s: %d instances in %d groups", day.Date, day.Instances, len(day.Groups))
		}
	}
	if len(r.Days) != 40 {
		t.Errorf("%d days", len(r.Days))
	}
}

// TestSpendShowsNoAddress makes a public report when only the groups of the spend still have an address. No amount
// changes.
func TestSpendShowsNoAddress(t *testing.T) {
	t.Parallel()
	rs, internal := fortyDays(t, Internal)
	const address = "198.51.100.77"
	if !strings.Contains(spendText(t, internal), address) {
		t.Fatal("the spend has no address")
	}
	rs.settings.Audience = Public
	r := rs.read(rs.settings.Generated, instance("1", "A", "RTX", 2, "1"))
	if text := spendText(t, r); strings.Contains(text, address) {
		t.Error(text)
	}
	checkSums(t, r.Spend)
	for i, m := range r.Spend.Months {
		if before := internal.Spend.Months[i]; rangeText(m.Running) != rangeText(before.Running) ||
			len(m.Groups) != len(before.Groups) {
			t.Errorf("%s: %s, was %s", m.Month, rangeText(m.Running), rangeText(before.Running))
		}
	}
}

func spendText(t *testing.T, r *Report) string {
	t.Helper()
	var file bytes.Buffer
	if err := history.WriteSpend(&file, r.Head(), r.Spend, "running", []byte("null")); err != nil {
		t.Fatal(err)
	}
	return file.String()
}
