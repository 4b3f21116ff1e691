package folder

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
	info fs.FileInfo // when it was opened
	file io.Closer
	rest *bufio.Reader
}

// openTwin opens the file at path for comparison. It returns nil where there is none, it is no regular file, others
// may read it who must not, or it can't be read, since then it can be replaced all the same.
func (f *Folder) openTwin(path string) (*twin, error) {
	at, info, err := f.find(path)
	if err != nil || info == nil || at != path || !info.Mode().IsRegular() || !f.mayStay(info) {
		return nil, err
	}
	file, err := f.disk.Open(path)
	if err != nil {
		return nil, nil
	}
	return &twin{info, file, bufio.NewReaderSize(file, 32<<10)}, nil
}

// goesOnWith reports whether p comes next in the file, and reads past it. What can't be read is not p. After false
// the twin is of no more use.
func (t *twin) goesOnWith(p []byte) bool {
	for len(p) > 0 {
		next, _ := t.rest.Peek(min(len(p), t.rest.Size()))
		if len(next) == 0 || !bytes.HasPrefix(p, next) {
			return false
		}
		t.rest.Discard(len(next))
		p = p[len(next):]
	}
	return true
}

// atEnd reports whether nothing follows in the file.
func (t *twin) atEnd() bool {
	_, err := t.rest.Peek(1)
	return err == io.EOF
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
