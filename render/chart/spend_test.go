package chart

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
	"gpufleet/render/report"
)

// past is that of a report of several runs. An instance of $1/h runs at each of them, unless its price is
// unknown; a second one of the same price appears at the last run if twoAtLast.
type past struct {
	runs       []string // 2026-11-01 12:00
	budget     string
	isUnpriced bool
	twoAtLast  bool
}

func (p past) report(t *testing.T) *report.Report {
	t.Helper()
	s := settings()
	if p.budget != "" {
		s.Budget = fleet.Known(money(t, p.budget))
	}
	previous := &history.History{}
	var r *report.Report
	for i, run := range p.runs {
		at, err := time.Parse("2006-01-02 15:04", run)
		if err != nil {
			t.Fatal(err)
		}
		s.Generated = at
		var list []*fleet.Instance
		for _, id := range []string{"1", "2"} {
			in := &fleet.Instance{ID: id, Region: "A", GPU: "B", Status: "Running"}
			if !p.isUnpriced {
				in.Price = fleet.Known(money(t, "1"))
			}
			if id == "1" || p.twoAtLast && i == len(p.runs)-1 {
				list = append(list, in)
			}
		}
		r = report.New(&fleet.Fleet{Instances: list}, s)
		if err := r.Compare(previous); err != nil {
			t.Fatal(err)
		}
		previous = &history.History{Snapshots: r.Snapshots, Days: r.Days, Spend: *r.Spend}
	}
	return r
}

// described returns a chart as text: its ends, its parts without the grid, the days that have figures, its sentences.
func described(c *Spend) string {
	if c == nil {
		return "none"
	}
	lines := []string{c.Ticks[0] + " " + c.From + " " + c.To}
	for _, part := range c.Parts {
		if part.Kind != "grid" {
			lines = append(lines, part.Kind+" "+part.Path)
		}
	}
	for _, text := range c.Days {
		if text != "" {
			lines = append(lines, text)
		}
	}
	return strings.Join(append(lines, c.Sentences...), "\n")
}

func TestMonthChart(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		past
		want string
	}{
		{"a first run", past{runs: []string{"2026-11-01 00:00"}}, "none"},
		{"all unpriced", past{runs: []string{"2026-11-01 00:00", "2026-11-02 00:00"}, isUnpriced: true}, "none"},
		{"the first day", past{runs: []string{"2026-11-01 00:00", "2026-11-01 12:00"}}, `$800 1 Nov 30 Nov
line M0 400L17 394
ahead M17 394L1000 40
1 Nov: $12.00 so far
30 Nov: forecast $720.00
$12.00 so far. At the current rate the month ends at $720.00.`},
		{"a budget below", past{runs: []string{"2026-11-01 00:00", "2026-11-01 12:00"}, budget: "400"}, `$800 1 Nov 30 Nov
line M0 400L17 394
ahead M17 394L1000 40
budget M0 200H1000
1 Nov: $12.00 so far
30 Nov: forecast $720.00
$12.00 so far. At the current rate the month ends at $720.00.
The budget is $400.00.`},
		{"a budget above", past{runs: []string{"2026-11-01 00:00", "2026-11-01 12:00"}, budget: "8000"}, `$8,000 1 Nov 30 Nov
line M0 400L17 399
ahead M17 399L1000 364
budget M0 0H1000
1 Nov: $12.00 so far
30 Nov: forecast $720.00
$12.00 so far. At the current rate the month ends at $720.00.
The budget is $8,000.00.`},
		{"a partial month with a gap", past{runs: []string{"2026-11-11 00:00", "2026-11-12 00:00", "2026-11-14 12:00"},
			twoAtLast: true}, `$1,000 1 Nov 30 Nov
gap M0 0H333V400H0ZM367 0H450V400H367Z
band M333 400L367 390L400 371L433 352L450 342L450 390L433 390L400 390L367 390L333 400ZM450 342L1000 26L1000 74L450 390Z
line M333 400L367 390L400 376L433 362L450 354
ahead M450 354L1000 38
11 Nov: $24.00 so far
12 Nov: $60.00 ($24.00 to $72.00) so far, 24 hours not observed
13 Nov: $96.00 ($24.00 to $120.00) so far, 24 hours not observed
14 Nov: $114.00 ($24.00 to $144.00) so far, 12 hours not observed
30 Nov: forecast ≥ $906.00
$114.00 ($24.00 to $144.00) so far. At the current rate the month ends at ≥ $906.00.`},
		{"the last day begins", past{runs: []string{"2026-11-29 00:00", "2026-11-30 00:00"}}, `$60 1 Nov 30 Nov
gap M0 0H933V400H0Z
line M933 400L967 240
ahead M967 240L1000 80
29 Nov: $24.00 so far
30 Nov: forecast ≥ $48.00
$24.00 so far. At the current rate the month ends at ≥ $48.00.`},
		{"the last day", past{runs: []string{"2026-11-30 00:00", "2026-11-30 12:00"}}, `$30 1 Nov 30 Nov
gap M0 0H967V400H0Z
line M967 400L983 240
ahead M983 240L1000 80
30 Nov: $12.00 so far; forecast ≥ $24.00
$12.00 so far. At the current rate the month ends at ≥ $24.00.`},
	} {
		if diff := cmp.Diff(test.want, described(monthChart(test.report(t)))); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}

func TestDaysChart(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		past
		want string
	}{
		{"a first run", past{runs: []string{"2026-11-01 00:00"}}, "none"},
		{"all unpriced", past{runs: []string{"2026-11-01 00:00", "2026-11-02 00:00"}, isUnpriced: true}, "none"},
		{"two days of two months", past{runs: []string{"2026-10-31 00:00", "2026-11-01 12:00"}}, `$30 19 Oct 1 Nov
gap M0 0H857V400H0Z
bars M869 400V80H917V400ZM940 400V240H989V400Z
month M929 0V400
31 Oct: $24.00
1 Nov: $12.00
Highest on 31 Oct: $24.00.
1 Nov so far: $12.00.`},
		{"a gap and a range", past{runs: []string{"2026-11-20 00:00", "2026-11-21 00:00", "2026-11-23 12:00"},
			twoAtLast: true}, `$60 10 Nov 23 Nov
gap M0 0H714V400H0ZM786 0H1000V400H786Z
bars M726 400V240H774V400ZM797 400V160H846V400ZM869 400V160H917V400ZM940 400V280H989V400Z
ranges M821 400V80M893 400V80M964 400V240
20 Nov: $24.00
21 Nov: $36.00 ($0.00 to $48.00), 24 hours not observed
22 Nov: $36.00 ($0.00 to $48.00), 24 hours not observed
23 Nov: $18.00 ($0.00 to $24.00), 12 hours not observed
Highest on 21 Nov: $36.00 ($0.00 to $48.00), 24 hours not observed.
23 Nov so far: $18.00 ($0.00 to $24.00).`},
	} {
		if diff := cmp.Diff(test.want, described(DaysChart(test.report(t)))); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}
