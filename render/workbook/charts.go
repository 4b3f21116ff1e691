package workbook

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

// chart is a chart on a page.
type chart struct {
	at            string // the cell of its upper left corner
	kind          excelize.ChartType
	title, alt    string
	category      string // the title of the categories' axis
	value, format string // the title of the values' axis, with their unit, and their number format
	days          bool   // the categories are days
	series        []excelize.ChartSeries
}

// The size of a chart on Summary. It is anchored to all cells that it covers ("twoCell"): with "oneCell" excelize
// anchors it to its first cell, and Excel draws it no larger. excelize takes a row for 18 pixels; programs draw 20.
const (
	chartWidth = 560 // in pixels
	chartRows  = 15
	rowPixels  = 18
)

// chartColors can be distinguished in greyscale, and by people with colour blindness.
var chartColors = []string{"1F3864", "C55A11", "9DC3E6", "548235", "FFC000", "7030A0", "A6A6A6", "264478"}

// otherColor is for the models that a chart takes together.
const otherColor = "D9D9D9"

func (c chart) options() *excelize.Chart {
	for i := range c.series {
		s := &c.series[i]
		s.Fill = filled(chartColors[i%len(chartColors)])
		if i == maxChartModels {
			s.Fill = filled(otherColor)
		}
	}
	text := func(text string, size float64) excelize.ChartTitle {
		font := font(excelize.Font{Size: size, Color: black})
		return excelize.ChartTitle{Paragraph: []excelize.RichTextRun{{Text: text, Font: font}}}
	}
	axisFont := excelize.Font{Size: 9, Color: black}
	gap := uint(40)
	options := &excelize.Chart{
		Type: c.kind, Series: c.series, Title: text(c.title, 12),
		Format:    excelize.GraphicOptions{AltText: c.alt, Name: c.title, Positioning: "twoCell"},
		Dimension: excelize.ChartDimension{Width: chartWidth, Height: chartRows * rowPixels},
		Legend:    excelize.ChartLegend{Position: "bottom"},
		XAxis:     excelize.ChartAxis{Title: text(c.category, 10), Font: axisFont},
		YAxis: excelize.ChartAxis{Title: text(c.value, 10), MajorGridLines: true, Font: axisFont,
			NumFmt: excelize.ChartNumFmt{CustomNumFmt: c.format}},
		ShowBlanksAs: "gap",
	}
	if c.days {
		options.XAxis.NumFmt = excelize.ChartNumFmt{CustomNumFmt: dateFormat}
	}
	if c.kind == excelize.BarStacked {
		options.GapWidth = &gap
		options.XAxis.ReverseOrder = true // the first region at the top
	}
	return options
}

// addCharts adds the charts to Summary, from a column on: the months and the budget, GPUs and cost by region and
// model, and the days.
func (b *book) addCharts(p *page, column int) {
	row := 5
	add := func(c chart) {
		c.at = cellName(column, row)
		p.charts = append(p.charts, c)
		row += chartRows + 1
	}
	if !b.r.Empty() || b.spend.rows > 0 {
		add(chart{kind: excelize.Col, title: "Spent, forecast and budget, by month", category: "Month (UTC)",
			value: b.r.Currency, format: "#,##0", series: b.seriesOf(b.months, "month", "spent_estimate", "forecast", "budget"),
			alt: "Columns: what each month cost, the forecast of the current one, and the budget. " +
				"The figures are on the sheet Months."})
	}
	if !b.r.Empty() {
		add(chart{kind: excelize.BarStacked, title: "GPUs by region and model", category: "Region",
			value: "GPUs", format: "#,##0", series: b.seriesByModel(b.gpuBlock),
			alt: "Stacked bars: the GPUs of each region, by GPU model. The figures are on the sheet Matrix."})
		add(chart{kind: excelize.BarStacked, title: "Listed cost per month by region", category: "Region",
			value: b.r.Currency + " per month", format: "#,##0", series: b.seriesByModel(b.costBlock),
			alt: "Stacked bars: the listed cost per month of each region, by GPU model. " +
				"The figures are on the sheet Matrix."})
	}
	if b.spend.rows > 0 {
		add(chart{kind: excelize.Col, title: "Cost of each day", category: "Day (UTC)", days: true,
			value: b.r.Currency, format: "#,##0",
			series: b.seriesOf(b.table("Trend"), "date", "running_estimate", "listed_estimate"),
			alt: "Columns: the estimated cost of the running and of the listed instances on each day. " +
				"The figures are on the sheet Trend."})
	}
}

// seriesByModel returns a series for each model in a block of the matrix: its figures by region.
func (b *book) seriesByModel(k block) (series []excelize.ChartSeries) {
	ref := func(column, from, to int) string {
		ref := k.ref(column, from, to)
		if b.points[ref] == nil {
			for _, line := range b.matrix.lines[k.header-1+from : k.header+to] {
				b.points[ref] = append(b.points[ref], line.cells[column].value)
			}
		}
		return ref
	}
	for i := 1; i <= k.columns; i++ {
		series = append(series, excelize.ChartSeries{
			Name: ref(i, 0, 0), Categories: ref(0, 1, k.rows), Values: ref(i, 1, k.rows),
		})
	}
	return series
}

// seriesOf returns columns of a table as series, by another column.
func (b *book) seriesOf(t *table, category string, names ...string) (series []excelize.ChartSeries) {
	last := t.lastRow(t.parts(b.lastRow)[0])
	heading := func(name string) string {
		ref := t.sheet + "!$" + columnName(t.index(name)+1) + "$" + strconv.Itoa(headerRow)
		b.points[ref] = []any{t.column(name).heading}
		return ref
	}
	values := func(name string) string {
		letter, first := "$"+columnName(t.index(name)+1)+"$", headerRow+1
		ref := t.sheet + "!" + letter + strconv.Itoa(first)
		if last > first {
			ref += ":" + letter + strconv.Itoa(last)
		}
		if c := t.column(name); b.points[ref] == nil {
			for row := range last - headerRow {
				b.points[ref] = append(b.points[ref], b.value(c.typ, c.value(row)))
			}
		}
		return ref
	}
	for _, name := range names {
		series = append(series, excelize.ChartSeries{
			Name: heading(name), Categories: values(category), Values: values(name),
		})
	}
	return series
}

// chartRef matches a chart's reference to cells as excelize writes it, without the cells' values.
var chartRef = regexp.MustCompile(
	`<(str|num)Ref><f>([^<]*)</f>(?:<numCache><formatCode></formatCode></numCache>)?</(?:str|num)Ref>`)

// oneCategory matches the categories of a chart that has only one.
var oneCategory = regexp.MustCompile(`<cat><strRef><f>[^<]*</f><strCache><ptCount val="1">`)

// dateAxis turns an axis of categories, the only one that excelize writes, into one of dates. It leaves out labels that
// have no room.
var dateAxis = strings.NewReplacer("<catAx>", "<dateAx>", "</catAx>", "</dateAx>", `<lblAlgn val="ctr"></lblAlgn>`, "",
	`<noMultiLvlLbl val="0"></noMultiLvlLbl>`, `<baseTimeUnit val="days"></baseTimeUnit>`)

// fillCharts adds the cells' values to the charts' references, for viewers that don't calculate. If there is only one
// category, it also stops the axis from looking for dates: LibreOffice would show January 1 for the only day.
func (b *book) fillCharts() {
	b.file.Pkg.Range(func(name, content any) bool {
		text, ok := content.([]byte)
		if ok && strings.HasPrefix(name.(string), "xl/charts/chart") {
			text = chartRef.ReplaceAllFunc(text, b.withCache)
			if oneCategory.Match(text) {
				text = bytes.ReplaceAll(text, []byte(`<auto val="1">`), []byte(`<auto val="0">`))
			}
			if bytes.Contains(text, []byte("<cat><numRef>")) {
				text = []byte(dateAxis.Replace(string(text)))
			}
			b.file.Pkg.Store(name, text)
		}
		return true
	})
}

// withCache returns a reference with the values of its cells. An empty cell has no point. Several days become numbers,
// for an axis of dates.
func (b *book) withCache(ref []byte) []byte {
	match := chartRef.FindSubmatch(ref)
	kind, cells, format := string(match[1]), match[2], "General"
	points := b.points[string(cells)]
	if len(points) > 1 {
		if _, isDay := points[0].(time.Time); isDay {
			kind, format = "num", dateFormat
		}
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "<%sRef><f>%s</f><%sCache>", kind, cells, kind)
	if kind == "num" {
		fmt.Fprintf(&out, "<formatCode>%s</formatCode>", format)
	}
	fmt.Fprintf(&out, `<ptCount val="%d"></ptCount>`, len(points))
	for i, value := range points {
		if value == nil {
			continue
		}
		fmt.Fprintf(&out, `<pt idx="%d"><v>`, i)
		if day, isDay := value.(time.Time); isDay && kind == "num" {
			value = serial(day)
		}
		b.try(xml.EscapeText(&out, []byte(pointText(value))))
		out.WriteString("</v></pt>")
	}
	fmt.Fprintf(&out, "</%sCache></%sRef>", kind, kind)
	return out.Bytes()
}

func pointText(value any) string {
	switch value := value.(type) {
	case float64:
		return strconv.FormatFloat(value, 'g', -1, 64)
	case time.Time:
		return value.Format(time.DateOnly)
	default:
		return fmt.Sprint(value)
	}
}
