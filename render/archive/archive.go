// Package archive keeps all that was ever seen, as Parquet tables that SQL engines read. The report doesn't need it.
//
//	readings/date=2026-11-25/readings.parquet      a row for each reading and account
//	instances/date=2026-11-25/instances.parquet    a row for each instance and reading
//	charges/billing_period=2026-11/date=2026-11-25/charges.parquet
//	                                               a row for each instance, day and price, as FOCUS 1.2 names it
//	unpriced/date=2026-11-25/unpriced.parquet      a row for each instance and day with hours without a price
//
// There is one file a table and day. A run adds its reading to those of its day, and computes the charges of the days
// since the last reading from what the archive has. The file of the readings is placed last: a reading without a row
// there does not count, so a run that is killed leaves none by half.
package archive

import (
	"errors"
	"io"
	"slices"
	"time"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
	"gpufleet/fetch/parallel"
	"gpufleet/render/report"
)

// Create opens a file of the archive for writing. Files are placed in the order in which they are created.
type Create func(path string) (io.WriteCloser, error)

// Run is what a run adds.
type Run struct {
	*report.Report
	Past         []report.Reading // made-up readings of the sample before this one, ascending; else nil
	PseudonymKey []byte           // nil for none
}

// Write adds the reading of a run. What the run hides is hidden in all days before. The error is of the folder, or an
// Error or UsageError about what the archive has.
func Write(run Run, folder Folder, create Create) error { return Begin(run, folder)(create) }

// Begin reads what the archive has on another goroutine, and returns a function that waits for that and does the rest
// of Write. In between, the report may be compared with previous ones.
func Begin(run Run, folder Folder) (write func(Create) error) {
	w := newArchive(run, folder)
	wait := parallel.Go(w.read)
	return func(create Create) error {
		err := wait()
		isShown := showsSecret(run.Report)
		if err == errHide || err == nil && (w.mustHide || isShown || len(w.unfinished) > 0) {
			w = newArchive(run, folder)
			w.hider = newHider(run.Report, w.head, run.PseudonymKey)
			err = w.read()
		}
		if err != nil {
			return err
		}
		w.create = create
		return w.write()
	}
}

func newArchive(run Run, folder Folder) *archive {
	r, h := run.Report, headOf(run.Report.Head())
	return &archive{Report: r, folder: folder, head: h, made: h, names: names{},
		added:  append(slices.Clone(run.Past), report.Reading{Taken: r.Generated, Instances: r.Instances}),
		stored: map[time.Time]storedDay{}, kept: map[time.Time]bool{}, rows: map[time.Time][]instance{},
		orphans: map[time.Time]bool{}}
}

// errHide says that something must be hidden in what the archive has. That is known for sure only when the report was
// compared.
var errHide = errors.New("something must be hidden")

// chargedFields are the fields of new rows that charges need. Times that a run computes are not.
var chargedFields = slices.DeleteFunc(slices.Clone(archived), func(f *fleet.Field) bool {
	return f.Kind == fleet.Computed && f.Time != nil
})

// read reads what the new readings continue, and sorts their rows.
func (w *archive) read() error {
	if err := w.find(); err != nil {
		return err
	}
	if err := w.load(); err != nil {
		return err
	}
	w.mustHide = w.mustHide || w.hider != nil && len(w.hider.shown) > 0
	for _, r := range w.added {
		day := history.Day(r.Taken)
		if !slices.Contains(w.days, day) {
			w.days = append(w.days, day)
		}
		for _, in := range r.Instances {
			w.rows[day] = append(w.rows[day], instance{r.Taken, w.Currency, in})
		}
	}
	for _, day := range w.days {
		slices.SortFunc(w.rows[day], w.compareInstances)
		for _, row := range w.rows[day] {
			var in fleet.Instance
			for _, f := range chargedFields { // the report is compared meanwhile, which sets the others
				f.Copy(&in, row.Instance)
			}
			w.limit(&in)
			w.window.Add(row.taken, &in)
		}
	}
	return nil
}

// archive is one run's work.
type archive struct {
	*report.Report
	folder Folder
	create Create
	head   head
	hider  *hider                   // nil if nothing needs to be hidden
	added  []report.Reading         // by this run, ascending; the last one is its own
	days   []time.Time              // of these, ascending
	rows   map[time.Time][]instance // of these, by day, sorted

	stored map[time.Time]storedDay // those days that are needed
	kept   map[time.Time]bool      // times of stored readings that stay, of the days that get new ones
	before []report.Moment         // stored readings that charges are computed from, ascending
	breaks []time.Time             // the last stored reading, if the new ones can't be compared with it
	from   time.Time               // the first day whose charges are computed
	// unfinished are earlier days with rows of runs that were killed before they placed their readings.
	unfinished []time.Time
	orphans    map[time.Time]bool // the times of these rows

	window   *report.Readings
	isLoaded bool // the window has all readings before
	names    names
	made     head // of the files that are made from stored and new rows
	mustHide bool // something in the past
}

// storedDay has a day's readings.
type storedDay struct {
	head head
	rows []reading
}
