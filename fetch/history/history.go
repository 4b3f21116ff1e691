// Package history has what earlier runs left for this one: daily snapshots of the list, and daily figures.
//
// Both come from a folder or a site that others may be able to change. So they are read strictly and within limits, and
// errors quote nothing. But a snapshot that matches the manifest is kept unread if it is not needed for comparison.
package history

import (
	"regexp"
	"slices"
	"time"

	"gpufleet/fetch/fleet"
)

// The versions of the file formats. Snapshots in format 1 lack their rows' groups, types and times. They are encoded
// again in the current format. So are files that identify the account, as those of earlier versions did.
const (
	snapshotFormat = 2
	historySchema  = 2
)

// How many UTC days are kept, the newest ones that have figures or a snapshot. The clock doesn't matter.
const (
	HistoryDays  = 400
	GroupDays    = 35 // the groups of a day; older ones live on in the months of the spend
	SnapshotDays = 15
)

// Paths in the output folder.
const (
	HistoryPath    = "data/history.json"
	SnapshotFolder = "data/snapshots/"
	snapshotSuffix = ".json.gz"
)

// Head says what a run read and what it may show. Each file of the history has the head of its run.
type Head struct {
	Source   string   `json:"source"`   // api, file or demo
	Audience string   `json:"audience"` // public or internal
	Currency string   `json:"currency"` // ISO 4217 code of the amounts
	Hidden   []string `json:"hidden"`   // fields that are left out, sorted
	Key      string   `json:"key"`      // fingerprint of the key for pseudonymous ids; "" for the API's ids

	hidesLess   bool // see History; only in that of the daily figures
	hasAccounts bool // see Snapshot.HasAccounts; only in that of a snapshot that is read
}

// History is what a run has from earlier runs. The zero History is that of a first run.
type History struct {
	// Now is the time of the run: not before that of the last one.
	Now time.Time
	// Snapshots that this run may use, the oldest first, at most one per day. The last one is that of the last run.
	Snapshots []*Snapshot
	// Days are the daily figures, the oldest first, at most one entry per day.
	Days []Entry
	// Spend is what the fleet had cost up to the last run.
	Spend Spend
	// LastCount is how many instances the last run had for the same source, even if its snapshot can't be
	// used; unknown for a first run.
	LastCount fleet.Optional[int]
	// HidesLess says that it may have addresses or secrets in texts that HideTexts must hide: it is of an earlier version
	// of the program, or of an internal audience and this run is not.
	HidesLess bool
	// Warnings says what was ignored, and why. No warning contains a value from the files.
	Warnings []string
	// AcceptLoss says that the run may lose what Lose records.
	AcceptLoss bool
	losses     []Loss
}

// Day returns the UTC day of a moment.
func Day(moment time.Time) time.Time { return moment.UTC().Truncate(24 * time.Hour) }

// DateText returns the UTC date of a moment: 2026-11-22.
func DateText(moment time.Time) string { return moment.UTC().Format(time.DateOnly) }

// SnapshotPath returns the path of the snapshot of a moment's day in the output folder.
func SnapshotPath(moment time.Time) string {
	return SnapshotFolder + DateText(moment) + snapshotSuffix
}

// SnapshotDate returns the day of the snapshot with this path, and whether it is the path of a snapshot.
func SnapshotDate(path string) (time.Time, bool) {
	if len(path) != len(SnapshotFolder)+len(time.DateOnly)+len(snapshotSuffix) {
		return time.Time{}, false
	}
	day, err := time.Parse(time.DateOnly, path[len(SnapshotFolder):len(SnapshotFolder)+len(time.DateOnly)])
	return day, err == nil && SnapshotPath(day) == path
}

// WeekBefore returns the day one week before a moment.
func WeekBefore(moment time.Time) time.Time { return Day(moment).AddDate(0, 0, -7) }

// WeekOld returns the newest snapshot that is at least a week old, or else the oldest. There must be at least one, the
// oldest first.
func WeekOld(snapshots []*Snapshot, now time.Time) *Snapshot {
	if s := NewestBefore(snapshots, WeekBefore(now).AddDate(0, 0, 1)); s != nil {
		return s
	}
	return snapshots[0]
}

// NewestBefore returns the newest snapshot before day, nil if there is none. The oldest must come first.
func NewestBefore(snapshots []*Snapshot, day time.Time) *Snapshot {
	for _, s := range slices.Backward(snapshots) {
		if s.Taken.Before(day) {
			return s
		}
	}
	return nil
}

const internal = "internal"

var (
	currency    = regexp.MustCompile(`^[A-Z]{3}$`)
	columnName  = regexp.MustCompile(`^[a-z][a-z0-9_]*$`) // at most 40 bytes, which a pattern counts slowly
	fingerprint = regexp.MustCompile(`^[!-~]*$`)          // at most 128 bytes
)

// valid reports whether gpufleet could have written the head.
func (h Head) valid() bool {
	return slices.Contains([]string{"api", "file", Sample}, h.Source) &&
		(h.Audience == "public" || h.Audience == internal) &&
		currency.MatchString(h.Currency) && len(h.Key) <= 128 && fingerprint.MatchString(h.Key) &&
		len(h.Hidden) <= 40 && slices.IsSorted(h.Hidden) &&
		!slices.ContainsFunc(h.Hidden, func(name string) bool {
			return len(name) > 40 || !columnName.MatchString(name)
		})
}
