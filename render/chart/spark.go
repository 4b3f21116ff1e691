package chart

import (
	"fmt"

	"gpufleet/render/report"
)

// Spark is a small line of a figure's past, from 0 up. Days without data are gaps.
type Spark struct {
	Line, Area string // SVG paths
	// Text is the line in words: "Cost by day: $1.00 on 27 Oct, $2.00 on 25 Nov; lowest …".
	Text string
}

// NewSpark returns a figure's line, nil if fewer than two days have data or all of them are 0.
func NewSpark(p report.Past) *Spark {
	var known []report.DayValue
	most := 0.0
	for _, d := range p.Days {
		if d.Known {
			known = append(known, d)
			most = max(most, d.Value)
		}
	}
	if len(known) < 2 || most == 0 {
		return nil
	}
	s := &Spark{Text: sparkText(p.Name, known)}
	var run []point
	for i, d := range p.Days {
		if d.Known {
			run = append(run, point{scaled(float64(i)/float64(len(p.Days)-1), Width), Height - scaled(d.Value/most, Height)})
		}
		if !d.Known || i == len(p.Days)-1 {
			s.Line += path(run)
			s.Area += area(run)
			run = run[:0]
		}
	}
	return s
}

// sparkText describes the known days in words.
func sparkText(name string, known []report.DayValue) string {
	low, high := known[0], known[0]
	for _, d := range known {
		if d.Value < low.Value {
			low = d
		}
		if d.Value > high.Value {
			high = d
		}
	}
	on := func(d report.DayValue) string { return d.Text + " on " + d.Date.Format(shortDate) }
	return fmt.Sprintf("%s: %s, %s; lowest %s, highest %s", name, on(known[0]), on(known[len(known)-1]), on(low), on(high))
}

// Lengths returns the lengths of bars for the billed costs of parts, from 0 to Width. Unknown ones have none.
func Lengths(parts []*report.Part, bill report.Bill) []int {
	lengths, longest := make([]int, len(parts)), 0.0
	for _, p := range parts {
		longest = max(longest, p.Costs().Of(bill).PerHour.Float64())
	}
	for i, p := range parts {
		lengths[i] = length(p.Costs().Of(bill).PerHour.Float64(), longest, Width)
	}
	return lengths
}
