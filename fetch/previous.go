package fetch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"gpufleet/fetch/history"
	"gpufleet/fetch/manifest"
	"gpufleet/fetch/parallel"
)

// Previous says where the previous report is. A run compares its list with it and continues its history.
type Previous struct {
	Named  string  // folder or URL, checked by ParsePrevious; "" for the output folder
	Client *Client // for a URL

	AcceptLoss bool          // the run may lose some of the history; see history.Loss
	OwnKey     string        // see history.Collector
	Timeout    time.Duration // for reading a folder; 0 for no limit

	Out      string             // the output folder
	Manifest *manifest.Manifest // of the output folder; nil if there is none or it can't be read
	// Unlisted are the files of the history in the output folder, if it has no manifest that can be read. They are set
	// when the function that Begin returns has returned without an error.
	Unlisted []manifest.File
}

// ParsePrevious checks the value of --previous: an existing folder or the URL of a published site.
func ParsePrevious(text string) (string, error) {
	if IsURL(text) {
		return text, checkSiteURL(text)
	}
	if info, err := os.Stat(text); err != nil || !info.IsDir() {
		return "", fmt.Errorf("no such folder: %s; "+
			"use the folder of a previous report or the https address of its site", text)
	}
	return text, nil
}

// IsURL reports whether the value of --previous is a URL, not a folder.
func IsURL(text string) bool { return strings.Contains(text, "://") }

// Begin starts to read the previous report's history and returns a function that waits for it. A folder is read
// immediately, on another goroutine. A site is read only when wait is called, so that its requests and their progress
// don't mix with those of the API. The sample has no previous report.
//
// The history is never nil, even with an error. Its warnings say what can't be used. The error is a *Error, a
// history.LossError, the context's cause, or that of a folder that can't be opened. The first run has an empty history
// and no error.
func (p *Previous) Begin(ctx context.Context, run history.Head, now time.Time) (wait func() (*history.History, error)) {
	c := history.NewCollector(run, now, p.AcceptLoss)
	c.OwnKey = p.OwnKey
	replaced := history.NewCollector(run, now, p.AcceptLoss)
	replaced.OwnKey = p.OwnKey
	collectAll, collectReplaced := func() error { return nil }, func() error { return nil }
	if run.Source != history.Sample && p.Named != "" {
		collectReplaced = p.inTime(ctx, func(ctx context.Context) error { return p.collectReplaced(ctx, replaced) })
	}
	switch {
	case run.Source == history.Sample:
	case IsURL(p.Named):
		p.Client.Site = true
		collectAll = func() error { return publishedSite{p.Client, p.AcceptLoss}.collect(ctx, c) }
	default:
		collectAll = p.inTime(ctx, func(ctx context.Context) error { return p.collectFolder(ctx, c) })
	}
	return func() (*history.History, error) {
		err, replacedErr := collectAll(), collectReplaced()
		if late := p.late(ctx, err, replacedErr); late != nil { // the reading may go on, and change the history
			return &history.History{}, late
		}
		h := c.History()
		switch {
		case errors.Is(err, errNoManifest):
			warning := fmt.Sprintf("--previous %s: %v; treating this as the first run", p.Named, err)
			h.Warnings = append(h.Warnings, warning)
			err = nil
		case errors.Is(err, errManifestGone):
			h.Lose(history.Loss{What: fmt.Sprintf("--previous %s: %v", p.Named, err),
				Cure: "restore the whole report, or try again later", Goes: "its history"})
			err = nil
		}
		if err == nil {
			err = replacedErr
		}
		if err == nil {
			h.Replace(replaced.History(), "--out "+p.Out)
			err = h.Loss()
		}
		return h, err
	}
}

// late returns an error if the context ended or a folder was not read in time, else nil. The errors are those of
// reading the previous report, and the folder whose history it replaces.
func (p *Previous) late(ctx context.Context, err, replacedErr error) error {
	folder := p.Out
	if errors.Is(err, errDeadline) {
		folder = cmp.Or(p.Named, p.Out)
	}
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, errDeadline) || errors.Is(replacedErr, errDeadline):
		return errorf(BadAPI, "the previous report in %s was not read within %v; "+
			"try again later, or increase --timeout", folder, p.Timeout)
	}
	return nil
}

// inTime starts to read a folder, and returns a function that waits for it. If that takes too long, it returns
// errDeadline. A disk may block, so the reading can't always be ended.
func (p *Previous) inTime(ctx context.Context, read func(context.Context) error) (wait func() error) {
	cancel := func() {}
	if p.Timeout > 0 {
		ctx, cancel = context.WithTimeoutCause(ctx, p.Timeout, errDeadline)
	}
	type result struct {
		err      error
		panicked *parallel.Panic
	}
	ended := make(chan result, 1)
	go func() {
		var r result
		r.panicked = parallel.Catch(func() { r.err = read(ctx) })
		ended <- r
	}()
	return func() error {
		defer cancel()
		var r result
		select {
		case r = <-ended:
		case <-ctx.Done():
			select {
			case r = <-ended: // in time, though wait was called late
			default:
				return context.Cause(ctx)
			}
		}
		if r.panicked != nil {
			panic(r.panicked)
		}
		return r.err
	}
}

// collectFolder reads the history from the folder named by --previous, or else from the output folder.
func (p *Previous) collectFolder(ctx context.Context, c *history.Collector) error {
	path := cmp.Or(p.Named, p.Out)
	folder, err := openFolder(path)
	if errors.Is(err, fs.ErrNotExist) && p.Named == "" {
		return nil
	}
	if err != nil {
		return fmt.Errorf("can't read the previous report in %s: %w", path, err)
	}
	defer folder.close()
	if p.Named == "" || folder.is(p.Out) {
		return p.collectOut(ctx, folder, c)
	}
	unlock, err := folder.lock()
	if err != nil {
		return errorf(Incomplete, "--previous %s: %v", p.Named, err)
	}
	defer unlock()
	m, err := readManifest(ctx, folder)
	var damaged *damage
	if errors.As(err, &damaged) {
		return errorf(BadInput, "--previous %s: %v", p.Named, err)
	}
	if err != nil {
		return err
	}
	return collectReport(ctx, folder, m, c)
}

// collectReplaced reads the history of the output folder, which is replaced by that of another place. A listed file
// that is missing is not lost by this run: it may be that an earlier one was killed before it placed the file.
func (p *Previous) collectReplaced(ctx context.Context, c *history.Collector) error {
	folder, err := openFolder(p.Out)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("can't read the report in %s: %w", p.Out, err)
	}
	defer folder.close()
	if !IsURL(p.Named) && folder.is(p.Named) {
		return nil
	}
	if p.Manifest == nil {
		return p.collectOut(ctx, folder, c)
	}
	found := *p.Manifest
	found.Files = slices.DeleteFunc(slices.Clone(found.Files), func(file manifest.File) bool {
		_, err := folder.find(file.Path)
		return errors.Is(err, fs.ErrNotExist)
	})
	return collectReport(ctx, folder, &found, c)
}

// collectOut reads the history from the output folder, which this run has locked. If its manifest is gone or can't be
// read, whatever there is of a history counts, so that it is not lost.
func (p *Previous) collectOut(ctx context.Context, folder *reportFolder, c *history.Collector) error {
	if p.Manifest != nil {
		return collectReport(ctx, folder, p.Manifest, c)
	}
	c.Unlisted = true
	files, err := folder.findHistory(ctx, c)
	if err != nil {
		return err
	}
	p.Unlisted = files
	return collect(ctx, folder, files, c)
}
