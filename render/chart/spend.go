package chart

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gpufleet/fetch/history"
	"gpufleet/render/report"
)

// Spend is a chart of what days cost at the billed rate. The box has an even column for each day.
type Spend struct {
	Caption   string
	Ticks     []string // of the vertical axis, from the top down, evenly spaced; the last is 0
	From, To  string   // the first and the last day: "1 Nov"
	Parts     []Part   // in the order of drawing, without empty ones
	Days      []string // the figures of each day in words, "" for a day without figures
	Sentences []string // the chart in words
}

// Part is a part of a drawing.
type Part struct {
	Kind string // a word of the style sheet
	Name string // in the key; "" if it needs no explanation
	Path string // an SVG path
}

// add adds a part, unless its path is empty.
func (c *Spend) add(kind, name, path string) {
	if path != "" {
		c.Parts = append(c.Parts, Part{kind, name, path})
	}
}

const (
	day       = 24 * time.Hour
	shortDate = "2 Jan" // the format of a day within a year
)

// SpendCharts returns the chart of the month and that of the days. There are none if no cost is known.
func SpendCharts(r *report.Report) []*Spend {
	isNil := func(c *Spend) bool { return c == nil }
	return slices.DeleteFunc([]*Spend{monthChart(r), DaysChart(r)}, isNil)
}

// monthChart charts what the current month has cost so far and its forecast, beside the budget. It is nil if no cost is
// known, or before the month's second reading.
func monthChart(r *report.Report) *Spend {
	begin := history.MonthStart(r.Generated)
	end := begin.AddDate(0, 1, 0)
	days, month := r.DayCosts(begin), r.ThisMonth()
	spent, forecast := r.BilledSpend(), r.Forecast.Of(r.Bill)
	most := max(amountOf(spent.High), amountOf(forecast.High))
	if most == 0 || !slices.ContainsFunc(days, report.DayCost.Counted) {
		return nil
	}
	c := &Spend{Caption: "Spent in " + report.MonthTitle(month.Month) + ", " + r.Bill.Name() + " instances",
		From: begin.Format(shortDate), To: end.AddDate(0, 0, -1).Format(shortDate)}
	if r.Budget.Known {
		most = max(most, r.Budget.Value.Float64())
	}
	a := axis{from: begin, length: end.Sub(begin)}
	c.Ticks, a.top = ticks(most, false, sign(r.Settings))

	lines := newRangeLines(a, month.ObservedFrom, history.Range{})
	for _, d := range days {
		if d.Counted() {
			lines.add(earlier(d.Date.AddDate(0, 0, 1), r.Generated), d.SoFar)
		}
	}
	ahead := newRangeLines(a, r.Generated, spent)
	ahead.add(end, forecast)
	c.add("gap", "not observed", a.column(begin, month.ObservedFrom)+a.gaps(days, r.Generated))
	c.add("grid", "", GridLines(len(c.Ticks)))
	c.add("band", "range", lines.band()+ahead.band())
	c.add("line", "estimate", path(lines.estimate))
	c.add("ahead", "forecast", path(ahead.estimate))
	if r.Budget.Known {
		c.add("budget", "budget", fmt.Sprintf("M0 %dH%d", a.y(r.Budget.Value.Float64()), Width))
	}
	c.Days = monthTexts(r, days, int(end.Sub(begin)/day))
	c.Sentences = []string{r.SpentRange(spent) + " so far. At the current rate the month ends at " +
		r.ForecastText(r.Bill) + "."}
	if r.Budget.Known {
		c.Sentences = append(c.Sentences, "The budget is "+r.Amount(r.Budget.Value)+".")
	}
	return c
}

// monthTexts returns what to say of each day of the month. The last one has the forecast.
func monthTexts(r *report.Report, days []report.DayCost, all int) []string {
	texts := make([]string, all)
	for i, d := range days {
		texts[i] = dayText(d, r.SpentRange(d.SoFar)+" so far")
	}
	forecast := "forecast " + r.ForecastText(r.Bill)
	if last := &texts[all-1]; *last == "" {
		*last = days[0].Date.AddDate(0, 0, all-1).Format(shortDate) + ": " + forecast
	} else {
		*last += "; " + forecast
	}
	return texts
}

// fewestDays is the minimum number of columns, so that bars don't become blocks.
const fewestDays = 14

// DaysChart charts what each day of this month and last month has cost, beside the budget. It is nil if no cost is
// known.
func DaysChart(r *report.Report) *Spend {
	thisMonth := history.MonthStart(r.Generated)
	days := r.DayCosts(thisMonth.AddDate(0, -1, 0))
	first := slices.IndexFunc(days, report.DayCost.Counted)
	if first < 0 {
		return nil
	}
	days = days[max(0, min(first, len(days)-fewestDays)):]
	highest, most := days[0], 0.0
	for _, d := range days {
		most = max(most, amountOf(d.Cost.High))
		if d.Cost.Estimate.GreaterThan(highest.Cost.Estimate) {
			highest = d
		}
	}
	if most == 0 {
		return nil
	}
	if r.Budget.Known {
		for _, d := range days {
			most = max(most, r.DailyBudget(d.Date).Float64())
		}
	}
	last := days[len(days)-1]
	c := &Spend{Caption: "Cost by day, " + r.Bill.Name() + " instances",
		From: days[0].Date.Format(shortDate), To: last.Date.Format(shortDate)}
	a := axis{from: days[0].Date, length: time.Duration(len(days)) * day}
	c.Ticks, a.top = ticks(most, false, sign(r.Settings))
	var bars, ranges strings.Builder
	for _, d := range days {
		if d.Counted() {
			bars.WriteString(a.bar(d))
			ranges.WriteString(a.rangeMark(d))
		}
		c.Days = append(c.Days, dayText(d, r.SpentRange(d.Cost)))
	}
	c.add("gap", "not observed", a.column(days[0].Date, r.Spend.First)+a.gaps(days, last.Date.Add(day)))
	c.add("grid", "", GridLines(len(c.Ticks)))
	c.add("bars", "estimate", bars.String())
	c.add("ranges", "range", ranges.String())
	if thisMonth.After(days[0].Date) {
		c.add("month", thisMonth.Format(shortDate), fmt.Sprintf("M%d 0V%d", a.x(thisMonth), Height))
	}
	if r.Budget.Known {
		c.add("budget", "budget", budgetSteps(r, a, days))
	}
	c.Sentences = daySentences(r, highest, last)
	return c
}

// daySentences describes the chart of the days in words.
func daySentences(r *report.Report, highest, last report.DayCost) []string {
	sentences := []string{"Highest on " + dayText(highest, r.SpentRange(highest.Cost)) + "."}
	if last.Counted() {
		sentences = append(sentences, last.Date.Format(shortDate)+" so far: "+r.SpentRange(last.Cost)+".")
	}
	if r.Budget.Known {
		sentences = append(sentences, "The budget is "+r.Amount(r.DailyBudget(last.Date))+" a day in "+
			last.Date.Format("January")+".")
	}
	return sentences
}

// budgetSteps returns the budget's share of each day. It differs between months.
func budgetSteps(r *report.Report, a axis, days []report.DayCost) string {
	var b strings.Builder
	for i, d := range days {
		at := a.y(r.DailyBudget(d.Date).Float64())
		if i == 0 {
			fmt.Fprintf(&b, "M0 %d", at)
		} else {
			fmt.Fprintf(&b, "V%d", at)
		}
		fmt.Fprintf(&b, "H%d", a.x(d.Date.Add(day)))
	}
	return b.String()
}
