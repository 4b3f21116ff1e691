package chart

import (
	"testing"
	"time"

	"gpufleet/render/report"
)

// TestSpark checks that days without data are gaps, not 0, and the line in words.
func TestSpark(t *testing.T) {
	first := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	past := func(values ...float64) report.Past {
		p := report.Past{Name: "GPUs"}
		for i, v := range values {
			p.Days = append(p.Days, report.DayValue{Date: first.AddDate(0, 0, i), Known: v >= 0, Value: v,
				Text: report.FormatNumber(v)})
		}
		return p
	}
	for _, p := range []report.Past{past(), past(-1, 4, -1), past(0, 0)} {
		if s := NewSpark(p); s != nil {
			t.Errorf("%d days give %+v", len(p.Days), *s)
		}
	}
	s := NewSpark(past(2, 4, -1, 0, 1))
	if s.Line != "M0 200L250 0M750 400L1000 300" ||
		s.Area != "M0 400L0 200L250 0L250 400ZM750 400L750 400L1000 300L1000 400Z" {
		t.Errorf("%+v", *s)
	}
	if want := "GPUs: 2 on 1 Nov, 1 on 5 Nov; lowest 0 on 4 Nov, highest 4 on 2 Nov"; s.Text != want {
		t.Errorf("%q, want %q", s.Text, want)
	}
}
