//go:build unix

package fetch

import (
	"context"
	"path/filepath"
	"syscall"
	"testing"

	"gpufleet/fetch/history"
	"gpufleet/fetch/manifest"
)

// TestPipeInFolder checks that a pipe in place of a file is not opened: that would wait forever for a writer.
func TestPipeInFolder(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, manifest.Path), 0o600); err != nil {
		t.Fatal(err)
	}
	folder, err := openFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.close()
	if _, err := readManifest(context.Background(), folder); err == nil {
		t.Error("a pipe was read")
	}
	if err := collect(context.Background(), folder, nil, &history.Collector{}); err != nil {
		t.Error(err)
	}
}
