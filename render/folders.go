package render

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"gpufleet/fetch/history"
	"gpufleet/fetch/manifest"
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

	prepared []*folder.Prepared
}

// OpenFolders opens the folder of the report and, unless their paths are "", the private one and the archive. Errors
// are those of package folder; no folder is then locked.
func OpenFolders(path, private, archived string) (_ *Folders, err error) {
	f := &Folders{}
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

// Prepare writes the report into the folders, aside from the files in place. past are made-up readings of the sample for
// the archive. It returns the warnings about the folders even if there is an error.
func (f *Folders) Prepare(ctx context.Context, r *report.Report, past []report.Reading) (
	warnings []string, err error) {
	for _, each := range f.all() {
		warnings = append(warnings, each.Warnings()...)
	}
	for _, each := range f.all() {
		stage, err := each.Stage(ctx)
		if err != nil {
			return warnings, err
		}
		of, write := r, Write
		switch each {
		case f.private:
			of, write = r.For(report.Internal), writePrivate
		case f.archive:
			write = func(r *report.Report, create Create) error {
				return archive.Write(r, past, archiveFolder{each}, archive.Create(create))
			}
		}
		if err := write(of, stage.Create); err != nil {
			return warnings, err
		}
		p, err := stage.Prepare(manifest.Manifest{Source: string(of.Source), Audience: string(of.Audience)})
		if err != nil {
			return warnings, err
		}
		f.prepared = append(f.prepared, p)
	}
	for _, p := range f.prepared {
		warnings = append(warnings, p.Warnings()...)
	}
	return warnings, nil
}

// archiveFolder is the folder of an archive, for package archive.
type archiveFolder struct{ *folder.Folder }

// Open opens a file to read it.
func (f archiveFolder) Open(path string) (archive.File, error) { return f.OpenFile(path) }

// Commit moves the prepared files into place: all of them or none. It is not interrupted.
func (f *Folders) Commit() error { return folder.Commit(f.prepared...) }

// Close unlocks the folders. An error names temporary files that remain; the next run removes them.
func (f *Folders) Close() error {
	var errs []error
	for _, each := range slices.Backward(f.all()) {
		errs = append(errs, each.Close())
	}
	return errors.Join(errs...)
}
