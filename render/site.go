// Package render writes a report into files: the HTML site, the Markdown summary, the workbook, CSV and JSON.
// Each writer lays out what the report says and computes nothing.
package render

import (
	"context"
	"io"
	"iter"
	"slices"
	"sync"

	"gpufleet/render/notes"
	"gpufleet/render/report"
	"gpufleet/render/workbook"
	"gpufleet/templates"
)

// Create opens a file of the output folder for writing. The path is relative, with slashes. It is called from several
// goroutines.
type Create func(path string) (io.WriteCloser, error)

// Write writes every output of the report, several at once. Where files could not be written, the error is that of create or of
// the file, and of the same file each time.
func Write(r *report.Report, create Create) error {
	before, after := summaryParts(r)
	beforeHTML, err := notes.HTML([]byte(before))
	if err != nil {
		return err
	}
	afterHTML, err := notes.HTML([]byte(after))
	if err != nil {
		return err
	}
	notesHTML, err := notes.HTML([]byte(r.Notes))
	if err != nil {
		return err
	}
	writeSummary := func(w io.Writer) error { _, err := io.WriteString(w, before+after); return err }
	writeReport := func(w io.Writer) error {
		return templates.ReportFile(r, beforeHTML, afterHTML).Body.Render(context.Background(), w)
	}
	of := func(write func(io.Writer, *report.Report) error) func(io.Writer) error {
		return func(w io.Writer) error { return write(w, r) }
	}
	sizes := &sizes{of: templates.Sizes{}} // of what the overview offers, which therefore comes last
	// What takes longest comes first: the others are written while it is.
	return writeAll(joined(
		slices.Values([]output{{path: report.WorkbookPath, write: of(workbook.Write)}}),
		pastOutputs(r),
		slices.Values([]output{
			{path: report.InstancesJSONPath, write: of(writeInstancesJSON)},
			{path: report.ExplorerPath, write: of(writeExplorerData)},
			{path: report.InstancesCSVPath, write: of(writeInstancesCSV)},
			{path: report.GroupsCSVPath, write: of(writeGroupsCSV)},
			{path: report.ChangesJSONPath, write: of(writeChangesJSON)},
			{path: report.MarkdownPath, write: writeSummary},
			{path: report.FeedPath, write: of(writeFeed)},
			{path: report.ReportPath, write: writeReport},
		}),
		siteOutputs(r, beforeHTML+afterHTML, notesHTML, sizes.of),
	), sizes.counted(create))
}

// sizes are those of the files that are written.
type sizes struct {
	mu sync.Mutex
	of templates.Sizes
}

// counted has the bytes of files counted as they are written.
func (s *sizes) counted(create Create) Create {
	return func(path string) (io.WriteCloser, error) {
		file, err := create(path)
		if err != nil {
			return nil, err
		}
		return &countedFile{WriteCloser: file, path: path, sizes: s}, nil
	}
}

type countedFile struct {
	io.WriteCloser
	path  string
	size  int64
	sizes *sizes
}

func (f *countedFile) Write(p []byte) (int, error) {
	n, err := f.WriteCloser.Write(p)
	f.size += int64(n)
	return n, err
}

func (f *countedFile) Close() error {
	f.sizes.mu.Lock()
	f.sizes.of[f.path] = f.size
	f.sizes.mu.Unlock()
	return f.WriteCloser.Close()
}

// joined yields what each of the lists has.
func joined(lists ...iter.Seq[output]) iter.Seq[output] {
	return func(yield func(output) bool) {
		for _, list := range lists {
			for o := range list {
				if !yield(o) {
					return
				}
			}
		}
	}
}

// writePrivate writes the files of a private folder, of a report for an internal audience: the workbook and the CSV of the
// instances.
func writePrivate(r *report.Report, create Create) error {
	return writeAll(slices.Values([]output{
		{path: report.WorkbookPath, write: func(w io.Writer) error { return workbook.Write(w, r) }},
		{path: report.PrivateCSVPath, write: func(w io.Writer) error { return writeInstancesCSV(w, r) }},
	}), create)
}
