package templates

import (
	"strconv"
	"time"
	"unicode/utf8"

	"gpufleet/render/report"
)

// extent returns the numbers of instances and GPUs: "57 instances, ≥ 153 GPUs".
func extent(t *report.Totals) string {
	if t.Count == 0 {
		return "no instances"
	}
	return report.Counted(t.Count, "instance") + ", " + t.GPUs.GPUs()
}

// pageSuffix returns ", page 2" and so on, "" for the first page.
func pageSuffix(p paging) string {
	if p.number == 1 {
		return ""
	}
	return ", page " + report.FormatCount(p.number)
}

// fitting returns the class that makes headline figures small enough for their length; see parts.css. The longest of
// the figures counts, so that figures side by side have the same size.
func fitting(figures ...string) string {
	const least, most, step = 8, 40, 2
	length := least
	for _, figure := range figures {
		length = max(length, utf8.RuneCountInString(figure))
	}
	return "fit-" + strconv.Itoa(min((length+step-1)/step*step, most))
}

// priced says how many of a cost's instances have a price, even if all have one.
func priced(c report.Cost) string {
	return report.FormatCount(c.Priced) + " of " + report.FormatCount(c.Of) + " priced"
}

// hasLowerBound reports whether one of the figures shown of the totals is a lower bound.
func hasLowerBound(f frame, t *report.Totals) bool {
	return t.Listed.LowerBound() || t.GPUs.LowerBound() || t.CPUCores.LowerBound() || t.RAM.LowerBound() ||
		f.Shows("disk_size") && t.Disk.LowerBound()
}

// machineTime returns a time for the datetime attribute.
func machineTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// expectEverySeconds returns the expected time between two runs, for the script that shows the data's age.
func (f frame) expectEverySeconds() string {
	return strconv.FormatFloat(f.Every().Seconds(), 'f', -1, 64)
}

// monthSpan returns how many columns the months of a figure take: this month, and last month if there was one.
func monthSpan(f frame) string {
	if f.LastMonth() == nil {
		return "1"
	}
	return "2"
}
