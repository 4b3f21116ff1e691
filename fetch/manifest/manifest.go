// Package manifest reads and writes manifest.json, the list of a report's files in its folder.
package manifest

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Path is the path of the manifest in a report's folder.
const Path = "manifest.json"

// IndexPath is the path of the front page, which every report has and which is placed last.
const IndexPath = "index.html"

// Schema is the version of the manifest's format.
const Schema = 1

// A manifest may come from someone else, so these limits bound the cost of reading it. None is written that exceeds
// them. A real one has a few thousand files.
const (
	MaxBytes = 64 << 20
	maxFiles = 500_000
)

// isTooLarge reports whether a manifest is beyond the limits. Counting commas bounds the number of entries, which have
// three each: without it, 64 MiB of commas would become gigabytes.
func isTooLarge(data []byte, maxBytes int) bool {
	return len(data) > maxBytes || bytes.Count(data, []byte(",")) > 4*maxFiles
}

// Manifest is the content of manifest.json. It lists the files that a run wrote, except manifest.json itself.
type Manifest struct {
	Schema   int    `json:"schema"`
	Source   string `json:"source"`   // source of the list, as the caller names it
	Audience string `json:"audience"` // audience of the report, as the caller names it
	// Files are sorted by path. A path has several entries if a run was killed while it replaced the file.
	Files []File `json:"files"`
}

// File is one file of a run.
type File struct {
	Path   string `json:"path"`   // relative to the folder, with slashes
	Size   int64  `json:"size"`   // in bytes
	SHA256 string `json:"sha256"` // in hexadecimal digits
}

// FileOf returns the entry of a file with this content.
func FileOf(path string, content []byte) File {
	sum := sha256.Sum256(content)
	return File{Path: path, Size: int64(len(content)), SHA256: hex.EncodeToString(sum[:])}
}

var hexSHA256 = regexp.MustCompile(`^[0-9a-f]{64}$`)

// Read reads a manifest of this schema. Unknown fields, which a later version may add, are ignored. Entries with an
// invalid size, hash or path are left out. A path is invalid if it is unclean, absolute, hidden or leads outside, so
// the returned paths are safe to use. They are sorted.
func Read(r io.Reader) (*Manifest, error) { return read(r, MaxBytes) }

func read(r io.Reader, limit int) (*Manifest, error) {
	data, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	if err != nil {
		return nil, err
	}
	if isTooLarge(data, limit) {
		return nil, errors.New("it is too large")
	}
	// Compact rejects text after the value, and removes blanks, on which a json.Decoder is slow. Errors of the json
	// package are not returned because they quote the file.
	var compact bytes.Buffer
	if err := json.Compact(&compact, data); err != nil {
		return nil, errors.New("it is not JSON")
	}
	var m Manifest
	if err := json.NewDecoder(&compact).Decode(&m); err != nil {
		return nil, errors.New("it is not a gpufleet manifest")
	}
	if m.Schema != Schema {
		return nil, fmt.Errorf("its schema is %d, not %d", m.Schema, Schema)
	}
	m.Files = slices.DeleteFunc(m.Files, func(f File) bool {
		return !Allowed(f.Path) || f.Size < 0 || !hexSHA256.MatchString(f.SHA256)
	})
	m.Files = Sorted(m.Files)
	return &m, nil
}

// Encode returns the bytes of manifest.json. It is an error if Read would find them too large.
func (m Manifest) Encode() ([]byte, error) { return m.encode(MaxBytes) }

func (m Manifest) encode(limit int) ([]byte, error) {
	if m.Files == nil {
		m.Files = []File{}
	}
	data, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return nil, err
	}
	if data = append(data, '\n'); isTooLarge(data, limit) {
		return nil, fmt.Errorf("its list of %d files is too large for a later run to read; "+
			"make several reports of fewer instances, regions and GPU models", len(m.Files))
	}
	return data, nil
}

// ByPath groups the entries by path. Nearly all paths have one entry. A nil manifest has no entries.
func (m *Manifest) ByPath() map[string][]File {
	files := map[string][]File{}
	if m != nil {
		for _, file := range m.Files {
			files[file.Path] = append(files[file.Path], file)
		}
	}
	return files
}

// Sorted sorts entries by path, then by hash, and drops duplicates.
func Sorted(files []File) []File {
	slices.SortFunc(files, func(a, b File) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.SHA256, b.SHA256), cmp.Compare(a.Size, b.Size))
	})
	return slices.Compact(files)
}

// cleanPath matches paths that mean the same on every file system: ASCII names, with slashes, that are not empty or
// hidden and don't end in a dot.
var cleanPath = func() *regexp.Regexp {
	const name = `[\w-]([\w.-]*[\w-])?`
	return regexp.MustCompile(`^` + name + `(/` + name + `)*$`)
}()

// Allowed reports whether a file of a report can have this path. It must be clean, relative, inside the folder, not
// hidden (except .nojekyll) and not that of the manifest.
func Allowed(path string) bool {
	if path == ".nojekyll" {
		return true
	}
	const longest = 255 // bytes of a name, on most file systems
	for name := range strings.SplitSeq(path, "/") {
		if len(name) > longest {
			return false
		}
	}
	isOwn := strings.EqualFold(path, Path)
	return cleanPath.MatchString(path) && !isOwn && filepath.IsLocal(filepath.FromSlash(path))
}
