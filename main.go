// Command gpufleet turns a GPU cloud's instance list into a report: an HTML site, a Markdown summary, an Excel
// workbook, CSV and JSON in one folder.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/shopspring/decimal"
	"github.com/urfave/cli/v2"

	"gpufleet/fetch"
	"gpufleet/fetch/fleet"
	"gpufleet/fetch/option"
	"gpufleet/fetch/past"
	"gpufleet/render"
	"gpufleet/render/publish"
	"gpufleet/render/report"
	"gpufleet/render/talk"
)

// The exit codes. Scripts rely on them.
const (
	exitWritten     = 0
	exitFailed      = 1   // could not render or write; the folder is as before
	exitUsage       = 2   // bad flag, setting, price file or saved reply's path; the folder is as before
	exitAPI         = 3   // no reply, or one that is not what the API's document describes; the folder is as before
	exitIncomplete  = 4   // a list that can't be the whole truth: incomplete, or shrunk beyond belief; the folder is as before
	exitCheck       = 5   // a check of --fail-on tripped; the folder is new
	exitInterrupted = 128 // plus the signal's number: 130, 143; the folder is as before
)

func main() {
	signal.Ignore(syscall.SIGPIPE) // a reader of our messages that goes away is no reason to die half-way
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() { cancel(interrupted{(<-signals).(syscall.Signal)}) }()
	os.Exit(run(ctx, os.Args, os.Stdin, os.Stdout, os.Stderr))
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
	defer func() {
		if cause := recover(); cause != nil {
			fmt.Fprintf(stderr, "gpufleet: internal error (%s): please report it with what follows\n%s", panicText(cause), debug.Stack())
			code = exitFailed
		}
	}()
	err := newApp(stdin, stdout, stderr).RunContext(ctx, args)
	if err == nil {
		return exitWritten
	}
	fmt.Fprintf(stderr, "gpufleet: %v\n", err)
	return exitCode(err)
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
	var usage option.UsageError
	var stopped interrupted
	var checks checksError
	var source *fetch.Error
	switch {
	case errors.As(err, &stopped):
		return exitInterrupted + int(stopped.signal)
	case errors.As(err, &usage):
		return exitUsage
	case errors.As(err, &checks):
		return exitCheck
	case errors.As(err, &source):
		return map[fetch.Kind]int{fetch.BadInput: exitUsage, fetch.BadAPI: exitAPI, fetch.Incomplete: exitIncomplete}[source.Kind]
	}
	return exitFailed
}

var flagGroups = []option.Group{
	{Name: "source", Flags: []cli.Flag{
		&cli.StringFlag{Name: "api-url", Value: "https://api.nebulablock.com/api/v1", Usage: "fetch from the API at `URL`"},
		&cli.StringFlag{Name: "token-file", Usage: "`FILE` with the API token; else $GPUFLEET_TOKEN, $ACCESS_TOKEN or $NEBULA_BLOCK_API_KEY has it"},
		&cli.StringSliceFlag{Name: "input", Usage: "saved reply in `FILE` to render instead (- is standard input); repeat it for pages of one list"},
		&cli.BoolFlag{Name: "demo", Usage: "render the built-in sample fleet"},
	}},
	{Name: "output", Flags: []cli.Flag{
		&cli.StringFlag{Name: "out", Value: "out", Usage: "write the report into `DIR`"},
		&cli.StringFlag{Name: "title", Value: "GPU fleet", Usage: "`TEXT` that heads every page"},
		&cli.StringFlag{Name: "base-url", Usage: "the `URL` at which the folder will be published, for the feed's links"},
	}},
	{Name: "privacy", Flags: []cli.Flag{
		&cli.StringFlag{Name: "audience", Value: "public", Usage: "`WHO` reads it: public leaves addresses out, internal shows them"},
		&cli.StringFlag{Name: "hide", Usage: "`FIELDS` to leave out, with commas: id, host_name, os, created_at, product_type, ephemeral, disk_size"},
	}},
	{Name: "cost", Flags: []cli.Flag{
		&cli.StringSliceFlag{Name: "prices", Usage: "contract prices in `FILE.csv`; or api: the product list, for what has no price; give one or one of each"},
		&cli.StringFlag{Name: "currency", Value: "USD", Usage: "the ISO `CODE` of all prices; nothing is converted"},
		&cli.StringFlag{Name: "hours-per-month", Value: "730", Usage: "`HOURS` that make a month"},
		&cli.StringFlag{Name: "budget", Usage: "a month's `AMOUNT`, which the run rate is a share of"},
	}},
	{Name: "change", Flags: []cli.Flag{
		&cli.StringFlag{Name: "previous", Usage: "the earlier report to compare with and carry on, a folder or the URL of a published site, in `PLACE`; else what is in --out"},
		&cli.BoolFlag{Name: "accept-shrink", Usage: "believe a list with fewer than half of the last run's instances"},
	}},
	{Name: "checks", Flags: []cli.Flag{
		&cli.StringFlag{Name: "fail-on", Usage: "exit with 5 on any of `LIST`: over-budget, unpriced, instance-error, warnings (commas between)"},
	}},
	{Name: "network", Flags: []cli.Flag{
		&cli.StringFlag{Name: "timeout", Value: "5m", Usage: "`TIME` that the whole fetch may take"},
	}},
	{Name: "talk", Flags: []cli.Flag{
		&cli.BoolFlag{Name: "quiet", Usage: "say nothing but errors"},
		&cli.BoolFlag{Name: "verbose", Usage: "say what is done"},
		&cli.BoolFlag{Name: "version", Usage: "print the version and stop"},
		cli.HelpFlag,
	}},
}

func newApp(stdin io.Reader, stdout, stderr io.Writer) *cli.App {
	app := &cli.App{
		Name:                      "gpufleet",
		Writer:                    stdout,
		ErrWriter:                 stderr,
		CustomAppHelpTemplate:     option.Help("gpufleet turns a GPU cloud's instance list into a site, a summary and a workbook.", flagGroups), // the library's own sorts the groups by name
		HideHelpCommand:           true,
		HideVersion:               true,
		DisableSliceFlagSeparator: true,                         // a path may hold a comma
		ExitErrHandler:            func(*cli.Context, error) {}, // the library's own calls os.Exit
		OnUsageError: func(_ *cli.Context, err error, _ bool) error {
			return option.Usagef("%v: see gpufleet --help", err)
		},
	}
	for _, group := range flagGroups {
		app.Flags = append(app.Flags, group.Flags...)
	}
	app.Action = func(c *cli.Context) error {
		switch {
		case c.Args().Present():
			return option.Usagef("unexpected argument %q: every setting is a flag, see gpufleet --help", c.Args().First())
		case c.Bool("version"):
			_, err := fmt.Fprintf(stdout, "gpufleet %s (commit %s, %s)\n", fetch.Version(), fetch.Commit(), runtime.Version())
			return err
		}
		s, err := readSettings(c)
		if err != nil {
			return err
		}
		t := &talk.Talk{Stdout: stdout, Stderr: stderr, Quiet: s.quiet, Verbose: s.verbose}
		return s.produce(c.Context, stdin, t)
	}
	return app
}

// settings is what the flags and the environment say, checked.
type settings struct {
	apiURL, token  string // both unused where inputs or demo are set
	inputs         []string
	demo           bool
	out            string
	previous       string // a folder or an address; "" for what is in out
	acceptShrink   bool
	timeout        time.Duration
	pseudonymKey   []byte           // where ids are hidden
	priceFile      *fetch.PriceFile // nil for none
	products       bool             // the product list prices what has no price
	failOn         []report.Check
	report         report.Settings
	quiet, verbose bool
}

// olderNames are environment names that other tools of the provider use, read where the flag's own is unset.
var olderNames = map[string]string{"api-url": "API_URL"}

// values reads the program's settings one by one.
type values struct{ option.Values }

// readSettings checks all that can be checked before any work.
func readSettings(c *cli.Context) (*settings, error) {
	v := &values{option.Values{Context: c, Older: olderNames}}
	s := &settings{
		apiURL: v.Text("api-url"), inputs: v.List("input", "demo"), demo: v.Switch("demo", "input"), out: v.Text("out"),
		quiet: v.Switch("quiet", "verbose"), verbose: v.Switch("verbose", "quiet"),
		previous: v.previous(), acceptShrink: v.Switch("accept-shrink"),
		report: report.Settings{
			Title:         v.title(),
			Generated:     v.now(),
			Version:       fetch.Version(),
			Source:        report.FromAPI,
			Audience:      v.audience(),
			Currency:      v.currency(),
			HoursPerMonth: v.hoursPerMonth(),
			Hidden:        v.hidden(),
			Budget:        v.budget(),
			BaseURL:       v.baseURL(),
		},
		timeout: v.timeout(),
	}
	s.priceFile, s.products = v.prices()
	s.failOn = v.failOn(s.report.Budget.Known)
	if slices.Contains(s.report.Hidden, "id") {
		s.pseudonymKey = v.pseudonymKey()
		s.report.KeyFingerprint = fleet.KeyFingerprint(s.pseudonymKey)
	}
	switch {
	case s.demo && len(s.inputs) > 0:
		v.Fail("--demo and --input exclude each other: give one of them")
	case countOf(s.inputs, fetch.Stdin) > 1:
		v.Fail("--input - is given twice, but standard input can be read once")
	case s.products && (s.demo || len(s.inputs) > 0):
		v.Fail("--prices api asks the API, which --demo and --input do not: give a price file, or fetch the list")
	case s.quiet && s.verbose:
		v.Fail("--quiet and --verbose exclude each other: give one of them")
	case s.demo:
		s.report.Source = report.FromDemo
	case len(s.inputs) > 0:
		s.report.Source = report.FromFile
	default:
		if err := fetch.CheckURL(s.apiURL); err != nil {
			v.Fail("--api-url: %v", err)
		}
		s.token = v.token()
		s.report.Account = fetch.Account(s.apiURL, s.token)
	}
	return s, v.Err
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

func (v *values) title() string {
	title := v.Text("title")
	const longest = 200
	unfit := func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }
	if !utf8.ValidString(title) || strings.ContainsFunc(title, unfit) || utf8.RuneCountInString(title) > longest {
		v.Fail("--title must be one line of at most %d printable characters", longest)
	}
	return title
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

func (v *values) audience() report.Audience {
	audience := report.Audience(v.Text("audience"))
	if audience != report.Public && audience != report.Internal {
		v.Fail("--audience must be public or internal")
	}
	return audience
}

// hidden returns the fields to leave out, sorted, each once.
func (v *values) hidden() []string {
	text := v.Text("hide")
	if text == "" {
		return nil
	}
	var fields []string
	for field := range strings.SplitSeq(text, ",") {
		field = strings.TrimSpace(field)
		if !slices.Contains(fleet.Hideable, field) {
			v.Fail("--hide takes %s, not %q", strings.Join(fleet.Hideable, ", "), field)
		}
		fields = append(fields, field)
	}
	slices.Sort(fields)
	return slices.Compact(fields)
}

// pseudonymKey returns the key of the pseudonyms that stand for hidden ids.
func (v *values) pseudonymKey() []byte {
	key := strings.TrimSpace(os.Getenv("GPUFLEET_PSEUDONYM_KEY"))
	if key == "" {
		v.Fail("--hide id needs a key for the pseudonyms: put a long random text into $GPUFLEET_PSEUDONYM_KEY and keep it")
	}
	return []byte(key)
}

func (v *values) currency() string {
	code := v.Text("currency")
	if len(code) != 3 || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		v.Fail("--currency must be an ISO code of three capital letters, such as USD")
	}
	return code
}

func (v *values) hoursPerMonth() decimal.Decimal {
	text := v.Text("hours-per-month")
	const hoursOfAYear = 8784
	hours, err := decimal.NewFromString(text)
	if err != nil || len(text) > 12 || strings.ContainsAny(text, "eE") || hours.Sign() <= 0 || hours.GreaterThan(decimal.NewFromInt(hoursOfAYear)) {
		v.Fail("--hours-per-month must be a number above 0, such as 730")
	}
	return hours
}

// budget returns the month's budget, unknown where there is none.
func (v *values) budget() fleet.Price {
	text := v.Text("budget")
	if text == "" {
		return fleet.Price{}
	}
	const longest = 20
	amount, err := decimal.NewFromString(text)
	if err != nil || len(text) > longest || strings.Trim(text, "0123456789.") != "" || amount.Sign() <= 0 {
		v.Fail("--budget must be an amount above 0 in digits alone, such as 50000")
	}
	return fleet.Known(fleet.MoneyOf(amount))
}

// failOn returns the checks that the run fails on.
func (v *values) failOn(hasBudget bool) (checks []report.Check) {
	text := v.Text("fail-on")
	if text == "" {
		return nil
	}
	for name := range strings.SplitSeq(text, ",") {
		check := report.Check(strings.TrimSpace(name))
		switch {
		case !slices.Contains(report.Checks(), check):
			v.Fail("--fail-on does not know %q: it knows over-budget, unpriced, instance-error and warnings", string(check))
		case check == report.OverBudget && !hasBudget:
			v.Fail("--fail-on over-budget needs a --budget")
		}
		checks = append(checks, check)
	}
	return checks
}

// prices reads the price file, if there is one, and tells whether the product list is wanted.
func (v *values) prices() (file *fetch.PriceFile, products bool) {
	paths := v.List("prices")
	const productList = "api"
	files := 0
	for _, path := range paths {
		if path != productList {
			files++
		}
	}
	if files > 1 || len(paths)-files > 1 {
		v.Fail("--prices takes one file and api, each once")
		return nil, false
	}
	for _, path := range paths {
		if path == productList {
			products = true
			continue
		}
		var err error
		if file, err = fetch.ReadPriceFile(v.Context.Context, path); err != nil {
			v.Fail("--prices: %w", err) // an interrupt stays one
		}
	}
	return file, products
}

func (v *values) timeout() time.Duration {
	timeout, err := time.ParseDuration(v.Text("timeout"))
	if err != nil || timeout <= 0 {
		v.Fail("--timeout must be a time above 0 with its unit, such as 90s or 5m")
	}
	return timeout
}

// token returns the API token. There is no flag for it: anyone on the machine can read a program's arguments.
func (v *values) token() string {
	if path := v.Text("token-file"); path != "" {
		token, err := fetch.ReadToken(v.Context.Context, path)
		if err != nil {
			v.Fail("--token-file: %w", err) // an interrupt stays one
		}
		return token
	}
	for _, name := range []string{"GPUFLEET_TOKEN", "ACCESS_TOKEN", "NEBULA_BLOCK_API_KEY"} {
		if text := strings.TrimSpace(os.Getenv(name)); text != "" {
			token, err := fetch.CheckToken(text)
			if err != nil {
				v.Fail("$%s: %w", name, err)
			}
			return token
		}
	}
	v.Fail("no API token: put it in $GPUFLEET_TOKEN or a file named by --token-file, or try --demo")
	return ""
}

// produce makes the report: it fetches the list, computes the report, writes its files and puts them in place.
func (s *settings) produce(ctx context.Context, stdin io.Reader, t *talk.Talk) error {
	folder, err := publish.Open(s.out)
	if err != nil {
		return err
	}
	defer func() {
		// Whatever is left over then, the report is in place or the folder as before, and the next run clears it.
		if left := folder.Close(); left != nil {
			t.Warn(left.Error())
		}
	}()
	if s.demo && !mayHoldDemo(folder) {
		return option.Usagef("%s holds a real report, or one whose manifest.json can't be read: give --demo another --out", s.out)
	}

	list, err := s.fetch(ctx, stdin, t)
	if err != nil {
		return err
	}
	list.Hide(s.report.Hidden, s.pseudonymKey)
	earlier, err := s.earlier(ctx, folder, t)
	if err != nil {
		return err
	}
	if err := s.checkShrink(earlier, len(list.Instances)); err != nil {
		return err
	}
	r := report.New(list, s.report)
	if err := r.Compare(earlier); err != nil {
		return err
	}
	t.Debug("%d instances in %d regions, %d models", r.Count, len(r.Regions), len(r.Models))

	stage, err := folder.Stage(ctx)
	if err != nil {
		return err
	}
	if err := render.Write(r, stage.Create); err != nil {
		return err
	}
	warnings, err := stage.Place(publish.Manifest{Source: string(s.report.Source), Audience: string(s.report.Audience)})
	for _, warning := range append(folder.Warnings(), warnings...) {
		t.Warn(warning)
	}
	if err != nil {
		return err
	}
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

// mayHoldDemo reports whether a folder holds nothing that the sample must not replace: no report, or an earlier sample.
func mayHoldDemo(folder *publish.Folder) bool {
	last := folder.Manifest()
	if last == nil {
		return len(folder.Warnings()) == 0
	}
	return last.Source == string(report.FromDemo)
}

// fetch gets the list and prices it.
func (s *settings) fetch(ctx context.Context, stdin io.Reader, t *talk.Talk) (list *fleet.Fleet, err error) {
	client := &fetch.Client{
		URL: s.apiURL, Token: s.token, UserAgent: "gpufleet/" + fetch.Version(), Timeout: s.timeout,
		Progress: t.Progress, Log: t.Debug,
	}
	defer t.EndProgress()
	switch {
	case s.demo:
		list, err = fetch.Demo(ctx)
	case len(s.inputs) > 0:
		list, err = fetch.Saved(ctx, s.inputs, stdin)
	default:
		list, err = client.Instances(ctx)
	}
	if err != nil {
		return nil, err
	}
	s.priceFile.Apply(list)
	if s.products {
		err = priceByProducts(ctx, client, list, t)
	}
	return list, err
}

// priceByProducts lets the product list price what has no price. A report without these prices is better than none, so
// that the product list fails is a warning, unless the run is to stop.
func priceByProducts(ctx context.Context, client *fetch.Client, list *fleet.Fleet, t *talk.Talk) error {
	products, err := client.Products(ctx)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		t.EndProgress()
		t.Warn("product list: " + err.Error()) // it names the API's address, which no file does
		list.Warnings.Add("the product list could not be read: prices that it alone has are unknown")
	default:
		products.Apply(list)
	}
	return nil
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

func (v *values) baseURL() string {
	text := v.Text("base-url")
	if text != "" {
		if err := fetch.CheckSiteURL(text); err != nil {
			v.Fail("--base-url: %v", err)
		}
	}
	return strings.TrimRight(text, "/")
}

// earlier reads what earlier runs left, from the output folder or where --previous says.
func (s *settings) earlier(ctx context.Context, folder *publish.Folder, t *talk.Talk) (*past.Past, error) {
	c := &past.Collector{Run: s.report.Head(), Now: s.report.Generated}
	var err error
	switch {
	case s.previous == "" && folder.Manifest() != nil:
		files := listed(folder.Manifest())
		err = fetch.CollectFolder(ctx, s.out, func(*fetch.Folder) ([]fetch.Listed, error) { return files, nil }, c)
	case s.previous == "" && len(folder.Warnings()) > 0: // a manifest that can't be read must not cost the history
		err = fetch.CollectFolder(ctx, s.out, func(f *fetch.Folder) ([]fetch.Listed, error) { return f.Found(ctx) }, c)
	case s.previous == "":
	case isURL(s.previous):
		client := &fetch.Client{URL: s.previous, Site: true, UserAgent: "gpufleet/" + fetch.Version(), Timeout: s.timeout, Log: t.Debug}
		err = fetch.Site{Client: client}.Collect(ctx, decodeManifest, c)
	default:
		err = fetch.CollectFolder(ctx, s.previous, func(f *fetch.Folder) ([]fetch.Listed, error) { return f.Manifest(ctx, decodeManifest) }, c)
	}
	if errors.Is(err, fetch.ErrNoManifest) {
		t.Warn(fmt.Sprintf("--previous %s: %v: this counts as the first run", s.previous, err))
		err = nil
	}
	for _, warning := range c.Past().Warnings {
		t.Warn(warning)
	}
	return c.Past(), err
}

func decodeManifest(content []byte) ([]fetch.Listed, error) {
	manifest, err := publish.ReadManifest(bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	return listed(manifest), nil
}

func listed(manifest *publish.Manifest) []fetch.Listed {
	files := make([]fetch.Listed, len(manifest.Files))
	for i, file := range manifest.Files {
		files[i] = fetch.Listed(file)
	}
	return files
}

// checkShrink refuses a list that has lost so much since the last run that it is more likely broken than true.
func (s *settings) checkShrink(earlier *past.Past, count int) error {
	const guarded = 10 // instances of the last run, from which on it is checked
	last := earlier.Last
	if s.acceptShrink || !last.Known || last.Value < guarded || count*2 >= last.Value {
		return nil
	}
	return &fetch.Error{Kind: fetch.Incomplete, What: fmt.Sprintf(
		"the list has %d instances, but the last run's had %d: if so many are really gone, give --accept-shrink", count, last.Value)}
}
