package report

import (
	"testing"
	"time"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
)

// TestAccounts follows two accounts that have the same ids, from before accounts were given until they no longer are.
func TestAccounts(t *testing.T) {
	t.Parallel()
	in := func(account, id, price string) *fleet.Instance {
		in := instance(id, "A", "RTX", 1, price)
		in.Account = account
		return in
	}
	rs := newReadings(t, 24*time.Hour)
	start := at(t, "2026-11-12 06:00")
	hour := 0
	read := func(list ...*fleet.Instance) *Report {
		hour++
		if len(rs.settings.Accounts) > 0 {
			names := history.Names{List: list, FirstAccount: rs.settings.Accounts[0]}
			if err := rs.previous.Hide(t.Context(), rs.settings.Head(), names); err != nil {
				t.Fatal(err)
			}
		}
		return rs.read(start.Add(time.Duration(hour)*time.Hour), list...)
	}
	want := func(r *Report, changes string, spent map[string]string) {
		t.Helper()
		got := ""
		for line := range r.Windows()[0].Lines() {
			if line.In != nil {
				got += line.In.Account + " " + line.In.ID + " "
			}
			got += string(line.Kind) + "; "
		}
		if got != changes {
			t.Errorf("hour %d: changes %q, want %q", hour, got, changes)
		}
		found := map[string]string{}
		for _, g := range r.ThisMonth().Groups {
			found[g.Account] = rangeText(g.Running)
		}
		for account, amount := range spent {
			if found[account] != amount || len(found) != len(spent) {
				t.Errorf("hour %d: spent %q, want %q", hour, found, spent)
			}
		}
		checkSums(t, r.Spend)
	}

	read(in("", "1", "1"), in("", "2", "1"))
	want(read(in("", "1", "1"), in("", "2", "1")), "", map[string]string{"": "2 2 2"})
	rs.settings.Accounts = []string{"web", "ml"}
	r := read(in("ml", "1", "5"), in("web", "2", "1"), in("web", "1", "1"), in("ml", "", "3"))
	want(r, "ml 1 added; without an id; ", map[string]string{"web": "4 4 4", "ml": "0 4 8"})
	if accounts := r.Divisions[2]; accounts.Name != "account" || len(accounts.Parts) != 2 ||
		accounts.Parts[0].Name != "ml" || accounts.Parts[0].Count != 2 || accounts.Parts[1].Count != 2 {
		t.Errorf("%+v", accounts)
	}
	// A change in one account is none in the other.
	want(read(in("web", "1", "1"), in("ml", "1", "6"), in("ml", "2", "1")),
		"ml 2 added; web 2 removed; ml 1 price changed; without an id; ",
		map[string]string{"web": "5 5.5 6", "ml": "5 11.5 18"})
	// Without accounts, all instances are others.
	rs.settings.Accounts = nil
	want(read(in("", "1", "1")),
		" 1 added; ml 1 removed; web 1 removed; ml 2 removed; ",
		map[string]string{"web": "5 6 7", "ml": "5 15 25", fleet.NoAccount: "0 0.5 1"})
	want(read(in("", "1", "1")), "",
		map[string]string{"web": "5 6 7", "ml": "5 15 25", fleet.NoAccount: "1 1.5 2"})
}
