package static

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func TestFiles(t *testing.T) {
	for _, file := range Files() {
		if !regexp.MustCompile(`^static/[a-z]+\.[0-9a-f]{8}\.(css|js|svg)$`).MatchString(file.Path) {
			t.Errorf("path %s", file.Path)
		}
		if file.Content == "" {
			t.Errorf("%s is empty", file.Path)
		}
		// SVG's namespace and comments are not addresses.
		content := strings.ReplaceAll(file.Content, `xmlns="http://www.w3.org/2000/svg"`, "")
		content = regexp.MustCompile(`(?m)(^| )// .*$`).ReplaceAllString(content, "")
		for _, outside := range []string{"//", "@import", "url(", "<script", "style="} {
			if strings.Contains(content, outside) {
				t.Errorf("%s has %s: nothing may be loaded from elsewhere, and the pages' policy must hold", file.Path, outside)
			}
		}
	}
	if a, b := publish("x.css", "a"), publish("x.css", "b"); a.Path == b.Path {
		t.Errorf("two contents share the name %s", a.Path)
	}
}

func TestGrounds(t *testing.T) {
	if want := "--paper: light-dark(" + LightGround + ", " + DarkGround + ")"; !strings.Contains(tokensCSS, want) {
		t.Errorf("the style sheet has no %s", want)
	}
}

// TestContrast computes the contrast of every text and mark with its background, in both schemes, as defined by WCAG 2:
// 4.5 for text, 3 for marks (AA).
func TestContrast(t *testing.T) {
	const text, mark = 4.5, 3
	for _, pair := range []struct {
		least         float64
		front, ground string // names, separated by spaces
	}{
		{text, "ink muted link", "paper surface raised"},
		{text, "notice-ink", "notice-ground"},
		{text, "mark-ink", "mark-ground"},
		{text, "heat-ink heat-muted", "raised heat-1 heat-2 heat-3 heat-4 heat-5"},
		{mark, "up busy idle bad important gone accent", "paper surface raised"},
		{mark, "accent", "track"},
		{mark, "chart-part chart-open", "track paper surface"},
		{mark, "chart-part", "chart-whole"},
		{mark, "chart-second", "paper surface"},
	} {
		for front := range strings.FieldsSeq(pair.front) {
			for ground := range strings.FieldsSeq(pair.ground) {
				for scheme, name := range []string{"light", "dark"} {
					if got := contrast(token(t, front, scheme), token(t, ground, scheme)); got < pair.least {
						t.Errorf("%s: %s on %s has a contrast of %.2f, at least %.1f is needed", name, front, ground, got, pair.least)
					}
				}
			}
		}
	}
}

// token returns the luminance of a colour in a scheme: 0 light, 1 dark.
func token(t *testing.T, name string, scheme int) float64 {
	t.Helper()
	token := regexp.MustCompile(`--` + name + `: light-dark\(#([0-9a-f]{6}), #([0-9a-f]{6})\)`)
	found := token.FindStringSubmatch(tokensCSS)
	if found == nil {
		t.Fatalf("no colour --%s", name)
	}
	luminance := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		channel, err := strconv.ParseUint(found[scheme+1][2*i:2*i+2], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		share := float64(channel) / 255
		if share <= 0.04045 {
			luminance += weight * share / 12.92
		} else {
			luminance += weight * math.Pow((share+0.055)/1.055, 2.4)
		}
	}
	return luminance
}

func contrast(a, b float64) float64 { return (max(a, b) + 0.05) / (min(a, b) + 0.05) }
