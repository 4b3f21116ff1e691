package folder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"gpufleet/fetch/exit"
)

// ErrWide is returned (wrapped) by OpenPrivate where others may use the folder.
var ErrWide error = wideError{}

type wideError struct{}

func (wideError) Error() string {
	return "others may use this folder: take their permissions away (chmod 700), or name a new folder"
}

// ExitCode says that the user has named an unfit folder.
func (wideError) ExitCode() int { return exit.Usage }

// OpenPrivate is as Open, for a folder that its owner alone may use: it and those in it get the permissions 0700,
// files 0600. A folder that is there with wider permissions is refused and not narrowed, since others may count on
// them. Windows has no such permissions: a folder there is as private as the one that it is in.
func OpenPrivate(path string) (*Folder, error) { return open(&Folder{path: path, private: true}) }

func (f *Folder) dirPerm() fs.FileMode {
	if f.private {
		return 0o700
	}
	return 0o755
}

func (f *Folder) filePerm() fs.FileMode {
	if f.private {
		return 0o600
	}
	return 0o644
}

func (f *Folder) checkPrivate(root *os.Root) error {
	if !f.private || runtime.GOOS == "windows" {
		return nil
	}
	info, err := root.Stat(".")
	if err != nil {
		return f.cannot("open", ".", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("%s: %w", f.path, ErrWide)
	}
	return nil
}

// mayStay tells whether a file can stay as it is if it holds the right bytes: nobody may read it who must not.
func (f *Folder) mayStay(info fs.FileInfo) bool {
	return !f.private || runtime.GOOS == "windows" || info.Mode().Perm()&0o077 == 0
}

// Apart reports whether two folders, which may be yet to be made, are neither the same nor one inside the other,
// whatever symlinks lead to them.
func Apart(a, b string) (bool, error) {
	a, err := resolve(a)
	if err != nil {
		return false, err
	}
	if b, err = resolve(b); err != nil {
		return false, err
	}
	return !inside(a, b) && !inside(b, a), nil
}

// resolve returns the absolute path behind all symlinks of what is there of a path; the rest is as it is.
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

// inside reports whether dir is at or below top. Two names of one folder are the same.
func inside(dir, top string) bool {
	there, err := os.Stat(top)
	for ; ; dir = filepath.Dir(dir) {
		if dir == top {
			return true
		}
		if info, statErr := os.Stat(dir); err == nil && statErr == nil && os.SameFile(there, info) {
			return true
		}
		if dir == filepath.Dir(dir) {
			return false
		}
	}
}
