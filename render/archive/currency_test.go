package archive

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"gpufleet/fetch/fleet"
	"gpufleet/render/report"
)

// TestOtherCurrency changes the currency within a day: each charge has that of its readings, and hours between readings
// of two currencies are in none.
func TestOtherCurrency(t *testing.T) {
	m, day := memory{}, time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	for _, each := range []struct {
		hour     int
		currency string
	}{{0, "USD"}, {4, "USD"}, {10, "EUR"}, {13, "EUR"}, {24, "EUR"}} {
		s := settings(day.Add(time.Duration(each.hour) * time.Hour))
		s.Currency = each.currency
		in := &fleet.Instance{ID: "a", Region: "R", GPU: "G", Status: "Running", Price: fleet.Known(money(t, "2"))}
		run := Run{Report: report.New(&fleet.Fleet{Instances: []*fleet.Instance{in}}, s)}
		if err := Write(run, m, m.create); err != nil {
			t.Fatal(err)
		}
	}
	_, rows := readBack(t, m[chargesPath(day)])
	var got []string
	for _, r := range rows {
		got = append(got, fmt.Sprint(r["BillingCurrency"], " ", r.amount("PricingQuantity"), " h ",
			r.amount("EffectiveCost")))
	}
	slices.Sort(got)
	if want := "EUR 14 h 28, USD 4 h 8"; strings.Join(got, ", ") != want {
		t.Errorf("charges of %q, want %s", got, want)
	}
	_, rows = readBack(t, m[dayPath("instances", day)])
	for _, r := range rows {
		if want := map[bool]string{true: "USD", false: "EUR"}[r.time("fetched_at").Hour() < 10]; r["currency"] != want ||
			!r.amount("price_per_hour").Equal(decimal.NewFromInt(2)) {
			t.Errorf("%v, want %s", r, want)
		}
	}
}

// TestOtherKey changes the key of pseudonyms within a day, or hides ids from some reading on. Nothing is charged
// between readings that can't be compared, and no id that a later run hides is left.
func TestOtherKey(t *testing.T) {
	other := []byte("another key of the tests, 32 bytes")
	for name, test := range map[string]struct {
		keys [][]byte // of the readings at 0:00, 4:00, 10:00, 13:00 and 24:00
		want string   // hours of each id, in order
	}{
		"no key":         {[][]byte{nil, nil, nil, nil, nil}, "24"},
		"one key":        {[][]byte{testKey, testKey, testKey, testKey, testKey}, "24"},
		"another key":    {[][]byte{testKey, testKey, other, other, other}, "14 4"},
		"ids get hidden": {[][]byte{nil, nil, testKey, testKey, testKey}, "24"},
		"ids get shown":  {[][]byte{testKey, testKey, nil, nil, nil}, "14 4"},
		"two changes":    {[][]byte{testKey, other, other, other, testKey}, "9"},
		"the next day":   {[][]byte{testKey, testKey, testKey, testKey, other}, "13"},
	} {
		m, day, last := memory{}, time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC), []byte(nil)
		for i, hour := range []int{0, 4, 10, 13, 24} {
			last = test.keys[i]
			s := settings(day.Add(time.Duration(hour) * time.Hour))
			if last != nil {
				s.Hidden, s.KeyFingerprint = []string{"id"}, fleet.KeyFingerprint(last)
			}
			list := &fleet.Fleet{Instances: []*fleet.Instance{{ID: "plain-id", Region: "R", GPU: "G", Status: "Running",
				Price: fleet.Known(money(t, "2"))}}}
			list.Hide(s.Hidden, last)
			if err := Write(Run{Report: report.New(list, s), PseudonymKey: last}, m, m.create); err != nil {
				t.Fatal(err)
			}
		}
		byID := map[string]decimal.Decimal{}
		for path, data := range m {
			_, rows := readBack(t, data)
			for _, r := range rows {
				if strings.Contains(fmt.Sprint(r), "plain-id") && last != nil {
					t.Errorf("%s: %s shows an id: %v", name, path, r)
				}
				if path == chargesPath(day) {
					byID[r.text("ResourceId")] = byID[r.text("ResourceId")].Add(r.amount("PricingQuantity"))
				}
			}
		}
		var hours []string
		for _, each := range byID {
			hours = append(hours, each.String())
		}
		slices.Sort(hours)
		if got := strings.Join(hours, " "); got != test.want {
			t.Errorf("%s: %s hours, want %s", name, got, test.want)
		}
	}
}
