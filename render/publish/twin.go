package publish

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
)

// twin is the file at the path of one that is being written, as long as both are the same.
type twin struct {
	folder *Folder
	path   string
	info   fs.FileInfo // when it was opened
	file   io.ReadCloser
	rest   *bufio.Reader
}

// openTwin opens the file at path for comparison. It returns nil where there is none, it is no regular file, or others may read it who must
// not.
func (f *Folder) openTwin(path string) (*twin, error) {
	at, info, err := f.find(path)
	if err != nil || info == nil || at != path || !info.Mode().IsRegular() || !f.mayStay(info) {
		return nil, err
	}
	file, err := f.disk.Open(path)
	if err != nil {
		return nil, f.cannot("read", path, err)
	}
	return &twin{f, path, info, file, bufio.NewReaderSize(file, 32<<10)}, nil
}

// goesOnWith reports whether p comes next in the file, and reads past it. After false the twin is of no more use.
func (t *twin) goesOnWith(p []byte) (bool, error) {
	for len(p) > 0 {
		next, err := t.rest.Peek(min(len(p), t.rest.Size()))
		if err != nil && err != io.EOF {
			return false, t.folder.cannot("read", t.path, err)
		}
		if len(next) == 0 || !bytes.HasPrefix(p, next) {
			return false, nil
		}
		t.rest.Discard(len(next))
		p = p[len(next):]
	}
	return true, nil
}

// atEnd reports whether nothing follows in the file.
func (t *twin) atEnd() (bool, error) {
	_, err := t.rest.Peek(1)
	if err != nil && err != io.EOF {
		return false, t.folder.cannot("read", t.path, err)
	}
	return err == io.EOF, nil
}

func (t *twin) Close() error {
	if err := t.file.Close(); err != nil {
		return t.folder.cannot("read", t.path, err)
	}
	return nil
}

var errChanged = errors.New("it was changed while this run compared it: run again")

// copyTwin copies the first bytes of the file at path, which have that SHA-256.
func (f *Folder) copyTwin(to io.Writer, path string, size int64, sum []byte) error {
	r, err := f.disk.Open(path)
	if err != nil {
		return f.cannot("read", path, err)
	}
	defer r.Close()
	hash := sha256.New()
	_, err = io.CopyN(io.MultiWriter(to, hash), r, size)
	if err == io.EOF || err == nil && !bytes.Equal(hash.Sum(nil), sum) {
		err = errChanged
	}
	if err != nil {
		return f.cannot("copy", path, err)
	}
	return nil
}
