package reporttest

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"gpufleet/fetch/fleet"
	"gpufleet/render/e2e"
	"gpufleet/render/report"
)

// Hostile returns names that mean something to Markdown, GitHub, HTML and others, as the decoder leaves them: without
// line breaks, control characters or surrounding spaces, and not too long.
func Hostile(t *testing.T) (names []string) {
	own, more := e2e.Texts(t)
	for _, text := range slices.Concat(own, more) {
		name := strings.TrimSpace(strings.Map(func(r rune) rune {
			if r < ' ' || 0x7F <= r && r < 0xA0 || r == 0x2028 || r == 0x2029 {
				return ' '
			}
			return r
		}, strings.ToValidUTF8(text.Text, "\uFFFD")))
		if name != "" && utf8.RuneCountInString(name) <= fleet.MaxText {
			names = append(names, name)
		}
	}
	return names
}

// AddSeeds adds seeds for a fuzz test of names.
func AddSeeds(f *testing.F) {
	for _, seed := range []string{
		"plain", "<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "a|b`c", "[a](http://evil.example)",
		"@octocat #1 GH-1 deadbeef", "=1+1", "'=1", "_x003D_", "javascript:alert(1)", "{{7*7}}", "北京 \u200b",
		"- [ ] a", "www.evil.example",
	} {
		f.Add(seed)
	}
}

// Decoded returns a text as the decoder would return it and a public report would show it, without addresses; "" if the
// decoder would reject it.
func Decoded(text string) string {
	text = strings.TrimSpace(strings.ToValidUTF8(text, "\uFFFD"))
	unprintable := func(r rune) bool {
		return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == 0x2028 || r == 0x2029 ||
			r >= 0xFDD0 && r <= 0xFDEF || r&0xFFFE == 0xFFFE
	}
	if strings.ContainsFunc(text, unprintable) || len(text) > fleet.MaxText {
		return ""
	}
	return fleet.HideAddress(text)
}

// Named returns a report of two instances; the first has name in each of its text fields.
func Named(name string) *report.Report {
	return Of(&fleet.Instance{ID: "1", Region: name, ProductType: name, HostName: name, GPU: name, GPUType: name,
		GPUCount: fleet.Known(1.0), OS: name, Status: name},
		&fleet.Instance{ID: "2", Region: "zz", GPU: "zz", Status: "zz", GPUCount: fleet.Known(1.0)})
}

// IsOwnName reports whether a name has a meaning in the report: a group of its own or a known status.
func IsOwnName(name string) bool {
	switch strings.ToLower(name) {
	case "zz", "cpu", "cpu only", "unknown gpu", "unknown region", "running", "deleted", "canceled", "completed",
		"booked", "stopped", "error", "deploying", "deleting", "provisioning":
		return true
	}
	return false
}
