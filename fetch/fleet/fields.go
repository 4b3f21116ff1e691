package fleet

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Kind says what a field holds, and so how it is read, written and compared.
type Kind byte

// The kinds.
const (
	ID       Kind = iota + 1 // an identifier: a text or a whole number, kept as text
	HostName                 // the host name, which must not show the row's password
	Text                     // text that many rows share
	Address                  // an IP address
	Count                    // a whole number
	Size                     // a number
	Amount                   // money per hour
	Term                     // 0 on demand, 1 reserved
	Moment                   // a time: seconds since 1970 in replies and snapshots
	Computed                 // made by the program; no reply has it
)

// Field is an entry of the table of an instance's fields. The reply's decoder, Hide, snapshots, the comparison with
// them and the order of equal rows loop over the table, so whoever adds a field adds an entry here and a column in
// render/report.
type Field struct {
	Name  string // in replies, snapshots, JSON and CSV
	Older string // its name in older replies, which counts where Name is missing; "" for none
	Kind  Kind
	Max   float64 // the largest Count or Size that is believed

	HiddenAs string // what --hide calls it; "" where it can't be hidden
	Compared bool   // its changes are reported
	// SnapshotForm is the first form of snapshots that keeps it; 0 if none does.
	SnapshotForm int

	// Exactly one of these returns where an instance holds the field.
	Text   func(*Instance) *string
	Number func(*Instance) *Number
	Price  func(*Instance) *Price
	Term   func(*Instance) *Purchase
	Source func(*Instance) *PriceSource
	Time   func(*Instance) *time.Time
}

// MaxGPUs is the largest number of GPUs that is believed of one instance; the others bound its cores and sizes.
const (
	MaxGPUs  = 1e6
	maxCores = 1e6
	maxGB    = 1e9
)

// Fields is the table. Its order is that of a snapshot's members, of an instance's changes, and of the comparison of
// rows that have neither name nor id.
var Fields = []*Field{
	{Name: "id", Kind: ID, HiddenAs: "id", SnapshotForm: 1, Text: func(in *Instance) *string { return &in.ID }},
	{Name: "status", Kind: Text, Compared: true, SnapshotForm: 1, Text: func(in *Instance) *string { return &in.Status }},
	{Name: "region", Kind: Text, Compared: true, SnapshotForm: 1, Text: func(in *Instance) *string { return &in.Region }},
	{Name: "gpu", Kind: Text, Compared: true, SnapshotForm: 1, Text: func(in *Instance) *string { return &in.GPU }},
	{Name: "gpu_count", Kind: Count, Max: MaxGPUs, Compared: true, SnapshotForm: 1,
		Number: func(in *Instance) *Number { return &in.GPUCount }},
	{Name: "cpu_cores", Kind: Size, Max: maxCores, Compared: true, SnapshotForm: 1,
		Number: func(in *Instance) *Number { return &in.CPUCores }},
	{Name: "ram", Kind: Size, Max: maxGB, Compared: true, SnapshotForm: 1,
		Number: func(in *Instance) *Number { return &in.RAM }},
	{Name: "disk_size", Kind: Size, Max: maxGB, HiddenAs: "disk_size", Compared: true, SnapshotForm: 1,
		Number: func(in *Instance) *Number { return &in.DiskSize }},
	{Name: "host_name", Kind: HostName, HiddenAs: "host_name", Compared: true, SnapshotForm: 1,
		Text: func(in *Instance) *string { return &in.HostName }},
	{Name: "price_per_hour", Kind: Amount, Compared: true, SnapshotForm: 1,
		Price: func(in *Instance) *Price { return &in.Price }},
	{Name: "price_source", Kind: Computed, Source: func(in *Instance) *PriceSource { return &in.PriceSource }},
	{Name: "type", Kind: Term, SnapshotForm: 2, Term: func(in *Instance) *Purchase { return &in.Purchase }},
	{Name: "product_type", Older: "instance_type", Kind: Text, HiddenAs: "product_type",
		Text: func(in *Instance) *string { return &in.ProductType }},
	{Name: "gpu_type", Kind: Text, Text: func(in *Instance) *string { return &in.GPUType }},
	{Name: "gpu_group", Kind: Computed, SnapshotForm: 2, Text: func(in *Instance) *string { return &in.GPUGroup }},
	{Name: "ephemeral", Kind: Size, Max: maxGB, HiddenAs: "ephemeral",
		Number: func(in *Instance) *Number { return &in.Ephemeral }},
	{Name: "public_ipv4", Kind: Address, Text: func(in *Instance) *string { return &in.PublicIPv4 }},
	{Name: "os", Kind: Text, HiddenAs: "os", Text: func(in *Instance) *string { return &in.OS }},
	{Name: "created_at", Kind: Moment, HiddenAs: "created_at", SnapshotForm: 2,
		Time: func(in *Instance) *time.Time { return &in.CreatedAt }},
	{Name: "started_at", Kind: Moment, HiddenAs: "created_at", Compared: true, SnapshotForm: 2,
		Time: func(in *Instance) *time.Time { return &in.StartedAt }},
	{Name: "status_since", Kind: Computed, SnapshotForm: 2,
		Time: func(in *Instance) *time.Time { return &in.StatusSince }},
}

// FieldNamed returns the field of a name, nil where there is none.
func FieldNamed(name string) *Field {
	at := slices.IndexFunc(Fields, func(f *Field) bool { return f.Name == name })
	if at < 0 {
		return nil
	}
	return Fields[at]
}

// Hideable returns what --hide may name, in the order of the table.
func Hideable() []string {
	var names []string
	for _, f := range Fields {
		if f.HiddenAs != "" && !slices.Contains(names, f.HiddenAs) {
			names = append(names, f.HiddenAs)
		}
	}
	return names
}

// HiddenBy reports whether the field is left out where hidden is. Of an id a pseudonym stands in its place, so it is
// not.
func (f *Field) HiddenBy(hidden []string) bool {
	return f.Kind != ID && f.HiddenAs != "" && slices.Contains(hidden, f.HiddenAs)
}

// Copy copies the field from one instance to another.
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

// unknown is an instance of which nothing is known.
var unknown Instance

// Compare orders two instances by the field: unknown first, texts byte by byte.
func (f *Field) Compare(a, b *Instance) int {
	switch {
	case f.Text != nil:
		return strings.Compare(*f.Text(a), *f.Text(b))
	case f.Number != nil:
		m, n := f.Number(a), f.Number(b)
		return cmp.Or(compareKnown(m.Known, n.Known), cmp.Compare(m.Value, n.Value))
	case f.Price != nil:
		p, q := f.Price(a), f.Price(b)
		return cmp.Or(compareKnown(p.Known, q.Known), p.Value.Cmp(q.Value))
	case f.Term != nil:
		return cmp.Compare(*f.Term(a), *f.Term(b))
	case f.Source != nil:
		return cmp.Compare(*f.Source(a), *f.Source(b))
	default:
		return f.Time(a).Compare(*f.Time(b))
	}
}

func compareKnown(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// ParseHidden reads the fields to leave out, with commas between them. It returns them sorted, each once.
func ParseHidden(text string) (fields []string, err error) {
	known := Hideable()
	for field := range strings.SplitSeq(text, ",") {
		field = strings.TrimSpace(field)
		if !slices.Contains(known, field) {
			return nil, fmt.Errorf("takes %s, not %q", strings.Join(known, ", "), field)
		}
		fields = append(fields, field)
	}
	slices.Sort(fields)
	return slices.Compact(fields), nil
}
