package render

import (
	"context"
	"errors"
	"os"
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

	"gpufleet/render/e2e"
)

// scratch is a folder for all tests of the package: the sites that they read, and the profile of the browser.
var scratch string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if scratch, err = os.MkdirTemp("", "gpufleet-test-"); err != nil {
			panic(err)
		}
		defer os.RemoveAll(scratch)
		defer stopChromium()
		return m.Run()
	}())
}

var stopChromium = func() {}

// chromium is the browser of all tests. Its features are off that chromedp turns off, and those that load the list of
// suggestions below the address bar: Chromium does that for each window, also without a screen, and it takes seconds of
// computing time.
var chromium = sync.OnceValues(func() (context.Context, error) {
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath("chromium"),
		chromedp.NoSandbox,
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-features", "Translate,BlinkGenPropertyTrees,WebUIOmniboxPopup,WebUIOmniboxAimPopup"),
		chromedp.UserDataDir(filepath.Join(scratch, "chromium")),
	)
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	stopChromium = func() { cancel(); stop() }
	return ctx, chromedp.Do(ctx)
})

// startBrowser opens a tab of Chromium whose storage is separate from that of other tests. If Chromium isn't
// installed, the test is skipped; under CI it fails.
func startBrowser(t *testing.T) context.Context {
	t.Helper()
	if !strings.Contains(t.Name(), "Browser") { // make quick skips tests with this name
		t.Fatalf("%s opens a browser: its name must say so", t.Name())
	}
	e2e.Need(t, "chromium", "the pages in a real browser")
	browser, err := chromium()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 10*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// visitor collects a browser's complaints and requests.
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
			if thrown := e.ExceptionDetails.Exception; thrown != nil {
				v.trouble = append(v.trouble, thrown.Description)
			}
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

// open opens a page in a window of a given width and color scheme. It returns by how many pixels the page is wider
// than the window. It fails if the browser complains, or requests something outside the site.
func (v *visitor) open(t *testing.T, site, path string, width int64, scheme string) (overflow int, styled bool) {
	t.Helper()
	v.mu.Lock()
	v.trouble, v.requests = nil, nil
	v.mu.Unlock()
	_, sized := chromedp.Call(v.ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width:             width,
		Height:            900,
		DeviceScaleFactor: 1,
		Mobile:            width < 500,
	})
	_, coloured := chromedp.Call(v.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
	if err := errors.Join(sized, coloured, chromedp.Do(v.ctx, chromedp.Navigate(site+path))); err != nil {
		t.Fatalf("%s%s: %v", site, path, err)
	}
	if state := v.settled(t); state != "" && state != "live" {
		t.Errorf("%s at %d, %s: the explorer is %s", path, width, scheme, state)
	}
	overflow, err := chromedp.Run(v.ctx, chromedp.Evaluate[int](
		`document.documentElement.scrollWidth - document.documentElement.clientWidth`))
	if err != nil {
		t.Fatal(err)
	}
	styled, err = chromedp.Run(v.ctx, chromedp.Evaluate[bool](
		`getComputedStyle(document.body).fontFamily.includes("system-ui")`))
	if err != nil {
		t.Fatal(err)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, trouble := range v.trouble {
		t.Errorf("%s at %d, %s: %s", path, width, scheme, trouble)
	}
	for _, request := range v.requests {
		if !strings.HasPrefix(request, site) && !strings.HasPrefix(request, "data:") && !strings.HasPrefix(request, "blob:") {
			t.Errorf("%s requests %s", path, request)
		}
	}
	return overflow, styled
}

// settled waits until the explorer on the page, if any, has replaced its static list or given up. It returns which of
// them.
func (v *visitor) settled(t *testing.T) string {
	t.Helper()
	state, err := chromedp.Run(v.ctx, chromedp.Evaluate[string](`new Promise(done => {
	const look = () => {
		const explorer = document.querySelector(".explorer");
		if (explorer === null || !document.documentElement.classList.contains("js")) done(""); // no scripts, no timers
		else if (["live", "failed"].includes(explorer.dataset.state)) done(explorer.dataset.state);
		else setTimeout(look, 20);
	};
	look();
})`, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	return state
}
