package history

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/parallel"
)

// Collector gathers what a run may use of the past, and says why the rest is left behind.
type Collector struct {
	Run Head      // of the run that collects
	Now time.Time // its time
	// Unlisted says that no manifest vouches for the files: then each is read to its end and written anew.
	Unlisted bool
	past     Past
}

// Past returns what was gathered.
func (c *Collector) Past() *Past { return &c.past }

// Warn notes that something was not carried.
func (c *Collector) Warn(path, why string) {
	c.past.Warnings = append(c.past.Warnings, fmt.Sprintf("%s of the earlier report is not carried on: %s", path, why))
}

// AddSnapshot takes in the snapshot of a path, as ReadSnapshot returns it, unless it is damaged, shows more than the
// run may, is of another fleet or bears a future date. They must come the newest first.
func (c *Collector) AddSnapshot(path string, s *Snapshot, err error) {
	switch {
	case err != nil:
		c.Warn(path, err.Error())
		return
	case s.Path() != path:
		c.Warn(path, "it was taken on another day than its name says")
		return
	}
	c.noteLast(s.Head, s.Count) // whenever it says it was taken: it is what the last run saw
	if s.Taken.After(c.Now) {
		c.Warn(path, future)
		return
	}
	if why := s.refusedRows(c.Run); why != "" {
		c.Warn(path, why)
		return
	}
	c.past.Snapshots = append([]*Snapshot{s}, c.past.Snapshots...)
}

// noteLast keeps how many instances the last run had, the first time it is told.
func (c *Collector) noteLast(head Head, count int) {
	if head.SameFleet(c.Run) && !c.past.Last.Known {
		c.past.Last = fleet.Known(count)
	}
}

// Settle reads the snapshots that must be sound: those that the run compares its list with, and those that are
// written anew. One that is damaged is left behind, and another compared in its place. The others are carried on
// unread. The error is the context's cause.
func (c *Collector) Settle(ctx context.Context) error {
	checked := map[*Snapshot]bool{}
	for {
		todo := slices.DeleteFunc(c.needed(), func(s *Snapshot) bool { return checked[s] })
		damage := make([]error, len(todo))
		parallel.Each(len(todo), func(i int) { damage[i] = todo[i].Check(ctx) })
		if err := context.Cause(ctx); err != nil || len(todo) == 0 {
			return err
		}
		for i, s := range todo {
			checked[s] = true
			if c.Unlisted {
				s.renew()
			}
			if damage[i] != nil {
				c.Warn(s.Path(), damage[i].Error())
				c.past.Snapshots = slices.DeleteFunc(c.past.Snapshots, func(other *Snapshot) bool { return other == s })
			}
		}
	}
}

// needed returns the snapshots that must be sound, each once, the newest first.
func (c *Collector) needed() []*Snapshot {
	needed := map[*Snapshot]bool{}
	found := c.past.Snapshots
	for len(found) > 0 {
		last := found[len(found)-1]
		needed[last], needed[WeekOld(found, c.Now)] = true, true
		if s := NewestBefore(found, Day(c.Now)); s != nil {
			needed[s] = true
		}
		if !last.Taken.Equal(c.Now) {
			break
		}
		found = found[:len(found)-1] // a run that is run again compares with what it compared with before
	}
	var snapshots []*Snapshot
	for _, s := range slices.Backward(c.past.Snapshots) {
		if needed[s] || s.IsOlderForm() || c.Unlisted {
			snapshots = append(snapshots, s)
		}
	}
	return snapshots
}

const future = "it bears a future date"

// AddHistory takes in the days of the history, but for those to come.
func (c *Collector) AddHistory(content []byte) {
	head, days, err := ReadHistory(content)
	if err != nil {
		c.Warn(HistoryPath, err.Error())
		return
	}
	if len(days) > 0 { // where no snapshot could be read
		c.noteLast(head, days[len(days)-1].Instances)
	}
	if why := head.refusedFigures(c.Run); why != "" {
		c.Warn(HistoryPath, why)
		return
	}
	late := 0
	for _, day := range days {
		if day.Taken.After(c.Now) {
			late++
		} else {
			c.past.Days = append(c.past.Days, day)
		}
	}
	old := 0
	for _, day := range c.past.Days {
		if !kept(day.Taken, c.Now, HistoryDays) {
			old++
		}
	}
	carriedWithout := func(format string, args ...any) {
		days := fmt.Sprintf(format, args...)
		c.past.Warnings = append(c.past.Warnings, HistoryPath+" of the earlier report is carried on without its "+days)
	}
	if old > 1 { // one day expires every day; several at once may mean that the clock is wrong
		carriedWithout("%d first days: they are over %d days old by this machine's clock", old, HistoryDays)
	}
	if late > 0 {
		carriedWithout("%d latest days: they bear a future date", late)
	}
}

// IsFuture reports whether a snapshot's day is to come, and warns of it then.
func (c *Collector) IsFuture(path string, day time.Time) bool {
	if !day.After(Day(c.Now)) {
		return false
	}
	c.Warn(path, future)
	return true
}

// Carried returns the snapshots that go on into the folder of a run of that time: those of other days that are young
// enough.
func (p *Past) Carried(now time.Time) []*Snapshot {
	var carried []*Snapshot
	for _, s := range p.Snapshots {
		if kept(s.Taken, now, SnapshotDays) && !Day(s.Taken).Equal(Day(now)) {
			carried = append(carried, s)
		}
	}
	return carried
}

// CarriedDays does the same for the days of the history.
func (p *Past) CarriedDays(now time.Time) []Entry {
	var carried []Entry
	for _, day := range p.Days {
		if kept(day.Taken, now, HistoryDays) && !Day(day.Taken).Equal(Day(now)) {
			carried = append(carried, day)
		}
	}
	return carried
}
