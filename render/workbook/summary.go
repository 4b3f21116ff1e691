package workbook

import (
	"gpufleet/fetch/fleet"
	"gpufleet/render/report"
)

const summarySheet = "Summary"

// maxStatuses bounds the statuses on Summary: the list of them is open.
const maxStatuses = 1000

// summary makes the first sheet: the headline figures, what they rest on, and the way to the other sheets.
func (b *book) summary() *page {
	p := &page{widths: []float64{26, 14, 14, 18, 18, 26}}
	p.lines = append(p.lines, line{cells: []cell{words(title, oneLine(b.r.Title))}, height: 27})
	p.add(words(caption, b.r.Origin()+"."))
	if marks := b.marks(); marks != "" {
		p.add(words(mark, marks))
	}
	if b.r.Empty() {
		p.add(words(mark, "No instances."))
	}
	p.blank()
	b.addCosts(p)
	b.addBudget(p)
	b.addFleet(p)
	b.addIndex(p)
	b.addBasis(p)
	b.addStatuses(p)
	b.addWarnings(p)
	return p
}

// addCosts adds what runs and what is listed, apart: whether a stopped instance is billed is not known.
func (b *book) addCosts(p *page) {
	p.section(figureSection, "Cost", "Instances", "Priced", "Per hour ("+b.r.Currency+")", "Per month ("+b.r.Currency+")", "Covered")
	b.addCost(p, "Running", b.r.Running)
	b.addCost(p, "Listed", b.r.Listed)
	p.blank()
}

func (b *book) addCost(p *page, name string, c report.Cost) {
	p.fit(3, textWidth(b.r.PerHour(c))+3)
	p.fit(4, textWidth(b.r.PerMonth(c))+3)
	p.add(words(plain, name), count(c.Of), count(c.Priced),
		b.money(c.PerHour, c.LowerBound()), b.money(c.PerMonth, c.LowerBound()), words(covered, c.Coverage()))
}

// addFleet adds what there is, whatever its status.
func (b *book) addFleet(p *page) {
	p.section(figureSection, "Fleet", "Total", "Known", "", "", "Covered")
	p.add(words(plain, "Instances"), count(b.r.Count))
	type figure struct {
		name string
		sum  report.Sum
	}
	figures := []figure{{"GPUs", b.r.GPUs}, {"CPU cores", b.r.CPUCores}, {"RAM (GB)", b.r.RAM}}
	if b.r.Shows("disk_size") {
		figures = append(figures, figure{"Disk (GB)", b.r.Disk})
	}
	for _, row := range figures {
		p.fit(1, textWidth(row.sum.String())+3)
		p.add(words(plain, row.name), b.sum(row.sum), count(row.sum.Known), cell{}, cell{}, words(covered, row.sum.Coverage()))
	}
	p.blank()
}

// addIndex adds a link to each sheet.
func (b *book) addIndex(p *page) {
	p.section(figureSection, "Sheet", "Rows", "")
	for _, t := range b.tables {
		for _, part := range t.parts(b.lastRow) {
			p.add(cell{value: part.sheet, look: look{role: link}, link: part.sheet}, count(part.to-part.from),
				words(note, "A row is "+t.row+"."))
		}
	}
	p.add(cell{value: aboutSheet, look: look{role: link}, link: aboutSheet}, cell{}, words(note, "What sheets, columns and figures mean."))
	p.blank()
}

// addBasis adds what the figures rest on.
func (b *book) addBasis(p *page) {
	p.section(figureSection, "Basis")
	hours := b.r.HoursPerMonth
	p.fit(1, len(timeFormat)+2)
	p.add(words(plain, "Hours per month"), cell{
		value: hours.InexactFloat64(),
		look:  look{format: b.valueFormat(report.Size, decimalsOf(hours.String()))},
	})
	p.add(words(plain, "Currency"), words(figureText, b.r.Currency))
	p.add(words(plain, b.r.Source.Verb()+" (UTC)"), cell{value: b.r.Generated.UTC(), look: look{format: timeFormat}})
	p.blank()
}

// addStatuses adds the instances by status.
func (b *book) addStatuses(p *page) {
	if b.r.Empty() {
		return
	}
	p.section(figureSection, "Status", "Instances", "GPUs", "", "", "Covered")
	shown := b.r.Statuses[:min(len(b.r.Statuses), maxStatuses)]
	for _, s := range shown {
		p.fit(0, min(textWidth(s.Label())+2, maxTextWidth))
		p.add(words(plain, s.Label()), count(s.Instances), b.sum(s.GPUs), cell{}, cell{}, words(covered, s.GPUs.Coverage()))
	}
	if more := len(b.r.Statuses) - len(shown); more > 0 {
		p.add(words(caption, "and "+report.FormatCount(more)+" more"))
	}
	p.blank()
}

// addWarnings adds what was odd about the list.
func (b *book) addWarnings(p *page) {
	shown, more := b.r.WarningsShown()
	if len(shown) == 0 {
		return
	}
	p.section(section, "Warnings")
	for _, warning := range shown {
		p.across(prose, warning)
	}
	if more > 0 {
		p.across(prose, "and "+report.FormatCount(more)+" more")
	}
}

func count(n int) cell { return cell{value: n, look: look{format: "#,##0"}} }

// money returns the cell of an amount, which may be a lower bound.
func (b *book) money(m fleet.Money, lower bool) cell {
	return figure(m.Float64(), b.valueFormat(report.Money, decimalsOf(m.String())), lower)
}

// sum returns the cell of a sum.
func (b *book) sum(s report.Sum) cell {
	return figure(s.Value, b.valueFormat(report.Size, decimalsOf(report.ExactNumber(s.Value))), s.LowerBound())
}

func figure(value float64, format string, lower bool) cell {
	if lower {
		format = atLeast(format)
	}
	return cell{value: value, look: look{format: format}}
}
