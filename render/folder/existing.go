package folder

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
)

// existingFile is the file that a new file would replace, while both have the same content so far.
type existingFile struct {
	info fs.FileInfo // from before it was opened
	file io.Closer
	rest *bufio.Reader
}

// openExisting opens the file at path for comparison. It returns nil if the file must be written anyway: there is
// none, it isn't a regular file, its permissions are too wide, or it can't be read.
func (f *Folder) openExisting(path string) (*existingFile, error) {
	at, info, err := f.find(path)
	if err != nil || info == nil || at != path || !info.Mode().IsRegular() || !f.isPrivateEnough(info) {
		return nil, err
	}
	file, err := f.disk.Open(path)
	if err != nil {
		return nil, nil
	}
	return &existingFile{info, file, bufio.NewReaderSize(file, 32<<10)}, nil
}

// continuesWith reports whether p comes next in the file, and skips it. A read error counts as a difference. After
// false the file must not be read any more.
func (e *existingFile) continuesWith(p []byte) bool {
	for len(p) > 0 {
		next, _ := e.rest.Peek(min(len(p), e.rest.Size()))
		if len(next) == 0 || !bytes.HasPrefix(p, next) {
			return false
		}
		e.rest.Discard(len(next))
		p = p[len(next):]
	}
	return true
}

// atEnd reports whether the file has no more bytes.
func (e *existingFile) atEnd() bool {
	_, err := e.rest.Peek(1)
	return err == io.EOF
}

var errChanged = errors.New("it was changed during this run; run again")

// copyStart copies the first size bytes of the file at path. It fails unless they have that SHA-256.
func (f *Folder) copyStart(to io.Writer, path string, size int64, sum []byte) error {
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
