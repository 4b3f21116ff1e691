package render

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/parallel"
	"gpufleet/render/report"
)

// memory is an output folder in memory.
type memory struct {
	mu    sync.Mutex
	order []string // in which the files were created
	files map[string]*memoryFile
}

type memoryFile struct {
	bytes.Buffer
	closed bool
}

func (f *memoryFile) Close() error { f.closed = true; return nil }

func (m *memory) create(path string) (io.WriteCloser, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.files[path] != nil {
		return nil, fmt.Errorf("%s is written twice", path)
	}
	if m.files == nil {
		m.files = map[string]*memoryFile{}
	}
	m.order = append(m.order, path)
	m.files[path] = &memoryFile{}
	return m.files[path], nil
}

// manyGroups returns a report with groups of several pages and names that make no good paths.
func manyGroups() *report.Report {
	var list []*fleet.Instance
	for i := range 1200 {
		list = append(list, &fleet.Instance{ID: fmt.Sprint(i), Region: []string{"CANADA-1", "Montreal", "//evil.example", ""}[i%4],
			GPU: []string{"H100", "../..", "javascript:alert(1)"}[i/4%3], GPUCount: fleet.Known(1.0), Status: "Running"})
	}
	for i := range 600 {
		list = append(list, &fleet.Instance{ID: fmt.Sprint("more-", i), Region: "CANADA-1", GPU: "H100", Status: "Running"})
	}
	return reportOf(list...)
}

func TestSiteIsTheSameTwice(t *testing.T) {
	var first, second memory
	if err := errors.Join(writeSite(manyGroups(), first.create), writeSite(manyGroups(), second.create)); err != nil {
		t.Fatal(err)
	}
	if len(first.files) != len(second.files) {
		t.Errorf("%d files, then %d", len(first.files), len(second.files))
	}
	for path, file := range first.files {
		if again := second.files[path]; again == nil || !bytes.Equal(file.Bytes(), again.Bytes()) {
			t.Errorf("%s differs", path)
		}
		if !file.closed {
			t.Errorf("%s stays open", path)
		}
	}
}

func writeSite(r *report.Report, create Create) error {
	return writeAll(siteOutputs(r, "<h1>a</h1>", "", nil), create)
}

// failing fails to create, write or close files of some paths.
type failing struct {
	memory
	how   string
	paths []string
}

// fault is how it fails. Which file it is about matters where there are several.
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

// TestErrors holds that whatever goes wrong with a file is the error, that of two files the first in the list is named, whoever
// fails first, and that few files are begun after it.
func TestErrors(t *testing.T) {
	r := reportOf(exampleInstance(t))
	var whole memory
	if err := writeSite(r, whole.create); err != nil {
		t.Fatal(err)
	}
	var paths []string
	for o := range siteOutputs(r, "", "", nil) {
		if !o.last {
			paths = append(paths, o.path)
		}
	}
	paths = append(paths, report.OverviewPath)
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
				t.Errorf("%s of %s fails, yet %d files follow", how, path, len(f.order)-i)
			}
			for _, file := range f.files {
				if !file.closed {
					t.Errorf("%s of %s fails, and a file stays open", how, path)
				}
			}
		}
	}
}

// TestGivenUp has a file fail while one behind it in the list is being written: that one is stopped. One before it is written to
// its end.
func TestGivenUp(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(3))
	var folder memory
	begun, failed := make(chan bool), make(chan bool)
	err := writeAll(slices.Values([]output{
		{path: "before", write: func(w io.Writer) error {
			<-failed
			_, err := io.WriteString(w, "whole")
			return err
		}},
		{path: "fails", write: func(io.Writer) error { <-begun; return fault("fails") }},
		{path: "behind", write: func(w io.Writer) error {
			begun <- true
			for {
				if _, err := io.WriteString(w, "x"); err != nil {
					close(failed)
					return err
				}
			}
		}},
	}), folder.create)
	if !errors.Is(err, fault("fails")) || errors.Is(err, errGivenUp) {
		t.Error(err)
	}
	if text := folder.files["before"].String(); text != "whole" {
		t.Errorf("the file before it holds %q", text)
	}
}

// TestPanicsReachTheCaller has a writer panic on a goroutine of its own.
func TestPanicsReachTheCaller(t *testing.T) {
	defer func() {
		caught, ok := recover().(*parallel.Panic)
		if !ok || caught.Cause != "oops" || !strings.Contains(string(caught.Stack), "TestPanicsReachTheCaller") {
			t.Errorf("caught %v", caught)
		}
	}()
	var folder memory
	err := writeAll(slices.Values([]output{{path: "a", write: func(io.Writer) error { panic("oops") }}}), folder.create)
	t.Errorf("it returned %v", err)
}
