package archive

import (
	"cmp"
	"slices"
	"time"

	"github.com/parquet-go/parquet-go"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
	"gpufleet/render/report"
)

// instance is a row of instances: an instance at a reading.
type instance struct {
	taken    time.Time
	currency string
	*fleet.Instance
}

// reading is a row of readings: a reading of an account, or of all if accounts are not given.
type reading struct {
	taken     time.Time
	account   string
	instances int
	currency  string
}

// Names that several tables have.
const (
	fetchedAt    = "fetched_at"
	currencyName = "currency"
)

var accountField, ownerField = fleet.FieldNamed(history.Account.Name), fleet.FieldNamed(history.Owner.Name)

var readings = newTable("readings", []column[reading]{
	{fetchedAt, moment, func(r reading) parquet.Value { return momentValue(r.taken) }},
	{accountField.Name, text, func(r reading) parquet.Value { return textValue(r.account) }},
	{"instances", whole, func(r reading) parquet.Value { return parquet.Int64Value(int64(r.instances)) }},
	{currencyName, text, func(r reading) parquet.Value { return textValue(r.currency) }},
})

// readingOf returns a row of a file of readings.
func readingOf(row parquet.Row) reading {
	return reading{time.UnixMicro(row[0].Int64()).UTC(), string(row[1].ByteArray()), int(row[2].Int64()),
		string(row[3].ByteArray())}
}

var unpriced = newTable("unpriced", []column[*report.UnpricedHours]{
	{accountField.Name, text, func(u *report.UnpricedHours) parquet.Value { return textValue(u.Account) }},
	{"id", unique, func(u *report.UnpricedHours) parquet.Value { return textValue(u.Key.ID) }},
	{"hours", amount, func(u *report.UnpricedHours) parquet.Value { return amountValue(u.Hours()) }},
})

// archived are the fields of an instance: account and owner, then the others, those of the first schema first.
// archivedAt has the indexes of their columns.
var (
	archived   = archivedFields()
	instances  = newInstances(archived)
	archivedAt = indexesOf(archived)
)

func indexesOf(fields []*fleet.Field) (indexes []int) {
	for _, f := range fields {
		indexes = append(indexes, instances.index(f.Name))
	}
	return indexes
}

func archivedFields() []*fleet.Field {
	fields := []*fleet.Field{accountField, ownerField}
	for _, f := range fleet.Fields {
		if !slices.Contains(fields, f) {
			fields = append(fields, f)
		}
	}
	slices.SortStableFunc(fields, func(a, b *fleet.Field) int { return cmp.Compare(schemaOf(a), schemaOf(b)) })
	return fields
}

// schemaOf returns the first schema that has a field.
func schemaOf(f *fleet.Field) int { return max(1, f.ArchiveSchema) }

// newInstances returns the table with a column for each field, and what follows from them: whether the instance counts
// for each of the rates. Fields of later schemas come after that.
func newInstances(fields []*fleet.Field) *table[instance] {
	t := &table[instance]{name: "instances", columns: []column[instance]{
		{fetchedAt, moment, func(r instance) parquet.Value { return momentValue(r.taken) }},
	}}
	for version := 1; version <= schema; version++ {
		for _, f := range fields {
			if schemaOf(f) == version {
				t.columns = append(t.columns, fieldColumn(f))
			}
		}
		if version == 1 {
			t.columns = append(t.columns, []column[instance]{
				{currencyName, text, func(r instance) parquet.Value { return textValue(r.currency) }},
				{"running", flag, func(r instance) parquet.Value { return parquet.BooleanValue(r.Running()) }},
				{"listed", flag, func(r instance) parquet.Value { return parquet.BooleanValue(r.Listed()) }},
			}...)
		}
		t.widths = append(t.widths, len(t.columns))
	}
	return t
}

// fieldColumn returns the column of a field.
func fieldColumn(f *fleet.Field) column[instance] {
	c := column[instance]{name: f.Name}
	switch {
	case f.Text != nil:
		c.value = func(r instance) parquet.Value { return textValue(*f.Text(r.Instance)) }
		if f.Kind == fleet.ID || f.Kind == fleet.HostName || f.Kind == fleet.Address {
			c.kind = unique
		}
	case f.Number != nil && f.Kind == fleet.Count:
		c.kind = whole
		c.value = func(r instance) parquet.Value {
			return optional(*f.Number(r.Instance), wholeValue)
		}
	case f.Number != nil:
		c.kind = number
		c.value = func(r instance) parquet.Value { return optional(*f.Number(r.Instance), parquet.DoubleValue) }
	case f.Price != nil:
		c.kind = amount
		c.value = func(r instance) parquet.Value {
			return optional(*f.Price(r.Instance), func(m fleet.Money) parquet.Value { return amountValue(m.Decimal()) })
		}
	case f.Term != nil:
		c.value = func(r instance) parquet.Value { return textValue(f.Term(r.Instance).String()) }
	case f.Source != nil:
		c.value = func(r instance) parquet.Value { return textValue(f.Source(r.Instance).String()) }
	case f.Time != nil:
		c.kind = moment
		c.value = func(r instance) parquet.Value { return momentValue(*f.Time(r.Instance)) }
	}
	return c
}

func optional[T any](v fleet.Optional[T], value func(T) parquet.Value) parquet.Value {
	if !v.Known {
		return parquet.Value{}
	}
	return value(v.Value)
}

// names has the texts of rows once, since many rows have the same.
type names map[string]string

func (n names) of(value parquet.Value) string {
	text, found := n[string(value.ByteArray())]
	if !found {
		text = string(value.ByteArray())
		n[text] = text
	}
	return text
}

// instanceOf reads a row of a file of instances into an instance, and returns the time of the reading.
func (n names) instanceOf(row parquet.Row, in *fleet.Instance) time.Time {
	*in = fleet.Instance{}
	for i, f := range archived {
		at := archivedAt[i]
		if at >= len(row) || row[at].IsNull() { // an older file has fewer columns
			continue
		}
		value := row[at]
		switch {
		case f.Text != nil && instances.columns[at].kind == unique:
			*f.Text(in) = string(value.ByteArray())
		case f.Text != nil:
			*f.Text(in) = n.of(value)
		case f.Number != nil && f.Kind == fleet.Count:
			*f.Number(in) = fleet.Known(float64(value.Int64()))
		case f.Number != nil:
			*f.Number(in) = fleet.Known(value.Double())
		case f.Price != nil:
			*f.Price(in) = fleet.Known(fleet.MoneyOf(amountOf(value)))
		case f.Term != nil:
			*f.Term(in) = fleet.ParsePurchase(string(value.ByteArray()))
		case f.Source != nil:
			*f.Source(in) = fleet.ParsePriceSource(string(value.ByteArray()))
		case f.Time != nil:
			*f.Time(in) = time.UnixMicro(value.Int64()).UTC()
		}
	}
	return takenAt(row)
}

func takenAt(row parquet.Row) time.Time { return time.UnixMicro(row[0].Int64()).UTC() }
