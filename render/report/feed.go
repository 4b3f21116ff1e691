package report

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"gpufleet/fetch/history"
)

// maxFeedEntries bounds the feed; it keeps the newest entries.
const maxFeedEntries = 50

// Feed holds the figures of days with changes. It names no instance, region or model.
type Feed struct {
	ID, Title string
	Updated   time.Time
	Entries   []FeedEntry // newest first; empty if nothing ever changed
}

// FeedEntry is one day.
type FeedEntry struct {
	ID, Title string
	Updated   time.Time
	Path      string // of the day's row on the Spend page, or of that page if it no longer has the day
	Lines     []string
}

// Feed makes the feed from the history. Its IDs depend only on dates and on the feed name kept in the history. So they
// stay the same when the site moves, and no other site has them.
func (r *Report) Feed() Feed {
	f := Feed{ID: r.feedID(""), Title: r.Title + ": changes", Updated: r.Generated}
	if r.Demo() {
		f.Title += " (sample data, not a real fleet)"
	}
	if r.Internal() {
		f.Title += " (internal, not for publication)"
	}
	if len(r.Days) > 0 {
		f.Updated = r.Days[0].Taken
	}
	paths := r.dayPaths()
	for i := len(r.Days) - 1; i >= 0 && len(f.Entries) < maxFeedEntries; i-- {
		day := &r.Days[i]
		var before *history.Entry
		if i > 0 {
			before = &r.Days[i-1]
		}
		if hasChanged(before, day) {
			entry := r.feedEntry(before, day)
			entry.Path = cmp.Or(paths[day.Date], SpendPath)
			f.Entries = append(f.Entries, entry)
		}
	}
	if len(f.Entries) > 0 {
		f.Updated = f.Entries[0].Updated
	}
	return f
}

// hasChanged reports whether a day's figures differ from those of the day before it in the history, or its instances
// from the snapshot before it.
func hasChanged(before, day *history.Entry) bool {
	if c := day.Changes; c != nil && (c.Added > 0 || c.Removed > 0 || c.Changed > 0) {
		return true
	}
	return before != nil && (figuresText(before, nil) != figuresText(day, nil) ||
		// Older days have no groups any more.
		len(before.Groups) > 0 && len(day.Groups) > 0 &&
			figuresText(before, before.Groups) != figuresText(day, day.Groups))
}

// figuresText returns a day's figures as text: equal figures give equal text.
func figuresText(day *history.Entry, groups []history.Group) string {
	text, err := json.Marshal([]any{day.Figures, groups})
	if err != nil {
		panic(err) // numbers and texts always marshal
	}
	return string(text)
}

func (r *Report) feedEntry(before, day *history.Entry) FeedEntry {
	cost := Both[history.Cost]{day.Running, day.Listed}.Of(r.Bill)
	e := FeedEntry{ID: r.feedID(day.Date), Updated: day.Taken,
		Title: fmt.Sprintf("%s: %s, %s %s/h", day.Date, Counted(day.Instances, "instance"), r.Bill.Name(),
			r.PerHour(costOf(cost)))}
	withPrevious := func(pick func(*history.Entry) string) string {
		text := pick(day)
		if before != nil {
			text += ", on " + before.Date + " " + pick(before)
		}
		return text
	}
	gpus := func(d *history.Entry) string {
		return Sum{Value: d.GPUs, Known: d.GPUsKnown, Of: d.Instances}.Text()
	}
	e.Lines = []string{
		"Instances: " + withPrevious(func(d *history.Entry) string { return FormatCount(d.Instances) }),
		"GPUs: " + withPrevious(gpus),
		"Running: " + withPrevious(func(d *history.Entry) string { return r.PerHourText(costOf(d.Running)) }),
		"Listed: " + withPrevious(func(d *history.Entry) string { return r.PerHourText(costOf(d.Listed)) }),
	}
	e.Lines = append(e.Lines, r.dayCostLine(day.Date))
	if c := day.Changes; c != nil {
		e.Lines = append(e.Lines, fmt.Sprintf("Instances since %s: %s added, %s removed, %s changed",
			c.Since, FormatCount(c.Added), FormatCount(c.Removed), FormatCount(c.Changed)))
	}
	return e
}

// dayCostLine says what a day cost. The day of the last reading goes on.
func (r *Report) dayCostLine(date string) string {
	name := "Cost of the day"
	if date == history.DateText(r.Spend.Last) {
		name += " until " + r.Spend.Last.UTC().Format("15:04 UTC")
	}
	at := slices.IndexFunc(r.Spend.Days, func(d history.DaySpend) bool { return d.Date == date && isCounted(&d) })
	if at < 0 {
		return name + ": not counted"
	}
	spent := Ranges(r.Spend.Days[at].Spent)
	return name + ": " + r.Bill.Name() + " " + r.SpentRange(spent.Of(r.Bill)) + ", " +
		r.Bill.Other().Name() + " " + r.SpentRange(spent.Of(r.Bill.Other()))
}

func costOf(c history.Cost) Cost {
	return Cost{PerHour: c.PerHour.Money, Priced: c.Priced, Of: c.Instances}
}

// feedName returns the feed name of the latest day, "" if there is none.
func feedName(days []history.Entry) string {
	if len(days) == 0 {
		return ""
	}
	return days[len(days)-1].Feed
}

// newFeedName names a feed that begins with this run. It hashes the run and its list, since equal runs must make equal
// files.
func (r *Report) newFeedName() string {
	h := sha256.New()
	fmt.Fprintf(h, "gpufleet feed\n%s\n%s\n%s\n%s\n", r.Source, r.Title, r.BaseURL, r.Generated)
	for _, in := range r.Instances {
		fmt.Fprintf(h, "%s\n%s\n", in.ID, in.Region)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// feedID returns the ID of the feed, or of its entry for a date: a UUID made of what never changes.
func (r *Report) feedID(date string) string {
	sum := sha256.Sum256([]byte("gpufleet feed\n" + feedName(r.Days) + "\n" + date))
	const versionByHash, variant = 8, 0x80
	sum[6] = sum[6]&0x0F | versionByHash<<4
	sum[8] = sum[8]&0x3F | variant
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", sum[0:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}
