package render

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/manifest"
	"gpufleet/render/report"
)

// memory is an output folder in memory.
type memory struct {
	mu    sync.Mutex
	order []string // paths in the order of creation
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

// manyGroups returns a report with groups of several pages, and with names that can't be paths.
func manyGroups() *report.Report {
	var list []*fleet.Instance
	for i := range 1200 {
		list = append(list, &fleet.Instance{ID: fmt.Sprint(i),
			Region: []string{"CANADA-1", "Montreal", "//evil.example", ""}[i%4],
			GPU:    []string{"H100", "../..", "javascript:alert(1)"}[i/4%3], GPUCount: fleet.Known(1.0),
			Status: "Running"})
	}
	for i := range 600 {
		list = append(list, &fleet.Instance{ID: fmt.Sprint("more-", i), Region: "CANADA-1", GPU: "H100",
			Status: "Running"})
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
	outputs, overview := siteOutputs(r, "<h1>a</h1>", "", nil)
	if err := writeAll(outputs, create); err != nil {
		return err
	}
	return writeAll([]output{overview}, create)
}

// TestManifestHoldsTwoRuns checks that the largest manifest, which lists the files of two runs with nothing in common,
// can be written and read. A list of 4 million instances has some 16,000 further pages.
func TestManifestHoldsTwoRuns(t *testing.T) {
	t.Parallel()
	m := manifest.Manifest{Schema: manifest.Schema}
	const longest = 100 + 2*80 // two slugs
	for i := range 2 * (3*report.MaxPages + 20_000) {
		m.Files = append(m.Files, manifest.FileOf(fmt.Sprintf("%0*d", longest, i), nil))
	}
	data, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := manifest.Read(bytes.NewReader(data)); err != nil {
		t.Error(err)
	}
}
