package report

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
)

// noon is a reading. Its interval of ten hours stays within a day.
var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// readInstance reads an instance such as "Running $2 gpus=8 created=+4 started=+6 gpu=B", nil for "-". Times are hours
// after the first reading.
func readInstance(t *testing.T, from time.Time, text string) *fleet.Instance {
	t.Helper()
	if text == "-" {
		return nil
	}
	in := &fleet.Instance{ID: "1", Region: "A", GPU: "A"}
	for word := range strings.FieldsSeq(text) {
		name, value, _ := strings.Cut(word, "=")
		hours := func() time.Time {
			d, err := time.ParseDuration(strings.TrimPrefix(value, "+") + "h")
			if err != nil {
				t.Fatal(err)
			}
			return from.Add(d)
		}
		switch {
		case word[0] == '$':
			in.Price = fleet.Known(money(t, word[1:]))
		case name == "gpus":
			var n float64
			fmt.Sscan(value, &n)
			in.GPUCount = fleet.Known(n)
		case name == "created":
			in.CreatedAt = hours()
		case name == "started":
			in.StartedAt = hours()
		case name == "gpu":
			in.GPU = value
		case name == "id":
			in.ID = value
		default:
			in.Status = word
		}
	}
	return in
}

// rangeText returns a range as "low estimate high", and the unpriced hours if there are any.
func rangeText(r history.Range) string {
	text := fmt.Sprint(history.Rounded(r.Low), " ", history.Rounded(r.Estimate), " ", history.Rounded(r.High))
	if !r.Unpriced.Seconds.IsZero() {
		text += " unpriced " + history.Rounded(r.Unpriced.Seconds).String()
	}
	return text
}

// costsOf returns what groups cost in an interval within a day.
func costsOf(v *interval) groupSpend {
	costs := groupSpend{}
	for g, spent := range v.rates[v.from] {
		costs[g] = spent.Times(secondsBetween(v.from, v.to))
	}
	for g, spent := range v.days[history.Day(v.from)] {
		costs[g] = costs[g].Plus(spent)
	}
	return costs
}

// TestCases has a line for each row of the table of cases, over ten hours.
func TestCases(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, first, second, running, listed, gpus string }{
		{"the same rate at both", "Running $2 gpus=8", "Running $2 gpus=8", "20 20 20", "20 20 20", "80"},
		{"the same listed rate alone", "Stopped $2 gpus=8", "Stopped $2 gpus=8", "0 0 0", "20 20 20", "0"},
		{"counts at neither", "Deleted $2", "Deleted $2", "0 0 0", "0 0 0", "0"},
		{"free at both", "Running $0", "Running $0", "0 0 0", "0 0 0", "0"},

		{"came, both moments known", "-", "Running $2 gpus=8 created=+4 started=+6", "8 8 8", "12 12 12", "32"},
		{"came at the first reading", "-", "Running $2 created=+0 started=+0", "20 20 20", "20 20 20", "0"},
		{"came at the second reading", "-", "Running $2 gpus=8 created=+10 started=+10", "0 0 0", "0 0 0", "0"},
		{"came, created alone known", "-", "Running $2 gpus=8 created=+4", "0 12 12", "12 12 12", "48"},
		{"came, started alone known", "-", "Running $2 gpus=8 started=+6", "8 8 8", "0 10 20", "32"},
		{"came stopped", "-", "Stopped $2 gpus=8 created=+4 started=+5", "0 0 0", "12 12 12", "0"},
		{"came, nothing known", "-", "Running $2 gpus=8", "0 10 20", "0 10 20", "40"},
		{"came, moments before", "-", "Running $2 created=-1 started=-1", "0 10 20", "0 10 20", "0"},
		{"came, moments after", "-", "Running $2 created=+11 started=+11", "0 10 20", "0 10 20", "0"},
		{"came, started before and created between", "-", "Running $2 created=+4 started=-1", "0 10 20", "12 12 12", "0"},

		{"went", "Running $2 gpus=8", "-", "0 10 20", "0 10 20", "40"},
		{"stopped", "Running $2 gpus=8", "Stopped $2 gpus=8", "0 10 20", "20 20 20", "40"},
		{"started, the moment doesn't count", "Stopped $2", "Running $2 started=+4", "0 10 20", "20 20 20", "0"},
		{"became more expensive", "Running $2", "Running $3", "20 25 30", "20 25 30", "0"},
		{"became cheaper and stopped", "Running $3", "Stopped $2", "0 15 30", "20 25 30", "0"},
		{"has fewer GPUs", "Running $2 gpus=8", "Running $2 gpus=4", "20 20 20", "20 20 20", "60"},

		{"the price became known", "Running", "Running $2", "0 10 20 unpriced 5", "0 10 20 unpriced 5", "0"},
		{"the price became unknown", "Running $2", "Running", "0 10 20 unpriced 5", "0 10 20 unpriced 5", "0"},
		{"the GPUs became known", "Running", "Running gpus=8", "0 0 0 unpriced 10", "0 0 0 unpriced 10", "40"},

		{"priced at neither", "Running", "Running", "0 0 0 unpriced 10", "0 0 0 unpriced 10", "0"},
		{"priced at neither, stopped", "Running", "Stopped", "0 0 0 unpriced 5", "0 0 0 unpriced 10", "0"},
		{"no price, went", "Running", "-", "0 0 0 unpriced 5", "0 0 0 unpriced 5", "0"},
		{"no price, came", "-", "Running", "0 0 0 unpriced 5", "0 0 0 unpriced 5", "0"},
		{"no price, came at known moments", "-", "Running created=+4 started=+6",
			"0 0 0 unpriced 4", "0 0 0 unpriced 6", "0"},
		{"no price, created alone known", "-", "Running created=+4", "0 0 0 unpriced 6", "0 0 0 unpriced 6", "0"},
		{"priced but not counted at the first", "Stopped $2", "Running", "0 0 0 unpriced 5", "0 10 20 unpriced 5", "0"},
	} {
		for _, isGap := range []bool{false, true} {
			v := newInterval(noon, noon.Add(10*time.Hour), isGap)
			v.pair(readInstance(t, noon, c.first), readInstance(t, noon, c.second))
			v.finish()
			var sum history.Spent
			for _, spent := range costsOf(v) {
				sum = sum.Plus(spent)
			}
			got := [3]string{rangeText(sum.Running), rangeText(sum.Listed), history.Rounded(sum.GPUs.Seconds).String()}
			want := [3]string{c.running, c.listed, c.gpus}
			if isGap { // every lower figure is 0, and the others stand
				for i := range 2 {
					_, rest, _ := strings.Cut(want[i], " ")
					want[i] = "0 " + rest
				}
			}
			if got != want {
				t.Errorf("%s (gap %v): %q, want %q", c.name, isGap, got, want)
			}
		}
	}
}

// TestGroupChanged gives half of everything to each group.
func TestGroupChanged(t *testing.T) {
	t.Parallel()
	v := newInterval(noon, noon.Add(10*time.Hour), false)
	v.pair(readInstance(t, noon, "Running $2 gpus=8 gpu=A"), readInstance(t, noon, "Running $3 gpus=8 gpu=B"))
	v.pair(readInstance(t, noon, "Running gpu=A"), readInstance(t, noon, "Stopped gpu=B"))
	v.finish()
	for g, spent := range costsOf(v) {
		if got, want := rangeText(spent.Running), "10 12.5 15 unpriced 2.5"; got != want {
			t.Errorf("%v: %s, want %s", g, got, want)
		}
		if got := history.Rounded(spent.GPUs.Seconds).String(); got != "40" {
			t.Errorf("%v: %s GPU hours, want 40", g, got)
		}
	}
	if n := len(costsOf(v)); n != 2 {
		t.Errorf("%d groups, want 2", n)
	}
}

// TestRowsWithoutID takes the rows of a group together as one instance with the sum of their rates.
func TestRowsWithoutID(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ first, second, running, listed, gpus string }{
		{"Running $2 gpus=1; Running $3 gpus=2", "Running $4 gpus=3; Running $1", "50 50 50", "50 50 50", "30"},
		{"Running $2", "Running $2; Running $3", "20 35 50", "20 35 50", "0"},
		{"", "Running $2 created=+4 started=+4", "0 10 20", "0 10 20", "0"}, // one instance of many has no moment
		{"Running $2; Running", "Running $2; Running", "20 20 20 unpriced 10", "20 20 20 unpriced 10", "0"},
		{"Running", "Running $2", "0 10 20 unpriced 5", "0 10 20 unpriced 5", "0"},
		{"Running; Running", "Stopped", "0 0 0 unpriced 10", "0 0 0 unpriced 15", "0"},
	} {
		v := newInterval(noon, noon.Add(10*time.Hour), false)
		for reading, texts := range []string{c.first, c.second} {
			for text := range strings.SplitSeq(texts, ";") {
				if text != "" {
					v.rowWithoutID(reading, readInstance(t, noon, text))
				}
			}
		}
		v.finish()
		for _, spent := range costsOf(v) {
			got := [3]string{rangeText(spent.Running), rangeText(spent.Listed), history.Rounded(spent.GPUs.Seconds).String()}
			if want := [3]string{c.running, c.listed, c.gpus}; got != want {
				t.Errorf("%q then %q: %q, want %q", c.first, c.second, got, want)
			}
		}
	}
}

func money(t *testing.T, text string) fleet.Money {
	t.Helper()
	m, err := fleet.ParseMoney(text)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
