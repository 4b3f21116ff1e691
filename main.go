// Command gpufleet turns a GPU cloud's instance list into a report: an HTML site, a Markdown summary, an Excel
// workbook, CSV and JSON in one folder.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"gpufleet/fetch"
	"gpufleet/fetch/exit"
	"gpufleet/fetch/fleet"
	"gpufleet/fetch/parallel"
	"gpufleet/render"
	"gpufleet/render/console"
	"gpufleet/render/folder"
	"gpufleet/render/markdown"
	"gpufleet/render/report"
)

func main() {
	log.SetOutput(io.Discard) // net/http writes there, and quotes what a server sends beyond a reply's end
	// A run keeps most of what it reads, so garbage is collected half as often as by default: 8 % less CPU time, for
	// 60 MB more (165 to 225 MB) with 100,000 instances.
	collectGarbage(200)
	signal.Ignore(syscall.SIGPIPE) // a reader of our messages that goes away is no reason to die half-way
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() { cancel(interrupted{(<-signals).(syscall.Signal)}) }()
	os.Exit(run(ctx, os.Args, os.Getenv, os.Stdin, os.Stdout, os.Stderr))
}

// collectGarbage has it collected once there is so much of it, in percent of what is in use. $GOGC overrules it.
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

func (i interrupted) ExitCode() int { return exit.Signal + int(i.signal) }

// checksError says which checks of --fail-on tripped in a run that has written its report.
type checksError []string

func (e checksError) Error() string { return "check " + strings.Join(e, "\ngpufleet: check ") }

func (e checksError) ExitCode() int { return exit.Check }

// run is the whole program: it reads the settings from the arguments, of which the first is the program's name, and
// through getenv, does the work and returns the exit code. Errors and warnings go to stderr. When ctx ends, the run
// stops and the output folder is as before, unless its files are already being placed.
func run(ctx context.Context, args []string, getenv func(string) string,
	stdin io.Reader, stdout, stderr io.Writer) (code int) {
	t := console.New(stdout, stderr, getenv)
	panicked := parallel.Catch(func() {
		err := t.Run(ctx, args, func(v *console.Values) error {
			s, err := readSettings(ctx, v)
			if err != nil {
				return err
			}
			t.Quiet, t.Verbose = s.quiet, s.verbose
			return s.produce(ctx, stdin, t)
		})
		if err != nil {
			t.Fail(err)
		}
		code = exit.Code(err)
	})
	if panicked != nil {
		fmt.Fprintf(t.Stderr, "gpufleet: internal error (%s): please report it with what follows\n%s",
			panicked.Text(), panicked.Stack)
		return exit.Failed
	}
	return code
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

// readSettings checks all that can be checked before any work.
func readSettings(ctx context.Context, v *console.Values) (*settings, error) {
	s := &settings{
		apiURL:       v.Text("api-url"),
		source:       fetch.Source{Inputs: v.List("input", "demo"), Demo: v.Switch("demo", "input")},
		out:          v.Text("out"),
		quiet:        v.Switch("quiet", "verbose"),
		verbose:      v.Switch("verbose", "quiet"),
		previous:     console.Load(v, "previous", fetch.ParsePrevious),
		acceptShrink: v.Switch("accept-shrink"),
		report: report.Settings{
			Title:         console.Parse(v, "title", report.ParseTitle),
			Generated:     now(v),
			Version:       console.Version(),
			Source:        report.FromAPI,
			Audience:      console.Parse(v, "audience", report.ParseAudience),
			Currency:      console.Parse(v, "currency", report.ParseCurrency),
			HoursPerMonth: console.Parse(v, "hours-per-month", report.ParseHours),
			Hidden:        console.Parse(v, "hide", fleet.ParseHidden),
			Budget:        console.Parse(v, "budget", report.ParseBudget),
			BaseURL:       console.Load(v, "base-url", fetch.ParseSiteURL),
			ExpectEvery:   console.Parse(v, "expect-every", report.ParseExpectEvery),
		},
		failOn:  console.Parse(v, "fail-on", report.ParseChecks),
		timeout: console.Parse(v, "timeout", fetch.ParseTimeout),
	}
	s.report.Notes, s.notesWarnings = readNotes(ctx, v)
	var err error
	if s.source.Prices, s.source.Products, err = fetch.ReadPrices(ctx, v.List("prices")); err != nil {
		v.Fail("--prices: %w", err)
	}
	if slices.Contains(s.report.Hidden, "id") {
		s.pseudonymKey = []byte(v.Variable("GPUFLEET_PSEUDONYM_KEY"))
		s.report.KeyFingerprint = fleet.KeyFingerprint(s.pseudonymKey)
	}
	s.privateOut = privateOut(v, s.out)
	s.refuseContradictions(v)
	if v.Err == nil {
		s.settleSource(ctx, v)
	}
	return s, v.Err
}

// refuseContradictions holds the settings against each other.
func (s *settings) refuseContradictions(v *console.Values) {
	demo, saved := s.source.Demo, len(s.source.Inputs) > 0
	switch {
	case demo && saved:
		v.Fail("--demo and --input exclude each other: give one of them")
	case s.source.ReadsStdinTwice():
		v.Fail("--input - is given twice, but standard input can be read once")
	case s.source.Products && (demo || saved):
		v.Fail("--prices api asks the API, which --demo and --input do not: give a price file, or fetch the list")
	case s.quiet && s.verbose:
		v.Fail("--quiet and --verbose exclude each other: give one of them")
	case slices.Contains(s.report.Hidden, "id") && len(s.pseudonymKey) == 0:
		v.Fail("--hide id needs a key for the pseudonyms: " +
			"put a long random text into $GPUFLEET_PSEUDONYM_KEY and keep it")
	case slices.Contains(s.failOn, report.OverBudget) && !s.report.Budget.Known:
		v.Fail("--fail-on over-budget needs a --budget")
	}
}

// settleSource completes the settings of where the list comes from: to ask the API takes its address and a token.
func (s *settings) settleSource(ctx context.Context, v *console.Values) {
	switch {
	case s.source.Demo:
		s.report.Source = report.FromDemo
	case len(s.source.Inputs) > 0:
		s.report.Source = report.FromFile
	default:
		if err := fetch.CheckURL(s.apiURL); err != nil {
			v.Fail("--api-url: %v", err)
		}
		var err error
		if s.token, err = fetch.Token(ctx, v.Text("token-file"), v.Getenv); err != nil {
			v.Fail("%w", err)
		}
		s.report.Account = fetch.Account(s.apiURL, s.token)
	}
}

// now is the one place where time enters.
func now(v *console.Values) time.Time {
	if v.Variable("SOURCE_DATE_EPOCH") != "" {
		return console.ParseVariable(v, "SOURCE_DATE_EPOCH", report.ParseEpoch)
	}
	return time.Now().UTC().Truncate(time.Second)
}

// privateOut returns the folder of what is not published, "" for none.
func privateOut(v *console.Values, out string) string {
	private := v.Text("private-out")
	if private == "" {
		return ""
	}
	if apart, err := folder.Apart(private, out); err != nil {
		v.Fail("--private-out: %w", err)
	} else if !apart {
		v.Fail("--private-out is inside --out or the other way round, and what is in --out is published: " +
			"name a folder elsewhere")
	}
	return private
}

// readNotes returns the author's notes, "" for none, and warnings of what the pages leave out of them.
func readNotes(ctx context.Context, v *console.Values) (notes string, warnings []string) {
	path := v.Text("notes")
	if path == "" {
		return "", nil
	}
	source, err := fetch.ReadText(ctx, path, markdown.MaxNotes+1)
	if err == nil {
		notes, warnings, err = markdown.ParseNotes(source)
	}
	if err != nil {
		v.Fail("--notes %s: %w", path, err)
	}
	for i, warning := range warnings {
		warnings[i] = path + " " + warning
	}
	return notes, warnings
}

// manyInstances is the number of instances above which memory matters more than time. Then garbage is collected more
// often, at 150 % in place of 200 %, and a million instances stay below 1.8 GB.
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
		return console.Usagef("%s holds a real report, or one whose manifest.json can't be read: "+
			"give --demo another folder", held)
	}
	for _, warning := range s.notesWarnings {
		t.Warn(warning)
	}
	out := folders.Report
	previous := fetch.Previous{Named: s.previous, Client: s.client(s.previous, t),
		Out: s.out, Manifest: out.Manifest(), Damaged: out.HasDamagedManifest()}
	waitPast := previous.Begin(ctx, s.report.Head(), s.report.Generated)
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
	past, err := waitPast()
	for _, warning := range past.Warnings {
		t.Warn(warning)
	}
	if err != nil {
		return err
	}
	if !s.acceptShrink {
		if err := fetch.CheckShrink(past, len(list.Instances)); err != nil {
			return err
		}
	}
	r := report.New(list, s.report)
	if err := r.Compare(past); err != nil {
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
	t.Say("%s: %s", s.out, r.Line())
	if tripped := r.Tripped(s.failOn, further); len(tripped) > 0 {
		return checksError(tripped)
	}
	return nil
}

// handOver gives GitHub Actions the summary and the key figures. They are in the public form whoever the report is
// for: the page of a run is as public as its repository.
func (s *settings) handOver(r *report.Report, t *console.Console) {
	public := r.For(report.Public)
	outputs := []console.Output{{Name: "out", Value: s.out}}
	for _, figure := range public.Figures(t.Warnings) {
		outputs = append(outputs, console.Output(figure))
	}
	t.HandOver([]byte(markdown.NewSummary(public).String()), outputs)
}

// client returns a client for an address, without its token.
func (s *settings) client(url string, t *console.Console) *fetch.Client {
	agent := "gpufleet/" + console.Version()
	return &fetch.Client{URL: url, UserAgent: agent, Timeout: s.timeout, Progress: t.Progress, Log: t.Debug}
}
