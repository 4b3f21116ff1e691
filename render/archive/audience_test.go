package archive

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"gpufleet/render/report"
)

// TestArchiveHidesAddresses reads the instances back: a public archive has no address, and an internal one has them.
func TestArchiveHidesAddresses(t *testing.T) {
	for _, name := range []string{"plain", "internal"} {
		w, m, addresses := worlds()[name], memory{}, 0
		w.write(t, name, 4, m)
		for path, data := range m {
			_, rows := readBack(t, data)
			for _, r := range rows {
				for column, value := range r {
					text, _ := value.(string)
					if !strings.Contains(text, "198.51.") {
						continue
					}
					addresses++
					if column != "public_ipv4" {
						t.Errorf("%s: %s has an address", path, column)
					}
				}
			}
		}
		if isInternal := w.settings.Audience == report.Internal; isInternal != (addresses > 0) {
			t.Errorf("%s: %d addresses", name, addresses)
		}
	}
}

// TestKilledWhileHiding kills an internal run, and then a public one that hides what the days before show, after each
// number of files. The next public run leaves no address.
func TestKilledWhileHiding(t *testing.T) {
	w, m := worlds()["internal"], memory{}
	w.write(t, "internal", 3, m)
	killed, public := ordered{files: memory{}}, ordered{files: memory{}}
	if err := Write(Run{Report: w.next(false)}, m, killed.create); err != nil {
		t.Fatal(err)
	}
	isInstances := func(path string) bool { return strings.HasPrefix(path, "instances/") }
	first := killed.paths[slices.IndexFunc(killed.paths, isInstances)]
	if addresses(t, memory{first: killed.files[first]}) == 0 {
		t.Fatalf("%s has no address", first)
	}
	m[first] = killed.files[first]
	w.now = w.now.AddDate(0, 0, 1)
	w.settings.Audience = report.Public
	if err := Write(Run{Report: w.next(false)}, m, public.create); err != nil {
		t.Fatal(err)
	}
	later := w.next(false)
	later.Generated = w.now.AddDate(0, 0, 1)
	for count := range len(public.paths) + 1 {
		left := maps.Clone(m)
		for _, path := range public.paths[:count] {
			left[path] = public.files[path]
		}
		if err := Write(Run{Report: later}, left, left.create); err != nil {
			t.Fatal(err)
		}
		if n := addresses(t, left); n > 0 {
			t.Errorf("killed after %d of %d files: %d addresses are left", count, len(public.paths), n)
		}
	}
}

// addresses counts the addresses in an archive.
func addresses(t testing.TB, m memory) (n int) {
	t.Helper()
	for _, data := range m {
		_, rows := readBack(t, data)
		for _, r := range rows {
			n += strings.Count(fmt.Sprint(r), "198.51.")
		}
	}
	return n
}
