package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"math/big"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// sampleAt returns the files of the sample at a time.
func sampleAt(t *testing.T, at time.Time, args ...string) map[string]string {
	t.Helper()
	out := filepath.Join(quickDir(t), "out")
	o := job{args: append([]string{"--demo", "--out", out}, args...),
		env: []string{fmt.Sprint("SOURCE_DATE_EPOCH=", at.Unix())}}.run(t)
	if o.code != 0 || o.stderr != "" {
		t.Fatalf("%v: exit code %d: %s", at, o.code, o.stderr)
	}
	return contents(t, out)
}

func readJSON[T any](t *testing.T, text string) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// TestSampleShowsEverything looks in the past of the sample for each kind of change, and for its one gap.
func TestSampleShowsEverything(t *testing.T) {
	t.Parallel()
	files := sampleAt(t, time.Date(2026, 11, 26, 8, 0, 0, 0, time.UTC))
	week := readJSON[struct {
		Week struct {
			Added, Removed []any
			Changed        []struct {
				Field string
				Delta json.Number `json:"listed_per_hour_delta"`
			}
		} `json:"since_last_week"`
	}](t, files["data/changes.json"]).Week
	kinds := map[string]int{"added": len(week.Added), "removed": len(week.Removed)}
	for _, c := range week.Changed {
		kinds[c.Field]++
		if c.Field == "price_per_hour" && strings.HasPrefix(c.Delta.String(), "-") {
			kinds["lower price"]++
		} else if c.Field == "price_per_hour" && c.Delta != "0" {
			kinds["higher price"]++
		}
	}
	for _, kind := range []string{"added", "removed", "status", "region", "started_at", "lower price", "higher price"} {
		if kinds[kind] == 0 {
			t.Errorf("nothing is shown as %s: %v", kind, kinds)
		}
	}
	days := readJSON[struct{ Days []struct{ Date string } }](t, files["data/history.json"]).Days
	if len(days) != 59 || days[0].Date != "2026-09-27" || days[58].Date != "2026-11-26" {
		t.Errorf("%d days: %v", len(days), days)
	}
	spend := readSpendTimes(t, files["data/spend.json"])
	gap := 0.0
	for _, m := range spend.Months {
		gap += m.Gap
	}
	if last := spend.Months[2]; gap != 72 || len(spend.Months) != 3 || last.Observed+last.Gap != 25*24+8 {
		t.Errorf("gap of %v hours: %v", gap, spend.Months)
	}
}

type spendTimes struct {
	Months []struct {
		Month    string
		Observed float64 `json:"observed_hours"`
		Gap      float64 `json:"gap_hours"`
	}
	Forecast struct{ State string }
}

func readSpendTimes(t *testing.T, text string) spendTimes { return readJSON[spendTimes](t, text) }

// TestSampleTimes compares the times of instances in the sample's snapshots with the readings: a new instance was
// created since the one before, and a restarted one was started since then.
func TestSampleTimes(t *testing.T) {
	t.Parallel()
	for _, at := range []time.Time{
		time.Date(2026, 11, 26, 8, 0, 0, 0, time.UTC), time.Date(2003, 1, 31, 23, 59, 59, 0, time.UTC),
	} {
		files := sampleAt(t, at)
		var paths []string
		for path := range files {
			if strings.HasPrefix(path, "data/snapshots/") && strings.HasSuffix(path, "/unpacked") {
				paths = append(paths, path)
			}
		}
		type row struct {
			ID, Status string
			Created    int64 `json:"created_at"`
			Started    int64 `json:"started_at"`
		}
		var since int64
		var before map[string]row
		added, started := 0, 0
		for _, path := range slices.Sorted(slices.Values(paths)) {
			s := readJSON[struct {
				Taken     time.Time
				Instances []row
			}](t, files[path])
			taken, now := s.Taken.Unix(), map[string]row{}
			for _, in := range s.Instances {
				now[in.ID] = in
				old, known := before[in.ID]
				switch {
				case in.Created > taken || in.Started > taken:
					t.Errorf("%s: %v is of the future", path, in)
				case before == nil:
				case !known:
					added++
					if in.Created <= since {
						t.Errorf("%s: %v is new, but was created before %d", path, in, since)
					}
				case old.Status == "Stopped" && in.Status == "Running":
					started++
					if in.Started <= since {
						t.Errorf("%s: %v was started before %d", path, in, since)
					}
				case old.Created != in.Created || old.Status == in.Status && old.Started != in.Started && in.Started <= since:
					t.Errorf("%s: %v was %v", path, in, old)
				}
			}
			before, since = now, taken
		}
		if len(paths) != 15 || added < 3 || started < 3 {
			t.Errorf("%d snapshots, %d added, %d started", len(paths), added, started)
		}
	}
}

// TestSampleAddsUp adds up the days and the groups of the sample's spend.
func TestSampleAddsUp(t *testing.T) {
	t.Parallel()
	files := sampleAt(t, time.Date(2026, 11, 26, 8, 0, 0, 0, time.UTC))
	sums := readSums(t, files["data/spend.json"])
	for _, month := range []string{"2026-09", "2026-10", "2026-11"} {
		for i := range 3 {
			for _, kind := range []string{"days " + month + "-", "groups " + month + " "} {
				running, listed := new(big.Rat), new(big.Rat)
				for name, s := range sums {
					if strings.HasPrefix(name, kind) {
						addExact(t, running, s.Running.Exact[i])
						addExact(t, listed, s.Listed.Exact[i])
					}
				}
				addExact(t, running, "-"+sums["months "+month].Running.Exact[i])
				addExact(t, listed, "-"+sums["months "+month].Listed.Exact[i])
				if running.Sign() != 0 || listed.Sign() != 0 || sums["months "+month].Running.Exact[i] == "0" {
					t.Errorf("figure %d of %s doesn't add up to its month: %v %v", i, kind, running, listed)
				}
			}
		}
	}
}

func addExact(t *testing.T, sum *big.Rat, text string) {
	t.Helper()
	n, ok := new(big.Rat).SetString(text)
	if !ok {
		t.Fatalf("%q is no number", text)
	}
	sum.Add(sum, n)
}

// TestSampleAtAnyTime makes the sample on the days on which a month begins and ends, and at the limits of time. Its
// forecast always exceeds its budget.
func TestSampleAtAnyTime(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"2026-11-01T00:00:00Z", "2026-11-01T09:30:00Z", "2026-11-02T09:30:00Z", "2026-11-15T23:59:59Z",
		"2026-11-30T23:59:59Z", "2027-02-28T12:00:00Z", "2024-02-29T12:00:00Z", "2024-03-01T00:00:01Z",
		"1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
	} {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		for _, bill := range []string{"running", "listed"} {
			files := sampleAt(t, at, "--bill", bill)
			state := readSpendTimes(t, files["data/spend.json"]).Forecast.State
			if state != "over" && state != "likely over" {
				t.Errorf("%s, %s: the budget's state is %q", text, bill, state)
			}
			if !strings.Contains(files["summary.md"], "so far: ") {
				t.Errorf("%s, %s: the summary doesn't say what was spent", text, bill)
			}
		}
	}
}

// TestSampleIsQuick measures the CPU time of a run with the sample, which depends less on other programs than its
// duration. It takes a quarter of a second.
func TestSampleIsQuick(t *testing.T) {
	const limit = time.Second
	least := time.Hour
	for range 5 {
		c := job{args: []string{"--demo", "--quiet", "--out", filepath.Join(quickDir(t), "out")}}.
			command(context.Background())
		if text, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		if least = min(least, c.ProcessState.UserTime()+c.ProcessState.SystemTime()); least < limit {
			return
		}
	}
	t.Errorf("a run takes %v of CPU time, more than %v", least, limit)
}
