package archive

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
	"gpufleet/render/report"
)

// world is a fleet that changes at random.
type world struct {
	random   *rand.Rand
	settings report.Settings
	lives    map[int]*fleet.Instance
	lastID   int
	now      time.Time
	readings []report.Reading // as reports had them
}

var testKey = []byte("a key of the tests with 32 bytes")

// worlds returns a world of each kind by name, before its first reading.
func worlds() map[string]*world {
	list := map[string]*world{}
	for i, name := range []string{"plain", "accounts", "hidden", "listed", "internal", "empty"} {
		w := &world{random: rand.New(rand.NewPCG(uint64(i), 20)), lives: map[int]*fleet.Instance{},
			settings: settings(time.Time{}), now: time.Date(2026, 10, 29, 20, 0, 0, 0, time.UTC)}
		switch name {
		case "accounts":
			w.settings.Accounts, w.settings.Owners = []string{"prod", "lab", "idle"}, true
		case "hidden":
			w.settings.Hidden = slices.Sorted(slices.Values(fleet.Hideable()))
			w.settings.KeyFingerprint = fleet.KeyFingerprint(testKey)
		case "listed":
			w.settings.Bill, w.settings.Currency = report.BillListed, "EUR"
		case "internal":
			w.settings.Audience, w.settings.Bill = report.Internal, report.BillListed
		}
		list[name] = w
	}
	return list
}

// price returns a price of any size and precision.
func (w *world) price() fleet.Price {
	text := w.pick("", "0", "0.679", "1.5", "14.4", "999999999.999999999999", "0.000000000001", "1e-30",
		"0.1234567890123456789012345678", "0.1234567890123999")
	money, err := fleet.ParseMoney(text)
	return fleet.Price{Value: money, Known: err == nil}
}

func (w *world) pick(texts ...string) string { return texts[w.random.IntN(len(texts))] }

func (w *world) number(max int) fleet.Number {
	if n := w.random.IntN(max+1) - 1; n >= 0 {
		return fleet.Known(float64(n))
	}
	return fleet.Number{}
}

// change changes an instance.
func (w *world) change(in *fleet.Instance) {
	switch w.random.IntN(9) {
	case 0:
		in.Status = w.pick("Running", "running", "Stopped", "Deleted", "Error", "")
	case 1:
		in.Region, in.GPU = w.pick("CANADA-1", "", "Zürich"), w.pick("H100", "L40S", "")
	case 2:
		in.GPUCount, in.CPUCores, in.RAM = w.number(9), w.number(128), w.number(512)
	case 3:
		in.Price, in.PriceSource, in.ListPrice = w.price(), fleet.ListPrice, fleet.Price{}
		if !in.Price.Known {
			in.PriceSource = fleet.NoPrice
		} else if w.random.IntN(2) == 0 {
			in.PriceSource, in.ListPrice = fleet.FilePrice, w.price()
		}
	case 4:
		in.Purchase = fleet.Purchase(w.random.IntN(3))
	case 5:
		in.HostName, in.ProductType = w.pick("", "web", "größe"), w.pick("", "Container", "CPU")
	case 6:
		if w.settings.Owners {
			in.Owner = w.pick("team \"a\"", "b", fleet.Unassigned)
		}
	case 7:
		in.CreatedAt = w.now.Add(time.Duration(-w.random.IntN(20*3600)) * time.Second)
		in.StartedAt = in.CreatedAt.Add(time.Duration(w.random.IntN(3600)) * time.Second)
	case 8:
		in.PublicIPv4, in.OS = "198.51.100.7", w.pick("", "Ubuntu")
	}
}

// next moves on to a later reading and returns its report. The fleet is empty in the world of that name.
func (w *world) next(isEmpty bool) *report.Report {
	w.now = w.now.Add(time.Duration(600+w.random.IntN(12*3600)) * time.Second)
	switch w.random.IntN(8) {
	case 0: // a gap of some days
		w.now = w.now.Add(time.Duration(50+w.random.IntN(30)) * time.Hour)
	case 1: // at midnight
		w.now = history.Day(w.now).AddDate(0, 0, 1)
	}
	for range 4 + w.random.IntN(8) {
		w.lastID++
		in := &fleet.Instance{Status: "Running"}
		if w.random.IntN(4) > 0 {
			in.ID = fmt.Sprint("i-", w.lastID)
		}
		if len(w.settings.Accounts) > 0 {
			in.Account = w.pick("prod", "lab")
		}
		if w.settings.Owners {
			in.Owner = fleet.Unassigned
		}
		for range 9 {
			w.change(in)
		}
		w.lives[w.lastID] = in
	}
	list := &fleet.Fleet{}
	for _, id := range slices.Sorted(maps.Keys(w.lives)) {
		if w.random.IntN(5) == 0 {
			w.change(w.lives[id])
		}
		if w.random.IntN(15) == 0 {
			delete(w.lives, id)
			continue
		}
		shown := *w.lives[id]
		list.Instances = append(list.Instances, &shown)
	}
	if isEmpty {
		list.Instances = nil
	}
	list.Hide(w.settings.Hidden, testKey)
	w.settings.Generated = w.now
	r := report.New(list, w.settings)
	w.readings = append(w.readings, report.Reading{Taken: w.now, Instances: r.Instances})
	return r
}

// write writes some readings into an archive, one after the other. It returns the last report.
func (w *world) write(t testing.TB, name string, count int, m memory) (r *report.Report) {
	t.Helper()
	for i := range count {
		r = w.next(name == "empty" && i%3 != 1)
		if err := Write(Run{Report: r, PseudonymKey: testKey}, m, m.create); err != nil {
			t.Fatalf("%s, reading %d: %v", name, i, err)
		}
	}
	return r
}
