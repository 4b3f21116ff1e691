package report

import (
	"regexp"
	"testing"

	"gpufleet/fetch/fleet"
)

func TestAnchor(t *testing.T) {
	for id, want := range map[string]string{"": "", "007": "i-007", "3f2a-B_c.d": "i-3f2a-B_c.d"} {
		if got := string(AppendAnchor(nil, &fleet.Instance{ID: id})); got != want {
			t.Errorf("%q: %q, want %q", id, got, want)
		}
	}
	seen := map[string]string{}
	for _, id := range []string{"a b", "a  b", "a%20b", "ä", `"><b>`, "#", "北京"} {
		got := string(AppendAnchor(nil, &fleet.Instance{ID: id}))
		if !regexp.MustCompile(`^i--[0-9a-f]{20}$`).MatchString(got) {
			t.Errorf("%q: %q needs escaping, or could be a plain id's", id, got)
		}
		if seen[got] != "" {
			t.Errorf("%q and %q share %q", id, seen[got], got)
		}
		seen[got] = id
	}
	for key, want := range map[fleet.Key]string{
		{Account: "ml", ID: "7"}: "^i-ml--7$", {Account: "m", ID: "l.7"}: "^i-m--l[.]7$", {Account: "ml", ID: ""}: "^$",
		{Account: "m-l", ID: "7-"}: "^i-m-l--7-$",
		{Account: "m l", ID: "7"}:  "^i--[0-9a-f]{20}$", {Account: "ml", ID: "a b"}: "^i--[0-9a-f]{20}$",
		{Account: "m--l", ID: "7"}: "^i--[0-9a-f]{20}$", {Account: "m", ID: "l--7"}: "^i--[0-9a-f]{20}$",
		{Account: "m-", ID: "7"}: "^i--[0-9a-f]{20}$", {Account: "m", ID: "-7"}: "^i--[0-9a-f]{20}$",
		{Account: "-m", ID: "7"}: "^i--[0-9a-f]{20}$",
	} {
		got := string(AppendAnchor(nil, &fleet.Instance{Account: key.Account, ID: key.ID}))
		if !regexp.MustCompile(want).MatchString(got) || seen[got] != "" {
			t.Errorf("%q: %q, want %s", key, got, want)
		}
		seen[got] = key.ID
	}
}
