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

// errManifestGone is the error if there is a front page without a manifest.json.
var errManifestGone = errors.New("it has an " + manifest.IndexPath + " but no " + manifest.Path)

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

// cure says what to do, with the likely causes.
func (d *damage) cure() string {
	if d.what == mismatch {
		return `if git changed its line ends, put "* -text" into .gitattributes and restore the file; ` +
			"if another run is writing the folder, try again"
	}
	return "restore the file"
}

const tooLarge = "it is too large"

// maxSnapshots is how many snapshots are read, the newest ones. It is one more than a report keeps, since the last run
// may be long ago.
const maxSnapshots = history.SnapshotDays + 1

// carriers are the files besides the snapshots that carry the history.
func carriers(c *history.Collector) []carrier {
	return []carrier{
		{history.HistoryPath, history.MaxHistoryBytes, c.AddDays},
		{history.SpendPath, history.MaxSpendBytes, c.AddSpend},
	}
}

// carrier is a file that carries the history.
type carrier struct {
	path  string
	limit int64                // of its size
	add   func(content []byte) // adds it to the history
}

// collectReport collects the history of a report. That of the sample is of no use to a real report.
func collectReport(ctx context.Context, from reportReader, m *manifest.Manifest, c *history.Collector) error {
	if m.Source == history.Sample {
		return nil
	}
	return collect(ctx, from, m.Files, c)
}

// collect reads the listed files that carry the history. A file that differs from its entry is a loss, as is one that
// this run can't use. All files are read before the first is added, so nothing is added if reading fails. The newest
// snapshot comes first, as the collector requires.
func collect(ctx context.Context, from reportReader, listed []manifest.File, c *history.Collector) error {
	byPath := (&manifest.Manifest{Files: listed}).ByPath()
	var adds []func()
	for _, path := range snapshotPaths(byPath, c) {
		file, err := readListed(ctx, from, byPath, path, history.MaxSnapshotBytes)
		if err != nil {
			return err
		}
		adds = append(adds, func() {
			if !file.usable(path, c) {
				return
			}
			s, err := history.ReadSnapshot(file.content)
			c.AddSnapshot(path, s, err)
		})
	}
	for _, carrier := range carriers(c) {
		if byPath[carrier.path] == nil {
			continue
		}
		file, err := readListed(ctx, from, byPath, carrier.path, carrier.limit)
		if err != nil {
			return err
		}
		adds = append(adds, func() {
			if file.usable(carrier.path, c) {
				carrier.add(file.content)
			}
		})
	}
	for _, add := range adds {
		add()
	}
	c.SettleTime()
	return c.CheckSnapshots(ctx)
}

// readFile is the content of a file, or why it can't be used.
type readFile struct {
	content []byte
	missing bool    // which is right: see isUnfinished
	damaged *damage // nil if it can be used
}

// usable reports whether the file can be used. One that is damaged is a loss.
func (f readFile) usable(path string, c *history.Collector) bool {
	if f.damaged != nil {
		c.Damaged(path, f.damaged.what, f.damaged.cure())
	}
	return f.damaged == nil && !f.missing
}

// snapshotPaths returns the paths of the snapshots to read, the newest first. Those of a future day are not read.
func snapshotPaths(byPath map[string][]manifest.File, c *history.Collector) []string {
	var paths []string
	for _, path := range slices.Backward(slices.Sorted(maps.Keys(byPath))) {
		if day, isSnapshot := history.SnapshotDate(path); isSnapshot && !c.IsFuture(day) {
			paths = append(paths, path)
		}
	}
	return paths[:min(len(paths), maxSnapshots)]
}

// readListed reads a listed file. An error means that the run must end.
func readListed(
	ctx context.Context, from reportReader, byPath map[string][]manifest.File, path string, limit int64,
) (file readFile, err error) {
	listed := byPath[path]
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
		if len(listed) == 1 && isUnfinished(ctx, from, byPath) { // a file that is replaced is never missing
			return readFile{missing: true}, nil
		}
		return readFile{damaged: &damage{"it is listed in " + manifest.Path + " but missing"}}, nil
	case errors.As(err, &damaged) && damaged.what == tooLarge: // longer than any entry
		return readFile{damaged: &damage{mismatch}}, nil
	case errors.As(err, &damaged):
		return readFile{damaged: damaged}, nil
	}
	return readFile{content: content}, err
}

// isUnfinished reports whether a run was killed while it placed these files. Then some of them were never placed, or
// are already removed. Such a run leaves two entries for each file that it replaces, index.html among them, and the
// first run in a folder has not yet placed that page.
func isUnfinished(ctx context.Context, from reportReader, byPath map[string][]manifest.File) bool {
	snapshots := 0
	for path, entries := range byPath {
		if len(entries) > 1 {
			return true
		}
		if _, isSnapshot := history.SnapshotDate(path); isSnapshot {
			snapshots++
		}
	}
	_, err := from.read(ctx, manifest.IndexPath, manifest.MaxBytes, acceptAny)
	return snapshots == 1 && errors.Is(err, fs.ErrNotExist)
}

// readManifest returns a report's manifest. The error is errNoManifest if there is none and no front page either, as
// before the first run. If there is only the page, it is errManifestGone.
func readManifest(ctx context.Context, from reportReader) (*manifest.Manifest, error) {
	content, err := from.read(ctx, manifest.Path, manifest.MaxBytes, acceptAny)
	if errors.Is(err, fs.ErrNotExist) {
		_, err = from.read(ctx, manifest.IndexPath, manifest.MaxBytes, acceptAny)
		var damaged *damage
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, errNoManifest
		case err == nil, errors.As(err, &damaged):
			return nil, errManifestGone
		}
	}
	if err != nil {
		return nil, err
	}
	m, err := manifest.Read(bytes.NewReader(content))
	if err != nil {
		return nil, &damage{fmt.Sprintf("invalid %s: %v", manifest.Path, err)}
	}
	return m, nil
}
