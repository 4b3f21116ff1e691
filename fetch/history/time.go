package history

import (
	"fmt"
	"slices"
	"time"
)

// tolerance is how much earlier than the last reading a run may be. Clocks of different machines differ a little.
const tolerance = 10 * time.Minute

// IsFuture reports whether a snapshot's day lies in the future, and if so records that.
func (c *Collector) IsFuture(day time.Time) bool { return c.isFuture(day) }

// isFuture reports whether a reading lies in the future, and if so records that. SettleTime then says so.
func (c *Collector) isFuture(taken time.Time) bool {
	if !taken.After(c.Now.Add(tolerance)) {
		return false
	}
	c.future = append(c.future, taken)
	return true
}

// SettleTime makes sure that the run is not earlier than the last reading. Call it when all files are added. Readings
// in the future are a loss: this machine's clock is wrong, or was. A run that is a little earlier than the last reading
// takes its time.
func (c *Collector) SettleTime() {
	const form = "2006-01-02 15:04 UTC"
	if len(c.future) > 0 {
		c.history.Lose(Loss{
			fmt.Sprintf("the last reading of the previous report is of %s, but this run's time is %s",
				slices.MaxFunc(c.future, time.Time.Compare).Format(form), c.Now.Format(form)),
			"check the clock and $SOURCE_DATE_EPOCH", "the readings after that time",
		})
	}
	for _, s := range c.history.Snapshots {
		c.Now = later(c.Now, s.Taken)
	}
	for _, day := range c.history.Days {
		c.Now = later(c.Now, day.Taken)
	}
	c.Now = later(c.Now, c.history.Spend.Last)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// RecentSnapshots returns the snapshots that a run at that time keeps: the newest ones of other days, one fewer than
// SnapshotDays.
func (h *History) RecentSnapshots(now time.Time) []*Snapshot {
	return newest(h.Snapshots, SnapshotDays-1, func(s *Snapshot) bool { return Day(s.Taken).Equal(Day(now)) })
}

// RecentDays returns the days that a run at that time keeps: the newest ones except today, one fewer than HistoryDays.
func (h *History) RecentDays(now time.Time) []Entry {
	return newest(h.Days, HistoryDays-1, func(day Entry) bool { return Day(day.Taken).Equal(Day(now)) })
}

// newest returns the last items that are not of today, at most count. The oldest comes first.
func newest[T any](all []T, count int, isToday func(T) bool) []T {
	others := slices.DeleteFunc(slices.Clone(all), isToday)
	return others[max(0, len(others)-count):]
}
