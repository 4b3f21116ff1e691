// Command gpufleet turns a GPU cloud's instance list into a report: an HTML site, a Markdown summary, an Excel
// workbook, CSV and JSON in one folder.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/urfave/cli/v2"

	"gpufleet/fetch"
	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
	"gpufleet/fetch/parallel"
	"gpufleet/render"
	"gpufleet/render/console"
	"gpufleet/render/folder"
	"gpufleet/render/markdown"
	"gpufleet/render/report"
)

// The exit codes. Scripts rely on them.
const (
	exitWritten     = 0
	exitFailed      = 1   // could not render or write; the folder is as before
	exitUsage       = 2   // bad flag, setting, price file, notes or saved reply's path, or an unfit folder; the folder is as before
	exitAPI         = 3   // no reply, or one that is not what the API's document describes; the folder is as before
	exitIncomplete  = 4   // a list that can't be the whole truth: incomplete, or shrunk beyond belief; the folder is as before
	exitCheck       = 5   // a check of --fail-on tripped; the folder is new
	exitInterrupted = 128 // plus the signal's number: 130, 143; the folder is as before
)

func main() {
	log.SetOutput(io.Discard) // net/http writes there, and quotes what a server sends beyond a reply's end
	// What a run reads it keeps, mostly, so garbage is collected half as often as by default: 8 % less CPU time, for 60 MB more
	// (165 to 225 MB) with 100,000 instances.
	collectGarbage(200)
	signal.Ignore(syscall.SIGPIPE) // a reader of our messages that goes away is no reason to die half-way
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() { cancel(interrupted{(<-signals).(syscall.Signal)}) }()
	os.Exit(run(ctx, os.Args, os.Stdin, os.Stdout, os.Stderr))
}

// collectGarbage has it collected once there is so much of it, in percent of what is in use. Whoever sets $GOGC knows better.
func collectGarbage(percent int) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
}

// interrupted is the cause of a context that a signal ended.
type interrupted struct{ signal syscall.Signal }

func (i interrupted) Error() string {
	return fmt.Sprintf("stopped by a signal (%v); the output folder is as before", i.signal)
}

// run is the whole program: it reads the arguments, of which the first is the program's name, and the environment,
// does the work and returns the exit code. Errors and warnings go to stderr. When ctx ends the run stops and the output folder
// is as before, unless its files are already being placed.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) (code int) {
	t := console.New(stdout, stderr, os.Getenv)
	defer func() {
		if cause := recover(); cause != nil {
			stack := debug.Stack()
			if other, ok := cause.(*parallel.Panic); ok { // of another goroutine
				cause, stack = other.Cause, other.Stack
			}
			fmt.Fprintf(t.Stderr, "gpufleet: internal error (%s): please report it with what follows\n%s", panicText(cause), stack)
			code = exitFailed
		}
	}()
	err := console.Run(ctx, args, t.Stdout, t.Stderr, func(c *cli.Context) error { return act(c, stdin, t) })
	if err == nil {
		return exitWritten
	}
	t.Fail(err)
	return exitCode(err)
}

// act does what the flags say.
func act(c *cli.Context, stdin io.Reader, t *console.Console) error {
	if c.Bool("version") {
		_, err := fmt.Fprintf(t.Stdout, "gpufleet %s (commit %s, %s)\n", fetch.Version(), fetch.Commit(), runtime.Version())
		return err
	}
	s, err := readSettings(c)
	if err != nil {
		return err
	}
	t.Quiet, t.Verbose = s.quiet, s.verbose
	return s.produce(c.Context, stdin, t)
}

// panicText returns what may be shown of a panic: the runtime's own words hold numbers only, another value could hold
// anything.
func panicText(cause any) string {
	if known, ok := cause.(runtime.Error); ok {
		return known.Error()
	}
	return fmt.Sprintf("%T", cause)
}

// checksError says which checks of --fail-on tripped in a run that has written its report.
type checksError []string

func (e checksError) Error() string { return "check " + strings.Join(e, "\ngpufleet: check ") }

func exitCode(err error) int {
	var usage console.UsageError
	var stopped interrupted
	var checks checksError
	var source *fetch.Error
	switch {
	case errors.As(err, &stopped):
		return exitInterrupted + int(stopped.signal)
	case errors.As(err, &usage), errors.Is(err, folder.ErrWide):
		return exitUsage
	case errors.As(err, &checks):
		return exitCheck
	case errors.As(err, &source):
		return map[fetch.Kind]int{fetch.BadInput: exitUsage, fetch.BadAPI: exitAPI, fetch.Incomplete: exitIncomplete}[source.Kind]
	}
	return exitFailed
}

// settings is what the flags and the environment say, checked.
type settings struct {
	apiURL, token  string       // both unused where the source does not ask the API
	source         fetch.Source // without its client, which needs a voice
	out            string
	privateOut     string // "" for none
	previous       string // a folder or an address; "" for what is in out
	acceptShrink   bool
	timeout        time.Duration
	pseudonymKey   []byte // where ids are hidden
	failOn         []report.Check
	report         report.Settings
	notesWarnings  []string // what the pages leave out of the notes
	quiet, verbose bool
}

// olderNames are environment names that other tools of the provider use, read where the flag's own is unset.
var olderNames = map[string]string{"api-url": "API_URL"}

// values reads the program's settings one by one.
type values struct{ console.Values }

// readSettings checks all that can be checked before any work.
func readSettings(c *cli.Context) (*settings, error) {
	v := &values{console.Values{Context: c, Older: olderNames}}
	s := &settings{
		apiURL: v.Text("api-url"), source: fetch.Source{Inputs: v.List("input", "demo"), Demo: v.Switch("demo", "input")}, out: v.Text("out"),
		quiet: v.Switch("quiet", "verbose"), verbose: v.Switch("verbose", "quiet"),
		previous: v.previous(), acceptShrink: v.Switch("accept-shrink"),
		report: report.Settings{
			Title:         console.Parse(&v.Values, "title", report.ParseTitle),
			Generated:     v.now(),
			Version:       fetch.Version(),
			Source:        report.FromAPI,
			Audience:      console.Parse(&v.Values, "audience", report.ParseAudience),
			Currency:      console.Parse(&v.Values, "currency", report.ParseCurrency),
			HoursPerMonth: console.Parse(&v.Values, "hours-per-month", report.ParseHours),
			Hidden:        console.Parse(&v.Values, "hide", fleet.ParseHidden),
			Budget:        console.Parse(&v.Values, "budget", report.ParseBudget),
			BaseURL:       v.baseURL(),
			ExpectEvery:   console.Parse(&v.Values, "expect-every", report.ParseExpectEvery),
		},
		failOn:  console.Parse(&v.Values, "fail-on", report.ParseChecks),
		timeout: console.Parse(&v.Values, "timeout", fetch.ParseTimeout),
	}
	s.report.Notes, s.notesWarnings = v.notes()
	var err error
	if s.source.Prices, s.source.Products, err = fetch.ReadPrices(c.Context, v.List("prices")); err != nil {
		v.Fail("--prices: %w", err) // an interrupt stays one
	}
	if slices.Contains(s.report.Hidden, "id") {
		s.pseudonymKey = v.pseudonymKey()
		s.report.KeyFingerprint = fleet.KeyFingerprint(s.pseudonymKey)
	}
	s.privateOut = v.privateOut(s.out)
	v.refuseContradictions(s)
	if v.Err == nil {
		v.settleSource(s)
	}
	return s, v.Err
}

// refuseContradictions holds the settings against each other.
func (v *values) refuseContradictions(s *settings) {
	demo, saved := s.source.Demo, len(s.source.Inputs) > 0
	switch {
	case demo && saved:
		v.Fail("--demo and --input exclude each other: give one of them")
	case countOf(s.source.Inputs, fetch.Stdin) > 1:
		v.Fail("--input - is given twice, but standard input can be read once")
	case s.source.Products && (demo || saved):
		v.Fail("--prices api asks the API, which --demo and --input do not: give a price file, or fetch the list")
	case s.quiet && s.verbose:
		v.Fail("--quiet and --verbose exclude each other: give one of them")
	case slices.Contains(s.failOn, report.OverBudget) && !s.report.Budget.Known:
		v.Fail("--fail-on over-budget needs a --budget")
	}
}

// settleSource completes the settings of where the list comes from: what asks the API needs its address and a token.
func (v *values) settleSource(s *settings) {
	switch {
	case s.source.Demo:
		s.report.Source = report.FromDemo
	case len(s.source.Inputs) > 0:
		s.report.Source = report.FromFile
	default:
		if err := fetch.CheckURL(s.apiURL); err != nil {
			v.Fail("--api-url: %v", err)
		}
		s.token = v.token()
		s.report.Account = fetch.Account(s.apiURL, s.token)
	}
}

func countOf(items []string, item string) int {
	n := 0
	for _, each := range items {
		if each == item {
			n++
		}
	}
	return n
}

// now is the one place where time enters.
func (v *values) now() time.Time {
	epoch := strings.TrimSpace(os.Getenv("SOURCE_DATE_EPOCH"))
	if epoch == "" {
		return time.Now().UTC().Truncate(time.Second)
	}
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	const year10000 = 253402300800
	if err != nil || seconds < 0 || seconds >= year10000 {
		v.Fail("$SOURCE_DATE_EPOCH must be whole seconds since 1970")
	}
	return time.Unix(seconds, 0).UTC()
}

// pseudonymKey returns the key of the pseudonyms that stand for hidden ids.
func (v *values) pseudonymKey() []byte {
	key := strings.TrimSpace(os.Getenv("GPUFLEET_PSEUDONYM_KEY"))
	if key == "" {
		v.Fail("--hide id needs a key for the pseudonyms: put a long random text into $GPUFLEET_PSEUDONYM_KEY and keep it")
	}
	return []byte(key)
}

// token returns the API token.
func (v *values) token() string {
	token, err := fetch.Token(v.Context.Context, v.Text("token-file"))
	if err != nil {
		v.Fail("%w", err) // an interrupt stays one
	}
	return token
}

// privateOut returns the folder of what is not published.
func (v *values) privateOut(out string) string {
	private := v.Text("private-out")
	if private == "" || out == "" {
		return ""
	}
	if apart, err := folder.Apart(private, out); err != nil {
		v.Fail("--private-out: %w", err)
	} else if !apart {
		v.Fail("--private-out is inside --out or the other way round, and what is in --out is published: name a folder elsewhere")
	}
	return private
}

// manyInstances is the number of instances above which memory matters more than time: garbage is then collected more often, at 150 % in
// place of 200 %, and a million instances stay below 1.8 GB.
const manyInstances = 300_000

// produce makes the report: it fetches the list, computes the report, writes its files and puts them in place.
func (s *settings) produce(ctx context.Context, stdin io.Reader, t *console.Console) error {
	folders, err := render.OpenFolders(s.out, s.privateOut)
	if err != nil {
		return err
	}
	defer func() {
		// Whatever is left over then, the report is in place or the folder as before, and the next run clears it.
		if left := folders.Close(); left != nil {
			t.Warn(left.Error())
		}
	}()
	if held := folders.HeldByReport(); s.source.Demo && held != "" {
		return console.Usagef("%s holds a real report, or one whose manifest.json can't be read: give --demo another folder", held)
	}
	for _, warning := range s.notesWarnings {
		t.Warn(warning)
	}
	waitEarlier := s.beginEarlier(ctx, folders.Report, t)
	s.source.Client = s.client(s.apiURL, t)
	s.source.Client.Token = s.token
	list, err := s.source.Fleet(ctx, stdin, func(note string) { t.EndProgress(); t.Note(note) })
	t.EndProgress()
	if err != nil {
		return err
	}
	if unused := s.source.Prices.Unused(); unused != "" {
		t.Note("price file: " + unused)
	}
	if len(list.Instances) > manyInstances {
		collectGarbage(150)
	}
	list.Hide(s.report.Hidden, s.pseudonymKey)
	earlier, err := waitEarlier()
	if err != nil {
		return err
	}
	if !s.acceptShrink {
		if err := fetch.CheckShrink(earlier, len(list.Instances)); err != nil {
			return err
		}
	}
	r := report.New(list, s.report)
	if err := r.Compare(earlier); err != nil {
		return err
	}
	t.Debug("%d instances in %d regions, %d models", r.Count, len(r.Regions), len(r.Models))

	warnings, err := folders.Write(ctx, r)
	for _, warning := range warnings {
		t.Warn(warning)
	}
	if err != nil {
		return err
	}
	if t.OnActions() {
		s.handOver(r, t)
	}
	return s.tell(r, t)
}

// tell says what came of a run. The error is a checksError.
func (s *settings) tell(r *report.Report, t *console.Console) error {
	further := t.Warnings // those that are not the report's
	for _, warning := range r.Warnings {
		t.Warn(warning)
	}
	runRate := ""
	if rate, ok := r.RunRate(); ok {
		runRate = ", run rate " + rate.Text()
	}
	t.Say("%s: %s instances, %s, running %s, listed %s%s", s.out, report.FormatCount(r.Count),
		report.WithCoverage(r.GPUs.String()+" GPUs", r.GPUs.Coverage()), r.PerHourText(r.Running), r.PerHourText(r.Listed), runRate)
	if tripped := r.Tripped(s.failOn, further); len(tripped) > 0 {
		return checksError(tripped)
	}
	return nil
}

// handOver gives GitHub Actions the summary and the key figures, in the public form whoever the report is for: the page of a
// run is as public as its repository.
func (s *settings) handOver(r *report.Report, t *console.Console) {
	public := r.For(report.Public)
	outputs := []console.Output{{Name: "out", Value: s.out}}
	for _, figure := range public.Figures(t.Warnings) {
		outputs = append(outputs, console.Output(figure))
	}
	t.HandOver(render.Summary(public), outputs)
}

// client returns a client for an address, without its token.
func (s *settings) client(url string, t *console.Console) *fetch.Client {
	return &fetch.Client{URL: url, UserAgent: "gpufleet/" + fetch.Version(), Timeout: s.timeout, Progress: t.Progress, Log: t.Debug}
}

// isURL reports whether --previous names a site and not a folder.
func isURL(text string) bool { return strings.Contains(text, "://") }

func (v *values) previous() string {
	text := v.Text("previous")
	if isURL(text) {
		if err := fetch.CheckSiteURL(text); err != nil {
			v.Fail("--previous: %v", err)
		}
	} else if info, err := os.Stat(text); text != "" && (err != nil || !info.IsDir()) {
		v.Fail("--previous %s: no such folder: give the folder of an earlier report, or the https address of its site", text)
	}
	return text
}

// notes returns the author's own Markdown, "" for none, and warnings about what the pages leave out of it.
func (v *values) notes() (notes string, warnings []string) {
	path := v.Text("notes")
	if path == "" {
		return "", nil
	}
	source, err := fetch.ReadText(v.Context.Context, path, markdown.MaxNotes+1)
	if err == nil {
		notes, warnings, err = markdown.ParseNotes(source)
	}
	if err != nil {
		v.Fail("--notes %s: %w", path, err) // an interrupt stays one
	}
	for i, warning := range warnings {
		warnings[i] = path + " " + warning
	}
	return notes, warnings
}

// baseURL returns where the report will stand, without a slash at its end.
func (v *values) baseURL() string {
	text := v.Text("base-url")
	if text == "" {
		return ""
	}
	address, err := fetch.ParseSiteURL(text)
	if err != nil {
		v.Fail("--base-url: %v", err)
	}
	return address
}

// beginEarlier begins to read what earlier runs left, and returns what waits for it. A folder is read while the list is fetched. A site
// is read only when it is waited for, so that requests, and what the terminal says of them, come one after the other.
func (s *settings) beginEarlier(ctx context.Context, out *folder.Folder, t *console.Console) (wait func() (*history.Past, error)) {
	c := &history.Collector{Run: s.report.Head(), Now: s.report.Generated}
	collect := func() error { return nil }
	if isURL(s.previous) {
		client := s.client(s.previous, t)
		client.Site = true
		collect = func() error { return fetch.Site{Client: client}.Collect(ctx, decodeManifest, c) }
	} else if path, list := s.earlierFolder(ctx, out); list != nil {
		collect = parallel.Go(func() error { return fetch.CollectFolder(ctx, path, list, c) })
	}
	return func() (*history.Past, error) {
		err := collect()
		if errors.Is(err, fetch.ErrNoManifest) {
			t.Warn(fmt.Sprintf("--previous %s: %v: this counts as the first run", s.previous, err))
			err = nil
		}
		for _, warning := range c.Past().Warnings {
			t.Warn(warning)
		}
		return c.Past(), err
	}
}

// earlierFolder returns the folder that holds an earlier report, and what lists its files, nil where there is none: the output folder, or
// the one that --previous names.
func (s *settings) earlierFolder(ctx context.Context, out *folder.Folder) (path string, list func(*fetch.Folder) ([]fetch.Listed, error)) {
	switch {
	case s.previous != "":
		return s.previous, func(f *fetch.Folder) ([]fetch.Listed, error) { return f.Manifest(ctx, decodeManifest) }
	case out.Manifest() != nil:
		files := listed(out.Manifest())
		return s.out, func(*fetch.Folder) ([]fetch.Listed, error) { return files, nil }
	case len(out.Warnings()) > 0: // a manifest that can't be read must not cost the history
		return s.out, func(f *fetch.Folder) ([]fetch.Listed, error) { return f.Found(ctx) }
	}
	return "", nil
}

func decodeManifest(content []byte) ([]fetch.Listed, error) {
	manifest, err := folder.ReadManifest(bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	return listed(manifest), nil
}

func listed(manifest *folder.Manifest) []fetch.Listed {
	files := make([]fetch.Listed, len(manifest.Files))
	for i, file := range manifest.Files {
		files[i] = fetch.Listed(file)
	}
	return files
}
