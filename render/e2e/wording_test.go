package e2e

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// plural matches a 1 before a noun of ours in the plural.
var plural = regexp.MustCompile(`(?:^|[^\d,.])1 (?:earlier |running |listed |unused )?(?:instance|GPU|region|model|` +
	`group|status|row|page|day|hour|snapshot|warning|product|price|offer|change|file|sheet)e?s\b`)

// TestOneOfEach reads all that is written about a fleet of one instance, in which there is one of everything.
func TestOneOfEach(t *testing.T) {
	t.Parallel()
	out := filepath.Join(quickDir(t), "out")
	rows := reply(`{"id": 1, "host_name": "a", "region": "A", "gpu": "H100", "gpu_count": 1, "status": "Running"}`)
	tags := regexp.MustCompile(`<[^>]*>`)
	for _, days := range []string{"0", "1", "2"} {
		run := job{args: []string{"--input", "-", "--out", out, "--verbose", "--fail-on", "unpriced,warnings"},
			env: []string{"SOURCE_DATE_EPOCH=17954" + days + "5200"}, stdin: strings.NewReader(rows)}.run(t)
		files := contents(t, out)
		files["messages"] = run.stdout + run.stderr
		for name, content := range files {
			for _, text := range []string{content, tags.ReplaceAllString(content, "")} {
				if wrong := plural.FindString(text); wrong != "" {
					t.Errorf("%s says %q", name, wrong)
				}
			}
		}
		if !strings.Contains(files["messages"], "1 instance in 1 region, 1 model") {
			t.Error(run.stderr)
		}
	}
}
