package workbook

import (
	"slices"
	"strconv"

	"gpufleet/render/report"
)

const matrixSheet = "Matrix"

// A chart with more than these can't be read.
const (
	maxChartRegions = 12
	maxChartModels  = 8
)

// matrixPage makes the sheet with the GPUs and the listed cost per month of each region and model. If that is too much
// for a chart, two smaller blocks follow, which the charts show.
func (b *book) matrixPage() *page {
	m := b.r.Matrix
	p := &page{widths: []float64{28}}
	for _, model := range m.Models {
		p.widths = append(p.widths, float64(min(max(textWidth(model.Name)+3, 14), maxTextWidth)))
	}
	p.widths = append(p.widths, 16)
	p.lines = append(p.lines, line{cells: []cell{textCell(title, matrixSheet)}, height: 24})
	p.add(b.caption(b.r.Origin() + ". Amounts are in " + b.r.Currency +
		". An empty cell means that the region has no such instances."))
	if text := m.Note(); text != "" {
		p.add(textCell(caption, text))
	}
	p.blank()
	if len(m.Rows) == 0 {
		p.add(textCell(notice, "No instances."))
		return p
	}
	b.addMatrix(p, m, "")
	shown := b.r.SmallMatrix(maxChartRegions, maxChartModels)
	if len(shown.Rows) < len(m.Rows) || len(shown.Models) < len(m.Models) {
		b.addMatrix(p, shown, "In the charts: ")
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

// addMatrix adds the two blocks of a matrix: GPUs and listed cost per month.
func (b *book) addMatrix(p *page, m report.Matrix, before string) {
	b.gpuBlock = b.addBlock(p, m, before+"GPUs",
		func(t *report.Totals) cell { return b.sumCell(t.GPUs) },
		func(where []criterion) string { return b.sum("gpu_count", where...) })
	b.costBlock = b.addBlock(p, m, before+"Listed ("+b.r.Currency+" per month)",
		func(t *report.Totals) cell { return b.money(t.Listed.PerMonth, t.Listed.LowerBound()) },
		func(where []criterion) string {
			return "(" + b.sum("price_per_hour", append(where, isOne("listed"))...) + ")*" + hoursName
		})
}

// addBlock adds one block of a matrix. value returns the cell for the totals of a group, a row, a column or the fleet;
// formula returns its formula.
func (b *book) addBlock(
	p *page, m report.Matrix, name string, value func(*report.Totals) cell, formula func([]criterion) string,
) block {
	k := block{header: p.next(), rows: len(m.Rows), columns: len(m.Models)}
	head := make([]cell, len(p.widths))
	for i := range head {
		head[i] = textCell(figureSection, "")
	}
	head[0] = textCell(section, name)
	for i, model := range m.Models {
		head[i+1].value = model.Name
	}
	head[len(m.Models)+1].value = "All models"
	p.lines = append(p.lines, line{cells: head, height: 18})

	region := func(r *report.Region) criterion {
		return criterion{"region_no", strconv.Itoa(slices.Index(b.r.Regions, r) + 1)}
	}
	model := func(m *report.Model) criterion {
		return criterion{"model_no", strconv.Itoa(slices.Index(b.r.Models, m) + 1)}
	}
	add := func(cells []cell, t *report.Totals, where ...criterion) []cell {
		c := value(t).with(formula(where))
		p.fit(len(cells), textWidth(report.FormatNumber(numberOf(c)))+8)
		return append(cells, c)
	}
	for _, row := range m.Rows {
		cells := []cell{textCell(plain, row.Region.Name)}
		p.fit(0, min(textWidth(row.Region.Name)+2, maxTextWidth))
		for i, group := range row.Cells {
			if group == nil {
				cells = append(cells, cell{})
				continue
			}
			cells = add(cells, &group.Totals, region(row.Region), model(m.Models[i]))
		}
		p.add(add(cells, &row.Region.Totals, region(row.Region))...)
	}
	cells := []cell{textCell(textTotal, "All regions")}
	for _, of := range m.Models {
		cells = add(cells, &of.Totals, model(of))
	}
	cells = add(cells, &b.r.Totals)
	for i := range cells[1:] {
		cells[i+1].style.role = figureTotal
	}
	p.add(cells...)
	p.blank()
	return k
}

func numberOf(c cell) float64 {
	number, _ := c.value.(float64)
	return float64(int64(min(number, 1e15)))
}
