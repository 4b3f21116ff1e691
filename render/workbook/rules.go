package workbook

import (
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"
)

// rule is a conditional format over a range.
type rule struct {
	cells   string
	formats []excelize.ConditionalFormatOptions
}

func (s *sheet) apply(rules []rule) {
	for _, r := range rules {
		if s.b.err == nil {
			s.b.try(s.b.file.SetConditionalFormat(s.name, r.cells, r.formats))
		}
	}
}

// when formats the cells that meet a condition, which is a formula for the range's first cell.
func (b *book) when(condition string, style *excelize.Style) excelize.ConditionalFormatOptions {
	key := condition
	if style.CustomNumFmt != nil {
		key = *style.CustomNumFmt
	}
	id, ok := b.conditional[key]
	if !ok {
		var err error
		id, err = b.file.NewConditionalStyle(style)
		b.try(err)
		b.conditional[key] = id
	}
	return excelize.ConditionalFormatOptions{Type: "formula", Criteria: condition, Format: &id}
}

// lowerBoundRule shows figures as lower bounds while the cell part is below the cell whole, even after somebody edits
// them. Programs without such rules show the figures' own number formats, as of when the workbook was written.
func (b *book) lowerBoundRule(cells, part, whole string, style cellStyle) rule {
	format := withoutBound(style.format)
	lowerBound := atLeast(format)
	if style.tiny {
		lowerBound, format = b.withTiny(lowerBound), b.withTiny(format)
	}
	return rule{cells, []excelize.ConditionalFormatOptions{
		b.when(part+"<"+whole, &excelize.Style{CustomNumFmt: &lowerBound}),
		b.when(part+">="+whole, &excelize.Style{CustomNumFmt: &format}),
	}}
}

// coverage names, for the sum in a column, the columns that count the instances it covers and all that it should
// cover.
var coverage = map[string][2]string{
	"gpu_count":         {"gpu_count_known", "instances"},
	"cpu_cores":         {"cpu_cores_known", "instances"},
	"ram":               {"ram_known", "instances"},
	"disk_size":         {"disk_size_known", "instances"},
	"running_per_hour":  {"running_priced", "running_instances"},
	"running_per_month": {"running_priced", "running_instances"},
	"listed_per_hour":   {"listed_priced", "listed_instances"},
	"listed_per_month":  {"listed_priced", "listed_instances"},
	"billed_per_hour":   {"billed_priced", "billed_instances"},
	"billed_per_month":  {"billed_priced", "billed_instances"},
}

// unpricedHours names, for the amount in a column, the column with the hours that make it a lower bound.
var unpricedHours = map[string]string{
	"running_low": "running_unpriced_hours", "running_estimate": "running_unpriced_hours",
	"running_high": "running_unpriced_hours",
	"listed_low":   "listed_unpriced_hours", "listed_estimate": "listed_unpriced_hours",
	"listed_high": "listed_unpriced_hours",
	"spent_low":   "unpriced_hours", "spent_estimate": "unpriced_hours", "spent_high": "unpriced_hours",
	"budget_percent": "unpriced_hours", "forecast": "forecast_unpriced_hours",
	"forecast_percent": "forecast_unpriced_hours",
}

// format adds a table's conditional formats on one of its sheets.
func (s *sheet) format(t *table, p part) {
	s.apply(t.rules)
	first, last := t.header()+1, t.lastRow(p)
	for i := range t.columns {
		c := &t.columns[i]
		var formats []excelize.ConditionalFormatOptions
		if counts, ok := coverage[c.name]; ok && c.formula != "" && c.totalFormula != "" {
			lowerBounds := func(from, to int) rule {
				style := s.b.valueStyle(c, textValue, figureValue)
				return s.b.lowerBoundRule(rangeOf(i+1, from, to),
					t.cell(counts[0], from), t.cell(counts[1], from), style)
			}
			if t.index(counts[0]) >= 0 {
				s.apply([]rule{lowerBounds(totalRow, totalRow)})
				formats = lowerBounds(first, last).formats
			}
		}
		isPartial := strings.HasPrefix(c.name, "forecast") && s.b.r.Forecast.Partial // a lower bound in any case
		if hours, ok := unpricedHours[c.name]; ok && !isPartial {
			formats = s.b.lowerBoundRule("", "0", t.cell(hours, first), s.b.valueStyle(c, textValue, figureValue)).formats
		}
		for _, m := range t.marks {
			if m.column == c.name {
				format := changesNothing
				formats = append(formats, s.b.when(m.condition(t, first), &excelize.Style{
					CustomNumFmt: &format, Font: &excelize.Font{Italic: true, Color: red},
				}))
				formats[len(formats)-1].StopIfTrue = true
			}
		}
		switch {
		case c.name == "status":
			formats = append(formats, s.b.statusFormats(t.cell("status", first))...)
		case c.total != nil && slices.Contains(columnsWithBars, c.name) && p.to-p.from <= maxBars:
			formats = append(formats, dataBar)
		}
		if len(formats) > 0 {
			s.apply([]rule{{rangeOf(i+1, first, last), formats}})
		}
	}
}

// maxBars limits the rows with bars: every change of the view draws them again.
const maxBars = 50_000

// columnsWithBars have bars behind the amounts.
var columnsWithBars = []string{"running_per_month", "listed_per_month", "billed_per_month"}

// dataBar is the plain bar of Excel 2007, from 0 to the largest amount, which every program draws. Excel makes it no
// shorter than a tenth of the cell.
var dataBar = excelize.ConditionalFormatOptions{
	Type: "data_bar", Criteria: "=", MinType: "num", MinValue: "0", MaxType: "max", BarColor: "#9DC3E6",
}

// statusFormats distinguish statuses by colour, and without colour by bold, underlined, struck out and italic text. A
// listed status is italic if it is not running.
func (b *book) statusFormats(cell string) []excelize.ConditionalFormatOptions {
	is := func(names ...string) string {
		for i, name := range names {
			names[i] = "LOWER(" + cell + `)="` + name + `"`
		}
		return "OR(" + strings.Join(names, ",") + ")"
	}
	status := func(condition string, f excelize.Font, fill string) excelize.ConditionalFormatOptions {
		format := b.when(condition, &excelize.Style{Font: &f, Fill: filled(fill)})
		format.StopIfTrue = true
		return format
	}
	return []excelize.ConditionalFormatOptions{
		status(is("running"), excelize.Font{Bold: true, Color: "1E5B2E"}, "E2F0D9"),
		status(is("error"), excelize.Font{Bold: true, Underline: "single", Color: "9C0006"}, "FBE0E0"),
		status(is("deleted", "canceled", "completed", "booked"), excelize.Font{Strike: true, Color: grey}, "EDEDED"),
		status(cell+`<>""`, excelize.Font{Italic: true, Color: "7F5200"}, "FFF2CC"),
	}
}
