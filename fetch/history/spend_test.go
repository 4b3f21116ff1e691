package history

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"gpufleet/fetch/fleet"
)

// someSpend has every member, with sums that don't end after 6 decimals of an hour.
func someSpend() *Spend {
	first := time.Date(2026, 11, 12, 6, 0, 1, 0, time.UTC)
	third := Range{decimal.New(1, -30), decimal.New(125, -2), decimal.New(7, 12), Hours{decimal.New(25, -2)}}
	spent := Spent{Running: third, Listed: third.Times(decimal.NewFromInt(3)), GPUs: Hours{decimal.New(1234575, -2)}}
	return &Spend{First: first, Last: first.AddDate(0, 0, 20), Gaps: []time.Duration{time.Hour, 1001 * time.Second},
		Months: []MonthSpend{
			{Month: "2026-11", ObservedFrom: first, Observed: Hours{decimal.NewFromInt(1)}, Gap: Hours{decimal.NewFromInt(7)},
				Elapsed: Hours{decimal.NewFromInt(8)}, Spent: spent,
				Groups: []GroupSpend{{SpendGroup{"A", "<RTX>", "", ""}, spent}, {SpendGroup{"A", "B", "me", "x"}, spent}}},
			{Month: "2026-12", ObservedFrom: first.AddDate(0, 0, 19)},
		},
		Days: []DaySpend{{Date: "2026-11-12", Spent: spent},
			{Date: "2026-11-13", By: map[string][]NamedSpend{"region": {{"A", spent}}, "gpu": {}}}}}
}

func spendText(t testing.TB, h Head, s *Spend) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := WriteSpend(&file, h, s, "listed", []byte(`{"month":"2026-12"}`)); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// TestSpendIsReadExactly writes the spend, reads it, and writes the same bytes.
func TestSpendIsReadExactly(t *testing.T) {
	t.Parallel()
	text := spendText(t, head(), someSpend())
	h, s, err := ReadSpend(text)
	if err != nil {
		t.Fatal(err)
	}
	if again := spendText(t, h, s); !bytes.Equal(text, again) {
		t.Errorf("%s\nis then\n%s", text, again)
	}
	if got := s.Months[0].Groups[1].Running; !got.Low.Equal(decimal.New(1, -30)) ||
		!got.Unpriced.Seconds.Equal(decimal.New(25, -2)) {
		t.Errorf("not exact: %+v", got)
	}
}

// TestDamagedSpend rejects what no run writes.
func TestDamagedSpend(t *testing.T) {
	t.Parallel()
	text := string(spendText(t, head(), someSpend()))
	for _, c := range [][2]string{
		{`"schema":1`, `"schema":2`}, {`"source":"api"`, `"source":"SECRET"`}, {`"gaps":[3600,1001]`, `"gaps":[-1]`},
		{`"gaps":[3600,1001]`, `"gaps":[1,1,1,1]`}, {`"gaps":[3600,1001]`, `"gaps":[99999999999999999999]`},
		{`"first_reading":"2026-11-12`, `"first_reading":"2027-11-12`}, {`06:00:01Z"`, `06:00:01.5Z"`},
		{`"month":"2026-11"`, `"month":"2026-13"`}, {`"month":"2026-11"`, `"month":"2027-11"`},
		{`"date":"2026-11-13"`, `"date":"2026-11-12"`}, {`"date":"2026-11-13"`, `"date":"SECRET"`},
		{`"region":"A"`, `"region":"\u202eSECRET"`}, {`"region":"A"`, `"region":1`}, {`"by":{"region"`, `"by":{"SECRET"`},
		{`"1.25"`, `"7000000000001"`}, {`"1.25"`, `"-1.25"`}, {`"1.25"`, `"1e9"`}, {`"1.25"`, `1.25`}, {`"1.25"`, `".25"`},
		{`"1.25",`, `"1.25","2",`}, {`"gpu_hours":`, `"SECRET":`}, {`"observed_hours":`, `"observed_hours":-`},
		{"}\n", ""}, {"}\n", "}}\n"}, {text, ""}, {text, "SECRET"}, {text, "{}"},
	} {
		broken := strings.Replace(text, c[0], c[1], 1)
		if broken == text {
			t.Fatalf("no %s", c[0])
		}
		if _, _, err := ReadSpend([]byte(broken)); err == nil || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%s -> %s: %v", c[0], c[1], err)
		}
	}
}

// TestHiddenDimension merges the groups of a dimension that is hidden now.
func TestHiddenDimension(t *testing.T) {
	t.Parallel()
	s := someSpend()
	s.Months[0].Groups[0].SpendGroup = SpendGroup{"A", "B", "you", "x"}
	s.Days[1].By["owner"] = []NamedSpend{{"me", s.Days[0].Spent}}
	s.hide([]string{"host_name", "owner"})
	if groups := s.Months[0].Groups; len(groups) != 1 || groups[0].SpendGroup != (SpendGroup{"A", "B", "", "x"}) ||
		!groups[0].Running.High.Equal(decimal.New(14, 12)) {
		t.Errorf("%+v", groups)
	}
	if _, found := s.Days[1].By["owner"]; found || len(s.Days[1].By["region"]) != 1 {
		t.Errorf("%v", s.Days[1].By)
	}
}

// TestRewrittenSpend changes the names of groups in the spend as in the days. No name becomes "".
func TestRewrittenSpend(t *testing.T) {
	t.Parallel()
	h := &History{Spend: *someSpend()}
	err := h.Rewrite(t.Context(), Edit{Group: func(g *Group) {
		if g.Region == "A" {
			g.Region = ""
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	if g := h.Spend.Months[0].Groups[0]; g.Region != fleet.UnknownRegion || g.GPU != "<RTX>" {
		t.Errorf("%+v", g.SpendGroup)
	}
	if by := h.Spend.Days[1].By["region"]; len(by) != 1 || by[0].Name != fleet.UnknownRegion {
		t.Errorf("%+v", by)
	}
}

// FuzzSpend reads any file. What is read is written and read the same way.
func FuzzSpend(f *testing.F) {
	f.Add(spendText(f, head(), someSpend()))
	f.Fuzz(func(t *testing.T, content []byte) {
		h, s, err := ReadSpend(content)
		if err != nil {
			return
		}
		first := spendText(t, h, s)
		h, s, err = ReadSpend(first)
		if err != nil {
			t.Fatalf("it can't be read again: %v", err)
		}
		if !bytes.Equal(first, spendText(t, h, s)) {
			t.Error("it reads differently the second time")
		}
	})
}

// TestShrink keeps each owner's spend in a month of many groups, until the month is neither this nor the last one.
func TestShrink(t *testing.T) {
	t.Parallel()
	const groups, left = 3 * maxOlderGroups / 2, maxOlderGroups
	add, sum := map[SpendGroup]Spent{}, decimal.Decimal{}
	for i := range groups {
		cost := decimal.NewFromInt(int64(i + 1))
		add[SpendGroup{"A", "B", fmt.Sprint("owner ", i), ""}] = Spent{Running: Range{High: cost}}
		sum = sum.Add(cost)
	}
	var m MonthSpend
	m.AddGroups(add)
	if len(m.Groups) != groups {
		t.Errorf("%d groups, want %d", len(m.Groups), groups)
	}
	m.Shrink()
	other := 0
	for _, g := range m.Groups {
		sum = sum.Sub(g.Running.High)
		if g.SpendGroup == (SpendGroup{OtherGroup, OtherGroup, OtherGroup, ""}) {
			other++
		}
	}
	if len(m.Groups) != left || other != 1 || !sum.IsZero() {
		t.Errorf("%d groups, of which %d have the rest, and %v is lost", len(m.Groups), other, sum)
	}
}
