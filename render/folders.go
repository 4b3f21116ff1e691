package render

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"gpufleet/fetch/history"
	"gpufleet/fetch/manifest"
	"gpufleet/render/folder"
	"gpufleet/render/report"
)

// Folders are the output folders of a run: the folder of the report, and a private one if wanted. Both are locked
// until Close.
type Folders struct {
	Report  *folder.Folder
	private *folder.Folder // nil for none

	prepared []*folder.Prepared
}

// OpenFolders opens the folder of the report and, unless its path is "", the private one. Errors are those of
// folder.Open and folder.OpenPrivate; no folder is then locked.
func OpenFolders(path, private string) (*Folders, error) {
	opened, err := folder.Open(path)
	if err != nil {
		return nil, err
	}
	f := &Folders{Report: opened}
	if private != "" {
		if f.private, err = folder.OpenPrivate(private); err != nil {
			return nil, errors.Join(err, opened.Close())
		}
	}
	return f, nil
}

// all returns the folders in the order in which they are committed. The report, which others see, comes last.
func (f *Folders) all() []*folder.Folder {
	if f.private == nil {
		return []*folder.Folder{f.Report}
	}
	return []*folder.Folder{f.private, f.Report}
}

// CheckSample returns an error if the sample would replace a real report, or one whose manifest can't be read.
func (f *Folders) CheckSample() error {
	for _, each := range f.all() {
		previous := each.Manifest()
		switch {
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

// Prepare writes the report into the folders, aside from the files in place. It returns the warnings about the folders
// even if there is an error.
func (f *Folders) Prepare(ctx context.Context, r *report.Report) (warnings []string, err error) {
	for _, each := range f.all() {
		warnings = append(warnings, each.Warnings()...)
	}
	for _, each := range f.all() {
		stage, err := each.Stage(ctx)
		if err != nil {
			return warnings, err
		}
		of, write := r, Write
		if each == f.private {
			of, write = r.For(report.Internal), writePrivate
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
