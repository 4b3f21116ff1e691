package folder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// hold makes, opens and locks the folder. A run that ends removes the folder that it made for nothing, perhaps
// between our opening and our locking it; so the folder that is locked has to be the one that stands at the path, or
// all begins again.
func (f *Folder) hold(abs string) error {
	for range 10 {
		if err := f.makeDirs(abs); errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			return err
		}
		root, err := os.OpenRoot(abs)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			return f.cannot("open", ".", err)
		}
		if err := f.checkPrivate(root); err != nil {
			root.Close()
			return err
		}
		lock, err := takeLock(root)
		if err != nil {
			root.Close()
			if errors.Is(err, ErrBusy) {
				return fmt.Errorf("%s: %w", f.path, err)
			}
			return fmt.Errorf("%w (a network disk may know no locks: then name a folder on a local one)",
				f.cannot("lock", ".", err))
		}
		held, err1 := root.Stat(".")
		there, err2 := os.Stat(abs)
		if err1 == nil && err2 == nil && os.SameFile(held, there) {
			f.root, f.lock = root, lock
			return nil
		}
		root.Close()
		lock.release(func() error { return nil })
	}
	return fmt.Errorf("%s: %w", f.path, ErrBusy)
}

// makeDirs makes the folder and its parents where they are missing, and remembers which.
func (f *Folder) makeDirs(abs string) error {
	var missing []string
	for dir := abs; ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err == nil && !info.IsDir() {
			return fmt.Errorf("cannot use %s: %s is not a folder: name another one", f.path, dir)
		}
		if err == nil {
			break
		}
		if !errors.Is(err, fs.ErrNotExist) || dir == filepath.Dir(dir) {
			return f.cannot("open", ".", err)
		}
		missing = append(missing, dir)
	}
	for _, dir := range slices.Backward(missing) {
		switch err := os.Mkdir(dir, f.dirPerm()); {
		case err == nil:
			f.made = append(f.made, dir)
		case errors.Is(err, fs.ErrExist):
			if info, err := os.Lstat(dir); err == nil && info.Mode()&fs.ModeSymlink != 0 {
				return fmt.Errorf("cannot use %s: %s is a symlink to nothing: make the folder that it names, or remove it",
					f.path, dir)
			}
		default:
			return f.cannot("make", ".", err)
		}
	}
	return nil
}

// removeMade removes the folders that Open made, innermost first, as long as they are empty.
func (f *Folder) removeMade() error {
	for _, dir := range slices.Backward(f.made) {
		if info, err := os.Lstat(dir); err != nil || !info.IsDir() {
			return nil
		}
		if err := os.Remove(dir); errors.Is(err, fs.ErrExist) || errors.Is(err, fs.ErrNotExist) {
			return nil
		} else if err != nil {
			return fmt.Errorf("cannot remove the new and empty folder again: %w", err)
		}
	}
	return nil
}
