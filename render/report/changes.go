package report

import (
	"cmp"
	"slices"
	"time"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
)

// Window is what changed since an earlier snapshot. The deltas of Added, Removed and Changed, plus WithoutID.Delta, add
// up to Delta exactly.
type Window struct {
	From, To time.Time // when the two lists were fetched, UTC
	// TooYoung says that no snapshot is a week old, so that this compares with the oldest one.
	TooYoung bool

	// Added and Removed are the instances whose keys are in only one list. Changed has one entry per changed field of
	// the instances in both. All are sorted by region, GPU model, host name and ID; Changed then by column.
	Added, Removed []Member
	Changed        []Change
	// ChangedInstances is the number of instances in Changed.
	ChangedInstances int
	// WithoutID are the rows without an ID, which can't be compared.
	WithoutID RowsWithoutID

	Before, After Both[Cost]
	GPUsBefore    Sum       // of the running instances
	Delta         Amounts   // After minus Before, per hour
	Sum           []SumLine // by kind, adding up to Delta

	sameRows bool // both lists have equal rows, in the fields that both snapshots keep
}

// Member is an instance that was added or removed.
type Member struct {
	*fleet.Instance
	Delta Amounts // effect on the totals, per hour: 0 if the instance doesn't count or has no price
}

// unpriced reports whether a missing price hides an effect on the billed total.
func (m Member) unpriced(bill Bill) bool { return bill.counts(m.Instance) && !m.Price.Known }

// Effect returns the effect on the total of a rate, unknown if a missing price hides it.
func (m Member) Effect(bill Bill) Value {
	return Value{Known: !m.unpriced(bill), Money: m.Delta.Of(bill)}
}

// Change is a changed field of an instance.
type Change struct {
	In       *fleet.Instance // as it is now
	Column   *Column[*fleet.Instance]
	Old, New Value
	Delta    Amounts // effect on the totals, per hour
	Kind     Kind
}

// unpriced reports whether a missing price hides an effect on the billed total: an instance without a price began or
// stopped to count.
func (c *Change) unpriced(bill Bill) bool {
	if c.Kind != StatusChanged || c.In.Price.Known || !c.Delta.Of(bill).IsZero() {
		return false
	}
	return bill.counts(&fleet.Instance{Status: c.Old.Text}) != bill.counts(c.In)
}

// Effect returns the effect on the total of a rate, unknown if a missing price hides it.
func (c *Change) Effect(bill Bill) Value {
	return Value{Known: !c.unpriced(bill), Money: c.Delta.Of(bill)}
}

// RowsWithoutID counts the rows without an ID in both lists.
type RowsWithoutID struct {
	Before, After int
	Delta         Amounts // per hour
}

// HasRowsWithoutID reports whether one of the lists has rows without an ID.
func (w *Window) HasRowsWithoutID() bool { return w.WithoutID.Before+w.WithoutID.After > 0 }

// Kind is a kind of change.
type Kind string

// The kinds, in the order of the sum. A price that became known or unknown has a kind of its own: an unknown price
// counts as 0 in the totals, so that its change is not an increase or decrease.
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

// SumLine adds up the changes of one kind.
type SumLine struct {
	Kind  Kind
	Count int // entries; for WithoutID, rows in the new list
	Delta Amounts
	// Unpriced is the number of entries whose effect is hidden by a missing price. They count as 0 in Delta.
	Unpriced Both[int]
}

// comparedField is a field whose changes are reported.
type comparedField struct {
	*fleet.Field
	column *Column[*fleet.Instance]
}

// comparedFields returns the fields whose changes are reported, in their order.
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

// comparison compares a list with a snapshot's, both by ascending key, in one pass.
type comparison struct {
	w      *Window
	kept   []*fleet.Field    // by both snapshots
	fields []comparedField   // of these
	isLast bool              // the snapshot is the last run's
	spend  *interval         // since the snapshot; nil unless it is the last run's
	public bool              // no address may be shown
	all    []*fleet.Instance // the new list
	read   int               // rows of the snapshot read so far
	rest   []*fleet.Instance // rows of the new list not yet matched
	last   *fleet.Instance   // changed last
}

// compare returns what changed from snapshot s to today's list, in the fields that both snapshots keep. byKey is
// today's list, sorted by ascending key, rows without an ID first. If isLast, s is the last run's snapshot, and an
// unchanged status keeps its start from there, and spend adds up the costs since then.
func (r *Report) compare(
	s, today *history.Snapshot, byKey []*fleet.Instance, isLast bool, spend *interval,
) (*Window, error) {
	lacks := func(f *fleet.Field) bool { return !slices.Contains(s.Kept(), f) }
	kept := slices.DeleteFunc(slices.Clone(today.Kept()), lacks)
	c := &comparison{w: &Window{From: s.Taken, To: r.Generated, After: r.Costs(), sameRows: s.Count == len(byKey)},
		kept: kept, fields: comparedFields(r.Audience, kept), isLast: isLast, spend: spend, public: !r.Internal(),
		all: byKey, rest: byKey}
	for len(c.rest) > 0 && c.rest[0].Key().IsZero() {
		c.w.WithoutID.After++
		c.w.WithoutID.Delta = c.w.WithoutID.Delta.Plus(amountsOf(c.rest[0]))
		c.spend.rowWithoutID(1, c.rest[0])
		c.rest = c.rest[1:]
	}
	if err := s.Rows(c.readRow); err != nil {
		return nil, err
	}
	c.addUpTo(fleet.Key{}, true)
	c.w.finish(r.Settings)
	return c.w, nil
}

// readRow takes the snapshot's next row. The error is errShown.
func (c *comparison) readRow(old *fleet.Instance) error {
	if c.public && old.HideAddresses() || c.match(old) {
		return errShown
	}
	c.w.sameRows = c.w.sameRows && c.read < len(c.all) && sameRow(c.kept, old, c.all[c.read])
	c.read++
	return nil
}

// match looks for an instance of the snapshot in the new list, and records what changed. It reports whether the
// snapshot shows a secret of the instance.
func (c *comparison) match(old *fleet.Instance) (shown bool) {
	if old.Running() {
		c.w.Before.Running.add(old.Price)
		c.w.GPUsBefore.add(old.GPUCount)
	}
	if old.Listed() {
		c.w.Before.Listed.add(old.Price)
	}
	key := old.Key()
	if key.IsZero() {
		c.w.WithoutID.Before++
		c.w.WithoutID.Delta = c.w.WithoutID.Delta.Minus(amountsOf(old))
		c.spend.rowWithoutID(0, old)
		return false
	}
	c.addUpTo(key, false)
	if len(c.rest) == 0 || c.rest[0].Key() != key {
		c.spend.pair(old, nil)
		kept := *old
		c.w.Removed = append(c.w.Removed, Member{&kept, Amounts{}.Minus(amountsOf(old))})
		return false
	}
	now := c.rest[0]
	c.rest = c.rest[1:]
	c.spend.pair(old, now)
	if c.isLast && old.Status == now.Status && !old.StatusSince.IsZero() {
		now.StatusSince = old.StatusSince
	}
	c.addChanges(old, now)
	return now.Secrets.In(old)
}

// addUpTo records the new instances before a key, or all the rest, as added.
func (c *comparison) addUpTo(key fleet.Key, all bool) {
	for len(c.rest) > 0 && (all || c.rest[0].Key().Compare(key) < 0) {
		c.spend.pair(nil, c.rest[0])
		c.w.Added = append(c.w.Added, Member{c.rest[0], amountsOf(c.rest[0])})
		c.rest = c.rest[1:]
	}
}

// addChanges records the changed fields of an instance.
func (c *comparison) addChanges(old, now *fleet.Instance) {
	for _, f := range c.fields {
		if f.Compare(old, now) == 0 { // nearly always
			continue
		}
		if f.Text != nil && fleet.DifferByMask(*f.Text(old), *f.Text(now)) {
			continue // what is hidden now or was then may be the same
		}
		kind, delta := effect(f.Name, old, now)
		c.w.Changed = append(c.w.Changed, Change{now, f.column, f.column.Value(old), f.column.Value(now), delta, kind})
		if c.last != now {
			c.last = now
			c.w.ChangedInstances++
		}
	}
}

// sameRow reports whether two instances are equal in some fields.
func sameRow(fields []*fleet.Field, a, b *fleet.Instance) bool {
	return !slices.ContainsFunc(fields, func(f *fleet.Field) bool { return f.Compare(a, b) != 0 })
}

// effect returns the effect of one field's change on the totals. If status and price change together, the status
// counts first, at the old price, and then the price, in the new status. So both add up to the instance's change.
func effect(field string, old, now *fleet.Instance) (Kind, Amounts) {
	switch field {
	case "status":
		between := *now
		between.Price = old.Price
		return StatusChanged, amountsOf(&between).Minus(amountsOf(old))
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
		return kind, amountsOf(now).Minus(amountsOf(&between))
	}
	return OtherChanged, Amounts{}
}

// finish sorts the changes and adds them up.
func (w *Window) finish(settings Settings) {
	perHour := func(c Both[Cost]) Amounts { return Amounts{c.Running.PerHour, c.Listed.PerHour} }
	w.Delta = perHour(w.After).Minus(perHour(w.Before))
	for _, c := range []*Cost{&w.Before.Running, &w.Before.Listed} {
		c.PerMonth = c.PerHour.Times(settings.HoursPerMonth)
	}
	w.GPUsBefore.settle()
	for _, members := range [][]Member{w.Added, w.Removed} {
		slices.SortFunc(members, func(a, b Member) int { return compareByRegion(a.Instance, b.Instance) })
	}
	w.Changed = sortedChanges(w.Changed)
	w.addUp()
}

// sortedChanges sorts changes by instance; the changes of one instance keep their order. It moves each change only
// once: there may be a million of them, and each is large.
func sortedChanges(changes []Change) []Change {
	order := make([]int, len(changes))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		if a, b := changes[i].In, changes[j].In; a != b {
			return compareByRegion(a, b)
		}
		return cmp.Compare(i, j)
	})
	sorted := make([]Change, len(changes))
	for i, at := range order {
		sorted[i] = changes[at]
	}
	return sorted
}

// compareByRegion orders by region, GPU model, host name and key.
func compareByRegion(a, b *fleet.Instance) int {
	if c := compareNatural(a.Region, b.Region); c != 0 {
		return c
	}
	if c := compareNatural(a.GPU, b.GPU); c != 0 {
		return c
	}
	if c := compareNatural(a.HostName, b.HostName); c != 0 {
		return c
	}
	return a.Key().Compare(b.Key())
}

// addUp makes the lines of the sum: one for each kind that occurs.
func (w *Window) addUp() {
	lines := map[Kind]*SumLine{}
	add := func(kind Kind, count int, delta Amounts, unpriced func(Bill) bool) {
		if lines[kind] == nil {
			lines[kind] = &SumLine{Kind: kind}
		}
		lines[kind].Count += count
		lines[kind].Delta = lines[kind].Delta.Plus(delta)
		if unpriced(BillRunning) {
			lines[kind].Unpriced.Running++
		}
		if unpriced(BillListed) {
			lines[kind].Unpriced.Listed++
		}
	}
	for _, m := range w.Added {
		add(Added, 1, m.Delta, m.unpriced)
	}
	for _, m := range w.Removed {
		add(Removed, 1, m.Delta, m.unpriced)
	}
	for i := range w.Changed {
		change := &w.Changed[i]
		add(change.Kind, 1, change.Delta, change.unpriced)
	}
	if w.HasRowsWithoutID() {
		add(WithoutID, w.WithoutID.After, w.WithoutID.Delta, func(Bill) bool { return false })
	}
	kinds := []Kind{Added, Removed, StatusChanged, PriceChanged, PriceKnown, PriceUnknown, OtherChanged, WithoutID}
	for _, kind := range kinds {
		if line := lines[kind]; line != nil {
			w.Sum = append(w.Sum, *line)
		}
	}
}
