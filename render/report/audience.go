package report

import (
	"slices"

	"gpufleet/fetch/fleet"
)

// For returns the report for another audience: with the columns and the texts that it may see, and the groups of these.
// What changed was found for the first audience. So the changes of an internal report that was made from a public one
// have no addresses in what came from earlier snapshots.
func (r *Report) For(audience Audience) *Report {
	settings := r.Settings
	settings.Audience = audience
	view, hasOthers := (*fleet.Instance).HidingAddresses, audience != r.Audience
	if audience == Internal {
		view = (*fleet.Instance).ShowingAddresses
		hasOthers = slices.ContainsFunc(r.Instances, func(in *fleet.Instance) bool { return in.WithAddresses != nil })
	}
	if !hasOthers {
		made := *r
		made.Settings = settings
		made.Columns = Shown(settings, instanceColumns(audience))
		return &made
	}
	list := *r.list
	list.Instances = make([]*fleet.Instance, len(r.Instances))
	for i, in := range r.Instances {
		list.Instances[i] = view(in)
	}
	made := New(&list, settings)
	made.History = r.History
	made.SinceLastRun, made.SinceLastWeek = r.SinceLastRun.seen(audience, view), r.SinceLastWeek.seen(audience, view)
	made.findAttention()
	return made
}

// seen returns the same changes for an audience, with what view makes of the instances. It returns nil for nil.
func (w *Window) seen(audience Audience, view func(*fleet.Instance) *fleet.Instance) *Window {
	if w == nil {
		return nil
	}
	seen := *w
	for _, members := range []*[]Member{&seen.Added, &seen.Removed} {
		*members = slices.Clone(*members)
		for i := range *members {
			(*members)[i].Instance = view((*members)[i].Instance)
		}
	}
	seen.Changed = slices.Clone(w.Changed)
	for i := range seen.Changed {
		c := &seen.Changed[i]
		c.In = view(c.In)
		c.New = c.Column.Value(c.In)
		if audience != Internal {
			c.Old.Text = fleet.HideAddress(c.Old.Text)
		}
	}
	return &seen
}
