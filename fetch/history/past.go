// Package history holds what earlier runs left for this one: snapshots of the list, one a day, and a history of
// figures. It reads both as if a stranger had written them, since they may come from a folder or a site that anyone
// could change: within bounds, strictly, and with errors that quote nothing. Snapshots that no list is compared with
// are kept as they are if they are what the manifest lists.
package history

import (
	"regexp"
	"slices"
	"time"

	"gpufleet/fetch/fleet"
)

// The forms of the files. Snapshots of form 1 lack their rows' groups, types and times; they are written anew.
const (
	snapshotForm  = 2
	historySchema = 1
)

// How long the past is kept, in days of UTC, today's among them.
const (
	HistoryDays  = 400
	SnapshotDays = 15
)

// Where the past stands in the output folder.
const (
	HistoryPath    = "data/history.json"
	SnapshotFolder = "data/snapshots/"
	snapshotEnding = ".json.gz"
)

// Head says what a run was made of and what it may show. Each file of the past bears that of its run.
type Head struct {
	Source   string   `json:"source"`   // api, file or demo
	Account  string   `json:"account"`  // a hash that tells accounts apart; "" where the source is no API
	Audience string   `json:"audience"` // public or internal
	Currency string   `json:"currency"` // ISO 4217 code of the amounts
	Hidden   []string `json:"hidden"`   // columns that are left out, sorted; empty for none
	Key      string   `json:"key"`      // fingerprint of the key that made pseudonyms of the ids; "" for the API's ids
}

// Past is what a run has of earlier ones. The zero Past is that of a first run.
type Past struct {
	// Snapshots that this run may use, the oldest first, no two of one date. The last one is that of the last run.
	Snapshots []*Snapshot
	// Days of the history, the oldest first, no two of one date.
	Days []Entry
	// Last is how many instances the last run had that read the same source and account, whatever it showed; unknown for
	// a first run.
	Last fleet.Optional[int]
	// Warnings says what was not carried, and why. No warning holds a value from the files.
	Warnings []string
}

// Day returns the date in UTC that a moment belongs to.
func Day(moment time.Time) time.Time { return moment.UTC().Truncate(24 * time.Hour) }

// DateText returns the date of a moment: 2026-11-22.
func DateText(moment time.Time) string { return moment.UTC().Format(time.DateOnly) }

// SnapshotPath returns where the snapshot of a moment's day stands in the output folder.
func SnapshotPath(moment time.Time) string {
	return SnapshotFolder + DateText(moment) + snapshotEnding
}

// SnapshotDate returns the day whose snapshot has the path, and whether it is a snapshot's at all.
func SnapshotDate(path string) (time.Time, bool) {
	if len(path) != len(SnapshotFolder)+len(time.DateOnly)+len(snapshotEnding) {
		return time.Time{}, false
	}
	day, err := time.Parse(time.DateOnly, path[len(SnapshotFolder):len(SnapshotFolder)+len(time.DateOnly)])
	return day, err == nil && SnapshotPath(day) == path
}

// kept reports whether what was taken at a moment is among the last days, now being the time of this run.
func kept(taken, now time.Time, days int) bool {
	return Day(taken).After(Day(now).AddDate(0, 0, -days))
}

// WeekBefore returns the day a week before that of a moment.
func WeekBefore(moment time.Time) time.Time { return Day(moment).AddDate(0, 0, -7) }

// WeekOld returns the newest snapshot whose date is at least a week before that of now, else the oldest. There is at
// least one, and they come the oldest first.
func WeekOld(snapshots []*Snapshot, now time.Time) *Snapshot {
	if s := NewestBefore(snapshots, WeekBefore(now).AddDate(0, 0, 1)); s != nil {
		return s
	}
	return snapshots[0]
}

// NewestBefore returns the newest snapshot of a date before day, nil where there is none. They come the oldest first.
func NewestBefore(snapshots []*Snapshot, day time.Time) *Snapshot {
	for _, s := range slices.Backward(snapshots) {
		if s.Taken.Before(day) {
			return s
		}
	}
	return nil
}

// SameFleet reports whether both runs read the same account at the same source.
func (h Head) SameFleet(run Head) bool { return h.Source == run.Source && h.Account == run.Account }

// refusedFigures says why a run can't use figures of another, "" where it can. Figures hold nothing that can be hidden.
func (h Head) refusedFigures(run Head) string {
	switch {
	case h.Source != run.Source:
		return "it comes from another kind of source"
	case h.Account != run.Account:
		return "it comes from another account"
	case h.Currency != run.Currency:
		return "its amounts are in another currency"
	}
	return ""
}

// refusedRows says why a run can't use the rows of another, "" where it can: those that show more than it may, and
// those whose ids are not comparable with its own.
func (h Head) refusedRows(run Head) string {
	if why := h.refusedFigures(run); why != "" {
		return why
	}
	switch {
	case h.Audience == internal && run.Audience != internal:
		return "it was made for an internal audience"
	case slices.ContainsFunc(run.Hidden, func(column string) bool { return !slices.Contains(h.Hidden, column) }):
		return "it shows what this run hides"
	case h.Key != run.Key:
		return "its ids were made with another key, or none"
	}
	return ""
}

const internal = "internal"

var (
	accountHash = regexp.MustCompile(`^([0-9a-f]{64})?$`)
	currency    = regexp.MustCompile(`^[A-Z]{3}$`)
	columnName  = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)
	fingerprint = regexp.MustCompile(`^[!-~]{0,128}$`)
)

// valid reports whether a run of gpufleet can have written the head.
func (h Head) valid() bool {
	return slices.Contains([]string{"api", "file", "demo"}, h.Source) && accountHash.MatchString(h.Account) &&
		(h.Audience == "public" || h.Audience == internal) &&
		currency.MatchString(h.Currency) && fingerprint.MatchString(h.Key) &&
		len(h.Hidden) <= 40 && slices.IsSorted(h.Hidden) &&
		!slices.ContainsFunc(h.Hidden, func(name string) bool { return !columnName.MatchString(name) })
}
