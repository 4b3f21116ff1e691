package archive

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"testing"
	"time"

	"gpufleet/fetch/exit"
	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
	"gpufleet/render/report"
)

// TestSameArchive builds archives of many readings in different ways, and gets equal bytes: one run after the other,
// the last run twice, and all readings at once.
func TestSameArchive(t *testing.T) {
	for name, w := range worlds() {
		m := memory{}
		last := w.write(t, name, 9, m)
		before := maps.Clone(m)
		if err := Write(Run{Report: last, PseudonymKey: testKey}, m, m.create); err != nil {
			t.Fatal(err)
		}
		sameArchive(t, name+" twice", m, before)
		at := memory{}
		past := w.readings[:len(w.readings)-1]
		if err := Write(Run{Report: last, Past: past, PseudonymKey: testKey}, at, at.create); err != nil {
			t.Fatal(err)
		}
		sameArchive(t, name+" at once", at, m)
		checkInstances(t, name, m, w.readings)
	}
}

func sameArchive(t testing.TB, what string, got, want memory) {
	t.Helper()
	for path := range got {
		if want[path] == nil {
			t.Errorf("%s: %s is new", what, path)
		}
	}
	for path, data := range want {
		if !bytes.Equal(got[path], data) {
			t.Errorf("%s: %s differs", what, path)
		}
	}
}

// checkInstances holds the rows of instances against the readings of each day, and their order.
func checkInstances(t *testing.T, name string, m memory, all []report.Reading) {
	t.Helper()
	key := func(at time.Time, in *fleet.Instance) string {
		text := fmt.Sprintf("%q", []string{in.Account, in.Region, in.GPU, in.ID, at.Format(time.RFC3339)})
		return text + fmt.Sprint(in.Status, in.HostName, in.GPUCount, in.Running(), in.Listed())
	}
	want := map[string][]string{}
	for _, r := range all {
		path := dayPath(instances.name, r.Taken)
		want[path] = append(want[path], []string{}...)
		for _, in := range r.Instances {
			want[path] = append(want[path], key(r.Taken, in))
		}
	}
	for path, keys := range want {
		_, rows := readBack(t, m[path])
		var got []string
		for i, r := range rows {
			in := &fleet.Instance{Account: r.text("account"), Region: r.text("region"), GPU: r.text("gpu"), ID: r.text("id"),
				Status: r.text("status"), HostName: r.text("host_name")}
			if n, known := r["gpu_count"].(int64); known {
				in.GPUCount = fleet.Known(float64(n))
			}
			got = append(got, key(r.time(fetchedAt), in))
			if r["running"] != in.Running() || r["listed"] != in.Listed() {
				t.Errorf("%s, %s: %v counts as running %v, listed %v", name, path, in.Status, r["running"], r["listed"])
			}
			if i > 0 && compareRows(rows[i-1], r) > 0 {
				t.Errorf("%s, %s: row %d is not in order", name, path, i)
			}
		}
		slices.Sort(got)
		slices.Sort(keys)
		if !slices.Equal(got, keys) {
			t.Errorf("%s, %s has the rows\n%q\nwant\n%q", name, path, got, keys)
		}
	}
}

func compareRows(a, b row) int {
	return cmp.Or(cmp.Compare(a.text("account"), b.text("account")), cmp.Compare(a.text("region"), b.text("region")),
		cmp.Compare(a.text("gpu"), b.text("gpu")), cmp.Compare(a.text("id"), b.text("id")),
		a.time(fetchedAt).Compare(b.time(fetchedAt)))
}

// TestKilledWhilePlacing places only some of a run's files, in their order, as a kill does. The same run then leaves
// what it would have left without the kill, and a later run what it would have left without the killed one.
func TestKilledWhilePlacing(t *testing.T) {
	m, next := smallArchive(t)
	day := history.Day(next.Generated)
	at := func(hours int) *report.Report { // as next, later
		r := *next
		r.Generated = day.Add(time.Duration(hours) * time.Hour)
		return &r
	}
	for name, test := range map[string]struct{ killed, later *report.Report }{
		"second of its day, then the next day": {at(7), at(31)},
		"first of its day, then a later day":   {at(25), at(50)},
		"at midnight, then the same day":       {at(24), at(25)},
	} {
		placed := ordered{files: memory{}}
		if err := Write(Run{Report: test.killed}, m, placed.create); err != nil {
			t.Fatal(err)
		}
		for then, r := range map[string]*report.Report{"again": test.killed, "later": test.later} {
			want := maps.Clone(m)
			if err := Write(Run{Report: r}, want, want.create); err != nil {
				t.Fatal(err)
			}
			for count := range len(placed.paths) {
				got := maps.Clone(m)
				for _, path := range placed.paths[:count] {
					got[path] = placed.files[path]
				}
				if err := Write(Run{Report: r}, got, got.create); err != nil {
					t.Fatal(err)
				}
				for path, data := range got { // a file without rows is as good as none
					if want[path] != nil {
						continue
					}
					if _, rows := readBack(t, data); len(rows) == 0 {
						delete(got, path)
					}
				}
				sameArchive(t, fmt.Sprintf("%s, killed after %d files, %s", name, count, then), got, want)
			}
		}
	}
}

// TestKilledSample kills a run that places the sample with its past. A real run must not continue what it left, which
// has made-up charges.
func TestKilledSample(t *testing.T) {
	w := worlds()["plain"]
	last := w.write(t, "plain", 4, memory{})
	placed := ordered{files: memory{}}
	demo := *last
	demo.Source = report.FromDemo
	if err := Write(Run{Report: &demo, Past: w.readings[:3]}, memory{}, placed.create); err != nil {
		t.Fatal(err)
	}
	for _, days := range []int{0, 3} {
		later := *last
		later.Generated = last.Generated.AddDate(0, 0, days)
		for count := range len(placed.paths) {
			left := memory{}
			for _, path := range placed.paths[:count+1] {
				left[path] = placed.files[path]
			}
			if _, code, err := attempt(&later, left); code != exit.Usage {
				t.Errorf("killed after %d files, then %d days: exit code %d, %v", count+1, days, code, err)
			}
		}
	}
}

// ordered remembers the order of files.
type ordered struct {
	files memory
	paths []string
}

func (o *ordered) create(path string) (io.WriteCloser, error) {
	changing.Lock()
	defer changing.Unlock()
	o.paths = append(o.paths, path)
	return o.files.create(path)
}
