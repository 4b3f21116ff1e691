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

// Hostile returns names that mean something to Markdown, GitHub, HTML or other readers, as the decoder leaves them:
// no line breaks, no control characters, no blanks at the ends, and not too long.
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

// AddSeeds give the fuzzers something to begin with.
func AddSeeds(f *testing.F) {
	for _, seed := range []string{
		"plain", "<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "a|b`c", "[a](http://evil.example)",
		"@octocat #1 GH-1 deadbeef", "=1+1", "'=1", "_x003D_", "javascript:alert(1)", "{{7*7}}", "北京 \u200b",
		"- [ ] a", "www.evil.example",
	} {
		f.Add(seed)
	}
}

// Decoded returns a text as the decoder would let it through, "" for one that it would not.
func Decoded(text string) string {
	text = strings.TrimSpace(strings.ToValidUTF8(text, "\uFFFD"))
	unfit := func(r rune) bool {
		return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == 0x2028 || r == 0x2029 ||
			r >= 0xFDD0 && r <= 0xFDEF || r&0xFFFE == 0xFFFE
	}
	if strings.ContainsFunc(text, unfit) || len(text) > fleet.MaxText {
		return ""
	}
	return text
}

// Named is a fleet of two with a name in each of the first one's fields.
func Named(name string) *report.Report {
	return Of(&fleet.Instance{ID: "1", Region: name, ProductType: name, HostName: name, GPU: name, GPUType: name,
		GPUCount: fleet.Known(1.0), OS: name, Status: name},
		&fleet.Instance{ID: "2", Region: "zz", GPU: "zz", Status: "zz", GPUCount: fleet.Known(1.0)})
}

// IsOwnName reports whether a name is one that the report gives itself, or that means a status to it.
func IsOwnName(name string) bool {
	switch strings.ToLower(name) {
	case "zz", "cpu", "cpu only", "unknown gpu", "unknown region", "running", "deleted", "canceled", "completed",
		"booked", "stopped", "error", "deploying", "deleting", "provisioning":
		return true
	}
	return false
}
