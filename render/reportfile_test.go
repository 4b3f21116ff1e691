package render

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gpufleet/fetch/fleet"
	"gpufleet/render/markdown"
	"gpufleet/render/report"
	"gpufleet/templates"
)

// largeReport has 5,000 groups with long names, notes of the maximum length, and a mark of each kind.
func largeReport(t *testing.T, long string) *report.Report {
	t.Helper()
	price, err := fleet.ParseMoney("123456789.123456789")
	if err != nil {
		t.Fatal(err)
	}
	var list []*fleet.Instance
	for group := range 5_000 {
		list = append(list, &fleet.Instance{
			ID:       fmt.Sprint(group),
			Region:   long + fmt.Sprint("r", group%100),
			GPU:      long + fmt.Sprint("g", group/100),
			GPUCount: fleet.Known(8.0),
			Price:    fleet.Known(price),
			Status:   long + fmt.Sprint("s", group%50),
		})
	}
	r := laterReport(t, list[:20], list)
	r.Source, r.Audience = report.FromDemo, report.Internal
	if r.Notes, _, err = markdown.ParseNotes([]byte(strings.Repeat("*a* ", markdown.MaxNotes/4))); err != nil {
		t.Fatal(err)
	}
	return r
}

// reportFileOf returns report.html.
func reportFileOf(t *testing.T, r *report.Report) string {
	t.Helper()
	texts, err := textsOf(r, markdown.NewSummary(r))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	file := templates.ReportFile(r, texts.reportBefore, texts.reportAfter)
	if err := file.Body.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestReportFile checks that report.html is fit for mail: it is small, complete, and loads nothing.
func TestReportFile(t *testing.T) {
	for name, long := range map[string]string{
		"short":   "",
		"escaped": strings.Repeat(`"`, 1000),
		"wide":    strings.Repeat("😀", 1000),
	} {
		file := reportFileOf(t, largeReport(t, long))
		if len(file) >= 1_000_000 {
			t.Errorf("%s: %d bytes", name, len(file))
		}
		for _, never := range []string{"<script", " style=", " src=", "href=", "<link", "<img", "url(", "@import"} {
			if strings.Contains(file, never) {
				t.Errorf("%s: has %s", name, never)
			}
		}
		_, style, _ := strings.Cut(file, "<style>")
		style, _, _ = strings.Cut(style, "</style>")
		sum := sha256.Sum256([]byte(style))
		hash := strings.ReplaceAll(base64.StdEncoding.EncodeToString(sum[:]), "+", "&#43;")
		policy := `content="default-src &#39;none&#39;; style-src &#39;sha256-` + hash + `&#39;; base-uri`
		if strings.Count(file, "<style>") != 1 || !strings.Contains(strings.ReplaceAll(file, "+", "&#43;"), policy) {
			t.Errorf("%s: its policy is not %s", name, policy)
		}
		for _, want := range []string{
			"<em>a</em>",
			"Sample data",
			"Internal",
			"What changed",
			"<strong>All regions</strong>",
			"Most expensive groups",
			"<strong>All</strong>",
			`class="chart"`,
			"And ",
			`content="noindex"`,
		} {
			if !strings.Contains(file, want) {
				t.Errorf("%s: no %s", name, want)
			}
		}
	}
	r := wildFleet(t)
	var err error
	own := "# Our words\n\n# Most expensive groups\n" // the program writes this heading too
	if r.Notes, _, err = markdown.ParseNotes([]byte(own)); err != nil {
		t.Fatal(err)
	}
	file, at := reportFileOf(t, r), 0
	for _, next := range []string{
		"<h2>Spend</h2>",
		"<h2>What changed</h2>",
		"<td>Instances</td>",
		"<h2>GPUs by region and model</h2>",
		">Charts</h2>",
		"<svg",
		"<h2>Most expensive groups</h2>",
		"summary.md",
		"fleet.xlsx",
	} {
		found := strings.Index(file[at:], next)
		if found < 0 {
			t.Fatalf("%s is missing or too early", next)
		}
		at += found
	}
	r.BaseURL = "https://example.org/fleet"
	for _, address := range attributesOf(t, reportFileOf(t, r), "a", "href", "", "") {
		if !strings.HasPrefix(address, r.BaseURL+"/") {
			t.Errorf("links to %s", address)
		}
	}
}

// TestReportFileInBrowser opens the file from disk. It must load nothing.
func TestReportFileInBrowser(t *testing.T) {
	v := newVisitor(t)
	path := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(path, []byte(reportFileOf(t, wildFleet(t))), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, width := range []int64{390, 1280} {
		overflow, styled := v.open(t, "file://"+filepath.Dir(path)+"/", "report.html", width, "light")
		if overflow > 0 || !styled {
			t.Errorf("at %d: %d pixels too wide, styled: %v", width, overflow, styled)
		}
		if len(v.requests) != 1 {
			t.Errorf("requests %q", v.requests)
		}
	}
}
