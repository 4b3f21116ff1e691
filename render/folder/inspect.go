package folder

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"gpufleet/fetch/manifest"
)

// find returns what is at path, or nil if nothing is. It follows no symlink. If a parent of path is not a folder, find
// returns that parent instead.
func (f *Folder) find(path string) (at string, info fs.FileInfo, err error) {
	for _, dir := range parents(path) {
		if info, err := f.lstat(dir); err != nil || info == nil || !info.IsDir() {
			return dir, info, err
		}
	}
	info, err = f.lstat(path)
	return path, info, err
}

// lstat returns what is at path, or nil if nothing is.
func (f *Folder) lstat(path string) (fs.FileInfo, error) {
	info, err := f.disk.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, f.cannot("access", path, err)
	}
	return info, nil
}

// hasContent reports whether a regular file has the size and hash of one of these entries. All entries have its path.
func (f *Folder) hasContent(info fs.FileInfo, entries ...manifest.File) (bool, error) {
	if !slices.ContainsFunc(entries, func(e manifest.File) bool { return e.Size == info.Size() }) {
		return false, nil
	}
	path := entries[0].Path
	r, err := f.disk.Open(path)
	if err != nil {
		return false, f.cannot("read", path, err)
	}
	defer r.Close()
	hash := sha256.New()
	size, err := io.Copy(hash, r)
	if err != nil {
		return false, f.cannot("read", path, err)
	}
	return slices.Contains(entries, manifest.File{Path: path, Size: size, SHA256: hex.EncodeToString(hash.Sum(nil))}), nil
}

// blockedError is the error if something at a path prevents a file or folder from being written there.
func (f *Folder) blockedError(at string, info fs.FileInfo) error {
	what := "neither a file nor a folder"
	switch {
	case info.IsDir():
		what = "a folder, but a file of this name must be written"
	case info.Mode().IsRegular():
		what = "a file, but a folder of this name must be created"
	case info.Mode()&fs.ModeSymlink != 0:
		what = "a symlink, which gpufleet doesn't follow"
	}
	return fmt.Errorf("%s is %s; move it away or choose another folder", f.display(at), what)
}

// display returns a path inside the folder as the user would write it.
func (f *Folder) display(path string) string { return filepath.Join(f.path, filepath.FromSlash(path)) }

// cannot returns an error that says what failed and, if possible, what to do. The path inside err is left out, because
// it may be in the stage, which means nothing to the user.
func (f *Folder) cannot(verb, path string, err error) error {
	var pathError *fs.PathError
	var linkError *os.LinkError
	switch {
	case errors.As(err, &pathError):
		err = pathError.Err
	case errors.As(err, &linkError):
		err = linkError.Err
	}
	advice := ""
	switch {
	case errors.Is(err, syscall.ENOSPC):
		advice = "; free some disk space, then run again"
	case errors.Is(err, fs.ErrPermission):
		advice = "; give this user access, or choose another folder"
	}
	return fmt.Errorf("cannot %s %s: %w%s", verb, f.display(path), err, advice)
}

// parents returns the folders above path, outermost first. A file at the top has none.
func parents(path string) []string {
	var dirs []string
	for i, c := range path {
		if c == '/' {
			dirs = append(dirs, path[:i])
		}
	}
	return dirs
}
