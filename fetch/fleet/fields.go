package fleet

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Kind is the type of a field. It decides how the field is read, written and compared.
type Kind byte

// The kinds.
const (
	ID       Kind = iota + 1 // an identifier: text or a whole number, kept as text
	HostName                 // the host name, which must not show the row's password
	Text                     // text that many rows have in common
	Address                  // an IP address
	Count                    // a whole number
	Size                     // a number
	Amount                   // money per hour
	Term                     // 0 on demand, 1 reserved
	Moment                   // a time: seconds since 1970 in replies and snapshots
	Computed                 // set by the program, not in replies
	Given                    // a name that the user gives in a flag or file, not in replies
)

// Field is an entry in the table of an instance's fields. Decoder, Hide, snapshots, comparison, sorting and the
// archive all loop over the table. To add a field, add an entry here and a column in render/report.
type Field struct {
	Name  string // in replies, snapshots, JSON and CSV
	Older string // its name in older replies, used if Name is missing; "" for none
	Kind  Kind
	Max   float64 // the largest valid Count or Size

	HiddenAs string // its name in --hide; "" if it can't be hidden
	Compared bool   // changes are reported
	// SnapshotFormat is the first snapshot format that keeps the field; 0 if none does.
	SnapshotFormat int
	// ArchiveSchema is the version of the archive's tables that has the field first; 0 if the first one does. Columns are
	// only ever added at the end, so a new field needs the next version.
	ArchiveSchema int

	// Exactly one of these is set. It returns a pointer to the field of an instance.
	Text   func(*Instance) *string
	Number func(*Instance) *Number
	Price  func(*Instance) *Price
	Term   func(*Instance) *Purchase
	Source func(*Instance) *PriceSource
	Time   func(*Instance) *time.Time
}

// The largest valid numbers of one instance.
const (
	MaxGPUs  = 1e6
	maxCores = 1e6
	maxGB    = 1e9
)

// Fields is the table. Its order is that of the members in a snapshot, of the changes of an instance, and of the
// comparison of rows without name and id.
var Fields = []*Field{
	{Name: "id", Kind: ID, HiddenAs: "id", SnapshotFormat: 1, Text: func(in *Instance) *string { return &in.ID }},
	{Name: "status", Kind: Text, Compared: true, SnapshotFormat: 1,
		Text: func(in *Instance) *string { return &in.Status }},
	{Name: "region", Kind: Text, Compared: true, SnapshotFormat: 1,
		Text: func(in *Instance) *string { return &in.Region }},
	{Name: "gpu", Kind: Text, Compared: true, SnapshotFormat: 1, Text: func(in *Instance) *string { return &in.GPU }},
	{Name: "gpu_count", Kind: Count, Max: MaxGPUs, Compared: true, SnapshotFormat: 1,
		Number: func(in *Instance) *Number { return &in.GPUCount }},
	{Name: "cpu_cores", Kind: Size, Max: maxCores, Compared: true, SnapshotFormat: 1,
		Number: func(in *Instance) *Number { return &in.CPUCores }},
	{Name: "ram", Kind: Size, Max: maxGB, Compared: true, SnapshotFormat: 1,
		Number: func(in *Instance) *Number { return &in.RAM }},
	{Name: "disk_size", Kind: Size, Max: maxGB, HiddenAs: "disk_size", Compared: true, SnapshotFormat: 1,
		Number: func(in *Instance) *Number { return &in.DiskSize }},
	{Name: "host_name", Kind: HostName, HiddenAs: "host_name", Compared: true, SnapshotFormat: 1,
		Text: func(in *Instance) *string { return &in.HostName }},
	{Name: "price_per_hour", Kind: Amount, Compared: true, SnapshotFormat: 1,
		Price: func(in *Instance) *Price { return &in.Price }},
	{Name: "price_source", Kind: Computed, Source: func(in *Instance) *PriceSource { return &in.PriceSource }},
	{Name: "list_price_per_hour", Kind: Computed, Price: func(in *Instance) *Price { return &in.ListPrice }},
	{Name: "type", Kind: Term, SnapshotFormat: 2, Term: func(in *Instance) *Purchase { return &in.Purchase }},
	{Name: "product_type", Older: "instance_type", Kind: Text, HiddenAs: "product_type",
		Text: func(in *Instance) *string { return &in.ProductType }},
	{Name: "gpu_type", Kind: Text, Text: func(in *Instance) *string { return &in.GPUType }},
	{Name: "gpu_group", Kind: Computed, SnapshotFormat: 2, Text: func(in *Instance) *string { return &in.GPUGroup }},
	{Name: "owner", Kind: Given, HiddenAs: "owner", SnapshotFormat: 2,
		Text: func(in *Instance) *string { return &in.Owner }},
	{Name: "account", Kind: Given, HiddenAs: "account", SnapshotFormat: 2,
		Text: func(in *Instance) *string { return &in.Account }},
	{Name: "ephemeral", Kind: Size, Max: maxGB, HiddenAs: "ephemeral",
		Number: func(in *Instance) *Number { return &in.Ephemeral }},
	{Name: "public_ipv4", Kind: Address, Text: func(in *Instance) *string { return &in.PublicIPv4 }},
	{Name: "os", Kind: Text, HiddenAs: "os", Text: func(in *Instance) *string { return &in.OS }},
	{Name: "created_at", Kind: Moment, HiddenAs: "created_at", SnapshotFormat: 2,
		Time: func(in *Instance) *time.Time { return &in.CreatedAt }},
	{Name: "started_at", Kind: Moment, HiddenAs: "created_at", Compared: true, SnapshotFormat: 2,
		Time: func(in *Instance) *time.Time { return &in.StartedAt }},
	{Name: "status_since", Kind: Computed, SnapshotFormat: 2,
		Time: func(in *Instance) *time.Time { return &in.StatusSince }},
}

// InReplies reports whether replies can have the field.
func (f *Field) InReplies() bool { return f.Kind != Computed && f.Kind != Given }

// FieldNamed returns the field with a name, nil if there is none.
func FieldNamed(name string) *Field {
	at := slices.IndexFunc(Fields, func(f *Field) bool { return f.Name == name })
	if at < 0 {
		return nil
	}
	return Fields[at]
}

// Hideable returns the names that --hide accepts, in the order of the table.
func Hideable() []string {
	var names []string
	for _, f := range Fields {
		if f.HiddenAs != "" && !slices.Contains(names, f.HiddenAs) {
			names = append(names, f.HiddenAs)
		}
	}
	return names
}

// HiddenBy reports whether the field is left out if --hide has these names. An id is not: a pseudonym replaces it.
func (f *Field) HiddenBy(hidden []string) bool {
	return f.Kind != ID && f.HiddenAs != "" && slices.Contains(hidden, f.HiddenAs)
}

// Copy copies the field to another instance.
func (f *Field) Copy(to, from *Instance) {
	switch {
	case f.Text != nil:
		*f.Text(to) = *f.Text(from)
	case f.Number != nil:
		*f.Number(to) = *f.Number(from)
	case f.Price != nil:
		*f.Price(to) = *f.Price(from)
	case f.Term != nil:
		*f.Term(to) = *f.Term(from)
	case f.Source != nil:
		*f.Source(to) = *f.Source(from)
	case f.Time != nil:
		*f.Time(to) = *f.Time(from)
	}
}

// Clear makes the field unknown.
func (f *Field) Clear(in *Instance) { f.Copy(in, &unknown) }

// IsKnown reports whether the instance has a value of the field.
func (f *Field) IsKnown(in *Instance) bool { return f.Compare(in, &unknown) != 0 }

// unknown is an instance whose fields are all unknown.
var unknown Instance

// Compare orders two instances by the field: unknown first, texts byte by byte.
func (f *Field) Compare(a, b *Instance) int {
	switch {
	case f.Text != nil:
		return strings.Compare(*f.Text(a), *f.Text(b))
	case f.Number != nil:
		m, n := f.Number(a), f.Number(b)
		return cmp.Or(CompareBools(m.Known, n.Known), cmp.Compare(m.Value, n.Value))
	case f.Price != nil:
		p, q := f.Price(a), f.Price(b)
		return cmp.Or(CompareBools(p.Known, q.Known), p.Value.Cmp(q.Value))
	case f.Term != nil:
		return cmp.Compare(*f.Term(a), *f.Term(b))
	case f.Source != nil:
		return cmp.Compare(*f.Source(a), *f.Source(b))
	default:
		return f.Time(a).Compare(*f.Time(b))
	}
}

// CompareBools orders false before true.
func CompareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// ParseHidden parses the comma-separated value of --hide. It returns the names sorted, without duplicates.
func ParseHidden(text string) (fields []string, err error) {
	known := Hideable()
	for field := range strings.SplitSeq(text, ",") {
		field = strings.TrimSpace(field)
		if !slices.Contains(known, field) {
			return nil, fmt.Errorf("unknown field %q; use %s", field, strings.Join(known, ", "))
		}
		fields = append(fields, field)
	}
	slices.Sort(fields)
	return slices.Compact(fields), nil
}
