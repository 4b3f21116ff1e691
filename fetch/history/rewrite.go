package history

import (
	"bytes"
	"cmp"
	"context"
	"slices"

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
	head.hasAccounts = s.HasAccounts()
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
	slices.SortStableFunc(all, func(a, b *fleet.Instance) int { return a.Key().Compare(b.Key()) })
	next := NewSnapshot(head, s.Taken, all)
	next.kept = slices.DeleteFunc(next.kept, func(f *fleet.Field) bool { // the rows may have got accounts
		return !isAccount(f) && !slices.Contains(s.kept, f)
	})
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

// Names finds the instances of a list under the names that earlier snapshots may have for them.
type Names struct {
	List []*fleet.Instance // after the run has hidden what it hides
	Key  []byte            // of pseudonyms; nil if the run has none
	// FirstAccount is the account of instances of earlier lists that have none; "" if accounts are not given.
	FirstAccount string
	// WithAccount has the pseudonyms of the first account's instances, by those that they had before accounts were given.
	WithAccount map[string]string
}

// WithAccount returns the pseudonyms of an account's instances by those without the account. It is nil without a key or
// an account.
func WithAccount(list []*fleet.Instance, account string, key []byte) map[string]string {
	if account == "" || key == nil {
		return nil
	}
	pseudonyms := map[string]string{}
	for _, in := range list {
		if in.ID != "" && in.Account == account {
			pseudonyms[fleet.Pseudonym(fleet.Key{ID: in.ID}, key)] = fleet.Pseudonym(in.Key(), key)
		}
	}
	return pseudonyms
}

// byPseudonym returns the keys of the list's instances by the pseudonyms that earlier snapshots may have. isHidden says
// that the list has pseudonyms itself.
func (n Names) byPseudonym(isHidden bool) map[string]fleet.Key {
	keys := map[string]fleet.Key{}
	for _, in := range n.List {
		pseudonym := in.ID
		if !isHidden {
			pseudonym = fleet.Pseudonym(in.Key(), n.Key)
		}
		keys[pseudonym] = in.Key()
	}
	for old, now := range n.WithAccount {
		keys[old] = keys[now]
	}
	delete(keys, "")
	return keys
}

// Hide hides from the history what the run hides: fields, ids, and what only an internal audience may see. Ids become
// the pseudonyms that they have in the run's list. If the run has the key but no longer hides ids, the pseudonyms of
// instances in its list become ids again. Rows without an account get the first one. Secrets are found by the keys, so
// they are hidden first. The error is like that of Rewrite.
func (h *History) Hide(ctx context.Context, run Head, names Names) error {
	h.Spend.hide(run.Hidden)
	secrets := fleet.SecretsByKey(names.List)
	var byPseudonym map[string]fleet.Key // made when it is needed
	return h.Rewrite(ctx, Edit{Rows: func(head *Head) func(*fleet.Instance) {
		old := *head
		head.hideLike(run)
		h.HidesLess = h.HidesLess || head.Audience != old.Audience
		getsAccount := names.FirstAccount != "" && !old.hasAccounts
		showsAccount := getsAccount && !slices.Contains(run.Hidden, Account.Name)
		if showsAccount { // even if it was hidden before
			head.Hidden = slices.DeleteFunc(head.Hidden, func(name string) bool { return name == Account.Name })
		}
		if head.equal(old) && !showsAccount {
			return nil
		}
		if byPseudonym == nil && (old.Key != "" || run.Key != "") {
			byPseudonym = names.byPseudonym(run.Key != "")
		}
		hide := fleet.RowHider(head.Hidden, nil)
		if old.Key == "" {
			hide = fleet.RowHider(head.Hidden, names.Key)
		}
		return func(in *fleet.Instance) {
			if getsAccount {
				in.Account = names.FirstAccount
			}
			// Even among ids there may be pseudonyms, from when ids were hidden before.
			key, found := byPseudonym[in.ID]
			if found {
				key.Set(in)
			}
			secrets(in.Key()).HideIn(in)
			if hide(in); found {
				key.Set(in)
			}
		}
	}})
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
