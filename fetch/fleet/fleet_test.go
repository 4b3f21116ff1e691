package fleet

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
)

func money(t *testing.T, text string) Money {
	t.Helper()
	m, err := ParseMoney(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return m
}

func TestMoneyIsExact(t *testing.T) {
	sum := Money{}
	for range 1000 {
		sum = sum.Add(money(t, "0.1"))
	}
	sum = sum.Add(money(t, "0.123456789012345678901234567891"))
	if got := sum.String(); got != "100.123456789012345678901234567891" {
		t.Errorf("sum %s", got)
	}
	if got := money(t, "0.679").Times(decimal.NewFromInt(730)).String(); got != "495.67" {
		t.Errorf("a month of 0.679 an hour is %s", got)
	}
}

func TestMoneyFixed(t *testing.T) {
	for text, want := range map[string]string{
		"0":     "0.00",
		"14.4":  "14.40",
		"0.679": "0.679",
		"12":    "12.00",
		"1e2":   "100.00",
		"0.10":  "0.10",
		"1.500": "1.50",
	} {
		if got := money(t, text).Fixed(2); got != want {
			t.Errorf("Fixed(%s) = %s, want %s", text, got, want)
		}
	}
}

func TestParseMoneyRefuses(t *testing.T) {
	for _, text := range []string{
		"", "-1", "1e9", "1000000000", "x", "0x1", "1_0", "NaN", "Inf", "1,5", "1e-31", "1e999999999", "1e-999999999",
		"--1", "1.2.3", strings.Repeat("1", 65), "0." + strings.Repeat("0", 30) + "1",
	} {
		if m, err := ParseMoney(text); err == nil {
			t.Errorf("%s read as %v", text, m)
		} else if text != "" && strings.Contains(err.Error(), text) && len(text) > 1 {
			t.Errorf("the error quotes %s: %v", text, err)
		}
	}
}

func TestStatus(t *testing.T) {
	for status, want := range map[string][2]bool{ // running, listed
		"Running":      {true, true},
		"running":      {true, true},
		"Stopped":      {false, true},
		"Error":        {false, true},
		"":             {false, true},
		"New":          {false, true},
		"Deploying":    {false, true},
		"Deleting":     {false, true},
		"Provisioning": {false, true},
		"Deleted":      {false, false},
		"Canceled":     {false, false},
		"Completed":    {false, false},
		"Booked":       {false, false},
	} {
		in := Instance{Status: status}
		if got := [2]bool{in.Running(), in.Listed()}; got != want {
			t.Errorf("%q: running, listed = %v, want %v", status, got, want)
		}
	}
}

func TestWarnings(t *testing.T) {
	var w, more Warnings
	w.Add("one")
	w.AddRow(Row{1, 3}, "odd")
	w.Add("one")
	for row := range 7 {
		more.AddRow(Row{2, row + 1}, "odd")
	}
	more.Add("two")
	w.AddAll(more)
	want := []string{"one", "row 3, page 2 row 1, page 2 row 2, page 2 row 3, page 2 row 4 and 3 more: odd", "two"}
	if diff := cmp.Diff(want, w.Lines()); diff != "" {
		t.Error(diff)
	}
}

func TestHide(t *testing.T) {
	full := func() *Fleet {
		return &Fleet{Instances: []*Instance{
			{ID: "1", HostName: "h", OS: "o", ProductType: "CPU", Ephemeral: Known(1.0), DiskSize: Known(1.0),
				CreatedAt: time.Unix(1e9, 0), StartedAt: time.Unix(2e9, 0), Region: "r", Owner: "o",
				Account: "a", Status: "s"},
			{ID: "", GPU: "g"},
		}}
	}
	for _, field := range Hideable() {
		list := full()
		list.Hide([]string{field}, []byte("key"))
		got, before := list.Instances[0], full().Instances[0]
		for _, f := range Fields {
			if f.HiddenAs == field && f.Compare(got, before) == 0 {
				t.Errorf("%s is still there with %s hidden", f.Name, field)
			}
			if f.HiddenAs != field && f.Name != "gpu_group" && f.Compare(got, before) != 0 {
				t.Errorf("%s went with %s", f.Name, field)
			}
		}
		if got.Model() != CPUOnly || list.Instances[1].ID != "" {
			t.Errorf("hiding %s moved an instance or made up an id: %+v", field, got)
		}
	}
	list, again, other := full(), full(), full()
	list.Hide(Hideable(), []byte("key"))
	again.Hide([]string{"id"}, []byte("key"))
	other.Hide([]string{"id"}, []byte("other"))
	// The number of GPUs stays unknown.
	want := Instance{ID: again.Instances[0].ID, Region: "r", Status: "s", GPUGroup: CPUOnly}
	if diff := cmp.Diff(want, *list.Instances[0], cmp.AllowUnexported(Money{})); diff != "" {
		t.Error(diff)
	}
	if len(want.ID) != 20 || want.ID == other.Instances[0].ID {
		t.Errorf("pseudonyms %s and %s", want.ID, other.Instances[0].ID)
	}
	if a, b := Pseudonym(Key{"a", "1"}, []byte("key")), Pseudonym(Key{"b", "1"}, []byte("key")); a == b || a != want.ID {
		t.Errorf("pseudonyms %s and %s in two accounts", a, b)
	}
	if KeyFingerprint([]byte("key")) == KeyFingerprint([]byte("other")) {
		t.Error("two keys have one fingerprint")
	}
}

func TestMoneyDivided(t *testing.T) {
	for _, test := range []struct{ amount, by, want string }{
		{"20", "8", "2.5"}, {"1", "3", "0.3333"}, {"2", "3", "0.6667"}, {"0.00005", "1", "0.0001"}, {"0.00004999", "1", "0"},
		{"0.0005", "7", "0.0001"}, {"0.00105", "21", "0.0001"}, {"0", "3", "0"},
	} {
		if got := money(t, test.amount).Divided(decimal.RequireFromString(test.by), 4).String(); got != test.want {
			t.Errorf("%s / %s = %s, want %s", test.amount, test.by, got, test.want)
		}
	}
}

func TestMoneyPercent(t *testing.T) {
	for _, test := range []struct{ part, whole, want string }{
		{"1", "3", "33.33"}, {"2", "3", "66.67"}, {"1", "1", "100"}, {"0", "1", "0"}, {"0.00005", "1", "0.01"},
		{"5", "0.001", "500000"},
	} {
		if got := money(t, test.part).Percent(money(t, test.whole), 2).String(); got != test.want {
			t.Errorf("%s of %s is %s%%, want %s", test.part, test.whole, got, test.want)
		}
	}
}

// TestFields checks what the code relies on in the table of fields.
func TestFields(t *testing.T) {
	names, hostNames := map[string]bool{}, 0
	for _, f := range Fields {
		for _, name := range []string{f.Name, f.Older} {
			if name != "" && names[name] {
				t.Errorf("%s is in the table twice", name)
			}
			names[name] = true
		}
		accessors := 0
		for _, isSet := range []bool{
			f.Text != nil, f.Number != nil, f.Price != nil, f.Term != nil, f.Source != nil, f.Time != nil,
		} {
			if isSet {
				accessors++
			}
		}
		if accessors != 1 {
			t.Errorf("%s has %d accessors, want 1", f.Name, accessors)
		}
		fits := map[Kind]bool{ID: f.Text != nil, HostName: f.Text != nil, Text: f.Text != nil, Address: f.Text != nil,
			Count: f.Number != nil && f.Max > 0, Size: f.Number != nil && f.Max > 0, Amount: f.Price != nil,
			Term: f.Term != nil, Moment: f.Time != nil, Computed: f.Number == nil, Given: f.Text != nil}
		if !fits[f.Kind] {
			t.Errorf("%s has an accessor for another kind", f.Name)
		}
		if f.Kind == HostName {
			hostNames++
		}
		if f.Compared && f.SnapshotFormat == 0 || f.SnapshotFormat > 0 && f.Source != nil {
			t.Errorf("%s is not in snapshots, or can't be", f.Name)
		}
	}
	if hostNames != 1 || len(names) > 64 {
		t.Errorf("%d host names, %d names", hostNames, len(names))
	}
}

func TestCounted(t *testing.T) {
	for n, want := range map[int]string{0: "0 instances", 1: "1 instance", 1234: "1,234 instances"} {
		if got := Counted(n, "instance"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
