package render

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"

	"gpufleet/fetch/parallel"
	"gpufleet/render/report/reporttest"
)

// stickyFile fails with the same error in Write and Close.
type stickyFile struct{ err error }

func (f stickyFile) Write([]byte) (int, error) { return 0, f.err }
func (f stickyFile) Close() error              { return f.err }

// An error that Write and Close both return is reported once. An error of Close alone isn't lost.
func TestWriteFileReportsErrorsOnce(t *testing.T) {
	full, other := errors.New("full"), errors.New("other")
	create := func(string) (io.WriteCloser, error) { return stickyFile{full}, nil }
	for want, write := range map[string]func(io.Writer) error{
		"csv: full":   func(w io.Writer) error { _, err := w.Write(nil); return fmt.Errorf("csv: %w", err) },
		"other\nfull": func(io.Writer) error { return other },
		"full":        func(io.Writer) error { return nil },
	} {
		if err := (output{"x", write}).writeFile(create); err == nil || err.Error() != want {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// failing fails to create, write or close files with certain paths.
type failing struct {
	memory
	how   string
	paths []string
}

// fault is the error about a file, which it names.
type fault string

func (f fault) Error() string { return "cannot write " + string(f) }

func (f *failing) open(path string) (io.WriteCloser, error) {
	fails := slices.Contains(f.paths, path)
	if fails && f.how == "create" {
		return nil, fault(path)
	}
	file, err := f.memory.create(path)
	if fails {
		file = &failingFile{file, path, f.how}
	}
	return file, err
}

type failingFile struct {
	io.WriteCloser
	path, how string
}

func (f *failingFile) Write(p []byte) (int, error) {
	if f.how == "write" {
		return 0, fault(f.path)
	}
	return f.WriteCloser.Write(p)
}

func (f *failingFile) Close() error {
	if err := f.WriteCloser.Close(); err != nil || f.how != "close" {
		return err
	}
	return fault(f.path)
}

// TestErrors checks that every failure of a file is reported. If several files fail, the error is about the first one
// in the list. After a failure few files are started.
func TestErrors(t *testing.T) {
	r := reportOf(reporttest.Example(t))
	var whole memory
	if err := writeSite(r, whole.create); err != nil {
		t.Fatal(err)
	}
	var paths []string
	outputs, overview := siteOutputs(r, "", "", nil)
	for _, o := range append(outputs, overview) {
		paths = append(paths, o.path)
	}
	for i, path := range paths {
		for _, how := range []string{"create", "write", "close"} {
			if how == "write" && whole.files[path].Len() == 0 {
				continue
			}
			f := &failing{how: how, paths: paths[i:]}
			if err := writeSite(r, f.open); !errors.Is(err, fault(path)) {
				t.Errorf("%s of %s fails: error %v", how, path, err)
			}
			if len(f.order) > i+2*runtime.GOMAXPROCS(0) {
				t.Errorf("%s of %s fails, but %d more files are started", how, path, len(f.order)-i)
			}
			for _, file := range f.files {
				if !file.closed {
					t.Errorf("%s of %s fails, and a file stays open", how, path)
				}
			}
		}
	}
}

// TestFirstFailure makes the second of three files fail while the first one is being written. Then the first one fails
// too. The first file is written to its end and its error counts. The third one is not started.
func TestFirstFailure(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	var folder memory
	secondFails := make(chan bool)
	err := writeAll([]output{
		{"first", func(w io.Writer) error {
			<-secondFails
			_, err := io.WriteString(w, "whole")
			return errors.Join(err, fault("first"))
		}},
		{"second", func(io.Writer) error { close(secondFails); return fault("second") }},
		{"third", func(io.Writer) error { return nil }},
	}, folder.create)
	if !errors.Is(err, fault("first")) || errors.Is(err, fault("second")) {
		t.Error(err)
	}
	if first := folder.files["first"]; first.String() != "whole" || !first.closed {
		t.Errorf("the first file contains %q, closed: %v", first, first.closed)
	}
	if folder.files["third"] != nil {
		t.Error("the third file was begun")
	}
}

// TestPanicsReachTheCaller makes a writer panic on a goroutine of its own.
func TestPanicsReachTheCaller(t *testing.T) {
	defer func() {
		caught, ok := recover().(*parallel.Panic)
		if !ok || caught.Cause != "oops" || !strings.Contains(string(caught.Stack), "TestPanicsReachTheCaller") {
			t.Errorf("caught %v", caught)
		}
	}()
	var folder memory
	err := writeAll([]output{{"a", func(io.Writer) error { panic("oops") }}}, folder.create)
	t.Errorf("it returned %v", err)
}
