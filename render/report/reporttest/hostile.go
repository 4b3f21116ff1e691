package reporttest

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"gpufleet/fetch/fleet"
	"gpufleet/render/report"
)

// Hostile returns names that mean something to Markdown, to GitHub or to HTML. The larger collections are read where
// they are at hand.
func Hostile(t *testing.T) []string {
	names := []string{
		"a|b", `a\|b`, `a\\|b`, `\`, "`", "``", "`a`", "a`b``c", "` `", "|", "||", `\|`, "*a*", "_a_", "**a**",
		"~~a~~", "<b>a</b>", "<!-- a -->", "&amp;", "&lt;script&gt;", "[a](http://evil.example)",
		"![a](http://evil.example/x.png)", "[a]: http://evil.example", "http://evil.example",
		"https://evil.example", "www.evil.example", "a@evil.example", "mailto:a@evil.example", "@octocat", "#1",
		"GH-1", "octocat/hello#1", "102cade84ea7", "deadbeefdeadbeefdeadbeefdeadbeefdeadbeef", "# a", "- a", "1. a",
		"> a", "---", "===", "+++", "$a$", "$$a$$", ":smile:", "[x]", "- [ ] a", "[^1]",
		"<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "javascript:alert(1)", "{{7*7}}", "${7*7}",
		"=1+1", "::warning::a", "%0A", "\u200b", "שלום", "北京", "😀", "A B", "A.B", "…",
	}
	var naughty []string
	if text := readCollection("blns.json"); text != nil {
		if err := json.Unmarshal(text, &naughty); err != nil {
			t.Fatal(err)
		}
	}
	if text := readCollection("gfm-spec.txt"); text != nil {
		examples := regexp.MustCompile("(?s)````+ example[^\n]*\n(.*?)\n\\.\n")
		for _, example := range examples.FindAllStringSubmatch(string(text), -1) {
			naughty = append(naughty, strings.NewReplacer("→", " ", "\n", " ").Replace(example[1]))
		}
	}
	t.Logf("%d names of our own, %d from collections", len(names), len(naughty))
	for _, name := range naughty {
		// As the decoder leaves it: no control characters, no blanks at the ends.
		name = strings.TrimSpace(strings.Map(func(r rune) rune {
			if r < ' ' || 0x7F <= r && r < 0xA0 || r == 0x2028 || r == 0x2029 {
				return ' '
			}
			return r
		}, strings.ToValidUTF8(name, "\uFFFD")))
		if name != "" {
			names = append(names, name)
		}
	}
	return names
}

// readCollection reads a file of the folder with collections from a test in render or one folder below it, nil
// without them.
func readCollection(name string) []byte {
	for _, up := range []string{"../../", "../../../"} {
		if text, err := os.ReadFile(up + "shared/corpora/" + name); err == nil {
			return text
		}
	}
	return nil
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
	if strings.ContainsFunc(text, unfit) || len(text) > 1024 {
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
