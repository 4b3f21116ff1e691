package report

import (
	"testing"
	"time"
)

func TestExpectEvery(t *testing.T) {
	for text, want := range map[string]string{
		"24h":     "a new report is expected every 24 hours",
		"1h":      "a new report is expected every hour",
		"168h":    "a new report is expected every week",
		"336h":    "a new report is expected every 2 weeks",
		"90m":     "a new report is expected every 90 minutes",
		"61s":     "a new report is expected every 61 seconds",
		"60500ms": "a new report is expected every 1m0.5s",
	} {
		every, err := ParseExpectEvery(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if got := (Settings{ExpectEvery: every}).ExpectText(); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
	for _, text := range []string{"", "0", "24", "-24h", "59s", "9999h", "daily"} {
		if every, err := ParseExpectEvery(text); err == nil {
			t.Errorf("%q is %v", text, every)
		}
	}
	if got := (Settings{}).Every(); got != 24*time.Hour {
		t.Errorf("by default %v", got)
	}
}

func TestFormatBytes(t *testing.T) {
	for n, want := range map[int64]string{
		0:             "0 B",
		999:           "999 B",
		1000:          "1.0 KB",
		36049:         "36.0 KB",
		999_949:       "999.9 KB",
		999_950:       "1.0 MB",
		1_234_567_890: "1,234.6 MB",
	} {
		if got := FormatBytes(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

func TestParseEpoch(t *testing.T) {
	for text, want := range map[string]string{"0": "1970-01-01T00:00:00Z", "1795435200": "2026-11-23T12:00:00Z",
		"253402300799": "9999-12-31T23:59:59Z"} {
		if got, err := ParseEpoch(text); err != nil || got.Format(time.RFC3339) != want {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "today", "-1", "1.5", "1e9", "253402300800", "99999999999999999999"} {
		if got, err := ParseEpoch(text); err == nil {
			t.Errorf("%q: %v", text, got)
		}
	}
}
