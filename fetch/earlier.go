package fetch

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"gpufleet/fetch/history"
	"gpufleet/fetch/manifest"
)

// errNoManifest is the error where a place holds no manifest.json, as before the first run.
var errNoManifest = errors.New("it holds no " + manifest.Path)

// place is where an earlier report is: a folder or a site.
type place interface {
	// read returns a file of at most limit bytes, whole, and one that is right. The error is fs.ErrNotExist (wrapped)
	// where there is none, a *damage where it can't be used, and anything else where nothing can be said of it: then the
	// run must not go on.
	read(ctx context.Context, path string, limit int64, isRight func([]byte) bool) ([]byte, error)
}

// isAny takes any content for right.
func isAny([]byte) bool { return true }

// notListed is what is said of a file that is there, but not right.
const notListed = "it is not the file that the manifest lists"

// damage is what is wrong with a file that is there.
type damage struct{ what string }

func (d *damage) Error() string { return d.what }

// snapshotsRead is how many snapshots are looked at, the newest: one more than is kept, for the last run may be long
// ago.
const snapshotsRead = history.SnapshotDays + 1

// collect reads from a place what its manifest lists of the past. A file that is damaged or not for this run is a
// warning. All is read before anything is taken in, the newest snapshot first, as the collector wants them; where
// reading fails, nothing is.
func collect(ctx context.Context, from place, listed []manifest.File, c *history.Collector) error {
	snapshots, figures := ofThePast(listed)
	snapshots = slices.DeleteFunc(snapshots, func(s []manifest.File) bool {
		day, _ := history.SnapshotDate(s[0].Path)
		return c.IsFuture(s[0].Path, day)
	})
	snapshots = snapshots[:min(len(snapshots), snapshotsRead)]
	var files []readFile
	for _, listed := range snapshots {
		file, err := readListed(ctx, from, listed, history.MaxSnapshotBytes)
		if err != nil {
			return err
		}
		files = append(files, file)
	}
	var days readFile
	if len(figures) > 0 {
		var err error
		if days, err = readListed(ctx, from, figures, history.MaxHistoryBytes); err != nil {
			return err
		}
	}
	for i, listed := range snapshots {
		path := listed[0].Path
		if damaged := files[i].damaged; damaged != nil {
			c.AddSnapshot(path, nil, damaged)
			continue
		}
		s, err := history.ReadSnapshot(files[i].content)
		c.AddSnapshot(path, s, err)
	}
	if err := c.Settle(ctx); err != nil {
		return err
	}
	switch {
	case days.damaged != nil:
		c.Warn(history.HistoryPath, days.damaged.what)
	case len(figures) > 0:
		c.AddHistory(days.content)
	}
	return nil
}

// readFile is the content of a file, or why it can't be used.
type readFile struct {
	content []byte
	damaged *damage // nil where it can be used
}

// ofThePast returns of what a manifest lists the snapshots, the newest first, and the history, if it is there. There
// are several entries of one path where a run was killed that was replacing it.
func ofThePast(listed []manifest.File) (snapshots [][]manifest.File, figures []manifest.File) {
	byPath := map[string][]manifest.File{}
	for _, file := range listed {
		if _, isSnapshot := history.SnapshotDate(file.Path); isSnapshot {
			byPath[file.Path] = append(byPath[file.Path], file)
		} else if file.Path == history.HistoryPath {
			figures = append(figures, file)
		}
	}
	for _, path := range slices.Backward(slices.Sorted(maps.Keys(byPath))) {
		snapshots = append(snapshots, byPath[path])
	}
	return snapshots, figures
}

// readListed reads the file that the entries in listed, all of one path, are about. An error means that the run must
// not go on.
func readListed(ctx context.Context, from place, listed []manifest.File, limit int64) (file readFile, err error) {
	path := listed[0].Path
	longest := slices.MaxFunc(listed, func(a, b manifest.File) int { return cmp.Compare(a.Size, b.Size) }).Size
	if longest > limit {
		return readFile{damaged: &damage{"it is longer than it should be"}}, nil
	}
	content, err := from.read(ctx, path, longest, func(content []byte) bool {
		return slices.Contains(listed, manifest.FileOf(path, content))
	})
	var damaged *damage
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return readFile{damaged: &damage{"the manifest lists it, but it is not there"}}, nil
	case errors.As(err, &damaged):
		return readFile{damaged: damaged}, nil
	}
	return readFile{content: content}, err
}

// readManifest returns the files that the manifest of a place lists. The error is errNoManifest where there is none.
func readManifest(ctx context.Context, from place) ([]manifest.File, error) {
	content, err := from.read(ctx, manifest.Path, manifest.MaxBytes, isAny)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errNoManifest
	}
	if err != nil {
		return nil, err
	}
	m, err := manifest.Read(bytes.NewReader(content))
	if err != nil {
		return nil, &damage{fmt.Sprintf("its %s can't be used: %v", manifest.Path, err)}
	}
	return m.Files, nil
}
