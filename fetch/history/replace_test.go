package history

import (
	"strings"
	"testing"
	"time"
)

// TestReplace checks which history of the output folder is a loss when that of another place replaces it.
func TestReplace(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	days := func(feed string, from, to int) (days []Entry) { // by the number of days before noon
		for ago := from; ago >= to; ago-- {
			taken := noon.AddDate(0, 0, -ago)
			days = append(days, Entry{Date: DateText(taken), Taken: taken, Figures: Figures{Instances: 1}, Feed: feed})
		}
		return days
	}
	taken := func(from, to int) (snapshots []*Snapshot) {
		for ago := from; ago >= to; ago-- {
			snapshots = append(snapshots, NewSnapshot(Head{}, noon.AddDate(0, 0, -ago), nil))
		}
		return snapshots
	}
	late, early, other := days("a", 3, 1), days("a", 3, 1), days("a", 3, 1)
	late[2].Taken, early[2].Taken = noon.AddDate(0, 0, -1).Add(time.Hour), noon.AddDate(0, 0, -1).Add(-time.Hour)
	other[1].Instances = 2
	for name, test := range map[string]struct {
		kept, old History
		lost      string // "" for no loss
	}{
		"first run":              {History{}, History{}, ""},
		"empty folder":           {History{Days: days("a", 3, 1)}, History{}, ""},
		"same":                   {History{Days: days("a", 3, 1)}, History{Days: days("a", 3, 1)}, ""},
		"older":                  {History{Days: days("a", 3, 1)}, History{Days: days("a", 3, 2)}, ""},
		"newer":                  {History{Days: days("a", 3, 2)}, History{Days: days("a", 3, 1)}, "2026-11-21"},
		"no other":               {History{}, History{Days: days("a", 3, 1)}, "3 days, the last one 2026-11-21"},
		"longer":                 {History{Days: days("a", 3, 1)}, History{Days: days("a", 5, 1)}, "2 days, the last"},
		"later that day":         {History{Days: days("a", 3, 1)}, History{Days: late}, "2026-11-21"},
		"earlier that day":       {History{Days: days("a", 3, 1)}, History{Days: early}, ""},
		"other figures":          {History{Days: days("a", 3, 1)}, History{Days: other}, "2026-11-20"},
		"other fleet":            {History{Days: days("a", 3, 1)}, History{Days: days("b", 3, 1)}, "3 days"},
		"other fleet today":      {History{Days: days("a", 3, 1)}, History{Days: days("b", 0, 0)}, "2026-11-22"},
		"first version":          {History{Days: days("a", 3, 1)}, History{Days: days("", 3, 1)}, ""},
		"today":                  {History{Days: days("a", 3, 1)}, History{Days: days("a", 3, 0)}, ""},
		"only today":             {History{}, History{Days: days("a", 0, 0)}, "2026-11-22"},
		"leaves by count":        {History{Days: days("a", 399, 1)}, History{Days: days("a", 420, 400)}, ""},
		"stays by count":         {History{Days: days("a", 398, 1)}, History{Days: days("a", 420, 399)}, "2025-10-19"},
		"snapshots":              {History{Snapshots: taken(3, 1)}, History{Snapshots: taken(2, 0)}, ""},
		"other snapshots":        {History{Snapshots: taken(3, 2)}, History{Snapshots: taken(3, 1)}, "2026-11-21"},
		"snapshots by count":     {History{Snapshots: taken(14, 1)}, History{Snapshots: taken(20, 15)}, ""},
		"snapshots of few days":  {History{Snapshots: taken(13, 1)}, History{Snapshots: taken(20, 14)}, "2026-11-08"},
		"day and snapshot":       {History{}, History{Days: days("a", 2, 1), Snapshots: taken(3, 2)}, "3 days"},
		"can't be read, no days": {History{}, History{losses: []Loss{{"W", "C", "G"}}}, "--out f: W; C, or let go of G with"},
	} {
		test.kept.Now = noon
		test.kept.Replace(&test.old, "--out f")
		err := test.kept.Loss()
		if (err == nil) != (test.lost == "") || err != nil && !strings.Contains(err.Error(), test.lost) {
			t.Errorf("%s: %v, want %q", name, err, test.lost)
		}
	}
}
