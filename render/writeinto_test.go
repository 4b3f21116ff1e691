package render

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"gpufleet/render/report"
)

// writeInto writes the files of a report into a folder.
func writeInto(t *testing.T, dir string, r *report.Report) {
	t.Helper()
	if err := Write(r, createIn(dir)); err != nil {
		t.Fatal(err)
	}
}

// createIn returns a Create for a folder.
func createIn(dir string) Create {
	return func(path string) (io.WriteCloser, error) {
		target := filepath.Join(dir, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return nil, err
		}
		return os.Create(target)
	}
}
