package folder

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

const (
	manifestName = "manifest.json"
	schema       = 1

	// A manifest may come from another's hands: these bound what reading one can cost. A real one has a few thousand files.
	maxManifestBytes = 64 << 20
	maxManifestFiles = 500_000
)

// Manifest lists the files that a run wrote, manifest.json itself aside. It is what manifest.json holds.
type Manifest struct {
	Schema   int    `json:"schema"`   // 1
	Source   string `json:"source"`   // what the run was made from, in the caller's words
	Audience string `json:"audience"` // whom it was made for, in the caller's words
	Files    []File `json:"files"`    // by path; a path has several entries where a run was killed that was replacing it
}

// File is one file of a run.
type File struct {
	Path   string `json:"path"` // relative to the folder, with slashes
	Size   int64  `json:"size"` // in bytes
	SHA256 string `json:"sha256"`
}

var hexSHA256 = regexp.MustCompile(`^[0-9a-f]{64}$`)

// ReadManifest reads a manifest of schema 1. Anything else is an error, but for fields that a later version may have added. Entries that no run can have
// written are left out (paths that are unclean, absolute, hidden or lead outside; sizes and hashes that are none), so those that
// are returned are safe to act on. They are sorted by path.
func ReadManifest(r io.Reader) (*Manifest, error) { return readManifest(r, maxManifestBytes) }

func readManifest(r io.Reader, limit int) (*Manifest, error) {
	data, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	if err != nil {
		return nil, err
	}
	// Without this, 64 MiB of commas would become gigabytes of entries.
	if len(data) > limit || bytes.Count(data, []byte(",")) > 4*maxManifestFiles {
		return nil, errors.New("it is too big")
	}
	// Compacting refuses whatever follows the value, and removes the blanks that a json.Decoder is slow on. The errors of the
	// json package are not passed on: they quote what they read.
	var compact bytes.Buffer
	if err := json.Compact(&compact, data); err != nil {
		return nil, errors.New("it is not JSON")
	}
	var m Manifest
	decoder := json.NewDecoder(&compact)
	if err := decoder.Decode(&m); err != nil {
		return nil, errors.New("it is not a manifest of gpufleet")
	}
	if m.Schema != schema {
		return nil, fmt.Errorf("its schema is %d and not %d", m.Schema, schema)
	}
	m.Files = slices.DeleteFunc(m.Files, func(f File) bool {
		return !allowed(f.Path) || f.Size < 0 || !hexSHA256.MatchString(f.SHA256)
	})
	m.Files = sorted(m.Files)
	return &m, nil
}

// encode returns the bytes of manifest.json.
func (m Manifest) encode() ([]byte, error) {
	if m.Files == nil {
		m.Files = []File{}
	}
	data, err := json.MarshalIndent(m, "", " ")
	return append(data, '\n'), err
}

// byPath groups the entries, mostly one a path.
func (m *Manifest) byPath() map[string][]File {
	files := map[string][]File{}
	if m != nil {
		for _, file := range m.Files {
			files[file.Path] = append(files[file.Path], file)
		}
	}
	return files
}

// sorted sorts by path, then by hash, and drops what is there twice.
func sorted(files []File) []File {
	slices.SortFunc(files, func(a, b File) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.SHA256, b.SHA256), cmp.Compare(a.Size, b.Size))
	})
	return slices.Compact(files)
}

// cleanPath matches slash paths of ASCII names that mean the same on every file system: none is empty, hidden or ends in a dot.
var cleanPath = func() *regexp.Regexp {
	const name = `[\w-]([\w.-]*[\w-])?`
	return regexp.MustCompile(`^` + name + `(/` + name + `)*$`)
}()

// allowed tells whether a file of ours can have this path.
func allowed(path string) bool {
	if path == ".nojekyll" {
		return true
	}
	const longest = 255 // bytes of a name; a longer one is an error wherever it is looked for
	for name := range strings.SplitSeq(path, "/") {
		if len(name) > longest {
			return false
		}
	}
	return cleanPath.MatchString(path) && !strings.EqualFold(path, manifestName) && filepath.IsLocal(filepath.FromSlash(path))
}

// parents returns the folders on the way to path, outermost first; none for a file at the top.
func parents(path string) []string {
	var dirs []string
	for i, c := range path {
		if c == '/' {
			dirs = append(dirs, path[:i])
		}
	}
	return dirs
}
