package report

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"gpufleet/fetch/fleet"
)

func settings() Settings {
	return Settings{
		Title: "Test", Generated: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), Version: "test", Source: FromFile,
		Audience: Public, Currency: "USD", HoursPerMonth: decimal.NewFromInt(730),
	}
}

// instance returns a running instance. A price of "" and a negative number of GPUs are unknown.
func instance(id, region, model string, gpus int, price string) *fleet.Instance {
	in := &fleet.Instance{
		ID: id, Region: region, GPU: model, HostName: "host-" + id, Status: "Running", CPUCores: fleet.Known(4.0),
		RAM: fleet.Known(0.1),
	}
	if gpus >= 0 {
		in.GPUCount = fleet.Known(float64(gpus))
	}
	if price != "" {
		money, err := fleet.ParseMoney(price)
		if err != nil {
			panic(err)
		}
		in.Price, in.PriceSource = fleet.Known(money), fleet.ListPrice
	}
	return in
}

func example() *fleet.Fleet {
	stopped := instance("3", "B", "H100", 8, "20.5")
	stopped.Status = "Stopped"
	deleted := instance("4", "B", "H100", 8, "20.5")
	deleted.Status = "Deleted"
	return &fleet.Fleet{Instances: []*fleet.Instance{
		instance("10", "A-10", "RTX", 1, "0.679"), instance("9", "A-10", "RTX", 1, "0.1"),
		instance("2", "A-9", "H100", 2, ""),
		stopped, deleted, instance("5", "", "", 0, "0"), instance("6", "", "", -1, "0.2"),
	}}
}

func TestGroups(t *testing.T) {
	r := New(example(), settings())
	var got []string
	for _, region := range r.Regions {
		for _, g := range region.Groups {
			line := region.Name + " / " + g.Model.Name + ":"
			for _, in := range g.Instances {
				line += " " + in.ID
			}
			got = append(got, line)
		}
	}
	want := []string{
		"A-9 / H100: 2", "A-10 / RTX: 9 10", "B / H100: 3 4", "Unknown region / CPU only: 5",
		"Unknown region / Unknown GPU: 6",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	var models []string
	for _, m := range r.Models {
		models = append(models, fmt.Sprint(m.Name, " ", m.Count, " ", len(m.Groups)))
	}
	if diff := cmp.Diff([]string{"CPU only 1 1", "H100 3 2", "RTX 2 1", "Unknown GPU 1 1"}, models); diff != "" {
		t.Error(diff)
	}
}

func TestTotals(t *testing.T) {
	r := New(example(), settings())
	figures := map[string]string{
		"instances": FormatCount(r.Count),
		"gpus":      r.GPUs.Text(),
		"cores":     r.CPUCores.Text(),
		"ram":       r.RAM.Text(),
		"disk":      r.Disk.Text(),
		"running/h": r.PerHourText(r.Running),
		"running/m": r.PerMonthText(r.Running),
		"listed/h":  r.PerHourText(r.Listed),
		"listed/m":  r.PerMonthText(r.Listed),
	}
	want := map[string]string{
		"instances": "7", "gpus": "≥ 20 · 6 of 7 known", "cores": "28", "ram": "0.7", "disk": "≥ 0 · 0 of 7 known",
		"running/h": "≥ $0.979/h · 4 of 5 priced", "running/m": "≥ $714.67/month · 4 of 5 priced",
		"listed/h": "≥ $21.479/h · 5 of 6 priced", "listed/m": "≥ $15,679.67/month · 5 of 6 priced",
	}
	if diff := cmp.Diff(want, figures); diff != "" {
		t.Error(diff)
	}
	var statuses []string
	for _, s := range r.Statuses {
		statuses = append(statuses, fmt.Sprint(s.Label(), " ", s.Instances, " ", s.GPUs.Text()))
	}
	if diff := cmp.Diff([]string{"Running 5 ≥ 4 · 4 of 5 known", "Deleted 1 8", "Stopped 1 8"}, statuses); diff != "" {
		t.Error(diff)
	}
}

// TestTotalsAddUp checks with random fleets that the sums at every level are exactly those of the rows.
func TestTotalsAddUp(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		list := &fleet.Fleet{}
		sum := fleet.Money{}
		for id := range random.IntN(200) {
			price := ""
			if random.IntN(5) > 0 {
				price = fmt.Sprintf("%d.%0*d", random.IntN(40), 1+random.IntN(17), random.IntN(1000))
			}
			in := instance(fmt.Sprint(id), fmt.Sprint("R", random.IntN(4)),
				fmt.Sprint("M", random.IntN(4)), random.IntN(9)-1, price)
			list.Instances = append(list.Instances, in)
			sum = sum.Add(in.Price.Value)
		}
		r := New(list, settings())
		byRegion, byModel := fleet.Money{}, fleet.Money{}
		for _, region := range r.Regions {
			byRegion = byRegion.Add(region.Running.PerHour)
		}
		for _, model := range r.Models {
			byModel = byModel.Add(model.Running.PerHour)
		}
		for name, got := range map[string]fleet.Money{"total": r.Running.PerHour, "regions": byRegion, "models": byModel} {
			if got.String() != sum.String() {
				t.Errorf("%s: %s, rows add up to %s", name, got, sum)
			}
		}
	}
}

// TestOrderOfTheListDoesNotMatter shuffles a list whose rows have neither IDs nor names.
func TestOrderOfTheListDoesNotMatter(t *testing.T) {
	write := func(r *Report) string {
		var b strings.Builder
		for _, in := range r.Instances {
			for _, column := range r.Columns {
				b.WriteString(Exact(column.Type, column.Value(in)) + "|")
			}
		}
		return b.String()
	}
	build := func() *fleet.Fleet {
		list := example()
		for n := range 20 {
			in := instance("", "A", "RTX", n%3, fmt.Sprint(n%7))
			in.HostName, in.Status = "", []string{"Running", "Error"}[n%2]
			in.RAM = fleet.Known(float64(n % 5))
			list.Instances = append(list.Instances, in)
		}
		return list
	}
	want := write(New(build(), settings()))
	for seed := range uint64(20) {
		list := build()
		rand.New(rand.NewPCG(seed, 0)).Shuffle(len(list.Instances), func(i, j int) {
			list.Instances[i], list.Instances[j] = list.Instances[j], list.Instances[i]
		})
		if got := write(New(list, settings())); got != want {
			t.Fatalf("seed %d: another order\n%s\n%s", seed, got, want)
		}
	}
}

func TestEmptyFleet(t *testing.T) {
	r := New(&fleet.Fleet{}, settings())
	if !r.Empty() || len(r.Regions) > 0 || r.PerHourText(r.Listed) != "$0.00/h" || r.GPUs.Text() != "0" {
		t.Errorf("%+v", r)
	}
}

func TestColumnsByAudience(t *testing.T) {
	names := func(audience Audience) string {
		s := settings()
		s.Audience = audience
		var all []string
		for _, column := range New(&fleet.Fleet{}, s).Columns {
			all = append(all, column.Name)
		}
		return strings.Join(all, " ")
	}
	const before, after = "id region product_type host_name cpu_cores ram gpu gpu_group gpu_type gpu_count disk_size " +
		"ephemeral ",
		"price_per_hour price_source type os status created_at started_at"
	if got := names(Public); got != before+after {
		t.Errorf("public: %s", got)
	}
	if got := names(Internal); got != before+"public_ipv4 "+after {
		t.Errorf("internal: %s", got)
	}
}

func TestMatrix(t *testing.T) {
	list := &fleet.Fleet{}
	for region := range 300 {
		for model := range 3 {
			list.Instances = append(list.Instances,
				instance(fmt.Sprint(region, "-", model), fmt.Sprint("R", region), fmt.Sprint("M", region, "-", model), 1, "1"))
		}
	}
	list.Instances = append(list.Instances, instance("x", "R299", "M299-2", 1, "1"),
		instance("y", "R299", "M299-2", 1, "1"))
	r := New(list, settings())
	m := r.Matrix
	if len(m.Rows) != maxMatrixRegions || m.MoreRegions != 260 || len(m.Models) != maxMatrixModels || m.MoreModels != 884 {
		t.Errorf("%d rows and %d more, %d models and %d more", len(m.Rows), m.MoreRegions, len(m.Models), m.MoreModels)
	}
	last := m.Rows[len(m.Rows)-1]
	if last.Region.Name != "R299" || last.Cells[len(last.Cells)-1] == nil || last.Cells[len(last.Cells)-1].Count != 3 {
		t.Error("the largest region and model are not in the matrix's corner")
	}
}

func TestMatrixNote(t *testing.T) {
	for more, want := range map[[2]int]string{
		{0, 0}: "", {1, 0}: "1 region", {0, 1}: "1 model", {0, 44}: "44 models",
		{1200, 1}: "1,200 regions and 1 model",
	} {
		if want != "" {
			want = "Shows the regions and models with the most instances. The totals also include " + want + " not shown here."
		}
		if got := (Matrix{MoreRegions: more[0], MoreModels: more[1]}).Note(); got != want {
			t.Errorf("%v: %q, want %q", more, got, want)
		}
	}
}

func TestNatural(t *testing.T) {
	order := []string{"", "2", "10", "A", "a", "a-1", "a-2", "a-10", "A-010", "a1b2", "a1b10", "b", "É", "é"}
	for i := range order {
		for j := range order {
			got := compareNatural(order[i], order[j])
			if i == j && got != 0 || compareNatural(order[j], order[i]) != -got {
				t.Errorf("compare(%q, %q) = %d is not symmetric", order[i], order[j], got)
			}
		}
	}
	for _, pair := range [][2]string{
		{"node-9", "node-10"}, {"A-9", "a-10"}, {"a", "B"}, {"v1.9", "v1.10"}, {"7", "07"}, {"a", "a1"}, {"", "a"},
	} {
		if compareNatural(pair[0], pair[1]) == compareNatural(pair[1], pair[0]) {
			t.Errorf("%q and %q are the same", pair[0], pair[1])
		}
	}
	long := strings.Repeat("9", 254)
	for _, pair := range [][2]string{
		{long, long + "0"}, {long + "0", long + "00"}, {long, "1" + long}, {"1", long}, {"9", "a"}, {"/", "0"},
		{"9", ":"}, {"Zürich-2", "zürich-10"}, {"f", "É"}, {"a\xff", "b"},
	} {
		if compareNatural(pair[0], pair[1]) >= 0 {
			t.Errorf("%q is not before %q", pair[0], pair[1])
		}
	}
	sorted := slices.Clone(order)
	SortByText(sorted, func(s string) string { return s })
	if !slices.IsSortedFunc(sorted, compareNatural) {
		t.Errorf("sorted otherwise than compared: %q", sorted)
	}
	if compareNatural("node-9", "node-10") >= 0 || compareNatural("a-10", "A-9") <= 0 || compareNatural("b", "A") <= 0 {
		t.Error("wrong order")
	}
}

// TestNaturalOfCommonStarts checks that skipping the common start of two texts doesn't change their order.
func TestNaturalOfCommonStarts(t *testing.T) {
	parts := []string{"", "a", "A", "0", "00", "7", "10", "é", "É", "è", "日本", "\xc3", "\xa9", "\xff", "-", "9:"}
	var texts []string
	for _, first := range parts {
		for _, second := range parts {
			for _, third := range parts {
				texts = append(texts, first+second+third)
			}
		}
	}
	for i := range texts {
		for range 50 {
			a, b := texts[i], texts[rand.IntN(len(texts))]
			want := bytes.Compare(appendNaturalKey(nil, a), appendNaturalKey(nil, b))
			if want == 0 {
				want = strings.Compare(a, b)
			}
			if got := compareNatural(a, b); got != want {
				t.Fatalf("compareNatural(%q, %q) = %d, want %d", a, b, got, want)
			}
		}
	}
}

func TestReorder(t *testing.T) {
	const n = 50
	for range 20 {
		instances, want, order := make([]*fleet.Instance, n), make([]string, n), make([]int32, n)
		for i := range instances {
			instances[i] = &fleet.Instance{ID: fmt.Sprint(i)}
		}
		for i, from := range rand.Perm(n) {
			order[i], want[i] = int32(from), fmt.Sprint(from)
		}
		reorder(instances, order)
		for i, in := range instances {
			if in.ID != want[i] {
				t.Fatalf("%s is at %d, not %s", in.ID, i, want[i])
			}
		}
	}
}

func TestSlugs(t *testing.T) {
	for name, want := range map[string]string{
		"CANADA-1": "canada-1", "RTX-A6000": "rtx-a6000", "H100-80G-SXM": "h100-80g-sxm",
		"CPU only": "cpu-only", "Unknown GPU": "unknown-gpu", "Unknown region": "unknown-region",
	} {
		if got := slug(name, strings.ToUpper); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	for name, want := range map[string]string{"ml": "ml", "ml-2": "ml-2", "Unassigned": "unassigned"} {
		if got := slug(name, strings.ToLower); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	for _, name := range []string{"ML", "m l", "unassigned", "con"} {
		if got := slug(name, strings.ToLower); got == bareSlug(name) {
			t.Errorf("%s has the slug of another spelling", name)
		}
	}
	hostile := []string{
		"canada-1", "Canada-1", "CANADA 1", "CANADA_1", "CANADA--1", " CANADA-1", "CANADA-1-", "CPU-ONLY", "cpu-only",
		"UNKNOWN-GPU", "UNKNOWN-REGION", "CON", "con", "NUL", "COM1", "LPT9", "AUX", "..", ".", "/", "\\", "../../etc",
		"北京", "上海", "É", "é", "", "-", "--", strings.Repeat("A", 80), strings.Repeat("A", 81),
		strings.Repeat("A", 200), strings.Repeat("北", 200), "A\x00B", "A<B>", "INDEX.HTML", "index", "ABCDEFGH",
		"CANADA-ABCDEFGH", "%2e%2e", "?", "#",
	}
	seen := map[string]string{
		"canada-1":       "CANADA-1",
		"cpu-only":       "CPU only",
		"unknown-gpu":    "Unknown GPU",
		"unknown-region": "Unknown region",
	}
	for _, name := range hostile {
		got := slug(name, strings.ToUpper)
		if strings.Trim(got, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || got == "" || len(got) > 80 ||
			reserved.MatchString(got) || strings.HasPrefix(got, "-") || strings.HasSuffix(got, "-") {
			t.Errorf("%q: bad slug %q", name, got)
		}
		if other, taken := seen[got]; taken && other != name {
			t.Errorf("%q and %q share the slug %s", name, other, got)
		}
		seen[got] = name
	}
}

// FuzzSlug checks that two names never share a slug, and that slugs are safe file names.
func FuzzSlug(f *testing.F) {
	f.Add("CANADA-1", "canada-1")
	f.Add("..", "CON")
	f.Fuzz(func(t *testing.T, a, b string) {
		slugA, slugB := slug(a, strings.ToUpper), slug(b, strings.ToUpper)
		if (slugA == slugB) != (a == b) {
			t.Errorf("%q and %q: %s, %s", a, b, slugA, slugB)
		}
		if strings.Trim(slugA, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || slugA == "" || len(slugA) > 80 ||
			reserved.MatchString(slugA) {
			t.Errorf("%q: %s", a, slugA)
		}
	})
}

func TestFormat(t *testing.T) {
	s := settings()
	for text, want := range map[string]string{
		"0":         "$0.00",
		"0.679":     "$0.679",
		"1234567.5": "$1,234,567.50",
		"999":       "$999.00",
		"1000":      "$1,000.00",
	} {
		money, _ := fleet.ParseMoney(text)
		if got := s.Amount(money); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	s.Currency = "CAD"
	if got := s.Amount(fleet.Money{}); got != "CAD 0.00" {
		t.Error(got)
	}
	for n, want := range map[float64]string{
		0:           "0",
		1234:        "1,234",
		0.5:         "0.5",
		12345678901: "12,345,678,901",
		1e15:        "1,000,000,000,000,000",
	} {
		if got := FormatNumber(n); got != want {
			t.Errorf("%v: %s, want %s", n, got, want)
		}
	}
}

// TestSumsAreExact adds up numbers that floats can't add exactly, within a group and across groups.
func TestSumsAreExact(t *testing.T) {
	for _, test := range []struct{ numbers, want string }{
		{"0.1 0.2", "0.3"}, {"0.9765625 0.9765625 0.9765625", "2.9296875"}, {"9007199254740991 0.5", "9007199254740992"},
		{"0.000001 0.0000015 3", "3.0000025"}, {"1 2 3", "6"}, {"", "0"},
	} {
		list := &fleet.Fleet{}
		for i, text := range strings.Fields(test.numbers) {
			number, err := strconv.ParseFloat(text, 64)
			if err != nil {
				t.Fatal(err)
			}
			in := instance(fmt.Sprint(i), fmt.Sprint("R", i%2), "H100", -1, "1")
			in.RAM, in.GPUCount = fleet.Known(number), fleet.Known(number)
			list.Instances = append(list.Instances, in)
		}
		r := New(list, settings())
		for what, sum := range map[string]Sum{"RAM": r.RAM, "GPUs": r.GPUs, "running GPUs": r.RunningGPUs()} {
			if got := ExactNumber(sum.Value); got != test.want {
				t.Errorf("%s: %s add up to %s, want %s", what, test.numbers, got, test.want)
			}
		}
	}
}
