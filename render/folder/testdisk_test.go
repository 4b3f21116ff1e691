package folder

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"
)

const errNoSpace = syscall.ENOSPC

var errKilled = errors.New("killed")

// testDisk calls before ahead of every operation, even of each read and write of a file. If before fails, the
// operation fails; a write has then written half.
type testDisk struct {
	disk
	before func(op string) error
}

func (d *testDisk) Lstat(path string) (fs.FileInfo, error) {
	if err := d.before("lstat " + path); err != nil {
		return nil, &fs.PathError{Op: "lstat", Path: path, Err: err}
	}
	return d.disk.Lstat(path)
}

func (d *testDisk) ReadDir(path string) ([]fs.DirEntry, error) {
	if err := d.before("readdir " + path); err != nil {
		return nil, err
	}
	return d.disk.ReadDir(path)
}

func (d *testDisk) Open(path string) (io.ReadCloser, error) {
	if err := d.before("open " + path); err != nil {
		return nil, err
	}
	r, err := d.disk.Open(path)
	return testFile{r: r, d: d, path: path}, err
}

func (d *testDisk) Create(path string, perm fs.FileMode) (io.WriteCloser, error) {
	if err := d.before("create " + path); err != nil {
		return nil, err
	}
	w, err := d.disk.Create(path, perm)
	return testFile{w: w, d: d, path: path}, err
}

func (d *testDisk) Mkdir(path string, perm fs.FileMode) error {
	if err := d.before("mkdir " + path); err != nil {
		return err
	}
	return d.disk.Mkdir(path, perm)
}

func (d *testDisk) Rename(from, to string) error {
	if err := d.before("rename " + from + " " + to); err != nil {
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: err}
	}
	return d.disk.Rename(from, to)
}

func (d *testDisk) Link(from, to string) error {
	if err := d.before("link " + from + " " + to); err != nil {
		return err
	}
	return d.disk.Link(from, to)
}

func (d *testDisk) Chgrp(path string, group int) error {
	if err := d.before("chgrp " + path); err != nil {
		return err
	}
	return d.disk.Chgrp(path, group)
}

func (d *testDisk) Chmod(path string, perm fs.FileMode) error {
	if err := d.before("chmod " + path); err != nil {
		return err
	}
	return d.disk.Chmod(path, perm)
}

func (d *testDisk) Remove(path string) error {
	if err := d.before("remove " + path); err != nil {
		return err
	}
	return d.disk.Remove(path)
}

func (d *testDisk) RemoveAll(path string) error {
	if err := d.before("removeall " + path); err != nil {
		return err
	}
	return d.disk.RemoveAll(path)
}

type testFile struct {
	r    io.ReadCloser
	w    io.WriteCloser
	d    *testDisk
	path string
}

func (f testFile) Read(p []byte) (int, error) {
	if err := f.d.before("read " + f.path); err != nil {
		return 0, err
	}
	return f.r.Read(p)
}

func (f testFile) Write(p []byte) (int, error) {
	if err := f.d.before("write " + f.path); err != nil {
		n, _ := f.w.Write(p[:len(p)/2])
		return n, err
	}
	return f.w.Write(p)
}

func (f testFile) Close() error {
	if f.r != nil {
		return f.r.Close()
	}
	err := f.d.before("close " + f.path)
	return errors.Join(err, f.w.Close())
}

// fault makes operation n fail, and all later ones if it is a kill. It only counts reading operations if reads is set:
// a kill during a read has the same effect as one at the next change.
type fault struct {
	n     int
	err   error
	reads bool
	kill  bool
	seen  int
	hit   string // the operation that failed first
}

func (x *fault) wrap(inner disk) disk {
	return &testDisk{inner, func(op string) error {
		word, _, _ := strings.Cut(op, " ")
		if x.hit != "" && x.kill {
			return x.err
		}
		if !x.reads && slices.Contains([]string{"lstat", "readdir", "open", "read"}, word) {
			return nil
		}
		if x.seen++; x.seen != x.n {
			return nil
		}
		x.hit = op
		return x.err
	}}
}

// noLinks is a file system without hard links.
func noLinks(inner disk) disk {
	return &testDisk{inner, func(op string) error {
		if strings.HasPrefix(op, "link") {
			return syscall.EPERM
		}
		return nil
	}}
}
