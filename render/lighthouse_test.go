package render

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestLighthouse holds the overview and the explorer to 100 in each of Lighthouse's categories, on a phone on a slow line. A busy machine
// makes a page slow, so of three runs the best counts.
func TestLighthouse(t *testing.T) {
	tools := webTools(t)
	browser, err := exec.LookPath("chromium")
	if err != nil {
		leaveOut(t, "what Lighthouse finds", "Chromium")
	}
	for _, name := range []string{"demo", "large"} {
		address := serve(t, folderOf(t, name))
		for _, page := range []string{"index.html", "instances/index.html"} {
			var failed []string
			for range 3 {
				if failed = lighthouse(t, tools, browser, address+page); len(failed) == 0 {
					break
				}
			}
			for _, problem := range failed {
				t.Errorf("%s: %s: %s", name, page, problem)
			}
		}
	}
}

// lighthouse runs Lighthouse with its own settings, those of a phone, and returns the categories below 100 with what costs them
// points.
func lighthouse(t *testing.T, tools, browser, address string) []string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "lighthouse.json")
	flags := "--headless=new --disable-gpu --disable-quic --disable-component-update --user-data-dir=" + t.TempDir()
	if os.Geteuid() == 0 {
		flags += " --no-sandbox"
	}
	run := exec.Command("node", filepath.Join(tools, "lighthouse/cli/index.js"), address, "--output=json", "--output-path="+file, "--quiet",
		"--no-enable-error-reporting", "--chrome-flags="+flags)
	run.Env = append(os.Environ(), "CHROME_PATH="+browser)
	text, failure := run.CombinedOutput()
	var result struct {
		Categories map[string]struct {
			Score     float64
			AuditRefs []struct {
				ID     string
				Weight float64
			}
		}
		Audits map[string]struct {
			Score        *float64
			Title        string
			DisplayValue string
		}
		RuntimeError struct{ Code, Message string }
	}
	report, err := os.ReadFile(file)
	if err != nil || json.Unmarshal(report, &result) != nil || len(result.Categories) != 4 || result.RuntimeError.Code != "" {
		return []string{fmt.Sprintf("no result: %v, %v, %v: %s", err, failure, result.RuntimeError, text)}
	}
	var failed []string
	for name, category := range result.Categories {
		if category.Score == 1 {
			continue
		}
		problem := fmt.Sprintf("%s %.0f", name, 100*category.Score)
		for _, audit := range category.AuditRefs {
			if a := result.Audits[audit.ID]; audit.Weight > 0 && a.Score != nil && *a.Score < 1 {
				problem += fmt.Sprintf("; %s: %s %s", audit.ID, a.Title, a.DisplayValue)
			}
		}
		failed = append(failed, problem)
	}
	return failed
}
