package fetch

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/fleet/fleettest"
)

// decodeOne decodes a list of one row.
func decodeOne(t *testing.T, row string) (*fleet.Instance, []string) {
	t.Helper()
	p, err := newDecoder("").decodePage(strings.NewReader(reply(1, row)), 1)
	if err != nil {
		t.Fatalf("%s: %v", row, err)
	}
	return p.rows[0], p.warnings.Lines()
}

// shown returns an instance as text, for comparison.
func shown(in *fleet.Instance) string {
	number := func(n fleet.Number) string {
		if !n.Known {
			return "?"
		}
		return fmt.Sprint(n.Value)
	}
	price, created := "?", "?"
	if in.Price.Known {
		price = in.Price.Value.String()
	}
	if !in.CreatedAt.IsZero() {
		created = in.CreatedAt.Format(time.RFC3339)
	}
	return strings.Join([]string{
		in.ID, in.Region, in.ProductType, in.HostName, number(in.CPUCores), number(in.RAM), in.GPU, in.GPUType,
		number(in.GPUCount), number(in.DiskSize), number(in.Ephemeral), in.PublicIPv4, price, in.PriceSource.String(),
		in.OS, in.Status, created,
	}, " | ")
}

func TestBothShapes(t *testing.T) {
	tests := map[string][]string{
		"reply-2024-11.json": {
			"41 | CANADA-1 | GPU | mike-1001 | 28 | 58 | RTX-A6000 | RTX-A6000 | 1 | 100 | ? | 62.169.158.214 | ? |  | " +
				"Ubuntu Server 20.04 LTS (Focal Fossa) | Running | ?",
			"42 | CANADA-1 | GPU | ana-render | 56 | 116 | RTX-A6000 | RTX-A6000 | 2 | 200 | 750 | 198.51.100.7 | ? |  | " +
				"Ubuntu Server 22.04 LTS (Jammy Jellyfish) | Stopped | ?",
			"43 | NORWAY-1 | CPU | bastion | 4 | 16 |  |  | 0 | 50 | ? | 198.51.100.9 | ? |  | " +
				"Debian 12 (Bookworm) | Running | ?",
		},
		"reply-2025.json": {
			"102cade84ea-e703-4400-b77d-8ed545d198ee | CANADA | Virtual Machine | demo | 28 | 58 | RTX-A6000 | RTX | 1 | " +
				"100 | 1500 | 198.51.100.21 | 0.679 | list | " +
				"Ubuntu Server 20.04 LTS (Focal Fossa) | Running | 2025-07-04T09:13:11Z",
			"7f0c1b52-98a1-4c6e-9a53-0a8f3ce1d001 | Montreal | Baremetal | train-h100-a | 96 | 2048 | H100-80G-SXM | H100 | " +
				"8 | 14336 | 0 |  | 14.4 | list |  | Deploying | 2025-07-04T09:13:20Z",
			"7f0c1b52-98a1-4c6e-9a53-0a8f3ce1d002 | CANADA | Container | infer-01 | 28 | 180 | H100-80G-PCIe | H100 | 1 | " +
				"100 | 750 | 198.51.100.23 | ? |  | " +
				"Ubuntu Server 24.04 LTS (Noble Numbat) | Running | 2025-07-04T09:15:00Z",
		},
	}
	for file, want := range tests {
		list, err := Saved(context.Background(), []string{filepath.Join("testdata", file)}, nil)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, in := range list.Instances {
			got = append(got, shown(in))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", file, diff)
		}
		if lines := list.Warnings.Lines(); len(lines) > 0 {
			t.Errorf("%s: warnings %q", file, lines)
		}
	}
}

func TestModelAndRegion(t *testing.T) {
	tests := []struct{ row, model string }{
		{`{"gpu": "H100-80G-SXM", "gpu_type": "H100", "gpu_count": 8}`, "H100-80G-SXM"},
		{`{"gpu": "", "gpu_type": "RTX-A6000", "gpu_count": 1}`, "RTX-A6000"},
		{`{"gpu": ["x"], "gpu_type": "RTX-A6000"}`, "RTX-A6000"},
		{`{"gpu": "RTX-A6000", "gpu_count": 0}`, fleet.CPUOnly},
		{`{"gpu_count": 0}`, fleet.CPUOnly},
		{`{"product_type": "CPU"}`, fleet.CPUOnly},
		{`{"instance_type": "CPU", "gpu_count": null}`, fleet.CPUOnly},
		{`{"instance_type": "CPU", "product_type": "Container"}`, fleet.UnknownGPU},
		{`{"product_type": "CPU", "gpu_count": 1}`, fleet.UnknownGPU},
		{`{"product_type": "CPU", "gpu": "L40S"}`, "L40S"},
		{`{"gpu_count": 2}`, fleet.UnknownGPU},
		{`{}`, fleet.UnknownGPU},
	}
	for _, test := range tests {
		in, _ := decodeOne(t, test.row)
		if in.Model() != test.model {
			t.Errorf("%s: model %q, want %q", test.row, in.Model(), test.model)
		}
		if in.RegionName() != fleet.UnknownRegion {
			t.Errorf("%s: region %q", test.row, in.RegionName())
		}
	}
}

// TestTypes gives each field a value of each JSON type, and checks what is read and which warnings there are.
func TestTypes(t *testing.T) {
	values := map[string]string{
		"number":         `7`,
		"numeric string": `"7"`,
		"string":         `"x"`,
		"empty":          `""`,
		"blank":          `"  "`,
		"null":           `null`,
		"boolean":        `true`,
		"array":          `[7]`,
		"object":         `{"a": 7}`,
		"float":          `7.5`,
		"negative":       `-7`,
		"huge":           `1e18`,
		"beyond":         `1e999`,
		"long":           strings.Repeat("7", 100),
		"hex":            `"0x7"`,
		"nan":            `"NaN"`,
		"underscore":     `"7_0"`,
		"inf":            `"Inf"`,
		"minus zero":     `-0`,
		"exponent":       `7e0`,
	}
	number := map[string]string{
		"number":         "7",
		"numeric string": "7",
		"float":          "7.5",
		"empty":          "",
		"blank":          "",
		"null":           "",
		"minus zero":     "0",
		"exponent":       "7",
	}
	whole := map[string]string{
		"number":         "7",
		"numeric string": "7",
		"empty":          "",
		"blank":          "",
		"null":           "",
		"minus zero":     "0",
		"exponent":       "7",
	}
	text := map[string]string{
		"numeric string": "7",
		"string":         "x",
		"empty":          "",
		"blank":          "",
		"null":           "",
		"hex":            "0x7",
		"nan":            "NaN",
		"underscore":     "7_0",
		"inf":            "Inf",
	}
	id := map[string]string{
		"number":         "7",
		"numeric string": "7",
		"string":         "x",
		"empty":          "",
		"blank":          "",
		"null":           "",
		"float":          "",
		"negative":       "-7",
		"huge":           "",
		"hex":            "0x7",
		"nan":            "NaN",
		"underscore":     "7_0",
		"inf":            "Inf",
		"minus zero":     "0",
		"exponent":       "7",
	}
	size := func(pick func(*fleet.Instance) fleet.Number) func(*fleet.Instance) string {
		return func(in *fleet.Instance) string {
			if n := pick(in); n.Known {
				return fmt.Sprint(n.Value)
			}
			return ""
		}
	}
	tests := []struct {
		field string
		want  map[string]string // values that are not here are unknown, with a warning
		read  func(*fleet.Instance) string
	}{
		{"cpu_cores", number, size(func(in *fleet.Instance) fleet.Number { return in.CPUCores })},
		{"ram", number, size(func(in *fleet.Instance) fleet.Number { return in.RAM })},
		{"disk_size", number, size(func(in *fleet.Instance) fleet.Number { return in.DiskSize })},
		{"ephemeral", number, size(func(in *fleet.Instance) fleet.Number { return in.Ephemeral })},
		{"gpu_count", whole, size(func(in *fleet.Instance) fleet.Number { return in.GPUCount })},
		{"price_per_hour", number, func(in *fleet.Instance) string {
			if in.Price.Known {
				return in.Price.Value.String()
			}
			return ""
		}},
		{"type", map[string]string{"empty": "", "blank": "", "null": "", "minus zero": "on demand"},
			func(in *fleet.Instance) string { return in.Purchase.String() }},
		{"region", text, func(in *fleet.Instance) string { return in.Region }},
		{"product_type", text, func(in *fleet.Instance) string { return in.ProductType }},
		{"instance_type", text, func(in *fleet.Instance) string { return in.ProductType }},
		{"host_name", text, func(in *fleet.Instance) string { return in.HostName }},
		{"gpu", text, func(in *fleet.Instance) string { return in.GPU }},
		{"gpu_type", text, func(in *fleet.Instance) string { return in.GPUType }},
		{"public_ipv4", text, func(in *fleet.Instance) string { return in.PublicIPv4 }},
		{"os", text, func(in *fleet.Instance) string { return in.OS }},
		{"status", text, func(in *fleet.Instance) string { return in.Status }},
		{"id", id, func(in *fleet.Instance) string { return in.ID }},
	}
	for _, test := range tests {
		for name, value := range values {
			row := `{"id": "x", "` + test.field + `": ` + value + `}`
			if test.field == "id" {
				row = `{"id": ` + value + `}`
			}
			in, warnings := decodeOne(t, row)
			want, ok := test.want[name]
			if got := test.read(in); got != want {
				t.Errorf("%s as %s: read %q, want %q", test.field, name, got, want)
			}
			warned := false
			for _, line := range warnings {
				warned = warned || strings.HasPrefix(line, "row 1: "+test.field+" is ")
				if strings.Contains(line, "7") {
					t.Errorf("%s as %s: the warning holds the value: %s", test.field, name, line)
				}
			}
			unreadable := !ok || test.field == "id" && (name == "float" || name == "huge")
			if warned != unreadable {
				t.Errorf("%s as %s: warnings %q", test.field, name, warnings)
			}
		}
	}
}

func TestPrices(t *testing.T) {
	for text, want := range map[string]string{
		`0`:                   "0",
		`0.679`:               "0.679",
		`"14.4"`:              "14.4",
		`1e-2`:                "0.01",
		`"0.00"`:              "0",
		`0.30000000000000004`: "0.30000000000000004",
		`999999999.99`:        "999999999.99",
		`1e9`:                 "",
		`-0.01`:               "",
		`1e-40`:               "",
		`"$1"`:                "",
		`"1,5"`:               "",
		`1e2147483647`:        "",
		`1e-2147483648`:       "",
		`0e99`:                "0",
		`0e999999`:            "",
	} {
		in, warnings := decodeOne(t, `{"id": 1, "price_per_hour": `+text+`}`)
		got := ""
		if in.Price.Known {
			got = in.Price.Value.String()
		}
		if got != want || (len(warnings) > 0) != (want == "") || in.Price.Known != (in.PriceSource == fleet.ListPrice) {
			t.Errorf("%s: %q, want %q; warnings %q", text, got, want, warnings)
		}
	}
}

func TestPurchase(t *testing.T) {
	for text, want := range map[string]fleet.Purchase{
		`0`:          fleet.OnDemand,
		`1`:          fleet.Reserved,
		`"1"`:        fleet.Reserved,
		`1.0`:        fleet.Reserved,
		`2`:          0,
		`0.5`:        0,
		`-1`:         0,
		`"reserved"`: 0,
	} {
		in, warnings := decodeOne(t, `{"id": 1, "type": `+text+`}`)
		if in.Purchase != want || (len(warnings) > 0) != (want == fleet.UnknownPurchase) {
			t.Errorf("%s: %q, want %q; warnings %q", text, in.Purchase, want, warnings)
		}
	}
	if in, warnings := decodeOne(t, `{"id": 1}`); in.Purchase != fleet.UnknownPurchase || len(warnings) > 0 {
		t.Errorf("no type: %q, warnings %q", in.Purchase, warnings)
	}
}

func TestTinyNumbers(t *testing.T) {
	for text, want := range map[string]string{
		`"1e-400"`:                "?",
		`1e-7`:                    "?",
		`2.2250738585072011e-308`: "?",
		`1e-6`:                    "1e-06",
		`0.0`:                     "0",
		`0e5`:                     "0",
		`"0.000"`:                 "0",
	} {
		in, warnings := decodeOne(t, `{"id": 1, "ram": `+text+`, "gpu_count": `+text+`}`)
		got := "?"
		if in.RAM.Known {
			got = fmt.Sprint(in.RAM.Value)
		}
		if got != want || (len(warnings) > 0) != (want == "?" || want == "1e-06") {
			t.Errorf("%s: %s, want %s; warnings %q", text, got, want, warnings)
		}
	}
}

func TestTimes(t *testing.T) {
	for text, want := range map[string]string{
		`1751620391.25`: "2025-07-04T09:13:11Z", `"1751620391"`: "2025-07-04T09:13:11Z", `null`: "", `""`: "",
		`0`: "?", `-1`: "?", `1751620391000`: "?", `"2025-07-04"`: "?", `true`: "?", `1e18`: "?",
	} {
		in, warnings := decodeOne(t, `{"id": 1, "created_at": `+text+`}`)
		got := ""
		if !in.CreatedAt.IsZero() {
			got = in.CreatedAt.Format(time.RFC3339)
		}
		if got != strings.Trim(want, "?") || (len(warnings) > 0) != (want == "?") {
			t.Errorf("%s: %q, want %q; warnings %q", text, got, want, warnings)
		}
	}
}

func TestIDs(t *testing.T) {
	long := strings.Repeat("9", 2000)
	for text, want := range map[string]string{
		`7`:                    "7",
		`"7"`:                  "7",
		`7.0`:                  "7",
		`70e-1`:                "7",
		`" 7 "`:                "7",
		`"007"`:                "007",
		`0`:                    "0",
		`18446744073709551616`: "18446744073709551616",
		`"` + long + `"`:       "",
		long:                   "",
		`7.5`:                  "",
		`1e300`:                "",
		`"a\u0000b"`:           "",
		`"a\tb"`:               "",
		`"\u202e7"`:            "",
		`"a\ud800b"`:           "",
		`"a\udc01b"`:           "",
		"\"srv-\xe9\"":         "",
		"\"\xe2\x82\"":         "",
		`"a\ufffdb"`:           "",
		`"a\ud83d\ude00b"`:     "a😀b",
		`"srv-é"`:              "srv-é",
	} {
		in, warnings := decodeOne(t, `{"id": `+text+`}`)
		if warned := strings.Contains(fmt.Sprint(warnings), "row 1: id is "); in.ID != want || warned != (want == "") {
			t.Errorf("id %.30s: %q, want %q; %q", text, in.ID, want, warnings)
		}
	}
}

func TestRowKeys(t *testing.T) {
	in, warnings := decodeOne(t, `{"id": 1, "OS": "a", "Status": "b", "gpu_count": 1, "gpu_count": 2, `+
		`"unknown": {"id": 9}, "vm_password": "x"}`)
	if in.OS != "" || in.Status != "" || in.GPUCount.Value != 2 || in.ID != "1" {
		t.Errorf("%+v", in)
	}
	if diff := cmp.Diff([]string{"row 1: duplicate field gpu_count; using the last value"}, warnings); diff != "" {
		t.Error(diff)
	}
}

func TestText(t *testing.T) {
	for text, want := range map[string]string{
		`"a\tb\nc\rd"`: "a b c d",
		`"  a b  "`:    "a b",
		`"a\u0000\u0007\u001b[31mb\u007f\u0085c\u009b"`: "a\uFFFD\uFFFD\uFFFD[31mb\uFFFD c\uFFFD",
		`"a\u202eb\u2066c"`:                             "a\uFFFDb\uFFFDc",
		`"a\uFFFEb\uFDD0c"`:                             "a\uFFFDb\uFFFDc",
		`"\ud83d\ude00 é"`:                              "😀 é",
		`"\uD83Fuu"`:                                    "\uFFFDuu",
		`"=1+1"`:                                        "=1+1",
		`"_x003D_"`:                                     "_x003D_",
		`"שלום"`:                                        "שלום",
		`"\n\t "`:                                       "",
		`"a\u2028b"`:                                    "a b",
		`"\u0000"`:                                      "\uFFFD",
	} {
		if in, _ := decodeOne(t, `{"id": 1, "host_name": `+text+`}`); in.HostName != want {
			t.Errorf("%s: %q, want %q", text, in.HostName, want)
		}
	}
}

func TestLongText(t *testing.T) {
	for _, test := range []struct {
		size int
		unit string
		cut  bool
	}{{256, "x", false}, {257, "x", true}, {256, "é", false}, {257, "😀", true}, {100_000, "x", true}} {
		in, warnings := decodeOne(t, `{"id": 1, "os": "`+strings.Repeat(test.unit, test.size)+`"}`)
		n, cut := utf8.RuneCountInString(in.OS), strings.HasSuffix(in.OS, "…")
		if n > 256 || cut != test.cut || (len(warnings) == 1) != test.cut {
			t.Errorf("%d x %s: %d characters, warnings %q", test.size, test.unit, n, warnings)
		}
	}
	in, warnings := decodeOne(t, `{"id": 1, "os": "x`+strings.Repeat(" ", 100_000)+`"}`)
	if in.OS != "x" || len(warnings) > 0 {
		t.Errorf("blanks after a text: %q, %q", in.OS, warnings)
	}
	in, warnings = decodeOne(t, `{"id": 1, "os": "`+strings.Repeat(" ", 5000)+`x"}`)
	if in.OS != "x" || len(warnings) > 0 {
		t.Errorf("blanks before a text: %q, %q", in.OS, warnings)
	}
}

// TestTextLimit checks that a list may have only so much text, on all its pages together.
func TestTextLimit(t *testing.T) {
	const text = 2 + 4 // the bytes of an id and a name
	for _, rows := range []int{4, 5} {
		d := newDecoder("")
		d.maxTextBytes = 4 * text
		var err error
		for i := range rows {
			if err == nil {
				page := reply(1, fmt.Sprintf(`{"id": 1%d, "host_name": "née", "vm_password": "not counted"}`, i))
				_, err = d.decodePage(strings.NewReader(page), 1)
			}
		}
		if rows == 4 && err != nil {
			t.Error(err)
		}
		if rows == 5 {
			wantError(t, err, BadAPI)
			if err == nil || !strings.Contains(err.Error(), "exceed 1 GiB") {
				t.Error(err)
			}
		}
	}
}

func TestWarningsAreGrouped(t *testing.T) {
	var list []string
	for id := range 1000 {
		list = append(list, fmt.Sprintf(`{"id": %d, "ram": true}`, id))
	}
	p, err := newDecoder("").decodePage(strings.NewReader(reply(1000, list...)), 2)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"page 2 row 1, page 2 row 2, page 2 row 3, page 2 row 4, page 2 row 5 and 995 more: " +
		"ram is a boolean, not a number; treated as unknown"}
	if diff := cmp.Diff(want, p.warnings.Lines()); diff != "" {
		t.Error(diff)
	}
}

// TestSecretsStopAtTheDoor checks that the decoder returns no value of a field that the program doesn't use.
func TestSecretsStopAtTheDoor(t *testing.T) {
	text, err := os.ReadFile("testdata/reply-2024-11.json")
	if err != nil {
		t.Fatal(err)
	}
	p, err := newDecoder("").decodePage(strings.NewReader(string(text)), 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range p.rows {
		all := fmt.Sprintf("%+v", *in)
		if strings.Contains(all, "secret") || strings.Contains(all, "Xukz") || strings.Contains(all, "Never") {
			t.Errorf("a password came through: %s", all)
		}
	}
}

// TestAddedField adds a field to the table. Replies are then read for it and --hide accepts it, with no other change.
func TestAddedField(t *testing.T) {
	f := fleettest.AddField(t)
	reply := `{"data": [{"id": 1, "rack": "r7", "rack_no": "r9"}, {"id": 2, "rack_no": "r8"}, {"id": 3}],
		"total_instance": 3, "status": "success"}`
	list, err := Saved(context.Background(), []string{Stdin}, strings.NewReader(reply))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"r7", "r8", ""} {
		if got := *f.Text(list.Instances[i]); got != want {
			t.Errorf("read %q, want %q", got, want)
		}
	}
	hidden, err := fleet.ParseHidden("rack")
	if err != nil {
		t.Fatal(err)
	}
	list.Hide(hidden, nil)
	if got := *f.Text(list.Instances[0]); got != "" {
		t.Errorf("hidden, it is still %q", got)
	}
}
