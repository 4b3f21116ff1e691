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

// Value is a column's value in one row, in the field for the column's type. An unknown value is the zero Value.
type Value struct {
	Known  bool
	Text   string      // Text
	Number float64     // Count, Size
	Money  fleet.Money // Money
	Time   time.Time   // Time, Date
	// LowerBound marks a sum in which unknown values count as 0.
	LowerBound bool
}

// Column is a column of a table with rows of type T. HTML tables, CSV, sheets, the data dictionary and the JSON names
// all come from it.
type Column[T any] struct {
	Name        string // in JSON and CSV
	Title       string // for people
	Unit        string // such as GB; "" for none
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

// Numeric reports whether the values are numbers, which are right-aligned.
func (c Column[T]) Numeric() bool { return c.Type == Count || c.Type == Size || c.Type == Money }

// perHour is the unit of a price; Heading adds the report's currency.
const perHour = "per hour"

// Shown returns the columns without those of hidden fields and their totals.
func Shown[T any](s Settings, columns []Column[T]) []Column[T] {
	var shown []Column[T]
	for _, column := range columns {
		if s.Shows(strings.TrimSuffix(column.Name, "_known")) {
			shown = append(shown, column)
		}
	}
	return shown
}

// Shows reports whether a field is shown. An ID always is, at least as a pseudonym. The owner and the account are if
// they are given.
func (s Settings) Shows(field string) bool {
	f := fleet.FieldNamed(field)
	return f == nil || !f.HiddenBy(s.Hidden) && s.Has(field)
}

// fieldWords describe a field for people.
type fieldWords struct {
	name, title, unit, description string
	internal                       bool // not shown to the public
}

// instanceWords lists the fields that are shown, in the order of their columns.
var instanceWords = []fieldWords{
	{"id", "ID", "", "The instance's ID in the API.", false},
	{"account", "Account", "", "The account that it is in. IDs only count within an account.", false},
	{"region", "Region", "", "The provider's region.", false},
	{"product_type", "Type", "", "The product type, such as GPU, CPU, Virtual Machine, Container or Baremetal " +
		"(instance_type in older replies).", false},
	{"host_name", "Host name", "", "The name that the user chose.", false},
	{"cpu_cores", "CPU cores", "", "Number of CPU cores.", false},
	{"ram", "RAM", "GB", "Memory.", false},
	{"gpu", "GPU model", "", "The GPU model: the API's gpu, or gpu_type if the reply has no gpu.", false},
	{"gpu_group", "GPU group", "", "The GPU model that it counts under: its GPU model, CPU only or Unknown GPU. " +
		"It equals gpu in groups.csv.", false},
	{"owner", "Owner", "", "Whose it is: the owner that the owner file gives it, or Unassigned.", false},
	{"gpu_type", "GPU series", "", "The API's gpu_type: the GPU series, or the model in older replies.", false},
	{"gpu_count", "GPUs", "", "Number of GPUs.", false},
	{"disk_size", "Disk", "GB", "Size of the root disk.", false},
	{"ephemeral", "Ephemeral disk", "GB", "Size of the ephemeral disk, which is deleted with the instance.", false},
	{"public_ipv4", "Public IPv4", "", "The public IPv4 address.", true},
	{"price_per_hour", "Price", perHour, "Price of the whole instance, with all its GPUs, while it is billed.", false},
	{"price_source", "Price source", "", "Where the price comes from: file (the price file), " +
		"list (the instance list), products (the product list), " +
		"or products, scaled (the product list, scaled from a product with a different number of GPUs).", false},
	{"type", "Purchase", "", "reserved or on demand, from the API's type (1 or 0).", false},
	{"os", "Operating system", "", "The operating system.", false},
	{"status", "Status", "", "The status, as given by the API.", false},
	{"created_at", "Created", "UTC", "When the instance was created, to the second.", false},
	{"started_at", "Started", "UTC", "When the instance last started, to the second.", false},
}

// instanceColumns returns the instance columns for an audience, in order. Their names are the API's.
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

// valueOf returns the type of a field's column and how to get its value.
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

// CombinationColumns returns the columns of a combination: its name by each dimension, and its totals.
func (r *Report) CombinationColumns() []Column[*Combination] {
	var columns []Column[*Combination]
	for i, d := range r.Divisions {
		columns = append(columns, Column[*Combination]{d.Name, d.Title, "", Text, d.Description,
			func(c *Combination) Value { return text(c.Parts[i].Name) }})
	}
	return append(columns, totalsColumns(func(c *Combination) *Totals { return &c.Totals })...)
}

// PartColumns returns the columns of the parts of a dimension.
func PartColumns(d Dimension) []Column[*Part] {
	columns := append([]Column[*Part]{
		{d.Name, d.Title, "", Text, d.Description, func(p *Part) Value { return text(p.Name) }},
	}, totalsColumns(func(p *Part) *Totals { return &p.Totals })...)
	if d.Name == GPUDimension {
		columns = append(columns, regionRateColumns()...)
	}
	return columns
}

// FoundColumns returns the columns of a finding's instances.
func (r *Report) FoundColumns() []Column[*Found] {
	var columns []Column[*Found]
	for _, c := range NamedColumns(r.Settings, "id", "account", "host_name", "region", "gpu_group", "gpu_count", "owner") {
		columns = append(columns, Column[*Found]{c.Name, c.Title, c.Unit, c.Type, c.Description,
			func(f *Found) Value { return c.Value(f.Instance) }})
	}
	return append(columns,
		Column[*Found]{"per_month", "At stake", "per month", Money, atStakeText,
			func(f *Found) Value { return Value{Known: f.AtStake.Known, Money: r.Monthly(f.AtStake.Value)} }},
		Column[*Found]{"since", "Since", "", Time, sinceText, func(f *Found) Value { return f.Since.value() }},
		Column[*Found]{"detail", "Detail", "", Text,
			"The status if it is stuck, the lower price and its region, or last week's price.",
			func(f *Found) Value { return text(r.detail(f)) }},
	)
}

// totalsColumns returns the columns of T's totals. Each sum is followed by the number of instances that it covers,
// which shows whether it is a lower bound.
func totalsColumns[T any](of func(T) *Totals) []Column[T] {
	sum := func(name, title, unit, description string, typ Type, pick func(*Totals) Sum) []Column[T] {
		return []Column[T]{
			{name, title, unit, typ, description + " Unknown values count as 0, so this can be a lower bound.",
				func(row T) Value {
					s := pick(of(row))
					return Value{Known: true, Number: s.Value, LowerBound: s.LowerBound()}
				}},
			{name + "_known", title + " known", "instances", Count, "Number of instances with a known " + name + ".",
				func(row T) Value { return count(pick(of(row)).Known) }},
		}
	}
	cost := func(name, title, definition string, pick func(*Totals) Cost) []Column[T] {
		return []Column[T]{
			{name + "_instances", title + " instances", "", Count, "Number of " + name + " instances" + definition + ".",
				func(row T) Value { return count(pick(of(row)).Of) }},
			{name + "_priced", title + " priced", "instances", Count, "Number of " + name + " instances with a price.",
				func(row T) Value { return count(pick(of(row)).Priced) }},
			{name + "_per_hour", title, perHour, Money,
				"Cost of the " + name + " instances per hour. Instances without a price count as 0, so this can be a lower bound.",
				func(row T) Value { c := pick(of(row)); return amount(c.PerHour, c.LowerBound()) }},
			{name + "_per_month", title, "per month", Money,
				"Cost of the " + name + " instances per month: the cost per hour times the hours per month.",
				func(row T) Value { c := pick(of(row)); return amount(c.PerMonth, c.LowerBound()) }},
		}
	}
	return slices.Concat(
		[]Column[T]{{"instances", "Instances", "", Count, "Number of instances, with any status.",
			func(row T) Value { return count(of(row).Count) }}},
		sum("gpu_count", "GPUs", "", "Total number of GPUs.", Count, func(t *Totals) Sum { return t.GPUs }),
		sum("cpu_cores", "CPU cores", "", "Total number of CPU cores.", Size, func(t *Totals) Sum { return t.CPUCores }),
		sum("ram", "RAM", "GB", "Total memory.", Size, func(t *Totals) Sum { return t.RAM }),
		sum("disk_size", "Disk", "GB", "Total size of the root disks.", Size, func(t *Totals) Sum { return t.Disk }),
		cost("running", "Running", "", func(t *Totals) Cost { return t.Running }),
		cost("listed", "Listed", ": those with any status except Deleted, Canceled, Completed and Booked",
			func(t *Totals) Cost { return t.Listed }),
		rateColumns(of),
	)
}
