package report

import (
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
)

// KeyFigure is a headline figure for people.
type KeyFigure struct {
	Name      string // "Spent in November"
	Short     string // without decimals from 1,000 on: "≥ $166,600"
	Exact     string // to the cent: "≥ $166,600.12"; the same as Short if it is no amount
	Low, High string // to the cent; "" if the figure is known exactly
	Between   string // from Low to High, as SpentBetween; "" if the figure is known exactly
	Range     string // like Short: "$160,000 to $170,000"; "" if it would be a single amount
	IsAlert   bool   // it asks for attention
	Notes     []string
}

// ThisMonth returns the spend of the current month.
func (r *Report) ThisMonth() *history.MonthSpend { return &r.Spend.Months[len(r.Spend.Months)-1] }

// LastMonth returns the spend of the previous month, nil if the first reading came later.
func (r *Report) LastMonth() *history.MonthSpend {
	if len(r.Spend.Months) < 2 {
		return nil
	}
	return &r.Spend.Months[len(r.Spend.Months)-2]
}

// MonthTitle returns the name of a month such as 2026-11: "November 2026".
func MonthTitle(month string) string {
	start, _ := time.Parse("2006-01", month)
	return start.Format("January 2006")
}

func monthName(m *history.MonthSpend) string { return strings.Fields(MonthTitle(m.Month))[0] }

// Spent returns what was spent for people, to the cent: "≥ $1,234.50".
func (s Settings) Spent(c history.Range) string {
	return marked(s.SpentText(c.Estimate), c.LowerBound())
}

// marked marks an amount if it is a lower bound. One that is too small to show becomes "> $0.00".
func marked(amount string, atLeast bool) string {
	if tiny, isTiny := strings.CutPrefix(amount, "< "); isTiny && atLeast {
		return "> " + strings.Replace(tiny, "0.01", "0.00", 1)
	}
	return bound(atLeast) + amount
}

// ForecastText returns what the current month comes to at a rate for people, to the cent.
func (r *Report) ForecastText(bill Bill) string {
	return marked(r.SpentText(r.Forecast.Of(bill).Estimate), r.ForecastAtLeast(bill))
}

// ForecastAtLeast reports whether the forecast at a rate is a lower bound.
func (r *Report) ForecastAtLeast(bill Bill) bool {
	return r.Forecast.Partial || r.Forecast.Of(bill).LowerBound()
}

// spentBounds returns the lower and the upper figure, both "" if they are equal.
func (s Settings) spentBounds(c history.Range) (low, high string) {
	if low, high = s.SpentText(c.Low), s.SpentText(c.High); low == high {
		return "", ""
	}
	return low, high
}

// SpentBetween returns the lower and the upper figure: "$1,200.00 to $1,300.00". It is "" if they are equal. Beside a
// lower bound it says that this is the range of what is counted.
func (s Settings) SpentBetween(c history.Range) string {
	low, high := s.spentBounds(c)
	return between(low, high, c.LowerBound())
}

// between returns a range of amounts: "$1,200 to $1,300". It is "" without amounts, and if they are equal.
func between(low, high string, atLeast bool) string {
	switch {
	case low == high:
		return ""
	case atLeast: // the estimate is marked ≥, but is higher than low
		return "counted: " + low + " to " + high
	}
	return low + " to " + high
}

// spentShort is SpentText for a headline.
func (s Settings) spentShort(seconds decimal.Decimal) string {
	if amount := seconds.DivRound(decimal.NewFromInt(3600), cents); amount.IsPositive() {
		return s.Headline(fleet.MoneyOf(amount))
	}
	return s.SpentText(seconds)
}

// Headline returns an amount for a headline: without decimals from 1,000 on, else exact.
func (s Settings) Headline(m fleet.Money) string {
	if m.Decimal().Abs().LessThan(decimal.NewFromInt(1000)) {
		return s.Amount(m)
	}
	return strings.TrimSuffix(s.Amount(m.Divided(decimal.NewFromInt(1), 0)), ".00")
}

// SpentFigure is what the current month has cost so far, at the billed rate.
func (r *Report) SpentFigure() KeyFigure {
	m, spent := r.ThisMonth(), r.BilledSpend()
	return r.spentFigure("Spent "+monthSpan(m), spent, spent.LowerBound()).noting(r.ObservedText(m))
}

// OtherSpentFigure is what the current month has cost so far, at the rate that is not billed.
func (r *Report) OtherSpentFigure() KeyFigure {
	m, other := r.ThisMonth(), r.Bill.Other()
	spent := Ranges(m.Spent).Of(other)
	return r.spentFigure(other.Title()+" "+monthSpan(m), spent, spent.LowerBound()).
		noting("if " + other.Name() + " instances are billed")
}

// LastMonthFigure is what the previous month cost at the billed rate. ok is false if the first reading came later.
func (r *Report) LastMonthFigure() (f KeyFigure, ok bool) {
	m := r.LastMonth()
	if m == nil {
		return KeyFigure{}, false
	}
	spent := Ranges(m.Spent).Of(r.Bill)
	f = r.spentFigure("Spent in "+monthName(m), spent, spent.LowerBound())
	return f.noting(r.ObservedText(m), countingSince(m)), true
}

// ForecastFigure is what the current month comes to at the billed rate.
func (r *Report) ForecastFigure() KeyFigure {
	return r.forecastFigure(r.Forecast.Of(r.Bill))
}

func (r *Report) forecastFigure(forecast history.Range) KeyFigure {
	f := r.spentFigure("Forecast for "+monthName(r.ThisMonth()), forecast, r.Forecast.Partial || forecast.LowerBound())
	switch {
	case r.Forecast.Partial:
		return f.noting("a lower bound: the time before the first reading is not counted")
	case r.Forecast.Early:
		return f.noting("early: less than 48 hours observed")
	}
	return f
}

// BudgetFigure is the state of the fleet's budget. ok is false without one.
func (r *Report) BudgetFigure() (f KeyFigure, ok bool) {
	b, ok := r.FleetBudget()
	if !ok {
		return KeyFigure{}, false
	}
	return r.budgetFigure(b), true
}

// RateFigure is the billed cost per hour, and how it changed within a week.
func (r *Report) RateFigure() KeyFigure {
	c := r.BilledCost()
	f := KeyFigure{Name: r.Bill.Title() + " now", Short: bound(c.LowerBound()) + r.Headline(c.PerHour) + "/h",
		Exact: r.PerHour(c) + "/h"}
	change := ""
	if w := r.ShownWeek(); w.Window != nil {
		delta := w.Delta.Of(r.Bill)
		change = plus(delta) + r.Headline(delta) + "/h " + w.sinceText()
	}
	return f.noting(c.Coverage(), change)
}

// HeadlineFigures returns the figures of the overview: spent, forecast, budget, rate. Without a budget there are three.
func (r *Report) HeadlineFigures() []KeyFigure {
	figures := []KeyFigure{r.SpentFigure(), r.ForecastFigure()}
	if f, ok := r.BudgetFigure(); ok {
		figures = append(figures, f)
	}
	return append(figures, r.RateFigure())
}

// KeyFigures returns the figures of the summary: those of the overview, the other rate, last month.
func (r *Report) KeyFigures() []KeyFigure {
	figures := append(r.HeadlineFigures(), r.OtherSpentFigure())
	if f, ok := r.LastMonthFigure(); ok {
		figures = append(figures, f)
	}
	return figures
}

// spentFigure returns a figure of what was spent, with its range.
func (r *Report) spentFigure(name string, c history.Range, atLeast bool) KeyFigure {
	f := KeyFigure{Name: name, Short: marked(r.spentShort(c.Estimate), atLeast),
		Exact: marked(r.SpentText(c.Estimate), atLeast)}
	f.Low, f.High = r.spentBounds(c)
	f.Between = between(f.Low, f.High, atLeast)
	f.Range = between(r.spentShort(c.Low), r.spentShort(c.High), atLeast)
	return f
}

// noting returns the figure with further notes, without empty ones.
func (f KeyFigure) noting(notes ...string) KeyFigure {
	for _, note := range notes {
		if note != "" {
			f.Notes = append(f.Notes, note)
		}
	}
	return f
}

// Sentence returns a text with a capital first letter.
func Sentence(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// ObservedText says how much of a month was observed: "96% observed". It is never rounded to 0 or 100.
func (r *Report) ObservedText(m *history.MonthSpend) string {
	if m.Elapsed.Seconds.IsZero() || m.Observed.Seconds.IsZero() {
		return "nothing observed"
	}
	percent := m.Observed.Seconds.Shift(2).DivRound(m.Elapsed.Seconds, 0)
	switch one, most := decimal.NewFromInt(1), decimal.NewFromInt(99); {
	case percent.LessThan(one):
		return "less than 1% observed"
	case percent.GreaterThan(most) && m.Observed.Seconds.LessThan(m.Elapsed.Seconds):
		percent = most
	}
	return percent.String() + "% observed"
}

// ThisMonthTitle names the current month in a table: "this month", "since 12 Nov".
func (r *Report) ThisMonthTitle() string {
	if m := r.ThisMonth(); isPartial(m) {
		return monthSpan(m)
	}
	return "this month"
}

// LastMonthTitle names the previous month in a table: "Last month", "Last month, since 12 Oct".
func (r *Report) LastMonthTitle() string {
	if m := r.LastMonth(); m != nil && isPartial(m) {
		return "Last month, " + monthSpan(m)
	}
	return "Last month"
}

// monthSpan says which part of a month is counted: "in November", "since 12 Nov".
func monthSpan(m *history.MonthSpend) string {
	if isPartial(m) {
		return "since " + m.ObservedFrom.UTC().Format(shortDate)
	}
	return "in " + monthName(m)
}

// countingSince says from when on a month is counted: "counting since 12 Nov". It is "" from its begin on.
func countingSince(m *history.MonthSpend) string {
	if isPartial(m) {
		return "counting " + monthSpan(m)
	}
	return ""
}

// isPartial reports whether the first reading came after the month's begin.
func isPartial(m *history.MonthSpend) bool {
	return m.ObservedFrom.After(history.MonthStart(m.ObservedFrom))
}

// shortDate is the format of a date within the current month.
const shortDate = "2 Jan"

// SpendSentence says what the month has cost so far and what it will cost. Amounts have no sign of a lower bound:
// estimates can be too high as well. Last sentences say what they leave out.
func (r *Report) SpendSentence() string {
	m, f := r.ThisMonth(), r.Forecast.Of(r.Bill)
	text := monthName(m) + " so far: nothing was counted yet. "
	if isUnknown(f) {
		return monthName(m) + " so far: the cost is unknown, because no price is known."
	}
	if !m.Observed.Seconds.IsZero() || !m.Gap.Seconds.IsZero() || m.Elapsed.Seconds.IsZero() {
		text = monthName(m) + " so far: " + r.spentShort(r.BilledSpend().Estimate) +
			" (" + r.Generated.UTC().Format(shortDate) + ", " + r.ObservedText(m) + "). "
	}
	text += "At the current rate the month ends at " + r.spentShort(f.Estimate)
	if r.Budget.Known {
		text += ", " + RunRate{Percent: r.Forecast.Percent}.String() + " of the budget of " + r.Headline(r.Budget.Value)
	}
	if r.Forecast.State == Over {
		text += ", which is already spent"
	}
	text += "."
	if isPartial(m) {
		text += " The time before " + m.ObservedFrom.UTC().Format(shortDate) + " is not counted."
	}
	if f.LowerBound() {
		text += " Instances without a price are not counted."
	}
	return text
}

// SpendNotes says what the spend doesn't cover: that of CoverageNotes, and hours without a price.
func (r *Report) SpendNotes() []string {
	notes := r.CoverageNotes()
	for _, m := range r.shownMonths() {
		if spent := Ranges(m.Spent).Of(r.Bill); spent.LowerBound() {
			notes = append(notes, "In "+MonthTitle(m.Month)+", "+r.Bill.Name()+" instances had no price for "+
				HoursText(spent.Unpriced)+" in total. Amounts marked ≥ leave these hours out, and so do the ranges beside them.")
		}
	}
	return notes
}

// CoverageNotes says which time the spend doesn't cover: that before the first reading, and gaps.
func (r *Report) CoverageNotes() []string {
	var notes []string
	for _, m := range r.shownMonths() {
		if isPartial(m) {
			notes = append(notes, "Counting from "+FormatTimeInWords(m.ObservedFrom)+": what was spent before is unknown.")
		}
		if !m.Gap.Seconds.IsZero() {
			notes = append(notes, HoursText(m.Gap)+" of "+MonthTitle(m.Month)+" were not observed: runs were more than "+
				durationText(2*r.Every())+" apart. The lower figure counts them as 0.")
		}
	}
	return notes
}

// shownMonths returns the current month and the previous one, if it is known.
func (r *Report) shownMonths() []*history.MonthSpend {
	months := []*history.MonthSpend{r.ThisMonth()}
	if last := r.LastMonth(); last != nil {
		months = append(months, last)
	}
	return months
}

// HoursNumber returns a number of hours for people, rounded to a tenth: "72.5", "< 0.1".
func HoursNumber(h history.Hours) string {
	hours := history.Rounded(h.Seconds).Round(1)
	if hours.IsZero() && !h.Seconds.IsZero() {
		return "< 0.1"
	}
	return fleet.GroupThousands(hours.String())
}

// HoursText returns a time for people: "1 hour", "72.5 hours".
func HoursText(h history.Hours) string {
	text := HoursNumber(h)
	if text == "1" {
		return "1 hour"
	}
	return text + " hours"
}

// SpendLegend explains how the spend is computed.
func SpendLegend() []string {
	return []string{
		"Each run reads the list once, and the cost between two readings is computed from both.",
		"An instance with the same price at both readings costs that price times the hours: " +
			"$2 per hour over 24 hours is $48.",
		"If it changed in between, the lower figure takes the lower rate and the upper figure the higher one: " +
			"a start at an unknown moment costs $0 to $48, and the estimate is $24.",
		"If the list says when an instance was created or started, that moment counts.",
		"The forecast adds the current rate times the hours that are left in the month.",
	}
}
