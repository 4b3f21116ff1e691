package archive

import (
	"bytes"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"gpufleet/render/report"
)

// memory is a folder in memory.
type memory map[string][]byte

type memoryFile struct {
	*bytes.Reader
	io.Closer
	fs.FileInfo
}

func (f memoryFile) Stat() (fs.FileInfo, error) { return f, nil }
func (f memoryFile) Size() int64                { return f.Reader.Size() }
func (f memoryFile) Close() error               { return nil }

func (m memory) List(path string) (names []string, err error) {
	changing.Lock()
	defer changing.Unlock()
	seen := map[string]bool{}
	for file := range m {
		if rest, ok := strings.CutPrefix(file, path+"/"); ok {
			name, _, _ := strings.Cut(rest, "/")
			seen[name] = true
		}
	}
	return slices.Sorted(maps.Keys(seen)), nil
}
func (m memory) Display(path string) string { return path }
func (m memory) Open(path string) (File, error) {
	changing.Lock()
	defer changing.Unlock()
	if data, ok := m[path]; ok {
		return memoryFile{Reader: bytes.NewReader(data)}, nil
	}
	return nil, fs.ErrNotExist
}

type memoryWriter struct {
	bytes.Buffer
	to   memory
	path string
}

// changing is held while a folder in memory is read or changes: several files are written at once.
var changing sync.Mutex

func (w *memoryWriter) Close() error {
	changing.Lock()
	defer changing.Unlock()
	w.to[w.path] = w.Bytes()
	return nil
}

func (m memory) create(path string) (io.WriteCloser, error) {
	return &memoryWriter{to: m, path: path}, nil
}

func settings(at time.Time) report.Settings {
	return report.Settings{Generated: at, Currency: "USD", Source: report.FromAPI, Audience: report.Public,
		ExpectEvery: 24 * time.Hour, Bill: report.BillRunning}
}
