package fetch

import (
	"errors"
	"os"
	"testing"

	"gpufleet/fetch/lock"
)

// TestPreviousIsLocked reads a folder while other runs read it, but not while one writes it, and the other way round.
func TestPreviousIsLocked(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	read := func() error {
		previous := Previous{Named: dir, Out: t.TempDir()}
		_, err := previous.Begin(t.Context(), runHead(), today)()
		return err
	}
	reader, err := lock.Shared(root)
	if err != nil {
		t.Fatal(err)
	}
	if err := read(); err != nil {
		t.Errorf("beside a reader: %v", err)
	}
	if _, err := lock.Exclusive(root); !errors.Is(err, lock.ErrBusy) {
		t.Errorf("a writer beside a reader: %v", err)
	}
	nothing := func() error { return nil }
	reader.Release(nothing)
	writer, err := lock.Exclusive(root)
	if err != nil {
		t.Fatal(err)
	}
	wantError(t, read(), Incomplete)
	writer.Release(nothing)
	if err := read(); err != nil {
		t.Errorf("after the writer: %v", err)
	}
}
