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

// find tells what is at path, and follows no symlink on the way: info is nil where nothing is, and at is a folder of
// path where that is in fact no folder.
func (f *Folder) find(path string) (at string, info fs.FileInfo, err error) {
	for _, dir := range parents(path) {
		if info, err := f.lstat(dir); err != nil || info == nil || !info.IsDir() {
			return dir, info, err
		}
	}
	info, err = f.lstat(path)
	return path, info, err
}

// lstat returns nil where nothing is.
func (f *Folder) lstat(path string) (fs.FileInfo, error) {
	info, err := f.disk.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, f.cannot("look at", path, err)
	}
	return info, nil
}

// holds tells whether the regular file that info describes has the bytes of one of these entries, which all have its
// path.
func (f *Folder) holds(info fs.FileInfo, entries ...manifest.File) (bool, error) {
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

func (f *Folder) inTheWay(at string, info fs.FileInfo) error {
	what := "neither a file nor a folder"
	switch {
	case info.IsDir():
		what = "a folder, where a file must go"
	case info.Mode().IsRegular():
		what = "a file, where a folder must go"
	case info.Mode()&fs.ModeSymlink != 0:
		what = "a symlink, and those are not followed"
	}
	return fmt.Errorf("%s is %s: move it away, or name another folder", f.shown(at), what)
}

// shown is a path inside the folder as the user would write it.
func (f *Folder) shown(path string) string { return filepath.Join(f.path, filepath.FromSlash(path)) }

// cannot says what failed on which of the user's files, and what helps where that is known. The path inside err is
// left out: it may be one in the stage, which means nothing to the user.
func (f *Folder) cannot(do, path string, err error) error {
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
		advice = ": free some space, then run again"
	case errors.Is(err, fs.ErrPermission):
		advice = ": let this user write there, or name another folder"
	}
	return fmt.Errorf("cannot %s %s: %w%s", do, f.shown(path), err, advice)
}

// parents returns the folders on the way to path, outermost first; none for a file at the top.
func parents(path string) []string {
	var dirs []string
	for i, c := range path {
		if c == '/' {
			dirs = append(dirs, path[:i])
		}
	}
	return dirs
}
