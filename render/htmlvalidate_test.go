package render

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestHTMLValidate checks a page of each type of each site with html-validate's recommended rules.
func TestHTMLValidate(t *testing.T) {
	t.Parallel()
	tools := webTools(t)
	report := filepath.Join(t.TempDir(), "report.json")
	args := []string{
		filepath.Join(tools, "html-validate/bin/html-validate.mjs"),
		"--config", filepath.Join(tools, "../htmlvalidate.mjs"),
		"--formatter", "json=" + report,
	}
	for _, name := range siteNames {
		dir := folderOf(t, name)
		for _, page := range pageTypes(t, dir) {
			args = append(args, filepath.Join(dir, page))
		}
	}
	output, failure := exec.Command("node", args...).CombinedOutput()
	if failure == nil {
		return
	}
	var found []struct {
		FilePath string
		Messages []struct {
			RuleID, Message, Selector string
			Line, Column              int
		}
	}
	if text, err := os.ReadFile(report); err != nil || json.Unmarshal(text, &found) != nil || len(found) == 0 {
		t.Fatalf("%v, and no report: %s", failure, output)
	}
	for _, file := range found {
		for i, m := range file.Messages {
			if i == 5 {
				t.Errorf("%s: and %d more", file.FilePath, len(file.Messages)-i)
				break
			}
			t.Errorf("%s:%d:%d: %s: %s (%s)", file.FilePath, m.Line, m.Column, m.RuleID, m.Message, m.Selector)
		}
	}
}
