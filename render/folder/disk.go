package folder

import (
	"errors"
	"io"
	"io/fs"
	"os"
)

// disk has the operations on the folder, with slash paths inside it. Tests replace it to make operations fail.
type disk interface {
	Lstat(path string) (fs.FileInfo, error)
	ReadDir(path string) ([]fs.DirEntry, error)
	Open(path string) (io.ReadCloser, error) // only regular files, and no symlinks
	Create(path string, perm fs.FileMode) (io.WriteCloser, error)
	Mkdir(path string, perm fs.FileMode) error
	Rename(from, to string) error
	Link(from, to string) error
	Chgrp(path string, group int) error
	Chmod(path string, perm fs.FileMode) error
	Remove(path string) error
	RemoveAll(path string) error
}

// rootDisk is the real disk. The os.Root keeps every operation inside the folder, even if a symlink appears during a
// run.
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
	if !expected.Mode().IsRegular() { // opening a FIFO would block
		return nil, errors.New("not a regular file")
	}
	file, err := d.Root.Open(path)
	if err != nil {
		return nil, err
	}
	if opened, err := file.Stat(); err != nil || !os.SameFile(expected, opened) {
		file.Close()
		return nil, errors.New("it was replaced while it was opened")
	}
	return file, nil
}

// Chgrp gives a file another group. Only root may choose one that it isn't in.
func (d rootDisk) Chgrp(path string, group int) error { return d.Lchown(path, -1, group) }

// Create creates a file. It fails if the file exists.
func (d rootDisk) Create(path string, perm fs.FileMode) (io.WriteCloser, error) {
	return d.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
}
