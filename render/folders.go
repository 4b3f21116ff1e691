package render

import (
	"context"
	"errors"
	"slices"

	"gpufleet/render/publish"
	"gpufleet/render/report"
)

// Folders are what a run writes into: the folder of the report, and a private one beside it if wanted. The run holds both until
// Close.
type Folders struct {
	Report  *publish.Folder
	private *publish.Folder // nil for none
}

// OpenFolders opens the folder of the report and, unless its path is "", the private one. The error is as that of publish.Open
// and publish.OpenPrivate; then none is held.
func OpenFolders(path, private string) (*Folders, error) {
	folder, err := publish.Open(path)
	if err != nil {
		return nil, err
	}
	f := &Folders{Report: folder}
	if private != "" {
		if f.private, err = publish.OpenPrivate(private); err != nil {
			return nil, errors.Join(err, folder.Close())
		}
	}
	return f, nil
}

// all returns the folders in the order in which they are placed: the report, which others see, comes last.
func (f *Folders) all() []*publish.Folder {
	if f.private == nil {
		return []*publish.Folder{f.Report}
	}
	return []*publish.Folder{f.private, f.Report}
}

// HeldByReport returns the path of a folder that a sample must not be written over: it holds a real report, or one that can't
// be read. It returns "" where there is none.
func (f *Folders) HeldByReport() string {
	for _, folder := range f.all() {
		last := folder.Manifest()
		if last == nil && len(folder.Warnings()) > 0 || last != nil && last.Source != string(report.FromDemo) {
			return folder.Path()
		}
	}
	return ""
}

// Write writes the report into the folders, all its files or none. Warnings say what was odd about the folders, with an error
// too.
func (f *Folders) Write(ctx context.Context, r *report.Report) (warnings []string, err error) {
	for _, folder := range f.all() {
		warnings = append(warnings, folder.Warnings()...)
	}
	var prepared []*publish.Prepared
	for _, folder := range f.all() {
		stage, err := folder.Stage(ctx)
		if err != nil {
			return warnings, err
		}
		of, write := r, Write
		if folder == f.private {
			of, write = r.For(report.Internal), writePrivate
		}
		if err := write(of, stage.Create); err != nil {
			return warnings, err
		}
		p, err := stage.Prepare(publish.Manifest{Source: string(of.Source), Audience: string(of.Audience)})
		if err != nil {
			return warnings, err
		}
		prepared = append(prepared, p)
	}
	for _, p := range prepared {
		warnings = append(warnings, p.Warnings()...)
	}
	return warnings, publish.Commit(prepared...)
}

// Close gives the folders back. What it can't remove of what the run left, the next run does.
func (f *Folders) Close() error {
	var left []error
	for _, folder := range slices.Backward(f.all()) {
		left = append(left, folder.Close())
	}
	return errors.Join(left...)
}
