package report

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
)

// findingsText returns findings as text: name, count, amount per month, since, and the IDs.
func findingsText(r *Report) (lines []string) {
	for _, f := range r.Findings {
		var ids []string
		for _, found := range f.Instances {
			ids = append(ids, strings.TrimSpace(found.ID+" "+r.detail(found)))
		}
		lines = append(lines, fmt.Sprintf("%s %d %s %s: %s", f.Name, f.Count(), r.AtStakeText(f.AtStake),
			r.SinceText(f.Since), strings.Join(ids, ", ")))
	}
	return lines
}

// planted has an instance or two for each rule, and others that just don't match. days is the number of days since the
// first reading, the last of 40.
func planted(days int) []*fleet.Instance {
	plant := func(id, region, model, price, status string, change func(in *fleet.Instance)) *fleet.Instance {
		in := withStatus(instance(id, region, model, 1, price), status)
		in.HostName, in.Owner = "host-"+id, "ml"
		if change != nil {
			change(in)
		}
		return in
	}
	onDemand := func(started int) func(in *fleet.Instance) {
		return func(in *fleet.Instance) {
			in.Purchase = fleet.OnDemand
			in.StartedAt = settings().Generated.AddDate(0, 0, -started)
		}
	}
	named := func(name string) func(*fleet.Instance) { return func(in *fleet.Instance) { in.HostName = name } }
	rising, falling := "1", "2"
	if days > 35 {
		rising, falling = "1.5", "1"
	}
	transition, stopped := "Running", "Running"
	if days >= 38 {
		transition, stopped = "deploying", "Stopped"
	}
	list := []*fleet.Instance{
		plant("error", "A", "M1", "2", "ERROR", nil),
		plant("stuck", "A", "M2", "3", transition, nil),
		plant("stopped", "A", "M3", "4", "Stopped", nil),
		plant("halted", "A", "M3", "1", stopped, nil),
		plant("free", "A", "M4", "0", "Stopped", nil),
		plant("long", "A", "M5", "5", "Running", onDemand(31)),
		plant("short", "A", "M6", "6", "Running", onDemand(30)),
		plant("reserved", "A", "M7", "7", "Running", func(in *fleet.Instance) {
			onDemand(90)(in)
			in.Purchase = fleet.Reserved
		}),
		plant("cheap", "B", "M8", "8", "Running", nil),
		plant("dear", "C", "M8", "9", "Running", nil),
		plant("removed", "D", "M8", "10", "Deleted", nil),
		plant("none", "A", "M9", "", "Running", nil),
		plant("gone", "A", "M9", "", "Deleted", nil),
		plant("nobody", "A", "M10", "11", "Running", func(in *fleet.Instance) { in.Owner = fleet.Unassigned }),
		plant("twin-1", "A", "M11", "12", "Running", named("twin")),
		plant("twin-2", "B", "M12", "13", "Running", named("twin")),
		plant("twin-3", "A", "M13", "14", "Running", func(in *fleet.Instance) { in.HostName, in.Account = "twin", "other" }),
		plant("twin-4", "A", "M14", "15", "Deleted", named("twin")),
		plant("masked-1", "A", "M15", "16", "Running", named("x "+fleet.Mask)),
		plant("masked-2", "A", "M15", "16", "Running", named("x "+fleet.Mask)),
		plant("risen", "A", "M16", rising, "Running", nil),
		plant("fallen", "A", "M18", falling, "Running", nil),
	}
	if days == 40 {
		list = append(list, plant("new", "A", "M17", "17", "Deploying", nil))
	}
	return list
}

// TestFindings finds each kind of planted instance with its money and time, and none of those beside it.
func TestFindings(t *testing.T) {
	last := settings().Generated
	past, r := &history.History{}, (*Report)(nil)
	for _, days := range []int{0, 33, 38, 40} {
		s := settings()
		s.Generated, s.Owners, s.ExpectEvery = last.AddDate(0, 0, days-40), true, 30*24*time.Hour
		r = New(&fleet.Fleet{Instances: planted(days)}, s)
		if err := r.Compare(past); err != nil {
			t.Fatal(err)
		}
		past = saved(r)
	}
	want := []string{
		"duplicate_name 2 $18,250/month : twin-2, twin-1",
		"unowned 1 $8,030/month : nobody",
		"stopped 2 $3,650/month at least since 13 Oct (40 days): stopped, halted",
		"long_running 1 $3,650/month since 22 Oct (31 days): long",
		"stuck 1 $2,190/month since 20 Nov (2 days): stuck deploying",
		"error 1 $1,460/month at least since 13 Oct (40 days): error",
		"cheaper_region 1 $730.00/month : dear $8.00/h in B",
		"price_rise 1 $365.00/month since 15 Nov (7 days): risen was $1.00/h",
		"unpriced 1 unknown : none",
	}
	if diff := cmp.Diff(want, findingsText(r)); diff != "" {
		t.Error(diff)
	}
	if got := r.AttentionCount(); got != 11 {
		t.Errorf("%d instances need attention, want 11", got)
	}
}

// TestFirstFindings has no past: a status can have begun earlier, and a started instance says when.
func TestFirstFindings(t *testing.T) {
	want := []string{
		"duplicate_name 2 $18,250/month : twin-2, twin-1",
		"stopped 2 $3,650/month at least since 22 Nov: stopped, halted",
		"long_running 1 $3,650/month since 22 Oct (31 days): long",
		"error 1 $1,460/month at least since 22 Nov: error",
		"cheaper_region 1 $730.00/month : dear $8.00/h in B",
		"unpriced 1 unknown : none",
	}
	r := runAt(t, settings().Generated, &history.History{}, planted(40)...)
	if diff := cmp.Diff(want, findingsText(r)); diff != "" {
		t.Error(diff)
	}
}

// TestRunningSince compares the time of a start with what the readings saw.
func TestRunningSince(t *testing.T) {
	now := settings().Generated
	ago := func(days float64) time.Time { return now.Add(-time.Duration(days * 24 * float64(time.Hour))) }
	for _, test := range []struct {
		name            string
		started, status time.Time
		first           time.Time
		want            string
	}{
		{"nothing is known", time.Time{}, time.Time{}, ago(50), ""},
		{"no ID", ago(40), time.Time{}, ago(50), "since 13 Oct (40 days)"},
		{"no start", time.Time{}, ago(35), ago(50), "since 18 Oct (35 days)"},
		{"no start, since the first reading", time.Time{}, ago(50), ago(50), "at least since 3 Oct (50 days)"},
		{"started before the first reading", ago(60), ago(50), ago(50), "since 23 Sep (60 days)"},
		{"started just before it was seen", ago(35.5), ago(35), ago(50), "since 18 Oct (35 days)"},
		{"started again, unseen", ago(2), ago(35), ago(50), "since 20 Nov (2 days)"},
		{"an earlier reading may have shown a break", ago(60), ago(20), ago(50), "at least since 2 Nov (20 days)"},
		{"a start in the future", now.Add(time.Hour), ago(35), ago(50), "since 18 Oct (35 days)"},
	} {
		f := &finder{Report: runAt(t, now, &history.History{})}
		f.Spend.First = test.first
		in := &fleet.Instance{StartedAt: test.started, StatusSince: test.status}
		if got := f.SinceText(f.runningSince(in)); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

// TestOffers finds a lower price in the product list, whose region is named only if the fleet has it.
func TestOffers(t *testing.T) {
	list := &fleet.Fleet{
		Instances: []*fleet.Instance{
			instance("1", "A", "M", 2, "5"), instance("2", "B", "N", 1, "5"), instance("3", "B", "M", 2, ""),
		},
		Offers: []fleet.Offer{
			{Region: "A", GPU: "M", GPUs: 2, Price: fleet.Known(fleet.MoneyOf(decimal.NewFromInt(1)))}, // its own region
			{Region: "B", GPU: "M", GPUs: 2, Price: fleet.Known(fleet.MoneyOf(decimal.NewFromInt(3)))},
			{Region: "C", GPU: "M", GPUs: 2, Price: fleet.Known(fleet.MoneyOf(decimal.NewFromInt(4)))},
			{Region: "C", GPU: "M", GPUs: 1, Price: fleet.Known(fleet.MoneyOf(decimal.NewFromInt(1)))}, // another number
			{Region: "C", GPU: "N", GPUs: 1, Price: fleet.Known(fleet.MoneyOf(decimal.NewFromInt(4)))},
		},
	}
	r := New(list, settings())
	if err := r.Compare(&history.History{}); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"cheaper_region 2 $2,190/month : 1 $3.00/h in B, 2 $4.00/h in the product list",
		"unpriced 1 unknown : 3",
	}
	if diff := cmp.Diff(want, findingsText(r)); diff != "" {
		t.Error(diff)
	}
}

// TestFindingsAgainstPlainSearch compares findings in random fleets with those of a search that looks at each pair of
// instances: the rules that need more than one instance, their counts, sums and order.
func TestFindingsAgainstPlainSearch(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(texts ...string) string { return texts[random.IntN(len(texts))] }
	for range 200 {
		var list []*fleet.Instance
		for i := range random.IntN(400) {
			in := withStatus(instance(fmt.Sprint(i), pick("A", "B", "C"), pick("M", "N"), random.IntN(3),
				pick("1", "1.5", "2", "2.25", "")), pick("Running", "Stopped", "Deleted", "Error"))
			in.HostName, in.Account = pick("a", "b", "c", fmt.Sprint(i), fmt.Sprint(i)), pick("x", "y")
			list = append(list, in)
		}
		r := runAt(t, settings().Generated, &history.History{}, list...)
		for name, difference := range map[string]func(in *fleet.Instance) (fleet.Price, bool){
			"cheaper_region": func(in *fleet.Instance) (d fleet.Price, ok bool) { return cheaperThan(in, list) },
			"duplicate_name": func(in *fleet.Instance) (fleet.Price, bool) { return in.Price, hasTwin(in, list) },
		} {
			var sum Cost
			for _, in := range r.Instances {
				if d, ok := difference(in); ok && in.Listed() {
					sum.add(d)
				}
			}
			got := &Finding{}
			if at := slices.IndexFunc(r.Findings, func(f *Finding) bool { return f.Name == name }); at >= 0 {
				got = r.Findings[at]
			}
			if got.Count() != sum.Of || got.AtStake.Priced != sum.Priced || got.AtStake.PerHour.Cmp(sum.PerHour) != 0 ||
				len(got.Instances) != min(sum.Of, MaxFound) ||
				!slices.IsSortedFunc(got.Instances, compareFound) {
				t.Fatalf("%s: %d, %v, want %d, %v", name, got.Count(), got.AtStake.PerHour, sum.Of, sum.PerHour)
			}
		}
	}
}

// cheaperThan returns the largest difference between an instance's price and one of the same hardware elsewhere.
func cheaperThan(in *fleet.Instance, list []*fleet.Instance) (d fleet.Price, ok bool) {
	for _, other := range list {
		if in.Price.Known && other.Price.Known && other.Listed() && other.Region != in.Region && other.GPU == in.GPU &&
			in.GPUCount.Value > 0 && other.GPUCount == in.GPUCount && other.Price.Value.Cmp(in.Price.Value) < 0 {
			if less := in.Price.Value.Minus(other.Price.Value); !ok || less.Cmp(d.Value) > 0 {
				d, ok = fleet.Known(less), true
			}
		}
	}
	return d, ok
}

func hasTwin(in *fleet.Instance, list []*fleet.Instance) bool {
	return slices.ContainsFunc(list, func(other *fleet.Instance) bool {
		return other != in && other.Listed() && other.HostName == in.HostName && other.Account == in.Account
	})
}
