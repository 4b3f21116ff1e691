package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Text is a text with a special meaning for a program that reads the outputs.
type Text struct{ About, Text string }

// Texts returns the texts of this package, which are always the same, and those of larger collections if TEST_CORPORA
// names their folder. Some are blank, some are longer than the program's limits, and some are not UTF-8.
func Texts(t testing.TB) (own, more []Text) {
	t.Helper()
	own = slices.Concat(htmlTexts, addressTexts, markdownTexts, templateTexts, sheetTexts, numberTexts,
		unicodeTexts, longTexts, terminalTexts, shellTexts, pathTexts, ownTexts)
	if text := corpus(t, "blns.json"); text != nil {
		var list []string
		if err := json.Unmarshal(text, &list); err != nil {
			t.Fatal(err)
		}
		for _, text := range list {
			more = append(more, Text{"of blns.json", text})
		}
	}
	for _, text := range MarkdownExamples(t) {
		more = append(more, Text{"of gfm-spec.txt", text})
	}
	t.Logf("%d texts of our own, %d of collections", len(own), len(more))
	return own, more
}

var example = regexp.MustCompile("(?s)````+ example[^\n]*\n(.*?)\n\\.\n")

// MarkdownExamples returns the examples in the specification of GitHub's Markdown, or none without TEST_CORPORA.
func MarkdownExamples(t testing.TB) (texts []string) {
	t.Helper()
	for _, match := range example.FindAllStringSubmatch(string(corpus(t, "gfm-spec.txt")), -1) {
		texts = append(texts, strings.ReplaceAll(match[1], "→", "\t"))
	}
	return texts
}

// corpus returns a file in the folder that TEST_CORPORA names, or nil if it is not set. The folder must have
// blns.json, the Big List of Naughty Strings, and gfm-spec.txt, the specification of GitHub's Markdown. No test
// depends on them.
func corpus(t testing.TB, name string) []byte {
	t.Helper()
	folder := os.Getenv("TEST_CORPORA")
	if folder == "" {
		return nil
	}
	text, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		t.Fatalf("TEST_CORPORA: %v", err)
	}
	return text
}
