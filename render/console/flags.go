package console

import (
	"context"
	"io"

	"github.com/urfave/cli/v2"
)

// Groups are the program's flags, in the order of the help.
var Groups = []Group{
	{Name: "source", Flags: []cli.Flag{
		&cli.StringFlag{Name: "api-url", Value: "https://api.nebulablock.com/api/v1", Usage: "fetch from the API at `URL`"},
		&cli.StringFlag{Name: "token-file", Usage: "`FILE` with the API token; else $GPUFLEET_TOKEN, $ACCESS_TOKEN or $NEBULA_BLOCK_API_KEY has it"},
		&cli.StringSliceFlag{Name: "input", Usage: "saved reply in `FILE` to render instead (- is standard input); repeat it for pages of one list"},
		&cli.BoolFlag{Name: "demo", Usage: "render the built-in sample fleet"},
	}},
	{Name: "output", Flags: []cli.Flag{
		&cli.StringFlag{Name: "out", Value: "out", Usage: "write the report into `DIR`"},
		&cli.StringFlag{Name: "title", Value: "GPU fleet", Usage: "`TEXT` that heads every page"},
		&cli.StringFlag{Name: "expect-every", Value: "24h", Usage: "the `TIME` between two runs: twice that without one shows as out of date"},
		&cli.StringFlag{Name: "notes", Usage: "Markdown of your own in `FILE.md`, which comes first in the summary, the one-file report and on the overview"},
		&cli.StringFlag{Name: "base-url", Usage: "the `URL` at which the folder will be published, for links that need it: those of the feed, the sitemap, the summary and 404.html"},
	}},
	{Name: "privacy", Flags: []cli.Flag{
		&cli.StringFlag{Name: "audience", Value: "public", Usage: "`WHO` reads it: public leaves addresses out, internal shows them"},
		&cli.StringFlag{Name: "hide", Usage: "`FIELDS` to leave out, with commas: id, host_name, os, created_at, product_type, ephemeral, disk_size"},
		&cli.StringFlag{Name: "private-out", Usage: "write the internal workbook and CSV as well, into `DIR`, apart from --out and for this user alone"},
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

// Run reads the flags among args, of which the first is the program's name, and acts on them. A mistake in them is a UsageError;
// any other error is action's. Help goes to stdout.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer, action cli.ActionFunc) error {
	app := &cli.App{
		Name:                      "gpufleet",
		Writer:                    stdout,
		ErrWriter:                 stderr,
		CustomAppHelpTemplate:     Help("gpufleet turns a GPU cloud's instance list into a site, a summary and a workbook.", Groups), // the library's own sorts the groups by name
		HideHelpCommand:           true,
		HideVersion:               true,
		DisableSliceFlagSeparator: true,                         // a path may hold a comma
		ExitErrHandler:            func(*cli.Context, error) {}, // the library's own calls os.Exit
		OnUsageError: func(_ *cli.Context, err error, _ bool) error {
			return Usagef("%v: see gpufleet --help", err)
		},
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return Usagef("unexpected argument %q: every setting is a flag, see gpufleet --help", c.Args().First())
			}
			return action(c)
		},
	}
	for _, group := range Groups {
		app.Flags = append(app.Flags, group.Flags...)
	}
	return app.RunContext(ctx, args)
}
