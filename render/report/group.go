package report

import (
	"cmp"
	"slices"
	"strings"

	"gpufleet/fetch/fleet"
)

// group sorts the instances and fills Regions, Models and their groups. The totals of groups are set, those of
// regions and models not yet.
func (r *Report) group() {
	type key struct{ region, model string }
	members := map[key][]*fleet.Instance{}
	for _, in := range r.Instances {
		k := key{in.RegionName(), in.Model()}
		members[k] = append(members[k], in)
	}
	regions, models := map[string]*Region{}, map[string]*Model{}
	for k, instances := range members {
		region, model := regions[k.region], models[k.model]
		if region == nil {
			region = &Region{Name: k.region, Slug: slug(k.region)}
			regions[k.region] = region
		}
		if model == nil {
			model = &Model{Name: k.model, Slug: slug(k.model)}
			models[k.model] = model
		}
		region.Groups = append(region.Groups, &Group{Region: region, Model: model, Instances: instances})
	}
	r.Regions = sortedByName(regions, func(a *Region) string { return a.Name })
	r.Models = sortedByName(models, func(a *Model) string { return a.Name })

	r.Instances = r.Instances[:0]
	for _, region := range r.Regions {
		slices.SortFunc(region.Groups, func(a, b *Group) int { return compareNatural(a.Model.Name, b.Model.Name) })
		for _, group := range region.Groups {
			sortByKey(group.Instances, func(to []byte, in *fleet.Instance) []byte { return appendNaturalKey(to, in.HostName) }, compareInstances)
			group.Totals = sumInstances(group.Instances, r.HoursPerMonth)
			group.Model.Groups = append(group.Model.Groups, group)
			r.Instances = append(r.Instances, group.Instances...)
		}
	}
}

func sortedByName[T any](byName map[string]T, name func(T) string) []T {
	sorted := make([]T, 0, len(byName))
	for _, item := range byName {
		sorted = append(sorted, item)
	}
	slices.SortFunc(sorted, func(a, b T) int { return compareNatural(name(a), name(b)) })
	return sorted
}

// compareInstances orders by name, then id. What has neither, or both the same, is ordered by all else that is
// shown, so that the order of the list never reaches an output.
func compareInstances(a, b *fleet.Instance) int {
	if c := compareNatural(a.HostName, b.HostName); c != 0 {
		return c
	}
	if c := compareNatural(a.ID, b.ID); c != 0 {
		return c
	}
	return cmp.Or(
		strings.Compare(a.Region, b.Region), strings.Compare(a.ProductType, b.ProductType), strings.Compare(a.GPU, b.GPU), strings.Compare(a.GPUType, b.GPUType),
		strings.Compare(a.Status, b.Status), strings.Compare(a.OS, b.OS), strings.Compare(a.PublicIPv4, b.PublicIPv4),
		compareNumbers(a.GPUCount, b.GPUCount), compareNumbers(a.CPUCores, b.CPUCores), compareNumbers(a.RAM, b.RAM),
		compareNumbers(a.DiskSize, b.DiskSize), compareNumbers(a.Ephemeral, b.Ephemeral),
		comparePrices(a.Price, b.Price), cmp.Compare(a.PriceSource, b.PriceSource), cmp.Compare(a.Purchase, b.Purchase), a.CreatedAt.Compare(b.CreatedAt),
	)
}

// compareNumbers orders unknown numbers before known ones.
func compareNumbers(a, b fleet.Number) int {
	return cmp.Or(compareBools(a.Known, b.Known), cmp.Compare(a.Value, b.Value))
}

func comparePrices(a, b fleet.Price) int {
	return cmp.Or(compareBools(a.Known, b.Known), a.Value.Cmp(b.Value))
}

func compareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// Dearest returns the groups by their listed cost, the dearest first, of equals in the order of regions and models.
func (r *Report) Dearest() []*Group {
	var groups []*Group
	for _, region := range r.Regions {
		groups = append(groups, region.Groups...)
	}
	slices.SortStableFunc(groups, func(a, b *Group) int { return b.Listed.PerHour.Cmp(a.Listed.PerHour) })
	return groups
}
