// Package render writes a report into files. It lists all outputs and writes the website; the packages below it write
// the other formats. Writers only lay out: every figure is computed in package report.
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

// Create opens a file of the output folder for writing. The path is relative, with slashes. It must be safe for use by
// several goroutines.
type Create func(path string) (io.WriteCloser, error)

// Write writes every output of the report, several at once. If several files fail, the error is always about the same
// one.
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
	return writeAll([]output{overview}, create) // last, because it shows the sizes of the others
}

// pageTexts are the notes and the summary as safe HTML.
type pageTexts struct {
	notes                     string // for the overview
	summary                   string // with the notes, for its page
	reportBefore, reportAfter string // for report.html, before and after its charts
}

// textsOf renders the notes and the summary. On every page, relative links in the notes are relative to the output
// folder.
func textsOf(r *report.Report, summary markdown.Summary) (texts pageTexts, err error) {
	root := ""
	if r.BaseURL != "" {
		root = r.BaseURL + "/" // report.html may be read elsewhere
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

// writePrivate writes the files of a private folder: the workbook and the CSV of the instances. The report must be the
// internal one.
func writePrivate(r *report.Report, create Create) error {
	return writeAll([]output{
		{report.WorkbookPath, func(w io.Writer) error { return workbook.Write(w, r) }},
		{report.PrivateCSVPath, func(w io.Writer) error { return data.WriteInstancesCSV(w, r) }},
	}, create)
}

// fileOutputs returns the outputs that are neither pages nor made from the summary. The workbook takes longest and
// comes first, so that the others are written at the same time.
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
		{report.SpendJSONPath, of(data.WriteSpendJSON)},
		{report.SpendCSVPath, of(data.WriteSpendCSV)},
		{report.InstancesJSONPath, of(data.WriteInstancesJSON)},
		{report.ExplorerPath, of(data.WriteExplorer)},
		{report.InstancesCSVPath, of(data.WriteInstancesCSV)},
		{report.GroupsCSVPath, of(data.WriteGroupsCSV)},
		{report.AttentionJSONPath, of(data.WriteAttentionJSON)},
		{report.ChangesJSONPath, of(data.WriteChangesJSON)},
		{report.FeedPath, of(data.WriteFeed)},
	}...)
}

// siteOutputs returns the pages of the website, then the files that they share, always in the same order. The overview
// is separate: it must be written last, because it shows the sizes of other files. summaryHTML and notesHTML are safe
// HTML.
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
	if r.BaseURL != "" && !r.Internal() { // search engines must not find an internal report
		sitemap := func(w io.Writer) error { return data.WriteSitemap(w, r, indexed) }
		outputs = append(outputs, output{report.SitemapPath, sitemap})
	}
	return append(outputs, output{report.NoJekyllPath, func(io.Writer) error { return nil }}), overview
}

// pageWriter renders a page directly into its file, so that no whole page is in memory.
func pageWriter(page templates.Page) func(io.Writer) error {
	return func(w io.Writer) error { return page.Body.Render(context.Background(), w) }
}

// sizes collects the sizes of written files, in bytes by path.
type sizes struct {
	mu sync.Mutex
	of templates.Sizes
}

// counted returns a Create that records the sizes of its files.
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
