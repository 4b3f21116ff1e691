//go:build unix

package fetch

import (
	"context"
	"path/filepath"
	"syscall"
	"testing"

	"gpufleet/fetch/history"
)

// TestPipeInFolder holds that a pipe in the place of a file is not opened: that would wait for a writer for ever.
func TestPipeInFolder(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, ManifestPath), 0o600); err != nil {
		t.Fatal(err)
	}
	folder, err := OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	if _, err := folder.Manifest(context.Background(), decodeListed); err == nil {
		t.Error("a pipe was read")
	}
	if err := folder.Collect(context.Background(), nil, &history.Collector{}); err != nil {
		t.Error(err)
	}
}
