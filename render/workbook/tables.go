package workbook

import (
	"gpufleet/render/report"
)

// makeTables makes the report's lists with the columns and the formulas that they have here alone.
func (b *book) makeTables() {
	r := b.r
	statuses, places := r.SheetStatuses()

	b.instances = newTable(r, "Instances", "an instance", r.Columns, r.Instances)
	addColumns(r, b.instances, r.SheetColumns(places), func(row int) int { return row })
	b.instances.arrange("id", "host_name", "region", "group_gpu", "gpu_count", "status", "price_per_hour", "billed_per_hour", "billed_per_month", "created_at")

	regionNo := make(map[*report.Region]int, len(r.Regions))
	for i, region := range r.Regions {
		regionNo[region] = i + 1
	}
	regions := b.totalsTable("Regions", "a region", len(r.Regions))
	columns := append(report.Shown(r.Settings, report.RegionColumns()),
		report.SheetTotalsColumns(func(r *report.Region) *report.Totals { return &r.Totals }, "region_no", "Region no.", func(r *report.Region) int { return regionNo[r] })...)
	addColumns(r, regions, columns, func(row int) *report.Region { return r.Regions[row] }, &report.Region{Name: "All regions", Totals: r.Totals})

	modelNo := make(map[*report.Model]int, len(r.Models))
	for i, model := range r.Models {
		modelNo[model] = i + 1
	}
	models := b.totalsTable("Models", "a GPU model, in all regions", len(r.Models))
	modelColumns := append(report.Shown(r.Settings, report.ModelColumns()),
		report.SheetTotalsColumns(func(m *report.Model) *report.Totals { return &m.Totals }, "model_no", "Model no.", func(m *report.Model) int { return modelNo[m] })...)
	addColumns(r, models, modelColumns, func(row int) *report.Model { return r.Models[row] }, &report.Model{Name: "All models", Totals: r.Totals})

	const leading = "instances"
	for _, t := range []*table{regions, models} {
		t.arrange(t.columns[0].name, leading, "gpu_count", "running_per_hour", "running_per_month", "listed_per_hour", "listed_per_month", "billed_per_month", "share_of_listed", "listed_per_gpu_hour")
	}

	changes := newTable(r, "Changes", "a change since the last run or since last week", report.ChangeColumns(r.Settings), r.ChangeLines())
	trend := newTable(r, "Trend", "a day of the history", r.DayColumns(), r.Days)
	trend.arrange("date", "instances", "gpu_count", "running_per_hour", "running_per_month", "listed_per_hour", "listed_per_month", "added", "removed", "changed")
	unpriced := newTable(r, "Unpriced", "a listed instance without a price", report.UnpricedColumns(r.Settings), r.Unpriced())
	b.statuses = b.assumptions(statuses)
	b.tables = []*table{b.instances, regions, models, changes, trend, unpriced, b.statuses}

	b.setInstanceFormulas()
	b.setShownBounds()
	b.setTotalsFormulas(regions, "region_no")
	b.setTotalsFormulas(models, "model_no")
	b.setStatusFormulas()
	setDayFormulas(trend)
}

func (b *book) totalsTable(sheet, row string, rows int) *table {
	return &table{sheet: sheet, row: row, rows: rows}
}
