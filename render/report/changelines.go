package report

import (
	"iter"
	"slices"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
)

// NamedWindow is a window and what outputs call it. The Window is nil where there is no earlier snapshot.
type NamedWindow struct {
	*Window
	Since  string // what it is compared with: "last run"
	Title  string // "Since the last run"
	Anchor string
}

// Windows returns the windows of changes, in the order in which outputs show them.
func (r *Report) Windows() []NamedWindow {
	return []NamedWindow{
		{r.SinceLastRun, "last run", "Since the last run", "last-run"},
		{r.SinceLastWeek, "last week", "Since last week", "last-week"},
	}
}

// Week is the window since last week.
func (r *Report) Week() NamedWindow { return r.Windows()[1] }

// NoSnapshot is what stands where a window would be.
const NoSnapshot = "No earlier snapshot to compare with."

// Basis says what the window compares.
func (w NamedWindow) Basis() string {
	switch {
	case w.Window == nil:
		return NoSnapshot
	case w.TooYoung:
		return "No snapshot is a week old. Compared with the oldest, of " + history.DateText(w.From) + ": " + w.span()
	default:
		return "Compared with the snapshot of " + history.DateText(w.From) + ": " + w.span()
	}
}

func (w NamedWindow) span() string {
	return "the list of " + FormatTime(w.From) + " with that of " + FormatTime(w.To) + "."
}

// Unchanged reports whether nothing at all has changed.
func (w *Window) Unchanged() bool { return len(w.Sum) == 0 }

// ChangeLine is one line of what changed: an instance that was added or removed, a field that changed, or the rows
// without an id together.
type ChangeLine struct {
	In     *fleet.Instance // nil for the rows without an id
	Kind   Kind
	Delta  fleet.Money // what the listed total changed by
	window NamedWindow
	change *Change // nil where no field changed
}

// Lines yields the window's lines: what was added, what was removed, what changed, the rows without an id. Their deltas
// add up to the window's.
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
		if w.Nameless != (Nameless{}) {
			yield(ChangeLine{nil, WithoutID, w.Nameless.Delta, w, nil})
		}
	}
}

// First returns the first lines, at most limit of them, and how many more there are.
func (w NamedWindow) First(limit int) (lines []ChangeLine, more int) {
	for line := range w.Lines() {
		if len(lines) == limit {
			return lines, len(w.Added) + len(w.Removed) + len(w.Changed) + min(1, w.Nameless.Before+w.Nameless.After) - limit
		}
		lines = append(lines, line)
	}
	return lines, 0
}

// ChangeLines returns the lines of all windows.
func (r *Report) ChangeLines() []ChangeLine {
	var all []ChangeLine
	for _, w := range r.Windows() {
		all = slices.AppendSeq(all, w.Lines())
	}
	return all
}

// Field returns the name of the changed field's column, "" where no field changed.
func (l ChangeLine) Field() string {
	if l.change == nil {
		return ""
	}
	return l.change.Column.Name
}

// OldText and NewText return the field's values for people, "" where no field changed.
func (l ChangeLine) OldText(s Settings) string { return l.text(s, false) }

// NewText is OldText's counterpart.
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

// exact returns a field's value for a cell that takes any type.
func (l ChangeLine) exact(pick func(*Change) Value) Value {
	if l.change == nil {
		return Value{}
	}
	return text(Exact(l.change.Column.Type, pick(l.change)))
}

// of returns what the line's instance has in a column, unknown where the line is of no instance.
func (l ChangeLine) of(pick func(*fleet.Instance) Value) Value {
	if l.In == nil {
		return Value{}
	}
	return pick(l.In)
}

// ChangeColumns are the columns of a line of changes that these settings show.
func ChangeColumns(s Settings) []Column[ChangeLine] {
	columns := []Column[ChangeLine]{
		{"since", "Since", "", Text, "What is compared with: the last run, or the newest run that is a week old " +
			"(else the oldest one kept). Each of the two is a sum of its own.",
			func(l ChangeLine) Value { return text(l.window.Since) }},
		{"from", "From", "UTC", Time, "When the earlier list was fetched.",
			func(l ChangeLine) Value { return Value{Known: true, Time: l.window.From} }},
		{"change", "Change", "", Text, "added, removed, or what changed. " +
			"A price that became known or unknown is no rise or fall: it was or is counted as 0. " +
			"Rows without an id can't be compared and are one line.",
			func(l ChangeLine) Value { return text(string(l.Kind)) }},
	}
	for _, c := range NamedColumns(s, "id", "host_name", "region", "gpu", "gpu_count") {
		columns = append(columns, Column[ChangeLine]{c.Name, c.Title, c.Unit, c.Type, c.Description,
			func(l ChangeLine) Value { return l.of(c.Value) }})
	}
	return append(columns, []Column[ChangeLine]{
		{"field", "Field", "", Text, "The name of the column that changed.",
			func(l ChangeLine) Value { return text(l.Field()) }},
		{"old", "Old", "", Text, "Its value before, as text.",
			func(l ChangeLine) Value { return l.exact(func(c *Change) Value { return c.Old }) }},
		{"new", "New", "", Text, "Its value now, as text.",
			func(l ChangeLine) Value { return l.exact(func(c *Change) Value { return c.New }) }},
		{"price_per_hour_delta", "Listed change", perHour, Money, "What the listed total changed by. " +
			"Within one Since these add up to the whole change of the listed total.",
			func(l ChangeLine) Value { return Value{Known: true, Money: l.Delta} }},
	}...)
}

// NamedColumns returns the instance's columns of these names, in their order, but for the hidden ones.
func NamedColumns(s Settings, names ...string) []Column[*fleet.Instance] {
	var columns []Column[*fleet.Instance]
	all := instanceColumns(s.Audience)
	for _, name := range names {
		at := slices.IndexFunc(all, func(c Column[*fleet.Instance]) bool { return c.Name == name })
		isHidden := name != "id" && slices.Contains(s.Hidden, name)
		if at >= 0 && !isHidden {
			columns = append(columns, all[at])
		}
	}
	return columns
}

// MemberColumns are the columns of an instance that was added or removed, ChangedColumns of one that changed, as
// changes.json has them.
func MemberColumns(s Settings) []Column[*fleet.Instance] {
	return NamedColumns(s, "id", "host_name", "region", "gpu", "gpu_count", "price_per_hour")
}

// ChangedColumns is MemberColumns' counterpart.
func ChangedColumns(s Settings) []Column[*fleet.Instance] {
	return NamedColumns(s, "id", "host_name", "region", "gpu")
}

// labels are the names of kinds that are not their own.
var labels = map[Kind]string{WithoutID: "Rows without an id, which can't be compared"}

// Label returns the kind's name for people.
func (k Kind) Label() string {
	if label, ok := labels[k]; ok {
		return label
	}
	return string(k[0]-'a'+'A') + string(k[1:])
}

// DeltaText returns what the line does to the listed total, for people: Unknown where it would do something if a
// price were known.
func (l ChangeLine) DeltaText(s Settings) string {
	switch {
	case l.change != nil && l.change.unpriced(), l.change == nil && l.In != nil && Member{Instance: l.In}.unpriced():
		return Unknown
	}
	return s.deltaText(l.Kind, l.Delta)
}

// DeltaText returns what the changes of a kind do to the listed total, for people, and how many of them nobody knows
// that of.
func (l SumLine) DeltaText(s Settings) string {
	text := s.deltaText(l.Kind, l.Delta)
	if l.Unpriced > 0 {
		text = WithCoverage(text, FormatCount(l.Unpriced)+" without a price")
	}
	return text
}

// DeltaText returns the whole change of the listed total, for people.
func (w *Window) DeltaText(s Settings) string { return s.deltaText("", w.Delta) }

// DeltaLabel returns what the whole change is called: where prices became known or unknown, it is no rise or fall
// alone.
func (w *Window) DeltaLabel() string {
	for _, line := range w.Sum {
		if (line.Kind == PriceKnown || line.Kind == PriceUnknown) && !line.Delta.IsZero() {
			return "Change of the listed total, prices that became known or unknown included"
		}
	}
	return "Change of the listed total"
}

// deltaText returns what a change does to the listed total, for people: "+$1.50/h", "−$1.50/h". What only became
// known or unknown is never shown as a rise or a fall.
func (s Settings) deltaText(kind Kind, m fleet.Money) string {
	switch zero := m.IsZero(); {
	case !zero && kind == PriceKnown:
		return s.Amount(m) + "/h newly counted"
	case !zero && kind == PriceUnknown:
		return s.Amount(fleet.Money{}.Minus(m)) + "/h no longer counted"
	}
	sign := ""
	if m.Sign() > 0 {
		sign = "+"
	}
	return sign + s.Amount(m) + "/h"
}

// CountText returns how many a line of the sum counts.
func (w *Window) CountText(l SumLine) string {
	if l.Kind == WithoutID {
		return FormatCount(w.Nameless.Before) + " before, " + FormatCount(w.Nameless.After) + " now"
	}
	return FormatCount(l.Count)
}

// Name returns what the line's instance is called: its host name, else its id.
func (l ChangeLine) Name(s Settings) string {
	switch {
	case l.In == nil:
		return ""
	case l.In.HostName != "" && !slices.Contains(s.Hidden, "host_name"):
		return l.In.HostName
	}
	return l.In.ID
}

// FieldTitle returns the changed field's name for people, "" where no field changed.
func (l ChangeLine) FieldTitle(s Settings) string {
	if l.change == nil {
		return ""
	}
	return Heading(s, *l.change.Column)
}

// FieldType returns the type of the changed field, Text where no field changed.
func (l ChangeLine) FieldType() Type {
	if l.change == nil {
		return Text
	}
	return l.change.Column.Type
}
