// Package report computes what every output says of a fleet: groups, totals, costs, names and the text of
// figures. It knows no file format; whoever writes a file lays out what stands here and computes nothing.
package report

import "gpufleet/fetch/fleet"

// Report is all that any output says. It is not changed once it is made and compared with the past, so that writers
// can work side by side.
type Report struct {
	Settings
	Totals
	// Regions, sorted by name; empty for an empty fleet.
	Regions []*Region
	// Models across the regions, sorted by name.
	Models []*Model
	// Matrix shows regions by models.
	Matrix Matrix
	// Instances in the order of regions, models and names; a group's are one stretch of them.
	Instances []*fleet.Instance
	// Columns of an instance that this audience may see, in their order.
	Columns []Column[*fleet.Instance]
	// Warnings are sentences about the list, in the order in which they were met.
	Warnings []string
	// Past is what the report says of earlier runs, and carries on of them.
	Past
}

// Region is a region and its GPU models.
type Region struct {
	Name, Slug string
	Totals
	Groups []*Group // sorted by model
}

// Model is a GPU model across the regions.
type Model struct {
	Name, Slug string
	Totals
	Groups []*Group // sorted by region
	// Cheapest and Dearest are the groups with the lowest and the highest cost of a GPU-hour, of equals the first; nil
	// where none is known.
	Cheapest, Dearest *Group
}

// Group is what one region has of one GPU model.
type Group struct {
	Region *Region
	Model  *Model
	Totals
	Instances []*fleet.Instance // sorted by name, then id
}

// Demo reports whether the report shows the built-in sample.
func (r *Report) Demo() bool { return r.Source == FromDemo }

// Internal reports whether the report is for an internal audience.
func (r *Report) Internal() bool { return r.Audience == Internal }

// Empty reports whether the fleet has no instances.
func (r *Report) Empty() bool { return len(r.Instances) == 0 }

// For returns the same report, made for an audience.
func (r *Report) For(audience Audience) *Report {
	made := *r
	made.Audience = audience
	made.Columns = Shown(made.Settings, instanceColumns(audience))
	return &made
}

// New computes the report of a fleet. It takes the fleet's instances over and sorts them, within the memory that they
// are in: a pointer to one points to another then.
func New(list *fleet.Fleet, settings Settings) *Report {
	r := &Report{
		Settings:  settings,
		Instances: list.Instances,
		Columns:   Shown(settings, instanceColumns(settings.Audience)),
		Warnings:  list.Warnings.Lines(),
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
	r.Totals = sumGroups(all, r.HoursPerMonth)
	r.setShares()
	r.compareRegions()
	r.Matrix = newMatrix(r.Regions, r.Models, maxMatrixRegions, maxMatrixModels)
	return r
}
