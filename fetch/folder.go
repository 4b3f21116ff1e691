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

// findHistory returns entries for the history files in the folder, whatever their content. It is used if the manifest
// can't be read.
func (f *reportFolder) findHistory(ctx context.Context) ([]manifest.File, error) {
	paths := []string{history.HistoryPath}
	entries, _ := fs.ReadDir(f.root.FS(), strings.TrimSuffix(history.SnapshotFolder, "/"))
	for _, entry := range entries {
		paths = append(paths, history.SnapshotFolder+entry.Name())
	}
	var found []manifest.File
	for _, path := range paths {
		if _, isSnapshot := history.SnapshotDate(path); !isSnapshot && path != history.HistoryPath {
			continue
		}
		content, err := f.read(ctx, path, history.MaxSnapshotBytes, acceptAny)
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if err == nil {
			found = append(found, manifest.FileOf(path, content))
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
