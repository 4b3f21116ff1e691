// Gpufleet turns the instance list of a GPU cloud into a report: a website, a Markdown summary, an Excel workbook, CSV
// and JSON.
//
// Usage:
//
//	gpufleet [flags]
//
// Each run fetches the list from the API, groups it by region and GPU model, compares it with the previous report, and
// writes the new report into the output folder. A run that fails leaves the folder unchanged.
//
// The API token is read from a file (--token-file) or from an environment variable such as $GPUFLEET_TOKEN:
//
//	$ export GPUFLEET_TOKEN=ak_your_key
//	$ gpufleet --title "Team fleet" --out site
//
// By default the report can be published, so it has no IP addresses. --audience internal adds them, and --hide leaves
// out more fields. Passwords and personal data are never in a report.
//
// # Example
//
// The built-in sample fleet needs no token. It has owners, two accounts, a made-up past of 60 days, and a budget:
//
//	$ gpufleet --demo --out sample
//	sample: 57 instances, ≥ 146 GPUs · 56 of 57 known, running ≥ $239.089/h · 42 of 46 priced,
//	listed ≥ $273.608/h · 51 of 55 priced, run rate at least 116.4% of the budget, likely over budget,
//	spent ≥ $140,589.79 in November, forecast ≥ $167,367.75
//
// Then open sample/index.html in a browser, and sample/fleet.xlsx in Excel or LibreOffice.
//
// The program prints the key figures. "running" is the cost per hour of the instances that are running, and "listed"
// that of all that still exist. "spent" is the cost of the month so far, and "forecast" that of the whole month: they
// depend on the date of the run. "≥" marks a lower bound, here because some prices and GPU counts are unknown.
//
// # Exit codes
//
//	0    the report is written
//	1    rendering or writing failed
//	2    a flag, variable, price or owner file, or path is invalid
//	3    a reply, live or saved, or the website of --previous, is invalid or unreachable
//	4    the list is incomplete or much shorter than the last one, the clock is wrong, or history would be lost
//	5    the report is written, but a check of --fail-on failed
//	130  interrupted (129: the terminal was closed; 143: terminated)
//
// # More
//
//	gpufleet --help               all flags
//	README.md                     a short introduction
//	.github/guides/settings.md    flags, variables, prices, owners and budget
//	.github/guides/files.md       the output folder and its files
//	.github/guides/publishing.md  GitHub Pages, servers and troubleshooting
//	.github/CONTRIBUTING.md       how to work on the program
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"gpufleet/fetch"
	"gpufleet/fetch/exit"
	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
	"gpufleet/fetch/parallel"
	"gpufleet/render"
	"gpufleet/render/archive"
	"gpufleet/render/console"
	"gpufleet/render/folder"
	"gpufleet/render/markdown"
	"gpufleet/render/report"
	"gpufleet/render/sample"
)

func main() {
	log.SetOutput(io.Discard) // net/http logs there, and quotes what a server sends after the end of a reply
	// A run keeps most of what it reads. With 100,000 instances, this takes 8 % less CPU time than the default of 100,
	// and 225 MB of memory instead of 165 MB.
	setGCPercent(200)
	limitMemory(5 << 30) // a hostile list of 400 MB took 10 GB without; with 3 GB the collector never rested
	os.Exit(run(console.SignalContext(), os.Args, os.Getenv, os.Stdin, os.Stdout, os.Stderr))
}

// setGCPercent is debug.SetGCPercent, unless $GOGC is set.
func setGCPercent(percent int) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
}

// limitMemory is debug.SetMemoryLimit, unless $GOMEMLIMIT is set. It only collects garbage more often.
func limitMemory(bytes int64) {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(bytes)
	}
}

// checksError has a message for each check of --fail-on that failed. The report is written all the same.
type checksError []string

func (e checksError) Error() string { return "check " + strings.Join(e, "\ngpufleet: check ") }

func (e checksError) ExitCode() int { return exit.Check }

// internalError is a panic, which is a mistake in the program.
type internalError struct{ *parallel.Panic }

func (e internalError) Error() string {
	return fmt.Sprintf("internal error (%s): please report it with this stack trace\n%s", e.Text(), e.Stack)
}

// run is the whole program. It takes its settings from args, which begin with the program's name, and from getenv, and
// returns the exit code. Errors and warnings go to stderr. If ctx ends before files are moved into the output folder,
// the run stops and the folder is unchanged.
func run(ctx context.Context, args []string, getenv func(string) string,
	stdin io.Reader, stdout, stderr io.Writer) (code int) {
	c := console.New(stdout, stderr, getenv)
	return exit.Code(console.Supervise(ctx, func(ending *console.Ending) (err error) {
		panicked := parallel.Catch(func() {
			err = c.Run(ctx, args, func(v *console.Values) error {
				s, err := readSettings(ctx, v)
				if err != nil {
					return err
				}
				c.Quiet, c.Verbose = s.quiet, s.verbose
				return s.produce(ctx, ending, stdin, c)
			})
		})
		if panicked != nil {
			return internalError{panicked}
		}
		return err
	}, c.Error))
}

// settings are the flags and variables after all checks.
type settings struct {
	apiURL         string       // unused if the list isn't fetched from the API
	source         fetch.Source // its Clients are set later
	tokens         []string     // of its accounts, in order
	out            string
	privateOut     string // "" for none
	archive        string // "" for none
	previous       string // a folder or a URL; "" for out
	acceptShrink   bool
	acceptLoss     bool
	timeout        time.Duration
	clock          func() time.Time // nil if $SOURCE_DATE_EPOCH sets the time
	proxies        *fetch.Proxies   // nil if nothing is fetched
	pseudonymKey   []byte           // nil if none is set
	failOn         []report.Check
	report         report.Settings
	notesWarnings  []string // about parts of the notes that the pages leave out
	quiet, verbose bool
}

// readSettings reads the settings and checks everything that can be checked before any work.
func readSettings(ctx context.Context, v *console.Values) (*settings, error) {
	s := &settings{
		apiURL:       v.Text("api-url"),
		source:       fetch.Source{Demo: v.Switch("demo", "input", "account")},
		out:          v.Text("out"),
		quiet:        v.Switch("quiet", "verbose"),
		verbose:      v.Switch("verbose", "quiet"),
		previous:     console.Load(v, "previous", fetch.ParsePrevious),
		acceptShrink: v.Switch("accept-shrink"),
		acceptLoss:   v.Switch("accept-loss"),
		report: report.Settings{
			Title:         console.Parse(v, "title", report.ParseTitle),
			Version:       console.Version(),
			Source:        report.FromAPI,
			Audience:      console.Parse(v, "audience", report.ParseAudience),
			Currency:      console.Parse(v, "currency", report.ParseCurrency),
			HoursPerMonth: console.Parse(v, "hours-per-month", report.ParseHours),
			Hidden:        console.Load(v, "hide", fleet.ParseHidden),
			Bill:          console.Parse(v, "bill", report.ParseBill),
			BaseURL:       console.Load(v, "base-url", fetch.ParseSiteURL),
			ExpectEvery:   console.Parse(v, "expect-every", report.ParseExpectEvery),
		},
		failOn:  console.Load(v, "fail-on", report.ParseChecks),
		timeout: console.Parse(v, "timeout", fetch.ParseTimeout),
	}
	s.readAccounts(v)
	s.report.Generated, s.clock = now(v)
	s.report.Notes, s.notesWarnings = readNotes(ctx, v)
	var err error
	if s.source.Prices, s.source.Products, err = fetch.ReadPrices(ctx, v.List("prices")); err != nil {
		v.Fail("--prices: %w", err)
	}
	s.source.Owners = console.Load(v, "owners", func(path string) (*fetch.OwnerFile, error) {
		return fetch.ReadOwnerFile(ctx, path)
	})
	ownSample := s.source.Demo && s.source.Owners == nil
	if ownSample {
		s.source.Owners = fetch.DemoOwners()
	}
	s.report.Owners = s.source.Owners != nil && !slices.Contains(s.report.Hidden, history.Owner.Name)
	s.readBudgets(v, ownSample && s.report.Owners)
	if key := v.Variable("GPUFLEET_PSEUDONYM_KEY"); key != "" {
		s.pseudonymKey = []byte(key)
	}
	if slices.Contains(s.report.Hidden, "id") {
		s.report.KeyFingerprint = fleet.KeyFingerprint(s.pseudonymKey)
	}
	s.privateOut, s.archive = separate(v, "private-out", s.out), separate(v, "archive", s.out)
	if s.privateOut != "" && s.archive != "" {
		checkOverlap(v, "archive", s.archive, "private-out", s.privateOut)
	}
	s.checkConflicts(v)
	if v.Err == nil {
		s.readSource(ctx, v)
	}
	if s.report.Source == report.FromAPI || fetch.IsURL(s.previous) {
		if s.proxies, err = fetch.ParseProxies(v.Getenv); err != nil {
			v.Fail("%w", err)
		}
		v.CheckHome("$SSL_CERT_FILE", v.Variable("SSL_CERT_FILE")) // Go ignores a file that doesn't exist
	}
	return s, v.Err
}

// readBudgets reads the fleet's budget and those of owners. sampleOwners says whether these are the sample's own.
func (s *settings) readBudgets(v *console.Values, sampleOwners bool) {
	var err error
	entries := v.Entries("budget")
	if s.source.Demo && len(entries) == 0 {
		entries = sample.Budgets(sampleOwners)
	}
	if s.report.Budget, s.report.OwnerAmounts, err = report.ParseBudgets(entries); err != nil {
		v.Fail("--budget %w", err)
	}
	for _, budget := range s.report.OwnerAmounts {
		switch {
		case s.source.Owners == nil:
			v.Fail("--budget %q: the budget of an owner needs --owners", budget.Owner)
		case !s.report.Owners:
			v.Fail("--budget %q: the budget of an owner would show the owner, which --hide leaves out", budget.Owner)
		case !s.source.Owners.Names(budget.Owner):
			v.Fail("--budget %q: no row of the owner file names this owner", budget.Owner)
		}
	}
}

// makeKey says how to make a pseudonym key.
const makeKey = "run export GPUFLEET_PSEUDONYM_KEY=\"$(openssl rand -hex 32)\" and keep the key in a safe place"

// checkConflicts checks settings that exclude or need each other.
func (s *settings) checkConflicts(v *console.Values) {
	demo, saved, accounts := s.source.Demo, s.source.IsSaved(), s.source.AccountNames()
	hides := func(field string) bool { return slices.Contains(s.report.Hidden, field) }
	switch {
	case len(accounts) > 0 && !demo && v.Text("token-file") != "":
		v.Fail("--token-file and --account can't be combined; use --account NAME=FILE")
	case len(accounts) > 0 && hides(history.Account.Name) && !hides("id"):
		v.Fail("--hide account needs --hide id as well: an ID only counts within its account, " +
			"so two accounts can have the same ID")
	case s.source.ReadsStdinTwice():
		v.Fail("--input - is given twice, but standard input can only be read once")
	case s.source.Products && (demo || saved):
		v.Fail("--prices api needs the API; with --demo or --input, use a price file")
	case s.quiet && s.verbose:
		v.Fail("--quiet and --verbose can't be combined; choose one")
	case hides("id") && len(s.pseudonymKey) == 0:
		v.Fail("--hide id needs a key to make pseudonyms; %s", makeKey)
	case len(s.pseudonymKey) > 0 && len(s.pseudonymKey) < fleet.MinKey:
		v.Fail("$GPUFLEET_PSEUDONYM_KEY has fewer than %d bytes, so it could be guessed; %s", fleet.MinKey, makeKey)
	}
	for _, check := range []report.Check{report.OverBudget, report.ForecastOverBudget} {
		if slices.Contains(s.failOn, check) && !s.report.Budget.Known && len(s.report.OwnerAmounts) == 0 {
			v.Fail("--fail-on %s needs --budget", check)
		}
	}
	if slices.Contains(s.failOn, report.Unowned) && s.source.Owners == nil {
		v.Fail("--fail-on %s needs --owners", report.Unowned)
	}
}

// readSource sets the source of the report. Only the API needs a URL and a token.
func (s *settings) readSource(ctx context.Context, v *console.Values) {
	switch {
	case s.source.Demo:
		s.report.Source = report.FromDemo
	case s.source.IsSaved():
		s.report.Source = report.FromFile
	default:
		if err := fetch.CheckURL(s.apiURL); err != nil {
			v.Fail("--api-url: %v", err)
		}
		var err error
		if s.tokens, err = s.source.Tokens(ctx, v.Text("token-file"), v.Getenv); err != nil {
			v.Fail("%w", err)
		}
	}
}

// readAccounts reads the accounts and their saved replies. Without --account, there is one without a name. The sample
// has accounts of its own.
func (s *settings) readAccounts(v *console.Values) {
	names := v.Entries("account", "demo")
	switch {
	case s.source.Demo && len(names) > 0:
		v.Fail("--demo and --account can't be combined; choose one")
	case s.source.Demo && len(v.List("input", "demo")) > 0:
		v.Fail("--demo and --input can't be combined; choose one")
	case s.source.Demo:
		s.source.Accounts = fetch.DemoAccounts()
	case len(names) > 0:
		s.parseAccounts(v, names)
	default:
		s.source.Accounts = []fetch.Account{{Inputs: v.List("input", "demo")}}
	}
	if !slices.Contains(s.report.Hidden, history.Account.Name) {
		s.report.Accounts = s.source.AccountNames()
	}
}

// parseAccounts parses the values of --account and their saved replies.
func (s *settings) parseAccounts(v *console.Values, names []string) {
	var err error
	if s.source.Accounts, err = fetch.ParseAccounts(names); err != nil {
		v.Fail("--account: %w", err)
		return
	}
	if err := fetch.AddInputs(s.source.Accounts, v.Entries("input", "demo")); err != nil {
		v.Fail("--input: %w", err)
	}
	for _, a := range s.source.Accounts {
		v.CheckHome("--account "+a.Name, a.TokenFile)
		for _, input := range a.Inputs {
			v.CheckHome("--input "+a.Name, input)
		}
	}
}

// now returns the time of the run, and a clock that goes on from it, nil if $SOURCE_DATE_EPOCH sets the time. Nothing
// else reads the clock for the report.
func now(v *console.Values) (generated time.Time, clock func() time.Time) {
	if v.Variable("SOURCE_DATE_EPOCH") != "" {
		return console.ParseVariable(v, "SOURCE_DATE_EPOCH", report.ParseEpoch), nil
	}
	start := time.Now()
	return start.UTC().Truncate(time.Second), func() time.Time { return start.Add(time.Since(start)) }
}

// separate returns the folder of a flag for files that --out must not have, "" for none.
func separate(v *console.Values, flag, out string) string {
	path := v.Text(flag)
	if path != "" {
		checkOverlap(v, flag, path, "out", out)
	}
	return path
}

// checkOverlap checks that neither of two folders contains the other.
func checkOverlap(v *console.Values, flag, path, otherFlag, other string) {
	why := "each has files of its own"
	if otherFlag == "out" {
		why = "--out may be published"
	}
	if overlap, err := folder.Overlap(path, other); err != nil {
		v.Fail("--%s: %w", flag, err)
	} else if overlap {
		v.Fail("--%s and --%s overlap, and %s; choose a folder elsewhere", flag, otherFlag, why)
	}
}

// readNotes returns the author's notes, "" for none, and warnings about parts that the pages leave out.
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

// manyInstances is the number of instances above which memory matters more than time. Garbage is then collected as
// often as by default, which keeps a million instances at about 2 GB.
const manyInstances = 300_000

// produce places the report and says so.
func (s *settings) produce(ctx context.Context, ending *console.Ending, stdin io.Reader, c *console.Console) error {
	r, err := s.place(ctx, ending, stdin, c)
	if err != nil {
		return err
	}
	if c.OnActions() {
		s.writeStep(r, c)
	}
	return s.printResult(r, c)
}

// place fetches the list, computes the report and writes it into the output folder.
func (s *settings) place(ctx context.Context, ending *console.Ending, stdin io.Reader, c *console.Console) (
	*report.Report, error) {
	folders, err := render.OpenFolders(s.out, s.privateOut, s.archive)
	if err != nil {
		return nil, err
	}
	ending.CleanUp(folders.Close)
	defer func() {
		if err := folders.Close(); err != nil { // only temporary files remain, which the next run removes
			c.Warn(err.Error())
		}
	}()
	if s.source.Demo {
		if err := folders.CheckSample(); err != nil {
			return nil, console.Usagef("%w", err)
		}
	}
	for _, warning := range s.notesWarnings {
		c.Warn(warning)
	}
	out := folders.Report
	previous := fetch.Previous{Named: s.previous, Client: s.client(s.previous, c), AcceptLoss: s.acceptLoss,
		Timeout: s.timeout, OwnKey: fleet.KeyFingerprint(s.pseudonymKey), Out: s.out, Manifest: out.Manifest()}
	waitHistory := previous.Begin(ctx, s.report.Head(), s.report.Generated)
	for i, token := range s.tokens {
		client := s.client(s.apiURL, c)
		client.Token, client.Clock = token, s.clock
		s.source.Accounts[i].Client = client
	}
	list, err := s.source.Fleet(ctx, stdin, func(note string) { c.EndProgress(); c.Note(note) })
	c.EndProgress()
	if err != nil {
		return nil, err
	}
	if unused := s.source.Prices.Unused(); unused != "" {
		c.Note("price file: " + unused)
	}
	if unused := s.source.Owners.Unused(); unused != "" {
		c.Note("owner file: " + unused)
	}
	if len(list.Instances) > manyInstances {
		setGCPercent(150)
	}
	var readings []report.Reading // of the sample
	if s.source.Demo {
		past, made, err := sample.Past(list, s.report, s.pseudonymKey)
		readings = made
		waitHistory = func() (*history.History, error) { return past, err }
	}
	found, err := waitHistory()
	var r *report.Report
	if err = s.prepareHistory(ctx, found, err, list); err == nil {
		r = report.New(list, s.report)
		folders.Begin(archive.Run{Report: r, Past: readings, PseudonymKey: s.pseudonymKey})
		err = r.Compare(found)
	}
	for _, warning := range found.Warnings {
		c.Warn(warning)
	}
	if err != nil {
		return nil, err
	}
	if note := r.GapNote(); note != "" {
		c.Note(note)
	}
	c.Debug("%s in %s, %s", report.Counted(r.Count, "instance"), report.Counted(len(r.Regions), "region"),
		report.Counted(len(r.Models), "model"))

	out.Adopt(previous.Unlisted)
	warnings, err := folders.Prepare(ctx, r)
	for _, warning := range warnings {
		c.Warn(warning)
	}
	if err != nil {
		return nil, err
	}
	return r, ending.Place(s.checks(r, c.Warnings), folders.Commit)
}

// prepareHistory hides from the list and the history what this run hides, and compares them. err is that of reading the
// history. The returned error is err if it isn't nil.
func (s *settings) prepareHistory(ctx context.Context, h *history.History, err error, list *fleet.Fleet) error {
	accounts := s.source.AccountNames()
	names := history.Names{Key: s.pseudonymKey}
	if len(accounts) > 0 {
		names.FirstAccount = accounts[0]
		names.WithAccount = history.WithAccount(list.Instances, accounts[0], s.pseudonymKey)
	}
	created := fetch.FirstCreated(list.Instances)
	if err == nil {
		err = fetch.CheckCounts(ctx, h, list, accounts, s.acceptShrink)
	}
	list.Hide(s.report.Hidden, s.pseudonymKey)
	names.List = list.Instances
	if err == nil {
		err = h.LimitRows(len(list.Instances))
	}
	if err == nil {
		err = h.Hide(ctx, s.report.Head(), names)
	}
	if err == nil && !s.acceptShrink {
		err = fetch.CheckAccount(ctx, h, list.Instances, created)
	}
	s.report.Generated = h.Now // a little later than our clock if that of the last run was ahead
	return err
}

// printResult prints the warnings of the report and its key figures. The error is a checksError.
func (s *settings) printResult(r *report.Report, c *console.Console) error {
	others := c.Warnings // warnings that aren't part of the report
	for _, warning := range r.Warnings {
		c.Warn(warning)
	}
	c.Result("%s: %s", s.out, r.Line())
	return s.checks(r, others)
}

// checks returns a checksError if a check of --fail-on failed. others is the number of warnings that aren't part of the
// report.
func (s *settings) checks(r *report.Report, others int) error {
	if tripped := r.Tripped(s.failOn, others); len(tripped) > 0 {
		return checksError(tripped)
	}
	return nil
}

// writeStep gives GitHub Actions the summary and the key figures. They are always those of the public report, because
// the page of a run is as public as its repository.
func (s *settings) writeStep(r *report.Report, c *console.Console) {
	public := r.For(report.Public)
	outputs := []console.StepOutput{{Name: "out", Value: s.out}}
	for _, figure := range public.Figures(c.Warnings) {
		outputs = append(outputs, console.StepOutput(figure))
	}
	c.WriteStep([]byte(markdown.NewSummary(public).String()), outputs)
}

// client returns a client for a URL, without a token.
func (s *settings) client(url string, c *console.Console) *fetch.Client {
	agent := "gpufleet/" + console.Version()
	return &fetch.Client{URL: url, UserAgent: agent, Timeout: s.timeout, Proxies: s.proxies,
		Progress: c.Progress, Log: c.Debug}
}
