// Package render writes a report into files: the HTML site, the Markdown summary, the workbook, CSV and JSON.
// Each writer lays out what the report says and computes nothing.
package render

import (
	"context"
	"io"
	"iter"
	"slices"
	"sync"

	notes "gpufleet/render/markdown"
	"gpufleet/render/report"
	"gpufleet/render/workbook"
	"gpufleet/templates"
)

// Files that others name.
const (
	reportPath   = "report.html"
	summaryPath  = "summary.md"
	workbookPath = "fleet.xlsx"
)

// Create opens a file of the output folder for writing. The path is relative, with slashes. It is called from several
// goroutines.
type Create func(path string) (io.WriteCloser, error)

// Write writes every output of the report, several at once. Where files could not be written, the error is that of create or of
// the file, and of the same file each time.
func Write(r *report.Report, create Create) error {
	texts, err := textsOf(r)
	if err != nil {
		return err
	}
	writeSummary := func(w io.Writer) error { _, err := io.WriteString(w, texts.markdown); return err }
	writeReport := func(w io.Writer) error {
		return templates.ReportFile(r, texts.reportBefore, texts.after).Body.Render(context.Background(), w)
	}
	of := func(write func(io.Writer, *report.Report) error) func(io.Writer) error {
		return func(w io.Writer) error { return write(w, r) }
	}
	sizes := &sizes{of: templates.Sizes{}} // of what the overview offers, which therefore comes last
	// What takes longest comes first: the others are written while it is.
	return writeAll(joined(
		slices.Values([]output{{path: workbookPath, write: of(workbook.Write)}}),
		pastOutputs(r),
		slices.Values([]output{
			{path: "data/instances.json", write: of(writeInstancesJSON)},
			{path: "data/instances.js", write: of(writeExplorerData)},
			{path: "data/instances.csv", write: of(writeInstancesCSV)},
			{path: "data/groups.csv", write: of(writeGroupsCSV)},
			{path: "data/changes.json", write: of(writeChangesJSON)},
			{path: summaryPath, write: writeSummary},
			{path: feedPath, write: of(writeFeed)},
			{path: reportPath, write: writeReport},
		}),
		siteOutputs(r, texts.summary, texts.notes, sizes.of),
	), sizes.counted(create))
}

// pageTexts are the summary, and it and the notes as safe HTML.
type pageTexts struct {
	markdown            string
	notes               string // for the overview
	summary             string // with the notes, for its page
	reportBefore, after string // the summary around the charts of the report in one file
}

// textsOf returns the summary and the notes. From every page, relative links in the notes start at the folder of the
// site.
func textsOf(r *report.Report) (texts pageTexts, err error) {
	root := ""
	if r.BaseURL != "" {
		root = r.BaseURL + "/" // a report in one file may be read anywhere
	}
	own, err := notes.NotesHTML(r.Notes, "", "../", root)
	if err != nil {
		return texts, err
	}
	head, before, after := summaryParts(r)
	texts = pageTexts{markdown: head + notesText(r) + before + after, notes: own[0]}
	for _, part := range []*string{&head, &before, &after} {
		if *part, err = notes.HTML(*part); err != nil {
			return texts, err
		}
	}
	texts.summary = head + own[1] + before + after
	texts.reportBefore, texts.after = head+own[2]+before, after
	return texts, nil
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
		{path: workbookPath, write: func(w io.Writer) error { return workbook.Write(w, r) }},
		{path: "instances.csv", write: func(w io.Writer) error { return writeInstancesCSV(w, r) }},
	}), create)
}
