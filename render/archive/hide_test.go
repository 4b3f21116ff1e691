package archive

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
	"gpufleet/render/report"
)

// hidingRun returns a run of three instances, one of them without an ID. Each text of the first one has its field's
// name, and an address.
func hidingRun(t *testing.T, at time.Time, audience report.Audience, hidden ...string) Run {
	t.Helper()
	var list []*fleet.Instance
	for n := range 3 {
		in := &fleet.Instance{}
		for _, f := range fleet.Fields {
			if f.Text != nil && f.Kind != fleet.Computed {
				*f.Text(in) = fmt.Sprintf("%s-198.51.100.%d", f.Name, n)
			}
		}
		in.Status, in.GPUCount = "Running", fleet.Known(2.0)
		price, err := fleet.ParseMoney("1.5")
		if err != nil {
			t.Fatal(err)
		}
		if n != 1 {
			in.Price, in.PriceSource = fleet.Known(price), fleet.ListPrice
		}
		if in.PublicIPv4 = fmt.Sprintf("198.51.100.%d", n); n == 2 {
			in.ID = ""
		} else {
			in.ID = fmt.Sprint("id-", n)
		}
		list = append(list, in)
	}
	s := settings(at)
	s.Audience, s.Hidden = audience, hidden
	s.Accounts, s.Owners = []string{list[0].Account, list[1].Account, list[2].Account}, true
	run := Run{PseudonymKey: testKey}
	l := &fleet.Fleet{Instances: list}
	if slices.Contains(hidden, "id") {
		s.KeyFingerprint = fleet.KeyFingerprint(run.PseudonymKey)
	}
	if slices.Contains(hidden, "account") {
		s.Accounts = nil
	}
	l.Hide(hidden, run.PseudonymKey)
	run.Report = report.New(l, s)
	return run
}

// allTexts calls each for every text in every file.
func allTexts(t *testing.T, m memory, each func(path, column, text string)) {
	t.Helper()
	for path := range m {
		file, err := m.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		info, _ := file.Stat()
		opened, err := parquet.OpenFile(file, info.Size())
		if err != nil {
			t.Fatal(path, err)
		}
		for _, group := range opened.RowGroups() {
			rows := group.Rows()
			batch := make([]parquet.Row, 100)
			for n, err := rows.ReadRows(batch); n > 0 || err == nil; n, err = rows.ReadRows(batch) {
				for _, row := range batch[:n] {
					for i, value := range row {
						if value.Kind() == parquet.ByteArray {
							each(path, opened.Schema().Columns()[i][0], string(value.ByteArray()))
						}
					}
				}
			}
			rows.Close()
		}
	}
}

// TestPastIsHidden writes three days that show everything, and a fourth that hides more. No day shows it then, nothing
// else changes, and what was hidden before stays so.
func TestPastIsHidden(t *testing.T) {
	start := time.Date(2026, 11, 29, 6, 0, 0, 0, time.UTC)
	m := memory{}
	write := func(run Run) {
		t.Helper()
		next := memory{}
		if err := Write(run, m, next.create); err != nil {
			t.Fatal(err)
		}
		for path, data := range next {
			m[path] = data
		}
	}
	for _, day := range []int{0, 3, 4} { // two days have charges alone
		write(hidingRun(t, start.AddDate(0, 0, day), report.Internal))
	}
	before := rowCounts(t, m)
	var shown []string
	allTexts(t, m, func(_, _, text string) { shown = append(shown, text) })
	for _, text := range []string{"198.51.100.1", "host_name-198.51.100.0", "account-198.51.100.2", "id-0"} {
		if !slices.Contains(shown, text) {
			t.Errorf("the days before don't show %s", text)
		}
	}
	hidden := fleet.Hideable()
	slices.Sort(hidden)
	// The same day again, so that a day with readings of both kinds is rewritten, too.
	write(hidingRun(t, start.AddDate(0, 0, 4).Add(time.Hour), report.Public, hidden...))
	check := func() {
		t.Helper()
		allTexts(t, m, func(path, column, text string) {
			for _, secret := range []string{"198.51.100", "host_name", "account-", "owner-", "product_type-", "os-", "id-0",
				"id-1"} {
				if strings.Contains(text, secret) {
					t.Errorf("%s, %s: %s", path, column, text)
				}
			}
			if text == fleet.Pseudonym(fleet.Key{Account: "account-198.51.100.0", ID: "id-0"}, testKey) {
				shown = append(shown, "pseudonym in "+path)
			}
		})
	}
	check()
	for day := range 5 {
		date := history.Day(start.AddDate(0, 0, day))
		for _, path := range []string{dayPath("instances", date), chargesPath(date)} {
			if m[path] == nil && day%3 != 0 {
				continue
			}
			if !slices.Contains(shown, "pseudonym in "+path) {
				t.Errorf("%s lacks the pseudonym of id-0", path)
			}
		}
	}
	// A run that hides nothing adds to the day, and shows no more of what was before.
	for path, count := range rowCounts(t, m) {
		if want := before[path]; count < want {
			t.Errorf("%s has %d rows, had %d", path, count, want)
		}
	}
	kept := m[dayPath("instances", start)]
	write(hidingRun(t, start.AddDate(0, 0, 5), report.Public, hidden...))
	if string(m[dayPath("instances", start)]) != string(kept) {
		t.Error("a day that hides enough was rewritten")
	}
	check()
}

func rowCounts(t *testing.T, m memory) map[string]int64 {
	t.Helper()
	counts := map[string]int64{}
	for path := range m {
		file, _ := m.Open(path)
		info, _ := file.Stat()
		opened, err := parquet.OpenFile(file, info.Size())
		if err != nil {
			t.Fatal(path, err)
		}
		counts[path] = opened.NumRows()
	}
	return counts
}
