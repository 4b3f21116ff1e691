package render

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gpufleet/fetch/fleet"
	"gpufleet/render/report"
)

// wildNames are names as they should not be: markup, no place to break a line, other scripts.
var wildNames = []string{"<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, strings.Repeat("unbroken", 100), "שלום", "北京", "javascript:alert(1)",
	"<style>*{display:none}</style>", "{{7*7}}", "https://evil.example/x.png", "plain"}

// wildStatuses are every status, an unknown one and none.
var wildStatuses = []string{"Running", "Stopped", "Error", "Deploying", "Deleted", "<b>odd</b>", ""}

// wildFleet is a report of wild names and statuses.
func wildFleet(t *testing.T) *report.Report {
	price, err := fleet.ParseMoney("1234.567")
	if err != nil {
		t.Fatal(err)
	}
	var list []*fleet.Instance
	for i := range 600 {
		in := &fleet.Instance{ID: fmt.Sprint(i), Region: "CANADA-1", GPU: "RTX-A6000", HostName: wildNames[i%len(wildNames)],
			Status: wildStatuses[i%len(wildStatuses)], OS: wildNames[(i+3)%len(wildNames)], GPUCount: fleet.Known(float64(i % 9)), RAM: fleet.Known(58.0)}
		if i < 40 {
			in.Region, in.GPU = wildNames[i%len(wildNames)], wildNames[(i/4)%len(wildNames)]
		}
		if i%3 > 0 {
			in.Price = fleet.Known(price)
		}
		list = append(list, in)
	}
	return reportOf(list...)
}

// place writes a report's files into a folder.
func place(t *testing.T, dir string, r *report.Report) {
	t.Helper()
	if err := Write(r, createIn(dir)); err != nil {
		t.Fatal(err)
	}
}

// createIn creates files in a folder.
func createIn(dir string) Create {
	return func(path string) (io.WriteCloser, error) {
		target := filepath.Join(dir, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return nil, err
		}
		return os.Create(target)
	}
}
