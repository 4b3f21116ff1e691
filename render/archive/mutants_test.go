package archive

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
)

// TestMutantsOfCharges breaks one promise at a time in a row, and the checks of TestChargesKeepPromises must see it.
func TestMutantsOfCharges(t *testing.T) {
	w, m := worlds()["accounts"], memory{}
	w.write(t, "accounts", 12, m)
	day, good := time.Time{}, []row(nil)
	for path, data := range m {
		if _, found := readBack(t, data); strings.HasPrefix(path, charges.name) && len(found) > len(good) {
			day, good = dayOf(t, path), found
		}
	}
	at := slices.IndexFunc(good, func(r row) bool {
		return r["ResourceId"] != nil && r["x_GpuCount"] != nil && r["x_GpuCount"] != int64(0) && r["RegionId"] != nil &&
			!r.amount("EffectiveCost").IsZero()
	})
	if at < 0 || broken(day, good) != "" {
		t.Fatalf("no row to change, or broken before: %s", broken(day, good))
	}
	one, penny := decimal.NewFromInt(1), decimal.New(2, -12)
	set := func(name string, value any) func(row) { return func(r row) { r[name] = value } }
	plus := func(name string, by decimal.Decimal) func(row) {
		return func(r row) { r[name] = r.amount(name).Add(by) }
	}
	for name, mutate := range map[string]func(row){
		"a billed cost":            plus("BilledCost", one),
		"a negative cost":          plus("x_LowCost", one.Neg().Sub(good[at].amount("x_LowCost"))),
		"another list cost":        plus("ListCost", penny),
		"another contracted cost":  func(r row) { plus("ContractedCost", penny)(r); plus("EffectiveCost", penny)(r) },
		"another effective cost":   plus("EffectiveCost", penny.Neg()),
		"a low cost above":         func(r row) { r["x_LowCost"] = r.amount("EffectiveCost").Add(penny) },
		"a high cost below":        func(r row) { r["x_HighCost"] = r.amount("EffectiveCost").Sub(penny) },
		"a low cost in a gap":      func(r row) { r["x_Observed"], r["x_LowCost"] = false, r["EffectiveCost"] },
		"no quantity":              set("PricingQuantity", nil),
		"a quantity of its own":    plus("ConsumedQuantity", decimal.New(1, -6)),
		"a finer quantity":         set("ConsumedQuantity", decimal.New(1, -7)),
		"no unit":                  set("PricingUnit", nil),
		"another unit":             set("ConsumedUnit", "hours"),
		"a period's end inclusive": func(r row) { r["ChargePeriodEnd"] = r.time("ChargePeriodEnd").Add(-time.Microsecond) },
		"a period of its own":      func(r row) { r["ChargePeriodStart"] = r.time("ChargePeriodStart").Add(time.Hour) },
		"a row of another day": func(r row) {
			r["ChargePeriodStart"] = r.time("ChargePeriodStart").AddDate(0, 0, -1)
			r["ChargePeriodEnd"] = r.time("ChargePeriodEnd").AddDate(0, 0, -1)
		},
		"another month":       func(r row) { r["BillingPeriodEnd"] = r.time("BillingPeriodStart").AddDate(0, 0, 29) },
		"no account":          set("BillingAccountId", nil),
		"an account's alias":  set("BillingAccountId", "other"),
		"a correction":        set("ChargeClass", "Correction"),
		"a currency in words": set("BillingCurrency", "Dollar"),
		"a purchase":          set("ChargeCategory", "Purchase"),
		"a region's name":     set("RegionName", "elsewhere"),
		"no region's ID":      set("RegionId", nil),
		"a type without ID":   set("ResourceId", nil),
		"an ID without type":  set("ResourceType", nil),
		"no SKU":              set("SkuId", nil),
		"no meter":            set("SkuMeter", nil),
		"another SKU":         func(r row) { r["SkuId"], r["x_GpuModel"] = "X", "X" },
		"nested details":      set("SkuPriceDetails", `{"GpuCount": {"a": 1}}`),
		"other details":       set("SkuPriceDetails", `{"GpuCount": 77}`),
		"details cut off":     set("SkuPriceDetails", `{"GpuCount": 1`),
		"tags as a list":      set("Tags", `["owner"]`),
		"an empty tag":        set("Tags", `{"owner": ""}`),
		"no GPU hours":        set("x_GpuHours", nil),
		"more GPU hours":      plus("x_GpuHours", one),
		"an unknown rate":     set("x_BilledRate", "all"),
		"an unknown source":   set("x_PriceSource", "guess"),
		"a text for nothing":  set("x_Status", ""),
		"a longer day": func(r row) {
			r["PricingQuantity"], r["ConsumedQuantity"] = decimal.NewFromInt(25), decimal.NewFromInt(25)
		},
		"a column more": set("x_More", nil),
	} {
		rows := slices.Clone(good)
		rows[at] = maps.Clone(good[at])
		mutate(rows[at])
		if broken(day, rows) == "" {
			t.Errorf("%s goes unseen", name)
		}
	}
	twice := slices.Insert(slices.Clone(good), at, good[at])
	backwards := slices.Clone(good)
	slices.Reverse(backwards)
	other := maps.Clone(good[at]) // the same price of another SKU
	other["SkuId"], other["ResourceId"] = good[at].text("SkuId")[:len(good[at].text("x_GpuModel"))], "zzz"
	for name, rows := range map[string][]row{"a row twice": twice, "the reverse order": backwards,
		"two SKUs of a price": append(slices.Clone(good), other)} {
		if broken(day, rows) == "" {
			t.Errorf("%s goes unseen", name)
		}
	}
}
