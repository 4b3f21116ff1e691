package archive

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/shopspring/decimal"
)

// The types of columns, as Parquet writes them.
const (
	typeText   = "optional binary %s (STRING);"
	typeAmount = "optional fixed_len_byte_array(16) %s (DECIMAL(38,12));"
	typeTime   = "optional int64 %s (TIMESTAMP(isAdjustedToUTC=true,unit=MICROS));"
	typeWhole  = "optional int64 %s (INT(64,true));"
	typeFlag   = "optional boolean %s;"
)

// promise is what a column of charges promises of its values.
type promise struct {
	name, typ string
	null      string // when it is null: never, always, may, or like another column
	form      string // a regular expression that texts match as a whole, or amounts in their shortest form
}

// Forms of values.
const (
	notNegative = `\d+(\.\d+)?`
	hours       = `\d+(\.\d{1,6})?`
	anyText     = `.+`
)

// promises has every column in order. The guide of the archive says the same in words.
var promises = []promise{
	{"BilledCost", typeAmount, "never", "0"},
	{"EffectiveCost", typeAmount, "never", notNegative},
	{"ListCost", typeAmount, "never", notNegative},
	{"ContractedCost", typeAmount, "never", notNegative},
	{"ListUnitPrice", typeAmount, "never", notNegative},
	{"ContractedUnitPrice", typeAmount, "never", notNegative},
	{"PricingQuantity", typeAmount, "never", hours},
	{"PricingUnit", typeText, "never", "Hours"},
	{"ConsumedQuantity", typeAmount, "never", hours},
	{"ConsumedUnit", typeText, "never", "Hours"},
	{"ChargePeriodStart", typeTime, "never", ""},
	{"ChargePeriodEnd", typeTime, "never", ""},
	{"BillingPeriodStart", typeTime, "never", ""},
	{"BillingPeriodEnd", typeTime, "never", ""},
	{"BillingAccountId", typeText, "never", anyText},
	{"BillingAccountName", typeText, "may", anyText},
	{"BillingCurrency", typeText, "never", "[A-Z]{3}"},
	{"ChargeCategory", typeText, "never", "Usage"},
	{"ChargeClass", typeText, "always", ""},
	{"ChargeDescription", typeText, "never", anyText},
	{"ChargeFrequency", typeText, "never", "Usage-Based"},
	{"InvoiceIssuerName", typeText, "never", "Nebula Block"},
	{"ProviderName", typeText, "never", "Nebula Block"},
	{"PublisherName", typeText, "never", "Nebula Block"},
	{"ServiceCategory", typeText, "never", "Compute"},
	{"ServiceName", typeText, "never", anyText},
	{"PricingCategory", typeText, "never", "Standard|Committed|Other"},
	{"RegionId", typeText, "may", anyText},
	{"RegionName", typeText, "RegionId", anyText},
	{"ResourceId", typeText, "may", anyText},
	{"ResourceName", typeText, "may", anyText},
	{"ResourceType", typeText, "ResourceId", anyText},
	{"SkuId", typeText, "never", anyText},
	{"SkuMeter", typeText, "SkuId", "Instance hours"},
	{"SkuPriceId", typeText, "never", anyText},
	{"SkuPriceDetails", typeText, "may", `\{.+\}`},
	{"Tags", typeText, "may", `\{.+\}`},
	{"x_GpuModel", typeText, "never", anyText},
	{"x_GpuCount", typeWhole, "may", `\d+`},
	{"x_GpuHours", typeAmount, "may", hours},
	{"x_Status", typeText, "may", anyText},
	{"x_PriceSource", typeText, "ResourceId", "list|file|products|products, scaled"},
	{"x_LowCost", typeAmount, "never", notNegative},
	{"x_HighCost", typeAmount, "never", notNegative},
	{"x_BilledRate", typeText, "never", "running|listed"},
	{"x_Observed", typeFlag, "never", "true|false"},
}

var forms = func() map[string]*regexp.Regexp {
	compiled := map[string]*regexp.Regexp{}
	for _, p := range promises {
		compiled[p.form] = regexp.MustCompile("^(?s:" + p.form + ")$")
	}
	return compiled
}()

// row is a row of a file by column. A value is nil, a string, decimal.Decimal, time.Time, int64, float64 or bool.
type row map[string]any

func (r row) amount(name string) decimal.Decimal { d, _ := r[name].(decimal.Decimal); return d }
func (r row) text(name string) string            { s, _ := r[name].(string); return s }
func (r row) time(name string) time.Time         { t, _ := r[name].(time.Time); return t }

// relation is what columns of a row promise of each other.
type relation struct {
	says  string
	holds func(row) bool
}

var relations = []relation{
	product("ListCost", "ListUnitPrice"),
	product("ContractedCost", "ContractedUnitPrice"),
	same("EffectiveCost", "ContractedCost"),
	same("PricingQuantity", "ConsumedQuantity"),
	same("RegionName", "RegionId"),
	{"x_LowCost <= EffectiveCost <= x_HighCost", func(r row) bool {
		cost := r.amount("EffectiveCost")
		return r.amount("x_LowCost").LessThanOrEqual(cost) && cost.LessThanOrEqual(r.amount("x_HighCost"))
	}},
	{"x_LowCost is 0 in a gap", func(r row) bool { return r["x_Observed"] != false || r.amount("x_LowCost").IsZero() }},
	{"a charge period is a UTC day, and its end exclusive", func(r row) bool {
		start := r.time("ChargePeriodStart")
		return start.Equal(start.Truncate(24*time.Hour)) && r.time("ChargePeriodEnd").Equal(start.Add(24*time.Hour))
	}},
	{"a billing period is the month of the day, and its end exclusive", func(r row) bool {
		year, month, _ := r.time("ChargePeriodStart").Date()
		first := time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)
		return r.time("BillingPeriodStart").Equal(first) && r.time("BillingPeriodEnd").Equal(first.AddDate(0, 1, 0))
	}},
	{"at most 24 hours for each instance", func(r row) bool {
		return r["ResourceId"] == nil || r.amount("PricingQuantity").LessThanOrEqual(decimal.NewFromInt(24))
	}},
	{"the account's ID is its name, or default", func(r row) bool {
		return r.text("BillingAccountId") == cmp.Or(r.text("BillingAccountName"), "default")
	}},
	{"x_GpuHours are known if x_GpuCount is, or without an ID", func(r row) bool {
		return (r["x_GpuHours"] != nil) == (r["x_GpuCount"] != nil || r["ResourceId"] == nil)
	}},
	{"x_GpuHours are those of the GPUs, by the running rate", func(r row) bool {
		count, known := r["x_GpuCount"].(int64)
		if !known || r["x_BilledRate"] != "running" {
			return true
		}
		slack := decimal.New(5*(count+1), -7) // both are rounded to 6 decimals
		difference := decimal.NewFromInt(count).Mul(r.amount("PricingQuantity")).Sub(r.amount("x_GpuHours"))
		return difference.Abs().LessThanOrEqual(slack)
	}},
	{"what has no ID has no name, count or status", func(r row) bool {
		return r["ResourceId"] != nil || r["ResourceName"] == nil && r["x_GpuCount"] == nil && r["x_Status"] == nil
	}},
	{"SkuPriceDetails is a flat object of numbers by names of FOCUS", func(r row) bool {
		var numbers map[string]float64
		if r["SkuPriceDetails"] == nil {
			return true
		}
		isRight := strictJSON(r.text("SkuPriceDetails"), &numbers)
		for name := range numbers {
			isRight = isRight && slices.Contains([]string{"CoreCount", "GpuCount", "MemorySize"}, name)
		}
		return isRight
	}},
	{"the number of GPUs is that of SkuPriceDetails", func(r row) bool {
		var numbers map[string]float64
		strictJSON(cmp.Or(r.text("SkuPriceDetails"), "{}"), &numbers)
		in, found := numbers["GpuCount"]
		count, known := r["x_GpuCount"].(int64)
		return found == known && int64(in) == count
	}},
	{"Tags is a flat object with an owner", func(r row) bool {
		var tags map[string]string
		return r["Tags"] == nil || strictJSON(r.text("Tags"), &tags) && len(tags) == 1 && tags["owner"] != ""
	}},
	{"what is described is what is sold", func(r row) bool {
		said := r.text("ChargeDescription")
		return strings.Contains(said, r.text("x_GpuModel")) && strings.Contains(said, r.text("RegionId")) &&
			strings.HasPrefix(r.text("SkuId"), r.text("x_GpuModel")) && strings.HasPrefix(r.text("SkuPriceId"), r.text("SkuId"))
	}},
}

// product returns the relation cost = price x quantity.
func product(cost, price string) relation {
	return relation{cost + " = " + price + " x PricingQuantity, to 1e-12", func(r row) bool {
		exact := r.amount(price).Mul(r.amount("PricingQuantity"))
		return exact.Sub(r.amount(cost)).Abs().LessThanOrEqual(decimal.New(1, -12))
	}}
}

func same(name, other string) relation {
	return relation{name + " = " + other, func(r row) bool { return textOf(r[name]) == textOf(r[other]) }}
}

// strictJSON reports whether a text is JSON of a type, and nothing else.
func strictJSON(text string, into any) bool { return json.Unmarshal([]byte(text), into) == nil }

// textOf returns a value as a text, "" for null.
func textOf(value any) string {
	if value == nil {
		return ""
	}
	return fmt.Sprint(value)
}

// broken returns the promises that rows of a day break, "" for none.
func broken(day time.Time, rows []row) string {
	var list []string
	say := func(at int, text string) {
		if text = fmt.Sprintf("row %d: %s", at, text); len(list) < 20 {
			list = append(list, text)
		}
	}
	type price struct{ sku, list, contracted, details string }
	prices, seen := map[string]price{}, map[string]bool{}
	before := ""
	for i, r := range rows {
		for _, p := range promises {
			if !p.holds(r) {
				say(i, fmt.Sprintf("%s = %v", p.name, r[p.name]))
			}
		}
		if len(r) != len(promises) {
			say(i, "other columns")
		}
		for _, each := range relations {
			if !each.holds(r) {
				say(i, fmt.Sprintf("%s: %v", each.says, r))
			}
		}
		if !r.time("ChargePeriodStart").Equal(day) {
			say(i, "in the file of another day")
		}
		now := price{r.text("SkuId"), textOf(r["ListUnitPrice"]), textOf(r["ContractedUnitPrice"]),
			textOf(r["SkuPriceDetails"])}
		if known, found := prices[r.text("SkuPriceId")]; found && known != now {
			say(i, fmt.Sprintf("one SkuPriceId has %v and %v", known, now))
		}
		prices[r.text("SkuPriceId")] = now
		key := fmt.Sprint(r["BillingAccountName"], r["RegionId"], r["x_GpuModel"], r["ResourceId"], r["Tags"],
			r["SkuPriceId"], r["x_Observed"])
		if seen[key] {
			say(i, "a second row of the instance, day and price "+key)
		}
		seen[key] = true
		order := strings.Join([]string{r.text("BillingAccountName"), r.text("RegionId"), r.text("x_GpuModel"),
			r.text("ResourceId")}, "\x00")
		if order < before {
			say(i, "not sorted")
		}
		before = order
	}
	return strings.Join(list, "\n")
}

func (p promise) holds(r row) bool {
	value := r[p.name]
	isNull := value == nil
	switch p.null {
	case "never", "always":
		if isNull != (p.null == "always") {
			return false
		}
	case "may":
	default:
		if isNull != (r[p.null] == nil) {
			return false
		}
	}
	return isNull || p.form == "" || forms[p.form].MatchString(textOf(value))
}

// readBack reads a file with the library alone. It returns the columns and their types, and the rows.
func readBack(t testing.TB, data []byte) (columns []string, rows []row) {
	t.Helper()
	file, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(file.Schema().String(), "\n") {
		if line = strings.TrimSpace(line); strings.HasSuffix(line, ";") {
			columns = append(columns, line)
		}
	}
	fields := file.Schema().Fields()
	reader := parquet.NewGenericReader[any](file)
	defer reader.Close()
	batch := make([]parquet.Row, 100)
	for {
		n, err := reader.ReadRows(batch)
		for _, values := range batch[:n] {
			r := row{}
			for i, value := range values {
				r[fields[i].Name()] = plain(value, fmt.Sprint(fields[i].Type()))
			}
			rows = append(rows, r)
		}
		if err != nil {
			return columns, rows
		}
	}
}

// plain returns a value of a row.
func plain(value parquet.Value, logical string) any {
	switch {
	case value.IsNull():
		return nil
	case strings.HasPrefix(logical, "DECIMAL"):
		units := new(big.Int).SetBytes(value.ByteArray())
		return decimal.RequireFromString(decimal.NewFromBigInt(units, -12).String()) // in its shortest form
	case strings.HasPrefix(logical, "TIMESTAMP"):
		return time.UnixMicro(value.Int64()).UTC()
	case value.Kind() == parquet.Boolean:
		return value.Boolean()
	case value.Kind() == parquet.Double:
		return value.Double()
	case value.Kind() == parquet.Int64:
		return value.Int64()
	}
	return string(value.ByteArray())
}

// TestChargesKeepPromises writes archives and holds every row of their charges against the table, and the columns of
// every file against each other.
func TestChargesKeepPromises(t *testing.T) {
	columns, rows := map[string]string{}, 0
	for name, w := range worlds() {
		m := memory{}
		w.write(t, name, 15, m)
		for path, data := range m {
			table, _, _ := strings.Cut(path, "/")
			names, found := readBack(t, data)
			got := strings.Join(names, "\n")
			if known := columns[table]; known != "" && known != got {
				t.Errorf("%s, %s has other columns:\n%s\nwant\n%s", name, path, got, known)
			}
			columns[table] = got
			if table != charges.name {
				continue
			}
			rows += len(found)
			if wrong := broken(dayOf(t, path), found); wrong != "" {
				t.Errorf("%s, %s:\n%s", name, path, wrong)
			}
			for _, r := range found {
				if r["BillingCurrency"] != w.settings.Currency || r["x_BilledRate"] != w.settings.Bill.Name() {
					t.Errorf("%s: %v by the rate %v", path, r["BillingCurrency"], r["x_BilledRate"])
				}
			}
		}
	}
	var want []string
	for _, p := range promises {
		want = append(want, fmt.Sprintf(p.typ, p.name))
	}
	if got := columns[charges.name]; got != strings.Join(want, "\n") {
		t.Errorf("charges has the columns\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
	if rows < 1000 || len(columns) != 4 {
		t.Errorf("only %d rows of charges, %d tables", rows, len(columns))
	}
}

// dayOf returns the day of a file's path.
func dayOf(t testing.TB, path string) time.Time {
	t.Helper()
	_, rest, _ := strings.Cut(path, "date=")
	date, _, _ := strings.Cut(rest, "/")
	day, err := time.Parse(time.DateOnly, date)
	isCharges := strings.HasPrefix(path, "charges/")
	if err != nil || isCharges && !strings.HasPrefix(path, "charges/billing_period="+date[:7]+"/") {
		t.Fatalf("%s: %v", path, err)
	}
	return day
}
