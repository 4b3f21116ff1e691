package fetch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
	"gpufleet/fetch/manifest"
)

var today = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func runHead() history.Head { return history.Head{Source: "file", Audience: "public", Currency: "USD"} }

// previousReport returns the files of a report with a history and with snapshots of the given numbers of days ago.
func previousReport(t *testing.T, days ...int) map[string]string {
	t.Helper()
	files := map[string]string{}
	var entries []history.Entry
	for _, ago := range days {
		taken := today.AddDate(0, 0, -ago)
		s := history.NewSnapshot(runHead(), taken, []*fleet.Instance{{ID: "1", Status: "Running"}})
		var b bytes.Buffer
		s.WriteTo(&b)
		files[s.Path()] = b.String()
		entries = append(entries, history.Entry{Date: history.DateText(taken), Taken: taken})
	}
	var b bytes.Buffer
	if err := history.WriteDays(&b, runHead(), entries); err != nil {
		t.Fatal(err)
	}
	files[history.HistoryPath] = b.String()
	return files
}

func listedOf(files map[string]string) []manifest.File {
	var all []manifest.File
	for path, content := range files {
		all = append(all, manifest.FileOf(path, []byte(content)))
	}
	return all
}

// manifestOf returns the bytes of the files' manifest.
func manifestOf(t *testing.T, files map[string]string) []byte {
	t.Helper()
	content, err := manifest.Manifest{Schema: manifest.Schema, Files: listedOf(files)}.Encode()
	if err != nil {
		t.Error(err)
	}
	return content
}

// site serves files and their manifest. before is called first; it returns true if it has answered.
func site(t *testing.T, files map[string]string, before func(w http.ResponseWriter, r *http.Request) bool) *api {
	t.Helper()
	listed := manifestOf(t, files)
	return newAPI(t, func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimPrefix(r.URL.Path, "/fleet/")
		content, ok := files[path]
		switch {
		case before != nil && before(w, r):
		case path == "manifest.json":
			w.Write(listed)
		case ok:
			io.WriteString(w, content)
		default:
			http.NotFound(w, r)
		}
	})
}

func (a *api) collect(address string) (*history.History, error) {
	client, _ := a.client()
	client.Site, client.URL = true, address
	c := history.NewCollector(runHead(), today, false)
	err := publishedSite{client, false}.collect(context.Background(), c)
	return c.History(), err
}

// TestSite reads a whole report, and checks that requests tell the site nothing about us but the program's name.
func TestSite(t *testing.T) {
	a := site(t, previousReport(t, 8, 3, 0), nil)
	p, err := a.collect(a.URL + "/fleet/")
	if err != nil || len(p.Snapshots) != 3 || len(p.Days) != 3 || len(p.Warnings) > 0 {
		t.Fatalf("%+v, %v", p, err)
	}
	got := p.Snapshots[0].Path() + " " + p.Snapshots[2].Path()
	if got != "data/snapshots/2026-11-14.json.gz data/snapshots/2026-11-22.json.gz" {
		t.Error(got)
	}
	for _, r := range a.requests {
		hasToken := strings.Contains(fmt.Sprint(r.Header), "the-token")
		if r.Header.Get("Authorization") != "" || r.Header.Get("Cookie") != "" || hasToken {
			t.Errorf("a token was sent: %v", r.Header)
		}
		if r.Header.Get("User-Agent") != "gpufleet/test" || r.Header.Get("Accept-Encoding") != "identity" {
			t.Errorf("headers %v", r.Header)
		}
	}
}

// TestSiteTrouble has a case for each way in which a site can fail.
func TestSiteTrouble(t *testing.T) {
	const oldest = "data/snapshots/2026-11-14.json.gz"
	answer := func(path string, code int, body string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.HasSuffix(r.URL.Path, path) {
				return false
			}
			w.WriteHeader(code)
			io.WriteString(w, body)
			return true
		}
	}
	cut := func(path string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if strings.HasSuffix(r.URL.Path, path) {
				w.Header().Set("Content-Length", "1000")
				io.WriteString(w, "{")
				return true
			}
			return false
		}
	}
	once := func(answer func(http.ResponseWriter, *http.Request) bool) func(http.ResponseWriter, *http.Request) bool {
		answered := false
		return func(w http.ResponseWriter, r *http.Request) bool {
			if answered {
				return false
			}
			answered = answer(w, r)
			return answered
		}
	}
	tests := []struct {
		name      string
		answer    func(http.ResponseWriter, *http.Request) bool
		err       string // what the error says; "" for none
		first     bool   // counts as the first run
		snapshots int
	}{
		{"no manifest", answer("manifest.json", 404, ""), "", true, 0},
		{"manifest gone", answer("manifest.json", 410, ""), "410 from GET", false, 0},
		{"manifest forbidden", answer("manifest.json", 403, ""), "403 from GET", false, 0},
		{"manifest in trouble", answer("manifest.json", 500, ""), "tried 4 times", false, 0},
		{"manifest later", answer("manifest.json", 503, ""), "503 from GET", false, 0},
		{"manifest is a page", answer("manifest.json", 200, "<html>CANARY"),
			"a web page came back in place of the file", false, 0},
		{"manifest is damaged", answer("manifest.json", 200, "CANARY"), "invalid manifest.json", false, 0},
		{"file is a page", answer(oldest, 200, "<html>CANARY"), "a web page came back in place of the file",
			false, 0},
		{"manifest is cut", cut("manifest.json"), "closed before", false, 0},
		{"file missing", answer(oldest, 404, ""), "404 from GET", false, 0},
		{"file in trouble", answer(oldest, 502, ""), "502 from GET", false, 0},
		{"file forbidden", answer(oldest, 403, ""), "403 from GET", false, 0},
		{"file is cut", cut(oldest), "closed before", false, 0},
		{"file lies", answer(oldest, 200, "CANARY"),
			"it does not match manifest.json, so the site is incomplete: try again later", false, 0},
		{"file is longer", answer(oldest, 200, strings.Repeat("CANARY", 1000)), "tried 4 times", false, 0},
		{"history is of another run", answer("history.json", 200, "{}"),
			"history.json: it does not match manifest.json", false, 0},
		{"history is empty", answer("history.json", 200, ""), "history.json: it does not match manifest.json",
			false, 0},
		{"history is empty once", once(answer("history.json", 200, "")), "", false, 2},
	}
	for _, test := range tests {
		a := site(t, previousReport(t, 8, 3), test.answer)
		p, err := a.collect(a.URL + "/fleet")
		var known *Error
		switch {
		case test.err != "" && (!errors.As(err, &known) || known.Kind != BadAPI || !strings.Contains(err.Error(), test.err)):
			t.Errorf("%s: error %v, want %q", test.name, err, test.err)
		case test.first != errors.Is(err, errNoManifest), test.err == "" && !test.first && err != nil:
			t.Errorf("%s: %v", test.name, err)
		}
		said := fmt.Sprint(err, p.Warnings)
		if len(p.Snapshots) != test.snapshots || strings.Contains(said, "CANARY") || len(p.Warnings) > 0 {
			t.Errorf("%s: %d snapshots; %s", test.name, len(p.Snapshots), said)
		}
	}
}

func TestSiteUnreachable(t *testing.T) {
	a := site(t, nil, nil)
	a.Close()
	_, err := a.collect(a.URL)
	var known *Error
	if !errors.As(err, &known) || known.Kind != BadAPI || !strings.Contains(err.Error(), "refused") {
		t.Error(err)
	}
}

func TestSiteIsTooSlow(t *testing.T) {
	a := site(t, nil, func(_ http.ResponseWriter, r *http.Request) bool { <-r.Context().Done(); return true })
	client, _ := a.client()
	client.Site, client.URL, client.Timeout = true, a.URL, 50*time.Millisecond
	var known *Error
	err := publishedSite{client, false}.collect(context.Background(), &history.Collector{Run: runHead(), Now: today})
	if !errors.As(err, &known) || known.Kind != BadAPI || !strings.Contains(err.Error(), "--timeout") {
		t.Error(err)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	stopped := errors.New("stopped")
	cancel(stopped)
	if err := (publishedSite{client, false}).collect(ctx, &history.Collector{}); !errors.Is(err, stopped) {
		t.Error(err)
	}
}

// TestSiteRetries recovers from a site that fails twice.
func TestSiteRetries(t *testing.T) {
	var failures atomic.Int64
	a := site(t, previousReport(t, 3), func(w http.ResponseWriter, _ *http.Request) bool {
		if failures.Add(1) <= 2 {
			w.WriteHeader(503)
			return true
		}
		return false
	})
	if p, err := a.collect(a.URL + "/fleet"); err != nil || len(p.Snapshots) != 1 {
		t.Errorf("%+v, %v", p, err)
	}
}

// TestSiteReadsListedFilesOnly lists files that aren't part of the history, and paths that lead elsewhere. Neither
// may be requested.
func TestSiteReadsListedFilesOnly(t *testing.T) {
	files := previousReport(t, 3)
	files["index.html"], files["data/snapshots/2026-13-01.json.gz"], files["data/snapshots/../x.json.gz"] = "a", "b", "c"
	files["data/snapshots/2027-01-01.json.gz"] = "to come"
	a := site(t, files, nil)
	p, err := a.collect(a.URL + "/fleet")
	loss := p.Loss()
	if err != nil || len(p.Snapshots) != 1 || loss == nil || !strings.Contains(loss.Error(), "2027-01-01") {
		t.Fatalf("%+v, %v, %v", p, err, loss)
	}
	if len(a.requests) != 3 {
		t.Errorf("%d requests, want those of manifest, snapshot and history", len(a.requests))
	}
}

// TestSiteRedirects follows up to three redirects from https to https, and no others.
func TestSiteRedirects(t *testing.T) {
	files := previousReport(t, 3)
	var plain, secure *httptest.Server
	answer := func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("a token was sent")
		}
		hops := map[string]string{
			"/hop3/":   "/hop2/",
			"/hop2/":   "/hop1/",
			"/hop1/":   "/fleet/",
			"/hop4/":   "/hop3/",
			"/loop/":   "/loop/",
			"/plain/":  plain.URL + "/fleet/",
			"/secure/": secure.URL + "/fleet/",
			"/user/":   "https://u:p@" + secure.Listener.Addr().String() + "/fleet/",
		}
		for from, to := range hops {
			if file, ok := strings.CutPrefix(r.URL.Path, from); ok {
				http.Redirect(w, r, to+file, http.StatusMovedPermanently)
				return
			}
		}
		if r.URL.Path == "/fleet/manifest.json" {
			w.Write(manifestOf(t, files))
			return
		}
		io.WriteString(w, files[strings.TrimPrefix(r.URL.Path, "/fleet/")])
	}
	plain, secure = httptest.NewServer(http.HandlerFunc(answer)), httptest.NewTLSServer(http.HandlerFunc(answer))
	defer plain.Close()
	defer secure.Close()
	for address, want := range map[string]string{
		secure.URL + "/hop3":  "",
		secure.URL + "/hop4":  "more than 3 times",
		secure.URL + "/loop":  "more than 3 times",
		secure.URL + "/plain": "without https",
		secure.URL + "/user":  "user name",
		plain.URL + "/hop3":   "",
		plain.URL + "/plain":  "",
		plain.URL + "/secure": "without https",
	} {
		c := &history.Collector{Run: runHead(), Now: today}
		client := &Client{
			URL:       address,
			Site:      true,
			Token:     "the-token",
			Timeout:   10 * time.Second,
			Transport: secure.Client().Transport.(*http.Transport),
		}
		err := publishedSite{client, false}.collect(context.Background(), c)
		var known *Error
		switch {
		case want == "" && (err != nil || len(c.History().Snapshots) != 1):
			t.Errorf("%s: %v, %+v", address, err, c.History())
		case want != "" && (!errors.As(err, &known) || known.Kind != BadAPI || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v, want %q", address, err, want)
		}
	}
}

func TestCheckSiteURL(t *testing.T) {
	for text, good := range map[string]bool{
		"https://example.org":           true,
		"https://example.org/fleet/":    true,
		"http://127.0.0.1:8080":         true,
		"http://localhost/x":            true,
		"http://[::1]/":                 true,
		"http://example.org":            false,
		"ftp://example.org":             false,
		"https://u:SECRET@example.org":  false,
		"https://u@example.org":         false,
		"https://example.org?a=SECRET":  false,
		"https://example.org?":          false,
		"https://example.org#":          false,
		"https://":                      false,
		"example.org":                   false,
		"https://:80":                   false,
		"https://xn--bcher-kva.example": true,
		"https://[2001:db8::1]:8443/a":  true,
		"https://example.org/a..b/":     true,
		"https://b\u00fccher.example":   false,
		`https://ex"><b>.org/a`:         false,
		"https://example.org:99999":     false,
		"https://example.org:":          false,
		"https://example.org/a/../b":    false,
		"https://example.org/a/%2e%2E":  false,
	} {
		err := checkSiteURL(text)
		if (err == nil) != good || err != nil && strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestFolder reads a folder in which some files are invalid: only those are lost.
func TestFolder(t *testing.T) {
	dir := t.TempDir()
	files := previousReport(t, 8, 7, 6, 5, 4, 3)
	listed := listedOf(files)
	for path, content := range files {
		os.MkdirAll(filepath.Dir(filepath.Join(dir, path)), 0o755)
		if err := os.WriteFile(filepath.Join(dir, path), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	snapshot := func(ago int) string { return filepath.Join(dir, history.SnapshotPath(today.AddDate(0, 0, -ago))) }
	outside := filepath.Join(t.TempDir(), "x")
	content, _ := os.ReadFile(snapshot(8))
	err := errors.Join(os.WriteFile(outside, content, 0o644), os.Remove(snapshot(8)), os.Symlink(outside, snapshot(8)),
		os.WriteFile(snapshot(7), []byte("CANARY"), 0o644), os.Remove(snapshot(6)),
		os.Remove(snapshot(5)), os.Mkdir(snapshot(5), 0o755),
		os.Remove(snapshot(4)), os.Symlink(filepath.Base(snapshot(3)), snapshot(4)))
	if err != nil {
		t.Fatal(err)
	}
	folder, err := openFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.close()
	c := history.NewCollector(runHead(), today, true)
	if err := collect(context.Background(), folder, listed, c); err != nil {
		t.Fatal(err)
	}
	p := c.History()
	warnings := strings.Join(p.Warnings, "\n")
	if len(p.Snapshots) != 1 || len(p.Days) != 6 || len(p.Warnings) != 5 || strings.Contains(warnings, "CANARY") {
		t.Errorf("%d snapshots, %d days, warnings:\n%s", len(p.Snapshots), len(p.Days), warnings)
	}
	if _, err := readManifest(context.Background(), folder); !errors.Is(err, errNoManifest) {
		t.Error(err)
	}
	if err := os.Rename(filepath.Join(dir, "data"), filepath.Join(dir, "moved")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("moved", filepath.Join(dir, "data")); err != nil {
		t.Fatal(err)
	}
	c = history.NewCollector(runHead(), today, true)
	err = collect(context.Background(), folder, listed, c)
	if err != nil || len(c.History().Snapshots)+len(c.History().Days) > 0 {
		t.Errorf("a symlink on the way was followed: %v", err)
	}
}

// TestUnfinished checks that a missing file is no loss if a run was killed before it placed the file, or after it
// removed the file.
func TestUnfinished(t *testing.T) {
	t.Parallel()
	zeros := strings.Repeat("0", 64)
	index := manifest.File{Path: manifest.IndexPath, Size: 1, SHA256: zeros}
	newIndex := manifest.File{Path: index.Path, Size: 2, SHA256: zeros}
	newSnapshot := manifest.File{Path: history.SnapshotPath(today.AddDate(0, 0, -1)), Size: 2, SHA256: zeros}
	for name, test := range map[string]struct {
		days     []int           // snapshots in the manifest
		missing  int             // of these, not in the folder
		extra    []manifest.File // also in the manifest
		hasIndex bool
		loss     bool
	}{
		"whole":                      {[]int{3, 1}, 0, []manifest.File{index}, true, false},
		"deleted by someone":         {[]int{3, 1}, 3, []manifest.File{index}, true, true},
		"replacing":                  {[]int{3, 1}, 1, []manifest.File{index, newIndex}, true, false},
		"replaced, then deleted":     {[]int{3, 1}, 1, []manifest.File{index, newIndex, newSnapshot}, true, true},
		"first run":                  {[]int{1}, 1, []manifest.File{index}, false, false},
		"first run, all placed":      {[]int{1}, 1, []manifest.File{index}, true, true},
		"several days without index": {[]int{3, 1}, 1, []manifest.File{index}, false, true},
	} {
		dir := t.TempDir()
		files := previousReport(t, test.days...)
		listed := append(listedOf(files), test.extra...)
		if test.missing > 0 {
			delete(files, history.SnapshotPath(today.AddDate(0, 0, -test.missing)))
		}
		if test.hasIndex {
			files[manifest.IndexPath] = "?"
		}
		saveAll(t, dir, files)
		previous := Previous{Out: dir, Manifest: &manifest.Manifest{Files: listed}}
		if _, err := previous.Begin(t.Context(), runHead(), today)(); (err != nil) != test.loss {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// saveAll writes files into a folder.
func saveAll(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for path, content := range files {
		name := filepath.Join(dir, path)
		err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte(content), 0o644))
		if err != nil {
			t.Fatal(err)
		}
	}
}

// interrupting is a reportReader that interrupts the run when data/history.json is read.
type interrupting struct {
	reportReader
	interrupt func()
}

func (p interrupting) read(ctx context.Context, path string, limit int64, isValid func([]byte) bool) ([]byte, error) {
	content, err := p.reportReader.read(ctx, path, limit, isValid)
	if path == history.HistoryPath {
		p.interrupt()
	}
	return content, err
}

// TestInterruptedDecoding checks that a run which is interrupted while it decodes snapshots ends with the
// interruption, not with an error about unread snapshots.
func TestInterruptedDecoding(t *testing.T) {
	dir := t.TempDir()
	files := previousReport(t, 8, 3)
	for path, content := range files {
		name := filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	folder, err := openFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.close()
	ctx, cancel := context.WithCancelCause(t.Context())
	stopped := errors.New("stopped")
	c := &history.Collector{Run: runHead(), Now: today}
	err = collect(ctx, interrupting{folder, func() { cancel(stopped) }}, listedOf(files), c)
	if !errors.Is(err, stopped) || len(c.History().Warnings) > 0 {
		t.Errorf("warnings %q, error %v", c.History().Warnings, err)
	}
}

// TestCheckAccount checks when a list is taken for that of another account.
func TestCheckAccount(t *testing.T) {
	list := func(prefix string, count int, created time.Time) (list []*fleet.Instance) {
		for i := range count {
			list = append(list, &fleet.Instance{ID: fmt.Sprint(prefix, i), CreatedAt: created})
		}
		return append(list, &fleet.Instance{})
	}
	before, after, never := today.Add(-time.Hour), today.Add(time.Hour), time.Time{}
	for name, test := range map[string]struct {
		old, new []*fleet.Instance
		other    bool
	}{
		"no list before":       {nil, list("b", 5, before), false},
		"five others":          {list("a", 5, before), list("b", 5, before), true},
		"without times":        {list("a", 5, never), list("b", 5, never), true},
		"some older":           {list("a", 5, before), append(list("b", 1, before), list("c", 5, after)...), true},
		"all are new":          {list("a", 5, before), list("b", 5, after), false},
		"new or without times": {list("a", 5, before), append(list("b", 4, never), list("c", 1, after)...), false},
		"one in common":        {list("a", 500, before), append(list("b", 5, before), &fleet.Instance{ID: "a7"}), false},
		"four before":          {list("a", 4, before), list("b", 500, before), false},
		"four now":             {list("a", 500, before), list("b", 4, before), false},
		"none now":             {list("a", 500, before), nil, false},
	} {
		h := &history.History{}
		if test.old != nil {
			h.Snapshots = []*history.Snapshot{history.NewSnapshot(runHead(), today, test.old)}
		}
		err := CheckAccount(t.Context(), h, test.new, FirstCreated(test.new))
		if (err != nil) != test.other {
			t.Errorf("%s: %v", name, err)
		}
		if test.other {
			wantError(t, err, Incomplete)
		}
	}
}

// TestCleanedTextsReadAgain checks that every text that the decoder of replies returns is valid in a snapshot.
func TestCleanedTextsReadAgain(t *testing.T) {
	for _, raw := range []string{
		"a\u0007b", "\u202ea", "a\ufffeb", "\ufdd0", "\xff", " a\u00a0", "\u0085x", "é😀", "x\u2028y",
		strings.Repeat("é", 2000), strings.Repeat("x", 1024) + " y", "\u200b", "\ufeffa",
	} {
		text, _ := fleet.CleanText([]byte(raw), false)
		if text == "" {
			continue
		}
		s := history.NewSnapshot(runHead(), today, []*fleet.Instance{{ID: "1", HostName: text}})
		var b bytes.Buffer
		s.WriteTo(&b)
		if _, err := history.ReadSnapshot(b.Bytes()); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestPrevious reads the previous report from every possible location.
func TestPrevious(t *testing.T) {
	files := previousReport(t, 8, 3)
	report, empty, broken, bare := t.TempDir(), t.TempDir(), t.TempDir(), t.TempDir()
	gone := filepath.Join(t.TempDir(), "gone")
	save := func(dir, path, content string) {
		name := filepath.Join(dir, path)
		err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte(content), 0o644))
		if err != nil {
			t.Fatal(err)
		}
	}
	for path, content := range files {
		save(report, path, content)
		save(broken, path, content)
		save(bare, path, content)
	}
	save(bare, manifest.IndexPath, "<html>")
	save(report, manifest.Path, string(manifestOf(t, files)))
	save(broken, manifest.Path, "{")
	listed := &manifest.Manifest{Files: listedOf(files)}
	a := site(t, files, nil)
	const firstRun = ": no manifest.json; treating this as the first run"
	for name, test := range map[string]struct {
		previous  Previous
		snapshots int
		warning   string
		err       string
	}{
		"first run":           {Previous{Out: gone}, 0, "", ""},
		"empty folder":        {Previous{Out: empty}, 0, "", ""},
		"manifest gone":       {Previous{Out: bare}, 2, "", ""},
		"output folder":       {Previous{Out: report, Manifest: listed}, 2, "", ""},
		"broken manifest":     {Previous{Out: broken}, 2, "", ""},
		"named folder":        {Previous{Named: report, Out: broken}, 2, "", ""},
		"named first":         {Previous{Named: empty, Out: gone}, 0, empty + firstRun, ""},
		"named over days":     {Previous{Named: empty, Out: report, Manifest: listed}, 0, empty + firstRun, "lacks: 2 days"},
		"named and broken":    {Previous{Named: broken, Out: report}, 0, "", broken + ": invalid manifest.json"},
		"named and gone":      {Previous{Named: gone, Out: report}, 0, "", "can't read the previous report in " + gone},
		"named, without one":  {Previous{Named: bare, Out: gone}, 0, "", "has an index.html but no manifest.json"},
		"the same folder":     {Previous{Named: broken + "/.", Out: broken}, 2, "", ""},
		"site":                {Previous{Named: a.URL + "/fleet", Out: broken}, 2, "", ""},
		"site first":          {Previous{Named: a.URL + "/none", Out: empty}, 0, a.URL + "/none" + firstRun, ""},
		"site over days":      {Previous{Named: a.URL + "/none", Out: report}, 0, a.URL + "/none" + firstRun, "2 days"},
		"site that is no URL": {Previous{Named: "https://[", Out: report}, 0, "", "can't read"},
	} {
		t.Run(name, func(t *testing.T) {
			if test.warning != "" {
				test.warning = "--previous " + test.warning
			}
			test.previous.Client, _ = a.client()
			test.previous.Client.URL = test.previous.Named
			previous, err := test.previous.Begin(t.Context(), runHead(), today)()
			if len(previous.Snapshots) != test.snapshots || strings.Join(previous.Warnings, "\n") != test.warning {
				t.Errorf("%d snapshots, warnings %q", len(previous.Snapshots), previous.Warnings)
			}
			if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Errorf("error %v, want %q", err, test.err)
			}
			if name == "named and broken" {
				wantError(t, err, BadInput)
			}
		})
	}
}

// TestPreviousFolderInTime checks that a folder is read within the time limit, even if its disk blocks.
func TestPreviousFolderInTime(t *testing.T) {
	report := t.TempDir()
	for path, content := range previousReport(t, 3) {
		if err := errors.Join(os.MkdirAll(filepath.Dir(filepath.Join(report, path)), 0o755),
			os.WriteFile(filepath.Join(report, path), []byte(content), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	p := Previous{Named: report, Timeout: time.Nanosecond}
	h, err := p.Begin(t.Context(), runHead(), today)()
	wantError(t, err, BadAPI)
	if err == nil || !strings.Contains(err.Error(), report+" was not read within 1ns") || len(h.Snapshots) > 0 {
		t.Errorf("%v, %d snapshots", err, len(h.Snapshots))
	}
	blocked := p.inTime(t.Context(), func(context.Context) error { select {} })
	if err := blocked(); err != errDeadline {
		t.Error(err)
	}
	p.Timeout = time.Hour
	if err := p.inTime(t.Context(), func(context.Context) error { return errMismatch })(); err != errMismatch {
		t.Error(err)
	}
}

// TestPreviousSiteWaits checks that a site gets no request before anyone waits for the result.
func TestPreviousSiteWaits(t *testing.T) {
	a := site(t, previousReport(t, 3), nil)
	p := Previous{Named: a.URL + "/fleet"}
	p.Client, _ = a.client()
	p.Client.URL = p.Named
	wait := p.Begin(t.Context(), runHead(), today)
	time.Sleep(20 * time.Millisecond)
	if len(a.requests) > 0 {
		t.Errorf("%d requests before the wait", len(a.requests))
	}
	if previous, err := wait(); err != nil || len(previous.Snapshots) != 1 {
		t.Errorf("%v, %v", previous, err)
	}
}

func TestParsePrevious(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, good := range []string{dir, "https://example.org/fleet"} {
		if got, err := ParsePrevious(good); got != good || err != nil {
			t.Errorf("%s: %q, %v", good, got, err)
		}
	}
	for bad, says := range map[string]string{
		file: "no such folder: " + file, filepath.Join(dir, "none"): "no such folder", "http://example.org": "use https",
	} {
		if _, err := ParsePrevious(bad); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// TestSiteWithoutManifest checks that a missing manifest.json beside a front page is a loss, not a first run.
func TestSiteWithoutManifest(t *testing.T) {
	t.Parallel()
	a := newAPI(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/index.html" {
			http.NotFound(w, r)
			return
		}
		io.WriteString(w, "<!doctype html>")
	})
	for _, accept := range []bool{false, true} {
		client, _ := a.client()
		client.URL = a.URL
		previous := Previous{Named: a.URL, Client: client, AcceptLoss: accept}
		var loss history.LossError
		h, err := previous.Begin(t.Context(), runHead(), today)()
		if errors.As(err, &loss) == accept || len(h.Warnings) > 0 != accept {
			t.Errorf("accepted %v: %v, warnings %q", accept, err, h.Warnings)
		}
	}
}
