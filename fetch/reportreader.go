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

// errNoManifest is the error if there is no manifest.json, as before the first run.
var errNoManifest = errors.New("no " + manifest.Path)

// reportReader reads the files of a previous report, from a folder or a site.
type reportReader interface {
	// read returns the whole content of a file for which isValid returns true, at most limit bytes. The error is
	// fs.ErrNotExist (wrapped) if there is no such file and a *damage if it can't be used. Any other error means that the
	// state of the file is unknown, so the run must end.
	read(ctx context.Context, path string, limit int64, isValid func([]byte) bool) ([]byte, error)
}

// acceptAny is an isValid that accepts any content.
func acceptAny([]byte) bool { return true }

// mismatch describes a file whose content is not valid.
const mismatch = "it does not match " + manifest.Path

// damage says why an existing file can't be used.
type damage struct{ what string }

func (d *damage) Error() string { return d.what }

const tooLarge = "it is too large"

// maxSnapshots is how many snapshots are read, the newest ones. It is one more than a report keeps, since the last run
// may be long ago.
const maxSnapshots = history.SnapshotDays + 1

// collect reads the listed files that belong to the history. A file that is damaged or not usable by this run causes a
// warning. All files are read before the first is added, so nothing is added if reading fails. The newest snapshot
// comes first, as the collector requires.
func collect(ctx context.Context, from reportReader, listed []manifest.File, c *history.Collector) error {
	snapshots, days := historyFiles(listed)
	snapshots = slices.DeleteFunc(snapshots, func(s []manifest.File) bool {
		day, _ := history.SnapshotDate(s[0].Path)
		return c.IsFuture(s[0].Path, day)
	})
	snapshots = snapshots[:min(len(snapshots), maxSnapshots)]
	var files []readFile
	for _, listed := range snapshots {
		file, err := readListed(ctx, from, listed, history.MaxSnapshotBytes)
		if err != nil {
			return err
		}
		files = append(files, file)
	}
	var daysFile readFile
	if len(days) > 0 {
		var err error
		if daysFile, err = readListed(ctx, from, days, history.MaxHistoryBytes); err != nil {
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
	if err := c.CheckSnapshots(ctx); err != nil {
		return err
	}
	switch {
	case daysFile.damaged != nil:
		c.Warn(history.HistoryPath, daysFile.damaged.what)
	case len(days) > 0:
		c.AddDays(daysFile.content)
	}
	return nil
}

// readFile is the content of a file, or why it can't be used.
type readFile struct {
	content []byte
	damaged *damage // nil if it can be used
}

// historyFiles returns the listed snapshots, the newest first, and the listed data/history.json. If a run was killed
// while it replaced a file, that path has several entries.
func historyFiles(listed []manifest.File) (snapshots [][]manifest.File, days []manifest.File) {
	byPath := map[string][]manifest.File{}
	for _, file := range listed {
		if _, isSnapshot := history.SnapshotDate(file.Path); isSnapshot {
			byPath[file.Path] = append(byPath[file.Path], file)
		} else if file.Path == history.HistoryPath {
			days = append(days, file)
		}
	}
	for _, path := range slices.Backward(slices.Sorted(maps.Keys(byPath))) {
		snapshots = append(snapshots, byPath[path])
	}
	return snapshots, days
}

// readListed reads the file of the entries, which all have the same path. An error means that the run must end.
func readListed(
	ctx context.Context, from reportReader, listed []manifest.File, limit int64,
) (file readFile, err error) {
	path := listed[0].Path
	longest := slices.MaxFunc(listed, func(a, b manifest.File) int { return cmp.Compare(a.Size, b.Size) }).Size
	if longest > limit {
		return readFile{damaged: &damage{tooLarge}}, nil
	}
	content, err := from.read(ctx, path, longest, func(content []byte) bool {
		return slices.Contains(listed, manifest.FileOf(path, content))
	})
	var damaged *damage
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return readFile{damaged: &damage{"it is listed in " + manifest.Path + " but missing"}}, nil
	case errors.As(err, &damaged):
		return readFile{damaged: damaged}, nil
	}
	return readFile{content: content}, err
}

// readManifest returns the files that a report's manifest lists. The error is errNoManifest if there is none.
func readManifest(ctx context.Context, from reportReader) ([]manifest.File, error) {
	content, err := from.read(ctx, manifest.Path, manifest.MaxBytes, acceptAny)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errNoManifest
	}
	if err != nil {
		return nil, err
	}
	m, err := manifest.Read(bytes.NewReader(content))
	if err != nil {
		return nil, &damage{fmt.Sprintf("invalid %s: %v", manifest.Path, err)}
	}
	return m.Files, nil
}
