package archive

import (
	"bytes"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"gpufleet/fetch/exit"
	"gpufleet/fetch/fleet"
	"gpufleet/render/report"
)

// secretName is in the archives of these tests. No error may quote it.
const secretName = "SECRET-name"

// smallArchive is an archive with readings on three days, and the report of one more on the last of them.
func smallArchive(t testing.TB) (m memory, next *report.Report) {
	t.Helper()
	m = memory{}
	start := time.Date(2026, 11, 20, 6, 0, 0, 0, time.UTC)
	for i, hours := range []int{0, 24, 30, 48, 54} {
		list := &fleet.Fleet{}
		for n := range 6 {
			in := &fleet.Instance{ID: fmt.Sprint(n), Region: "R", GPU: "G", HostName: secretName, Status: "Running",
				GPUCount: fleet.Known(float64(n)), CreatedAt: start, OS: fmt.Sprint("Linux ", n)}
			in.Price = fleet.Known(money(t, fmt.Sprint(n+i, ".5")))
			list.Instances = append(list.Instances, in)
		}
		next = report.New(list, settings(start.Add(time.Duration(hours)*time.Hour)))
		if hours < 54 {
			if err := Write(Run{Report: next}, m, m.create); err != nil {
				t.Fatal(err)
			}
		}
	}
	return m, next
}

func money(t testing.TB, text string) fleet.Money {
	t.Helper()
	m, err := fleet.ParseMoney(text)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// attempt writes a report into an archive. It returns the files that were created and the exit code, 0 for success.
func attempt(r *report.Report, m memory) (created memory, code int, err error) {
	created = memory{}
	if err = Write(Run{Report: r}, m, created.create); err != nil {
		code = exit.Code(err)
	}
	return created, code, err
}

// readPaths are the files that the run of smallArchive reads.
func readPaths(m memory) (paths []string) {
	for _, path := range slices.Sorted(maps.Keys(m)) {
		if strings.HasPrefix(path, "readings/") || strings.HasSuffix(path, "-22/instances.parquet") ||
			strings.HasSuffix(path, "-21/instances.parquet") {
			paths = append(paths, path)
		}
	}
	return paths
}

// TestDamagedFile damages every file that a run reads: the run ends with an error and exit code 4. It never takes long
// or much memory, whatever lengths a damaged file has.
func TestDamagedFile(t *testing.T) {
	good, next := smallArchive(t)
	if _, _, err := attempt(next, good); err != nil {
		t.Fatal(err)
	}
	for _, path := range readPaths(good) {
		data := good[path]
		damaged := map[string][]byte{"empty": {}, "twice": append(bytes.Clone(data), data...),
			"no Parquet": []byte(strings.Repeat("SECRET", 500))}
		for n := 1; n < len(data); n += 1 + len(data)/8 {
			damaged[fmt.Sprint("cut to ", n)] = data[:n]
		}
		for at := 0; at < len(data); at += 1 + len(data)/16 {
			damaged[fmt.Sprint("bit flipped in byte ", at)] = flipped(data, at)
		}
		for what, data := range damaged {
			m := maps.Clone(good)
			m[path] = data
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			_, code, err := attempt(next, m)
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			if used := (after.TotalAlloc - before.TotalAlloc) >> 20; used > 100 || took > 5*time.Second {
				t.Errorf("%s, %s: %d MB, %v", path, what, used, took)
			}
			if code != exit.Incomplete || !strings.Contains(err.Error(), path+" is damaged") ||
				strings.Contains(err.Error(), "SECRET") {
				t.Errorf("%s, %s: exit code %d, %v", path, what, code, err)
			}
		}
	}
}

// flipped returns a copy of a file with a bit changed.
func flipped(data []byte, at int) []byte {
	damaged := bytes.Clone(data)
	damaged[at] ^= 1 << (at % 8)
	return damaged
}

// TestEveryByteCounts flips a bit of each byte of a file, and cuts the file to each length. No row is read from it.
func TestEveryByteCounts(t *testing.T) {
	m, _ := smallArchive(t)
	const path = "instances/date=2026-11-21/instances.parquet"
	data := m[path]
	read := func(what string, at int, data []byte) {
		h, err := instances.read(memory{path: data}, path, visitor{row: func(parquet.Row) error {
			t.Fatalf("%s at %d: a row", what, at)
			return nil
		}})
		if exit.Code(err) != exit.Incomplete || h.Schema != 0 {
			t.Fatalf("%s at %d: %v, %v", what, at, h, err)
		}
	}
	for at := range data {
		read("flipped", at, flipped(data, at))
		read("cut", at, data[:at])
	}
}

// TestForeignFile puts whole files into an archive that this version doesn't write.
func TestForeignFile(t *testing.T) {
	good, next := smallArchive(t)
	const path = "instances/date=2026-11-22/instances.parquet"
	less := newTable(instances.name, instances.columns[1:])
	for name, test := range map[string]struct {
		data []byte
		says string
	}{
		"a later schema":    {written(t, instances, fmt.Sprintf(`{"schema": %d}`, schema+1)), "update gpufleet"},
		"a much later one":  {written(t, instances, `{"schema": 1000000000}`), "update gpufleet"},
		"no schema":         {written(t, instances, `{}`), "damaged"},
		"a negative schema": {written(t, instances, `{"schema": -1}`), "damaged"},
		"no head":           {written(t, instances, ""), "damaged"},
		"a head in pieces":  {written(t, instances, `{"schema": 1`), "damaged"},
		"a SECRET head":     {written(t, instances, `{"schema": "SECRET"}`), "damaged"},
		"other columns":     {written(t, less, `{"schema": 1}`), "damaged"},
		"another table":     {written(t, readings, `{"schema": 1}`), "damaged"},
	} {
		m := maps.Clone(good)
		m[path] = test.data
		_, code, err := attempt(next, m)
		if code != exit.Incomplete || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), test.says) ||
			strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%s: exit code %d, %v", name, code, err)
		}
	}
}

// written returns a file of a table without rows, and with any head.
func written[T any](t testing.TB, of *table[T], meta string) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := of.write(&b, head{Schema: 1})
	if err != nil {
		t.Fatal(err)
	}
	w.out.SetKeyValueMetadata(headKey, meta)
	if err := w.close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestMissingFile moves files away. Without its instances, a reading would say that all are gone.
func TestMissingFile(t *testing.T) {
	good, next := smallArchive(t)
	for _, path := range readPaths(good) {
		m := maps.Clone(good)
		delete(m, path)
		_, code, err := attempt(next, m)
		isNeeded := strings.HasPrefix(path, "instances/")
		if isNeeded != (code == exit.Incomplete) || isNeeded != strings.Contains(fmt.Sprint(err), "lacks instances") {
			t.Errorf("without %s: exit code %d, %v", path, code, err)
		}
	}
}

// TestRefusedRun adds readings that an archive must refuse.
func TestRefusedRun(t *testing.T) {
	good, next := smallArchive(t)
	sample := memory{}
	demo := *next
	demo.Source = report.FromDemo
	if err := Write(Run{Report: &demo}, sample, sample.create); err != nil {
		t.Fatal(err)
	}
	earlier, another := *next, demo
	earlier.Generated = next.Generated.Add(-30 * time.Hour)
	another.Generated = next.Generated.Add(time.Hour)
	for name, test := range map[string]struct {
		m    memory
		run  report.Report
		code int
		says string
	}{
		"the sample into a real archive": {good, demo, exit.Usage, "has real readings"},
		"a real list into the sample":    {sample, *next, exit.Usage, "has the readings of the sample"},
		"the sample of another time":     {sample, another, exit.Usage, "has the sample of another time"},
		"a reading later than now":       {good, earlier, exit.Incomplete, "check the clock"},
	} {
		created, code, err := attempt(&test.run, test.m)
		if code != test.code || !strings.Contains(fmt.Sprint(err), test.says) || len(created) > 0 {
			t.Errorf("%s: exit code %d, %v, %d files", name, code, err, len(created))
		}
	}
}
