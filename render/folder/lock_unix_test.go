//go:build unix

package folder

import (
	"errors"
	"testing"
)

// The folder is still locked while it is cleaned up.
func TestReleaseCleansUpBeforeItUnlocks(t *testing.T) {
	dir := t.TempDir()
	f, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.root.Close()
	called := false
	err = f.lock.Release(func() error {
		called = true
		if _, err := Open(dir); !errors.Is(err, ErrBusy) {
			t.Errorf("unlocked already: %v", err)
		}
		return nil
	})
	if err != nil || !called {
		t.Error(err, called)
	}
	mustRun(t, dir, first)
}

func TestCreateNeverOverwrites(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, site{"x": "mine"})
	f, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.disk.Create("x", 0o644); err == nil {
		t.Error("overwrote a file")
	}
}
