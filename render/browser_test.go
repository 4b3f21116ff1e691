package render

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"gpufleet/fetch/fleet"
	"gpufleet/render/report"
)

// startBrowser starts Chromium, which make test installs. Without it the tests that need it are left out, loudly; under CI
// that is a failure.
func startBrowser(t *testing.T) context.Context {
	t.Helper()
	if _, err := exec.LookPath("chromium"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("Chromium is missing: run make test, which installs it")
		}
		t.Skip("LEFT OUT: the pages in a real browser, for want of Chromium: run make test, which installs it")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath("chromium"), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.UserDataDir(t.TempDir()))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// visitor gathers what a browser complains of and what it asks for.
type visitor struct {
	ctx      context.Context
	mu       sync.Mutex
	trouble  []string
	requests []string
}

func newVisitor(t *testing.T) *visitor {
	t.Helper()
	v := &visitor{ctx: startBrowser(t)}
	err := chromedp.Listen(v.ctx, func(event any) {
		v.mu.Lock()
		defer v.mu.Unlock()
		switch e := event.(type) {
		case *cdplog.EventEntryAdded:
			v.trouble = append(v.trouble, "log: "+e.Entry.Text)
		case *runtime.EventConsoleAPICalled:
			v.trouble = append(v.trouble, "console: "+string(e.Type))
		case *runtime.EventExceptionThrown:
			v.trouble = append(v.trouble, "exception: "+e.ExceptionDetails.Text)
		case *audits.EventIssueAdded:
			v.trouble = append(v.trouble, "issue: "+string(e.Issue.Code))
		case *page.EventJavascriptDialogOpening:
			v.trouble = append(v.trouble, "dialog: "+e.Message)
		case *network.EventRequestWillBeSent:
			v.requests = append(v.requests, e.Request.URL)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	_, logging := chromedp.Call(v.ctx, cdplog.Enable, cdp.Empty{})
	_, auditing := chromedp.Call(v.ctx, audits.Enable, cdp.Empty{})
	_, watching := chromedp.Call(v.ctx, network.Enable, network.EnableParams{})
	if err := errors.Join(logging, auditing, watching); err != nil {
		t.Fatal(err)
	}
	return v
}

// open opens an address in a window of a width and a colour scheme and returns how far the page is wider than the window.
// It fails on whatever the browser complains of and on a request that leaves the site.
func (v *visitor) open(t *testing.T, site, path string, width int64, scheme string) (overflow int, styled bool) {
	t.Helper()
	v.mu.Lock()
	v.trouble, v.requests = nil, nil
	v.mu.Unlock()
	_, sized := chromedp.Call(v.ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 900, DeviceScaleFactor: 1, Mobile: width < 500})
	_, coloured := chromedp.Call(v.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
	if err := errors.Join(sized, coloured, chromedp.Do(v.ctx, chromedp.Navigate(site+path))); err != nil {
		t.Fatalf("%s%s: %v", site, path, err)
	}
	overflow, err := chromedp.Run(v.ctx, chromedp.Evaluate[int](`document.documentElement.scrollWidth - document.documentElement.clientWidth`))
	if err != nil {
		t.Fatal(err)
	}
	styled, err = chromedp.Run(v.ctx, chromedp.Evaluate[bool](`getComputedStyle(document.body).fontFamily.includes("system-ui")`))
	if err != nil {
		t.Fatal(err)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, trouble := range v.trouble {
		t.Errorf("%s at %d, %s: %s", path, width, scheme, trouble)
	}
	for _, request := range v.requests {
		if !strings.HasPrefix(request, site) && !strings.HasPrefix(request, "data:") {
			t.Errorf("%s asks for %s", path, request)
		}
	}
	return overflow, styled
}

// place writes a report's files into a folder.
func place(t *testing.T, dir string, r *report.Report) {
	t.Helper()
	err := Write(r, func(path string) (io.WriteCloser, error) {
		target := filepath.Join(dir, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return nil, err
		}
		return os.Create(target)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// wildFleet has names as they should not be: markup, no place to break a line, other scripts, and every status.
func wildFleet(t *testing.T) *report.Report {
	names := []string{"<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, strings.Repeat("unbroken", 100), "שלום", "北京", "javascript:alert(1)",
		"<style>*{display:none}</style>", "{{7*7}}", "https://evil.example/x.png", "plain"}
	statuses := []string{"Running", "Stopped", "Error", "Deploying", "Deleted", "<b>odd</b>", ""}
	price, err := fleet.ParseMoney("1234.567")
	if err != nil {
		t.Fatal(err)
	}
	var list []*fleet.Instance
	for i := range 600 {
		in := &fleet.Instance{ID: fmt.Sprint(i), Region: "CANADA-1", GPU: "RTX-A6000", HostName: names[i%len(names)], Status: statuses[i%len(statuses)],
			OS: names[(i+3)%len(names)], GPUCount: fleet.Known(float64(i % 9)), RAM: fleet.Known(58.0)}
		if i < 40 {
			in.Region, in.GPU = names[i%len(names)], names[(i/4)%len(names)]
		}
		if i%3 > 0 {
			in.Price = fleet.Known(price)
		}
		list = append(list, in)
	}
	return reportOf(list...)
}

// TestPagesInBrowser opens a page of each type, on a phone and a wide screen, light and dark: under a path of a server, and
// from a disk.
func TestPagesInBrowser(t *testing.T) {
	v := newVisitor(t)
	dir := t.TempDir()
	place(t, dir, wildFleet(t))
	server := httptest.NewServer(http.StripPrefix("/some/sub/path", http.FileServer(http.Dir(dir))))
	defer server.Close()
	pages := []string{"index.html", "404.html", "instances/index.html", "instances/page-2.html", "summary/index.html", "about/index.html", "changes/index.html",
		"regions/index.html", "models/index.html", "regions/canada-1/index.html", "regions/canada-1/rtx-a6000/index.html", "models/rtx-a6000/index.html"}
	for _, site := range []string{server.URL + "/some/sub/path/", "file://" + dir + "/"} {
		for _, path := range pages {
			for _, width := range []int64{390, 1280} {
				for _, scheme := range []string{"light", "dark"} {
					// The file server sends index.html's own address to its folder's, as many do.
					address := strings.TrimSuffix(path, "index.html")
					if strings.HasPrefix(site, "file") {
						address = path
					}
					overflow, styled := v.open(t, site, address, width, scheme)
					if overflow > 0 {
						t.Errorf("%s is %d pixels wider than a window of %d", path, overflow, width)
					}
					if !styled {
						t.Errorf("%s%s has no style", site, path)
					}
				}
			}
		}
	}
}
