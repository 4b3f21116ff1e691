package render

import (
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gpufleet/render/e2e"
)

// TestSiteInFirefox uses the sample's site in Firefox, from a server and from disk: the look of each kind of page, the
// explorer, sorted tables, themes, addresses and downloads. The browser must not complain.
func TestSiteInFirefox(t *testing.T) {
	t.Parallel()
	firefox := e2e.Need(t, "firefox-esr", "the pages in Firefox")
	tools, dir := webTools(t), folderOf(t, "demo")
	args := []string{filepath.Join(tools, "../firefox.mjs"), firefox, serve(t, dir), dir}
	args = append(args, slices.Sorted(maps.Values(pageTypes(t, dir)))...)
	output, err := exec.Command("node", args...).CombinedOutput()
	lines := strings.Split(strings.TrimSpace(string(output)), "\n")
	for _, problem := range lines[:len(lines)-1] {
		t.Error(problem)
	}
	if last := lines[len(lines)-1]; err != nil || !strings.HasSuffix(last, " checks") {
		t.Errorf("%v: %s", err, last)
	}
}
