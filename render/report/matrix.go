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

// The names of the last row and column of a ChartMatrix that can't show all. They have no slug.
const (
	OtherRegions = "Other regions"
	OtherModels  = "Other models"
)

// ChartMatrix returns a matrix for a chart of one figure: the regions and the models that are largest by compare. If
// there are more, the others are taken together as one more region or model, so that the chart adds up to the fleet.
// An empty fleet gives an empty matrix.
func (r *Report) ChartMatrix(maxRegions, maxModels int, compare func(a, b *Totals) int) Matrix {
	regions := largest(r.Regions, maxRegions, func(a, b *Part) int { return compare(&a.Totals, &b.Totals) })
	models := largest(r.Models, maxModels, func(a, b *Part) int { return compare(&a.Totals, &b.Totals) })
	if len(regions) < len(r.Regions) {
		regions = append(regions, &Part{Name: OtherRegions})
	}
	if len(models) < len(r.Models) {
		models = append(models, &Part{Name: OtherModels})
	}
	rows, columns := indexOrLast(regions), indexOrLast(models)
	groups := make([][][]*Group, len(regions))
	for i := range groups {
		groups[i] = make([][]*Group, len(models))
	}
	for _, region := range r.Regions {
		i := rows(region)
		for _, group := range region.Groups {
			j := columns(group.Model)
			groups[i][j] = append(groups[i][j], group)
			if region != regions[i] {
				regions[i].Groups = append(regions[i].Groups, group)
			}
			if group.Model != models[j] {
				models[j].Groups = append(models[j].Groups, group)
			}
		}
	}
	m := Matrix{Models: models}
	for i, region := range regions {
		row := MatrixRow{Region: region, Cells: make([]*Group, len(models))}
		for j, model := range models {
			if len(groups[i][j]) > 0 {
				row.Cells[j] = &Group{Region: region, Model: model, Totals: sumGroups(groups[i][j], r.HoursPerMonth)}
			}
		}
		m.Rows = append(m.Rows, row)
	}
	for _, region := range regions[min(maxRegions, len(regions)):] {
		region.Totals = sumGroups(region.Groups, r.HoursPerMonth)
	}
	for _, model := range models[min(maxModels, len(models)):] {
		model.Totals = sumGroups(model.Groups, r.HoursPerMonth)
	}
	return m
}

// indexOrLast returns a function that returns the index of an item, and the last index for one that isn't there.
func indexOrLast[T comparable](items []T) func(T) int {
	indexes := make(map[T]int, len(items))
	for i, item := range items {
		indexes[item] = i
	}
	return func(item T) int {
		if i, ok := indexes[item]; ok {
			return i
		}
		return len(items) - 1
	}
}

// Matrix shows regions by models. If there are too many, it has those with the most instances; the totals of its
// regions and models still include all.
type Matrix struct {
	Models []*Part // sorted by name
	Rows   []MatrixRow
	// The number of regions and models left out.
	MoreRegions, MoreModels int
}

// MatrixRow is a region's row. Its cells are in the order of the matrix's models, nil where the region has no such
// group.
type MatrixRow struct {
	Region *Part
	Cells  []*Group
}

func newMatrix(regions []*Part, models []*Part, maxRegions, maxModels int) Matrix {
	shownRegions := largest(regions, maxRegions, func(a, b *Part) int { return cmp.Compare(a.Count, b.Count) })
	shownModels := largest(models, maxModels, func(a, b *Part) int { return cmp.Compare(a.Count, b.Count) })
	m := Matrix{
		Models:      shownModels,
		MoreRegions: len(regions) - len(shownRegions),
		MoreModels:  len(models) - len(shownModels),
	}
	column := map[*Part]int{}
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

// ByTotal returns the matrix with the regions and the models with the most GPUs first, then by listed cost.
func (m Matrix) ByTotal() Matrix {
	compare := func(a, b *Part) int {
		return cmp.Or(cmp.Compare(b.GPUs.Value, a.GPUs.Value), b.Listed.PerHour.Cmp(a.Listed.PerHour))
	}
	columns := make([]int, len(m.Models))
	for i := range columns {
		columns[i] = i
	}
	slices.SortStableFunc(columns, func(a, b int) int { return compare(m.Models[a], m.Models[b]) })
	sorted := m
	sorted.Models, sorted.Rows = reordered(m.Models, columns), nil
	for _, row := range m.Rows {
		sorted.Rows = append(sorted.Rows, MatrixRow{row.Region, reordered(row.Cells, columns)})
	}
	slices.SortStableFunc(sorted.Rows, func(a, b MatrixRow) int { return compare(a.Region, b.Region) })
	return sorted
}

// reordered returns the items at some indexes.
func reordered[T any](items []T, order []int) []T {
	result := make([]T, len(order))
	for i, at := range order {
		result[i] = items[at]
	}
	return result
}

// HasNoGPUs reports whether a part is known to have no GPUs.
func (p *Part) HasNoGPUs() bool { return p.GPUs.Value == 0 && !p.GPUs.LowerBound() }

// largest returns the n items that are largest by compare, in their given order. The first of equal ones win.
func largest[T any](items []T, n int, compare func(a, b T) int) []T {
	if len(items) <= n {
		return items
	}
	order := make([]int, len(items))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return compare(items[b], items[a]) })
	order = order[:n]
	slices.Sort(order)
	return reordered(items, order)
}
