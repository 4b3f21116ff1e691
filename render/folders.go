package render

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"gpufleet/fetch/history"
	"gpufleet/fetch/manifest"
	"gpufleet/fetch/parallel"
	"gpufleet/render/archive"
	"gpufleet/render/folder"
	"gpufleet/render/report"
)

// Folders are the output folders of a run: the folder of the report, and a private one and an archive if wanted. All
// are locked until Close.
type Folders struct {
	Report  *folder.Folder
	private *folder.Folder // nil for none
	archive *folder.Folder // nil for none

	writeArchive func(archive.Create) error // what Begin has begun

	mu       sync.Mutex // of prepared
	prepared map[*folder.Folder]*folder.Prepared
}

// OpenFolders opens the folder of the report and, unless their paths are "", the private one and the archive. Errors
// are those of package folder; no folder is then locked.
func OpenFolders(path, private, archived string) (_ *Folders, err error) {
	f := &Folders{prepared: map[*folder.Folder]*folder.Prepared{}}
	for _, each := range []struct {
		to   **folder.Folder
		path string
		open func(string) (*folder.Folder, error)
	}{
		{&f.Report, path, folder.Open}, {&f.private, private, folder.OpenPrivate}, {&f.archive, archived, folder.OpenArchive},
	} {
		if each.path == "" && each.to != &f.Report {
			continue
		}
		if *each.to, err = each.open(each.path); err != nil {
			return nil, errors.Join(err, f.Close())
		}
	}
	return f, nil
}

// all returns the folders in the order in which they are committed. The report, which others see, comes last.
func (f *Folders) all() []*folder.Folder {
	return slices.DeleteFunc([]*folder.Folder{f.archive, f.private, f.Report},
		func(each *folder.Folder) bool { return each == nil })
}

// CheckSample returns an error if the sample would replace a real report, or one whose manifest can't be read.
func (f *Folders) CheckSample() error {
	for _, each := range f.all() {
		previous := each.Manifest()
		switch {
		case each == f.archive: // it says itself what it has

		case each.HasDamagedManifest():
			return fmt.Errorf("%s may contain a real report, since its manifest.json can't be read; choose another folder",
				each.Path())
		case previous == nil && each.Has(history.HistoryPath):
			return fmt.Errorf("%s may contain a real report, since it has a history but no manifest.json; "+
				"choose another folder", each.Path())
		case previous != nil && previous.Source != string(report.FromDemo):
			return fmt.Errorf("%s contains a real report; choose another folder", each.Path())
		}
	}
	return nil
}

// Begin begins to read the archive for a report that is not compared yet. Call it before Prepare.
func (f *Folders) Begin(run archive.Run) {
	if f.archive != nil {
		f.writeArchive = archive.Begin(run, archiveFolder{f.archive})
	}
}

// Prepare writes the report into the folders, aside from the files in place. It returns the warnings about the folders
// even if there is an error.
func (f *Folders) Prepare(ctx context.Context, r *report.Report) (warnings []string, err error) {
	for _, each := range f.all() {
		warnings = append(warnings, each.Warnings()...)
	}
	// The archive is written beside the others, whose writers wait for each other at times.
	archived := parallel.Go(func() error { return f.prepare(ctx, f.archive, r) })
	err = f.prepare(ctx, f.private, r)
	if err == nil {
		err = f.prepare(ctx, f.Report, r)
	}
	if failed := archived(); failed != nil { // always the same one if both fail
		err = failed
	}
	for _, each := range f.all() {
		if p := f.prepared[each]; p != nil {
			warnings = append(warnings, p.Warnings()...)
		}
	}
	return warnings, err
}

// prepare writes one of the folders, aside from the files in place. It does nothing for nil.
func (f *Folders) prepare(ctx context.Context, to *folder.Folder, r *report.Report) error {
	if to == nil {
		return nil
	}
	stage, err := to.Stage(ctx)
	if err != nil {
		return err
	}
	switch to {
	case f.archive:
		err = f.writeArchive(stage.Create)
	case f.private:
		r = r.For(report.Internal)
		err = writePrivate(r, stage.Create)
	default:
		err = Write(r, stage.Create)
	}
	if err != nil {
		return err
	}
	p, err := stage.Prepare(manifest.Manifest{Source: string(r.Source), Audience: string(r.Audience)})
	f.mu.Lock()
	defer f.mu.Unlock()
	f.prepared[to] = p
	return err
}

// archiveFolder is the folder of an archive, for package archive.
type archiveFolder struct{ *folder.Folder }

// Open opens a file to read it.
func (f archiveFolder) Open(path string) (archive.File, error) { return f.OpenFile(path) }

// Commit moves the prepared files into place: all of them or none. It is not interrupted.
func (f *Folders) Commit() error {
	var prepared []*folder.Prepared
	for _, each := range f.all() {
		prepared = append(prepared, f.prepared[each])
	}
	return folder.Commit(prepared...)
}

// Close unlocks the folders. An error names temporary files that remain; the next run removes them.
func (f *Folders) Close() error {
	var errs []error
	for _, each := range slices.Backward(f.all()) {
		errs = append(errs, each.Close())
	}
	return errors.Join(errs...)
}
