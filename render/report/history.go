package report

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
)

// History is what a report says with the help of previous runs, and keeps for later ones. Before Compare it is that of
// a first run, without findings.
type History struct {
	// SinceLastRun and SinceLastWeek are nil if there is no earlier snapshot.
	SinceLastRun, SinceLastWeek *Window
	// Days has one entry per day, oldest first; today is the last.
	Days []history.Entry
	// Snapshots of the list, oldest first; today's is the last.
	Snapshots []*history.Snapshot
	// Spend is what the fleet has cost, up to this run.
	Spend *history.Spend
	// Forecast is of the current month.
	Forecast Forecast
	// Findings are what needs attention, the highest amounts first.
	Findings []*Finding
	// OwnerBudgets are the owners' budgets, sorted by owner.
	OwnerBudgets []*OwnerBudget

	foundBy        []ruleSet                           // for each instance
	spentThisMonth map[string]map[string]history.Spent // by dimension and name
}

// Compare compares the report with previous runs and fills its History. Call it once, before writing any output. What
// previous runs left must not show the secrets of this list's instances, nor addresses in a public report. If it may
// do so, all of it is changed first.
func (r *Report) Compare(previous *history.History) error {
	if !r.mayShow(previous) {
		if err := r.compareAll(previous); !errors.Is(err, errShown) {
			return err
		}
	}
	if err := previous.HideTexts(context.Background(), r.Head(), r.Instances); err != nil {
		return err
	}
	return r.compareAll(previous)
}

// errShown says that a snapshot shows a text that the report must not show.
var errShown = errors.New("an earlier snapshot shows a secret or an address")

// mayShow reports whether previous runs may have left a text that must not be shown: they were made to hide
// less, a text of this list had a secret, or the name of a group has an address.
func (r *Report) mayShow(previous *history.History) bool {
	if previous.HidesLess {
		return true
	}
	for _, in := range r.Instances {
		if in.Secrets != nil && in.Secrets.Shown {
			return true
		}
	}
	hasAddress := func(region, gpu string) bool {
		return !r.Internal() && (fleet.HideAddress(region) != region || fleet.HideAddress(gpu) != gpu)
	}
	for _, day := range previous.Days {
		if slices.ContainsFunc(day.Groups, func(g history.Group) bool { return hasAddress(g.Region, g.GPU) }) {
			return true
		}
	}
	for _, m := range previous.Spend.Months { // which have all names of its days
		if slices.ContainsFunc(m.Groups, func(g history.GroupSpend) bool { return hasAddress(g.Region, g.GPU) }) {
			return true
		}
	}
	return false
}

func (r *Report) compareAll(previous *history.History) error {
	byKey := slices.Clone(r.Instances)
	appendKey := func(to []byte, in *fleet.Instance) []byte { return in.Key().Append(to) }
	sortByKey(byKey, appendKey, func(a, b *fleet.Instance) int { return a.Key().Compare(b.Key()) })
	settleGroups(previous.Snapshots, byKey)
	var last *history.Snapshot // the last run's, even if that was this run
	if n := len(previous.Snapshots); n > 0 {
		last = previous.Snapshots[n-1]
	}
	if err := r.beginStatuses(previous.Snapshots, byKey); err != nil {
		return err
	}
	today := history.NewSnapshot(r.Head(), r.Generated, byKey)
	spend := r.nextInterval(&previous.Spend, last)
	windows := map[*history.Snapshot]*Window{}
	since := func(s *history.Snapshot) (*Window, error) {
		if s == nil || windows[s] != nil {
			return windows[s], nil
		}
		var costs *interval
		if s == last {
			costs = spend
		}
		w, err := r.compare(s, today, byKey, s == last, costs)
		windows[s] = w
		return w, err
	}
	found, err := withoutThisRun(previous.Snapshots, today, since)
	if err != nil {
		return err
	}
	var yesterday *Window
	if len(found) > 0 {
		last, week := found[len(found)-1], history.WeekOld(found, r.Generated)
		if r.SinceLastRun, err = since(last); err != nil {
			return err
		}
		if r.SinceLastWeek, err = since(week); err != nil {
			return err
		}
		if yesterday, err = since(history.NewestBefore(found, history.Day(r.Generated))); err != nil {
			return err
		}
		if history.Day(week.Taken).After(history.WeekBefore(r.Generated)) {
			window := *r.SinceLastWeek
			window.TooYoung = true
			r.SinceLastWeek = &window
		}
	}
	r.keep(previous, today, yesterday)
	r.setSpend(&previous.Spend, spend)
	r.findAttention()
	count := r.AttentionCount()
	r.Days[len(r.Days)-1].Attention = &count
	return nil
}

// beginStatuses makes each status begin now. Snapshots in the older format don't say when a status began: if the last
// ones have that format, it began at the first of those in a row that have the status. If the last one says when, the
// comparison with it finds that.
func (r *Report) beginStatuses(snapshots []*history.Snapshot, byKey []*fleet.Instance) error {
	same := make([]bool, len(byKey)) // in all snapshots so far
	for i, in := range byKey {
		if same[i] = !in.Key().IsZero(); same[i] {
			in.StatusSince = r.Generated
		}
	}
	for _, s := range slices.Backward(snapshots) {
		if !s.IsOldFormat() {
			break
		}
		at, here := 0, make([]bool, len(byKey))
		if err := s.Rows(func(old *fleet.Instance) error {
			key := old.Key()
			for at < len(byKey) && byKey[at].Key().Compare(key) < 0 {
				at++
			}
			if at < len(byKey) && byKey[at].Key() == key && same[at] && byKey[at].Status == old.Status {
				byKey[at].StatusSince, here[at] = s.Taken, true
			}
			return nil
		}); err != nil {
			return err
		}
		same = here
	}
	return nil
}

// settleGroups sets the groups in snapshots of the older format to those that their instances are in now.
func settleGroups(snapshots []*history.Snapshot, byKey []*fleet.Instance) {
	compareKey := func(in *fleet.Instance, key fleet.Key) int { return in.Key().Compare(key) }
	group := func(key fleet.Key) string {
		at, found := slices.BinarySearchFunc(byKey, key, compareKey)
		if key.IsZero() || !found {
			return ""
		}
		return byKey[at].Model()
	}
	for _, s := range snapshots {
		if s.IsOldFormat() {
			s.SetMissingGroups(group)
		}
	}
}

// withoutThisRun drops the last snapshot if it is of the same list at the same time. So repeating a run gives the same
// report.
func withoutThisRun(
	found []*history.Snapshot, today *history.Snapshot, since func(*history.Snapshot) (*Window, error),
) ([]*history.Snapshot, error) {
	if len(found) == 0 || !found[len(found)-1].Taken.Equal(today.Taken) {
		return found, nil
	}
	w, err := since(found[len(found)-1])
	if err != nil {
		return nil, err
	}
	if w.sameRows || w.Unchanged() { // unchanged rows can still differ in fields that one of them hides
		found = found[:len(found)-1]
	}
	return found, nil
}

// keep sets the snapshots and days for later runs: the previous ones that are still kept, then today's. yesterday is
// what changed since an earlier day, nil if unknown.
func (r *Report) keep(previous *history.History, today *history.Snapshot, yesterday *Window) {
	r.Snapshots = append(previous.RecentSnapshots(r.Generated), today)
	entry := r.entry(yesterday)
	if entry.Feed = feedName(previous.Days); entry.Feed == "" {
		entry.Feed = r.newFeedName()
	}
	r.Days = append(previous.RecentDays(r.Generated), entry)
	for i := range r.Days[:max(0, len(r.Days)-history.GroupDays)] {
		r.Days[i].Groups = nil
	}
}

// Head describes the report's source and what it may show, as snapshots and the history record it.
func (s Settings) Head() history.Head {
	return history.Head{Source: string(s.Source), Audience: string(s.Audience), Currency: s.Currency,
		Hidden: s.Hidden, Key: s.KeyFingerprint}
}

// entry returns this run's day in the history. since is what changed since an earlier day, nil if unknown.
func (r *Report) entry(since *Window) history.Entry {
	e := history.Entry{Date: history.DateText(r.Generated), Taken: r.Generated.UTC(), Figures: figuresOf(&r.Totals)}
	if r.Budget.Known {
		e.Budget = &history.Amount{Money: r.Budget.Value}
	}
	if since != nil {
		e.Changes = &history.Counts{
			Since: history.DateText(since.From),
			Added: len(since.Added), Removed: len(since.Removed), Changed: since.ChangedInstances,
		}
	}
	groups := r.Groups()
	var others []*Group
	if len(groups) > history.MaxGroups {
		largest := slices.Clone(groups)
		slices.SortStableFunc(largest, func(a, b *Group) int { return cmp.Compare(b.Count, a.Count) })
		others = largest[history.MaxGroups-1:]
	}
	isOther := map[*Group]bool{}
	for _, g := range others {
		isOther[g] = true
	}
	for _, g := range groups {
		if !isOther[g] {
			e.Groups = append(e.Groups, history.Group{Region: g.Region.Name, GPU: g.Model.Name, Figures: figuresOf(&g.Totals)})
		}
	}
	if len(others) > 0 {
		rest := sumGroups(others, r.HoursPerMonth)
		e.Groups = append(e.Groups, history.Group{Figures: figuresOf(&rest)})
	}
	return e
}

func figuresOf(t *Totals) history.Figures {
	cost := func(c Cost) history.Cost {
		return history.Cost{Instances: c.Of, Priced: c.Priced, PerHour: history.Amount{Money: c.PerHour}}
	}
	return history.Figures{
		Instances: t.Count, GPUs: t.GPUs.Value, GPUsKnown: t.GPUs.Known,
		Running: cost(t.Running), Listed: cost(t.Listed),
	}
}
