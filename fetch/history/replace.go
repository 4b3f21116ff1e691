package history

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"gpufleet/fetch/fleet"
)

// Replace makes the run replace the output folder's history by this one, which is from elsewhere. It is a loss if that
// of the folder can't be read, or has days that this one lacks. What leaves by count is none. folder says in messages
// which folder it is.
func (h *History) Replace(old *History, folder string) {
	for _, loss := range old.losses {
		loss.What = folder + ": " + loss.What
		h.Lose(loss)
	}
	kept := readings(h)
	if n := len(kept.days); n > 0 {
		kept.days = append(kept.days, reading{taken: h.Now, feed: kept.days[n-1].feed})
	}
	kept.snapshots = append(kept.snapshots, reading{taken: h.Now})
	replaced := readings(old)
	lost := map[string]bool{}
	addMissing(lost, kept.days, replaced.days, HistoryDays)
	addMissing(lost, kept.snapshots, replaced.snapshots, SnapshotDays)
	if len(lost) == 0 {
		return
	}
	h.Lose(Loss{
		What: fmt.Sprintf("%s has history that --previous lacks: %s, the last one %s",
			folder, fleet.Counted(len(lost), "day"), slices.Max(slices.Collect(maps.Keys(lost)))),
		Cure: "leave out --previous, or choose another --out", Goes: "the history in that folder",
	})
}

// reading is the last reading of a day.
type reading struct {
	taken         time.Time
	figures, feed string // "" if not known
}

// readings returns the readings that the days and the snapshots of a history are of.
func readings(h *History) (r struct{ days, snapshots []reading }) {
	for _, day := range h.Days {
		r.days = append(r.days, reading{day.Taken, fmt.Sprint(day.Figures), day.Feed})
	}
	for _, s := range h.Snapshots {
		r.snapshots = append(r.snapshots, reading{taken: s.Taken})
	}
	return r
}

// addMissing adds those of the old days that the kept ones lack, as far as they belong to the newest count of all.
func addMissing(missing map[string]bool, kept, old []reading, count int) {
	byDate := map[string]reading{} // the last one of a date counts
	for _, r := range kept {
		byDate[DateText(r.taken)] = r
	}
	all := maps.Clone(byDate)
	for _, r := range old {
		all[DateText(r.taken)] = r
	}
	dates := slices.Sorted(maps.Keys(all))
	dates = dates[max(0, len(dates)-count):]
	for _, r := range old {
		date := DateText(r.taken)
		k, found := byDate[date]
		if _, isKept := slices.BinarySearch(dates, date); isKept && !(found && k.replaces(r)) {
			missing[date] = true
		}
	}
}

// replaces reports whether this is the old reading of a day, or a later one of the same fleet.
func (r reading) replaces(old reading) bool {
	same := func(a, b string) bool { return a == "" || b == "" || a == b }
	return same(r.feed, old.feed) &&
		(r.taken.After(old.taken) || r.taken.Equal(old.taken) && same(r.figures, old.figures))
}
