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
	"io"
	"slices"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
	"gpufleet/render/report"
)

// Create opens a file of the archive for writing. Files are placed in the order in which they are created.
type Create func(path string) (io.WriteCloser, error)

// Write adds the reading of a report. past are made-up readings of the sample before it; nil for a real report. The
// error is of the folder, or an Error or UsageError about what the archive has.
func Write(r *report.Report, past []report.Reading, folder Folder, create Create) error {
	w := &archive{Report: r, folder: folder, create: create, head: headOf(r.Head()), names: names{},
		added: append(slices.Clone(past), report.Reading{Taken: r.Generated, Instances: r.Instances})}
	if err := w.find(); err != nil {
		return err
	}
	if err := w.load(); err != nil {
		return err
	}
	return w.write()
}

// archive is one run's work.
type archive struct {
	*report.Report
	folder Folder
	create Create
	head   head
	added  []report.Reading // by this run, ascending; the last one is its own

	stored map[time.Time][]reading // rows of the days that are needed, by day
	kept   map[time.Time]bool      // times of stored readings that stay, of the days that get new ones
	before []time.Time             // stored readings that charges are computed from, ascending
	from   time.Time               // the first day whose charges are computed

	window *report.Readings
	names  names
}

// find looks for the stored readings that the new ones continue.
func (w *archive) find() error {
	all, err := days(w.folder, readings.name)
	if err != nil {
		return err
	}
	w.stored = map[time.Time][]reading{}
	first := history.Day(w.added[0].Taken)
	var earlier []time.Time // days with readings, the newest first
	for _, day := range slices.Backward(all) {
		rows, err := w.readReadings(day)
		if err != nil {
			return err
		}
		if err := w.checkTimes(rows); err != nil {
			return err
		}
		if rows = w.usable(rows); !day.Before(first) || len(rows) == 0 {
			continue
		}
		if earlier = append(earlier, day); len(earlier) == 2 {
			break
		}
	}
	w.kept = map[time.Time]bool{}
	for day, rows := range w.stored {
		for _, row := range rows {
			w.kept[row.taken] = !w.isAdded(row.taken) && !day.Before(first)
		}
	}
	w.choose(first, earlier)
	return nil
}

// readReadings reads a day's file of readings and checks that this run may continue it.
func (w *archive) readReadings(day time.Time) (rows []reading, err error) {
	h, err := readings.read(w.folder, dayPath(readings.name, day), nothing, func(row parquet.Row) error {
		rows = append(rows, readingOf(row))
		return nil
	})
	if err == nil && len(rows) > 0 && (h.Source == string(report.FromDemo)) != w.Demo() {
		err = w.mixed()
	}
	w.stored[day] = rows
	return rows, err
}

// mixed is the error if the sample and real readings would be in one archive.
func (w *archive) mixed() error {
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

// usable returns the readings that charges can be computed from: those before the new ones, in the same currency.
func (w *archive) usable(rows []reading) []reading {
	return slices.DeleteFunc(slices.Clone(rows), func(r reading) bool {
		return r.currency != w.Currency || !r.taken.Before(w.added[0].Taken)
	})
}

// times returns the times of readings, ascending.
func times(rows []reading) (list []time.Time) {
	for _, r := range rows {
		list = append(list, r.taken)
	}
	slices.SortFunc(list, time.Time.Compare)
	return slices.Compact(list)
}

// choose chooses the readings that charges are computed from. With the first reading of a day, the day before is
// complete, and its charges are computed once more.
func (w *archive) choose(first time.Time, earlier []time.Time) {
	lastOf := func(i int) []time.Time { // the last reading of a day
		if i >= len(earlier) {
			return nil
		}
		all := times(w.usable(w.stored[earlier[i]]))
		return all[len(all)-1:]
	}
	today := times(w.usable(w.stored[first]))
	w.from = first
	if len(today) > 0 || len(earlier) == 0 {
		w.before = append(lastOf(0), today...)
		return
	}
	w.from = earlier[0]
	w.before = append(lastOf(1), times(w.usable(w.stored[earlier[0]]))...)
}

// load reads the instances of the readings before the new ones.
func (w *archive) load() error {
	all := slices.Clone(w.before)
	for _, r := range w.added {
		all = append(all, r.Taken)
	}
	w.window = report.NewReadings(w.Settings, all)
	var days []time.Time
	for _, at := range w.before {
		days = append(days, history.Day(at))
	}
	for _, day := range slices.Compact(days) {
		if day.Equal(history.Day(w.added[0].Taken)) {
			continue // its rows are read when they are written again
		}
		if err := w.readInstances(day, nothing, func(parquet.Row, instance) error { return nil }); err != nil {
			return err
		}
	}
	return nil
}

// readInstances adds a day's instances to the window, and calls row for each.
func (w *archive) readInstances(day time.Time, next func() error, row func(parquet.Row, instance) error) error {
	var in fleet.Instance
	_, err := instances.read(w.folder, dayPath(instances.name, day), next, func(values parquet.Row) error {
		taken := w.names.instanceOf(values, &in)
		if slices.ContainsFunc(w.before, taken.Equal) {
			w.window.Add(taken, &in)
		}
		return row(values, instance{taken, "", false, &in})
	})
	return err
}

// write writes the files of the days with new readings, then the charges, and the readings last.
func (w *archive) write() error {
	var days []time.Time
	byDay := map[time.Time][]report.Reading{}
	for _, r := range w.added {
		day := history.Day(r.Taken)
		days, byDay[day] = append(days, day), append(byDay[day], r)
	}
	days = slices.Compact(days)
	for _, day := range days {
		if err := w.writeInstances(day, byDay[day]); err != nil {
			return err
		}
	}
	for day := w.from; !day.After(days[len(days)-1]); day = day.AddDate(0, 0, 1) {
		if err := w.writeCharges(day); err != nil {
			return err
		}
	}
	for _, day := range days {
		if err := w.writeReadings(day, byDay[day]); err != nil {
			return err
		}
	}
	return nil
}

// writeInstances merges new readings into a day's file, which is sorted.
func (w *archive) writeInstances(day time.Time, added []report.Reading) error {
	var rest []instance // of the new readings, those not yet written
	for _, r := range added {
		for _, in := range r.Instances {
			rest = append(rest, instance{r.Taken, w.Currency, w.Internal(), in})
		}
	}
	slices.SortFunc(rest, compareInstances)
	return writeFile(w, instances, dayPath(instances.name, day), func(out *writer[instance]) error {
		put := func() (err error) { // the next new row
			w.window.Add(rest[0].taken, rest[0].Instance)
			err = out.add(rest[0])
			rest = rest[1:]
			return err
		}
		err := w.readInstances(day, out.flush, func(values parquet.Row, old instance) (err error) {
			if !w.kept[old.taken] {
				return nil
			}
			for err == nil && len(rest) > 0 && compareInstances(rest[0], old) < 0 {
				err = put()
			}
			if err == nil {
				err = out.addValues(values)
			}
			return err
		})
		for err == nil && len(rest) > 0 {
			err = put()
		}
		return err
	})
}

// compareInstances orders rows by account, region, GPU, ID and time, byte by byte. Rows without an ID are then ordered
// by all their fields.
func compareInstances(a, b instance) int {
	if c := cmp.Or(strings.Compare(a.Account, b.Account), strings.Compare(a.Region, b.Region),
		strings.Compare(a.GPU, b.GPU), strings.Compare(a.ID, b.ID), a.taken.Compare(b.taken)); c != 0 || a.ID != "" {
		return c
	}
	for _, f := range archived {
		if c := f.Compare(a.Instance, b.Instance); c != 0 {
			return c
		}
	}
	return 0
}

// writeCharges computes and writes the charges of a day, and its hours without a price.
func (w *archive) writeCharges(day time.Time) error {
	list, missing := w.window.Charges(day)
	err := writeFile(w, charges, chargesPath(day), func(out *writer[charge]) error {
		made := newChargedDay(day, w.Currency)
		for _, c := range list {
			if err := out.add(made.row(c)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return writeFile(w, unpriced, dayPath(unpriced.name, day), func(out *writer[*report.UnpricedHours]) error {
		for _, u := range missing {
			if err := out.add(u); err != nil {
				return err
			}
		}
		return nil
	})
}

// writeReadings writes a day's readings: those that are kept, and new ones.
func (w *archive) writeReadings(day time.Time, added []report.Reading) error {
	rows := slices.DeleteFunc(slices.Clone(w.stored[day]), func(r reading) bool { return !w.kept[r.taken] })
	for _, r := range added {
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
	return writeFile(w, readings, dayPath(readings.name, day), func(out *writer[reading]) error {
		for _, row := range rows {
			if err := out.add(row); err != nil {
				return err
			}
		}
		return nil
	})
}

// writeFile writes a file of a table.
func writeFile[T any](w *archive, t *table[T], path string, rows func(*writer[T]) error) error {
	file, err := w.create(path)
	if err != nil {
		return err
	}
	out, err := t.write(file, w.head)
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
