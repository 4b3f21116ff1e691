// Package chart computes the geometry and texts of charts, but draws nothing. Lengths are in units of a box that can be
// drawn at any size. Texts are separate, so that they keep their size on a phone.
package chart

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"gpufleet/fetch/fleet"
	"gpufleet/render/report"
)

// Width and Height are the size of the box. The longest bar is as wide as the box.
const (
	Width  = 1000
	Height = 400
)

// maxBars is the maximum number of bars in a chart.
const maxBars = 12

// Item is what a bar shows.
type Item struct {
	Name   string
	Path   string // of its page; "" for none
	Totals *report.Totals
}

// Bars is a bar chart: the longest bar first, equal ones in the order of the items, unknown ones last.
type Bars struct {
	Bars []Bar
	More int    // number of items without a bar
	Rest string // their total: "≥ $12.50/h"; "" if unknown or if there are none
}

// Bar is one item's bar.
type Bar struct {
	Item
	Value string // for people: "≥ $12.50/h", report.Unknown
	Note  string // what the value covers, if not everything: "3 of 4 priced"
	// Length is from 0 to Width. It is at least 2 for values above 0, so that they are visible.
	Length int
	// Part is the running part of the length, as far as it is known.
	Part int
	// Open marks a lower bound.
	Open bool
	// Unknown marks an unknown value. Length is 0, but the value is not.
	Unknown bool
}

// Costs charts the listed cost per hour of items, with the running cost as a part of it.
func Costs(s report.Settings, items []Item) Bars {
	return newBars(items, measure{
		value:   func(t *report.Totals) float64 { return t.Listed.PerHour.Float64() },
		part:    func(t *report.Totals) float64 { return t.Running.PerHour.Float64() },
		open:    func(t *report.Totals) bool { return t.Listed.LowerBound() },
		unknown: func(t *report.Totals) bool { return t.Listed.Unknown() },
		text:    func(t *report.Totals) string { return s.PerHour(t.Listed) + "/h" },
		note:    func(t *report.Totals) string { return t.Listed.Coverage() },
		rest: func(of []*report.Totals) string {
			if cost := report.ListedOf(of); !cost.Unknown() {
				return s.PerHour(cost) + "/h"
			}
			return ""
		},
	})
}

// GPUs charts the GPUs of items, with any status, and the running ones as a part of them. Items that are known to have
// no GPUs are left out.
func GPUs(items []Item) Bars {
	hasNone := func(i Item) bool { return i.Totals.GPUs.Value == 0 && !i.Totals.GPUs.LowerBound() }
	items = slices.DeleteFunc(slices.Clone(items), hasNone)
	return newBars(items, measure{
		value:   func(t *report.Totals) float64 { return t.GPUs.Value },
		part:    func(t *report.Totals) float64 { return t.RunningGPUs().Value },
		open:    func(t *report.Totals) bool { return t.GPUs.LowerBound() },
		unknown: func(t *report.Totals) bool { return t.GPUs.Unknown() },
		text:    func(t *report.Totals) string { return t.GPUs.String() },
		note:    func(t *report.Totals) string { return t.GPUs.Coverage() },
		rest: func(of []*report.Totals) string {
			if sum := report.GPUsOf(of); !sum.Unknown() {
				return sum.String()
			}
			return ""
		},
	})
}

// measure is what a bar chart shows about its items.
type measure struct {
	value, part   func(*report.Totals) float64
	open, unknown func(*report.Totals) bool
	text, note    func(*report.Totals) string
	rest          func([]*report.Totals) string // the total of several items
}

func newBars(items []Item, m measure) Bars {
	items = slices.Clone(items)
	slices.SortStableFunc(items, func(a, b Item) int {
		if ua, ub := m.unknown(a.Totals), m.unknown(b.Totals); ua != ub {
			if ua {
				return 1
			}
			return -1
		}
		switch va, vb := m.value(a.Totals), m.value(b.Totals); {
		case va > vb:
			return -1
		case va < vb:
			return 1
		}
		return 0
	})
	var chart Bars
	if len(items) > maxBars {
		var more []*report.Totals
		for _, item := range items[maxBars:] {
			more = append(more, item.Totals)
		}
		items, chart.More, chart.Rest = items[:maxBars], len(more), m.rest(more)
	}
	longest := 0.0
	for _, item := range items {
		longest = max(longest, m.value(item.Totals))
	}
	full := Width
	if len(items) > 0 && m.open(items[0].Totals) {
		full = Width * 19 / 20 // leaves room to show that the bar is a lower bound
	}
	for _, item := range items {
		bar := Bar{Item: item, Value: m.text(item.Totals), Note: m.note(item.Totals), Open: m.open(item.Totals)}
		if m.unknown(item.Totals) {
			bar.Value, bar.Unknown = report.Unknown, true
		} else {
			bar.Length = length(m.value(item.Totals), longest, full)
			bar.Part = min(bar.Length, length(m.part(item.Totals), longest, full))
		}
		chart.Bars = append(chart.Bars, bar)
	}
	return chart
}

// length scales a value so that longest gets the length full.
func length(value, longest float64, full int) int {
	if value <= 0 || longest <= 0 {
		return 0
	}
	return max(2, int(math.Round(value/longest*float64(full))))
}

// scale returns the ticks of an axis from 0 to at least most, in even steps of 1, 2, 2.5 or 5 times a power of ten.
// There are 2 to 4 steps.
func scale(most float64, whole bool) (ticks []float64) {
	if most <= 0 || whole && most < 2 {
		return []float64{0, 1}
	}
	const steps = 4
	power := math.Pow(10, math.Floor(math.Log10(most/steps)))
	step := 10 * power
	for _, factor := range []float64{1, 2, 2.5, 5} {
		if whole && factor*power != math.Trunc(factor*power) {
			continue
		}
		if steps*factor*power >= most*(1-1e-9) {
			step = factor * power
			break
		}
	}
	for tick := 0.0; ; tick += step {
		ticks = append(ticks, tick)
		if tick >= most*(1-1e-9) {
			return ticks
		}
	}
}

// ticks returns the texts of an axis from 0 to at least most, from the top down, and the top's value.
func ticks(most float64, whole bool, sign string) (texts []string, top float64) {
	values := scale(most, whole)
	for _, value := range slices.Backward(values) {
		texts = append(texts, sign+short(value))
	}
	return texts, values[len(values)-1]
}

// short returns a tick's number in few characters: "0.25", "400", "2.5k", "1M".
func short(n float64) string {
	unit := ""
	for _, u := range []struct {
		from float64
		name string
	}{{1e12, "T"}, {1e9, "B"}, {1e6, "M"}, {1e4, "k"}} {
		if n >= u.from {
			if u.name == "k" {
				u.from = 1e3
			}
			n, unit = n/u.from, u.name
			break
		}
	}
	// Adding up steps leaves rounding errors behind.
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(n, 'g', 6, 64), 64)
	return report.FormatNumber(rounded) + unit
}

// sign returns the currency before an amount: "$", "CAD ".
func sign(s report.Settings) string {
	return strings.TrimRight(s.Amount(fleet.MoneyOf(decimal.Zero)), "0.")
}
