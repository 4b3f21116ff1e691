package workbook

import (
	"github.com/xuri/excelize/v2"
)

// page is a sheet without a table, or the rows above one. It is complete before it is written.
type page struct {
	widths  []float64 // of its columns
	lines   []line
	onePage bool // it is scaled to print on one page
	rules   []rule
	charts  []chart
}

// line is a row of a page.
type line struct {
	cells  []cell
	height float64 // in points; 0 for the default
	across bool    // its first cell spans all columns
}

// cell is a cell of a page. It is empty if its value is nil.
type cell struct {
	value   any // string or a number or time
	style   cellStyle
	link    string // the sheet that it links to, "" for none
	formula string // the formula of the value, "" for none
}

// with returns the cell with the formula of its value.
func (c cell) with(formula string) cell {
	c.formula = formula
	return c
}

// next returns the number of the next row, from 1.
func (p *page) next() int { return len(p.lines) + 1 }

// width returns the width of a column from 0, and 0 after the last one.
func (p *page) width(i int) float64 {
	if i < len(p.widths) {
		return p.widths[i]
	}
	return 0
}

func (p *page) add(cells ...cell) { p.lines = append(p.lines, line{cells: cells}) }

func (p *page) blank() { p.lines = append(p.lines, line{}) }

// across adds text that spans all columns and may wrap.
func (p *page) across(role role, text string) {
	width := 0.0
	for _, w := range p.widths {
		width += w
	}
	c := textCell(role, text)
	c.style.wrap = true
	p.lines = append(p.lines, line{cells: []cell{c}, height: heightOf(text, width), across: true})
}

// compute adds a formula to the cell of the last line in a column, from 0. It does nothing if the formula is "".
func (p *page) compute(column int, formula string) {
	if formula == "" {
		return
	}
	last := p.lines[len(p.lines)-1].cells
	last[column] = last[column].with(formula)
}

// heightOf returns the height of wrapped text in points. The program that opens the file may not find it, and never
// does for merged cells. In Calibri most letters are narrower than a digit, in the fonts that replace it they are not.
func heightOf(text string, width float64) float64 {
	return 15.75 * float64(wrappedLines(text, int(0.9*width)))
}

// section adds the heading of a block. role is the role of the cells after the first column.
func (p *page) section(role role, names ...string) {
	cells := make([]cell, len(p.widths))
	for i := range cells {
		cells[i] = textCell(section, "")
		if i > 0 {
			cells[i].style.role = role
		}
		if i < len(names) {
			cells[i].value = names[i]
		}
	}
	p.lines = append(p.lines, line{cells: cells, height: 18})
}

func textCell(role role, text string) cell { return cell{value: text, style: cellStyle{role: role}} }

// formatted returns the cell of a number or a time with its number format.
func formatted(value any, format string) cell {
	return cell{value: value, style: cellStyle{format: format}}
}

// fit makes a column wide enough for text of some digits, in wider fonts than Calibri too.
func (p *page) fit(column, digits int) {
	p.widths[column] = max(p.widths[column], float64(min(roomy(digits), maxFigureWidth)))
}

// writePage writes a page to its sheet.
func (b *book) writePage(name string, p *page) {
	for len(p.lines) > 0 && len(p.lines[len(p.lines)-1].cells) == 0 { // the blank line after the last block
		p.lines = p.lines[:len(p.lines)-1]
	}
	s := b.open(name, layout{columns: len(p.widths), rows: len(p.lines), widths: p.widths, onePage: p.onePage})
	s.lines(p)
	s.close()
}

// lines writes the lines of a page, its conditional formats and charts.
func (s *sheet) lines(p *page) {
	b := s.b
	for i := range p.lines {
		s.line(p, i)
	}
	s.apply(p.rules)
	for _, c := range p.charts {
		b.try(b.file.AddChart(s.name, c.at, c.options()))
	}
}

// line writes a line of a page as the next row.
func (s *sheet) line(p *page, i int) {
	b, line, row := s.b, p.lines[i], s.next
	cells := make([]any, len(line.cells))
	for j, c := range line.cells {
		cells[j] = b.pageCell(c)
		if c.link != "" {
			b.try(b.file.SetCellHyperLink(s.name, cellName(j+1, row), "'"+c.link+"'!A1", "Location"))
		}
	}
	s.row(cells, excelize.RowOpts{Height: line.height})
	if line.across && b.err == nil {
		b.try(s.MergeCell(cellName(1, row), cellName(len(p.widths), row)))
	}
}

func (b *book) pageCell(c cell) any {
	switch text, isText := c.value.(string); {
	case c.formula != "" && !b.fixed:
		return withEmptyText(excelize.Cell{StyleID: b.style(c.style), Value: c.value, Formula: c.formula})
	case c.value == nil && c.style == cellStyle{}:
		return nil
	case isText && text != "":
		return b.text(c.style, text)
	case isText:
		return excelize.Cell{StyleID: b.style(c.style)}
	default:
		return excelize.Cell{StyleID: b.style(c.style), Value: c.value}
	}
}
