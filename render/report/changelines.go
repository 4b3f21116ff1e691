package report

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"gpufleet/fetch/fleet"
)

// NamedWindow is a window with its names in outputs. The Window is nil if there is no earlier snapshot.
type NamedWindow struct {
	*Window
	Since  string // "last run"
	Title  string // "Since the last run"
	Anchor string
	isBoth bool // it stands for both windows
}

// Windows returns both windows, for data.
func (r *Report) Windows() []NamedWindow {
	return []NamedWindow{
		{Window: r.SinceLastRun, Since: "last run", Title: "Since the last run", Anchor: "last-run"},
		{Window: r.SinceLastWeek, Since: "last week", Title: "Since last week", Anchor: "last-week"},
	}
}

// ShownWindows returns the windows that people see, in order: one for both if both compare with the same snapshot.
func (r *Report) ShownWindows() []NamedWindow {
	all := r.Windows()
	last, week := all[0], all[1]
	if last.Window == nil || week.Window == nil || !last.From.Equal(week.From) {
		return all
	}
	last.Window, last.isBoth = week.Window, true // which says whether it is too young
	return []NamedWindow{last}
}

// Week is the window since last week, for data.
func (r *Report) Week() NamedWindow { return r.Windows()[1] }

// ShownWeek is the window since last week that people see.
func (r *Report) ShownWeek() NamedWindow {
	shown := r.ShownWindows()
	return shown[len(shown)-1]
}

// NoSnapshot replaces a window without an earlier snapshot.
const NoSnapshot = "No earlier snapshot to compare with."

// Basis says which two lists the window compares.
func (w NamedWindow) Basis() string { return w.BasisWith(FormatTime) }

// BasisWith is Basis with times in the given form.
func (w NamedWindow) BasisWith(form func(time.Time) string) string {
	switch {
	case w.Window == nil:
		return NoSnapshot
	case w.TooYoung && w.isBoth:
		return "Compares the snapshot of " + form(w.From) + " with the list of " + form(w.To) +
			". No snapshot is a week old yet."
	case w.TooYoung:
		return "No snapshot is a week old yet, so this compares the oldest one (" + form(w.From) +
			") with the list of " + form(w.To) + "."
	default:
		return "Compares the snapshot of " + form(w.From) + " with the list of " + form(w.To) + "."
	}
}

// Unchanged reports whether there are no changes at all.
func (w *Window) Unchanged() bool { return len(w.Sum) == 0 }

// ChangeLine is an instance that was added or removed, a field that changed, or all rows without an ID together.
type ChangeLine struct {
	In     *fleet.Instance // nil for the rows without an ID
	Kind   Kind
	Delta  Amounts // effect on the totals, per hour
	window NamedWindow
	change *Change // nil if no field changed
}

// Lines yields the window's lines: added, removed, changed, rows without an ID. Their deltas add up to the window's.
func (w NamedWindow) Lines() iter.Seq[ChangeLine] {
	return func(yield func(ChangeLine) bool) {
		if w.Window == nil {
			return
		}
		for _, m := range w.Added {
			if !yield(ChangeLine{m.Instance, Added, m.Delta, w, nil}) {
				return
			}
		}
		for _, m := range w.Removed {
			if !yield(ChangeLine{m.Instance, Removed, m.Delta, w, nil}) {
				return
			}
		}
		for i := range w.Changed {
			change := &w.Changed[i]
			if !yield(ChangeLine{change.In, change.Kind, change.Delta, w, change}) {
				return
			}
		}
		if w.HasRowsWithoutID() {
			yield(ChangeLine{nil, WithoutID, w.WithoutID.Delta, w, nil})
		}
	}
}

// First returns at most limit lines, and how many more there are.
func (w NamedWindow) First(limit int) (lines []ChangeLine, more int) {
	for line := range w.Lines() {
		if len(lines) == limit {
			all := len(w.Added) + len(w.Removed) + len(w.Changed) + min(1, w.WithoutID.Before+w.WithoutID.After)
			return lines, all - limit
		}
		lines = append(lines, line)
	}
	return lines, 0
}

// Changed returns the change of a field, nil if no field changed.
func (l ChangeLine) Changed() *Change { return l.change }

// Title says what changed: "Added", "Status changed", "RAM (GB) changed".
func (l ChangeLine) Title(s Settings) string {
	switch {
	case l.Kind != OtherChanged || l.change == nil:
		return l.Kind.Label()
	case l.change.Column.Type == Time: // whose values have their unit
		return l.change.Column.Title + " changed"
	}
	return l.FieldTitle(s) + " changed"
}

// Field returns the name of the changed field's column, "" if no field changed.
func (l ChangeLine) Field() string {
	if l.change == nil {
		return ""
	}
	return l.change.Column.Name
}

// OldText returns the field's old value for people, "" if no field changed.
func (l ChangeLine) OldText(s Settings) string { return l.text(s, false) }

// NewText returns the field's new value for people, "" if no field changed.
func (l ChangeLine) NewText(s Settings) string { return l.text(s, true) }

func (l ChangeLine) text(s Settings, now bool) string {
	switch {
	case l.change == nil:
		return ""
	case now:
		return Format(s, *l.change.Column, l.change.New)
	}
	return Format(s, *l.change.Column, l.change.Old)
}

// exact returns a field's value as text, since one column holds values of all types.
func (l ChangeLine) exact(pick func(*Change) Value) Value {
	if l.change == nil {
		return Value{}
	}
	return text(Exact(l.change.Column.Type, pick(l.change)))
}

// value returns a column's value for the line's instance, unknown if the line has no instance.
func (l ChangeLine) value(pick func(*fleet.Instance) Value) Value {
	if l.In == nil {
		return Value{}
	}
	return pick(l.In)
}

// ChangeColumns returns the columns of a ChangeLine, without hidden ones.
func ChangeColumns(s Settings) []Column[ChangeLine] {
	columns := []Column[ChangeLine]{
		{"since", "Since", "", Text, "The earlier list: last run or last week. " +
			"Last week is the newest snapshot at least a week old, or else the oldest one.",
			func(l ChangeLine) Value { return text(l.window.Since) }},
		{"from", "From", "UTC", Time, "When the earlier list was fetched.",
			func(l ChangeLine) Value { return Value{Known: true, Time: l.window.From} }},
		{"change", "Change", "", Text, "added, removed, or the kind of change. " +
			"A price that becomes known or unknown is not an increase or decrease: an unknown price counts as 0. " +
			"All rows without an ID share one line, because they can't be compared.",
			func(l ChangeLine) Value { return text(string(l.Kind)) }},
	}
	for _, c := range NamedColumns(s, "id", "account", "host_name", "region", "gpu", "gpu_group", "gpu_count") {
		columns = append(columns, Column[ChangeLine]{c.Name, c.Title, c.Unit, c.Type, c.Description,
			func(l ChangeLine) Value { return l.value(c.Value) }})
	}
	return append(columns, []Column[ChangeLine]{
		{"field", "Field", "", Text, "The name of the column that changed.",
			func(l ChangeLine) Value { return text(l.Field()) }},
		{"old", "Old", "", Text, "The previous value, as text.",
			func(l ChangeLine) Value { return l.exact(func(c *Change) Value { return c.Old }) }},
		{"new", "New", "", Text, "The current value, as text.",
			func(l ChangeLine) Value { return l.exact(func(c *Change) Value { return c.New }) }},
		deltaColumn(BillRunning), deltaColumn(BillListed),
	}...)
}

// deltaColumn returns the column of the effects on the total of a rate.
func deltaColumn(bill Bill) Column[ChangeLine] {
	total := bill.Name() + " total"
	return Column[ChangeLine]{bill.Name() + "_per_hour_delta", bill.Title() + " change", perHour, Money,
		"Effect on the " + total + ". The lines add up to the change in the " + total +
			". Empty if a missing price hides the effect.",
		func(l ChangeLine) Value { return Value{Known: !l.unpriced(bill), Money: l.Delta.Of(bill)} }}
}

// NamedColumns returns the instance columns with these names, in this order, without hidden ones.
func NamedColumns(s Settings, names ...string) []Column[*fleet.Instance] {
	var columns []Column[*fleet.Instance]
	all := instanceColumns(s.Audience)
	for _, name := range names {
		at := slices.IndexFunc(all, func(c Column[*fleet.Instance]) bool { return c.Name == name })
		if at >= 0 && s.Shows(name) {
			columns = append(columns, all[at])
		}
	}
	return columns
}

// MemberColumns returns the columns of an added or removed instance in changes.json.
func MemberColumns(s Settings) []Column[*fleet.Instance] {
	return NamedColumns(s, "id", "account", "host_name", "region", "gpu", "gpu_group", "gpu_count", "price_per_hour")
}

// ChangedColumns returns the columns of a changed instance in changes.json.
func ChangedColumns(s Settings) []Column[*fleet.Instance] {
	return NamedColumns(s, "id", "account", "host_name", "region", "gpu", "gpu_group")
}

// Label returns the kind's name for people.
func (k Kind) Label() string {
	if k == WithoutID {
		return "Rows without an ID (not comparable)"
	}
	return string(k[0]-'a'+'A') + string(k[1:])
}

// DeltaText returns the line's effect on the billed total for people, Unknown if a missing price hides it.
func (l ChangeLine) DeltaText(s Settings) string {
	if l.unpriced(s.Bill) {
		return Unknown
	}
	return s.deltaText(l.Kind, l.Delta.Of(s.Bill))
}

// unpriced reports whether a missing price hides the line's effect on the total of a rate.
func (l ChangeLine) unpriced(bill Bill) bool {
	if l.change != nil {
		return l.change.unpriced(bill)
	}
	return l.In != nil && Member{Instance: l.In}.unpriced(bill)
}

// DeltaText returns the effect of a kind of changes on a total for people, and how many have no price.
func (l SumLine) DeltaText(s Settings, bill Bill) string {
	text := s.deltaText(l.Kind, l.Delta.Of(bill))
	if n := l.Unpriced.Of(bill); n > 0 {
		text = WithCoverage(text, FormatCount(n)+" without a price")
	}
	return text
}

// DeltaText returns the change in a total for people.
func (w *Window) DeltaText(s Settings, bill Bill) string { return s.deltaText("", w.Delta.Of(bill)) }

// DeltaLabel names the change in the billed total. It says so if prices that became known or unknown contribute.
func (w *Window) DeltaLabel(s Settings) string {
	return "Change in the " + s.Bill.Name() + " total" + w.knownPrices(s.Bill)
}

// DeltasLabel is DeltaLabel for the changes in both totals.
func (w *Window) DeltasLabel(s Settings) string {
	return "Change" + cmp.Or(w.knownPrices(s.Bill), w.knownPrices(s.Bill.Other()))
}

func (w *Window) knownPrices(bill Bill) string {
	for _, line := range w.Sum {
		if (line.Kind == PriceKnown || line.Kind == PriceUnknown) && !line.Delta.Of(bill).IsZero() {
			return ", including prices that became known or unknown"
		}
	}
	return ""
}

// deltaText returns a change in a total for people: "+$1.50/h", "−$1.50/h". A price that became known or unknown
// never shows as an increase or decrease.
func (s Settings) deltaText(kind Kind, m fleet.Money) string {
	switch zero := m.IsZero(); {
	case !zero && kind == PriceKnown:
		return s.Amount(m) + "/h newly counted"
	case !zero && kind == PriceUnknown:
		return s.Amount(fleet.Money{}.Minus(m)) + "/h no longer counted"
	}
	return plus(m) + s.Amount(m) + "/h"
}

// plus returns the sign of an increase, which an amount has not: "+".
func plus(m fleet.Money) string {
	if m.Sign() > 0 {
		return "+"
	}
	return ""
}

// CountText returns the line's count for people.
func (w *Window) CountText(l SumLine) string {
	if l.Kind == WithoutID {
		return FormatCount(w.WithoutID.Before) + " before, " + FormatCount(w.WithoutID.After) + " now"
	}
	return FormatCount(l.Count)
}

// Name returns the instance's host name, else its ID, "" without an instance.
func (l ChangeLine) Name(s Settings) string {
	switch {
	case l.In == nil:
		return ""
	case l.In.HostName != "" && !slices.Contains(s.Hidden, "host_name"):
		return l.In.HostName
	}
	return l.In.ID
}

// FieldTitle returns the changed field's name for people, "" if no field changed.
func (l ChangeLine) FieldTitle(s Settings) string {
	if l.change == nil {
		return ""
	}
	return Heading(s, *l.change.Column)
}

// FieldType returns the type of the changed field, Text if no field changed.
func (l ChangeLine) FieldType() Type {
	if l.change == nil {
		return Text
	}
	return l.change.Column.Type
}
