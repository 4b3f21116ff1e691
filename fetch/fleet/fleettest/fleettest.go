// Package fleettest makes fleets of any size for tests and benchmarks. The n-th instance is always the same.
package fleettest

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"testing"
	"time"

	"gpufleet/fetch/fleet"
)

// Shape is one of the two known formats of replies.
type Shape string

// The shapes.
const (
	Older Shape = "2024" // ids are numbers, sizes are strings, the model is in gpu_type; no prices, no times
	Later Shape = "2025"
)

// Shapes has both shapes.
var Shapes = []Shape{Older, Later}

var (
	regions = []string{"CANADA-1", "CANADA-2", "MONTREAL-1", "NORWAY-1", "FINLAND-1", "FRANCE-1",
		"US-1", "US-2", "JAPAN-1", "INDIA-1", "Seoul", "São Paulo"}
	series = []string{"RTX", "RTX", "L40S", "A100", "A100", "H100", "H100", "H200"}
	models = []string{"RTX-A4000", "RTX-A6000", "L40S-48G", "A100-80G-PCIe", "A100-80G-SXM",
		"H100-80G-PCIe", "H100-80G-SXM", "H200-141G"}
	// Per GPU and hour, in thousandths of the currency. With these last digits, floating point would get sums wrong.
	prices   = []int{297, 679, 1093, 1867, 1999, 2627, 2987, 3799}
	products = []string{"Virtual Machine", "Virtual Machine", "Virtual Machine", "Container", "Baremetal"}
	systems  = []string{"Ubuntu Server 22.04 LTS (Jammy Jellyfish)", "Ubuntu Server 24.04 LTS (Noble Numbat)",
		"Ubuntu Server 20.04 LTS (Focal Fossa)", "Debian 12 (Bookworm)"}
	statuses = []string{"Running", "Running", "Running", "Running", "Running", "Running", "Running",
		"Stopped", "Stopped", "Deploying", "Error", "Deleted"}
	purposes = []string{"train", "infer", "render", "batch", "dev", "notebook"}
)

// mix turns a row's number into 64 bits that look random (the finalizer of SplitMix64).
func mix(i int) uint64 {
	z := uint64(i+1) * 0x9E3779B97F4A7C15
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// pick selects an item by one of the eight bytes of a row's bits.
func pick[T any](items []T, bits uint64, part int) T {
	return items[int(bits>>(8*part)&0xFF)%len(items)]
}

// Instance returns the i-th instance, as the decoder should read it from the later shape. One in 50 has no price, one
// in 16 no GPU, and one in 100 a name with non-ASCII letters.
func Instance(i int) *fleet.Instance {
	bits := mix(i)
	in := &fleet.Instance{
		ID:          fmt.Sprintf("%016x-%08d", bits, i),
		Region:      pick(regions, bits, 0),
		ProductType: pick(products, bits, 1),
		HostName:    pick(purposes, bits, 2) + "-" + strconv.Itoa(i),
		OS:          pick(systems, bits, 3),
		Status:      pick(statuses, bits, 4),
		PublicIPv4:  fmt.Sprintf("198.51.%d.%d", bits>>8&0xFF, bits&0xFF),
		DiskSize:    fleet.Known(float64(100 * (1 + bits>>16&7))),
		Ephemeral:   fleet.Known(float64(750 * (bits >> 24 & 3))),
		CreatedAt:   time.Unix(1_700_000_000+int64(bits>>32&0xFFFFFF), 0).UTC(),
	}
	in.StartedAt = in.CreatedAt
	in.Purchase = fleet.OnDemand
	if i%4 == 3 {
		in.Purchase = fleet.Reserved
	}
	if i%100 == 99 {
		in.HostName = "größe-" + in.HostName
	}
	thousandths := 40
	gpus := 0
	if bits>>40&15 != 0 {
		at := int(bits>>44&0xFF) % len(models)
		in.GPU, in.GPUType = models[at], series[at]
		gpus = 1 << (bits >> 52 & 3)
		thousandths = gpus * prices[at]
	} else {
		in.ProductType = "CPU"
	}
	in.GPUCount = fleet.Known(float64(gpus))
	in.CPUCores, in.RAM = fleet.Known(float64(28*max(1, gpus))), fleet.Known(float64(58*max(1, gpus)))
	if i%50 != 49 {
		price, err := fleet.ParseMoney(fmt.Sprintf("%d.%03d", thousandths/1000, thousandths%1000))
		if err != nil {
			panic(err)
		}
		in.Price, in.PriceSource = fleet.Known(price), fleet.ListPrice
	}
	return in
}

// Instances returns the first n instances.
func Instances(n int) []*fleet.Instance {
	list := make([]*fleet.Instance, n)
	for i := range list {
		list[i] = Instance(i)
	}
	return list
}

// WriteReply writes a reply with the first n instances. Its rows have all members of the API's rows, including those
// that must never be shown.
func WriteReply(w io.Writer, n int, shape Shape) error {
	b := bufio.NewWriterSize(w, 1<<20)
	b.WriteString(`{"data": [`)
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		if in := Instance(i); shape == Older {
			writeOlder(b, i, in)
		} else {
			writeLater(b, i, in)
		}
	}
	fmt.Fprintf(b, `], "total_instance": %d, "message": "All instances retrieved successfully", "status": "success"}`, n)
	return b.Flush()
}

func writeOlder(w io.Writer, i int, in *fleet.Instance) {
	fmt.Fprintf(w, `{"id": %d, "region": %q, "instance_type": %q, "host_name": %q, "cpu_cores": "%g", "ram": "%g", `+
		`"gpu_type": %q, "gpu_count": %g, "disk_size": %g, "public_ipv4": %q, "os": %q, `+
		`"vm_name": %q, "vm_password": "%016x", "status": %q}`,
		i+1, in.Region, in.ProductType, in.HostName, in.CPUCores.Value, in.RAM.Value,
		in.GPU, in.GPUCount.Value, in.DiskSize.Value, in.PublicIPv4, in.OS,
		in.HostName, mix(-i), in.Status)
}

func writeLater(w io.Writer, i int, in *fleet.Instance) {
	price := "null"
	if in.Price.Known {
		price = in.Price.Value.String()
	}
	fmt.Fprintf(w, `{"id": %q, "dc_id": 2, "region": %q, "product_type": %q, "host_name": %q, "cpu_cores": %g, `+
		`"cpu_model": "INTEL(R) XEON(R) PLATINUM 8558", "cpu_count": "2", "ram": %g, "gpu": %q, "gpu_type": %q, `+
		`"gpu_count": %g, "disk_size": %g, "ephemeral": %g, "public_ipv4": %q, "price_per_hour": %s, `+
		`"os": %q, "status": %q, "team_id": null, "team": null, `+
		`"created_at": %d.25, "started_at": %d, "ended_at": null, "type": %d, `+
		`"user": {"id": %d, "name": "Sample User", "email": "sample.user@example.org"}}`,
		in.ID, in.Region, in.ProductType, in.HostName, in.CPUCores.Value,
		in.RAM.Value, in.GPU, in.GPUType,
		in.GPUCount.Value, in.DiskSize.Value, in.Ephemeral.Value, in.PublicIPv4, price,
		in.OS, in.Status,
		in.CreatedAt.Unix(), in.StartedAt.Unix(), in.Purchase-fleet.OnDemand,
		i)
}

// Set sets a field of an instance to the n-th value of its kind, for n from 1 to 9. All values differ, except that a
// Term has only two and a price's source only four.
func Set(f *fleet.Field, in *fleet.Instance, n int) {
	switch {
	case f.Kind == fleet.Address:
		*f.Text(in) = fmt.Sprintf("192.0.2.%d", n)
	case f.Text != nil:
		*f.Text(in) = fmt.Sprintf("%s-%d", f.Name, n)
	case f.Number != nil:
		*f.Number(in) = fleet.Known(float64(n))
	case f.Price != nil:
		price, err := fleet.ParseMoney(fmt.Sprintf("0.%d", n))
		if err != nil {
			panic(err)
		}
		*f.Price(in) = fleet.Known(price)
	case f.Term != nil:
		*f.Term(in) = fleet.OnDemand + fleet.Purchase(n%2)
	case f.Source != nil:
		*f.Source(in) = fleet.ListPrice + fleet.PriceSource(n%4)
	case f.Time != nil:
		*f.Time(in) = time.Unix(1_700_000_000+int64(n), 0).UTC()
	}
}

// AddField adds a field "rack" to the table until the test ends, as a developer would. It shares the memory of
// public_ipv4, which snapshots don't keep. The test can't run in parallel with others.
func AddField(t testing.TB) *fleet.Field {
	t.Helper()
	added := &fleet.Field{Name: "rack", Older: "rack_no", Kind: fleet.Text,
		HiddenAs: "rack", Compared: true, SnapshotFormat: 2,
		Text: func(in *fleet.Instance) *string { return &in.PublicIPv4 }}
	before := fleet.Fields
	fleet.Fields = append(slices.Clone(before), added)
	t.Cleanup(func() { fleet.Fields = before })
	return added
}
