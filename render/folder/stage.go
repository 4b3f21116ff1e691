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

// Stage has the new files of a run until they are moved into place. In the stage their names are numbers.
type Stage struct {
	folder *Folder
	ctx    context.Context
	dir    string

	mu      sync.Mutex
	files   map[string]*stagedFile // by path in lower case, because some file systems ignore case
	folders map[string]bool        // the parents of the files, in lower case
	names   int                    // used so far
}

// stagedFile is one file of a run. Its size and hash are set when it is closed.
type stagedFile struct {
	manifest.File
	stored    string      // its path in the stage, "" if it is unchanged
	unchanged fs.FileInfo // the file in place, if it has the same content; else nil
	closed    bool
	number    int  // of files created before
	replaces  bool // set by the plan: another file is replaced
}

// Create creates a file that Place will move to path, a slash path inside the folder. Files may be written
// concurrently.
//
// The name must consist of ASCII letters, digits, dots, hyphens and underscores. Create refuses paths that are
// absolute, unclean, hidden (except .nojekyll) or outside the folder, and manifest.json. In an archive, names may have
// equals signs. Create also refuses a path that
// was created before, or that is a file and a folder at once. Case is ignored in both checks.
//
// The content is first compared with the file in place. If they are the same to the end, nothing is written. The
// writer is buffered. Write fails with the context's cause once the context is done. A file must be closed without an
// error to be placed.
func (s *Stage) Create(path string) (io.WriteCloser, error) {
	if !s.folder.allows(path) {
		return nil, fmt.Errorf("%q is not a valid name for a file in the output folder", path)
	}
	file, err := s.add(path)
	if err != nil {
		return nil, err
	}
	w := &writer{stage: s, file: file, hash: sha256.New()}
	if w.existing, err = s.folder.openExisting(path); err == nil && w.existing == nil {
		err = w.create()
	}
	if err != nil {
		return nil, err
	}
	return w, nil
}

func (f *Folder) allows(path string) bool {
	if f.adds {
		path = strings.ReplaceAll(path, "=", "-")
	}
	return manifest.Allowed(path)
}

func (s *Stage) add(path string) (*stagedFile, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	lower := strings.ToLower(path)
	if s.files[lower] != nil {
		return nil, fmt.Errorf("%q is written twice", path)
	}
	conflict := s.folders[lower]
	for _, dir := range parents(lower) {
		conflict = conflict || s.files[dir] != nil
	}
	if conflict {
		return nil, fmt.Errorf("%q is both a file and a folder", path)
	}
	for _, dir := range parents(lower) {
		s.folders[dir] = true
	}
	file := &stagedFile{File: manifest.File{Path: path}, number: len(s.files)}
	s.files[lower] = file
	return file, nil
}

// newPath returns an unused path in the stage. The caller must hold the mutex while files are written.
func (s *Stage) newPath() string {
	s.names++
	return s.dir + "/" + strconv.Itoa(s.names)
}

// all returns the files in the order of their paths. It fails if one is not closed.
func (s *Stage) all() ([]*stagedFile, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	files := make([]*stagedFile, 0, len(s.files))
	for _, file := range s.files {
		if !file.closed {
			return nil, fmt.Errorf("%s is not closed, or writing it failed", s.folder.display(file.Path))
		}
		files = append(files, file)
	}
	slices.SortFunc(files, func(a, b *stagedFile) int { return strings.Compare(a.Path, b.Path) })
	return files, nil
}

// writer writes one staged file. After an error it always returns that error.
type writer struct {
	stage    *Stage
	file     *stagedFile
	existing *existingFile // nil if there is none, or after the first difference
	out      io.WriteCloser
	buffer   *bufio.Writer // writes to out
	hash     hash.Hash
	size     int64
	err      error
	closed   bool
}

// create creates the file in the stage.
func (w *writer) create() error {
	s := w.stage
	s.mu.Lock()
	w.file.stored = s.newPath()
	s.mu.Unlock()
	out, err := s.folder.disk.Create(w.file.stored, s.folder.filePerm())
	if err != nil {
		return s.folder.cannot("write", w.file.Path, err)
	}
	w.out, w.buffer = out, bufio.NewWriterSize(out, 32<<10)
	return nil
}

// startStaging creates the file after the first difference, and copies the content so far from the existing file.
func (w *writer) startStaging() error {
	w.existing.file.Close() // it was only read
	w.existing = nil
	err := w.create()
	if err == nil && w.size > 0 {
		err = w.stage.folder.copyStart(w.buffer, w.file.Path, w.size, w.hash.Sum(nil))
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
	if w.err == nil && w.existing != nil && !w.existing.continuesWith(p) {
		w.err = w.startStaging()
	}
	if w.err != nil {
		return 0, w.err
	}
	n := len(p)
	if w.existing == nil {
		var err error
		if n, err = w.buffer.Write(p); err != nil {
			w.err = w.stage.folder.cannot("write", w.file.Path, err)
		}
	}
	w.hash.Write(p[:n])
	w.size += int64(n)
	return n, w.err
}

// Close returns the first error of all writes.
func (w *writer) Close() error {
	if w.closed {
		return os.ErrClosed
	}
	w.closed = true
	if w.err == nil && w.existing != nil && !w.existing.atEnd() {
		w.err = w.startStaging()
	}
	if w.err == nil && w.out != nil {
		if err := w.buffer.Flush(); err != nil {
			w.err = w.stage.folder.cannot("write", w.file.Path, err)
		}
	}
	if w.existing != nil {
		w.existing.file.Close() // it was only read
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
	if w.existing != nil {
		w.file.unchanged = w.existing.info
	}
	return nil
}

// store writes data into a new file in the stage and returns its path.
func (s *Stage) store(data io.Reader, perm os.FileMode) (string, error) {
	path := s.newPath()
	w, err := s.folder.disk.Create(path, perm)
	if err != nil {
		return "", err
	}
	_, err = io.Copy(w, data)
	return path, errors.Join(err, w.Close())
}
