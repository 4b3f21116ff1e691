package report

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
)

func at(t *testing.T, text string) time.Time {
	t.Helper()
	moment, err := time.Parse("2006-01-02 15:04", text)
	if err != nil {
		t.Fatal(err)
	}
	return moment
}

// months returns each month as "2026-11: 24 observed, 0 gap, 36 elapsed; running low estimate high; 2 GPU h".
func months(r *Report) []string {
	var lines []string
	for _, m := range r.Spend.Months {
		hours := func(h history.Hours) string { return history.Rounded(h.Seconds).String() }
		lines = append(lines, fmt.Sprintf("%s: %s observed, %s gap, %s elapsed; %s; %s GPU h", m.Month,
			hours(m.Observed), hours(m.Gap), hours(m.Elapsed), rangeText(m.Running), hours(m.GPUs)))
	}
	return lines
}

func wantMonths(t *testing.T, r *Report, want ...string) {
	t.Helper()
	if got := months(r); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	checkSums(t, r.Spend)
}

// TestMonths follows one instance of $1/h over days, months and years.
func TestMonths(t *testing.T) {
	t.Parallel()
	one := func() *fleet.Instance { return instance("1", "A", "RTX", 2, "1") }
	for _, c := range []struct {
		name     string
		readings []string
		want     []string
	}{
		{"the first reading begins an empty month", []string{"2026-11-12 06:00"},
			[]string{"2026-11: 0 observed, 0 gap, 270 elapsed; 0 0 0; 0 GPU h"}},
		{"several readings a day", []string{"2026-11-12 06:00", "2026-11-12 07:00", "2026-11-12 19:30", "2026-11-12 20:00"},
			[]string{"2026-11: 14 observed, 0 gap, 284 elapsed; 14 14 14; 28 GPU h"}},
		{"the same time twice", []string{"2026-11-12 06:00", "2026-11-12 07:00", "2026-11-12 07:00"},
			[]string{"2026-11: 1 observed, 0 gap, 271 elapsed; 1 1 1; 2 GPU h"}},
		{"a year begins", []string{"2026-12-31 18:00", "2027-01-01 18:00"},
			[]string{"2026-12: 6 observed, 0 gap, 744 elapsed; 6 6 6; 12 GPU h",
				"2027-01: 18 observed, 0 gap, 18 elapsed; 18 18 18; 36 GPU h"}},
		{"exactly at midnight", []string{"2026-11-30 00:00", "2026-12-01 00:00"},
			[]string{"2026-11: 24 observed, 0 gap, 720 elapsed; 24 24 24; 48 GPU h",
				"2026-12: 0 observed, 0 gap, 0 elapsed; 0 0 0; 0 GPU h"}},
		{"a leap day", []string{"2028-02-28 00:00", "2028-02-29 12:00", "2028-03-01 12:00"},
			[]string{"2028-02: 48 observed, 0 gap, 696 elapsed; 48 48 48; 96 GPU h",
				"2028-03: 12 observed, 0 gap, 12 elapsed; 12 12 12; 24 GPU h"}},
		{"clocks change in Europe, but a day in UTC has 24 hours",
			[]string{"2027-03-27 00:00", "2027-03-29 00:00", "2027-03-31 00:00", "2027-04-01 00:00"},
			[]string{"2027-03: 120 observed, 0 gap, 744 elapsed; 120 120 120; 240 GPU h",
				"2027-04: 0 observed, 0 gap, 0 elapsed; 0 0 0; 0 GPU h"}},
		{"twice --expect-every is no gap", []string{"2026-11-12 06:00", "2026-11-14 06:00"},
			[]string{"2026-11: 48 observed, 0 gap, 318 elapsed; 48 48 48; 96 GPU h"}},
		{"a minute more is one", []string{"2026-11-12 06:00", "2026-11-14 06:01"},
			[]string{"2026-11: 0 observed, 48.016667 gap, 318.016667 elapsed; 0 48.016667 48.016667; 96.033333 GPU h"}},
		{"a month begins in a gap", []string{"2026-11-29 00:00", "2026-11-29 12:00", "2026-12-02 12:00"},
			[]string{"2026-11: 12 observed, 36 gap, 720 elapsed; 12 48 48; 96 GPU h",
				"2026-12: 0 observed, 36 gap, 36 elapsed; 0 36 36; 72 GPU h"}},
		{"a whole month in a gap", []string{"2027-01-31 23:00", "2027-03-01 01:00"},
			[]string{"2027-01: 0 observed, 1 gap, 744 elapsed; 0 1 1; 2 GPU h",
				"2027-02: 0 observed, 672 gap, 672 elapsed; 0 672 672; 1344 GPU h",
				"2027-03: 0 observed, 1 gap, 1 elapsed; 0 1 1; 2 GPU h"}},
	} {
		rs := newReadings(t, 24*time.Hour)
		var r *Report
		for _, text := range c.readings {
			r = rs.read(at(t, text), one())
		}
		t.Run(c.name, func(t *testing.T) { wantMonths(t, r, c.want...) })
	}
}

// TestKnownMoment puts a cost that begins at a known moment between it and the second reading, and others evenly.
func TestKnownMoment(t *testing.T) {
	t.Parallel()
	rs := newReadings(t, 10*24*time.Hour)
	rs.read(at(t, "2026-11-28 00:00"))
	known, unknown := instance("1", "A", "RTX", 1, "1"), instance("2", "B", "RTX", 1, "1")
	known.CreatedAt = at(t, "2026-11-30 06:00")
	known.StartedAt = known.CreatedAt
	r := rs.read(at(t, "2026-12-04 00:00"), known, unknown)
	wantMonths(t, r,
		"2026-11: 72 observed, 0 gap, 720 elapsed; 18 54 90; 54 GPU h",
		"2026-12: 72 observed, 0 gap, 72 elapsed; 72 108 144; 108 GPU h")
	var days []string
	for _, d := range r.Spend.Days {
		days = append(days, d.Date[8:]+" "+rangeText(d.Running))
	}
	want := "28 0 12 24, 29 0 12 24, 30 18 30 42, 01 24 36 48, 02 24 36 48, 03 24 36 48, 04 0 0 0"
	if got := strings.Join(days, ", "); got != want {
		t.Errorf("days %s, want %s", got, want)
	}
}

// TestFleetEmpties shows what is left of a fleet that is gone.
func TestFleetEmpties(t *testing.T) {
	t.Parallel()
	rs := newReadings(t, 24*time.Hour)
	rs.read(at(t, "2026-11-12 00:00"), instance("1", "A", "RTX", 1, "1"), instance("", "B", "RTX", 1, "2"))
	rs.read(at(t, "2026-11-13 00:00"))
	r := rs.read(at(t, "2026-11-14 00:00"))
	wantMonths(t, r, "2026-11: 48 observed, 0 gap, 312 elapsed; 0 36 72; 24 GPU h")
}

// TestEarlierVersion begins at the newest snapshot of a folder that has no spend.
func TestEarlierVersion(t *testing.T) {
	t.Parallel()
	rs := newReadings(t, 24*time.Hour)
	rs.read(at(t, "2026-11-12 00:00"), instance("1", "A", "RTX", 1, "1"))
	rs.read(at(t, "2026-11-13 00:00"), instance("1", "A", "RTX", 1, "1"))
	rs.previous.Spend = history.Spend{}
	r := rs.read(at(t, "2026-11-14 00:00"), instance("1", "A", "RTX", 1, "1"))
	wantMonths(t, r, "2026-11: 24 observed, 0 gap, 312 elapsed; 24 24 24; 24 GPU h")
	if got := r.Spend.Months[0].ObservedFrom; !got.Equal(at(t, "2026-11-13 00:00")) {
		t.Errorf("counting from %v", got)
	}
}

// TestLostSnapshots counts the time since a reading whose list is lost as a gap.
func TestLostSnapshots(t *testing.T) {
	t.Parallel()
	rs := newReadings(t, 24*time.Hour)
	rs.read(at(t, "2026-11-12 00:00"), instance("1", "A", "RTX", 1, "1"))
	rs.read(at(t, "2026-11-13 00:00"), instance("1", "A", "RTX", 1, "1"))
	for _, left := range []int{0, 1} {
		previous := rs.previous
		previous.Snapshots = previous.Snapshots[:left]
		s := rs.settings
		s.Generated = at(t, "2026-11-14 00:00")
		r := New(&fleet.Fleet{Instances: []*fleet.Instance{instance("1", "A", "RTX", 1, "1")}}, s)
		if err := r.Compare(&previous); err != nil {
			t.Fatal(err)
		}
		wantMonths(t, r, "2026-11: 24 observed, 24 gap, 312 elapsed; 24 24 24; 24 GPU h")
	}
}

// TestSpendLimits keeps 24 months, 400 days and the names of two months, 200 for each day.
func TestSpendLimits(t *testing.T) {
	t.Parallel()
	rs := newReadings(t, 24*time.Hour)
	list := func() (list []*fleet.Instance) {
		for i := range 250 {
			list = append(list, instance(fmt.Sprint(i), fmt.Sprintf("R-%03d", i), "RTX", 1, fmt.Sprint(1+i%249)))
		}
		return append(list, instance("other", OtherRegion, "RTX", 1, "0.5"))
	}
	moment := at(t, "2026-11-12 00:00")
	rs.read(moment, list()...)
	rs.read(moment.AddDate(0, 0, 1), list()...)
	rs.read(moment.AddDate(0, 0, 1).Add(time.Hour), list()...)
	r := rs.read(moment.AddDate(0, 0, 1).Add(2*time.Hour), append(list(), instance("new", "New", "RTX", 1, "999"))...)
	checkSums(t, r.Spend)
	var names []string
	for _, each := range r.Spend.Days[1].By["region"] {
		names = append(names, each.Name)
	}
	if len(names) != history.MaxNames || names[0] != OtherRegion || names[1] != "R-050" {
		t.Errorf("%d names, %v ...", len(names), names[:3])
	}
	if n := len(r.Spend.Months[0].Groups); n != 252 {
		t.Errorf("%d groups in the month, want all 252", n)
	}
	r = rs.read(moment.AddDate(3, 0, 0), list()...)
	if n := len(r.Spend.Months); n != 24 || r.Spend.Months[23].Month != "2029-11" {
		t.Errorf("%d months", n)
	}
	if n := len(r.Spend.Days); n != 400 || r.Spend.Days[399].Date != "2029-11-12" {
		t.Errorf("%d days", n)
	}
	for _, d := range r.Spend.Days {
		if hasNames := d.By != nil; hasNames != (d.Date >= "2029-10-01") {
			t.Errorf("%s: names kept: %v", d.Date, hasNames)
		}
	}
}

// TestRegionNamedOther has a region with the name of the rest, which is no rest.
func TestRegionNamedOther(t *testing.T) {
	t.Parallel()
	rs := newReadings(t, 24*time.Hour)
	other := func() *fleet.Instance { return instance("1", OtherRegion, "RTX", 1, "1") }
	rs.read(at(t, "2026-11-12 00:00"), other())
	rs.read(at(t, "2026-11-12 06:00"), other())
	r := rs.read(at(t, "2026-11-12 12:00"), other(), instance("2", "New", "RTX", 1, "1"))
	if n := len(r.Spend.Days[0].By["region"]); n != 2 {
		t.Errorf("%d regions, want 2", n)
	}
	if n := len(r.Spend.Months[0].Groups); n != 2 {
		t.Errorf("%d groups, want 2", n)
	}
}

// OtherRegion is a real region with the name of the rest.
const OtherRegion = history.OtherGroup

// TestRegroup merges groups whose names become equal. No sum changes.
func TestRegroup(t *testing.T) {
	t.Parallel()
	rs := newReadings(t, 24*time.Hour)
	list := func() []*fleet.Instance {
		return []*fleet.Instance{instance("1", "secret", "RTX", 1, "1"), instance("2", "", "RTX", 1, "2"),
			instance("3", "B", "RTX", 1, "4")}
	}
	rs.read(at(t, "2026-11-12 00:00"), list()...)
	r := rs.read(at(t, "2026-11-13 00:00"), list()...)
	before := r.Spend.Months[0].Spent
	r.Spend.Regroup(func(g history.SpendGroup) history.SpendGroup {
		if g.Region == "secret" {
			g.Region = fleet.UnknownRegion
		}
		return g
	})
	checkSums(t, r.Spend)
	var got []string
	for _, g := range r.Spend.Months[0].Groups {
		got = append(got, g.Region+" "+rangeText(g.Running))
	}
	for _, n := range r.Spend.Days[0].By["region"] {
		got = append(got, n.Name+" "+rangeText(n.Running))
	}
	want := "B 96 96 96, Unknown region 72 72 72, B 96 96 96, Unknown region 72 72 72"
	if strings.Join(got, ", ") != want {
		t.Errorf("%v, want %s", got, want)
	}
	if after := r.Spend.Months[0].Spent; rangeText(after.Running) != rangeText(before.Running) {
		t.Errorf("the month changed from %v to %v", before, after)
	}
}

// TestForecast has the forecast, the state of the budget and the checks.
func TestForecast(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		readings string // of November 2026, as days or days and hours
		bill     Bill
		budget   string
		want     string // running, listed, early, partial, percent, state
		checks   string
	}{
		{"observed since the begin", "01, 02, 03, 04", BillRunning, "900",
			"720 720 720, 2160 2160 2160 false false 80.0 within", ""},
		{"listed instances are billed", "01, 02, 03, 04", BillListed, "900",
			"720 720 720, 2160 2160 2160 false false 240.0 likely over", "over-budget forecast-over-budget"},
		{"early: the run rate of $730 decides", "01, 02, 02 12", BillRunning, "725",
			"720 720 720, 2160 2160 2160 true false 99.3 likely over", "over-budget"},
		{"48 hours are not early", "01, 02, 03", BillRunning, "725",
			"720 720 720, 2160 2160 2160 false false 99.3 within", "over-budget"},
		{"begun a day late is not partial", "02, 03, 04", BillRunning, "700",
			"696 696 696, 2088 2088 2088 false false 99.4 within", "over-budget"},
		{"begun later is: the run rate decides", "02 01, 03, 04, 05", BillRunning, "700",
			"695 695 695, 2085 2085 2085 false true 99.3 likely over", "over-budget"},
		{"hardly over", "01, 02, 03", BillRunning, "719.99",
			"720 720 720, 2160 2160 2160 false false 100.1 likely over", "over-budget forecast-over-budget"},
		{"hardly within", "01, 02, 03", BillRunning, "720.01",
			"720 720 720, 2160 2160 2160 false false 99.9 within", "over-budget"},
		{"exactly", "01, 02, 03", BillRunning, "720", "720 720 720, 2160 2160 2160 false false 100.0 within", "over-budget"},
		{"over already", "01, 02, 03", BillRunning, "47.99",
			"720 720 720, 2160 2160 2160 false false 1500.3 over", "over-budget forecast-over-budget"},
		{"spent in a gap counts as nothing so far", "01, 09", BillRunning, "100",
			"528 720 720, 1584 2160 2160 true false 720.0 likely over", "over-budget"},
		{"no budget", "01, 02, 03", BillRunning, "", "720 720 720, 2160 2160 2160 false false 0.0 ", ""},
	} {
		rs := newReadings(t, 24*time.Hour)
		rs.settings.Bill = c.bill
		if c.budget != "" {
			rs.settings.Budget = fleet.Known(money(t, c.budget))
		}
		var r *Report
		for text := range strings.SplitSeq(c.readings, ", ") {
			if len(text) == 2 {
				text += " 00"
			}
			stopped := instance("2", "A", "RTX", 1, "2")
			stopped.Status = "Stopped"
			r = rs.read(at(t, "2026-11-"+text+":00"), instance("1", "A", "RTX", 1, "1"), stopped)
		}
		f := r.Forecast
		got := fmt.Sprintf("%s, %s %v %v %s %s", rangeText(f.Running), rangeText(f.Listed), f.Early, f.Partial,
			BudgetStatus{Percent: f.Percent}.PercentText(), f.State)
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		var tripped []string
		for _, message := range r.Tripped([]Check{OverBudget, ForecastOverBudget}, 0) {
			name, _, _ := strings.Cut(message, ":")
			tripped = append(tripped, name)
		}
		if got := strings.Join(tripped, " "); got != c.checks {
			t.Errorf("%s: tripped %q, want %q", c.name, got, c.checks)
		}
	}
}

// TestGapNote names the --expect-every that fits after three gaps of like length.
func TestGapNote(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ hours, want string }{
		{"168 168 168", "168h"}, {"168.1 167.8 168", "168h"}, {"24 168 168 168", "168h"}, {"168 168", ""},
		{"168 168 24 168", ""}, {"168 168 300", ""}, {"49 49 49", "49h"}, {"20000 20000 20000", ""},
		{"17000 17000 17000", "8784h"},
	} {
		rs := newReadings(t, 24*time.Hour)
		moment := at(t, "2026-11-01 00:00")
		r := rs.read(moment)
		for hours := range strings.FieldsSeq(c.hours) {
			d, err := decimal.NewFromString(hours)
			if err != nil {
				t.Fatal(err)
			}
			moment = moment.Add(time.Duration(d.Mul(decimal.NewFromInt(3600)).IntPart()) * time.Second)
			r = rs.read(moment)
		}
		note := r.GapNote()
		if c.want == "" && note != "" || !strings.HasSuffix(note, c.want) {
			t.Errorf("%s: %q, want %s", c.hours, note, c.want)
		}
	}
}
