package render

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"gpufleet/fetch/fleet"
	"gpufleet/render/report"
)

// memory is an output folder in memory.
type memory struct {
	order []string
	files map[string]*memoryFile
}

type memoryFile struct {
	bytes.Buffer
	closed bool
}

func (f *memoryFile) Close() error { f.closed = true; return nil }

func (m *memory) create(path string) (io.WriteCloser, error) {
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

// TestLinksResolve follows every address of every page, to files that other writers make too, and to anchors.
func TestLinksResolve(t *testing.T) {
	for name, r := range map[string]*report.Report{"full": manyGroups(), "empty": reportOf(), "later": laterReport(t, manyGroups().Instances, nil)} {
		var folder memory
		if err := Write(r, folder.create); err != nil {
			t.Fatal(err)
		}
		anchors := map[string]map[string]bool{}
		links := map[string][]string{}
		for _, file := range folder.order {
			if path.Ext(file) != ".html" {
				continue
			}
			tree, err := html.Parse(bytes.NewReader(folder.files[file].Bytes()))
			if err != nil {
				t.Fatal(err)
			}
			anchors[file] = map[string]bool{"": true}
			for n := range tree.Descendants() {
				for _, a := range n.Attr {
					switch a.Key {
					case "id":
						anchors[file][a.Val] = true
					case "href", "src":
						links[file] = append(links[file], a.Val)
					}
				}
			}
		}
		reached := map[string]bool{"index.html": true, "404.html": true, ".nojekyll": true}
		for file, addresses := range links {
			for _, address := range addresses {
				to, anchor, _ := strings.Cut(address, "#")
				target := file
				if to != "" {
					target = path.Join(path.Dir(file), to)
				}
				reached[target] = true
				switch {
				case strings.Contains(address, ":") || strings.HasPrefix(address, "/"):
					t.Errorf("%s: %s links to %s, which is not relative", name, file, address)
				case folder.files[target] == nil:
					t.Errorf("%s: %s links to %s, which is not written", name, file, address)
				case path.Ext(target) == ".html" && !anchors[target][anchor]:
					t.Errorf("%s: %s links to %s, an anchor that is not there", name, file, address)
				}
			}
		}
		for _, file := range folder.order {
			if !reached[file] {
				t.Errorf("%s: no page leads to %s", name, file)
			}
			if !folder.files[file].closed {
				t.Errorf("%s: %s stays open", name, file)
			}
		}
	}
}

func TestSiteIsTheSameTwice(t *testing.T) {
	var first, second memory
	if err := errors.Join(writeSite(manyGroups(), "<h1>a</h1>", "", nil, first.create), writeSite(manyGroups(), "<h1>a</h1>", "", nil, second.create)); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(first.order, second.order) {
		t.Errorf("order %v\nthen %v", first.order, second.order)
	}
	for path, file := range first.files {
		if !bytes.Equal(file.Bytes(), second.files[path].Bytes()) {
			t.Errorf("%s differs", path)
		}
	}
}

// failing fails to create, write or close its nth file.
type failing struct {
	memory
	create, write, close int
}

var errFull = errors.New("disk full")

func (f *failing) open(path string) (io.WriteCloser, error) {
	n := len(f.order) + 1
	if n == f.create {
		return nil, errFull
	}
	file, err := f.memory.create(path)
	return &failingFile{WriteCloser: file, write: n == f.write, close: n == f.close}, err
}

type failingFile struct {
	io.WriteCloser
	write, close bool
}

func (f *failingFile) Write(p []byte) (int, error) {
	if f.write {
		return 0, errFull
	}
	return f.WriteCloser.Write(p)
}

func (f *failingFile) Close() error {
	if err := f.WriteCloser.Close(); err != nil || !f.close {
		return err
	}
	return errFull
}

// TestSiteStopsAtAnError holds that whatever goes wrong with a file is the site's error, and the last file touched.
func TestSiteStopsAtAnError(t *testing.T) {
	var whole memory
	if err := writeSite(reportOf(), "", "", nil, whole.create); err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= len(whole.order); n++ {
		for name, f := range map[string]*failing{"create": {create: n}, "write": {write: n}, "close": {close: n}} {
			if name == "write" && whole.files[whole.order[n-1]].Len() == 0 {
				continue
			}
			if err := writeSite(reportOf(), "", "", nil, f.open); !errors.Is(err, errFull) {
				t.Errorf("%s of %s fails: error %v", name, whole.order[n-1], err)
			}
			if len(f.order) > n {
				t.Errorf("%s of %s fails, yet %s follows", name, whole.order[n-1], f.order[n])
			}
		}
	}
}
