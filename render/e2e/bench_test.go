package e2e

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"gpufleet/fetch/fleet/fleettest"
)

// BenchmarkRun measures the whole program, from a saved reply to the finished folder, for fleets of growing size. It
// prints the medians as a table. The benchmarks of the other packages measure the stages of a run.
func BenchmarkRun(b *testing.B) {
	var table strings.Builder
	table.WriteString("| instances | reply | wall s | CPU s | peak MB | output MB |\n|--:|--:|--:|--:|--:|--:|\n")
	for _, n := range []int{50, 1_000, 10_000, 100_000, 1_000_000} {
		for _, shape := range fleettest.Shapes {
			b.Run(fmt.Sprintf("%d/%s", n, shape), func(b *testing.B) {
				dir := b.TempDir() // on a disk, as in practice
				input, out := filepath.Join(dir, "reply.json"), filepath.Join(dir, "out")
				writeFleet(b, input, n, shape)
				var wall, cpu, peak []float64
				for b.Loop() {
					if err := os.RemoveAll(out); err != nil {
						b.Fatal(err)
					}
					syscall.Sync() // the disk must not be busy with the previous run
					command := job{args: []string{"--input", input, "--out", out}}.command(b.Context())
					start := time.Now()
					if text, err := command.CombinedOutput(); err != nil {
						b.Fatalf("%v: %s", err, text)
					}
					wall = append(wall, time.Since(start).Seconds())
					used := command.ProcessState
					cpu = append(cpu, (used.UserTime() + used.SystemTime()).Seconds())
					peak = append(peak, float64(used.SysUsage().(*syscall.Rusage).Maxrss)*1024/1e6) // KiB on Linux
				}
				fmt.Fprintf(&table, "| %d | %s | %s | %s | %.0f | %.1f |\n",
					n, shape, seconds(median(wall)), seconds(median(cpu)), median(peak), float64(sizeOf(b, out))/1e6)
			})
		}
	}
	fmt.Print(table.String())
}

func writeFleet(b *testing.B, path string, n int, shape fleettest.Shape) {
	b.Helper()
	file, err := os.Create(path)
	if err == nil {
		err = errors.Join(fleettest.WriteReply(file, n, shape), file.Close())
	}
	if err != nil {
		b.Fatal(err)
	}
}

// seconds prints seconds with the significant digits only.
func seconds(s float64) string {
	if s < 1 {
		return fmt.Sprintf("%.3f", s)
	}
	return fmt.Sprintf("%.2f", s)
}

// median sorts the values, of which there must be at least one.
func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// sizeOf returns the total size of the files below a folder, in bytes.
func sizeOf(b *testing.B, dir string) (bytes int64) {
	b.Helper()
	err := filepath.WalkDir(dir, func(_ string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			bytes += info.Size()
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return bytes
}
