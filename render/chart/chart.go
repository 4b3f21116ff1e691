// Package chart computes the charts of a report: what is drawn, how long and how high, and what stands beside it. It
// draws nothing: geometry is in units of a box that whoever draws it stretches to any size, and all words are text of
// their own, so that they keep their size on a phone.
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

// Width and Height are the box in which charts are drawn. A bar is as wide as the box at most.
const (
	Width  = 1000
	Height = 400
)

// maxBars is how many bars a chart has at most; the rest are counted.
const maxBars = 12

// Item is what a bar stands for.
type Item struct {
	Name   string
	Path   string // where it leads, for whoever draws it; "" for nowhere
	Totals *report.Totals
}

// Bars is a bar chart, the longest bar first, of equals in the order of the items, those that are unknown last.
type Bars struct {
	Bars []Bar
	More int    // items behind the last bar, which are not shown
	Rest string // what these come to together: "≥ $12.50/h"; "" where that is not known or there are none
}

// Bar is one item's bar.
type Bar struct {
	Item
	Value string // for people: "≥ $12.50/h", report.Unknown
	Note  string // what the value covers, where that is not all: "3 of 4 priced"
	// Length is from 0 to Width. What is above 0 can be seen: its length is 2 at least.
	Length int
	// Part is how much of the length runs now, as far as it is known.
	Part int
	// Open marks a lower bound: the true bar is at least as long.
	Open bool
	// Unknown marks a bar of which nothing is known. Its Length is 0, but not its value.
	Unknown bool
}

// Costs charts what items cost an hour: listed, and as a part of that, running.
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

// GPUs charts how many GPUs items have, whatever the status of their instances, and as a part of that, those that
// run. Items that are known to have none have no bar, nor are they counted.
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

// measure is what a bar chart shows of its items.
type measure struct {
	value, part   func(*report.Totals) float64
	open, unknown func(*report.Totals) bool
	text, note    func(*report.Totals) string
	rest          func([]*report.Totals) string // what they come to together
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
		full = Width * 19 / 20 // there is room to show that it goes on
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

// length returns the length of a value where the longest has the full one.
func length(value, longest float64, full int) int {
	if value <= 0 || longest <= 0 {
		return 0
	}
	return max(2, int(math.Round(value/longest*float64(full))))
}

// scale returns the ticks of an axis from 0 to at least most, at even steps that people count in: 1, 2, 2.5 or 5
// times a power of ten. There are 4 steps at most, and 2 at least.
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
	// Adding up steps leaves dust behind the digits that count.
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(n, 'g', 6, 64), 64)
	return report.FormatNumber(rounded) + unit
}

// sign returns what stands before an amount: "$", "CAD ".
func sign(s report.Settings) string {
	return strings.TrimRight(s.Amount(fleet.MoneyOf(decimal.Zero)), "0.")
}

// Gauge is the running cost beside a budget.
type Gauge struct {
	Used   int // how long what runs is, from 0 to Width
	Budget int // where the budget ends
	Open   bool
}

// BudgetGauge charts the run rate. A report without a budget has none.
func BudgetGauge(r *report.Report) (Gauge, bool) {
	if !r.Budget.Known {
		return Gauge{}, false
	}
	running, budget := r.Running.PerMonth.Float64(), r.Budget.Value.Float64()
	whole := max(running, budget)
	end := func(amount float64) int { return int(math.Round(amount / whole * Width)) }
	g := Gauge{Used: end(running), Budget: end(budget), Open: r.Running.LowerBound()}
	if over := r.Running.PerMonth.Cmp(r.Budget.Value) > 0; over && g.Budget >= g.Used {
		g.Budget = Width - 2 // over is over, however little
	}
	return g, true
}
