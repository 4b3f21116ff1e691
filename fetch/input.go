package fetch

import (
	"bufio"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"

	"gpufleet/fetch/fleet"
)

// Stdin is the path that means standard input.
const Stdin = "-"

// Saved reads saved replies, which are the pages of one list in order. The rules are the same as for replies of the
// API. The error is a *Error with BadInput if a path can't be read, else as that of Client.Instances. It is the
// context's cause if the context ended the reading.
func Saved(ctx context.Context, paths []string, stdin io.Reader) (*fleet.Fleet, error) {
	return savedOf(ctx, "", paths, stdin)
}

// savedOf is Saved for the list of an account.
func savedOf(ctx context.Context, account string, paths []string, stdin io.Reader) (*fleet.Fleet, error) {
	list, decoder := newCollected(), newDecoder(account)
	for _, path := range paths {
		if err := addFile(ctx, list, decoder, path, stdin); err != nil {
			return nil, err
		}
	}
	return list.fleet()
}

func addFile(ctx context.Context, list *collected, decoder *decoder, path string, stdin io.Reader) error {
	if path == Stdin {
		return addReply(list, decoder, &contextReader{ctx: ctx, source: stdin}, "standard input")
	}
	file, err := openFile(ctx, path)
	if err != nil {
		return inputError(path, err)
	}
	defer file.Close()
	return addReply(list, decoder, &contextReader{ctx: ctx, source: file}, path)
}

// openFile opens a file for reading. Opening a pipe waits until someone writes to it, so the wait ends with the
// context.
func openFile(ctx context.Context, path string) (*os.File, error) {
	type opened struct {
		file *os.File
		err  error
	}
	done := make(chan opened, 1)
	go func() {
		file, err := os.Open(path)
		done <- opened{file, err}
	}()
	select {
	case o := <-done:
		return o.file, o.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// inputError turns an error of the file system into a message for people. It returns any other error, such as the
// context's cause, unchanged.
func inputError(path string, err error) error {
	var cause *fs.PathError
	if !errors.As(err, &cause) {
		return err
	}
	return errorf(BadInput, "saved reply %s: %v; check --input", path, cause.Err)
}

func addReply(list *collected, decoder *decoder, reply io.Reader, name string) error {
	text := bufio.NewReader(reply)
	if firstByte(text) == '<' {
		return errorf(BadAPI, "%s: it is a web page, not a reply of the API; save the reply again", name)
	}
	p, err := decoder.decodePage(text, list.pages+1)
	var known *Error
	switch {
	case err == nil:
		return list.add(p)
	case errors.As(err, &known):
		return errorf(known.Kind, "%s: %s", name, known.What)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errorf(BadAPI, "%s: the reply is incomplete: it ends in the middle; save it again", name)
	}
	return inputError(name, err)
}

// contextReader reads from a source that may block, and stops waiting when the context ends. A blocked read is then
// abandoned, since the program is about to end.
type contextReader struct {
	ctx    context.Context
	source io.Reader
	chunk  []byte
	ready  chan readResult
	rest   []byte
}

type readResult struct {
	n   int
	err error
}

func (r *contextReader) Read(p []byte) (int, error) {
	if r.ready == nil {
		r.ready = make(chan readResult, 1)
		r.chunk = make([]byte, 256<<10)
	}
	if len(r.rest) == 0 {
		go func() {
			n, err := r.source.Read(r.chunk)
			r.ready <- readResult{n, err}
		}()
		select {
		case result := <-r.ready:
			if result.n == 0 {
				return 0, result.err
			}
			r.rest = r.chunk[:result.n] // the next Read returns the error again
		case <-r.ctx.Done():
			return 0, context.Cause(r.ctx)
		}
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}
