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
	members := map[key][]int32{} // places in the list
	for i, in := range r.Instances {
		k := key{in.RegionName(), in.Model()}
		members[k] = append(members[k], int32(i))
	}
	regions, models := map[string]*Region{}, map[string]*Model{}
	for k := range members {
		region, model := regions[k.region], models[k.model]
		if region == nil {
			region = &Region{Name: k.region, Slug: slug(k.region)}
			regions[k.region] = region
		}
		if model == nil {
			model = &Model{Name: k.model, Slug: slug(k.model)}
			models[k.model] = model
		}
		region.Groups = append(region.Groups, &Group{Region: region, Model: model})
	}
	r.Regions = sortedByName(regions, func(a *Region) string { return a.Name })
	r.Models = sortedByName(models, func(a *Model) string { return a.Name })

	order := make([]int32, 0, len(r.Instances))
	for _, region := range r.Regions {
		slices.SortFunc(region.Groups, func(a, b *Group) int { return compareNatural(a.Model.Name, b.Model.Name) })
		for _, group := range region.Groups {
			places := members[key{region.Name, group.Model.Name}]
			sortByKey(places, func(to []byte, place int32) []byte { return appendNaturalKey(to, r.Instances[place].HostName) },
				func(a, b int32) int { return compareInstances(r.Instances[a], r.Instances[b]) })
			start := len(order)
			order = append(order, places...)
			group.Instances = r.Instances[start:len(order):len(order)]
		}
	}
	arrange(r.Instances, order)
	for _, region := range r.Regions {
		for _, group := range region.Groups {
			group.Totals = sumInstances(group.Instances, r.HoursPerMonth)
			group.Model.Groups = append(group.Model.Groups, group)
		}
	}
}

// arrange moves instances within the memory that they are in, so that the one at each place is that which was at order's. Every writer
// reads them all, some once a column: in another order than that of memory it would mostly wait for it. order is used up.
func arrange(instances []*fleet.Instance, order []int32) {
	for start := range order {
		if order[start] < 0 {
			continue
		}
		first := *instances[start]
		for at := start; ; {
			from := int(order[at])
			order[at] = -1
			if from == start {
				*instances[at] = first
				break
			}
			*instances[at] = *instances[from]
			at = from
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
