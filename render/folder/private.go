package folder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"gpufleet/fetch/exit"
)

// ErrNotPrivate is the error of OpenPrivate, wrapped, if other users can access the folder.
var ErrNotPrivate error = notPrivateError{}

type notPrivateError struct{}

func (notPrivateError) Error() string {
	return "other users can access this folder; run chmod 700 on it, or choose a new folder"
}

// ExitCode returns exit.Usage, because the user chose the folder.
func (notPrivateError) ExitCode() int { return exit.Usage }

// OpenPrivate is Open for a folder that only its owner can access. Folders get the permissions 0700, files 0600. An
// existing folder with wider permissions is refused, because others may be using it. Windows has no such permissions:
// the folder is as private as the one that contains it.
func OpenPrivate(path string) (*Folder, error) { return open(&Folder{path: path, private: true}) }

// OpenArchive opens a folder that grows. It has no manifest: files that a run doesn't write stay as they are. Files are
// placed in the order in which they were created. A new archive is as private as the folder of OpenPrivate. Whoever has
// shared its folder shares new files, too: they have the folder's permissions.
func OpenArchive(path string) (*Folder, error) { return open(&Folder{path: path, adds: true}) }

// OpenFile opens a file of the folder to read it. The error is fs.ErrNotExist, wrapped, if there is none.
func (f *Folder) OpenFile(path string) (*os.File, error) {
	file, err := rootDisk{f.root}.Open(path)
	if err != nil {
		return nil, f.cannot("read", path, err)
	}
	return file.(*os.File), nil
}

// Display returns a path inside the folder as the user would write it.
func (f *Folder) Display(path string) string { return f.display(path) }

// List returns the names in a folder, sorted: none if it doesn't exist.
func (f *Folder) List(path string) (names []string, err error) {
	entries, err := f.disk.ReadDir(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, f.cannot("read", path, err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	slices.Sort(names)
	return names, nil
}

func (f *Folder) dirPerm() fs.FileMode {
	switch {
	case f.adds && f.root != nil:
		if info, err := f.root.Stat("."); err == nil {
			return info.Mode().Perm() | 0o700
		}
		return 0o700
	case f.adds || f.private:
		return 0o700
	}
	return 0o755
}

func (f *Folder) filePerm() fs.FileMode { return f.dirPerm() &^ 0o111 }

func (f *Folder) checkPrivate(root *os.Root) error {
	if !f.private && !f.adds || runtime.GOOS == "windows" {
		return nil
	}
	if f.adds { // whoever has shared an archive wants it so
		if entries, err := (rootDisk{root}).ReadDir("."); err == nil && len(entries) > 0 {
			return nil
		}
	}
	info, err := root.Stat(".")
	if err != nil {
		return f.cannot("open", ".", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("%s: %w", f.path, ErrNotPrivate)
	}
	return nil
}

// isPrivateEnough reports whether the permissions of an existing file are narrow enough to keep it.
func (f *Folder) isPrivateEnough(info fs.FileInfo) bool {
	return !f.private || runtime.GOOS == "windows" || info.Mode().Perm()&0o077 == 0
}

// Overlap reports whether two folders are the same or one contains the other. Symlinks are resolved. The folders
// needn't exist yet.
func Overlap(a, b string) (bool, error) {
	a, err := resolve(a)
	if err != nil {
		return false, err
	}
	if b, err = resolve(b); err != nil {
		return false, err
	}
	return inside(a, b) || inside(b, a), nil
}

// resolve returns an absolute path. Symlinks are resolved in the part of the path that exists.
func resolve(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	rest := ""
	for dir := abs; ; dir = filepath.Dir(dir) {
		real, err := filepath.EvalSymlinks(dir)
		if err == nil {
			return filepath.Join(real, rest), nil
		}
		if !errors.Is(err, fs.ErrNotExist) || dir == filepath.Dir(dir) {
			return "", err
		}
		rest = filepath.Join(filepath.Base(dir), rest)
	}
}

// inside reports whether dir is top or below it, even if the same folder has different names.
func inside(dir, top string) bool {
	topInfo, err := os.Stat(top)
	for ; ; dir = filepath.Dir(dir) {
		if dir == top {
			return true
		}
		if info, statErr := os.Stat(dir); err == nil && statErr == nil && os.SameFile(topInfo, info) {
			return true
		}
		if dir == filepath.Dir(dir) {
			return false
		}
	}
}
