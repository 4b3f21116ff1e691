// Package render writes a report into files: it has the list of all outputs and writes the site. The formats of the
// other outputs are those of the packages below it. No writer computes anything: each lays out what the report says.
package render

import (
	"context"
	"io"
	"sync"

	"gpufleet/fetch/history"
	"gpufleet/render/data"
	"gpufleet/render/markdown"
	"gpufleet/render/report"
	"gpufleet/render/workbook"
	"gpufleet/static"
	"gpufleet/templates"
)

// Create opens a file of the output folder for writing. The path is relative, with slashes. It is called from several
// goroutines.
type Create func(path string) (io.WriteCloser, error)

// Write writes every output of the report, several at once. If files can't be written, the error is that of create or
// of the file, and it is about the same file each time.
func Write(r *report.Report, create Create) error {
	summary := markdown.NewSummary(r)
	texts, err := textsOf(r, summary)
	if err != nil {
		return err
	}
	sizes := &sizes{of: templates.Sizes{}}
	site, overview := siteOutputs(r, texts.summary, texts.notes, sizes.of)
	outputs := append(fileOutputs(r), []output{
		{report.MarkdownPath, summary.Write},
		{report.ReportPath, pageWriter(templates.ReportFile(r, texts.reportBefore, texts.reportAfter))},
	}...)
	if err := writeAll(append(outputs, site...), sizes.counted(create)); err != nil {
		return err
	}
	return writeAll([]output{overview}, create) // which tells the sizes of the others
}

// pageTexts are the notes and the summary as safe HTML.
type pageTexts struct {
	notes                     string // for the overview
	summary                   string // with the notes, for its page
	reportBefore, reportAfter string // the same around the charts of the report in one file
}

// textsOf renders the notes and the summary. Relative links of the notes start at the folder of the site, whatever the
// page.
func textsOf(r *report.Report, summary markdown.Summary) (texts pageTexts, err error) {
	root := ""
	if r.BaseURL != "" {
		root = r.BaseURL + "/" // a report in one file may be read anywhere
	}
	notes, err := markdown.NotesHTML(r.Notes, "", "../", root)
	if err != nil {
		return texts, err
	}
	head, before, after := summary.Head, summary.BeforeCharts, summary.AfterCharts
	for _, part := range []*string{&head, &before, &after} {
		if *part, err = markdown.HTML(*part); err != nil {
			return texts, err
		}
	}
	return pageTexts{notes[0], head + notes[1] + before + after, head + notes[2] + before, after}, nil
}

// writePrivate writes the files of a private folder, of a report for an internal audience: the workbook and the CSV
// of the instances.
func writePrivate(r *report.Report, create Create) error {
	return writeAll([]output{
		{report.WorkbookPath, func(w io.Writer) error { return workbook.Write(w, r) }},
		{report.PrivateCSVPath, func(w io.Writer) error { return data.WriteInstancesCSV(w, r) }},
	}, create)
}

// fileOutputs returns the outputs that are neither pages nor made from the summary. The workbook takes longest and
// comes first: the others are written meanwhile.
func fileOutputs(r *report.Report) []output {
	of := func(write func(io.Writer, *report.Report) error) func(io.Writer) error {
		return func(w io.Writer) error { return write(w, r) }
	}
	outputs := []output{{report.WorkbookPath, of(workbook.Write)}}
	for _, s := range r.Snapshots {
		outputs = append(outputs, output{s.Path(), func(w io.Writer) error { _, err := s.WriteTo(w); return err }})
	}
	return append(outputs, []output{
		{report.HistoryPath, func(w io.Writer) error { return history.WriteDays(w, r.Head(), r.Days) }},
		{report.InstancesJSONPath, of(data.WriteInstancesJSON)},
		{report.ExplorerPath, of(data.WriteExplorer)},
		{report.InstancesCSVPath, of(data.WriteInstancesCSV)},
		{report.GroupsCSVPath, of(data.WriteGroupsCSV)},
		{report.ChangesJSONPath, of(data.WriteChangesJSON)},
		{report.FeedPath, of(data.WriteFeed)},
	}...)
}

// siteOutputs returns the site: its pages, then the files that all of them share, always in the same order. The
// overview is apart: it tells the sizes of other files, which must be known by then. summaryHTML and notesHTML are
// safe HTML.
func siteOutputs(r *report.Report, summaryHTML, notesHTML string, sizes templates.Sizes) (
	outputs []output, overview output) {
	var indexed []string
	for page := range templates.Pages(r, summaryHTML, notesHTML, sizes) {
		if page.Path != report.NotFoundPath {
			indexed = append(indexed, page.Path)
		}
		if page.Path == report.OverviewPath {
			overview = output{page.Path, pageWriter(page)}
			continue
		}
		outputs = append(outputs, output{page.Path, pageWriter(page)})
	}
	for _, file := range static.Files() {
		copyContent := func(w io.Writer) error { _, err := io.WriteString(w, file.Content); return err }
		outputs = append(outputs, output{file.Path, copyContent})
	}
	if r.BaseURL != "" && !r.Internal() { // what is internal is not for search engines
		sitemap := func(w io.Writer) error { return data.WriteSitemap(w, r, indexed) }
		outputs = append(outputs, output{report.SitemapPath, sitemap})
	}
	return append(outputs, output{report.NoJekyllPath, func(io.Writer) error { return nil }}), overview
}

// pageWriter renders a page straight into its file, so that memory holds no whole page.
func pageWriter(page templates.Page) func(io.Writer) error {
	return func(w io.Writer) error { return page.Body.Render(context.Background(), w) }
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
