package archive

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/parquet-go/parquet-go"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
	"gpufleet/fetch/parallel"
	"gpufleet/render/report"
)

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

// writeRows writes the instances of the days with new readings, and the charges. The instances are placed first: they
// tell a later run what a killed one has left.
func (w *archive) writeRows() error {
	begun := make(chan struct{})
	begin := sync.OnceFunc(func() { close(begun) })
	var files, charged []func() error
	for _, day := range w.days {
		files = append(files, func() error {
			defer begin()
			return w.writeInstances(day, w.rows[day], begin)
		})
	}
	made := w.made
	for day := w.from; !day.After(w.days[len(w.days)-1]); day = day.AddDate(0, 0, 1) {
		charged = append(charged, func() error {
			<-begun
			return w.writeCharges(day, made)
		})
	}
	if len(w.days) > 1 { // of the sample
		for _, write := range files {
			if err := write(); err != nil {
				return err
			}
		}
		files = nil
	}
	return atOnce(append(files, charged...))
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
// change, so all of it is sorted again. created is called once the file is created.
func (w *archive) writeInstances(day time.Time, rest []instance, created func()) error {
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
		created()
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
