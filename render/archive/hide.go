package archive

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
	"gpufleet/render/report"
)

// shows reports whether a file with this head may show what a run with another head hides.
func (h head) shows(run head) bool {
	return h.Audience != run.Audience && run.Audience == string(report.Public) || h.Key == "" && run.Key != "" ||
		slices.ContainsFunc(run.Hidden, func(name string) bool { return !slices.Contains(h.Hidden, name) })
}

// hiding returns the head of a file with this head after a run has hidden in it what it hides.
func (h head) hiding(run head) head {
	h.Hidden = slices.Concat(h.Hidden, run.Hidden)
	slices.Sort(h.Hidden)
	h.Hidden = slices.Compact(h.Hidden)
	if run.Audience == string(report.Public) {
		h.Audience = run.Audience
	}
	h.Key = cmp.Or(h.Key, run.Key)
	h.Schema = run.Schema
	return h
}

// with returns the head of a file with rows of two files: it hides what both hide. Ids may be among its pseudonyms.
func (h head) with(run head) head {
	h.Hidden = slices.DeleteFunc(slices.Clone(h.Hidden), func(name string) bool {
		return !slices.Contains(run.Hidden, name)
	})
	if run.Audience == string(report.Internal) {
		h.Audience = run.Audience
	}
	if h.Key != "" {
		h.Key = run.Key
	}
	h.Schema = run.Schema
	return h
}

// hider hides in earlier rows what a run must not show: fields, ids, addresses, and secrets of the instances of its
// list.
type hider struct {
	run head
	// shown are the instances of which a text, now or earlier, had a secret. They remain until an earlier row shows that a
	// run has hidden it in all days.
	shown   map[fleet.Key]bool
	key     []byte // of pseudonyms; nil for none
	secrets func(fleet.Key) *fleet.SecretHash
	inNames func(name string) bool
}

func newHider(r *report.Report, run head, key []byte) *hider {
	h := &hider{run, map[fleet.Key]bool{}, key, fleet.SecretsByKey(r.Instances), fleet.SecretsInNames(r.Instances)}
	for _, in := range r.Instances {
		if in.Secrets != nil && in.Secrets.Shown {
			h.shown[in.Key()] = true
		}
	}
	return h
}

// showsSecret reports whether a text of the list, or of what was compared with it, had a secret of its instance.
func showsSecret(r *report.Report) bool {
	return slices.ContainsFunc(r.Instances, func(in *fleet.Instance) bool {
		return in.Secrets != nil && in.Secrets.Shown
	})
}

// of returns what must be done to the rows of a file.
func (h *hider) of(file head) func(*fleet.Instance) {
	key := h.key
	if file.Key != "" || h.run.Key == "" {
		key = nil // the ids are pseudonyms already, or stay
	}
	hide := fleet.RowHider(h.run.Hidden, key)
	public := h.run.Audience == string(report.Public) && file.Audience != h.run.Audience
	return func(in *fleet.Instance) {
		h.secrets(in.Key()).HideIn(in)
		if in.ID == "" {
			h.hideNames(in)
		}
		if hide(in); public && in.HideAddresses() {
			in.WithAddresses = nil
		}
	}
}

// hideNames hides the names of a row without an ID, which is known by its group alone.
func (h *hider) hideNames(in *fleet.Instance) {
	for _, name := range []struct {
		text    *string
		unknown string
	}{{&in.Region, ""}, {&in.GPU, ""}, {&in.GPUGroup, fleet.UnknownGPU}} {
		if h.inNames(*name.text) {
			*name.text = name.unknown
		}
	}
}

// shownIn reports whether an earlier row shows a secret that must be hidden in all days.
func (h *hider) shownIn(in *fleet.Instance) bool {
	key := in.Key()
	if !h.shown[key] {
		return false
	}
	if h.secrets(key).In(in) {
		return true
	}
	if fleet.HasMask(in.HostName) {
		delete(h.shown, key)
	}
	return false
}

// edit is what hiding does to the rows of a table.
type edit[T any] struct {
	*table[T]
	path   string
	sorted []string // the columns that rows are sorted by
	// change hides in a row. It may change the row's values.
	change func(row parquet.Row, hide func(*fleet.Instance))
	drops  func(row parquet.Row) bool // whether a row goes; nil if none does
}

// apply rewrites a file if it shows what must be hidden. Rows stay in order, as far as their values do.
func apply[T any](w *archive, e edit[T]) error {
	var rows []parquet.Row
	changed := false
	h, err := e.read(w.folder, e.path, visitor{row: func(row parquet.Row) error {
		if e.drops != nil && e.drops(row) {
			changed = true
		} else {
			rows = append(rows, row.Clone())
		}
		return nil
	}})
	if err != nil || h.Schema == 0 {
		return err
	}
	if err := w.checkSource(h); err != nil {
		return err
	}
	hide := w.hider.of(h)
	changed = changed || h.shows(w.head)
	for _, row := range rows {
		before := row.Clone()
		e.change(row, hide)
		changed = changed || !row.Equal(before)
	}
	if !changed {
		return nil
	}
	var by []int
	for _, name := range e.sorted {
		by = append(by, e.index(name))
	}
	slices.SortStableFunc(rows, func(a, b parquet.Row) int {
		for _, i := range by {
			if c := compareValues(a[i], b[i]); c != 0 {
				return c
			}
		}
		return 0
	})
	return writeFile(w, e.table, e.path, h.hiding(w.head), func(out *writer[T]) error {
		for _, row := range rows {
			if err := out.addValues(row); err != nil {
				return err
			}
		}
		return nil
	})
}

// hidePast rewrites the days that the run doesn't write anyway, the oldest first: the newest file says whether that is
// still to be done.
func (w *archive) hidePast() error {
	var all []time.Time // days without a run have charges alone, and those of a killed run no readings
	for _, name := range []string{instances.name, readings.name, unpriced.name} {
		found, err := days(w.folder, name)
		if err != nil {
			return err
		}
		all = append(all, found...)
	}
	slices.SortFunc(all, time.Time.Compare)
	all = slices.Compact(all)
	first := history.Day(w.added[0].Taken)
	for _, day := range all {
		var files []func() error
		if day.Before(w.from) {
			files = append(files, func() error {
				return apply(w, edit[charge]{charges, chargesPath(day), chargeOrder, changeCharge, nil})
			}, func() error {
				return apply(w, edit[*report.UnpricedHours]{unpriced, dayPath(unpriced.name, day), keyOrder,
					unpriced.changeKeys, nil})
			})
		}
		if day.Before(first) {
			files = append(files, func() error {
				return apply(w, w.editInstances(day))
			}, func() error {
				return apply(w, edit[reading]{readings, dayPath(readings.name, day), readingOrder, readings.changeKeys, nil})
			})
		}
		for _, hide := range files {
			if err := hide(); err != nil {
				return err
			}
		}
	}
	return nil
}

// changeKeys hides in a row that has an account, and perhaps an ID.
func (t *table[T]) changeKeys(row parquet.Row, hide func(*fleet.Instance)) {
	account, id := t.index(accountField.Name), t.index("id")
	in := fleet.Instance{Account: string(row[account].ByteArray())}
	if id >= 0 {
		in.ID = string(row[id].ByteArray())
	}
	hide(&in)
	row[account] = textValue(in.Account)
	if id >= 0 {
		row[id] = textValue(in.ID)
	}
}

// What the rows of the other tables are sorted by.
var (
	keyOrder      = []string{accountField.Name, "id"}
	readingOrder  = []string{accountField.Name, fetchedAt}
	instanceOrder = []string{accountField.Name, "region", "gpu", "id", fetchedAt}
)

// editInstances hides in a day's instances, and drops those of readings that are not there, where there may be any.
func (w *archive) editInstances(day time.Time) edit[instance] {
	e := edit[instance]{instances, dayPath(instances.name, day), instanceOrder, w.changeInstance, nil}
	if slices.Contains(w.unfinished, day) {
		e.drops = func(row parquet.Row) bool { return !w.isBefore(takenAt(row)) }
	}
	return e
}

func (w *archive) changeInstance(row parquet.Row, hide func(*fleet.Instance)) {
	var in fleet.Instance
	w.names.instanceOf(row, &in)
	hide(&in)
	w.limit(&in)
	for i, at := range archivedAt {
		if f := archived[i]; at < len(row) && (f.Text != nil || f.Time != nil || f.Number != nil) { // nothing else is hidden
			row[at] = instances.columns[at].value(instance{Instance: &in})
		}
	}
}

// Columns that show a text of an instance.
var (
	chargeOrder = []string{"BillingAccountName", "RegionId", "x_GpuModel", "ResourceId"}

	chargeTexts = []struct {
		column string
		of     func(*fleet.Instance) *string
	}{
		{"BillingAccountName", func(in *fleet.Instance) *string { return &in.Account }},
		{"RegionId", func(in *fleet.Instance) *string { return &in.Region }},
		{"RegionName", func(in *fleet.Instance) *string { return &in.Region }},
		{"ResourceId", func(in *fleet.Instance) *string { return &in.ID }},
		{"ResourceName", func(in *fleet.Instance) *string { return &in.HostName }},
		{"ResourceType", func(in *fleet.Instance) *string { return &in.ProductType }},
		{"x_GpuModel", func(in *fleet.Instance) *string { return &in.GPUGroup }},
		{"x_Status", func(in *fleet.Instance) *string { return &in.Status }},
	}
	// Columns whose texts contain the region and the model.
	chargeNames = []string{"ChargeDescription", "SkuId", "SkuPriceId"}
)

// changeCharge hides in a row of charges.
func changeCharge(row parquet.Row, hide func(*fleet.Instance)) {
	text := func(column string) string { return string(row[charges.index(column)].ByteArray()) }
	var before fleet.Instance
	for _, each := range chargeTexts {
		*each.of(&before) = text(each.column)
	}
	before.Owner = ownerOf(text("Tags"))
	now := before
	hide(&now)
	for _, each := range chargeTexts {
		row[charges.index(each.column)] = textValue(*each.of(&now))
	}
	switch resourceType := charges.index("ResourceType"); {
	case now.ID == "":
		row[resourceType] = parquet.Value{}
	case now.ProductType == "":
		row[resourceType] = textValue(instanceType)
	}
	row[charges.index("BillingAccountId")] = textValue(cmp.Or(now.Account, defaultAccount))
	row[charges.index("Tags")] = textValue(tagsOf(now.Owner))
	names := strings.NewReplacer(before.Model(), now.Model(), before.RegionName(), now.RegionName())
	for _, column := range chargeNames {
		row[charges.index(column)] = textValue(names.Replace(text(column)))
	}
}
