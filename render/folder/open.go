package folder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"gpufleet/fetch/lock"
)

// openAndLock creates, opens and locks the folder. Another run may remove a folder that it created, even between our
// opening and our locking it. So if the locked folder is no longer the one at the path, or a folder is missing,
// openAndLock tries again.
func (f *Folder) openAndLock() (err error) {
	for range 100 {
		if err = f.createDirs(); errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			return err
		}
		root, openErr := os.OpenRoot(f.abs)
		if openErr != nil {
			if err = f.cannot("open", ".", openErr); errors.Is(err, fs.ErrNotExist) {
				continue
			}
			return err
		}
		if err := f.checkPrivate(root); err != nil {
			root.Close()
			return err
		}
		taken, lockErr := lock.Exclusive(root)
		if lockErr != nil {
			root.Close()
			if errors.Is(lockErr, ErrBusy) {
				return fmt.Errorf("%s: %w", f.path, lockErr)
			}
			return fmt.Errorf("%w; if it is on a network disk without locks, choose a folder on a local disk",
				f.cannot("lock", ".", lockErr))
		}
		f.root, f.lock = root, taken
		if f.isAtPath() {
			return nil
		}
		root.Close()
		taken.Release(func() error { return nil })
		err = fmt.Errorf("%s: %w", f.path, ErrBusy)
	}
	return err
}

// isAtPath reports whether the folder that was opened is still the one at the path.
func (f *Folder) isAtPath() bool {
	opened, err1 := f.root.Stat(".")
	current, err2 := os.Stat(f.abs)
	return err1 == nil && err2 == nil && os.SameFile(opened, current)
}

// createDirs creates the folder and its parents if they don't exist, and adds them to f.created.
func (f *Folder) createDirs() error {
	var missing []string
	for dir := f.abs; ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err == nil && !info.IsDir() {
			return fmt.Errorf("cannot use %s: %s is not a folder; choose another folder", f.path, dir)
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
			f.created = append(f.created, dir)
		case errors.Is(err, fs.ErrExist):
			if info, err := os.Lstat(dir); err == nil && info.Mode()&fs.ModeSymlink != 0 {
				return fmt.Errorf("cannot use %s: %s is a broken symlink; create its target or remove it", f.path, dir)
			}
		default:
			var cause *fs.PathError
			if errors.As(err, &cause) && dir != f.abs {
				err = fmt.Errorf("%s: %w", dir, cause.Err)
			}
			return f.cannot("create", ".", err)
		}
	}
	return nil
}

// removeCreated removes the folders that Open created, innermost first, as long as they are empty.
func (f *Folder) removeCreated() error {
	for _, dir := range slices.Backward(f.created) {
		if info, err := os.Lstat(dir); err != nil || !info.IsDir() {
			return nil
		}
		if err := os.Remove(dir); errors.Is(err, fs.ErrExist) || errors.Is(err, fs.ErrNotExist) {
			return nil
		} else if err != nil {
			return fmt.Errorf("cannot remove the empty folder that this run created: %w", err)
		}
	}
	return nil
}
