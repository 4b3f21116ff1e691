package archive

import (
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"gpufleet/fetch/fleet"
)

// TestColumnsStay names the columns of the first schema. Add new ones at the end of a later schema instead.
func TestColumnsStay(t *testing.T) {
	want := "fetched_at account owner id status region gpu gpu_count cpu_cores ram disk_size host_name price_per_hour " +
		"price_source list_price_per_hour type product_type gpu_type gpu_group ephemeral public_ipv4 os created_at " +
		"started_at status_since currency running listed"
	var names []string
	for _, path := range instances.schema(1).Columns() {
		names = append(names, path[0])
	}
	if got := strings.Join(names, " "); got != want {
		t.Errorf("columns of instances:\n%s\nwant\n%s", got, want)
	}
	for i, at := range archivedAt {
		if at < 0 {
			t.Errorf("%s is of schema %d, but the latest is %d", archived[i].Name, archived[i].ArchiveSchema, schema)
		}
	}
}

// TestOlderSchema reads a file with fewer columns, and merges its rows with those of a later schema.
func TestOlderSchema(t *testing.T) {
	m, at := memory{}, time.Date(2026, 11, 20, 6, 0, 0, 0, time.UTC)
	first := hidingRun(t, at, "public")
	if err := Write(first, m, m.create); err != nil {
		t.Fatal(err)
	}
	path := dayPath("instances", at)
	later := newInstances(archived)
	later.columns = append(later.columns, column[instance]{"rack", text,
		func(instance) parquet.Value { return textValue("r1") }})
	later.widths = append(later.widths, len(later.columns))
	out := memory{}
	w, _ := out.create(path)
	file, err := later.write(w, head{Schema: 2})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := later.read(m, path, visitor{batch: file.flush, row: file.addValues}); err != nil {
		t.Fatal(err)
	}
	in := instance{Instance: &fleet.Instance{ID: "new"}}
	if err := file.add(in); err != nil {
		t.Fatal(err)
	}
	if err := file.close(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	var racks []string
	rack := later.index("rack")
	read := func(h head) error { return nil }
	if _, err := later.read(out, path, visitor{head: read, row: func(row parquet.Row) error {
		racks = append(racks, row[rack].String())
		return nil
	}}); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(racks, " "); got != "<null> <null> <null> r1" {
		t.Errorf("the new column is %s", got)
	}
}
