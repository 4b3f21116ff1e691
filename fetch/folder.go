package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"gpufleet/fetch/history"
	"gpufleet/fetch/lock"
	"gpufleet/fetch/manifest"
)

// reportFolder is a folder with a previous report. It reads only regular files, and follows no symlinks.
type reportFolder struct{ root *os.Root }

// openFolder opens the folder at path. The path itself may be a symlink.
func openFolder(path string) (*reportFolder, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		var cause *fs.PathError
		if errors.As(err, &cause) {
			err = cause.Err
		}
		return nil, err
	}
	return &reportFolder{root}, nil
}

func (f *reportFolder) close() error { return f.root.Close() }

// is reports whether this is the folder at path.
func (f *reportFolder) is(path string) bool {
	this, err1 := f.root.Stat(".")
	other, err2 := os.Stat(path)
	return err1 == nil && err2 == nil && os.SameFile(this, other)
}

// lock locks the folder for reading. The error is lock.ErrBusy if a run is writing it. Some network disks have no
// locks: there, only the manifest shows that another run is writing.
func (f *reportFolder) lock() (unlock func(), err error) {
	taken, err := lock.Shared(f.root)
	switch {
	case errors.Is(err, lock.ErrBusy):
		return nil, err
	case err != nil:
		return func() {}, nil
	}
	return func() { taken.Release(func() error { return nil }) }, nil
}

// findHistory returns entries for the history files in the folder, whatever their content. It is used if the manifest
// can't be read. A file that can't be read is a loss.
func (f *reportFolder) findHistory(ctx context.Context, c *history.Collector) ([]manifest.File, error) {
	var paths []string
	for _, carrier := range carriers(c) {
		paths = append(paths, carrier.path)
	}
	folder := strings.TrimSuffix(history.SnapshotFolder, "/")
	entries, err := fs.ReadDir(f.root.FS(), folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		c.Damaged(folder, readError(err).Error(), "restore the folder")
	}
	for _, entry := range entries {
		path := history.SnapshotFolder + entry.Name()
		if _, isSnapshot := history.SnapshotDate(path); isSnapshot {
			paths = append(paths, path)
		}
	}
	var found []manifest.File
	for _, path := range paths {
		content, err := f.read(ctx, path, history.MaxSnapshotBytes, acceptAny)
		var damaged *damage
		switch {
		case err == nil:
			found = append(found, manifest.FileOf(path, content))
		case errors.As(err, &damaged):
			c.Damaged(path, damaged.what, damaged.cure())
		case !errors.Is(err, fs.ErrNotExist):
			return nil, err
		}
	}
	return found, nil
}

func (f *reportFolder) read(ctx context.Context, path string, limit int64, isValid func([]byte) bool) ([]byte, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	info, err := f.find(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > limit {
		return nil, &damage{tooLarge}
	}
	file, err := f.root.Open(path)
	if err != nil {
		return nil, readError(err)
	}
	defer file.Close()
	if opened, err := file.Stat(); err != nil || !os.SameFile(info, opened) {
		return nil, &damage{"it changed while it was being opened"}
	}
	content, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err != nil {
		return nil, readError(err)
	}
	if !isValid(content) {
		return nil, &damage{mismatch}
	}
	return content, nil
}

// find returns the regular file at path. No folder on the way may be a symlink.
func (f *reportFolder) find(path string) (fs.FileInfo, error) {
	for end := range path {
		if path[end] != '/' {
			continue
		}
		info, err := f.root.Lstat(path[:end])
		if err != nil {
			return nil, readError(err)
		}
		if !info.IsDir() {
			return nil, &damage{"a folder in its path is a symlink or not a folder"}
		}
	}
	info, err := f.root.Lstat(path)
	if err != nil {
		return nil, readError(err)
	}
	if !info.Mode().IsRegular() {
		return nil, &damage{"it is not a regular file"}
	}
	return info, nil
}

// readError returns fs.ErrNotExist for a missing file, and a *damage for one that can't be read.
func readError(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fs.ErrNotExist
	}
	var cause *fs.PathError
	if errors.As(err, &cause) {
		err = cause.Err
	}
	return &damage{fmt.Sprintf("it can't be read (%s)", strings.TrimSpace(err.Error()))}
}
