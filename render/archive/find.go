package archive

import (
	"slices"
	"time"

	"github.com/parquet-go/parquet-go"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
	"gpufleet/render/report"
)

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
	last := w.before[n-1].Taken
	if !w.canCompare(last) {
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

// canCompare reports whether the new readings have the same ids as a stored one. Pseudonyms with another key can't be
// compared, nor can they with ids. They depend on the account, too.
func (w *archive) canCompare(taken time.Time) bool {
	stored := w.stored[history.Day(taken)]
	hidesAccount := func(h head) bool { return slices.Contains(h.Hidden, accountField.Name) }
	noAccount := func(r reading) bool { return r.taken.Equal(taken) && r.account == "" }
	switch {
	case stored.head.hiding(w.head).Key != w.head.Key, hidesAccount(stored.head) && !hidesAccount(w.head):
		return false
	case stored.head.Key == "" || hidesAccount(stored.head):
		return true
	}
	return len(w.Accounts) == 0 || !slices.ContainsFunc(stored.rows, noAccount)
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
	days = append(days, w.unfinished...)
	for _, r := range w.added { // their files may have rows of a run that was killed
		days = append(days, history.Day(r.Taken))
	}
	slices.SortFunc(days, time.Time.Compare)
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
	if len(w.orphans) > 1 && !w.Demo() { // a run that was killed leaves one
		return Error(w.folder.Display(instances.name) + " has readings that " + w.folder.Display(readings.name) +
			" lacks; restore the files of readings from a backup, or move away the instances of the same days")
	}
	return nil
}

// readInstances adds a day's instances to the window, unless that is loaded. It calls row for each: with its values in
// the file, and as an instance in which this run has hidden what it hides.
func (w *archive) readInstances(day time.Time, batch func() error, row func(parquet.Row, instance) error) error {
	var in fleet.Instance
	seen := make([]int, len(w.before))
	hide, given := func(*fleet.Instance) {}, len(w.Accounts) > 0
	isStored := func(taken time.Time) bool {
		return slices.ContainsFunc(w.stored[day].rows, func(r reading) bool { return r.taken.Equal(taken) })
	}
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
		given = given && !slices.Contains(h.Hidden, accountField.Name)
		return nil
	}
	v.row = func(values parquet.Row) error {
		taken := w.names.instanceOf(values, &in)
		if in.Account == "" && given {
			in.Account = w.Accounts[0] // accounts were not given
		}
		if w.hider != nil && w.hider.shownIn(&in) {
			w.mustHide = true
			w.hider.of(w.head)(&in)
		}
		if hide(&in); !isStored(taken) && !w.isAdded(taken) {
			w.orphans[taken] = true
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
