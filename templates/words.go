package templates

import (
	"strconv"
	"time"
	"unicode/utf8"

	"gpufleet/render/report"
)

// counted returns a number with its noun: "1 instance", "1,234 instances".
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return report.FormatCount(n) + " " + noun + "s"
}

// extent says how much there is of something: "57 instances, ≥ 153 GPUs".
func extent(t *report.Totals) string {
	if t.Count == 0 {
		return "no instances"
	}
	return counted(t.Count, "instance") + ", " + gpus(t.GPUs)
}

func gpus(s report.Sum) string {
	if text := s.String(); text != "1" {
		return text + " GPUs"
	}
	return "1 GPU"
}

// pageSuffix tells the later pages of a list from its first.
func pageSuffix(p paging) string {
	if p.number == 1 {
		return ""
	}
	return ", page " + report.FormatCount(p.number)
}

// fitting returns the class that makes a headline figure as small as its length asks for; see parts.css. Of figures
// that stand side by side, the longest says for all.
func fitting(figures ...string) string {
	const least, most, step = 8, 40, 2
	length := least
	for _, figure := range figures {
		length = max(length, utf8.RuneCountInString(figure))
	}
	return "fit-" + strconv.Itoa(min((length+step-1)/step*step, most))
}

// priced says how many of a cost's instances have a price, whether or not that is all of them.
func priced(c report.Cost) string {
	return report.FormatCount(c.Priced) + " of " + report.FormatCount(c.Of) + " priced"
}

// hasLowerBound reports whether a page that shows the totals has to say what a lower bound is.
func hasLowerBound(f frame, t *report.Totals) bool {
	return t.Listed.LowerBound() || t.GPUs.LowerBound() || t.CPUCores.LowerBound() || t.RAM.LowerBound() ||
		f.Shows("disk_size") && t.Disk.LowerBound()
}

// machineTime returns a time for a time element.
func machineTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// expectEverySeconds returns the usual time between two runs for the script that tells how old the data is.
func (f frame) expectEverySeconds() string {
	return strconv.FormatFloat(f.Every().Seconds(), 'f', -1, 64)
}
