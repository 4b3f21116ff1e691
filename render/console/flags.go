package console

import (
	"context"
	"fmt"
	"gpufleet/fetch/fleet"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/urfave/cli/v2"
)

// Groups returns the program's flags, in the order of the help. They are new each time, since the library keeps in
// them what it reads.
func Groups() []Group {
	return []Group{
		{"source", []cli.Flag{
			text("api-url", "https://api.nebulablock.com/api/v1", "fetch from the API at `URL`"),
			text("token-file", "", "`FILE` with the API token; else $GPUFLEET_TOKEN, $ACCESS_TOKEN or $NEBULA_BLOCK_API_KEY "+
				"has it"),
			list("input", "saved reply in `FILE` to render instead (- is standard input); repeat it for pages of one "+
				"list"),
			toggle("demo", "render the built-in sample fleet"),
		}},
		{"output", []cli.Flag{
			text("out", "out", "write the report into `DIR`"),
			text("title", "GPU fleet", "`TEXT` that heads every page"),
			text("expect-every", "24h", "the `TIME` between two runs: twice that without one shows as out of date"),
			text("notes", "", "Markdown of your own in `FILE.md`, which comes first in the summary, the one-file report and "+
				"on the overview"),
			text("base-url", "", "the `URL` at which the folder will be published, for links that need it: those of the "+
				"feed, the sitemap, the summary and 404.html"),
		}},
		{"privacy", []cli.Flag{
			text("audience", "public", "`WHO` reads it: public leaves addresses out, internal shows them"),
			text("hide", "", "`FIELDS` to leave out, with commas: "+strings.Join(fleet.Hideable(), ", ")),
			text("private-out", "", "write the internal workbook and CSV as well, into `DIR`, apart from --out and for this "+
				"user alone"),
		}},
		{"cost", []cli.Flag{
			list("prices", "contract prices in `FILE.csv`; or api: the product list, for what has no price; give one or one "+
				"of each"),
			text("currency", "USD", "the ISO `CODE` of all prices; nothing is converted"),
			text("hours-per-month", "730", "`HOURS` that make a month"),
			text("budget", "", "a month's `AMOUNT`, which the run rate is a share of"),
		}},
		{"change", []cli.Flag{
			text("previous", "", "the earlier report to compare with and carry on, a folder or the URL of a published site, "+
				"in `PLACE`; else what is in --out"),
			toggle("accept-shrink", "believe a list with fewer than half of the last run's instances"),
		}},
		{"checks", []cli.Flag{
			text("fail-on", "", "exit with 5 on any of `LIST`: over-budget, unpriced, instance-error, warnings "+
				"(commas between)"),
		}},
		{"network", []cli.Flag{
			text("timeout", "5m", "`TIME` that the whole fetch may take"),
		}},
		{"talk", []cli.Flag{
			toggle("quiet", "say nothing but errors"),
			toggle("verbose", "say what is done"),
			toggle("version", "print the version and stop"),
			toggle("help", "show help", "h"),
		}},
	}
}

func text(name, value, usage string) cli.Flag {
	return &cli.StringFlag{Name: name, Value: value, Usage: usage}
}

func list(name, usage string) cli.Flag { return &cli.StringSliceFlag{Name: name, Usage: usage} }

func toggle(name, usage string, aliases ...string) cli.Flag {
	return &cli.BoolFlag{Name: name, Usage: usage, Aliases: aliases}
}

// Run reads the flags among args, of which the first is the program's name, and acts on them. A mistake in them is a
// UsageError; any other error is action's. Help and version go to Stdout, without action.
func (t *Console) Run(ctx context.Context, args []string, action func(*Values) error) error {
	groups := Groups()
	const purpose = "gpufleet turns a GPU cloud's instance list into a site, a summary and a workbook."
	var notFound error
	app := &cli.App{
		Name:      "gpufleet",
		Writer:    t.Stdout,
		ErrWriter: t.Stderr,
		// The library's own help sorts the groups by name, and all runs of a process would share its flag.
		CustomAppHelpTemplate:     Help(purpose, groups),
		HideHelp:                  true,
		HideVersion:               true,
		DisableSliceFlagSeparator: true,                         // a path may hold a comma
		ExitErrHandler:            func(*cli.Context, error) {}, // the library's own calls os.Exit
		CommandNotFound:           func(_ *cli.Context, name string) { notFound = unexpected(name) },
		OnUsageError: func(_ *cli.Context, err error, _ bool) error {
			return Usagef("%v: see gpufleet --help", err)
		},
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return unexpected(c.Args().First())
			}
			if c.Bool("version") {
				_, err := fmt.Fprintln(t.Stdout, versionLine())
				return err
			}
			return action(&Values{Context: c, Getenv: t.getenv})
		},
	}
	for _, group := range groups {
		app.Flags = append(app.Flags, group.Flags...)
	}
	if err := app.RunContext(ctx, args); err != nil {
		return err
	}
	return notFound // --help NAME
}

func unexpected(argument string) error {
	return Usagef("unexpected argument %q: every setting is a flag, see gpufleet --help", argument)
}

// Version returns the version that the program was built as, "devel" where it was not built from a release.
func Version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}

// versionLine returns what --version prints: the version, the revision that it was built from, and the version of Go.
func versionLine() string {
	commit := "unknown" // the build did not note it
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" {
				commit = setting.Value
			}
		}
	}
	return fmt.Sprintf("gpufleet %s (commit %s, %s)", Version(), commit, runtime.Version())
}
