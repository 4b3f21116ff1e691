package chart

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"gpufleet/fetch/history"
	"gpufleet/render/report"
)

// axis places moments and amounts in the box.
type axis struct {
	from   time.Time // at the left
	length time.Duration
	top    float64 // the amount at the top; 0 is at the bottom
}

func (a axis) x(at time.Time) int {
	return min(Width, max(0, scaled(at.Sub(a.from).Hours()/a.length.Hours(), Width)))
}

func (a axis) y(amount float64) int { return Height - scaled(amount/a.top, Height) }

// column returns the part of the box between two moments, "" if it is empty.
func (a axis) column(from, to time.Time) string {
	if a.x(from) == a.x(to) || !from.Before(to) {
		return ""
	}
	return fmt.Sprintf("M%d 0H%dV%dH%dZ", a.x(from), a.x(to), Height, a.x(from))
}

// gaps returns the columns of the days with time that was not observed, up to a moment.
func (a axis) gaps(days []report.DayCost, until time.Time) string {
	var b strings.Builder
	for i := 0; i < len(days); i++ {
		first := i
		for i < len(days) && days[i].IsGap() {
			i++
		}
		if i > first { // days in a row are one column, so that no seam is visible
			b.WriteString(a.column(days[first].Date, earlier(days[i-1].Date.Add(day), until)))
		}
	}
	return b.String()
}

// bar returns a day's bar.
func (a axis) bar(d report.DayCost) string {
	left, right := a.x(d.Date), a.x(d.Date.Add(day))
	space, height := (right-left)/6, Height-a.y(amountOf(d.Cost.Estimate))
	if height <= 0 && amountOf(d.Cost.Estimate) > 0 {
		height = 2 // visible
	}
	return fmt.Sprintf("M%d %dV%dH%dV%dZ", left+space, Height, Height-height, right-space, Height)
}

// rangeMark returns a vertical line from a day's lower to its upper figure, "" if they are equal.
func (a axis) rangeMark(d report.DayCost) string {
	if d.Cost.Low.Equal(d.Cost.High) {
		return ""
	}
	middle := (a.x(d.Date) + a.x(d.Date.Add(day))) / 2
	return fmt.Sprintf("M%d %dV%d", middle, a.y(amountOf(d.Cost.Low)), a.y(amountOf(d.Cost.High)))
}

// rangeLines are the lines of a cost that is not known exactly.
type rangeLines struct {
	axis
	low, estimate, high []point
	isRange             bool // somewhere, low and high differ
}

func newRangeLines(a axis, at time.Time, c history.Range) *rangeLines {
	l := &rangeLines{axis: a}
	l.add(at, c)
	return l
}

// add continues the lines to a later moment.
func (l *rangeLines) add(at time.Time, c history.Range) {
	to := func(seconds decimal.Decimal) point { return point{l.x(at), l.y(amountOf(seconds))} }
	l.low, l.estimate, l.high = append(l.low, to(c.Low)), append(l.estimate, to(c.Estimate)), append(l.high, to(c.High))
	l.isRange = l.isRange || !c.Low.Equal(c.High)
}

// band returns the area between the lower and the upper figure, "" if they are equal everywhere.
func (l *rangeLines) band() string {
	if !l.isRange {
		return ""
	}
	back := slices.Clone(l.low)
	slices.Reverse(back)
	return path(slices.Concat(l.high, back)) + "Z"
}

// GridLines returns a horizontal line at each tick.
func GridLines(ticks int) string {
	var b strings.Builder
	for i := range ticks {
		fmt.Fprintf(&b, "M0 %dh%d", i*Height/(ticks-1), Width)
	}
	return b.String()
}

// dayText says what is shown of a day: "24 Nov: $12.00, 5 hours not observed". It is "" if nothing of it is counted.
func dayText(d report.DayCost, cost string) string {
	if !d.Counted() {
		return ""
	}
	text := d.Date.Format(shortDate) + ": " + cost
	if d.IsGap() {
		text += ", " + report.HoursText(d.Spend.Gap) + " not observed"
	}
	return text
}

// amountOf returns price x seconds as a number.
func amountOf(seconds decimal.Decimal) float64 { return seconds.InexactFloat64() / 3600 }

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
