// Package report computes everything that outputs say about a fleet: groups, totals, costs, names and the text of
// figures. It knows no file format. Writers lay out a report and compute nothing.
package report

import (
	"slices"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
)

// Report is everything that outputs say. It doesn't change after New and Compare, so that writers can run in parallel.
type Report struct {
	Settings
	Totals
	// Regions, sorted by name; empty for an empty fleet.
	Regions []*Region
	// Models across the regions, sorted by name.
	Models []*Model
	// Matrix shows regions by models.
	Matrix Matrix
	// Instances in the order of regions, models and names. Those of a group are consecutive.
	Instances []*fleet.Instance
	// Columns of an instance that this audience may see, in order.
	Columns []Column[*fleet.Instance]
	// Warnings about the list, in the order in which they came up.
	Warnings []string
	History

	list *fleet.Fleet // which the report is of
}

// Region is a region and its GPU models.
type Region struct {
	Name, Slug string
	HasPage    bool // its own; false if there are too many regions
	Totals
	Groups []*Group // sorted by model
}

// Model is a GPU model across the regions.
type Model struct {
	Name, Slug string
	HasPage    bool // its own; false if there are too many models
	Totals
	Groups []*Group // sorted by region
	// Cheapest and MostExpensive are the groups with the lowest and the highest cost per GPU-hour, the first of equal
	// ones. They are nil if no cost is known.
	Cheapest, MostExpensive *Group
}

// Label returns the name for people; see fleet.Visible.
func (r *Region) Label() string { return fleet.Visible(r.Name) }

// Label returns the name for people; see fleet.Visible.
func (m *Model) Label() string { return fleet.Visible(m.Name) }

// Group is a region's instances of one GPU model.
type Group struct {
	Region  *Region
	Model   *Model
	HasPage bool // its own; false if there are too many groups
	Totals
	Instances []*fleet.Instance // sorted by name, then ID
}

// Demo reports whether the report shows the built-in sample.
func (r *Report) Demo() bool { return r.Source == FromDemo }

// Internal reports whether the report is for an internal audience.
func (r *Report) Internal() bool { return r.Audience == Internal }

// Empty reports whether the fleet has no instances.
func (r *Report) Empty() bool { return len(r.Instances) == 0 }

// New computes the report of a fleet. It sorts the fleet's instances in place: a pointer to one of them then points to
// another. For a public audience it hides their addresses.
func New(list *fleet.Fleet, settings Settings) *Report {
	if settings.Audience != Internal {
		list.HideAddresses()
	}
	r := &Report{
		Settings:  settings,
		Instances: list.Instances,
		Columns:   Shown(settings, instanceColumns(settings.Audience)),
		list:      list,
	}
	r.Warnings = list.Warnings.Lines()
	if settings.Audience != Internal && !slices.Contains(settings.Hidden, "id") {
		r.Warnings = append(r.Warnings, list.IDWarnings.Lines()...)
	}
	r.group()
	for _, region := range r.Regions {
		region.Totals = sumGroups(region.Groups, r.HoursPerMonth)
	}
	for _, model := range r.Models {
		model.Totals = sumGroups(model.Groups, r.HoursPerMonth)
	}
	var all []*Group
	for _, region := range r.Regions {
		all = append(all, region.Groups...)
	}
	r.choosePages(all, MaxPages)
	r.Totals = sumGroups(all, r.HoursPerMonth)
	r.setShares()
	r.compareRegions()
	r.Matrix = newMatrix(r.Regions, r.Models, maxMatrixRegions, maxMatrixModels)
	r.setSpend(&history.Spend{}, nil)
	return r
}
