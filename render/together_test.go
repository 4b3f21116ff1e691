package render

import (
	"errors"
	"fmt"
	"io"
	"testing"
)

// stickyFile fails to take anything, and says so again when it is closed.
type stickyFile struct{ err error }

func (f stickyFile) Write([]byte) (int, error) { return 0, f.err }
func (f stickyFile) Close() error              { return f.err }

// A file that can't be written is told once, and what closing alone finds is not lost.
func TestWriteFileTellsOnce(t *testing.T) {
	full, other := errors.New("full"), errors.New("other")
	create := func(string) (io.WriteCloser, error) { return stickyFile{full}, nil }
	for want, write := range map[string]func(io.Writer) error{
		"csv: full":   func(w io.Writer) error { _, err := w.Write(nil); return fmt.Errorf("csv: %w", err) },
		"other\nfull": func(io.Writer) error { return other },
		"full":        func(io.Writer) error { return nil },
	} {
		if err := writeFile(create, "x", write); err == nil || err.Error() != want {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
