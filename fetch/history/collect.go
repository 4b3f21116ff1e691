package history

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/parallel"
)

// Collector collects the history that a run can use, with a warning for everything that it ignores.
type Collector struct {
	Run Head      // of the current run
	Now time.Time // time of the current run
	// Unlisted says that the files are not listed in a manifest. Then each snapshot is read completely and encoded again.
	Unlisted bool
	history  History
}

// NewCollector returns a collector for a run at a time. acceptLoss says that the run may lose some of the history.
func NewCollector(run Head, now time.Time, acceptLoss bool) *Collector {
	return &Collector{Run: run, Now: now, history: History{AcceptLoss: acceptLoss}}
}

// History returns what was collected.
func (c *Collector) History() *History { return &c.history }

// Warn adds a warning that a file, or a part of it, is ignored.
func (c *Collector) Warn(ignored, reason string) {
	c.history.Warnings = append(c.history.Warnings,
		fmt.Sprintf("ignoring %s from the previous report: %s", ignored, reason))
}

// AddSnapshot adds the snapshot of a path. s and err are the result of ReadSnapshot. It ignores a snapshot that is
// damaged, shows more than the run may, is of another fleet or has a future date. The newest snapshot must come first.
func (c *Collector) AddSnapshot(path string, s *Snapshot, err error) {
	switch {
	case err != nil:
		c.Warn(path, err.Error())
		return
	case s.Path() != path:
		c.Warn(path, "its date differs from its file name")
		return
	}
	c.setLastCount(s.Head, s.Count) // even with a future date, it is what the last run saw
	if s.Taken.After(c.Now) {
		c.Warn(path, inFuture)
		return
	}
	if reason := s.whyNotRows(c.Run); reason != "" {
		c.Warn(path, reason)
		return
	}
	c.history.Snapshots = append([]*Snapshot{s}, c.history.Snapshots...)
}

// setLastCount sets the number of instances of the last run, on its first call for the same fleet.
func (c *Collector) setLastCount(head Head, count int) {
	if head.SameFleet(c.Run) && !c.history.LastCount.Known {
		c.history.LastCount = fleet.Known(count)
	}
}

// CheckSnapshots reads the rows of those snapshots that the run compares with its list or encodes again. It removes
// damaged ones, so that the run compares with others instead. The remaining snapshots are kept unread. The error is the
// context's cause.
func (c *Collector) CheckSnapshots(ctx context.Context) error {
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
				s.reencode()
			}
			if damage[i] != nil {
				c.Warn(s.Path(), damage[i].Error())
				c.history.Snapshots = slices.DeleteFunc(c.history.Snapshots, func(other *Snapshot) bool { return other == s })
			}
		}
	}
}

// needed returns the snapshots to check, each once, the newest first.
func (c *Collector) needed() []*Snapshot {
	needed := map[*Snapshot]bool{}
	found := c.history.Snapshots
	for len(found) > 0 {
		last := found[len(found)-1]
		needed[last], needed[WeekOld(found, c.Now)] = true, true
		if s := NewestBefore(found, Day(c.Now)); s != nil {
			needed[s] = true
		}
		if !last.Taken.Equal(c.Now) {
			break
		}
		found = found[:len(found)-1] // a repeated run compares with the same snapshots as before
	}
	var snapshots []*Snapshot
	for _, s := range slices.Backward(c.history.Snapshots) {
		if needed[s] || s.IsOldFormat() || c.Unlisted {
			snapshots = append(snapshots, s)
		}
	}
	return snapshots
}

const inFuture = "its date is in the future"

// AddDays adds the days of data/history.json. It ignores those in the future.
func (c *Collector) AddDays(content []byte) {
	head, days, err := ReadDays(content)
	if err != nil {
		c.Warn(HistoryPath, err.Error())
		return
	}
	if len(days) > 0 { // used if no snapshot could be read
		c.setLastCount(head, days[len(days)-1].Instances)
	}
	if reason := head.whyNotFigures(c.Run); reason != "" {
		c.Warn(HistoryPath, reason)
		return
	}
	future := 0
	for _, day := range days {
		if day.Taken.After(c.Now) {
			future++
		} else {
			c.history.Days = append(c.history.Days, day)
		}
	}
	old := 0
	for _, day := range c.history.Days {
		if !isRecent(day.Taken, c.Now, HistoryDays) {
			old++
		}
	}
	if old > 1 { // one day expires every day; several at once may mean that the clock is wrong
		c.Warn(fmt.Sprintf("the first %d days of %s", old, HistoryPath),
			fmt.Sprintf("they are more than %d days old; check this machine's clock", HistoryDays))
	}
	switch {
	case future == 1:
		c.Warn("the last day of "+HistoryPath, inFuture)
	case future > 1:
		c.Warn(fmt.Sprintf("the last %d days of %s", future, HistoryPath), "their dates are in the future")
	}
}

// IsFuture reports whether a snapshot's day is in the future, and adds a warning if it is.
func (c *Collector) IsFuture(path string, day time.Time) bool {
	if !day.After(Day(c.Now)) {
		return false
	}
	c.Warn(path, inFuture)
	return true
}

// RecentSnapshots returns the snapshots that a run at that time keeps: those of the last SnapshotDays except today's.
func (h *History) RecentSnapshots(now time.Time) []*Snapshot {
	var recent []*Snapshot
	for _, s := range h.Snapshots {
		if isRecent(s.Taken, now, SnapshotDays) && !Day(s.Taken).Equal(Day(now)) {
			recent = append(recent, s)
		}
	}
	return recent
}

// RecentDays returns the days that a run at that time keeps: the last HistoryDays except today.
func (h *History) RecentDays(now time.Time) []Entry {
	var recent []Entry
	for _, day := range h.Days {
		if isRecent(day.Taken, now, HistoryDays) && !Day(day.Taken).Equal(Day(now)) {
			recent = append(recent, day)
		}
	}
	return recent
}
