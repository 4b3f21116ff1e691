package e2e

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The documents that people read.
const (
	readmePath        = "README.md"
	settingsGuide     = ".github/guides/settings.md"
	filesGuide        = ".github/guides/files.md"
	archiveGuide      = ".github/guides/archive.md"
	publishingGuide   = ".github/guides/publishing.md"
	contributingGuide = ".github/CONTRIBUTING.md"
	securityPolicy    = ".github/SECURITY.md"
)

// documents lists them. The README comes first, because it builds the program.
var documents = []string{readmePath, settingsGuide, filesGuide, archiveGuide, publishingGuide, contributingGuide,
	securityPolicy}

// document returns the text of a document.
func document(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// blocks returns the code blocks in a language.
func blocks(t *testing.T, path, language string) (found []string) {
	t.Helper()
	pattern := regexp.MustCompile("(?s)```" + language + "\n(.*?)```")
	for _, match := range pattern.FindAllStringSubmatch(document(t, path), -1) {
		found = append(found, match[1])
	}
	return found
}

// block returns the only code block in a language.
func block(t *testing.T, path, language string) string {
	t.Helper()
	found := blocks(t, path, language)
	if len(found) != 1 {
		t.Fatalf("%s has %d code blocks in %s, want one", path, len(found), language)
	}
	return found[0]
}

// prose returns a document without its code blocks.
func prose(t *testing.T, path string) string {
	t.Helper()
	return regexp.MustCompile("(?ms)^```.*?^```$").ReplaceAllString(document(t, path), "")
}

// anchors returns the anchors that GitHub gives to the headings of a document.
func anchors(t *testing.T, path string) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	for _, heading := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(prose(t, path), -1) {
		anchor := regexp.MustCompile(`[^\p{L}\p{N}_ -]`).ReplaceAllString(strings.ToLower(heading[1]), "")
		anchor = strings.ReplaceAll(anchor, " ", "-")
		if found[anchor] {
			t.Errorf("%s has two headings %q", path, heading[1])
		}
		found[anchor] = true
	}
	return found
}

// TestDocumentLinks checks that every relative link in the documents leads to a file and to one of its headings.
func TestDocumentLinks(t *testing.T) {
	t.Parallel()
	links := 0
	for _, from := range documents {
		for _, match := range regexp.MustCompile(`\]\(([^)\s]+)\)`).FindAllStringSubmatch(prose(t, from), -1) {
			if strings.Contains(match[1], "://") {
				continue
			}
			links++
			to, anchor, hasAnchor := strings.Cut(match[1], "#")
			target := from
			if to != "" {
				target = path.Join(path.Dir(from), to)
			}
			if _, err := os.Stat(filepath.Join(root, target)); err != nil {
				t.Errorf("%s: %s leads nowhere: %v", from, match[1], err)
			} else if hasAnchor && !anchors(t, target)[anchor] {
				t.Errorf("%s: %s has no such heading", from, match[1])
			}
		}
	}
	if links < 50 {
		t.Errorf("only %d links found", links)
	}
}

// TestMakeTargets checks that every make command in the documents has a target.
func TestMakeTargets(t *testing.T) {
	t.Parallel()
	makefile := document(t, "Makefile")
	for _, from := range documents {
		for _, match := range regexp.MustCompile("(?:`|\n)make ([a-z-]+)").FindAllStringSubmatch(document(t, from), -1) {
			if !strings.Contains(makefile, "\n"+match[1]+":") {
				t.Errorf("%s: make %s is not a target", from, match[1])
			}
		}
	}
}

// TestFrontPage checks that the README stays short.
func TestFrontPage(t *testing.T) {
	t.Parallel()
	if lines := strings.Count(document(t, readmePath), "\n"); lines > 130 {
		t.Errorf("the README has %d lines; move details into the guides", lines)
	}
}
