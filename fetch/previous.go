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

// Previous says where the report is that a run compares with and carries on.
type Previous struct {
	Named  string  // what --previous names, checked by ParsePrevious; "" for the output folder
	Client *Client // for the URL of a site; not used for a folder

	Out      string             // the output folder
	Manifest *manifest.Manifest // of the output folder; nil if it has none that can be read
	Damaged  bool               // the output folder has a manifest that can't be read
}

// ParsePrevious checks what --previous names: a folder that exists, or the address of a published site.
func ParsePrevious(text string) (string, error) {
	if isURL(text) {
		return text, checkSiteURL(text)
	}
	if info, err := os.Stat(text); err != nil || !info.IsDir() {
		return "", fmt.Errorf("no such folder: %s: "+
			"give the folder of an earlier report, or the https address of its site", text)
	}
	return text, nil
}

// isURL reports whether --previous names a site and not a folder.
func isURL(text string) bool { return strings.Contains(text, "://") }

// Begin begins to read the report, for a run at that time, and returns a function that waits for the end. A folder is
// read at once, on another goroutine. A site is read only when it is waited for: so requests come one after the
// other, and so does what the terminal says of them.
//
// The past is never nil. Its warnings say what can't be used, with an error too. An error is a *Error, the context's
// cause, or that of a folder that can't be opened. The first run has an empty past, without an error.
func (p *Previous) Begin(ctx context.Context, run history.Head, now time.Time) (wait func() (*history.Past, error)) {
	c := &history.Collector{Run: run, Now: now}
	var collected func() error
	if isURL(p.Named) {
		p.Client.Site = true
		collected = func() error { return publishedSite{p.Client}.collect(ctx, c) }
	} else {
		collected = parallel.Go(func() error { return p.collectFolder(ctx, c) })
	}
	return func() (*history.Past, error) {
		past, err := c.Past(), collected()
		if errors.Is(err, errNoManifest) {
			first := fmt.Sprintf("--previous %s: %v: this counts as the first run", p.Named, err)
			past.Warnings = append(past.Warnings, first)
			err = nil
		}
		return past, err
	}
}

// collectFolder gathers the past from the folder that --previous names, or else from the output folder.
func (p *Previous) collectFolder(ctx context.Context, c *history.Collector) error {
	if p.Named == "" && p.Manifest == nil && !p.Damaged {
		return nil
	}
	path := cmp.Or(p.Named, p.Out)
	folder, err := openFolder(path)
	if err != nil {
		return fmt.Errorf("read the earlier report in %s: %w", path, err)
	}
	defer folder.close()
	files, err := p.files(ctx, folder)
	if err != nil {
		return err
	}
	c.Unlisted = p.Named == "" && p.Manifest == nil
	return collect(ctx, folder, files, c)
}

// files lists the files of the report in a folder. A damaged manifest is an error only where the user named the
// folder: in the output folder it must not cost the history.
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
	return folder.found(ctx)
}
