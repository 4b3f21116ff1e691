package folder

import (
	"errors"
	"io"
	"io/fs"
	"os"
)

// disk is every operation that staging and placing do on the folder, each on slash paths inside it. Tests put one in
// between that fails.
type disk interface {
	Lstat(path string) (fs.FileInfo, error)
	ReadDir(path string) ([]fs.DirEntry, error)
	Open(path string) (io.ReadCloser, error) // a regular file that is no symlink
	Create(path string, perm fs.FileMode) (io.WriteCloser, error)
	Mkdir(path string, perm fs.FileMode) error
	Rename(from, to string) error
	Link(from, to string) error
	Remove(path string) error
	RemoveAll(path string) error
}

// rootDisk is the real one. The os.Root keeps every operation inside the folder, even where a symlink turns up in the
// middle of a run.
type rootDisk struct{ *os.Root }

func (d rootDisk) ReadDir(path string) ([]fs.DirEntry, error) {
	dir, err := d.Root.Open(path)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	return dir.ReadDir(-1)
}

func (d rootDisk) Open(path string) (io.ReadCloser, error) {
	expected, err := d.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !expected.Mode().IsRegular() { // to open a fifo would wait for a writer
		return nil, errors.New("it is no regular file")
	}
	file, err := d.Root.Open(path)
	if err != nil {
		return nil, err
	}
	if opened, err := file.Stat(); err != nil || !os.SameFile(expected, opened) {
		file.Close()
		return nil, errors.New("it changed while it was opened")
	}
	return file, nil
}

// Create makes a new file; one that is there already is an error.
func (d rootDisk) Create(path string, perm fs.FileMode) (io.WriteCloser, error) {
	return d.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
}
