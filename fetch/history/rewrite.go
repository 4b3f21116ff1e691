package history

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strings"

	"gpufleet/fetch/fleet"
)

// Edit changes what earlier runs left, because it shows something that it must not show any more.
type Edit struct {
	// Rows returns a function that changes each row of a snapshot, or nil to leave the snapshot as it is. It gets the
	// snapshot's head, which it may change. nil leaves all snapshots as they are.
	Rows func(head *Head) func(*fleet.Instance)
	// Group changes the names of a group of a day, or of the spend. Groups that then have the same names are merged
	// into the first of them. nil leaves all groups as they are.
	Group func(*Group)
}

// Rewrite applies an edit to all snapshots and days. The file of a snapshot that doesn't change stays as it is, byte
// for byte. A snapshot whose rows can't be read is a loss. The error is that of Loss, or the context's cause.
func (h *History) Rewrite(ctx context.Context, e Edit) error {
	for i := 0; e.Rows != nil && i < len(h.Snapshots); {
		s := h.Snapshots[i]
		edited, err := s.edited(ctx, e.Rows)
		if stopped := context.Cause(ctx); stopped != nil {
			return stopped
		}
		if err != nil {
			h.drop(s, err)
			continue
		}
		h.Snapshots[i] = edited
		i++
	}
	if e.Group != nil {
		for i := range h.Days {
			h.Days[i].Groups = mergedGroups(h.Days[i].Groups, e.Group)
		}
		h.Spend.Regroup(e.spendGroup)
	}
	return h.Loss()
}

// spendGroup changes the names of a group of the spend. None of those that are given becomes "".
func (e Edit) spendGroup(g SpendGroup) SpendGroup {
	names := Group{Region: g.Region, GPU: g.GPU}
	e.Group(&names)
	if g.Region != "" {
		g.Region = cmp.Or(names.Region, fleet.UnknownRegion)
	}
	if g.GPU != "" {
		g.GPU = cmp.Or(names.GPU, fleet.UnknownGPU)
	}
	return g
}

// edited returns the snapshot with changed rows: itself if none changes. Only one snapshot at a time is in memory as a
// whole.
func (s *Snapshot) edited(ctx context.Context, rows func(*Head) func(*fleet.Instance)) (*Snapshot, error) {
	head := s.Head
	head.Hidden = slices.Clone(head.Hidden)
	edit := rows(&head)
	if edit == nil {
		return s, nil
	}
	changed := !head.equal(s.Head)
	all := make([]*fleet.Instance, 0, min(s.Count, 1<<20))
	if err := s.rows(ctx, func(in *fleet.Instance) error {
		row := *in
		edit(&row)
		changed = changed || row != *in
		all = append(all, &row)
		return nil
	}); err != nil || !changed {
		return s, err
	}
	slices.SortStableFunc(all, func(a, b *fleet.Instance) int { return strings.Compare(a.ID, b.ID) })
	next := NewSnapshot(head, s.Taken, all)
	next.kept = slices.DeleteFunc(slices.Clone(s.kept), func(f *fleet.Field) bool { return f.HiddenBy(head.Hidden) })
	var file bytes.Buffer
	if _, err := next.WriteTo(&file); err != nil {
		return nil, err
	}
	read, err := ReadSnapshot(file.Bytes()) // it stays compressed in memory
	if err == nil && s.IsOldFormat() {
		read.format, read.file = s.format, nil
	}
	return read, err
}

func (h Head) equal(other Head) bool {
	return slices.Equal(h.Hidden, other.Hidden) && h.Source == other.Source && h.Audience == other.Audience &&
		h.Currency == other.Currency && h.Key == other.Key
}

// mergedGroups renames groups, and merges those that then have the same names.
func mergedGroups(groups []Group, rename func(*Group)) []Group {
	type names struct{ region, gpu string }
	at := map[names]int{}
	var merged []Group
	for _, g := range groups {
		rename(&g)
		key := names{g.Region, g.GPU}
		if i, found := at[key]; found {
			merged[i].Figures = merged[i].Figures.plus(g.Figures)
			continue
		}
		at[key] = len(merged)
		merged = append(merged, g)
	}
	return merged
}

// plus returns the figures of the instances of both.
func (f Figures) plus(g Figures) Figures {
	f.Instances += g.Instances
	f.GPUs += g.GPUs
	f.GPUsKnown += g.GPUsKnown
	f.Running, f.Listed = f.Running.plus(g.Running), f.Listed.plus(g.Listed)
	return f
}

func (c Cost) plus(d Cost) Cost {
	return Cost{c.Instances + d.Instances, c.Priced + d.Priced, Amount{c.PerHour.Add(d.PerHour.Money)}}
}

// Hide hides from the history what the run hides: fields, ids, and what only an internal audience may see. Ids become
// the pseudonyms that they have in the run's list. If the run has the key but no longer hides ids, the pseudonyms of
// instances in its list become ids again. Secrets are found by the ids, so they are hidden first. The error is like
// that of Rewrite.
func (h *History) Hide(ctx context.Context, run Head, key []byte, list []*fleet.Instance) error {
	h.Spend.hide(run.Hidden)
	ids := map[string]string{} // by pseudonym
	secrets := fleet.SecretsByID(list)
	return h.Rewrite(ctx, Edit{Rows: func(head *Head) func(*fleet.Instance) {
		old := *head
		head.hideLike(run)
		h.HidesLess = h.HidesLess || head.Audience != old.Audience
		hide := fleet.RowHider(head.Hidden, nil)
		switch {
		case head.equal(old):
			return nil
		case old.Key == "":
			hide = rowHider(head.Hidden, key, list)
		case head.Key != old.Key && len(ids) == 0:
			for _, in := range list {
				ids[fleet.Pseudonym(in.ID, key)] = in.ID
			}
		}
		return func(in *fleet.Instance) {
			if id, found := ids[in.ID]; found {
				in.ID = id
			}
			secrets(in.ID).HideIn(in)
			hide(in)
		}
	}})
}

// rowHider is fleet.RowHider for a snapshot whose ids were not hidden. Some of them may be pseudonyms that are left
// from when they were hidden before: those that are in the list stay.
func rowHider(hidden []string, key []byte, list []*fleet.Instance) func(*fleet.Instance) {
	listed := map[string]bool{}
	if slices.Contains(hidden, "id") {
		for _, in := range list {
			listed[in.ID] = true
		}
	}
	hide := fleet.RowHider(hidden, key)
	return func(in *fleet.Instance) {
		id := in.ID
		if hide(in); listed[id] {
			in.ID = id
		}
	}
}

// hideLike makes this the head of a snapshot that shows no more than the run does.
func (h *Head) hideLike(run Head) {
	h.Hidden = slices.Concat(h.Hidden, run.Hidden)
	slices.Sort(h.Hidden)
	h.Hidden = slices.Compact(h.Hidden)
	if run.Key == "" {
		h.Hidden = slices.DeleteFunc(h.Hidden, func(name string) bool { return name == "id" })
	}
	h.Key = run.Key
	if h.Audience == internal {
		h.Audience = run.Audience
	}
}
