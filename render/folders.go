package render

import (
	"context"
	"errors"
	"slices"

	"gpufleet/fetch/manifest"
	"gpufleet/render/folder"
	"gpufleet/render/report"
)

// Folders are what a run writes into: the folder of the report, and a private one beside it if wanted. The run holds
// both until Close.
type Folders struct {
	Report  *folder.Folder
	private *folder.Folder // nil for none
}

// OpenFolders opens the folder of the report and, unless its path is "", the private one. The error is as that of
// folder.Open and folder.OpenPrivate; then none is held.
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

// all returns the folders in the order in which they are placed: the report, which others see, comes last.
func (f *Folders) all() []*folder.Folder {
	if f.private == nil {
		return []*folder.Folder{f.Report}
	}
	return []*folder.Folder{f.private, f.Report}
}

// HeldByReport returns the path of a folder that a sample must not be written over: it holds a real report, or one
// that can't be read. It returns "" where there is none.
func (f *Folders) HeldByReport() string {
	for _, each := range f.all() {
		last := each.Manifest()
		if each.HasDamagedManifest() || last != nil && last.Source != string(report.FromDemo) {
			return each.Path()
		}
	}
	return ""
}

// Write writes the report into the folders, all its files or none. Warnings say what was odd about the folders, with
// an error too.
func (f *Folders) Write(ctx context.Context, r *report.Report) (warnings []string, err error) {
	for _, each := range f.all() {
		warnings = append(warnings, each.Warnings()...)
	}
	var prepared []*folder.Prepared
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
		prepared = append(prepared, p)
	}
	for _, p := range prepared {
		warnings = append(warnings, p.Warnings()...)
	}
	return warnings, folder.Commit(prepared...)
}

// Close gives the folders back. What it can't remove of what the run left, the next run does.
func (f *Folders) Close() error {
	var left []error
	for _, each := range slices.Backward(f.all()) {
		left = append(left, each.Close())
	}
	return errors.Join(left...)
}
