package report

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/fleet/fleettest"
	"gpufleet/fetch/history"
)

// runAt returns the report of a list at a time, compared with previous runs.
func runAt(t testing.TB, at time.Time, previous *history.History, list ...*fleet.Instance) *Report {
	t.Helper()
	s := settings()
	s.Generated = at
	r := New(&fleet.Fleet{Instances: list}, s)
	if err := r.Compare(previous); err != nil {
		t.Fatal(err)
	}
	return r
}

// saved returns what a run saves for the next one.
func saved(r *Report) *history.History {
	return &history.History{Snapshots: r.Snapshots, Days: r.Days, Spend: *r.Spend}
}

// since returns what changed between two lists, a day apart.
func since(t testing.TB, old, now []*fleet.Instance) *Window {
	t.Helper()
	at := settings().Generated
	return runAt(t, at.AddDate(0, 0, 1), saved(runAt(t, at, &history.History{}, old...)), now...).SinceLastRun
}

func withStatus(in *fleet.Instance, status string) *fleet.Instance {
	in.Status = status
	return in
}

// describe returns a window's lines as text.
func describe(w *Window) []string {
	var lines []string
	for l := range (NamedWindow{Window: w}).Lines() {
		id := "-"
		if l.In != nil {
			id = l.In.ID
		}
		s := settings()
		line := fmt.Sprint(id, " ", l.Kind, " ", l.Field(), " ", l.OldText(s), " ", l.NewText(s), " ", l.Delta.Listed)
		if l.Delta.Running.Cmp(l.Delta.Listed) != 0 {
			line += " running " + l.Delta.Running.String()
		}
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	return lines
}

// TestChanges has a case for each kind of change, with its effect on the listed total, and on
// the running total where that differs.
func TestChanges(t *testing.T) {
	one := func(gpus int, price, status string) []*fleet.Instance {
		return []*fleet.Instance{withStatus(instance("1", "A", "RTX", gpus, price), status)}
	}
	tests := []struct {
		name     string
		old, now []*fleet.Instance
		want     []string
		delta    string
	}{
		{"nothing", one(1, "2", "Running"), one(1, "2", "Running"), nil, "0"},
		{"added", nil, one(1, "2", "Running"), []string{"1 added 2"}, "2"},
		{"added but not listed", nil, one(1, "2", "Booked"), []string{"1 added 0"}, "0"},
		{"added without a price", nil, one(1, "", "Running"), []string{"1 added 0"}, "0"},
		{"removed", one(1, "2", "Stopped"), nil, []string{"1 removed -2 running 0"}, "-2"},
		{"removed but not listed", one(1, "2", "Deleted"), nil, []string{"1 removed 0"}, "0"},
		{"stopped", one(1, "2", "Running"), one(1, "2", "Stopped"),
			[]string{"1 status changed status Running Stopped 0 running -2"}, "0"},
		{"deleted", one(1, "2", "Running"), one(1, "2", "Deleted"),
			[]string{"1 status changed status Running Deleted -2"}, "-2"},
		{"more expensive", one(1, "2", "Running"), one(1, "2.5", "Running"),
			[]string{"1 price changed price_per_hour $2.00 $2.50 0.5"}, "0.5"},
		{"more expensive but not listed", one(1, "2", "Deleted"), one(1, "2.5", "Deleted"),
			[]string{"1 price changed price_per_hour $2.00 $2.50 0"}, "0"},
		{"deleted and more expensive", one(1, "2", "Running"), one(1, "3", "Deleted"),
			[]string{"1 status changed status Running Deleted -2", "1 price changed price_per_hour $2.00 $3.00 0"}, "-2"},
		{"back and more expensive", one(1, "2", "Canceled"), one(1, "3", "Running"),
			[]string{"1 status changed status Canceled Running 2", "1 price changed price_per_hour $2.00 $3.00 1"}, "3"},
		{"price known", one(1, "", "Running"), one(1, "2", "Running"),
			[]string{"1 price became known price_per_hour unknown $2.00 2"}, "2"},
		{"price unknown", one(1, "2", "Running"), one(1, "", "Running"),
			[]string{"1 price became unknown price_per_hour $2.00 unknown -2"}, "-2"},
		{"price known to be nothing", one(1, "", "Running"), one(1, "0", "Running"),
			[]string{"1 price became known price_per_hour unknown $0.00 0"}, "0"},
		{"price unknown and deleted", one(1, "2", "Running"), one(1, "", "Deleted"),
			[]string{
				"1 status changed status Running Deleted -2", "1 price became unknown price_per_hour $2.00 unknown 0",
			}, "-2"},
		{"price known and back", one(1, "", "Deleted"), one(1, "2", "Running"),
			[]string{"1 status changed status Deleted Running 0", "1 price became known price_per_hour unknown $2.00 2"}, "2"},
		{"GPUs unknown", one(1, "2", "Running"), one(-1, "2", "Running"),
			[]string{"1 other field changed gpu_count 1 unknown 0"}, "0"},
		{"moved", one(1, "2", "Running"), []*fleet.Instance{instance("1", "B", "H100", 1, "2")},
			[]string{"1 other field changed region A B 0", "1 other field changed gpu RTX H100 0"}, "0"},
		{"no ids", []*fleet.Instance{instance("", "A", "RTX", 1, "2"), instance("", "A", "RTX", 1, "2")},
			[]*fleet.Instance{instance("", "A", "RTX", 1, "2")},
			[]string{"- without an id -2"}, "-2"},
		{"the same, without ids", []*fleet.Instance{instance("", "A", "RTX", 1, "2")},
			[]*fleet.Instance{instance("", "A", "RTX", 1, "2")},
			[]string{"- without an id 0"}, "0"},
		{"the same price written otherwise", one(1, "2.50", "Running"), one(1, "2.5", "Running"), nil, "0"},
	}
	for _, test := range tests {
		w := since(t, test.old, test.now)
		if diff := cmp.Diff(test.want, describe(w)); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
		if w.Delta.Listed.String() != test.delta {
			t.Errorf("%s: delta %s, want %s", test.name, w.Delta.Listed, test.delta)
		}
		checkExact(t, test.name, w, test.old, test.now)
	}
}

// TestEachFieldIsCompared changes one field at a time, including a newly added one.
func TestEachFieldIsCompared(t *testing.T) {
	added := fleettest.AddField(t)
	instanceWords = append(instanceWords, fieldWords{name: added.Name, title: "Rack"})
	t.Cleanup(func() { instanceWords = instanceWords[:len(instanceWords)-1] })
	for _, f := range fleet.Fields {
		if f.Kind == fleet.ID || f.Kind == fleet.Address {
			continue // matched by ID; the added field uses this one
		}
		old, now := &fleet.Instance{ID: "1"}, &fleet.Instance{ID: "1"}
		fleettest.Set(f, old, 1)
		fleettest.Set(f, now, 2)
		if f.Compare(old, now) == 0 || f.Compare(old, old) != 0 {
			t.Errorf("%s: values compare wrongly", f.Name)
		}
		want := 0
		if f.Compared {
			want = 1
		}
		w := since(t, []*fleet.Instance{old}, []*fleet.Instance{now})
		if len(w.Changed) != want || want > 0 && w.Changed[0].Column.Name != f.Name {
			t.Errorf("%s: %d changes are reported", f.Name, len(w.Changed))
		}
	}
}

// TestStatusSince follows instances over several runs: a status begins at the first of consecutive runs with it.
func TestStatusSince(t *testing.T) {
	at := settings().Generated
	list := func(statuses ...string) (list []*fleet.Instance) {
		for i, status := range statuses {
			if status != "" {
				list = append(list, withStatus(instance(fmt.Sprint(i+1), "A", "RTX", 1, "2"), status))
			}
		}
		return append(list, instance("", "A", "RTX", 1, "2"))
	}
	previous := &history.History{}
	for hour, step := range []struct {
		statuses []string
		want     string // the hours at which the statuses began
	}{
		{[]string{"Running", "Running", "Running"}, "0 0 0"},
		{[]string{"Running", "Stopped", ""}, "0 1"},
		{[]string{"Running", "Stopped", "Running"}, "0 1 2"},
		{[]string{"running", "Running", "Running", "Error"}, "3 3 2 3"},
	} {
		for range 2 { // repeating a run gives the same
			r := runAt(t, at.Add(time.Duration(hour)*time.Hour), previous, list(step.statuses...)...)
			var got []string
			if err := r.Snapshots[len(r.Snapshots)-1].Rows(func(in *fleet.Instance) error {
				if in.ID == "" && !in.StatusSince.IsZero() {
					t.Errorf("hour %d: a row without an id has its status since %v", hour, in.StatusSince)
				}
				if in.ID != "" {
					got = append(got, fmt.Sprint(in.StatusSince.Sub(at).Hours()))
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(step.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("hour %d: %s", hour, diff)
			}
			previous = saved(r)
		}
	}
}

// TestSameRows checks that changes in fields that snapshots don't keep don't count.
func TestSameRows(t *testing.T) {
	all := []*fleet.Instance{{ID: "1", Account: "ml"}}
	kept := history.NewSnapshot(settings().Head(), settings().Generated, all).Kept()
	for _, f := range fleet.Fields {
		old, now := instance("1", "A", "RTX", 1, "2"), instance("1", "A", "RTX", 1, "2")
		fleettest.Set(f, now, 9)
		if got := sameRow(kept, old, now); got != (f.SnapshotFormat == 0) {
			t.Errorf("%s: the same: %v", f.Name, got)
		}
	}
}

// TestEveryComparedFieldHasAColumn holds that no change of a field goes unreported for want of words.
func TestEveryComparedFieldHasAColumn(t *testing.T) {
	for _, f := range fleet.Fields {
		if f.Compared && len(comparedFields(Public, []*fleet.Field{f})) != 1 {
			t.Errorf("%s has no column", f.Name)
		}
	}
}

// olderSnapshot returns a snapshot of form 1.
func olderSnapshot(t *testing.T, taken time.Time, rows ...string) *history.Snapshot {
	t.Helper()
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	fmt.Fprintf(zip, `{"schema":1,"taken":%q,"source":"file","account":"","audience":"public","currency":"USD",`+
		`"hidden":[],"key":"","total_instances":%d,"instances":[%s]}`,
		taken.Format(time.RFC3339), len(rows), strings.Join(rows, ","))
	zip.Close()
	s, err := history.ReadSnapshot(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestUpgrade compares with snapshots of form 1, which lack fields. These are no changes, now and after they were
// written anew. A status began at the first of them in a row that has it.
func TestUpgrade(t *testing.T) {
	at := settings().Generated
	row := `{"id":"1","status":"%s","gpu":"RTX"}`
	earlier := &history.History{}
	for ago, status := range map[int]string{9: "Running", 8: "Stopped", 2: "Running", 1: "Running"} {
		earlier.Snapshots = append(earlier.Snapshots,
			olderSnapshot(t, at.AddDate(0, 0, -ago), `{"gpu":"RTX"}`, fmt.Sprintf(row, status)))
	}
	slices.SortFunc(earlier.Snapshots, func(a, b *history.Snapshot) int { return a.Taken.Compare(b.Taken) })
	now := func() []*fleet.Instance {
		in := &fleet.Instance{ID: "1", Status: "Running", GPU: "RTX", StartedAt: at, CreatedAt: at, Purchase: fleet.Reserved}
		return []*fleet.Instance{{GPU: "RTX", StartedAt: at}, in}
	}
	for day := range 3 {
		for again := range 2 { // a run once more says the same
			r := runAt(t, at.AddDate(0, 0, day), earlier, now()...)
			if got := describe(r.SinceLastRun); !slices.Equal(got, []string{"- without an id 0"}) {
				t.Errorf("day %d, again %d: since the last run, of %v: %q", day, again, r.SinceLastRun.From, got)
			}
			if got := describe(r.SinceLastWeek); len(got) != 2 || !strings.Contains(got[0], "status Stopped Running") {
				t.Errorf("day %d, again %d: since last week, of %v: %q", day, again, r.SinceLastWeek.From, got)
			}
			if since := r.Instances[len(r.Instances)-1].StatusSince; !since.Equal(at.AddDate(0, 0, -2)) {
				t.Errorf("day %d, again %d: the status is there since %v", day, again, since)
			}
			earlier = reread(t, saved(r))
		}
	}
}

// reread returns what a run left as the next run reads it.
func reread(t *testing.T, previous *history.History) *history.History {
	t.Helper()
	for i, s := range previous.Snapshots {
		var b bytes.Buffer
		_, err := s.WriteTo(&b)
		if err == nil {
			previous.Snapshots[i], err = history.ReadSnapshot(b.Bytes())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return previous
}

// total adds up a list by other means than the report.
func total(list []*fleet.Instance, bill Bill) *big.Rat {
	total := new(big.Rat)
	for _, in := range list {
		status := strings.ToLower(in.Status)
		if bill == BillRunning && status != "running" ||
			slices.Contains([]string{"deleted", "canceled", "completed", "booked"}, status) {
			continue
		}
		if in.Price.Known {
			price, _ := new(big.Rat).SetString(in.Price.Value.String())
			total.Add(total, price)
		}
	}
	return total
}

func rat(m fleet.Money) *big.Rat {
	r, _ := new(big.Rat).SetString(m.String())
	return r
}

// checkExact checks that a window's entries, and the lines of its sum, add up to the change in both totals.
func checkExact(t testing.TB, name string, w *Window, old, now []*fleet.Instance) {
	t.Helper()
	for _, bill := range []Bill{BillRunning, BillListed} {
		checkExactly(t, name+", "+bill.Name(), w, bill, new(big.Rat).Sub(total(now, bill), total(old, bill)))
	}
}

func checkExactly(t testing.TB, name string, w *Window, bill Bill, want *big.Rat) {
	t.Helper()
	entries, lines := new(big.Rat), new(big.Rat)
	for l := range (NamedWindow{Window: w}).Lines() {
		entries.Add(entries, rat(l.Delta.Of(bill)))
		if (l.Kind == Added || l.Kind == Removed) && l.Field() != "" {
			t.Errorf("%s: %s has a field", name, l.Kind)
		}
		known := l.Kind == PriceKnown || l.Kind == PriceUnknown
		if known && strings.ContainsAny(settings().deltaText(l.Kind, l.Delta.Of(bill)), "+−") {
			t.Errorf("%s: shown as a rise or fall: %s", name, settings().deltaText(l.Kind, l.Delta.Of(bill)))
		} else if c := l.change; c != nil && c.Column.Name == "price_per_hour" && known != (c.Old.Known != c.New.Known) {
			t.Errorf("%s: %s from known %v to known %v", name, l.Kind, c.Old.Known, c.New.Known)
		}
	}
	for _, line := range w.Sum {
		lines.Add(lines, rat(line.Delta.Of(bill)))
	}
	for what, got := range map[string]*big.Rat{
		"entries":          entries,
		"lines":            lines,
		"delta":            rat(w.Delta.Of(bill)),
		"before and after": new(big.Rat).Sub(rat(w.After.Of(bill).PerHour), rat(w.Before.Of(bill).PerHour)),
	} {
		if got.Cmp(want) != 0 {
			t.Errorf("%s: the %s add up to %s, want %s", name, what, got.FloatString(30), want.FloatString(30))
		}
	}
}

// randomList returns a list in any order that can repeat IDs of another list.
func randomList(random *rand.Rand) []*fleet.Instance {
	var list []*fleet.Instance
	for _, id := range random.Perm(12)[:random.IntN(13)] {
		in := instance(fmt.Sprint(id), []string{"A", "B", ""}[random.IntN(3)],
			[]string{"RTX", "H100"}[random.IntN(2)], random.IntN(3)-1,
			[]string{"", "0", "0.1", "1e-30", "0.123456789012345678901234567891", "999999999.999", "2", "2.0"}[random.IntN(8)])
		if random.IntN(5) == 0 {
			in.ID = ""
		}
		statuses := []string{
			"Running", "running", "Stopped", "Deleted", "Booked", "Completed", "Canceled", "", "New",
		}
		in.Status = statuses[random.IntN(len(statuses))]
		list = append(list, in)
	}
	return list
}

// TestChangesAddUp checks with random fleets that sums are exact.
func TestChangesAddUp(t *testing.T) {
	for seed := range uint64(3000) {
		random := rand.New(rand.NewPCG(seed, 1))
		old, now := randomList(random), randomList(random)
		w := since(t, slices.Clone(old), slices.Clone(now))
		checkExact(t, fmt.Sprint("seed ", seed), w, old, now)
		if t.Failed() {
			return
		}
	}
}

// FuzzChanges looks for fleets whose changes don't add up.
func FuzzChanges(f *testing.F) {
	f.Add(uint64(1), "1e-30", "0.5", "Running", "Deleted", true)
	f.Add(uint64(2), "", "7", "Booked", "Running", false)
	f.Fuzz(func(t *testing.T, seed uint64, oldPrice, newPrice, oldStatus, newStatus string, named bool) {
		random := rand.New(rand.NewPCG(seed, 2))
		old, now := randomList(random), randomList(random)
		for _, side := range []struct {
			list          *[]*fleet.Instance
			price, status string
		}{{&old, oldPrice, oldStatus}, {&now, newPrice, newStatus}} {
			in := &fleet.Instance{Status: strings.TrimSpace(strings.ToValidUTF8(side.status, "?"))}
			if strings.ContainsFunc(in.Status, func(r rune) bool { return r < ' ' || r > '~' }) || len(in.Status) > 100 {
				return
			}
			if named {
				in.ID = "x"
			}
			if price, err := fleet.ParseMoney(side.price); err == nil {
				in.Price = fleet.Known(price)
			}
			*side.list = append(*side.list, in)
		}
		checkExact(t, "fuzz", since(t, slices.Clone(old), slices.Clone(now)), old, now)
	})
}

// TestHiddenFieldsAreNotCompared hides a name, then shows it, then hides it again.
func TestHiddenFieldsAreNotCompared(t *testing.T) {
	at := settings().Generated
	run := func(hidden []string, name string, previous *history.History) *Report {
		s := settings()
		s.Hidden = hidden
		at = at.Add(time.Hour)
		s.Generated = at
		in := instance("1", "A", "RTX", 1, "2")
		in.HostName, in.DiskSize = name, fleet.Known(float64(len(name)))
		list := &fleet.Fleet{Instances: []*fleet.Instance{in}}
		list.Hide(hidden, nil)
		r := New(list, s)
		if err := r.Compare(previous); err != nil {
			t.Fatal(err)
		}
		return r
	}
	first := run([]string{"disk_size", "host_name"}, "old-name", &history.History{})
	if err := first.Snapshots[0].Rows(func(in *fleet.Instance) error {
		if in.HostName != "" || in.DiskSize.Known {
			t.Errorf("the snapshot has a hidden field: %+v", in)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	second := run(nil, "name", saved(first))
	if got := describe(second.SinceLastRun); len(got) != 0 {
		t.Errorf("what was hidden before counts as changed: %v", got)
	}
	third := run(nil, "another-name", saved(second))
	if got := describe(third.SinceLastRun); len(got) != 2 {
		t.Errorf("name and disk have changed: %v", got)
	}
	for _, column := range ChangeColumns(first.Settings) {
		if column.Name == "host_name" {
			t.Error("the hidden name has a column")
		}
	}
}

// TestWindows checks which snapshots are compared: the newest, and the newest at least a week old, else the oldest.
func TestWindows(t *testing.T) {
	start := time.Date(2026, 11, 1, 23, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		hours           []int // of the runs after the first
		last, week      string
		young           bool
		snapshots, days int
	}{
		{[]int{2}, "2026-11-01", "2026-11-01", true, 2, 2},
		{[]int{24 * 6}, "2026-11-01", "2026-11-01", true, 2, 2},
		{[]int{24*6 + 1}, "2026-11-01", "2026-11-01", false, 2, 2}, // the seventh day by date, not by hours
		{[]int{24 * 3, 24 * 8}, "2026-11-04", "2026-11-01", false, 3, 3},
		{[]int{24, 24 * 3, 24 * 8}, "2026-11-04", "2026-11-02", false, 4, 4},
		{[]int{24 * 3, 24 * 9}, "2026-11-04", "2026-11-01", false, 3, 3},
		{[]int{24 * 3, 24 * 10}, "2026-11-04", "2026-11-04", false, 3, 3},
		{[]int{24 * 3, 24 * 16}, "2026-11-04", "2026-11-04", false, 3, 3},
		{[]int{24 * 400}, "2026-11-01", "2026-11-01", false, 2, 2},         // kept by count, whatever the clock says
		{[]int{24 * 8, 24*8 + 1}, "2026-11-09", "2026-11-01", false, 3, 3}, // past midnight
	} {
		r := runAt(t, start, &history.History{})
		if r.SinceLastRun != nil || r.SinceLastWeek != nil {
			t.Error("a first run has previous runs")
		}
		for _, hours := range test.hours {
			r = runAt(t, start.Add(time.Duration(hours)*time.Hour), saved(r))
		}
		last, week := r.SinceLastRun, r.SinceLastWeek
		if history.DateText(last.From) != test.last || history.DateText(week.From) != test.week ||
			week.TooYoung != test.young || last.TooYoung ||
			len(r.Snapshots) != test.snapshots || len(r.Days) != test.days {
			t.Errorf("%v: since %s and %s, too young %v, %d snapshots, %d days",
				test.hours, last.From, week.From, week.TooYoung, len(r.Snapshots), len(r.Days))
		}
	}
}

// TestSameMoment repeats a run: the same list at the same time gives the same report. Another list is another run.
func TestSameMoment(t *testing.T) {
	at := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	one, two := instance("1", "A", "RTX", 1, "1"), instance("2", "A", "RTX", 1, "1")
	first := runAt(t, at, &history.History{}, one)
	again := runAt(t, at, saved(first), one)
	if again.SinceLastRun != nil || again.SinceLastWeek != nil || len(again.Snapshots) != 1 {
		t.Errorf("a first run once more: %+v", again.History)
	}
	second := runAt(t, at.AddDate(0, 0, 1), saved(first), one, two)
	again = runAt(t, at.AddDate(0, 0, 1), saved(second), one, two)
	diff := cmp.Diff(describe(second.SinceLastRun), describe(again.SinceLastRun))
	if diff != "" || !again.SinceLastRun.From.Equal(at) || !again.SinceLastWeek.From.Equal(at) {
		t.Errorf("a second run once more: %s", diff)
	}
	withoutID := instance("", "A", "RTX", 1, "1")
	first = runAt(t, at, &history.History{}, withoutID)
	if again := runAt(t, at, saved(first), withoutID); again.SinceLastRun != nil || len(again.Snapshots) != 1 {
		t.Errorf("a first run of rows without an id once more: %+v", again.History)
	}
	if other := runAt(t, at.AddDate(0, 0, 1), saved(second), two); len(describe(other.SinceLastRun)) != 1 {
		t.Errorf("another list at the same time: %v", describe(other.SinceLastRun))
	}
}

// TestSameDay runs twice on a day: the second run is compared with the first, and replaces it.
func TestSameDay(t *testing.T) {
	at := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	yesterday := runAt(t, at.AddDate(0, 0, -1), &history.History{}, instance("1", "A", "RTX", 1, "1"))
	morning := runAt(t, at, saved(yesterday), instance("1", "A", "RTX", 1, "1"), instance("2", "A", "RTX", 1, "1"))
	evening := runAt(t, at.Add(time.Hour), saved(morning), instance("2", "A", "RTX", 1, "1"))
	if got := describe(evening.SinceLastRun); len(got) != 1 || got[0] != "1 removed -1" {
		t.Errorf("since the morning: %v", got)
	}
	if len(evening.Snapshots) != 2 || !evening.Snapshots[1].Taken.Equal(at.Add(time.Hour)) || len(evening.Days) != 2 {
		t.Errorf("%d snapshots, %d days", len(evening.Snapshots), len(evening.Days))
	}
	if c := evening.Days[1].Changes; c == nil || *c != (history.Counts{Since: "2026-11-21", Added: 1, Removed: 1}) {
		t.Errorf("the day's changes, since the day before: %+v", c)
	}
}

func TestShuffledListsChangeTheSame(t *testing.T) {
	want := ""
	for seed := range uint64(30) {
		random := rand.New(rand.NewPCG(5, 5))
		old, now := randomList(random), randomList(random)
		shuffle := rand.New(rand.NewPCG(seed, 0))
		for _, list := range [][]*fleet.Instance{old, now} {
			shuffle.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		}
		if got := strings.Join(describe(since(t, old, now)), "\n"); want == "" {
			want = got
		} else if got != want {
			t.Fatalf("seed %d: %s\nwant %s", seed, got, want)
		}
	}
}

// TestManyGroups checks that a day's groups are limited without losing instances.
func TestManyGroups(t *testing.T) {
	var list []*fleet.Instance
	for n := range history.MaxGroups + 100 {
		list = append(list, instance(fmt.Sprint(n), fmt.Sprint("R", n), "RTX", 1, "1"))
	}
	list = append(list, instance("x", "R550", "RTX", 1, "1"))
	day := runAt(t, settings().Generated, &history.History{}, list...).Days[0]
	sum := 0
	for _, g := range day.Groups {
		sum += g.Instances
	}
	rest := day.Groups[len(day.Groups)-1]
	if len(day.Groups) != history.MaxGroups || sum != len(list) || rest.Region != "" || rest.Instances != 101 ||
		rest.Listed.PerHour.String() != "101" {
		t.Errorf("%d groups, %d instances, the rest %+v", len(day.Groups), sum, rest)
	}
}

func TestFeed(t *testing.T) {
	at := settings().Generated
	r := runAt(t, at, &history.History{}, instance("1", "A", "RTX", 1, "1"))
	if f := r.Feed(); len(f.Entries) != 0 || !f.Updated.Equal(at) {
		t.Errorf("a first run has entries: %+v", f)
	}
	first := r.Feed().ID
	r = runAt(t, at.AddDate(0, 0, 1), saved(r), instance("1", "A", "RTX", 1, "1")) // nothing
	r = runAt(t, at.AddDate(0, 0, 2), saved(r), instance("1", "A", "RTX", 1, ""), instance("2", "A", "RTX", -1, "1.25"))
	r = runAt(t, at.AddDate(0, 0, 3), saved(r), instance("1", "A", "RTX", 1, ""),
		instance("3", "A", "RTX", -1, "1.25")) // the same figures
	f := r.Feed()
	want := []string{
		"2026-11-25: 2 instances, running ≥ $1.25/h", "Instances: 2, on 2026-11-24 2",
		"GPUs: ≥ 1 · 1 of 2 known, on 2026-11-24 ≥ 1 · 1 of 2 known",
		"Running: ≥ $1.25/h · 1 of 2 priced, on 2026-11-24 ≥ $1.25/h · 1 of 2 priced",
		"Listed: ≥ $1.25/h · 1 of 2 priced, on 2026-11-24 ≥ $1.25/h · 1 of 2 priced",
		"Cost of the day until 12:00 UTC: running ≥ $15.00 (counted: $0.00 to $30.00), " +
			"listed ≥ $15.00 (counted: $0.00 to $30.00)",
		"Instances since 2026-11-24: 1 added, 1 removed, 0 changed",
		"2026-11-24: 2 instances, running ≥ $1.25/h", "Instances: 2, on 2026-11-23 1",
		"GPUs: ≥ 1 · 1 of 2 known, on 2026-11-23 1",
		"Running: ≥ $1.25/h · 1 of 2 priced, on 2026-11-23 $1.00/h",
		"Listed: ≥ $1.25/h · 1 of 2 priced, on 2026-11-23 $1.00/h",
		"Cost of the day: running ≥ $28.50 (counted: $0.00 to $57.00), listed ≥ $28.50 (counted: $0.00 to $57.00)",
		"Instances since 2026-11-23: 1 added, 0 removed, 1 changed",
	}
	var got []string
	for _, e := range f.Entries {
		got = append(append(got, e.Title), e.Lines...)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if f.ID != first || f.Entries[0].ID == f.Entries[1].ID || !strings.HasPrefix(f.ID, "urn:uuid:") ||
		!f.Updated.Equal(at.AddDate(0, 0, 3)) {
		t.Errorf("%+v", f)
	}
	for day := 4; day < 80; day++ {
		r = runAt(t, at.AddDate(0, 0, day), saved(r), instance(fmt.Sprint(day), "A", "RTX", 1, "1"))
	}
	if n := len(r.Feed().Entries); n != 50 {
		t.Errorf("%d entries, want the last 50", n)
	}
	if r.Feed().ID != first {
		t.Error("the feed's id did not stay")
	}
	r.Source, r.Audience = FromDemo, Internal
	if title := r.Feed().Title; !strings.Contains(title, "not a real fleet") || !strings.Contains(title, "internal") {
		t.Errorf("lacks a mark: %s", title)
	}
	if other := runAt(t, at, &history.History{}, instance("7", "A", "RTX", 1, "1")); other.Feed().ID == first {
		t.Error("two fleets have one feed")
	}
}

// TestEarlierVersionHidLess compares with reports of a version that left addresses in texts. All snapshots lose them,
// not only those that the list is compared with.
func TestEarlierVersionHidLess(t *testing.T) {
	t.Parallel()
	at := settings().Generated
	for _, hidesLess := range []bool{true, false} {
		previous := &history.History{HidesLess: hidesLess}
		for day, name := range []string{"web", "vm-198.51.100.77", "web"} {
			list := []*fleet.Instance{{ID: "1", HostName: name}}
			snapshot := history.NewSnapshot(settings().Head(), at.AddDate(0, 0, day-3), list)
			previous.Snapshots = append(previous.Snapshots, snapshot)
		}
		r := runAt(t, at, previous, &fleet.Instance{ID: "1", HostName: "web"})
		var names []string
		for _, s := range r.Snapshots {
			if err := s.Rows(func(in *fleet.Instance) error { names = append(names, in.HostName); return nil }); err != nil {
				t.Fatal(err)
			}
		}
		want := []string{"web", "vm-[address]", "web", "web"}
		if !hidesLess { // the snapshot is kept unread
			want[1] = "vm-198.51.100.77"
		}
		if !slices.Equal(names, want) {
			t.Errorf("hidesLess %v: %q", hidesLess, names)
		}
	}
}
