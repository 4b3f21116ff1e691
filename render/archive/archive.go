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
	"cmp"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"

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
			w.hider = newHider(run.Report, w.head, run.PseudonymKey, isShown)
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
		stored: map[time.Time]storedDay{}, kept: map[time.Time]bool{}, rows: map[time.Time][]instance{}}
}

// errHide says that something must be hidden in what the archive has. That is known for sure only when the report was
// compared.
var errHide = errors.New("something must be hidden")

// read reads what the new readings continue, and sorts their rows.
func (w *archive) read() error {
	if err := w.find(); err != nil {
		return err
	}
	if err := w.load(); err != nil {
		return err
	}
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
			in := *row.Instance
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

// find looks for the stored readings that the new ones continue.
func (w *archive) find() error {
	all, err := days(w.folder, readings.name)
	if err != nil {
		return err
	}
	first := history.Day(w.added[0].Taken)
	var earlier []time.Time // days with readings, the newest first
	for _, day := range slices.Backward(all) {
		if err := w.readReadings(day); err != nil {
			return err
		}
		if !day.Before(first) || len(w.earlier(day)) == 0 {
			continue
		}
		if earlier = append(earlier, day); len(earlier) == 2 {
			break
		}
	}
	for day, stored := range w.stored {
		for _, row := range stored.rows {
			w.kept[row.taken] = !w.isAdded(row.taken) && !day.Before(first)
		}
	}
	w.choose(first, earlier)
	return w.findUnfinished(first)
}

// findUnfinished finds the days after the last one with readings that have instances nevertheless: runs were killed
// before they placed their readings.
func (w *archive) findUnfinished(first time.Time) error {
	if len(w.earlier(first)) > 0 {
		return nil // the first run of the day did it
	}
	all, err := days(w.folder, instances.name)
	for _, day := range all {
		if day.Before(first) && (day.After(w.from) || w.from.Equal(first)) {
			w.unfinished = append(w.unfinished, day)
		}
	}
	return err
}

// readReadings reads a day's file of readings and checks that this run may continue it.
func (w *archive) readReadings(day time.Time) error {
	var rows []reading
	h, err := readings.read(w.folder, dayPath(readings.name, day), visitor{row: func(row parquet.Row) error {
		rows = append(rows, readingOf(row))
		return nil
	}})
	if err == nil && len(rows) > 0 {
		err = w.checkSource(h)
	}
	if err != nil {
		return err
	}
	w.stored[day] = storedDay{h, rows}
	w.mustHide = w.mustHide || len(rows) > 0 && h.shows(w.head)
	return w.checkTimes(rows)
}

// checkSource returns an error if the sample and real readings would be in one archive.
func (w *archive) checkSource(h head) error {
	if (h.Source == string(report.FromDemo)) == w.Demo() {
		return nil
	}
	has := "has real readings, and --demo would add made-up ones"
	if !w.Demo() {
		has = "has the readings of the sample"
	}
	return UsageError(w.folder.Display(".") + " " + has + "; choose another folder for --archive")
}

// checkTimes returns an error if there is a later reading than this run's, or one of another sample.
func (w *archive) checkTimes(rows []reading) error {
	for _, row := range rows {
		switch {
		case row.taken.After(w.Generated):
			return Error(w.folder.Display(".") + " has a reading after this run's time; " +
				"check the clock and $SOURCE_DATE_EPOCH, or use a new folder for --archive")
		case w.Demo() && !w.isAdded(row.taken):
			return UsageError(w.folder.Display(".") + " has the sample of another time; remove it, or choose another folder " +
				"for --archive")
		}
	}
	return nil
}

func (w *archive) isAdded(taken time.Time) bool {
	return slices.ContainsFunc(w.added, func(r report.Reading) bool { return r.Taken.Equal(taken) })
}

// earlier returns the readings of a day before the new ones, ascending.
func (w *archive) earlier(day time.Time) (list []report.Moment) {
	for _, r := range w.stored[day].rows {
		if r.taken.Before(w.added[0].Taken) {
			list = append(list, report.Moment{Taken: r.taken, Currency: r.currency})
		}
	}
	slices.SortFunc(list, func(a, b report.Moment) int { return a.Taken.Compare(b.Taken) })
	return slices.Compact(list)
}

// choose chooses the readings that charges are computed from. days have readings, the newest first. With the first
// reading of a day, the day before is complete, and its charges are computed once more.
func (w *archive) choose(first time.Time, days []time.Time) {
	w.from = first
	if len(w.earlier(first)) == 0 && len(days) > 0 {
		w.from, days = days[0], days[1:]
	}
	if len(days) > 0 {
		last := w.earlier(days[0])
		w.before = last[len(last)-1:]
	}
	w.before = append(w.before, w.earlier(w.from)...)
	n := len(w.before)
	if n == 0 {
		return
	}
	// Pseudonyms with another key can't be compared, nor can they with ids.
	last := w.before[n-1].Taken
	if w.stored[history.Day(last)].head.hiding(w.head).Key != w.head.Key {
		w.breaks = []time.Time{last}
	}
	breaks := slices.Clone(w.breaks)
	for _, stored := range w.stored {
		breaks = append(breaks, stored.head.Breaks...)
	}
	for i, m := range w.before {
		w.before[i].Apart = slices.ContainsFunc(breaks, m.Taken.Equal)
	}
}

// load reads the instances of the readings before the new ones.
func (w *archive) load() error {
	all := slices.Clone(w.before)
	for _, r := range w.added {
		all = append(all, report.Moment{Taken: r.Taken, Currency: w.Currency})
	}
	w.window = report.NewReadings(w.Settings, all)
	var days []time.Time
	first := history.Day(w.added[0].Taken)
	for _, m := range w.before {
		days = append(days, history.Day(m.Taken))
	}
	for _, r := range w.added { // their files may have rows of a run that was killed
		days = append(days, history.Day(r.Taken))
	}
	for _, day := range slices.Compact(days) {
		isUnfinished := false
		err := w.readInstances(day, nil, func(_ parquet.Row, in instance) error {
			isUnfinished = isUnfinished || day.Equal(w.from) && day.Before(first) && !w.isBefore(in.taken)
			return nil
		})
		if err != nil {
			return err
		}
		if isUnfinished {
			w.unfinished = append(w.unfinished, day)
		}
	}
	w.isLoaded = true
	return nil
}

// readInstances adds a day's instances to the window, unless that is loaded. It calls row for each: with its values in
// the file, and as an instance in which this run has hidden what it hides.
func (w *archive) readInstances(day time.Time, batch func() error, row func(parquet.Row, instance) error) error {
	var in fleet.Instance
	seen := make([]int, len(w.before))
	hide := func(*fleet.Instance) {}
	v := visitor{batch: batch}
	v.head = func(h head) error {
		if err := w.checkSource(h); err != nil { // of a run that was killed before it placed its readings
			return err
		}
		if h.shows(w.head) {
			if w.hider == nil {
				return errHide
			}
			hide, h = w.hider.of(h), h.hiding(w.head)
		}
		w.made = w.made.with(h)
		return nil
	}
	v.row = func(values parquet.Row) error {
		taken := w.names.instanceOf(values, &in)
		if w.hider != nil && w.hider.newlyShown(&in) {
			w.mustHide = true
			w.hider.of(w.head)(&in)
		}
		if hide(&in); in.Account == "" && len(w.Accounts) > 0 {
			in.Account = w.Accounts[0] // accounts were not given
		}
		if at, found := w.findBefore(taken); found && !w.isLoaded {
			w.window.Add(taken, &in)
			seen[at]++
		}
		return row(values, instance{taken, "", &in})
	}
	if _, err := instances.read(w.folder, dayPath(instances.name, day), v); err != nil || w.isLoaded {
		return err
	}
	return w.checkSeen(day, seen)
}

// checkSeen returns an error if a file of instances lacks some of a reading before: they would count as gone. seen has
// their numbers, by the reading.
func (w *archive) checkSeen(day time.Time, seen []int) error {
	for i, m := range w.before {
		if !history.Day(m.Taken).Equal(day) {
			continue
		}
		for _, r := range w.stored[day].rows {
			if r.taken.Equal(m.Taken) {
				seen[i] -= r.instances
			}
		}
		if seen[i] != 0 {
			return Error(w.folder.Display(dayPath(instances.name, day)) + " lacks instances of its readings; " +
				"restore it from a backup, or move the readings of that day away, too")
		}
	}
	return nil
}

// findBefore returns the index of a reading before.
func (w *archive) findBefore(taken time.Time) (at int, found bool) {
	return slices.BinarySearchFunc(w.before, taken, func(m report.Moment, at time.Time) int {
		return m.Taken.Compare(at)
	})
}

func (w *archive) isBefore(taken time.Time) bool {
	_, found := w.findBefore(taken)
	return found
}

// write writes the files of the days with new readings, then the charges, and the readings last.
func (w *archive) write() error {
	if w.mustHide {
		if err := w.hidePast(); err != nil {
			return err
		}
	} else {
		for _, day := range w.unfinished {
			if err := apply(w, w.editInstances(day)); err != nil {
				return err
			}
		}
	}
	if err := w.writeRows(); err != nil {
		return err
	}
	for _, day := range w.days {
		if err := w.writeReadings(day); err != nil {
			return err
		}
	}
	return nil
}

// writeRows writes the instances of the days with new readings, and the charges.
func (w *archive) writeRows() error {
	var files, charged []func() error
	for _, day := range w.days {
		files = append(files, func() error { return w.writeInstances(day, w.rows[day]) })
	}
	made := w.made
	for day := w.from; !day.After(w.days[len(w.days)-1]); day = day.AddDate(0, 0, 1) {
		charged = append(charged, func() error { return w.writeCharges(day, made) })
	}
	if len(w.days) > 1 { // of the sample
		for _, write := range files {
			if err := write(); err != nil {
				return err
			}
		}
		files = nil
	}
	return atOnce(append(charged, files...))
}

// atOnce does work in parallel. If several fail, the error is that of the first.
func atOnce(work []func() error) error {
	errs := make([]error, len(work))
	parallel.Each(len(work), func(i int) { errs[i] = work[i]() })
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// writeInstances merges new rows into a day's file, which is sorted. If something must be hidden in it, its order may
// change, so all of it is sorted again.
func (w *archive) writeInstances(day time.Time, rest []instance) error {
	path := dayPath(instances.name, day)
	if w.mustHide {
		currencies := map[time.Time]string{}
		for _, r := range w.stored[day].rows {
			currencies[r.taken] = r.currency
		}
		if err := w.readInstances(day, nil, func(_ parquet.Row, old instance) error {
			if w.kept[old.taken] {
				in := *old.Instance
				rest = append(rest, instance{old.taken, currencies[old.taken], &in})
			}
			return nil
		}); err != nil {
			return err
		}
		slices.SortFunc(rest, w.compareInstances)
	}
	return writeFile(w, instances, path, w.headOf(day), func(out *writer[instance]) error {
		var in fleet.Instance
		put := func() (err error) { // the next row that is not written yet
			next := rest[0]
			in = *next.Instance
			w.limit(&in)
			rest = rest[1:]
			return out.add(instance{next.taken, next.currency, &in})
		}
		var err error
		if !w.mustHide {
			err = w.readInstances(day, out.flush, func(values parquet.Row, old instance) (err error) {
				if !w.kept[old.taken] {
					return nil
				}
				for err == nil && len(rest) > 0 && w.compareInstances(rest[0], old) < 0 {
					err = put()
				}
				if err == nil {
					err = out.addValues(values)
				}
				return err
			})
		}
		for err == nil && len(rest) > 0 {
			err = put()
		}
		return err
	})
}

// headOf returns the head of a day's files: of new rows, and of those that stay.
func (w *archive) headOf(day time.Time) head {
	stored, found := w.stored[day]
	if !found || len(stored.rows) == 0 {
		return w.head
	}
	return stored.head.hiding(w.head).with(w.head)
}

// limited are the fields that limit changes.
var limited = slices.DeleteFunc(slices.Clone(archived), func(f *fleet.Field) bool {
	return f.Kind != fleet.Address && f.Price == nil
})

// limit makes an instance what the archive keeps of it: without an address that this audience may not see, and with
// prices of as many decimals as the columns have. So charges don't depend on whether a reading was read back.
func (w *archive) limit(in *fleet.Instance) {
	for _, f := range limited {
		switch {
		case w.hides(f):
			f.Clear(in)
		case f.Price != nil && f.Price(in).Value.Decimal().Exponent() < -report.CostDecimals:
			price := f.Price(in)
			price.Value = fleet.MoneyOf(price.Value.Decimal().Round(report.CostDecimals))
		}
	}
}

// hides reports whether this audience may not see a field. Fields of --hide are already cleared.
func (w *archive) hides(f *fleet.Field) bool {
	return f.Kind == fleet.Address && w.Audience != report.Internal
}

// compareInstances orders rows by account, region, GPU, ID and time, byte by byte. Rows without an ID are then ordered
// by all fields that the archive has.
func (w *archive) compareInstances(a, b instance) int {
	if c := cmp.Or(strings.Compare(a.Account, b.Account), strings.Compare(a.Region, b.Region),
		strings.Compare(a.GPU, b.GPU), strings.Compare(a.ID, b.ID), a.taken.Compare(b.taken)); c != 0 || a.ID != "" {
		return c
	}
	for _, f := range archived {
		if c := f.Compare(a.Instance, b.Instance); c != 0 && !w.hides(f) {
			return c
		}
	}
	return 0
}

// writeCharges computes and writes the charges of a day, and its hours without a price.
func (w *archive) writeCharges(day time.Time, made head) error {
	list, missing := w.window.Charges(day)
	err := writeFile(w, charges, chargesPath(day), made, func(out *writer[charge]) error {
		rows := newChargedDay(day)
		for _, c := range list {
			if err := out.add(rows.row(c)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return writeFile(w, unpriced, dayPath(unpriced.name, day), made, func(out *writer[*report.UnpricedHours]) error {
		for _, u := range missing {
			if err := out.add(u); err != nil {
				return err
			}
		}
		return nil
	})
}

// writeReadings writes a day's readings: those that are kept, and new ones.
func (w *archive) writeReadings(day time.Time) error {
	rows := slices.DeleteFunc(slices.Clone(w.stored[day].rows), func(r reading) bool { return !w.kept[r.taken] })
	if w.mustHide {
		hide := w.hider.of(w.stored[day].head)
		for i := range rows {
			in := fleet.Instance{Account: rows[i].account}
			hide(&in)
			rows[i].account = in.Account
		}
	}
	for _, r := range w.added {
		if !history.Day(r.Taken).Equal(day) {
			continue
		}
		counts := map[string]int{}
		for _, name := range w.Accounts {
			counts[name] = 0
		}
		if len(w.Accounts) == 0 {
			counts[""] = 0
		}
		for _, in := range r.Instances {
			counts[in.Account]++
		}
		for account, count := range counts {
			rows = append(rows, reading{r.Taken, account, count, w.Currency})
		}
	}
	slices.SortFunc(rows, func(a, b reading) int {
		return cmp.Or(strings.Compare(a.account, b.account), a.taken.Compare(b.taken))
	})
	h := w.headOf(day)
	h.Breaks = slices.Concat(h.Breaks, w.breaks)
	slices.SortFunc(h.Breaks, time.Time.Compare)
	h.Breaks = slices.Compact(h.Breaks)
	return writeFile(w, readings, dayPath(readings.name, day), h, func(out *writer[reading]) error {
		for _, row := range rows {
			if err := out.add(row); err != nil {
				return err
			}
		}
		return nil
	})
}

// writeFile writes a file of a table.
func writeFile[T any](w *archive, t *table[T], path string, h head, rows func(*writer[T]) error) error {
	file, err := w.create(path)
	if err != nil {
		return err
	}
	out, err := t.write(file, h)
	if err == nil {
		err = rows(out)
	}
	if err == nil {
		err = out.close()
	}
	if closed := file.Close(); err == nil { // it returns an earlier error again
		err = closed
	}
	return err
}
