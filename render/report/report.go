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
	// Divisions by each dimension that is given: regions, models, and owners and accounts if they are given. They have
	// no parts if the fleet is empty.
	Divisions []*Division
	// Regions and Models are the parts of the first two divisions.
	Regions, Models []*Part
	// Matrix shows regions by models.
	Matrix Matrix
	// Instances in the order of regions, models, owners, accounts and names. Those of a group are consecutive,
	// and in it those of a combination.
	Instances []*fleet.Instance
	// Columns of an instance that this audience may see, in order.
	Columns []Column[*fleet.Instance]
	// Warnings about the list, in the order in which they came up.
	Warnings []string
	History

	list *fleet.Fleet // which the report is of
}

// Group is a region's instances of one GPU model.
type Group struct {
	Region  *Part
	Model   *Part
	HasPage bool // its own; false if there are too many groups
	Totals
	Combinations []*Combination    // sorted by owner, then account
	Instances    []*fleet.Instance // those of the combinations
}

// Combination is what a group has of one owner and account: the instances that are in the same part by every dimension.
// If neither is given, it is the group.
type Combination struct {
	Group *Group
	Parts []*Part // one of each division, in their order
	Totals
	Instances []*fleet.Instance // sorted by name, then ID

	key history.SpendGroup
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
	r.choosePages(MaxPages)
	r.setShares()
	r.compareRegions()
	r.Matrix = newMatrix(r.Regions, r.Models, maxMatrixRegions, maxMatrixModels)
	r.setSpend(&history.Spend{}, nil)
	return r
}
