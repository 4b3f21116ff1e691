package chart

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"gpufleet/fetch/past"
	"gpufleet/render/report"
)

// Trend is how figures went from day to day. A day without a run, or of which nothing is known, is a gap.
type Trend struct {
	Ticks    []string // of the upright axis, from the top down, at even distances; the last is 0
	From, To string   // the first and the last day: "2026-11-22"
	Lines    []Line
	Days     int    // with a run
	Note     string // what has to be said of days that are lower bounds or missing, "" for nothing
}

// Sentences say in words what the trend shows.
func (t *Trend) Sentences() []string {
	var sentences []string
	for _, line := range t.Lines {
		sentences = append(sentences, line.Text)
	}
	if t.Note != "" {
		sentences = append(sentences, t.Note)
	}
	return sentences
}

// Line is one figure of a trend.
type Line struct {
	Name string // "Running"
	// Path is the line in the box, as a path of SVG. A day alone is a line without length.
	Path string
	// Area is what is between the line and 0.
	Area string
	// Text says in words what the line shows: "Running: $1.00/h on 2026-11-01, $2.00/h on 2026-11-22; lowest …".
	Text string
}

// figure is what a line shows of a day.
type figure struct {
	name    string
	value   func(past.Figures) float64
	text    func(past.Figures) string
	known   func(past.Figures) bool
	bounded func(past.Figures) bool
}

// CostTrend charts what was listed and what ran, per hour, and GPUTrend how many GPUs there were. Of one day, or of days of which nothing is
// known, there is no trend: the result is nil.
func CostTrend(r *report.Report) *Trend {
	cost := func(name string, of func(past.Figures) past.Cost) figure {
		asCost := func(f past.Figures) report.Cost {
			c := of(f)
			return report.Cost{PerHour: c.PerHour.Money, Priced: c.Priced, Of: c.Instances}
		}
		return figure{name,
			func(f past.Figures) float64 { return of(f).PerHour.Float64() },
			func(f past.Figures) string { return r.PerHour(asCost(f)) + "/h" },
			func(f past.Figures) bool { return of(f).Priced > 0 || of(f).Instances == 0 },
			func(f past.Figures) bool { return asCost(f).LowerBound() },
		}
	}
	return newTrend(r, sign(r.Settings), false,
		cost("Listed", func(f past.Figures) past.Cost { return f.Listed }),
		cost("Running", func(f past.Figures) past.Cost { return f.Running }))
}

// GPUTrend is CostTrend's counterpart.
func GPUTrend(r *report.Report) *Trend {
	sum := func(f past.Figures) report.Sum {
		return report.Sum{Value: f.GPUs, Known: f.GPUsKnown, Of: f.Instances}
	}
	return newTrend(r, "", true, figure{"GPUs",
		func(f past.Figures) float64 { return f.GPUs },
		func(f past.Figures) string { return sum(f).String() },
		func(f past.Figures) bool { return f.GPUsKnown > 0 || f.Instances == 0 },
		func(f past.Figures) bool { return sum(f).LowerBound() },
	})
}

func newTrend(r *report.Report, sign string, whole bool, figures ...figure) *Trend {
	days := r.Days
	if len(days) < 2 {
		return nil
	}
	first, last := day(days[0]), day(days[len(days)-1])
	t := &Trend{From: days[0].Date, To: days[len(days)-1].Date, Days: len(days)}
	most, bounded, unknown := 0.0, 0, 0
	for _, entry := range days {
		someBounded, someUnknown := false, false
		for _, f := range figures {
			if !f.known(entry.Figures) {
				someUnknown = true
				continue
			}
			most = max(most, f.value(entry.Figures))
			someBounded = someBounded || f.bounded(entry.Figures)
		}
		if someUnknown {
			unknown++
		} else if someBounded {
			bounded++
		}
	}
	if unknown == len(days) {
		return nil
	}
	ticks := scale(most, whole)
	for i := len(ticks) - 1; i >= 0; i-- {
		t.Ticks = append(t.Ticks, sign+short(ticks[i]))
	}
	top := ticks[len(ticks)-1]
	gap := daysBetweenRuns(r.ExpectEvery)
	missing := false
	for _, f := range figures {
		var run []point
		line := Line{Name: f.name, Text: sentence(f, days)}
		end := func() {
			line.Path += path(run)
			line.Area += area(run)
			run = run[:0]
		}
		previous := first
		for _, entry := range days {
			at := day(entry)
			if at-previous > gap {
				missing = true
				end()
			}
			previous = at
			if !f.known(entry.Figures) {
				end()
				continue
			}
			run = append(run, point{
				x: scaled(float64(at-first)/float64(last-first), Width),
				y: Height - scaled(f.value(entry.Figures)/top, Height),
			})
		}
		end()
		t.Lines = append(t.Lines, line)
	}
	t.Note = note(len(days), bounded, unknown, missing)
	return t
}

// note says what has to be known of the days.
func note(days, bounded, unknown int, missing bool) string {
	var sentences []string
	switch {
	case bounded == days:
		sentences = append(sentences, "Every day is a lower bound: something unknown counts as 0.")
	case bounded > 0:
		sentences = append(sentences, fmt.Sprintf("Of %s days %s are lower bounds: something unknown counts as 0.", report.FormatCount(days), report.FormatCount(bounded)))
	}
	switch {
	case missing && unknown > 0:
		sentences = append(sentences, "Days without a run, or of which nothing is known, are gaps.")
	case missing:
		sentences = append(sentences, "Days without a run are gaps.")
	case unknown > 0:
		sentences = append(sentences, "Days of which nothing is known are gaps.")
	}
	return strings.Join(sentences, " ")
}

// sentence says in words what a line shows.
func sentence(f figure, days []past.Entry) string {
	value := func(e past.Entry) string {
		if !f.known(e.Figures) {
			return report.Unknown
		}
		return f.text(e.Figures)
	}
	var low, high *past.Entry
	for i := range days {
		if !f.known(days[i].Figures) {
			continue
		}
		if low == nil || f.value(days[i].Figures) < f.value(low.Figures) {
			low = &days[i]
		}
		if high == nil || f.value(days[i].Figures) > f.value(high.Figures) {
			high = &days[i]
		}
	}
	first, last := days[0], days[len(days)-1]
	text := fmt.Sprintf("%s: %s on %s, %s on %s", f.name, value(first), first.Date, value(last), last.Date)
	if low != nil {
		text += fmt.Sprintf("; lowest %s on %s, highest %s on %s", value(*low), low.Date, value(*high), high.Date)
	}
	return text + "."
}

// daysBetweenRuns is how many days may lie between two runs that are no gap.
func daysBetweenRuns(every time.Duration) int {
	return max(1, int(math.Ceil(every.Hours()/24)))
}

// day returns the number of an entry's day since 1970.
func day(e past.Entry) int { return int(past.Day(e.Taken).Unix() / (24 * 60 * 60)) }

func scaled(share float64, size int) int { return int(math.Round(share * float64(size))) }

type point struct{ x, y int }

func (p point) String() string { return strconv.Itoa(p.x) + " " + strconv.Itoa(p.y) }

// path returns a run of days as a line.
func path(run []point) string {
	if len(run) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("M" + run[0].String())
	if len(run) == 1 {
		b.WriteString("h0")
	}
	for _, p := range run[1:] {
		b.WriteString("L" + p.String())
	}
	return b.String()
}

// area returns what is below a run of days, "" below a day alone.
func area(run []point) string {
	if len(run) < 2 {
		return ""
	}
	floor := func(p point) string { return point{p.x, Height}.String() }
	return "M" + floor(run[0]) + "L" + strings.TrimPrefix(path(run), "M") + "L" + floor(run[len(run)-1]) + "Z"
}
