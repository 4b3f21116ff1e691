package workbook

import (
	"cmp"
	"math"
	"strconv"

	"gpufleet/render/report"
)

const matrixSheet = "Matrix"

// A chart with more than these, and one for all others, can't be read.
const (
	maxChartRegions = 12
	maxChartModels  = 8
)

// matrixPage makes the sheet with the GPUs and the listed cost per month of each region and model. If that is too much
// for a chart, two smaller blocks follow: the charts show the regions and models with the most GPUs, and those with the
// highest cost, and take all others together.
func (b *book) matrixPage() *page {
	m := b.r.Matrix
	p := &page{widths: []float64{28}}
	for _, model := range m.Models {
		p.widths = append(p.widths, float64(min(max(textWidth(model.Label())+3, 14), maxTextWidth)))
	}
	p.widths = append(p.widths, 16)
	p.lines = append(p.lines, line{cells: []cell{textCell(title, matrixSheet)}, height: 24})
	about := b.caption(b.r.Origin() + ". Amounts are in " + b.r.Currency +
		". An empty cell means that the region has no such instances.")
	p.across(about.style.role, about.value.(string))
	if text := m.Note(); text != "" {
		p.across(caption, text)
	}
	p.blank()
	if len(m.Rows) == 0 {
		p.add(textCell(notice, "No instances."))
		return p
	}
	b.gpuBlock, b.costBlock = b.addGPUs(p, m, ""), b.addListed(p, m, "")
	if len(b.r.Regions) > maxChartRegions || len(b.r.Models) > maxChartModels {
		gpus := b.r.ChartMatrix(maxChartRegions, maxChartModels,
			func(a, b *report.Totals) int { return cmp.Compare(a.GPUs.Value, b.GPUs.Value) })
		costs := b.r.ChartMatrix(maxChartRegions, maxChartModels,
			func(a, b *report.Totals) int { return a.Listed.PerHour.Cmp(b.Listed.PerHour) })
		b.gpuBlock, b.costBlock = b.addGPUs(p, gpus, "In the charts: "), b.addListed(p, costs, "In the charts: ")
	}
	return p
}

// block is where figures are on Matrix: the row of their header, and the number of their rows and columns.
type block struct{ header, rows, columns int }

// ref returns a range in a column of the block. Column 0 has the names, and row 0 is the header.
func (k block) ref(column, from, to int) string {
	letter := "$" + columnName(column+1) + "$"
	text := matrixSheet + "!" + letter + strconv.Itoa(k.header+from)
	if to > from {
		text += ":" + letter + strconv.Itoa(k.header+to)
	}
	return text
}

func (b *book) addGPUs(p *page, m report.Matrix, before string) block {
	return b.addBlock(p, m, before+"GPUs",
		func(t *report.Totals) cell { return b.sumCell(t.GPUs) },
		func(of source) string { return of.sum("gpu_count") })
}

func (b *book) addListed(p *page, m report.Matrix, before string) block {
	return b.addBlock(p, m, before+"Listed ("+b.r.Currency+" per month)",
		func(t *report.Totals) cell { return b.money(t.Listed.PerMonth, t.Listed.LowerBound()) },
		func(of source) string { return perMonth(of.sum("listed_per_hour")) })
}

// addBlock adds one block of a matrix. value returns the cell for the totals of a group, a row, a column or the fleet;
// formula returns its formula.
func (b *book) addBlock(
	p *page, m report.Matrix, name string, value func(*report.Totals) cell, formula func(source) string,
) block {
	k := block{header: p.next(), rows: len(m.Rows), columns: len(m.Models)}
	head := make([]cell, len(p.widths))
	for i := range head {
		head[i] = textCell(figureSection, "")
	}
	head[0] = textCell(section, name)
	for i, model := range m.Models {
		head[i+1].value = model.Label()
		p.fit(i+1, min(textWidth(model.Label())+3, maxTextWidth))
	}
	head[len(m.Models)+1].value = "All models"
	p.lines = append(p.lines, line{cells: head, height: 18})

	// add adds the cell of the next column. Those of other regions and models hold what the shown ones leave.
	add := func(cells []cell, t *report.Totals, region *report.Part, model *report.Part) []cell {
		c := value(t)
		switch column, row := len(cells)+1, p.next(); {
		case model != nil && model.Slug == "":
			c = remainder(c, cellName(len(m.Models)+2, row), cellName(2, row)+":"+cellName(column-1, row))
		case region != nil && region.Slug == "":
			c = remainder(c, cellName(column, k.header+k.rows+1), rangeOf(column, k.header+1, row-1))
		default:
			c = c.with(formula(b.groupsOf(region, model)))
		}
		p.fit(len(cells), textWidth(report.FormatNumber(numberOf(c)))+8)
		return append(cells, c)
	}
	for _, row := range m.Rows {
		cells := []cell{textCell(plain, row.Region.Label())}
		p.fit(0, min(textWidth(row.Region.Label())+2, maxTextWidth))
		for i, group := range row.Cells {
			if group == nil {
				cells = append(cells, cell{})
				continue
			}
			cells = add(cells, &group.Totals, row.Region, m.Models[i])
		}
		p.add(add(cells, &row.Region.Totals, row.Region, nil)...)
	}
	cells := []cell{textCell(textTotal, "All regions")}
	for _, model := range m.Models {
		cells = add(cells, &model.Totals, nil, model)
	}
	cells = add(cells, &b.r.Totals, nil, nil)
	for i := range cells[1:] {
		cells[i+1].style.role = figureTotal
	}
	p.add(cells...)
	p.blank()
	return k
}

// groupsOf returns the groups of a region and a model; nil stands for all of them.
func (b *book) groupsOf(region *report.Part, model *report.Part) source {
	var where []criterion
	if region != nil {
		where = append(where, criterion{"region_no", strconv.Itoa(region.Index + 1)})
	}
	if model != nil {
		where = append(where, criterion{"model_no", strconv.Itoa(model.Index + 1)})
	}
	return b.all().with(where...)
}

// remainder returns a cell with what a range leaves of a total, to a millionth: binary numbers can't add up exactly.
func remainder(c cell, total, shown string) cell {
	if value, ok := c.value.(float64); ok {
		c.value = math.Round(value*1e6) / 1e6
	}
	return c.with("ROUND(" + total + "-SUM(" + shown + "),6)")
}

func numberOf(c cell) float64 {
	number, _ := c.value.(float64)
	return float64(int64(min(number, 1e15)))
}
