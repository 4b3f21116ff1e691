package report

import (
	"cmp"
	"slices"
)

// Nobody reads a larger matrix, and it would be most of what a phone has to load.
const (
	maxMatrixRegions = 40
	maxMatrixModels  = 16
)

// SmallMatrix returns a matrix of at most maxRegions and maxModels: those with the most instances.
func (r *Report) SmallMatrix(maxRegions, maxModels int) Matrix {
	return newMatrix(r.Regions, r.Models, maxRegions, maxModels)
}

// Matrix shows regions by models. If there are too many, it has those with the most instances; the totals of its
// regions and models still include all.
type Matrix struct {
	Models []*Model // sorted by name
	Rows   []MatrixRow
	// The number of regions and models left out.
	MoreRegions, MoreModels int
}

// MatrixRow is a region's row. Its cells are in the order of the matrix's models, nil where the region has no such
// group.
type MatrixRow struct {
	Region *Region
	Cells  []*Group
}

func newMatrix(regions []*Region, models []*Model, maxRegions, maxModels int) Matrix {
	shownRegions := largest(regions, maxRegions, func(r *Region) int { return r.Count })
	shownModels := largest(models, maxModels, func(m *Model) int { return m.Count })
	m := Matrix{
		Models:      shownModels,
		MoreRegions: len(regions) - len(shownRegions),
		MoreModels:  len(models) - len(shownModels),
	}
	column := map[*Model]int{}
	for i, model := range shownModels {
		column[model] = i
	}
	for _, region := range shownRegions {
		row := MatrixRow{Region: region, Cells: make([]*Group, len(shownModels))}
		for _, group := range region.Groups {
			if i, ok := column[group.Model]; ok {
				row.Cells[i] = group
			}
		}
		m.Rows = append(m.Rows, row)
	}
	return m
}

// LargestRegions returns the n regions with the most instances, in the order of Regions.
func (r *Report) LargestRegions(n int) []*Region {
	return largest(r.Regions, n, func(region *Region) int { return region.Count })
}

// LargestModels returns the n models with the most instances, in the order of Models.
func (r *Report) LargestModels(n int) []*Model {
	return largest(r.Models, n, func(model *Model) int { return model.Count })
}

// largest returns the n items with the largest size, in their given order. The first of equal ones win.
func largest[T any](items []T, n int, size func(T) int) []T {
	if len(items) <= n {
		return items
	}
	order := make([]int, len(items))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(size(items[b]), size(items[a])) })
	order = order[:n]
	slices.Sort(order)
	chosen := make([]T, n)
	for i, at := range order {
		chosen[i] = items[at]
	}
	return chosen
}
