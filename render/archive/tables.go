package archive

import (
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
	internal bool // it may show its address
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

// archived are the fields of an instance in the order of their columns: account and owner, then the others. Those of a
// later schema come after all columns of the first one.
var archived = func() []*fleet.Field {
	fields := []*fleet.Field{accountField, ownerField}
	for _, f := range fleet.Fields {
		if !slices.Contains(fields, f) && f.ArchiveSchema <= 1 {
			fields = append(fields, f)
		}
	}
	return fields
}()

var instances = newTable("instances", instanceColumns())

// instanceColumns returns a column for each field, and what follows from them: whether the instance counts for each of
// the rates.
func instanceColumns() []column[instance] {
	columns := []column[instance]{{fetchedAt, moment, func(r instance) parquet.Value { return momentValue(r.taken) }}}
	for _, f := range archived {
		columns = append(columns, fieldColumn(f))
	}
	return append(columns,
		column[instance]{currencyName, text, func(r instance) parquet.Value { return textValue(r.currency) }},
		column[instance]{"running", flag, func(r instance) parquet.Value { return parquet.BooleanValue(r.Running()) }},
		column[instance]{"listed", flag, func(r instance) parquet.Value { return parquet.BooleanValue(r.Listed()) }})
}

// fieldColumn returns the column of a field.
func fieldColumn(f *fleet.Field) column[instance] {
	c := column[instance]{name: f.Name}
	switch {
	case f.Kind == fleet.Address:
		c.kind = unique
		c.value = func(r instance) parquet.Value {
			if !r.internal {
				return parquet.Value{}
			}
			return textValue(*f.Text(r.Instance))
		}
	case f.Text != nil:
		c.value = func(r instance) parquet.Value { return textValue(*f.Text(r.Instance)) }
		if f.Kind == fleet.ID || f.Kind == fleet.HostName {
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
		value := row[i+1]
		if value.IsNull() {
			continue
		}
		switch {
		case f.Text != nil && instances.columns[i+1].kind == unique:
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
