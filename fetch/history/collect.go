package history

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/parallel"
)

// Collector collects the history that a run can use. Whatever the run can't use of it is a loss.
type Collector struct {
	Run Head      // of the current run
	Now time.Time // time of the current run; see SettleTime
	// OwnKey is the fingerprint of the pseudonym key that the run has, whether or not it hides ids; "" for none.
	OwnKey string
	// Unlisted says that the files are not listed in a manifest. Then each snapshot is read completely and encoded again.
	Unlisted bool
	history  History
	future   []time.Time // of readings that lie in the future
}

// NewCollector returns a collector for a run at a time. acceptLoss says that the run may lose some of the history.
func NewCollector(run Head, now time.Time, acceptLoss bool) *Collector {
	return &Collector{Run: run, Now: now, history: History{AcceptLoss: acceptLoss}}
}

// History returns what was collected.
func (c *Collector) History() *History {
	c.history.Now = c.Now
	return &c.history
}

// Damaged records that a file of the history can't be used. reason says why, such as "it is too large", and cure what
// to do.
func (c *Collector) Damaged(path, reason, cure string) { c.history.damaged(path, reason, cure) }

func (h *History) damaged(path, reason, cure string) {
	h.Lose(Loss{path + " of the previous report can't be used: " + reason, cure, "this file"})
}

// restore says what to do about a file that matches the manifest but has content that can't be used.
const restore = "restore the file, or use the version of gpufleet that wrote it"

// AddSnapshot adds the snapshot of a path. s and err are the result of ReadSnapshot. A snapshot that is damaged or of
// another fleet, or whose ids can't be compared, is a loss. The newest snapshot must come first.
func (c *Collector) AddSnapshot(path string, s *Snapshot, err error) {
	switch {
	case err != nil:
		c.Damaged(path, err.Error(), restore)
		return
	case s.Path() != path:
		c.Damaged(path, "its date differs from its file name", restore)
		return
	}
	c.setLastCount(s.Head, s.Count) // even with a future date, it is what the last run saw
	if !c.isUsable(s.Head) || c.isFuture(s.Taken) {
		return
	}
	if !c.canCompareIDs(s.Head) {
		c.history.Lose(Loss{"the previous report has pseudonyms that were made with another key",
			"hide ids again, with the same $GPUFLEET_PSEUDONYM_KEY", "its snapshots"})
		return
	}
	c.history.Snapshots = append([]*Snapshot{s}, c.history.Snapshots...)
}

// setLastCount sets the number of instances of the last run, on its first call for the same source.
func (c *Collector) setLastCount(head Head, count int) {
	if head.Source == c.Run.Source && !c.history.LastCount.Known {
		c.history.LastCount = fleet.Known(count)
	}
}

// isUsable reports whether the run continues the history of this head. Otherwise it records a loss, unless that history
// is the sample's.
func (c *Collector) isUsable(h Head) bool {
	if h.Source == Sample {
		return false
	}
	loss := Loss{Goes: "all of the history"}
	switch {
	case h.Source != c.Run.Source:
		loss.What = fmt.Sprintf("the previous report was made from %s, but this one is made from %s",
			sourceNames[h.Source], sourceNames[c.Run.Source])
		loss.Cure = "choose another --out, without --previous"
	case h.Currency != c.Run.Currency:
		loss.What = fmt.Sprintf("the previous report is in %s, but this one is in %s", h.Currency, c.Run.Currency)
		loss.Cure = "use --currency " + h.Currency
	default:
		return true
	}
	c.history.Lose(loss)
	return false
}

// Sample is the source of the sample fleet.
const Sample = "demo"

// sourceNames names the sources in messages.
var sourceNames = map[string]string{"api": "the API", "file": "a saved reply", Sample: "the sample"}

// canCompareIDs reports whether the ids of a snapshot are those of the run's list, or can be changed into them.
func (c *Collector) canCompareIDs(h Head) bool {
	return h.Key == c.Run.Key || h.Key == "" || h.Key == c.OwnKey
}

// CheckSnapshots reads the rows of those snapshots that the run compares with its list or encodes again. It removes
// damaged ones, which are losses, so that the run compares with others instead. The remaining snapshots are kept
// unread. The error is the context's cause.
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
				c.history.drop(s, damage[i])
			}
		}
	}
}

// drop removes a snapshot whose rows can't be read.
func (h *History) drop(s *Snapshot, err error) {
	h.damaged(s.Path(), err.Error(), restore)
	h.Snapshots = slices.DeleteFunc(h.Snapshots, func(other *Snapshot) bool { return other == s })
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
		if needed[s] || s.file == nil || c.Unlisted {
			snapshots = append(snapshots, s)
		}
	}
	return snapshots
}

// AddDays adds the days of data/history.json.
func (c *Collector) AddDays(content []byte) {
	head, days, err := ReadDays(content)
	if err != nil {
		c.Damaged(HistoryPath, err.Error(), restore)
		return
	}
	if len(days) > 0 { // used if no snapshot could be read
		c.setLastCount(head, days[len(days)-1].Instances)
	}
	if !c.isUsable(head) {
		return
	}
	c.history.HidesLess = head.hidesLess
	for _, day := range days {
		if !c.isFuture(day.Taken) {
			c.history.Days = append(c.history.Days, day)
		}
	}
}

// AddSpend adds data/spend.json. If it reaches into the future, its sums can't be used.
func (c *Collector) AddSpend(content []byte) {
	head, spend, err := ReadSpend(content)
	if err != nil {
		c.Damaged(SpendPath, err.Error(), restore)
		return
	}
	if !c.isUsable(head) {
		return
	}
	if c.isFuture(spend.Last) {
		c.history.Lose(Loss{SpendPath + " of the previous report counts costs after this run's time",
			"check the clock and $SOURCE_DATE_EPOCH", "this file"})
		return
	}
	c.history.Spend = *spend
}
