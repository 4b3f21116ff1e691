package fetch

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"gpufleet/fetch/past"
)

// ManifestPath is where a report's manifest stands in its folder, and maxManifest how long it may be.
const (
	ManifestPath = "manifest.json"
	maxManifest  = 64 << 20
)

// Listed is a file as a manifest lists it. Its path is clean, relative and not hidden.
type Listed struct {
	Path   string
	Size   int64
	SHA256 string // in hexadecimal digits
}

// ErrNoManifest is the error where a place holds no manifest.json, as before the first run.
var ErrNoManifest = errors.New("it holds no " + ManifestPath)

// place is where an earlier report is: a folder or a site.
type place interface {
	// read returns a file of at most limit bytes, whole, and one that is right. The error is fs.ErrNotExist (wrapped) where there is
	// none, a *damage where it can't be used, and anything else where nothing can be said of it: then the run must not go on.
	read(ctx context.Context, path string, limit int64, isRight func([]byte) bool) ([]byte, error)
}

// isAny takes any content for right.
func isAny([]byte) bool { return true }

// notListed is what is said of a file that is there, but not right.
const notListed = "it is not the file that the manifest lists"

// damage is what is wrong with a file that is there.
type damage struct{ what string }

func (d *damage) Error() string { return d.what }

// snapshotsRead is how many snapshots are looked at, the newest: one more than is kept, for the last run may be long ago.
const snapshotsRead = past.SnapshotDays + 1

// collect reads from a place what its manifest lists of the past. A file that is damaged or not for this run is a warning.
func collect(ctx context.Context, from place, listed []Listed, c *past.Collector) error {
	files := map[string][]Listed{} // several of a path where a run was killed that was replacing it
	var snapshots []string
	for _, file := range listed {
		_, isSnapshot := past.SnapshotDate(file.Path)
		if isSnapshot && len(files[file.Path]) == 0 {
			snapshots = append(snapshots, file.Path)
		}
		if isSnapshot || file.Path == past.HistoryPath {
			files[file.Path] = append(files[file.Path], file)
		}
	}
	slices.SortFunc(snapshots, func(a, b string) int { return cmp.Compare(b, a) })
	snapshots = slices.DeleteFunc(snapshots, func(path string) bool {
		day, _ := past.SnapshotDate(path)
		return c.IsFuture(path, day)
	})
	for _, path := range snapshots[:min(len(snapshots), snapshotsRead)] {
		if err := collectFile(ctx, from, files[path], past.MaxSnapshotBytes, c, c.AddSnapshot); err != nil {
			return err
		}
	}
	if history := files[past.HistoryPath]; len(history) > 0 {
		return collectFile(ctx, from, history, past.MaxHistoryBytes, c, func(_ string, content []byte) { c.AddHistory(content) })
	}
	return nil
}

// collectFile reads one file and hands it on if it is one of those that the manifest lists by its path.
func collectFile(ctx context.Context, from place, listed []Listed, limit int64, c *past.Collector, add func(path string, content []byte)) error {
	path := listed[0].Path
	longest := slices.MaxFunc(listed, func(a, b Listed) int { return cmp.Compare(a.Size, b.Size) }).Size
	if longest > limit {
		c.Warn(path, "it is longer than it should be")
		return nil
	}
	content, err := from.read(ctx, path, longest, func(content []byte) bool {
		sum := sha256.Sum256(content)
		return slices.Contains(listed, Listed{Path: path, Size: int64(len(content)), SHA256: hex.EncodeToString(sum[:])})
	})
	var damaged *damage
	switch {
	case errors.Is(err, fs.ErrNotExist):
		c.Warn(path, "the manifest lists it, but it is not there")
		return nil
	case errors.As(err, &damaged):
		c.Warn(path, damaged.what)
		return nil
	case err != nil:
		return err
	}
	add(path, content)
	return nil
}

// readManifest reads and decodes the manifest of a place. The error is ErrNoManifest where there is none.
func readManifest(ctx context.Context, from place, decode func([]byte) ([]Listed, error)) ([]Listed, error) {
	content, err := from.read(ctx, ManifestPath, maxManifest, isAny)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNoManifest
	}
	if err != nil {
		return nil, err
	}
	listed, err := decode(content)
	if err != nil {
		return nil, &damage{fmt.Sprintf("its %s can't be used: %v", ManifestPath, err)}
	}
	return listed, nil
}
