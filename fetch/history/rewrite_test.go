package history

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"gpufleet/fetch/fleet"
)

// readBack returns the snapshot as a later run reads it.
func readBack(t *testing.T, s *Snapshot) *Snapshot {
	t.Helper()
	read, err := readWhole(contentOf(t, s))
	if err != nil {
		t.Fatal(err)
	}
	return read
}

// TestHide hides from a history what a run hides, and shows ids again to a run that has the key.
func TestHide(t *testing.T) {
	t.Parallel()
	key := bytes.Repeat([]byte("k"), fleet.MinKey)
	open, hiding := head(), head()
	open.Audience = internal
	hiding.Hidden, hiding.Key = []string{"host_name", "id"}, fleet.KeyFingerprint(key)

	before := readBack(t, snapshot(t, open, now, list(t)...))
	h := &History{Snapshots: []*Snapshot{before}}
	if err := h.Hide(t.Context(), hiding, Names{Key: key}); err != nil {
		t.Fatal(err)
	}
	hidden := readBack(t, h.Snapshots[0])
	if !hidden.Head.equal(hiding) || hidden.Count != before.Count || !hidden.Taken.Equal(now) {
		t.Errorf("%+v", hidden)
	}
	want := list(t)
	for _, in := range want {
		in.GPUGroup, in.HostName, in.ID = in.Model(), "", fleet.Pseudonym(in.Key(), key)
	}
	slices.SortStableFunc(want, func(a, b *fleet.Instance) int { return strings.Compare(a.ID, b.ID) })
	for i, row := range rowsOf(t, hidden) {
		if row != fmt.Sprintf("%+v", *want[i]) {
			t.Errorf("row %d is %s, want %+v", i, row, *want[i])
		}
	}

	// Nothing is left to hide, so that the file stays as it is.
	h = &History{Snapshots: []*Snapshot{hidden}}
	if err := h.Hide(t.Context(), hiding, Names{Key: key}); err != nil || h.Snapshots[0] != hidden {
		t.Errorf("the file was written again: %v", err)
	}

	// Of the instances in the new list, the ids are known. The others keep their pseudonyms.
	shown := head()
	listed := []*fleet.Instance{{ID: "10"}, {ID: "2"}, {ID: "new"}}
	if err := h.Hide(t.Context(), shown, Names{List: listed, Key: key}); err != nil {
		t.Fatal(err)
	}
	after := readBack(t, h.Snapshots[0])
	var ids []string
	after.Rows(func(in *fleet.Instance) error { ids = append(ids, in.ID); return nil })
	slices.Sort(ids)
	wantIDs := []string{"", "", "10", "2", fleet.Pseudonym(fleet.Key{ID: "1"}, key)}
	slices.Sort(wantIDs)
	if !slices.Equal(ids, wantIDs) || after.Key != "" || !slices.Equal(after.Hidden, []string{"host_name"}) {
		t.Errorf("ids %q, head %+v", ids, after.Head)
	}

	// When ids are hidden again, those pseudonyms stay that are in the list.
	listed = nil
	for _, id := range []string{"1", "2", "10", "new"} {
		listed = append(listed, &fleet.Instance{ID: fleet.Pseudonym(fleet.Key{ID: id}, key)})
	}
	if err := h.Hide(t.Context(), hiding, Names{List: listed, Key: key}); err != nil {
		t.Fatal(err)
	}
	if again := rowsOf(t, readBack(t, h.Snapshots[0])); !slices.Equal(again, rowsOf(t, hidden)) {
		t.Errorf("hidden again: %q, want %q", again, rowsOf(t, hidden))
	}
}

// TestHideAccounts gives accounts to snapshots without them, and hides and shows those of snapshots that have them. The
// same id in two accounts stays two instances.
func TestHideAccounts(t *testing.T) {
	t.Parallel()
	key := bytes.Repeat([]byte("k"), fleet.MinKey)
	two := func(accounts ...string) (all []*fleet.Instance) {
		for _, account := range accounts {
			all = append(all, &fleet.Instance{ID: "1", Account: account, GPUGroup: "A"})
		}
		return all
	}
	open := head()
	hidden := func(fields ...string) Head {
		h := head()
		h.Hidden, h.Key = fields, fleet.KeyFingerprint(key)
		return h
	}
	hide := func(run Head, list []*fleet.Instance) []*fleet.Instance {
		(&fleet.Fleet{Instances: list}).Hide(run.Hidden, key)
		slices.SortFunc(list, func(a, b *fleet.Instance) int { return a.Key().Compare(b.Key()) })
		return list
	}
	for _, test := range []struct {
		old      Head
		accounts []string // of the instances in the snapshot, each with the id 1
		run      Head
		names    string // whether the run's list still has each of them, by number
	}{
		{open, []string{""}, open, "ml"},
		{open, []string{""}, hidden("id"), "ml"},
		{open, []string{""}, hidden("account", "id"), "ml"},
		{hidden("id"), []string{""}, hidden("id"), "ml"},
		{hidden("id"), []string{""}, hidden("account", "id"), "ml"},
		{hidden("id"), []string{""}, open, "ml"},
		{open, []string{"ml", "web"}, open, "ml web"},
		{open, []string{"ml", "web"}, hidden("id"), "ml web"},
		{open, []string{"ml", "web"}, hidden("account", "id"), "ml web"},
		{hidden("id"), []string{"ml", "web"}, hidden("id"), "ml web"},
		{hidden("id"), []string{"ml", "web"}, hidden("account", "id"), "ml web"},
		{hidden("id"), []string{"ml", "web"}, open, "ml web"},
		{hidden("account", "id"), []string{"ml", "web"}, hidden("account", "id"), "ml web"},
		{hidden("account", "id"), []string{"ml", "web"}, hidden("id"), "ml web"},
		{hidden("account", "id"), []string{"ml", "web"}, open, "ml web"},
	} {
		old := hide(test.old, two(test.accounts...))
		h := &History{Snapshots: []*Snapshot{readBack(t, snapshot(t, test.old, now, old...))}}
		list := two("web", "ml")
		withAccount := WithAccount(list, "ml", key)
		list = hide(test.run, list)
		if err := h.Hide(t.Context(), test.run, Names{list, key, "ml", withAccount}); err != nil {
			t.Fatal(err)
		}
		after := readBack(t, h.Snapshots[0])
		var got, want []fleet.Key
		after.Rows(func(in *fleet.Instance) error { got = append(got, in.Key()); return nil })
		for _, in := range hide(test.run, two(strings.Fields(test.names)...)) {
			want = append(want, in.Key())
		}
		shown := !slices.Contains(test.run.Hidden, "account")
		if !slices.Equal(got, want) || !after.Head.equal(test.run) || after.HasAccounts() != shown {
			t.Errorf("%v %q, then %v: %q, want %q; head %+v", test.old.Hidden, test.accounts, test.run.Hidden, got, want,
				after.Head)
		}
		// The next run has nothing to change.
		h = &History{Snapshots: []*Snapshot{after}}
		if err := h.Hide(t.Context(), test.run, Names{list, key, "web", withAccount}); err != nil || h.Snapshots[0] != after {
			t.Errorf("%v: the file was written again: %v", test.run.Hidden, err)
		}
	}
}

// TestRewriteOldFormat checks that a snapshot in the old format is still known as one, so that its groups and statuses
// are found as before.
func TestRewriteOldFormat(t *testing.T) {
	t.Parallel()
	s, err := readWhole(packed(`{"schema":1,"taken":"2026-11-22T12:00:00Z","source":"api","account":"","audience":` +
		`"public","currency":"USD","hidden":[],"key":"","total_instances":1,"instances":[{"id":"1","host_name":"a"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	h := &History{Snapshots: []*Snapshot{s}}
	run := head()
	run.Hidden = []string{"host_name"}
	if err := h.Hide(t.Context(), run, Names{}); err != nil || !h.Snapshots[0].IsOldFormat() {
		t.Fatal(err)
	}
	h.Snapshots[0].SetMissingGroups(func(fleet.Key) string { return "H100" })
	want := fmt.Sprintf("%+v", fleet.Instance{ID: "1", GPUGroup: "H100"})
	if rows := rowsOf(t, readBack(t, h.Snapshots[0])); len(rows) != 1 || rows[0] != want {
		t.Error(rows)
	}
}

// TestRewriteGroups renames groups. Those with the same names are merged, and the totals stay.
func TestRewriteGroups(t *testing.T) {
	t.Parallel()
	group := func(region, gpu string, count int, cost string) Group {
		c := Cost{count, count - 1, Amount{money(t, cost)}}
		return Group{region, gpu, Figures{count, float64(8 * count), count, c, c}}
	}
	h := &History{Days: []Entry{{Groups: []Group{
		group("A", "H100", 2, "1.5"), group("SECRET", "H100", 3, "0.1"), group("A", "L40S", 4, "2"),
		group("Unknown region", "H100", 5, "0.2"), group("", "", 6, "7"),
	}}}}
	err := h.Rewrite(t.Context(), Edit{Group: func(g *Group) {
		if g.Region == "SECRET" {
			g.Region = fleet.UnknownRegion
		}
	}})
	want := []Group{group("A", "H100", 2, "1.5"), {}, group("A", "L40S", 4, "2"), group("", "", 6, "7")}
	both := Cost{8, 6, Amount{money(t, "0.3")}}
	want[1] = Group{"Unknown region", "H100", Figures{8, 64, 8, both, both}}
	if got := fmt.Sprint(h.Days[0].Groups); err != nil || got != fmt.Sprint(want) {
		t.Errorf("%v\n%v\n%v", err, got, want)
	}
}

// TestRewriteDamaged checks that a snapshot which can't be read is a loss, and that the others are edited all the same.
func TestRewriteDamaged(t *testing.T) {
	t.Parallel()
	good := contentOf(t, snapshot(t, head(), now, list(t)...))
	damaged, err := ReadSnapshot(packed(strings.Replace(unpacked(t, good), `"Error"`, `["Error"]`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	run := head()
	run.Hidden = []string{"host_name"}
	for _, accept := range []bool{false, true} {
		h := &History{Snapshots: []*Snapshot{damaged, readBack(t, snapshot(t, head(), now, list(t)...))}, AcceptLoss: accept}
		err := h.Hide(t.Context(), run, Names{})
		if (err == nil) != accept || len(h.Snapshots) != 1 || !slices.Equal(h.Snapshots[0].Hidden, run.Hidden) {
			t.Errorf("accepted %v: %v, %d snapshots", accept, err, len(h.Snapshots))
		}
	}
}
