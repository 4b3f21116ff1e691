package report

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
)

// Window is what changed since an earlier snapshot. The changes in it add up exactly: the deltas of all that was added,
// removed and changed, and Nameless.Delta, come to Delta.
type Window struct {
	From, To time.Time // when the two lists were fetched, UTC
	// TooYoung: a week was asked for, but no snapshot is that old, and this is the oldest one.
	TooYoung bool

	// Added and Removed are the instances whose ids are in one list alone, Changed the fields of those in both, one
	// entry a field. Each is sorted as instances are: by region, GPU model, host name, id; the fields in the order of
	// the columns.
	Added, Removed []Member
	Changed        []Change
	// ChangedInstances is how many instances Changed is about.
	ChangedInstances int
	// Nameless are the rows without an id, which can't be compared.
	Nameless Nameless

	Before, After Cost        // listed
	Delta         fleet.Money // After.PerHour less Before.PerHour
	Sum           []SumLine   // by kind, adding up to Delta

	sameRows bool // both lists have the same rows, in the fields that both snapshots keep
}

// Member is an instance that was added or removed.
type Member struct {
	*fleet.Instance
	Delta fleet.Money // what the listed total changed by: nothing where it is not listed or has no price
}

// unpriced reports whether the instance would have changed the listed total if its price were known.
func (m Member) unpriced() bool { return m.Listed() && !m.Price.Known }

// Change is a field of an instance that has changed.
type Change struct {
	In       *fleet.Instance // as it is now
	Column   *Column[*fleet.Instance]
	Old, New Value
	Delta    fleet.Money // what the listed total changed by
	Kind     Kind
}

// unpriced reports whether the change would have changed the listed total if the price were known: the instance came
// into it or left it, without a price.
func (c *Change) unpriced() bool {
	if c.Kind != StatusChanged || c.In.Price.Known || !c.Delta.IsZero() {
		return false
	}
	before := fleet.Instance{Status: c.Old.Text}
	return before.Listed() != c.In.Listed()
}

// Nameless are the rows without an id of both lists.
type Nameless struct {
	Before, After int
	Delta         fleet.Money
}

// Kind says what a line of a window's sum is about.
type Kind string

// The kinds, in the order of the sum. A price that becomes known or unknown is no rise and no fall: the listed total
// has been counting it as 0.
const (
	Added         Kind = "added"
	Removed       Kind = "removed"
	StatusChanged Kind = "status changed"
	PriceChanged  Kind = "price changed"
	PriceKnown    Kind = "price became known"
	PriceUnknown  Kind = "price became unknown"
	OtherChanged  Kind = "other field changed"
	WithoutID     Kind = "without an id"
)

// SumLine is what the changes of one kind come to.
type SumLine struct {
	Kind  Kind
	Count int // entries; for WithoutID rows now
	Delta fleet.Money
	// Unpriced is how many of the entries would change the listed total if a price were known. They count as 0 in Delta.
	Unpriced int
}

// comparedField is a field whose changes are reported.
type comparedField struct {
	*fleet.Field
	column *Column[*fleet.Instance]
}

// comparedFields returns those of some fields whose changes are reported.
func comparedFields(audience Audience, fields []*fleet.Field) []comparedField {
	var compared []comparedField
	columns := instanceColumns(audience)
	for _, f := range fields {
		at := slices.IndexFunc(columns, func(c Column[*fleet.Instance]) bool { return c.Name == f.Name })
		if f.Compared && at >= 0 {
			compared = append(compared, comparedField{f, &columns[at]})
		}
	}
	return compared
}

// counted returns what an instance adds to the listed total.
func counted(in *fleet.Instance) fleet.Money {
	if in.Listed() && in.Price.Known {
		return in.Price.Value
	}
	return fleet.Money{}
}

// comparison compares a list with a snapshot's, both by ascending id, in one pass.
type comparison struct {
	w      *Window
	kept   []*fleet.Field    // by both snapshots
	fields []comparedField   // of these
	isLast bool              // the snapshot is the last run's
	all    []*fleet.Instance // the new list
	met    int               // rows of the snapshot
	rest   []*fleet.Instance // of the new list, not yet met
	last   string            // id that a change was noted of
}

// compare returns what changed from snapshot s to today's list, byID, of which today is the snapshot: in the fields
// that both keep. byID is sorted by ID. isLast says that s is the last run's: then a status that has not changed
// began when that run says.
func (r *Report) compare(s, today *history.Snapshot, byID []*fleet.Instance, isLast bool) (*Window, error) {
	lacks := func(f *fleet.Field) bool { return !slices.Contains(s.Kept(), f) }
	kept := slices.DeleteFunc(slices.Clone(today.Kept()), lacks)
	c := &comparison{w: &Window{From: s.Taken, To: r.Generated, After: r.Listed, sameRows: s.Count == len(byID)},
		kept: kept, fields: comparedFields(r.Audience, kept), isLast: isLast, all: byID, rest: byID}
	for len(c.rest) > 0 && c.rest[0].ID == "" {
		c.w.Nameless.After++
		c.w.Nameless.Delta = c.w.Nameless.Delta.Add(counted(c.rest[0]))
		c.rest = c.rest[1:]
	}
	if err := s.Rows(c.meet); err != nil {
		return nil, err
	}
	c.addUpTo("", true)
	c.w.finish(r.Settings)
	return c.w, nil
}

// meet takes the next instance of the snapshot. It returns no error.
func (c *comparison) meet(old *fleet.Instance) error {
	c.match(old)
	c.w.sameRows = c.w.sameRows && c.met < len(c.all) && sameRow(c.kept, old, c.all[c.met])
	c.met++
	return nil
}

// match finds an instance of the snapshot in the new list, and notes what became of it.
func (c *comparison) match(old *fleet.Instance) {
	if old.Listed() {
		c.w.Before.add(old.Price)
	}
	if old.ID == "" {
		c.w.Nameless.Before++
		c.w.Nameless.Delta = c.w.Nameless.Delta.Minus(counted(old))
		return
	}
	c.addUpTo(old.ID, false)
	if len(c.rest) == 0 || c.rest[0].ID != old.ID {
		kept := *old
		c.w.Removed = append(c.w.Removed, Member{&kept, fleet.Money{}.Minus(counted(old))})
		return
	}
	now := c.rest[0]
	c.rest = c.rest[1:]
	if c.isLast && old.Status == now.Status && !old.StatusSince.IsZero() {
		now.StatusSince = old.StatusSince
	}
	c.differ(old, now)
}

// addUpTo takes the new instances before an id, or all the rest, for added.
func (c *comparison) addUpTo(id string, all bool) {
	for len(c.rest) > 0 && (all || c.rest[0].ID < id) {
		c.w.Added = append(c.w.Added, Member{c.rest[0], counted(c.rest[0])})
		c.rest = c.rest[1:]
	}
}

// differ notes the fields in which an instance has changed.
func (c *comparison) differ(old, now *fleet.Instance) {
	for _, f := range c.fields {
		if f.Compare(old, now) == 0 { // as nearly all are from one run to the next
			continue
		}
		kind, delta := effect(f.Name, old, now)
		c.w.Changed = append(c.w.Changed, Change{now, f.column, f.column.Value(old), f.column.Value(now), delta, kind})
		if c.last != now.ID {
			c.last = now.ID
			c.w.ChangedInstances++
		}
	}
}

// sameRow reports whether two instances are the same in some fields.
func sameRow(fields []*fleet.Field, a, b *fleet.Instance) bool {
	return !slices.ContainsFunc(fields, func(f *fleet.Field) bool { return f.Compare(a, b) != 0 })
}

// effect returns what the change of one field does to the listed total. Where status and price change together, the
// status changes first, at the old price, and then the price, in the new status: so both add up to the change of the
// instance.
func effect(field string, old, now *fleet.Instance) (Kind, fleet.Money) {
	switch field {
	case "status":
		between := *now
		between.Price = old.Price
		return StatusChanged, counted(&between).Minus(counted(old))
	case "price_per_hour":
		between := *now
		between.Price = old.Price
		kind := PriceChanged
		switch {
		case !old.Price.Known:
			kind = PriceKnown
		case !now.Price.Known:
			kind = PriceUnknown
		}
		return kind, counted(now).Minus(counted(&between))
	}
	return OtherChanged, fleet.Money{}
}

// finish sorts the changes and adds them up.
func (w *Window) finish(settings Settings) {
	w.Delta = w.After.PerHour.Minus(w.Before.PerHour)
	w.Before.PerMonth = w.Before.PerHour.Times(settings.HoursPerMonth)
	for _, members := range [][]Member{w.Added, w.Removed} {
		slices.SortFunc(members, func(a, b Member) int { return comparePlaces(a.Instance, b.Instance) })
	}
	w.Changed = sortedChanges(w.Changed)
	w.addUp()
}

// sortedChanges sorts changes of which those of one instance stand together, in their order. It moves each once:
// there may be a million of them, and each is large.
func sortedChanges(changes []Change) []Change {
	order := make([]int, len(changes))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		if a, b := changes[i].In, changes[j].In; a != b {
			return comparePlaces(a, b)
		}
		return cmp.Compare(i, j)
	})
	sorted := make([]Change, len(changes))
	for i, at := range order {
		sorted[i] = changes[at]
	}
	return sorted
}

func comparePlaces(a, b *fleet.Instance) int {
	if c := compareNatural(a.Region, b.Region); c != 0 {
		return c
	}
	if c := compareNatural(a.GPU, b.GPU); c != 0 {
		return c
	}
	if c := compareNatural(a.HostName, b.HostName); c != 0 {
		return c
	}
	return strings.Compare(a.ID, b.ID)
}

// addUp makes the lines of the sum: one for each kind of change that there is.
func (w *Window) addUp() {
	lines := map[Kind]*SumLine{}
	add := func(kind Kind, count int, delta fleet.Money, unpriced bool) {
		if lines[kind] == nil {
			lines[kind] = &SumLine{Kind: kind}
		}
		lines[kind].Count += count
		lines[kind].Delta = lines[kind].Delta.Add(delta)
		if unpriced {
			lines[kind].Unpriced++
		}
	}
	for _, m := range w.Added {
		add(Added, 1, m.Delta, m.unpriced())
	}
	for _, m := range w.Removed {
		add(Removed, 1, m.Delta, m.unpriced())
	}
	for i := range w.Changed {
		change := &w.Changed[i]
		add(change.Kind, 1, change.Delta, change.unpriced())
	}
	if w.Nameless != (Nameless{}) {
		add(WithoutID, w.Nameless.After, w.Nameless.Delta, false)
	}
	kinds := []Kind{Added, Removed, StatusChanged, PriceChanged, PriceKnown, PriceUnknown, OtherChanged, WithoutID}
	for _, kind := range kinds {
		if line := lines[kind]; line != nil {
			w.Sum = append(w.Sum, *line)
		}
	}
}
