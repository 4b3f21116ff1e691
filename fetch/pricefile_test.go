package fetch

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"gpufleet/fetch/fleet"
)

const header = "region,gpu,gpu_count,product_type,price_per_hour\n"

func parsePriceFile(text []byte) (*PriceFile, error) {
	f := newPriceFile()
	if err := readTable(text, priceHeader, f.addRow); err != nil {
		return nil, err
	}
	f.sortNamed()
	return f, nil
}

func parsePrices(t *testing.T, rows string) *PriceFile {
	t.Helper()
	f, err := parsePriceFile([]byte(header + rows))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// machine returns an instance without a price; gpus below 0 is unknown.
func machine(region, gpu string, gpus float64, productType string) *fleet.Instance {
	in := &fleet.Instance{Region: region, GPU: gpu, ProductType: productType}
	if gpus >= 0 {
		in.GPUCount = fleet.Known(gpus)
	}
	return in
}

// priceText returns an instance's price and its source: "1.5 file", "unknown".
func priceText(in *fleet.Instance) string {
	if !in.Price.Known {
		return "unknown" + in.PriceSource.String()
	}
	return in.Price.Value.String() + " " + in.PriceSource.String()
}

func applyTo(f *PriceFile, in *fleet.Instance) string {
	f.Apply(&fleet.Fleet{Instances: []*fleet.Instance{in}})
	return priceText(in)
}

func TestPriceFileMatches(t *testing.T) {
	for _, test := range []struct {
		name, rows, want string
		in               *fleet.Instance
	}{
		{"per GPU", ",H100,,,1.75\n", "14 file", machine("A", "H100", 8, "VM")},
		{"per instance", ",H100,8,,12.8\n", "12.8 file", machine("A", "H100", 8, "VM")},
		{"stars", "*,*,*,*,0.1\n", "0.3 file", machine("A", "H100", 3, "VM")},
		{"trimmed", " A ,\" H100\", 8 , VM , 9 \n", "9 file", machine("A", "H100", 8, "VM")},
		{"another count", ",H100,8,,12.8\n", "unknown", machine("A", "H100", 4, "VM")},
		{"another region", "A,,,,1\n", "unknown", machine("B", "H100", 4, "VM")},
		{"another type", ",,,VM,1\n", "unknown", machine("B", "H100", 4, "")},
		{"case", ",h100,,,1\n", "unknown", machine("A", "H100", 4, "VM")},
		{"free", ",H100,,,0\n", "0 file", machine("A", "H100", 4, "VM")},
		{"exact", ",H100,,,0.1234567890123456789\n", "0.8641975230864197523 file", machine("A", "H100", 7, "VM")},
		{"unknown count", "A,H100,,VM,1\n", "unknown", machine("A", "H100", -1, "VM")},
		{"unknown count, named", "A,H100,0,VM,1\n", "unknown", machine("A", "H100", -1, "VM")},
		{"no GPUs, per GPU", ",,,,1\n", "unknown", machine("A", "", 0, "CPU")},
		{"no GPUs, per GPU though named", ",CPU only,,,1\n", "unknown", machine("A", "", 0, "CPU")},
		{"no GPUs, a lesser row per instance", "A,CPU only,,CPU,1\n,,0,,0.04\n", "0.04 file", machine("A", "", 0, "CPU")},
		{"no GPUs, not said", ",CPU only,0,,0.04\n", "0.04 file", machine("A", "", -1, "CPU")},
		{"names of the report", "Unknown region,Unknown GPU,,,2\n", "2 file", machine("", "", 1, "VM")},
		{"quoted comma", "\"A, B\",,,,2\n", "2 file", machine("A, B", "X", 1, "VM")},
	} {
		if got := applyTo(parsePrices(t, test.rows), test.in); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

// TestPriceFileBeatsTheList checks that a matching row replaces the list's own price, which stays if no row matches.
func TestPriceFileBeatsTheList(t *testing.T) {
	f := parsePrices(t, ",H100,,,1\n")
	for gpus, want := range map[float64]string{2: "2 file", -1: "9 list"} {
		in := machine("A", "H100", gpus, "VM")
		in.Price, in.PriceSource = fleet.Known(mustMoney("9")), fleet.ListPrice
		if got := applyTo(f, in); got != want {
			t.Errorf("%v GPUs: %s, want %s", gpus, got, want)
		}
	}
}

func mustMoney(text string) fleet.Money {
	m, err := fleet.ParseMoney(text)
	if err != nil {
		panic(err)
	}
	return m
}

// TestPriceFileOrder takes every pair of the 16 kinds of row, in both orders, and an instance that matches both.
func TestPriceFileOrder(t *testing.T) {
	// From the most specific to the least: g is gpu, n gpu_count, r region, p product_type.
	order := strings.Fields("gnrp gnr gnp grp nrp gn gr gp nr np rp g n r p -")
	row := func(kind string, price int) string {
		cell := func(letter, value string) string {
			if strings.Contains(kind, letter) {
				return value
			}
			return "*"
		}
		return fmt.Sprintf("%s,%s,%s,%s,%d\n", cell("r", "A"), cell("g", "H100"), cell("n", "1"), cell("p", "VM"), price)
	}
	for i := range order {
		for j := range order {
			if i == j {
				continue
			}
			f := parsePrices(t, row(order[i], i)+row(order[j], j))
			if got, want := applyTo(f, machine("A", "H100", 1, "VM")), fmt.Sprintf("%d file", min(i, j)); got != want {
				t.Errorf("%s and %s: %s, want %s", order[i], order[j], got, want)
			}
		}
	}
}

func TestPriceFileForms(t *testing.T) {
	for name, text := range map[string]string{
		"BOM":             "\xEF\xBB\xBF" + header + ",H100,,,1\n",
		"CRLF":            strings.ReplaceAll(header+",H100,,,1\n", "\n", "\r\n"),
		"blank lines":     header + "\n  \n,H100,,,1\n\n",
		"no last newline": header + ",H100,,,1",
		"same price":      header + ",H100,,,1\n*,H100,*,*,1.00\n",
		"empty rows":      ",,,,\n" + header + ",,,,\n , ,\n,H100,,,1\n,,,,,,,\n\"\",\n",
		"empty columns":   strings.ReplaceAll(header+",H100,,,1\n", "\n", ",, ,\n"),
		"old Mac":         strings.ReplaceAll(header+",H100,,,1\n", "\n", "\r"),
		"sep=,":           "sep=,\r\n" + header + ",H100,,,1\n",
		"another order":   "price_per_hour,gpu,region,product_type,gpu_count\n1,H100\n",
		"header quoted":   "\"region\", gpu ,gpu_count,product_type,price_per_hour\n,H100,,,1\n",
	} {
		f, err := parsePriceFile([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := applyTo(f, machine("A", "H100", 2, "")); got != "2 file" {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestPriceFileRefused(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"empty":          {"", "line 1: the header must be region,gpu,gpu_count,product_type,price_per_hour"},
		"no header":      {",H100,,,1\n", "line 1: the header"},
		"missing column": {"region,gpu,gpu_count,price_per_hour\n", "line 1: no column product_type; the header must be "},
		"unknown column": {"region,gpu,gpu_count,product_type,SECRET\n", "line 1, column E: unknown column; the header "},
		"further column": {strings.TrimSpace(header) + ",,SECRET\n", "line 1, column F: unknown column; the header "},
		"inner column":   {"region,gpu,,gpu_count,product_type,price_per_hour\n", "line 1, column C: unknown column; "},
		"column twice":   {strings.TrimSpace(header) + ",gpu\n", "line 1, column F: a second column gpu; remove one"},
		"other case":     {"\n,,\n" + strings.ToUpper(header), "line 3: the header must be"},
		"semicolons":     {strings.ReplaceAll(header, ",", ";"), "line 1: the columns are separated by semicolons; save"},
		"sep=;":          {"sep=;\n" + strings.ReplaceAll(header, ",", ";"), "line 1: the columns are separated by semi"},
		"tabs":           {strings.ReplaceAll(header, ",", "\t"), "line 1: the columns are separated by tabs; save"},

		"price missing":       {header + ",H100,,,\n", badPrice(2)},
		"price a word":        {header + ",H100,,,SECRET\n", badPrice(2)},
		"price with its sign": {header + "\n,H100,,,$1\n", badPrice(3)},
		"price negative":      {header + ",H100,,,-1\n", badPrice(2)},
		"price not finite":    {header + ",H100,,,NaN\n", badPrice(2)},
		"price with a comma":  {header + ",,,,\n,H100,,,\"1,5\"\n", badPrice(3)},
		"price beyond belief": {header + ",H100,,,1e999999999\n", badPrice(2)},
		"price below a break": {header + "\"A\n\nB\",H100,,,SECRET\n", badPrice(4)},
		"short row":           {header + ",H100,,,1\n,SECRET,1\n", badPrice(3)},
		"in another column":   {"gpu,price_per_hour,region,product_type,gpu_count\nH100,SECRET\n", "line 2, column B (price"},
		"count a word":        {header + ",H100,SECRET,,1\n", "line 2, column C (gpu_count): not a whole number"},
		"count not whole":     {header + ",H100,1.5,,1\n", "line 2, column C (gpu_count): not a whole number"},
		"count negative":      {header + ",H100,-1,,1\n", "line 2, column C (gpu_count): not a whole number"},
		"count signed":        {header + ",H100,+1,,1\n", "line 2, column C (gpu_count): not a whole number"},
		"count huge":          {header + ",H100,99999999999999999999,,1\n", "line 2, column C (gpu_count): not a whole"},
		"long row":            {header + ",SECRET,,,1,,,2\n", "line 2, column H: a value in a column without a name"},
		"open quote":          {header + ",\"SECRET,,,1\n\n\n", "line 2, column B: a quote is out of place"},
		"bare quote":          {header + "\"a,b\",SEC\"RET,,,1\n", "line 2, column B: a quote is out of place"},
		"quote in the header": {"region,\"gpu\"SECRET\n", "line 1, column B: a quote is out of place"},
		"not UTF-8": {
			header + ",H100,,,1\n,\xFF,,,1\n",
			"line 3, column B: the text is not UTF-8; save the file as CSV UTF-8",
		},
		"UTF-16":     {"\xFF\xFEr\x00", "line 1, column A: the text is not UTF-8"},
		"in a break": {header + "A,\"B\n\xFF\",,,1\n", "line 2, column B: the text is not UTF-8"},
		"two prices": {
			header + ",H100,,,1\nA,,,,7\n*,H100,*,,2\n",
			"line 4, column E (price_per_hour): line 2 has another price",
		},
		"two prices, counts": {
			header + "A,,8,,1\nA,*,08,*,1.1\n",
			"line 3, column E (price_per_hour): line 2 has another price",
		},
	} {
		f, err := parsePriceFile([]byte(test.text))
		if f != nil || err == nil || !strings.HasPrefix(err.Error(), test.want) || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%s: %v, want %s", name, err, test.want)
		}
	}
}

func badPrice(line int) string {
	return fmt.Sprintf("line %d, column E (price_per_hour): not a valid price; use one such as 1.85", line)
}

func TestColumnLetters(t *testing.T) {
	for column, want := range map[int]string{0: "A", 25: "Z", 26: "AA", 51: "AZ", 52: "BA", 701: "ZZ", 702: "AAA"} {
		if got := columnLetter(column); got != want {
			t.Errorf("%d: %s, want %s", column, got, want)
		}
	}
}

func TestReadPriceFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "prices.csv")
	if err := os.WriteFile(path, []byte(header+",H100,,,1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if f, err := ReadPriceFile(context.Background(), path); err != nil || len(f.prices) != 1 {
		t.Error(f, err)
	}
	large := filepath.Join(dir, "large.csv")
	if err := os.WriteFile(large, []byte(header+strings.Repeat("\n", maxTableFile)), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		dir:                        "is a directory",
		filepath.Join(dir, "none"): "no such file",
		large:                      "larger than 16 MiB",
		"/dev/null":                "line 1: the header",
	} {
		f, err := ReadPriceFile(context.Background(), path)
		var known *Error
		if f != nil || !errors.As(err, &known) || known.Kind != BadInput {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if said := err.Error(); !strings.Contains(said, want) || strings.Count(said, path) != 1 {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestPriceFileKeepsSums checks with random rows and fleets that each instance has the price of its best row, found
// here by trying all rows, and that the sum over the instances is exact.
func TestPriceFileKeepsSums(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	pick := func(from ...string) string { return from[random.IntN(len(from))] }
	for range 200 {
		type row struct{ region, gpu, count, productType, price string }
		var rows []row
		var text strings.Builder
		taken := map[row]bool{}
		for range random.IntN(12) {
			one := row{pick("", "A", "B"), pick("", "X", "Y"), pick("", "1", "2", "0"), pick("", "V", "W"), ""}
			if taken[one] {
				continue
			}
			taken[one] = true
			one.price = fmt.Sprintf("%d.%03d", random.IntN(9), random.IntN(1000))
			rows = append(rows, one)
			fmt.Fprintf(&text, "%s,%s,%s,%s,%s\n", one.region, one.gpu, one.count, one.productType, one.price)
		}
		list := &fleet.Fleet{}
		thousandths := 0
		sum := fleet.Money{}
		for range random.IntN(30) {
			gpus := random.IntN(3)
			list.Instances = append(list.Instances, machine(pick("A", "B"), pick("X", "Y"), float64(gpus), pick("V", "W")))
		}
		parsePrices(t, text.String()).Apply(list)
		for _, in := range list.Instances {
			best, price := -1, 0
			for _, r := range rows {
				score, matches := 0, true
				for weight, pair := range map[int][2]string{
					1: {r.productType, in.ProductType},
					2: {r.region, in.Region},
					4: {r.count, fmt.Sprint(in.GPUCount.Value)},
					8: {r.gpu, in.Model()},
				} {
					if pair[0] != "" {
						score += 16 + weight
						matches = matches && pair[0] == pair[1]
					}
				}
				if !matches || score <= best || r.count == "" && in.GPUCount.Value == 0 {
					continue
				}
				best = score
				price, _ = strconv.Atoi(strings.ReplaceAll(r.price, ".", ""))
				if r.count == "" {
					price *= int(in.GPUCount.Value)
				}
			}
			if (best >= 0) != in.Price.Known {
				t.Fatalf("%+v is %s of %s", in, priceText(in), text.String())
			}
			thousandths += price
			sum = sum.Add(in.Price.Value)
		}
		if want := mustMoney(fmt.Sprintf("%de-3", thousandths)); sum.Cmp(want) != 0 {
			t.Fatalf("sum %s, want %s", sum, want)
		}
	}
}

func TestPriceFileUnused(t *testing.T) {
	list := &fleet.Fleet{Instances: []*fleet.Instance{machine("A", "H100", 8, "VM"), machine("B", "H100", 1, "VM")}}
	many := ",H100,,,1\n"
	for i := range 12 {
		many += fmt.Sprintf(",GONE-%d,,,1\n", i)
	}
	const reason = ": hardware you don't have, a typo, or more specific rows apply"
	for rows, want := range map[string]string{
		",H100,,,1\nB,H100,,,2\n":             "",
		",H100,,,1\n,H1O0,,,2\n":              "unused row on line 3" + reason,
		",H100,,,1\nA,H100,,,2\nB,H100,,,3\n": "unused row on line 2" + reason, // the other rows are more specific
		many:                                  "unused rows on lines 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 and 2 more" + reason,
	} {
		f := parsePrices(t, rows)
		f.Apply(list)
		if got := f.Unused(); got != want {
			t.Errorf("%q: %q, want %q", rows, got, want)
		}
	}
	if got := (*PriceFile)(nil).Unused(); got != "" {
		t.Errorf("no file: %q", got)
	}
}
