// Package sample makes up the past of the built-in sample fleet. So a report of the sample shows what a real one shows
// after two months: costs, a forecast that exceeds the budget, changes of every kind, and a gap.
//
// The past is a simulation. It has one reading per day, 60 days back from the run, except for a gap of three days.
// Reserved instances are always there. The others come, stop, start and leave at random moments, the prices of three
// models change, and one instance moves. All of it leads to the sample's list, which stays as it is.
//
// Each made-up list becomes a report that continues the one before, as in real runs. Nothing is read or written, and
// the seed is fixed: runs with equal settings and times have the same past.
package sample

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
	"gpufleet/render/report"
)

// Budgets returns the sample's budgets per month, as --budget takes them. The fleet's forecast is always higher, and of
// the owners one is over or likely over, and one within.
func Budgets(owners bool) []string {
	budgets := []string{"150000"}
	if owners {
		budgets = append(budgets, "ml=95000", "research=40000", "inference=17500")
	}
	return budgets
}

// Days before the run. A larger number is earlier, and 0 is the run itself.
const (
	first    = 60 // the first reading
	gapBegin = 19 // the last reading before the gap
	gapEnd   = 16 // the first one after it
	never    = -1
)

// Past returns the made-up history of the sample's list, and the readings that it is made of, ascending. Call it before
// anything in the list is hidden. In the list, it sets when instances were created and started, so that they fit to the
// history. key is that of fleet.Hide.
func Past(list *fleet.Fleet, settings report.Settings, key []byte) (
	past *history.History, readings []report.Reading, err error) {
	now := settings.Generated
	past = &history.History{}
	settings.ExpectEvery = 24 * time.Hour
	instances := simulate(list.Instances, now)
	for day := first; day > 0; day-- {
		if gapBegin > day && day > gapEnd {
			continue
		}
		reading := &fleet.Fleet{}
		for i := range instances {
			if in := instances[i].on(day); in != nil {
				reading.Instances = append(reading.Instances, in)
			}
		}
		reading.Hide(settings.Hidden, key)
		settings.Generated = now.AddDate(0, 0, -day)
		r := report.New(reading, settings)
		if err := r.Compare(past); err != nil {
			return past, nil, err
		}
		readings = append(readings, report.Reading{Taken: r.Generated, Instances: r.Instances})
		past = &history.History{Snapshots: r.Snapshots, Days: r.Days, Spend: *r.Spend}
	}
	past.Now = now
	return past, readings, nil
}

// instance is an instance of the sample, with the days on which readings first show that something happened.
type instance struct {
	fleet.Instance        // at the last reading that has it
	added, removed int    // it is there from added on, until it is removed
	off            string // its status from stopped on, until it is started; else it is running
	stopped        int
	started        int
}

const (
	seed          = 1
	goneInstances = 12 // in the past only
)

// simulate returns the instances of the past: those of the list, whose times it sets, and some that are gone.
func simulate(list []*fleet.Instance, now time.Time) (instances []instance) {
	random := rand.New(rand.NewPCG(first, seed))
	var onDemand []*fleet.Instance
	for _, in := range list {
		for in.CreatedAt.After(now.AddDate(0, 0, -first)) { // a run long ago
			in.CreatedAt = in.CreatedAt.AddDate(-1, 0, 0)
		}
		life := newLife(in, random)
		life.setTimes(in, now, random)
		instances = append(instances, life)
		if in.Purchase == fleet.OnDemand && in.GPU != "" {
			onDemand = append(onDemand, in)
		}
	}
	for n := range goneInstances {
		in := *onDemand[random.IntN(len(onDemand))]
		in.ID = fmt.Sprintf("demo-%04d", 101+n)
		in.HostName = fmt.Sprint(strings.TrimRight(in.HostName, "0123456789"), 21+n)
		in.Status, in.StartedAt = "Running", time.Time{}
		life := instance{removed: 1 + random.IntN(first-10), stopped: never, started: never}
		life.added = life.removed + 1 + random.IntN(25)
		life.setTimes(&in, now, random)
		instances = append(instances, life)
	}
	return instances
}

// newLife makes up how an instance of the list came to its status.
func newLife(in *fleet.Instance, random *rand.Rand) instance {
	life := instance{added: first, removed: never, off: in.Status, stopped: never, started: never}
	switch in.Status {
	case "Deploying", "Provisioning", "Booked":
		life.added = random.IntN(3)
		life.stopped = life.added
	case "Stopped":
		life.stopped = random.IntN(20)
	case "Running":
		chance := random.IntN(6)
		switch {
		case in.Purchase != fleet.OnDemand:
		case chance == 0 && !in.CreatedAt.IsZero():
			life.added = random.IntN(first)
		case chance < 3:
			life.off = "Stopped"
			life.stopped = 1 + random.IntN(first-1)
			life.started = random.IntN(life.stopped)
		}
	default:
		life.stopped = random.IntN(3)
	}
	return life
}

// setTimes sets when an instance was created and started, if that is within the past: at a moment of the day before the
// reading that shows it first.
func (life *instance) setTimes(in *fleet.Instance, now time.Time, random *rand.Rand) {
	before := func(day int) time.Time {
		return now.AddDate(0, 0, -day).Add(-time.Duration(1+random.IntN(1430)) * time.Minute)
	}
	if life.added < first {
		in.CreatedAt = before(life.added)
		if life.stopped == never {
			in.StartedAt = in.CreatedAt.Add(5 * time.Minute)
		}
	}
	if life.started != never {
		in.StartedAt = before(life.started)
	}
	life.Instance = *in
}

// on returns the instance as a reading has it, nil if it is not there.
func (life *instance) on(day int) *fleet.Instance {
	if day > life.added || day <= life.removed {
		return nil
	}
	in := life.Instance
	in.Status = "Running"
	if life.stopped >= day && day > life.started {
		in.Status = life.off
	}
	if day > life.started && life.started != never {
		in.StartedAt = time.Time{}
	}
	if in.HostName == movedHost && day > movedOn {
		in.Region = movedFrom
	}
	for _, change := range priceChanges {
		if in.GPU == change.model && day > change.day && in.Price.Known {
			in.Price.Value = in.Price.Value.Times(decimal.RequireFromString(change.before))
		}
	}
	return &in
}

// The instance that moves.
const (
	movedHost, movedFrom = "vision-2", "CANADA-1"
	movedOn              = 6
)

// priceChanges have the price before the change, as a multiple of the price now.
var priceChanges = []struct {
	model  string
	day    int
	before string
}{
	{"H100-80G-PCIe", 5, "1.04"},
	{"RTX-4090", 3, "0.92"},
	{"L40S-48G", 33, "0.95"},
}
