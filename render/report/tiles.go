package report

import (
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
)

// Tile is a main figure of the overview, with its past.
type Tile struct {
	Figures []KeyFigure // the main one first
	Path    string      // of what shows more
	Change  string      // within a week: "+$1,234/month since last week"; "" if unknown
	Past    Past
}

// Past is what a figure was on each of the last PastDays days, ascending.
type Past struct {
	Name string // "Cost by day"
	Days []DayValue
}

// PastDays is the number of days of a Past. Today is the last one.
const PastDays = 30

// DayValue is the value of a day.
type DayValue struct {
	Date  time.Time // its begin, UTC
	Known bool      // false for a day without data
	Value float64
	Text  string // for people
}

// Tiles returns the main figures of the overview: spent and forecast, billed now, running GPUs, needs attention.
func (r *Report) Tiles() []Tile {
	return []Tile{r.spentTile(), r.billedTile(), r.gpuTile(), r.attentionTile()}
}

func (r *Report) spentTile() Tile {
	m, spent, forecast := r.ThisMonth(), r.SpentFigure().precise(), r.ForecastFigure().precise()
	if m.Observed.Seconds.Equal(m.Elapsed.Seconds) {
		spent.Notes = nil // nothing is missing
	}
	if b, ok := r.FleetBudget(); ok {
		spent.IsAlert = b.State == Over
		forecast.IsAlert = b.IsAlert()
		note := b.ShareText() + " of the budget of " + r.Headline(b.Budget)
		if b.IsUnknown() {
			note = "the budget is " + r.Headline(b.Budget)
		}
		forecast = forecast.noting(note)
	}
	return Tile{Figures: []KeyFigure{spent, forecast}, Path: SpendPath, Change: r.spentChange(),
		Past: r.past("Cost by day", r.setSpent)}
}

// precise moves the figure's range to the exact amount, where people look for more.
func (f KeyFigure) precise() KeyFigure {
	if f.Between != "" {
		f.Exact, f.Range = f.Exact+" ("+f.Between+")", ""
	}
	return f
}

// billedTile is what is billed now. The other rate stands beside it as a second opinion.
func (r *Report) billedTile() Tile {
	c, other := r.BilledCost(), r.Bill.Other()
	f := KeyFigure{Name: r.Bill.Title() + " now", Short: r.AtStakeText(c), Exact: Unknown}
	if !c.Unknown() {
		f.Exact = r.PerMonth(c) + "/month, " + r.PerHour(c) + "/h"
	}
	f = f.noting(c.Coverage(), other.Name()+" "+r.AtStakeText(r.Costs().Of(other)))
	if rate, ok := r.RunRate(); ok && !c.Unknown() {
		f = f.noting("run rate " + rate.String() + " of the budget")
	}
	t := Tile{Figures: []KeyFigure{f}, Path: r.billedPath(), Past: r.past(r.Bill.Title()+" cost by day", r.setBilled)}
	if w := r.ShownWeek(); w.Window != nil {
		t.Change = r.MonthlyDelta(w.Delta.Of(r.Bill)) + " " + w.sinceText()
	}
	return t
}

func (r *Report) gpuTile() Tile {
	running := r.RunningGPUs()
	text := running.String() + " of " + r.GPUs.String()
	f := KeyFigure{Name: "GPUs running", Short: text, Exact: text}
	t := Tile{Figures: []KeyFigure{f.noting(r.GPUs.Coverage())}, Path: r.statusesPath(StatusCount.Running),
		Past: r.past("Running GPUs by day, on average", r.setGPUs)}
	if w := r.ShownWeek(); w.Window != nil {
		t.Change = signed(running.Value-w.GPUsBefore.Value) + " " + w.sinceText()
	}
	return t
}

func (r *Report) attentionTile() Tile {
	count := r.AttentionCount()
	f := KeyFigure{Name: "Needs attention", Short: Counted(count, "instance"), Exact: Counted(count, "instance")}
	note := "no instance matches any of the rules"
	if count > 0 {
		note = Counted(len(r.Findings), "finding")
	}
	t := Tile{Figures: []KeyFigure{f.noting(note)}, Path: AttentionPath,
		Past: r.past("Instances that need attention by day", r.setAttention)}
	if e := r.entryOf(history.WeekBefore(r.Generated)); e != nil && e.Attention != nil {
		t.Change = signed(float64(count-*e.Attention)) + " since last week"
	}
	return t
}

// past returns a figure's past. value sets what is known of a day.
func (r *Report) past(name string, value func(*DayValue)) Past {
	p := Past{Name: name}
	for age := PastDays - 1; age >= 0; age-- {
		day := DayValue{Date: history.Day(r.Generated).AddDate(0, 0, -age)}
		value(&day)
		p.Days = append(p.Days, day)
	}
	return p
}

// setSpent sets what a day cost. It is known once all of the day is counted.
func (r *Report) setSpent(day *DayValue) {
	cost, ok := r.wholeDay(day.Date)
	if ok {
		day.Known, day.Value, day.Text = true, cost.Estimate.InexactFloat64(), r.Spent(cost)
	}
}

// wholeDay returns what a day cost at the billed rate. ok is false unless all of the day is counted and some of it was
// observed.
func (r *Report) wholeDay(date time.Time) (cost history.Range, ok bool) {
	s := r.daySpend(date)
	if s == nil || s.Observed.Seconds.IsZero() ||
		s.Observed.Plus(s.Gap).Seconds.LessThan(history.HoursOf(24*time.Hour).Seconds) {
		return history.Range{}, false
	}
	return Ranges(s.Spent).Of(r.Bill), true
}

// setGPUs sets how many GPUs were running on average: the day's GPU-hours by its counted hours.
func (r *Report) setGPUs(day *DayValue) {
	s := r.daySpend(day.Date)
	if s == nil || s.Observed.Seconds.IsZero() {
		return
	}
	day.Known = true
	day.Value = s.GPUs.Seconds.DivRound(s.Observed.Plus(s.Gap).Seconds, 1).InexactFloat64()
	day.Text = FormatNumber(day.Value)
}

// setBilled sets what the day's last list cost.
func (r *Report) setBilled(day *DayValue) {
	e := r.entryOf(day.Date)
	if e == nil {
		return
	}
	c := NewDay(*e).Cost(r.Bill)
	c.PerMonth = r.Monthly(c.PerHour)
	day.Known, day.Value, day.Text = !c.Unknown(), c.PerMonth.Float64(), r.AtStakeText(c)
}

// setAttention sets how many instances needed attention.
func (r *Report) setAttention(day *DayValue) {
	if e := r.entryOf(day.Date); e != nil && e.Attention != nil {
		day.Known, day.Value, day.Text = true, float64(*e.Attention), FormatCount(*e.Attention)
	}
}

// daySpend returns the spend of a day, nil if it has none.
func (r *Report) daySpend(date time.Time) *history.DaySpend {
	for i := range r.Spend.Days {
		if r.Spend.Days[i].Date == history.DateText(date) {
			return &r.Spend.Days[i]
		}
	}
	return nil
}

// entryOf returns the figures of a day, nil if it had no run.
func (r *Report) entryOf(date time.Time) *history.Entry {
	for i := range r.Days {
		if r.Days[i].Date == history.DateText(date) {
			return &r.Days[i]
		}
	}
	return nil
}

// spentChange compares the last 7 whole days with the 7 days before: "last 7 days $34,120, +$1,204 on the 7 before". It
// is "" if one of them is not counted.
func (r *Report) spentChange() string {
	var weeks [2]decimal.Decimal
	for age := 1; age <= 14; age++ {
		cost, ok := r.wholeDay(history.Day(r.Generated).AddDate(0, 0, -age))
		if !ok {
			return ""
		}
		week := &weeks[(age-1)/7]
		*week = week.Add(cost.Estimate)
	}
	change := fleet.MoneyOf(weeks[0].Sub(weeks[1]).DivRound(decimal.NewFromInt(3600), cents))
	return "last 7 days " + r.spentShort(weeks[0]) + ", " + plus(change) + r.short(change) + " on the 7 before"
}

// sinceText says since when a change is, in a sentence: "since last week", "since 24 Nov".
func (w NamedWindow) sinceText() string {
	if w.TooYoung {
		return "since " + w.From.UTC().Format(shortDate)
	}
	return strings.ToLower(w.Title)
}

// MonthlyDelta returns a change per hour for people, as one per month: "+$1,234/month".
func (s Settings) MonthlyDelta(perHour fleet.Money) string {
	return plus(perHour) + s.short(s.Monthly(perHour)) + "/month"
}

// signed returns a change in a number for people: "+4", "−4", "0".
func signed(n float64) string {
	switch {
	case n > 0:
		return "+" + FormatNumber(n)
	case n < 0:
		return "−" + FormatNumber(-n)
	}
	return "0"
}
