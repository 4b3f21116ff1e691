package chart

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"gpufleet/fetch/history"
	"gpufleet/render/report"
)

// Trend is a line chart of daily figures. Days without a run or without known values are gaps.
type Trend struct {
	Ticks    []string // of the vertical axis, from the top down, evenly spaced; the last is 0
	From, To string   // the first and the last day: "2026-11-22"
	Lines    []Line
	Days     int    // with a run
	Note     string // about lower bounds and gaps, "" for none
}

// Sentences describes the trend in words.
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
	// Path is the line as an SVG path. A single day is a line without length.
	Path string
	// Area is the area between the line and 0, as an SVG path.
	Area string
	// Text describes the line in words: "Running: $1.00/h on 1 Nov, $2.00/h on 22 Nov; lowest …".
	Text string
}

// figure is what a line shows for each day.
type figure struct {
	name           string
	value          func(report.Day) float64
	text           func(report.Day) string
	unknown, bound func(report.Day) bool
}

// CostTrend charts the listed and the running cost per hour. It is nil for a single day, or if nothing is known.
func CostTrend(r *report.Report) *Trend {
	cost := func(name string, of func(report.Day) report.Cost) figure {
		return figure{name,
			func(d report.Day) float64 { return of(d).PerHour.Float64() },
			func(d report.Day) string { return r.PerHour(of(d)) + "/h" },
			func(d report.Day) bool { return of(d).Unknown() },
			func(d report.Day) bool { return of(d).LowerBound() },
		}
	}
	return newTrend(r, sign(r.Settings), false,
		cost("Listed", func(d report.Day) report.Cost { return d.Listed }),
		cost("Running", func(d report.Day) report.Cost { return d.Running }))
}

// GPUTrend charts the number of GPUs. It is nil for a single day, or if nothing is known.
func GPUTrend(r *report.Report) *Trend {
	return newTrend(r, "", true, figure{"GPUs",
		func(d report.Day) float64 { return d.GPUs.Value },
		func(d report.Day) string { return d.GPUs.String() },
		func(d report.Day) bool { return d.GPUs.Unknown() },
		func(d report.Day) bool { return d.GPUs.LowerBound() },
	})
}

func newTrend(r *report.Report, sign string, whole bool, figures ...figure) *Trend {
	if len(r.Days) < 2 {
		return nil
	}
	days := make([]report.Day, len(r.Days))
	at := make([]int, len(days)) // days since 1970
	for i, entry := range r.Days {
		days[i], at[i] = report.NewDay(entry), int(history.Day(entry.Taken).Unix()/(24*60*60))
	}
	first, last := at[0], at[len(at)-1]
	t := &Trend{From: r.DateText(days[0].Taken), To: r.DateText(days[len(days)-1].Taken), Days: len(days)}
	most, bounded, unknown := 0.0, 0, 0
	for _, d := range days {
		someBounded, someUnknown := false, false
		for _, f := range figures {
			if f.unknown(d) {
				someUnknown = true
				continue
			}
			most = max(most, f.value(d))
			someBounded = someBounded || f.bound(d)
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
	var top float64
	t.Ticks, top = ticks(most, whole, sign)
	gap := daysBetweenRuns(r.Every())
	missing := false
	for _, f := range figures {
		var run []point
		line := Line{Name: f.name, Text: sentence(r.Settings, f, days)}
		end := func() {
			line.Path += path(run)
			line.Area += area(run)
			run = run[:0]
		}
		for i, d := range days {
			if i > 0 && at[i]-at[i-1] > gap {
				missing = true
				end()
			}
			if f.unknown(d) {
				end()
				continue
			}
			run = append(run, point{
				x: scaled(float64(at[i]-first)/float64(last-first), Width),
				y: Height - scaled(f.value(d)/top, Height),
			})
		}
		end()
		t.Lines = append(t.Lines, line)
	}
	t.Note = note(len(days), bounded, unknown, missing)
	return t
}

// note explains lower bounds and gaps.
func note(days, bounded, unknown int, missing bool) string {
	var sentences []string
	switch {
	case bounded == days:
		sentences = append(sentences, "Every day is a lower bound: unknown values count as 0.")
	case bounded == 1:
		sentences = append(sentences, fmt.Sprintf("1 of %s days is a lower bound: unknown values count as 0.",
			report.FormatCount(days)))
	case bounded > 1:
		sentences = append(sentences, fmt.Sprintf("%s of %s days are lower bounds: unknown values count as 0.",
			report.FormatCount(bounded), report.FormatCount(days)))
	}
	switch {
	case missing && unknown > 0:
		sentences = append(sentences, "Days without a run or without known values are gaps.")
	case missing:
		sentences = append(sentences, "Days without a run are gaps.")
	case unknown > 0:
		sentences = append(sentences, "Days without known values are gaps.")
	}
	return strings.Join(sentences, " ")
}

// sentence describes a line in words.
func sentence(s report.Settings, f figure, days []report.Day) string {
	value := func(d report.Day) string {
		if f.unknown(d) {
			return report.Unknown
		}
		return f.text(d)
	}
	var low, high *report.Day
	for i, d := range days {
		if f.unknown(d) {
			continue
		}
		if low == nil || f.value(d) < f.value(*low) {
			low = &days[i]
		}
		if high == nil || f.value(d) > f.value(*high) {
			high = &days[i]
		}
	}
	first, last := days[0], days[len(days)-1]
	valueOn := func(d report.Day) string { return value(d) + " on " + s.DateText(d.Taken) }
	text := f.name + ": " + valueOn(first) + ", " + valueOn(last)
	if low != nil {
		text += "; lowest " + valueOn(*low) + ", highest " + valueOn(*high)
	}
	return text + "."
}

// daysBetweenRuns is the largest number of days between two runs that is not a gap.
func daysBetweenRuns(every time.Duration) int {
	return max(1, int(math.Ceil(every.Hours()/24)))
}

func scaled(share float64, size int) int { return int(math.Round(share * float64(size))) }

type point struct{ x, y int }

func (p point) String() string { return strconv.Itoa(p.x) + " " + strconv.Itoa(p.y) }

// path returns consecutive days as a line.
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

// area returns the area below consecutive days, "" for a single day.
func area(run []point) string {
	if len(run) < 2 {
		return ""
	}
	floor := func(p point) string { return point{p.x, Height}.String() }
	return "M" + floor(run[0]) + "L" + strings.TrimPrefix(path(run), "M") + "L" + floor(run[len(run)-1]) + "Z"
}
