package fetch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"gpufleet/fetch/history"
)

// Folder is a folder that holds an earlier report. What it reads in it is a regular file that no symlink leads to.
type Folder struct{ root *os.Root }

// OpenFolder opens the folder at path; the path itself may be a symlink.
func OpenFolder(path string) (*Folder, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		var cause *fs.PathError
		if errors.As(err, &cause) {
			err = cause.Err
		}
		return nil, err
	}
	return &Folder{root}, nil
}

// Close gives the folder back.
func (f *Folder) Close() error { return f.root.Close() }

// Manifest reads the list of the report's files. The error is ErrNoManifest where there is none.
func (f *Folder) Manifest(ctx context.Context, decode func([]byte) ([]Listed, error)) ([]Listed, error) {
	return readManifest(ctx, f, decode)
}

// Collect gathers the past from the files that the manifest lists. The error is the context's cause; what is wrong with a file
// is a warning.
func (f *Folder) Collect(ctx context.Context, listed []Listed, c *history.Collector) error {
	return collect(ctx, f, listed, c)
}

// Found lists the files of the past that are in the folder, as they are. It serves where the manifest can't be read: all that is
// carried on is checked row by row anyway.
func (f *Folder) Found(ctx context.Context) ([]Listed, error) {
	paths := []string{history.HistoryPath}
	entries, _ := fs.ReadDir(f.root.FS(), strings.TrimSuffix(history.SnapshotFolder, "/"))
	for _, entry := range entries {
		paths = append(paths, history.SnapshotFolder+entry.Name())
	}
	var found []Listed
	for _, path := range paths {
		if _, isSnapshot := history.SnapshotDate(path); !isSnapshot && path != history.HistoryPath {
			continue
		}
		content, err := f.read(ctx, path, history.MaxSnapshotBytes, isAny)
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if err == nil {
			sum := sha256.Sum256(content)
			found = append(found, Listed{Path: path, Size: int64(len(content)), SHA256: hex.EncodeToString(sum[:])})
		}
	}
	return found, nil
}

func (f *Folder) read(ctx context.Context, path string, limit int64, isRight func([]byte) bool) ([]byte, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	info, err := f.find(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > limit {
		return nil, &damage{"it is longer than it should be"}
	}
	file, err := f.root.Open(path)
	if err != nil {
		return nil, readError(err)
	}
	defer file.Close()
	if opened, err := file.Stat(); err != nil || !os.SameFile(info, opened) {
		return nil, &damage{"it changed while it was opened"}
	}
	content, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err != nil {
		return nil, readError(err)
	}
	if !isRight(content) {
		return nil, &damage{notListed}
	}
	return content, nil
}

// find returns what the path names, looking at each folder on the way: none may be a symlink.
func (f *Folder) find(path string) (fs.FileInfo, error) {
	for end := range path {
		if path[end] != '/' {
			continue
		}
		info, err := f.root.Lstat(path[:end])
		if err != nil {
			return nil, readError(err)
		}
		if !info.IsDir() {
			return nil, &damage{"a folder on the way to it is none, or a symlink"}
		}
	}
	info, err := f.root.Lstat(path)
	if err != nil {
		return nil, readError(err)
	}
	if !info.Mode().IsRegular() {
		return nil, &damage{"it is no regular file"}
	}
	return info, nil
}

// readError tells a file that is not there from one that can't be read.
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

// CollectFolder gathers the past from a folder, of which manifest lists the files. The error is ErrNoManifest where manifest
// finds none, and a *Error for a manifest that can't be used.
func CollectFolder(ctx context.Context, path string, manifest func(*Folder) ([]Listed, error), c *history.Collector) error {
	folder, err := OpenFolder(path)
	if err != nil {
		return fmt.Errorf("read the earlier report in %s: %w", path, err)
	}
	defer folder.Close()
	files, err := manifest(folder)
	if err != nil && !errors.Is(err, ErrNoManifest) && ctx.Err() == nil {
		return &Error{Kind: BadInput, What: fmt.Sprintf("--previous %s: %v", path, err)}
	}
	if err != nil {
		return err
	}
	return folder.Collect(ctx, files, c)
}
