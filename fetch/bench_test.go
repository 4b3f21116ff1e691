package fetch

import (
	"bytes"
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/fleet/fleettest"
)

// generated returns a reply of n instances.
func generated(t testing.TB, n int, shape fleettest.Shape) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := fleettest.WriteReply(&b, n, shape); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestGenerated checks that the benchmarks measure what they should: every row is read as it was written.
func TestGenerated(t *testing.T) {
	const n = 300
	for _, shape := range fleettest.Shapes {
		list, err := Saved(context.Background(), []string{Stdin}, bytes.NewReader(generated(t, n, shape)))
		if err != nil {
			t.Fatal(err)
		}
		want := fleettest.Instances(n)
		if shape == fleettest.Older {
			for i, in := range want {
				older := list.Instances[i]
				*in = fleet.Instance{
					ID:          older.ID,
					Region:      in.Region,
					ProductType: in.ProductType,
					HostName:    in.HostName,
					CPUCores:    in.CPUCores,
					RAM:         in.RAM,
					GPU:         in.GPU,
					GPUType:     in.GPU,
					GPUCount:    in.GPUCount,
					DiskSize:    in.DiskSize,
					PublicIPv4:  in.PublicIPv4,
					OS:          in.OS,
					Status:      in.Status,
					Secrets:     older.Secrets,
				}
			}
		}
		if diff := cmp.Diff(want, list.Instances, cmp.AllowUnexported(fleet.Money{}, fleet.SecretHash{})); diff != "" {
			t.Errorf("%s: %s", shape, diff)
		}
		if lines := list.Warnings.Lines(); len(lines) > 0 {
			t.Errorf("%s: %v", shape, lines)
		}
	}
}

// TestAllocations checks that a row costs no more allocations than its own texts (ID, host name, address), however
// many numbers it has.
func TestAllocations(t *testing.T) {
	const n = 1_000
	for _, shape := range fleettest.Shapes {
		text := generated(t, n, shape)
		perRun := testing.AllocsPerRun(1, func() {
			if _, err := Saved(context.Background(), []string{Stdin}, bytes.NewReader(text)); err != nil {
				t.Fatal(err)
			}
		})
		if perRow := perRun / n; perRow > 3.5 {
			t.Errorf("%s: %.2f allocations a row", shape, perRow)
		}
	}
}

func BenchmarkSaved(b *testing.B) {
	for _, shape := range fleettest.Shapes {
		b.Run(string(shape), func(b *testing.B) {
			text := generated(b, 10_000, shape)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Saved(context.Background(), []string{Stdin}, bytes.NewReader(text)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
