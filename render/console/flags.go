package console

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/urfave/cli/v2"

	"gpufleet/fetch/fleet"
)

// Group is a group of flags in the help.
type Group struct {
	Name  string
	Flags []cli.Flag
}

// Groups returns the program's flags in the order of the help. Each call makes new ones, because the library stores
// the values in them.
func Groups() []Group {
	return []Group{
		{"source", []cli.Flag{
			textFlag("api-url", "https://api.nebulablock.com/api/v1", "`URL` of the API"),
			pathFlag("token-file", "", "`FILE` with the API token (default: it is in $GPUFLEET_TOKEN)"),
			listFlag("account", "account `NAME[=FILE]`, token in FILE or $GPUFLEET_TOKEN_NAME; repeatable"),
			pathsFlag("input", "a saved reply in `FILE` or NAME=FILE (- is standard input); can be repeated"),
			boolFlag("demo", "show the built-in sample fleet"),
		}},
		{"output", []cli.Flag{
			pathFlag("out", "out", "write the report into `DIR`"),
			textFlag("title", "GPU fleet", "`TEXT` at the top of every page"),
			textFlag("expect-every", "24h", "`TIME` between runs; twice that is late and a gap in spend"),
			pathFlag("notes", "", "show Markdown from `FILE.md` first"),
			pathFlag("archive", "", "also keep all that was seen in `DIR`, as Parquet tables for SQL"),
			textFlag("base-url", "", "`URL` of the published folder, for links in feed, sitemap and summary"),
		}},
		{"privacy", []cli.Flag{
			textFlag("audience", "public", "`WHO` reads it: public (without IP addresses) or internal"),
			entriesFlag("hide", "`FIELDS` to leave out, with commas: "+strings.Join(fleet.Hideable(), ", ")),
			pathFlag("private-out", "", "also write the internal workbook and CSV into `DIR`, for this user only"),
		}},
		{"cost", []cli.Flag{
			pathsFlag("prices", "`FILE.csv` with contract prices, or api: the product list; can be repeated"),
			textFlag("currency", "USD", "currency `CODE` of all prices; nothing is converted"),
			textFlag("hours-per-month", "730", "`HOURS` in a month"),
			textFlag("bill", "running", "`WHAT` is billed: running or listed instances"),
			listFlag("budget", "`AMOUNT` to spend per month, or OWNER=AMOUNT; can be repeated"),
			pathFlag("owners", "", "`FILE.csv` that says whose an instance is"),
		}},
		{"changes", []cli.Flag{
			pathFlag("previous", "", "`PLACE` of the previous report: a folder or URL (default: the --out folder)"),
			boolFlag("accept-shrink", "accept a list with fewer than half of the last run's instances"),
			boolFlag("accept-loss", "let go of the history that the error of the last try names"),
		}},
		{"checks", []cli.Flag{
			entriesFlag("fail-on", "exit with code 5 if any check of `LIST` fails, with commas: over-budget, "+
				"forecast-over-budget, unowned, unpriced, instance-error, warnings"),
		}},
		{"network", []cli.Flag{
			textFlag("timeout", "5m", "maximum `TIME` of a fetch"),
		}},
		{"messages", []cli.Flag{
			boolFlag("quiet", "print errors only"),
			boolFlag("verbose", "print every step"),
			boolFlag("version", "print the version and exit"),
			boolFlag("help", "print this help and exit", "h"),
		}},
	}
}

// textFlag returns a flag with a default. The usage has the placeholder of its value in backquotes.
func textFlag(name, value, usage string) *cli.GenericFlag {
	return &cli.GenericFlag{Name: name, Value: &onceValue{text: value}, Usage: usage}
}

// entriesFlag returns a flag whose value has entries with commas between them.
func entriesFlag(name, usage string) cli.Flag {
	return &cli.GenericFlag{Name: name, Value: &onceValue{hasEntries: true}, Usage: usage}
}

// pathFlag returns a flag for the path of a file or folder, which Values checks. It may have other values.
func pathFlag(name, value, usage string) cli.Flag {
	flag := textFlag(name, value, usage)
	flag.TakesFile = true
	return flag
}

// pathsFlag returns a flag for paths that can be repeated.
func pathsFlag(name, usage string) cli.Flag {
	return &cli.StringSliceFlag{Name: name, Usage: usage, TakesFile: true}
}

// listFlag returns a flag that can be repeated. Its variable has entries with commas between them.
func listFlag(name, usage string) cli.Flag { return &cli.StringSliceFlag{Name: name, Usage: usage} }

func boolFlag(name, usage string, aliases ...string) cli.Flag {
	return &cli.BoolFlag{Name: name, Usage: usage, Aliases: aliases, Count: new(int)}
}

// onceValue is the value of a flag that can be given once.
type onceValue struct {
	text       string
	given      int
	hasEntries bool // with commas between them
}

// Set is called for each time that the flag is given.
func (o *onceValue) Set(text string) error {
	o.text = text
	o.given++
	return nil
}

func (o *onceValue) String() string { return o.text }

// checkRepeated returns an error if a flag that can be given once is given again, since one of its values would be
// ignored.
func checkRepeated(flags []cli.Flag) error {
	for _, flag := range flags {
		given, advice := 0, ""
		switch flag := flag.(type) {
		case *cli.BoolFlag:
			given = *flag.Count
		case *cli.GenericFlag:
			value := flag.Value.(*onceValue)
			given = value.given
			if value.hasEntries {
				advice = ", with commas between its entries"
			}
		}
		if given > 1 {
			return Usagef("--%s is given more than once; give it once%s", flag.Names()[0], advice)
		}
	}
	return nil
}

// Run parses args, which begin with the program's name, and calls action with the values. For --help and --version it
// prints to Stdout instead. A mistake in args is a UsageError; any other error is action's.
func (c *Console) Run(ctx context.Context, args []string, action func(*Values) error) error {
	groups := Groups()
	var notFound error
	app := &cli.App{
		Name:      "gpufleet",
		Writer:    c.Stdout,
		ErrWriter: c.Stderr,
		// The library's help sorts the groups by name, and its flag is shared by all runs in a process.
		CustomAppHelpTemplate:     Help(groups),
		HideHelp:                  true,
		HideVersion:               true,
		DisableSliceFlagSeparator: true,                         // a path may contain a comma
		ExitErrHandler:            func(*cli.Context, error) {}, // the library's handler calls os.Exit
		CommandNotFound:           func(_ *cli.Context, name string) { notFound = unexpected(name) },
		OnUsageError: func(_ *cli.Context, err error, _ bool) error {
			return Usagef("%v; see gpufleet --help", err)
		},
		Action: func(flags *cli.Context) error {
			if flags.Args().Present() {
				return unexpected(flags.Args().First())
			}
			if err := checkRepeated(flags.App.Flags); err != nil {
				return err
			}
			if flags.Bool("version") {
				_, err := fmt.Fprintln(c.Stdout, versionLine())
				return err
			}
			return action(&Values{Context: flags, Getenv: c.getenv})
		},
	}
	for _, group := range groups {
		app.Flags = append(app.Flags, group.Flags...)
	}
	if err := app.RunContext(ctx, args); err != nil {
		return err
	}
	return notFound // of --help NAME
}

func unexpected(argument string) error {
	return Usagef("unexpected argument %q; see gpufleet --help", argument)
}

// Version returns the version of the program, "devel" if it wasn't built from a release.
func Version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}

// versionLine returns what --version prints: the version, the commit and the version of Go.
func versionLine() string {
	commit := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" {
				commit = setting.Value
			}
		}
	}
	return fmt.Sprintf("gpufleet %s (commit %s, %s)", Version(), commit, runtime.Version())
}
