package folder

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"

	"gpufleet/fetch/manifest"
)

// Stage holds the files of a run that are not placed yet, under numbers: so their names matter only where they are
// placed.
type Stage struct {
	folder *Folder
	ctx    context.Context
	dir    string

	mu      sync.Mutex
	files   map[string]*staged // by path in lower case, since some file systems see no difference
	folders map[string]bool    // those that the files are in, in lower case
	names   int                // given out so far
}

// staged is one file. Its size and hash are known once it is closed.
type staged struct {
	manifest.File
	stored   string      // where it is until it is placed; "" where it was not written, since it is in place
	inPlace  fs.FileInfo // of the file that is the same, where it was not written
	closed   bool
	replaces bool // another file, says the plan
}

// Create makes a file that Place will put at path, a slash path inside the folder. Any number of files may be written
// at once. It refuses a path that is absolute, unclean, hidden (.nojekyll aside) or leads outside, names of other
// than ASCII letters, digits, dot, hyphen and underscore, manifest.json, and a path that was created before or is a
// folder of one that was; upper and lower case are the same here.
//
// What is written is first compared with the file at path. While both are the same nothing is written, and a file
// that is the same to its end is never written. The writer is buffered. Write fails with the context's cause once the
// context is done. Only a file that was closed without an error is placed.
func (s *Stage) Create(path string) (io.WriteCloser, error) {
	if !manifest.Allowed(path) {
		return nil, fmt.Errorf("%q is no name for a file in the output folder", path)
	}
	file, err := s.add(path)
	if err != nil {
		return nil, err
	}
	w := &writer{stage: s, file: file, hash: sha256.New()}
	if w.same, err = s.folder.openTwin(path); err == nil && w.same == nil {
		err = w.create()
	}
	if err != nil {
		return nil, err
	}
	return w, nil
}

func (s *Stage) add(path string) (*staged, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	lower := strings.ToLower(path)
	if s.files[lower] != nil {
		return nil, fmt.Errorf("%q is written twice", path)
	}
	clash := s.folders[lower]
	for _, dir := range parents(lower) {
		clash = clash || s.files[dir] != nil
	}
	if clash {
		return nil, fmt.Errorf("%q is both a file and a folder", path)
	}
	for _, dir := range parents(lower) {
		s.folders[dir] = true
	}
	file := &staged{File: manifest.File{Path: path}}
	s.files[lower] = file
	return file, nil
}

// name returns a new name in the stage. The caller holds the lock, or is the only one left.
func (s *Stage) name() string {
	s.names++
	return s.dir + "/" + strconv.Itoa(s.names)
}

// all returns the files by path, or an error where one is unfinished.
func (s *Stage) all() ([]*staged, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	files := make([]*staged, 0, len(s.files))
	for _, file := range s.files {
		if !file.closed {
			return nil, fmt.Errorf("%s is unfinished: nothing is placed", s.folder.shown(file.Path))
		}
		files = append(files, file)
	}
	slices.SortFunc(files, func(a, b *staged) int { return strings.Compare(a.Path, b.Path) })
	return files, nil
}

// writer writes one staged file. Its first error is its answer from then on.
type writer struct {
	stage  *Stage
	file   *staged
	same   *twin // nil once there is a difference, or from the beginning
	out    io.WriteCloser
	buffer *bufio.Writer // to out
	hash   hash.Hash
	size   int64
	err    error
	closed bool
}

// create makes the file in the stage.
func (w *writer) create() error {
	s := w.stage
	s.mu.Lock()
	w.file.stored = s.name()
	s.mu.Unlock()
	out, err := s.folder.disk.Create(w.file.stored, s.folder.filePerm())
	if err != nil {
		return s.folder.cannot("write", w.file.Path, err)
	}
	w.out, w.buffer = out, bufio.NewWriterSize(out, 32<<10)
	return nil
}

// diverge begins the staged file once there is a difference, with what was the same until then.
func (w *writer) diverge() error {
	w.same.file.Close() // it was only read
	w.same = nil
	err := w.create()
	if err == nil && w.size > 0 {
		err = w.stage.folder.copyTwin(w.buffer, w.file.Path, w.size, w.hash.Sum(nil))
	}
	return err
}

func (w *writer) Write(p []byte) (int, error) {
	if w.closed {
		return 0, os.ErrClosed
	}
	if w.err == nil {
		w.err = context.Cause(w.stage.ctx)
	}
	if w.err == nil && w.same != nil && !w.same.goesOnWith(p) {
		w.err = w.diverge()
	}
	if w.err != nil {
		return 0, w.err
	}
	n := len(p)
	if w.same == nil {
		var err error
		if n, err = w.buffer.Write(p); err != nil {
			w.err = w.stage.folder.cannot("write", w.file.Path, err)
		}
	}
	w.hash.Write(p[:n])
	w.size += int64(n)
	return n, w.err
}

// Close reports any error of the writing, also one that Write returned before.
func (w *writer) Close() error {
	if w.closed {
		return os.ErrClosed
	}
	w.closed = true
	if w.err == nil && w.same != nil && !w.same.atEnd() {
		w.err = w.diverge()
	}
	if w.err == nil && w.out != nil {
		if err := w.buffer.Flush(); err != nil {
			w.err = w.stage.folder.cannot("write", w.file.Path, err)
		}
	}
	if w.same != nil {
		w.same.file.Close() // it was only read
	}
	if w.out != nil {
		if err := w.out.Close(); err != nil && w.err == nil {
			w.err = w.stage.folder.cannot("write", w.file.Path, err)
		}
	}
	if w.err != nil {
		return w.err
	}
	w.stage.mu.Lock()
	defer w.stage.mu.Unlock()
	w.file.Size, w.file.SHA256, w.file.closed = w.size, hex.EncodeToString(w.hash.Sum(nil)), true
	if w.same != nil {
		w.file.inPlace = w.same.info
	}
	return nil
}

// store writes a file of placing's own into the stage and returns its name there.
func (s *Stage) store(data io.Reader, perm os.FileMode) (string, error) {
	name := s.name()
	w, err := s.folder.disk.Create(name, perm)
	if err != nil {
		return "", err
	}
	_, err = io.Copy(w, data)
	return name, errors.Join(err, w.Close())
}
