// Package render writes a report into files: the HTML site, the Markdown summary, the workbook, CSV and JSON.
// Each writer lays out what the report says and computes nothing.
package render

import (
	"errors"
	"io"

	"gpufleet/render/notes"
	"gpufleet/render/report"
	"gpufleet/render/workbook"
	"gpufleet/templates"
)

// Files that others name.
const (
	reportPath   = "report.html"
	workbookPath = "fleet.xlsx"
)

// Create opens a file of the output folder for writing. The path is relative, with slashes.
type Create func(path string) (io.WriteCloser, error)

// Write writes every output of the report, in a fixed order. Where a file could not be written, the error is that of create or of the file.
func Write(r *report.Report, create Create) error {
	summary := Summary(r)
	summaryHTML, err := notes.HTML(summary)
	if err != nil {
		return err
	}
	notesHTML, err := notes.HTML([]byte(r.Notes))
	if err != nil {
		return err
	}
	outputs := []struct {
		path  string
		write func(io.Writer, *report.Report) error
	}{
		{"data/instances.json", writeInstancesJSON},
		{"data/instances.csv", writeInstancesCSV},
		{"data/groups.csv", writeGroupsCSV},
		{"data/changes.json", writeChangesJSON},
		{"summary.md", func(w io.Writer, _ *report.Report) error { _, err := w.Write(summary); return err }},
		{workbookPath, workbook.Write},
		{feedPath, writeFeed},
	}
	sizes := templates.Sizes{} // of what the pages offer, so the pages come last
	create = sized(create, sizes)
	for _, output := range outputs {
		if err := writeFile(create, output.path, func(w io.Writer) error { return output.write(w, r) }); err != nil {
			return err
		}
	}
	if err := writePast(r, create); err != nil {
		return err
	}
	return writeSite(r, summaryHTML, notesHTML, sizes, create)
}

// sized has the sizes of files counted as they are written.
func sized(create Create, sizes templates.Sizes) Create {
	return func(path string) (io.WriteCloser, error) {
		file, err := create(path)
		if err != nil {
			return nil, err
		}
		return &sizedFile{file, path, sizes}, nil
	}
}

type sizedFile struct {
	io.WriteCloser
	path  string
	sizes templates.Sizes
}

func (f *sizedFile) Write(p []byte) (int, error) {
	n, err := f.WriteCloser.Write(p)
	f.sizes[f.path] += int64(n)
	return n, err
}

// writePrivate writes the files of a private folder, of a report for an internal audience: the workbook and the CSV of the
// instances.
func writePrivate(r *report.Report, create Create) error {
	if err := writeFile(create, "instances.csv", func(w io.Writer) error { return writeInstancesCSV(w, r) }); err != nil {
		return err
	}
	return writeFile(create, workbookPath, func(w io.Writer) error { return workbook.Write(w, r) })
}

// writeFile creates a file, has it written and closes it.
func writeFile(create Create, path string, write func(io.Writer) error) error {
	file, err := create(path)
	if err != nil {
		return err
	}
	return errors.Join(write(file), file.Close())
}
