package fetch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
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
	Timeout    time.Duration // for reading a folder; 0 for no limit

	Out      string             // the output folder
	Manifest *manifest.Manifest // of the output folder; nil if there is none or it can't be read
	Damaged  bool               // the manifest of the output folder can't be read
}

// ParsePrevious checks the value of --previous: an existing folder or the URL of a published site.
func ParsePrevious(text string) (string, error) {
	if isURL(text) {
		return text, checkSiteURL(text)
	}
	if info, err := os.Stat(text); err != nil || !info.IsDir() {
		return "", fmt.Errorf("no such folder: %s; "+
			"use the folder of a previous report or the https address of its site", text)
	}
	return text, nil
}

// isURL reports whether the value of --previous is a URL, not a folder.
func isURL(text string) bool { return strings.Contains(text, "://") }

// Begin starts to read the previous report's history and returns a function that waits for it. A folder is read
// immediately, on another goroutine. A site is read only when wait is called, so that its requests and their progress
// don't mix with those of the API.
//
// The history is never nil, even with an error. Its warnings say what can't be used. The error is a *Error, the
// context's cause, or that of a folder that can't be opened. The first run has an empty history and no error.
func (p *Previous) Begin(ctx context.Context, run history.Head, now time.Time) (wait func() (*history.History, error)) {
	c := history.NewCollector(run, now, p.AcceptLoss)
	var collectAll func() error
	if isURL(p.Named) {
		p.Client.Site = true
		collectAll = func() error { return publishedSite{p.Client}.collect(ctx, c) }
	} else {
		collectAll = p.inTime(ctx, func(ctx context.Context) error { return p.collectFolder(ctx, c) })
	}
	return func() (*history.History, error) {
		h, err := c.History(), collectAll()
		switch { // in both cases the reading may go on, and change the history
		case ctx.Err() != nil:
			return &history.History{}, context.Cause(ctx)
		case errors.Is(err, errDeadline):
			return &history.History{}, errorf(BadAPI, "the previous report in %s was not read within %v; "+
				"try again later, or increase --timeout", cmp.Or(p.Named, p.Out), p.Timeout)
		}
		if err == nil {
			err = h.Loss()
		}
		if errors.Is(err, errNoManifest) {
			warning := fmt.Sprintf("--previous %s: %v; treating this as the first run", p.Named, err)
			h.Warnings = append(h.Warnings, warning)
			err = nil
		}
		return h, err
	}
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
		select {
		case r := <-ended:
			if r.panicked != nil {
				panic(r.panicked)
			}
			return r.err
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// collectFolder reads the history from the folder named by --previous, or else from the output folder.
func (p *Previous) collectFolder(ctx context.Context, c *history.Collector) error {
	if p.Named == "" && p.Manifest == nil && !p.Damaged {
		return nil
	}
	path := cmp.Or(p.Named, p.Out)
	folder, err := openFolder(path)
	if err != nil {
		return fmt.Errorf("can't read the previous report in %s: %w", path, err)
	}
	defer folder.close()
	files, err := p.files(ctx, folder)
	if err != nil {
		return err
	}
	c.Unlisted = p.Named == "" && p.Manifest == nil
	return collect(ctx, folder, files, c)
}

// files lists the files of the report in a folder. A damaged manifest is an error only if the user named the folder.
// In the output folder it must not cause the loss of the history.
func (p *Previous) files(ctx context.Context, folder *reportFolder) ([]manifest.File, error) {
	switch {
	case p.Named != "":
		files, err := readManifest(ctx, folder)
		var damaged *damage
		if errors.As(err, &damaged) {
			err = errorf(BadInput, "--previous %s: %v", p.Named, err)
		}
		return files, err
	case p.Manifest != nil:
		return p.Manifest.Files, nil
	}
	return folder.findHistory(ctx)
}
