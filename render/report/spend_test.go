package report

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
)

// readings makes reports one after the other. The spend is written and read again now and then, which takes time.
type readings struct {
	t        *testing.T
	count    int
	settings Settings
	previous history.History
}

func newReadings(t *testing.T, every time.Duration) *readings {
	s := settings()
	s.ExpectEvery = every
	return &readings{t: t, settings: s}
}

// read makes the report of a list at a time.
func (rs *readings) read(at time.Time, list ...*fleet.Instance) *Report {
	rs.t.Helper()
	rs.settings.Generated = at
	r := New(&fleet.Fleet{Instances: list}, rs.settings)
	if err := r.Compare(&rs.previous); err != nil {
		rs.t.Fatal(err)
	}
	rs.previous = history.History{Snapshots: r.Snapshots, Days: r.Days, Spend: *r.Spend}
	if rs.count++; rs.count%20 > 2 {
		return r
	}
	var file bytes.Buffer
	if err := history.WriteSpend(&file, r.Head(), r.Spend, "running", []byte("null")); err != nil {
		rs.t.Fatal(err)
	}
	_, spend, err := history.ReadSpend(file.Bytes())
	if err != nil {
		rs.t.Fatal(err)
	}
	rs.previous.Spend = *spend
	return r
}

// checkSums checks that days add up to months and groups and names to their totals, exactly.
func checkSums(t *testing.T, s *history.Spend) {
	t.Helper()
	same := func(what string, a, b history.Spent) {
		t.Helper()
		minus := decimal.NewFromInt(-1)
		diff := a.Plus(b.Times(minus))
		for i, d := range []decimal.Decimal{diff.Running.Low, diff.Running.Estimate, diff.Running.High,
			diff.Running.Unpriced.Seconds, diff.Listed.Low, diff.Listed.Estimate, diff.Listed.High,
			diff.Listed.Unpriced.Seconds, diff.GPUs.Seconds} {
			if !d.IsZero() {
				t.Errorf("%s: figure %d differs by %v", what, i, d)
			}
		}
	}
	days := map[string]history.Spent{}
	observed := map[string]history.Hours{}
	for _, d := range s.Days {
		days[d.Date[:7]] = days[d.Date[:7]].Plus(d.Spent)
		observed[d.Date[:7]] = observed[d.Date[:7]].Plus(d.Observed).Plus(d.Gap)
		for name, list := range d.By {
			var sum history.Spent
			for _, each := range list {
				sum = sum.Plus(each.Spent)
			}
			same(d.Date+" by "+name, sum, d.Spent)
		}
	}
	for _, m := range s.Months {
		same(m.Month+" days", days[m.Month], m.Spent)
		var sum history.Spent
		for _, g := range m.Groups {
			sum = sum.Plus(g.Spent)
		}
		same(m.Month+" groups", sum, m.Spent)
		start, _ := time.Parse("2006-01", m.Month)
		covered := m.Elapsed.Seconds.Sub(decimal.NewFromInt(int64(m.ObservedFrom.Sub(start) / time.Second)))
		if !m.Observed.Plus(m.Gap).Seconds.Equal(covered) ||
			!observed[m.Month].Seconds.Equal(covered) {
			t.Errorf("%s: %v h observed, %v h in gaps, %v s covered", m.Month, m.Observed, m.Gap, covered)
		}
	}
}

// life is an instance from one change to the next.
type life struct {
	from  time.Time
	state fleet.Instance // Status "" means that it isn't in the list
}

// rates returns the state's rates per hour.
func (l life) rates() (running, listed decimal.Decimal) {
	if l.state.Status == "" {
		return
	}
	return runningRate(&l.state).value, listedRate(&l.state).value
}

// trueCost returns what lives really cost between two times, in price x seconds.
func trueCost(lives [][]life, from, to time.Time) (running, listed decimal.Decimal) {
	for _, changes := range lives {
		for i, l := range changes {
			end := to
			if i+1 < len(changes) {
				end = minTime(to, changes[i+1].from)
			}
			start := l.from
			if start.Before(from) {
				start = from
			}
			if start.Before(end) {
				seconds := decimal.NewFromInt(int64(end.Sub(start) / time.Second))
				p, q := l.rates()
				running, listed = running.Add(p.Mul(seconds)), listed.Add(q.Mul(seconds))
			}
		}
	}
	return running, listed
}

// nextState returns what an instance becomes at a time.
func nextState(random *rand.Rand, id int, old fleet.Instance, at time.Time) fleet.Instance {
	now := old
	if old.Status == "" {
		model := fmt.Sprint("GPU-", random.IntN(3))
		now = *instance(fmt.Sprintf("%03d", id), fmt.Sprint("R-", random.IntN(2)), model, random.IntN(9), "1")
		now.CreatedAt, now.StartedAt = at, at
		switch random.IntN(3) {
		case 0:
			now.StartedAt = time.Time{}
		case 1:
			now.CreatedAt, now.StartedAt = time.Time{}, time.Time{}
		}
	}
	switch random.IntN(5) {
	case 0:
		now.Status = "Stopped"
	case 1:
		now.Price = fleet.Known(fleet.MoneyOf(decimal.New(int64(random.IntN(5000)), -3)))
	case 2:
		now.GPU = fmt.Sprint("GPU-", random.IntN(3))
	case 3:
		if old.Status != "" {
			return fleet.Instance{}
		}
	default:
		now.Status = "Running"
	}
	return now
}

// listAt returns the list at a time. A change at that time has happened.
func listAt(lives [][]life, at time.Time) (list []*fleet.Instance) {
	for _, changes := range lives {
		var in fleet.Instance
		for _, l := range changes {
			if !l.from.After(at) {
				in = l.state
			}
		}
		if in.Status != "" {
			list = append(list, &in)
		}
	}
	return list
}

// TestRangesHoldTheTruth makes random fleets over two months, with at most one change per instance between two
// readings. What they really cost lies in the range of every day and month without a gap.
func TestRangesHoldTheTruth(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		random := rand.New(rand.NewPCG(seed, 1))
		rs := newReadings(t, 12*time.Hour)
		begin := time.Date(2027, 12, 10, 7, 0, 0, 0, time.UTC)
		lives := make([][]life, 12)
		for id := range lives {
			lives[id] = []life{{begin, nextState(random, id, fleet.Instance{}, begin)}}
		}
		r := rs.read(begin, listAt(lives, begin)...)
		for at := begin; at.Before(begin.AddDate(0, 2, 0)); {
			next := at.Add(time.Duration(1+random.IntN(16*3600)) * time.Second)
			if random.IntN(12) == 0 {
				next = at.Add(time.Duration(24+random.IntN(60)) * time.Hour)
			}
			for id, changes := range lives {
				if random.IntN(4) == 0 {
					moment := at.Add(time.Duration(1+random.Int64N(int64(next.Sub(at)/time.Second))) * time.Second)
					state := nextState(random, id, changes[len(changes)-1].state, moment)
					lives[id] = append(changes, life{moment, state})
				}
			}
			r = rs.read(next, listAt(lives, next)...)
			at = next
		}
		checkSums(t, r.Spend)
		checked := 0
		check := func(name string, from, to time.Time, gap history.Hours, s history.Spent) {
			if !gap.Seconds.IsZero() {
				return
			}
			checked++
			running, listed := trueCost(lives, from, minTime(to, r.Generated))
			for _, c := range []struct {
				name  string
				truth decimal.Decimal
				history.Range
			}{{"running", running, s.Running}, {"listed", listed, s.Listed}} {
				if c.truth.LessThan(c.Low) || c.truth.GreaterThan(c.High) || c.Estimate.LessThan(c.Low) ||
					c.Estimate.GreaterThan(c.High) {
					t.Errorf("seed %d, %s: %s really cost %v, not %s", seed, name, c.name, history.Rounded(c.truth),
						rangeText(c.Range))
				}
			}
		}
		for _, d := range r.Spend.Days {
			day, _ := time.Parse(time.DateOnly, d.Date)
			check(d.Date, day, day.AddDate(0, 0, 1), d.Gap, d.Spent)
		}
		if checked < 15 {
			t.Errorf("seed %d: only %d days have no gap", seed, checked)
		}
	}
}

// TestWidth reads the list one second before each change and at it. The range of each month is then as wide as the
// changes of the rate, for a second each.
func TestWidth(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2) {
		random := rand.New(rand.NewPCG(seed, 2))
		rs := newReadings(t, 24*time.Hour)
		at := time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)
		lives := make([][]life, 5)
		r := rs.read(at)
		var running, listed decimal.Decimal // width, in price x seconds
		for range 100 {
			at = at.Add(time.Duration(2+random.IntN(40*3600)) * time.Second)
			id := random.IntN(len(lives))
			var old life
			if n := len(lives[id]); n > 0 {
				old = lives[id][n-1]
			}
			state := nextState(random, id, old.state, at)
			state.CreatedAt, state.StartedAt = time.Time{}, time.Time{} // or it would be no wider at all
			rs.read(at.Add(-time.Second), listAt(lives, at.Add(-time.Second))...)
			lives[id] = append(lives[id], life{at, state})
			r = rs.read(at, listAt(lives, at)...)
			p, q := old.rates()
			p2, q2 := lives[id][len(lives[id])-1].rates()
			running, listed = running.Add(p2.Sub(p).Abs()), listed.Add(q2.Sub(q).Abs())
		}
		checkSums(t, r.Spend)
		var sum history.Spent
		for _, m := range r.Spend.Months {
			sum = sum.Plus(m.Spent)
		}
		if got := sum.Running.High.Sub(sum.Running.Low); !got.Equal(running) {
			t.Errorf("seed %d: running is %v wide, want %v", seed, got, running)
		}
		if got := sum.Listed.High.Sub(sum.Listed.Low); !got.Equal(listed) {
			t.Errorf("seed %d: listed is %v wide, want %v", seed, got, listed)
		}
	}
}
