package report

import (
	"slices"
	"strings"
	"time"

	"gpufleet/fetch/fleet"
)

// Type is the type of a column's values.
type Type int

// The types.
const (
	Text  Type = iota + 1
	Count      // a whole number
	Size       // a number
	Money      // an exact amount in the report's currency
	Time       // UTC, to the second
	Date       // a day, UTC
)

// String returns the type as the data dictionary names it.
func (t Type) String() string {
	return [...]string{"", "text", "whole number", "number", "amount", "time", "date"}[t]
}

// Value is a column's value in one row. The field that the column's type names holds it; Known is false where it is
// unknown, and then it holds nothing.
type Value struct {
	Known  bool
	Text   string      // Text
	Number float64     // Count, Size
	Money  fleet.Money // Money
	Time   time.Time   // Time, Date
	// LowerBound marks a sum that something unknown is missing from.
	LowerBound bool
}

// Column is a column of what T is a row of. HTML tables, CSV, sheets, the data dictionary and the JSON field names are
// all made from it.
type Column[T any] struct {
	Name        string // in JSON and CSV
	Title       string // for people
	Unit        string // such as GB; "" where there is none
	Type        Type
	Description string
	Value       func(T) Value
}

// Heading returns the title with its unit: "RAM (GB)".
func (c Column[T]) Heading() string {
	if c.Unit == "" {
		return c.Title
	}
	return c.Title + " (" + c.Unit + ")"
}

// Numeric reports whether the values are numbers, which stand right-aligned.
func (c Column[T]) Numeric() bool { return c.Type == Count || c.Type == Size || c.Type == Money }

// perHour is the unit of a price; Heading puts the report's currency before it.
const perHour = "per hour"

// Shown returns the columns that a report shows: all but those of hidden fields and of totals over them.
func Shown[T any](s Settings, columns []Column[T]) []Column[T] {
	var shown []Column[T]
	for _, column := range columns {
		if s.Shows(strings.TrimSuffix(column.Name, "_known")) {
			shown = append(shown, column)
		}
	}
	return shown
}

// Shows reports whether a field is shown. Of an id at least the pseudonym is.
func (s Settings) Shows(field string) bool {
	f := fleet.FieldNamed(field)
	return f == nil || !f.HiddenBy(s.Hidden)
}

// fieldWords are what people read of a field of the table.
type fieldWords struct {
	name, title, unit, description string
	internal                       bool // shown to an internal audience alone
}

// instanceWords lists the fields that are shown, in the order of their columns.
var instanceWords = []fieldWords{
	{"id", "ID", "", "The API's identifier of the instance.", false},
	{"region", "Region", "", "Where it stands.", false},
	{"product_type", "Type", "", "The kind of product, such as GPU, CPU, Virtual Machine, Container or Baremetal " +
		"(instance_type in older replies).", false},
	{"host_name", "Host name", "", "The name that its user gave it.", false},
	{"cpu_cores", "CPU cores", "", "CPU cores.", false},
	{"ram", "RAM", "GB", "Memory.", false},
	{"gpu", "GPU model", "", "The GPU model: gpu, or gpu_type where the reply has no gpu.", false},
	{"gpu_type", "GPU series", "", "gpu_type as the reply has it: the series, in older replies the model.", false},
	{"gpu_count", "GPUs", "", "How many GPUs the instance has.", false},
	{"disk_size", "Disk", "GB", "The root disk.", false},
	{"ephemeral", "Ephemeral disk", "GB", "The disk whose content goes with the instance.", false},
	{"public_ipv4", "Public IPv4", "", "The public address.", true},
	{"price_per_hour", "Price", perHour, "The price of the whole instance while it is charged.", false},
	{"price_source", "Price source", "", "Where the price comes from: file (the price file), " +
		"list (the instance list), products (the product list), " +
		"or products, scaled (the product list, from a product with another number of GPUs).", false},
	{"type", "Purchase", "", "reserved or on demand, where type says which (1 or 0).", false},
	{"os", "Operating system", "", "The operating system.", false},
	{"status", "Status", "", "The status as it came.", false},
	{"created_at", "Created", "UTC", "When the instance was made, to the second.", false},
	{"started_at", "Started", "UTC", "When the instance last started, to the second.", false},
}

// instanceColumns returns the columns of an instance that an audience may see, in their order. The names are the
// API's own.
func instanceColumns(audience Audience) []Column[*fleet.Instance] {
	var columns []Column[*fleet.Instance]
	for _, words := range instanceWords {
		if words.internal && audience != Internal {
			continue
		}
		f := fleet.FieldNamed(words.name)
		typ, value := valueOf(f)
		columns = append(columns, Column[*fleet.Instance]{f.Name, words.title, words.unit, typ, words.description, value})
	}
	return columns
}

// valueOf returns how a column shows a field.
func valueOf(f *fleet.Field) (Type, func(*fleet.Instance) Value) {
	switch {
	case f.Text != nil:
		return Text, func(in *fleet.Instance) Value { return text(*f.Text(in)) }
	case f.Number != nil && f.Kind == fleet.Count:
		return Count, func(in *fleet.Instance) Value { return number(*f.Number(in)) }
	case f.Number != nil:
		return Size, func(in *fleet.Instance) Value { return number(*f.Number(in)) }
	case f.Price != nil:
		return Money, func(in *fleet.Instance) Value { p := f.Price(in); return Value{Known: p.Known, Money: p.Value} }
	case f.Term != nil:
		return Text, func(in *fleet.Instance) Value { return text(f.Term(in).String()) }
	case f.Source != nil:
		return Text, func(in *fleet.Instance) Value { return text(f.Source(in).String()) }
	default:
		return Time, func(in *fleet.Instance) Value { at := *f.Time(in); return Value{Known: !at.IsZero(), Time: at} }
	}
}

func text(s string) Value { return Value{Known: s != "", Text: s} }

func number(n fleet.Number) Value { return Value{Known: n.Known, Number: n.Value} }

func count(n int) Value { return Value{Known: true, Number: float64(n)} }

func amount(m fleet.Money, lowerBound bool) Value {
	return Value{Known: true, Money: m, LowerBound: lowerBound}
}

// GroupColumns are the columns of a group: what it is, and what it comes to.
func GroupColumns() []Column[*Group] {
	return append([]Column[*Group]{
		{"region", "Region", "", Text, "The region.", func(g *Group) Value { return text(g.Region.Name) }},
		{"gpu", "GPU model", "", Text, "The GPU model.", func(g *Group) Value { return text(g.Model.Name) }},
	}, totalsColumns(func(g *Group) *Totals { return &g.Totals })...)
}

// RegionColumns are the columns of a region.
func RegionColumns() []Column[*Region] {
	return append([]Column[*Region]{
		{"region", "Region", "", Text, "The region.", func(r *Region) Value { return text(r.Name) }},
	}, totalsColumns(func(r *Region) *Totals { return &r.Totals })...)
}

// ModelColumns are the columns of a model across the regions.
func ModelColumns() []Column[*Model] {
	return append([]Column[*Model]{
		{"gpu", "GPU model", "", Text, "The GPU model.", func(m *Model) Value { return text(m.Name) }},
	}, append(totalsColumns(func(m *Model) *Totals { return &m.Totals }), regionRateColumns()...)...)
}

// totalsColumns are the columns of the totals that T has. A sum that something unknown is missing from is told by the
// column behind it, which says over how many instances it goes.
func totalsColumns[T any](of func(T) *Totals) []Column[T] {
	sum := func(name, title, unit, description string, typ Type, pick func(*Totals) Sum) []Column[T] {
		return []Column[T]{
			{name, title, unit, typ, description + " Where a number is unknown it counts as 0: then this is a lower bound.",
				func(row T) Value {
					s := pick(of(row))
					return Value{Known: true, Number: s.Value, LowerBound: s.LowerBound()}
				}},
			{name + "_known", title + " known", "instances", Count, "Of how many instances " + name + " is known.",
				func(row T) Value { return count(pick(of(row)).Known) }},
		}
	}
	cost := func(name, title, what string, pick func(*Totals) Cost) []Column[T] {
		return []Column[T]{
			{name + "_instances", title + " instances", "", Count, "How many instances are " + what + ".",
				func(row T) Value { return count(pick(of(row)).Of) }},
			{name + "_priced", title + " priced", "instances", Count, "How many of these have a price.",
				func(row T) Value { return count(pick(of(row)).Priced) }},
			{name + "_per_hour", title, perHour, Money,
				"What these cost. An instance without a price counts as 0: then this is a lower bound.",
				func(row T) Value { c := pick(of(row)); return amount(c.PerHour, c.LowerBound()) }},
			{name + "_per_month", title, "per month", Money, "The same over the hours of a month.",
				func(row T) Value { c := pick(of(row)); return amount(c.PerMonth, c.LowerBound()) }},
		}
	}
	return slices.Concat(
		[]Column[T]{{"instances", "Instances", "", Count, "How many instances, whatever their status.",
			func(row T) Value { return count(of(row).Count) }}},
		sum("gpu_count", "GPUs", "", "All GPUs.", Count, func(t *Totals) Sum { return t.GPUs }),
		sum("cpu_cores", "CPU cores", "", "All CPU cores.", Size, func(t *Totals) Sum { return t.CPUCores }),
		sum("ram", "RAM", "GB", "All memory.", Size, func(t *Totals) Sum { return t.RAM }),
		sum("disk_size", "Disk", "GB", "All root disks.", Size, func(t *Totals) Sum { return t.Disk }),
		cost("running", "Running", "running", func(t *Totals) Cost { return t.Running }),
		cost("listed", "Listed", "listed, that is not Deleted, Canceled, Completed or Booked",
			func(t *Totals) Cost { return t.Listed }),
		rateColumns(of),
	)
}
