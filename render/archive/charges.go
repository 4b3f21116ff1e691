package archive

import (
	"cmp"
	"encoding/json"
	"fmt"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/shopspring/decimal"

	"gpufleet/fetch/fleet"
	"gpufleet/render/report"
)

// charge is a row of charges: what an instance cost on a day at a price. It has the values that take time to compute.
type charge struct {
	*report.Charge
	*chargedDay
	words *words

	hours, price, listPrice, cost, listCost, low, high parquet.Value
}

// chargedDay makes the rows of a day.
type chargedDay struct {
	start, end, monthStart, monthEnd parquet.Value

	words map[sku]*words
	hours map[string]parquet.Value // by their text
}

// sku is what is sold, where, and how it is paid for.
type sku struct {
	model, region       string
	gpus, cores, memory fleet.Number
	purchase            fleet.Purchase
}

// words are the texts about an SKU.
type words struct {
	id                   string
	sku, details, charge parquet.Value
}

func newChargedDay(day time.Time) *chargedDay {
	month := day.AddDate(0, 0, 1-day.Day())
	return &chargedDay{momentValue(day), momentValue(day.AddDate(0, 0, 1)), momentValue(month),
		momentValue(month.AddDate(0, 1, 0)), map[sku]*words{}, map[string]parquet.Value{}}
}

// row makes a row.
func (d *chargedDay) row(c *report.Charge) charge {
	costs, hours := c.Costs(), c.Hours()
	row := charge{Charge: c, chargedDay: d, words: d.wordsOf(c.In),
		price: amountValue(c.Price()), cost: amountValue(costs.Cost)}
	row.listPrice, row.listCost, row.low, row.high = row.price, row.cost, row.cost, row.cost
	for _, other := range []struct {
		value            *parquet.Value
		amount, usedLike decimal.Decimal
	}{{&row.listPrice, c.ListPrice(), c.Price()}, {&row.listCost, costs.List, costs.Cost},
		{&row.low, costs.Low, costs.Cost}, {&row.high, costs.High, costs.Cost}} {
		if !other.amount.Equal(other.usedLike) {
			*other.value = amountValue(other.amount)
		}
	}
	text := hours.String()
	if d.hours[text].IsNull() {
		d.hours[text] = amountValue(hours)
	}
	row.hours = d.hours[text]
	return row
}

func (d *chargedDay) wordsOf(in *fleet.Instance) *words {
	key := sku{in.Model(), in.RegionName(), in.GPUCount, in.CPUCores, in.RAM, in.Purchase}
	w := d.words[key]
	if w == nil {
		id := key.id()
		w = &words{id, textValue(id), textValue(key.details()), textValue(key.describe())}
		d.words[key] = w
	}
	return w
}

// What the columns say of every charge.
const (
	provider       = "Nebula Block"
	defaultAccount = "default" // the account if none is given
	instanceType   = "Instance"
)

var charges = newTable("charges", chargeColumns())

// chargeColumns returns the columns: those of FOCUS 1.2 by its names, then our own, which begin with x_.
func chargeColumns() []column[charge] {
	type row = charge
	constant := func(text string) func(row) parquet.Value {
		value := textValue(text)
		return func(row) parquet.Value { return value }
	}
	of := func(text func(row) string) func(row) parquet.Value {
		return func(c row) parquet.Value { return textValue(text(c)) }
	}
	nothingBilled := amountValue(decimal.Decimal{}) // usage draws on credit that was paid for before
	return []column[row]{
		{"BilledCost", amount, func(row) parquet.Value { return nothingBilled }},
		{"EffectiveCost", amount, func(c row) parquet.Value { return c.cost }},
		{"ListCost", amount, func(c row) parquet.Value { return c.listCost }},
		{"ContractedCost", amount, func(c row) parquet.Value { return c.cost }},
		{"ListUnitPrice", amount, func(c row) parquet.Value { return c.listPrice }},
		{"ContractedUnitPrice", amount, func(c row) parquet.Value { return c.price }},
		{"PricingQuantity", amount, func(c row) parquet.Value { return c.hours }},
		{"PricingUnit", text, constant("Hours")},
		{"ConsumedQuantity", amount, func(c row) parquet.Value { return c.hours }},
		{"ConsumedUnit", text, constant("Hours")},
		{"ChargePeriodStart", moment, func(c row) parquet.Value { return c.start }},
		{"ChargePeriodEnd", moment, func(c row) parquet.Value { return c.end }},
		{"BillingPeriodStart", moment, func(c row) parquet.Value { return c.monthStart }},
		{"BillingPeriodEnd", moment, func(c row) parquet.Value { return c.monthEnd }},
		{"BillingAccountId", text, of(func(c row) string { return cmp.Or(c.In.Account, defaultAccount) })},
		{"BillingAccountName", text, of(func(c row) string { return c.In.Account })},
		{"BillingCurrency", text, of(func(c row) string { return c.Currency })},
		{"ChargeCategory", text, constant("Usage")},
		{"ChargeClass", text, constant("")}, // null: not a correction
		{"ChargeDescription", text, func(c row) parquet.Value { return c.words.charge }},
		{"ChargeFrequency", text, constant("Usage-Based")},
		{"InvoiceIssuerName", text, constant(provider)},
		{"ProviderName", text, constant(provider)},
		{"PublisherName", text, constant(provider)},
		{"ServiceCategory", text, constant("Compute")},
		{"ServiceName", text, constant("Instances")},
		{"PricingCategory", text, of(func(c row) string { return pricingCategory(c.In.Purchase) })},
		{"RegionId", text, of(func(c row) string { return c.In.Region })},
		{"RegionName", text, of(func(c row) string { return c.In.Region })},
		{"ResourceId", unique, of(func(c row) string { return c.In.ID })},
		{"ResourceName", unique, of(func(c row) string { return c.In.HostName })},
		{"ResourceType", text, of(resourceType)},
		{"SkuId", text, func(c row) parquet.Value { return c.words.sku }},
		{"SkuMeter", text, constant("Instance hours")},
		{"SkuPriceId", text, of(skuPriceID)},
		{"SkuPriceDetails", text, func(c row) parquet.Value { return c.words.details }},
		{"Tags", text, of(func(c row) string { return tagsOf(c.In.Owner) })},
		{"x_GpuModel", text, of(func(c row) string { return c.In.Model() })},
		{"x_GpuCount", whole, func(c row) parquet.Value { return optional(c.In.GPUCount, wholeValue) }},
		{"x_GpuHours", amount, func(c row) parquet.Value { return optional(c.GPUHours(), amountValue) }},
		{"x_Status", text, of(func(c row) string { return c.In.Status })},
		{"x_PriceSource", text, of(func(c row) string { return c.In.PriceSource.String() })},
		{"x_LowCost", amount, func(c row) parquet.Value { return c.low }},
		{"x_HighCost", amount, func(c row) parquet.Value { return c.high }},
		{"x_BilledRate", text, of(func(c row) string { return c.Bill.Name() })},
		{"x_Observed", flag, func(c row) parquet.Value { return parquet.BooleanValue(c.Observed) }},
	}
}

func resourceType(c charge) string {
	switch {
	case c.In.ID == "":
		return "" // as FOCUS wants it
	case c.In.ProductType == "":
		return instanceType
	}
	return c.In.ProductType
}

// pricingCategory returns Standard for instances on demand and Committed for reserved ones.
func pricingCategory(p fleet.Purchase) string {
	switch p {
	case fleet.OnDemand:
		return "Standard"
	case fleet.Reserved:
		return "Committed"
	}
	return "Other"
}

// describe returns what is charged, in words: "8 x H100-80G-PCIe in CANADA-1".
func (s sku) describe() string {
	text := s.model + " in " + s.region
	if s.gpus.Known && s.gpus.Value > 0 {
		return fmt.Sprintf("%.0f x %s", s.gpus.Value, text)
	}
	return text
}

// id returns the name of what is sold, whatever its price: model, number of GPUs, cores and RAM.
func (s sku) id() string {
	part := func(n fleet.Number, unit string) string {
		if !n.Known {
			return ""
		}
		return fmt.Sprintf("/%g%s", n.Value, unit)
	}
	return s.model + part(s.gpus, "gpu") + part(s.cores, "cpu") + part(s.memory, "gb")
}

// skuPriceID returns the name of a price of what is sold: where, how it is paid for, and how much.
func skuPriceID(c charge) string {
	price := c.Price().String()
	list := price
	if c.In.ListPrice.Known {
		list = c.ListPrice().String()
	}
	return c.words.id + "/" + c.In.RegionName() + "/" + pricingCategory(c.In.Purchase) + "/" + list + "/" + price
}

// details returns a JSON object with the properties that are known, by the names of FOCUS; "" for none.
func (s sku) details() string {
	details := map[string]float64{} // encoded in the order of the names
	for name, n := range map[string]fleet.Number{"CoreCount": s.cores, "GpuCount": s.gpus, "MemorySize": s.memory} {
		if n.Known {
			details[name] = n.Value
		}
	}
	if len(details) == 0 {
		return ""
	}
	text, _ := json.Marshal(details) // fails only for infinite numbers
	return string(text)
}

// tagsOf returns a JSON object with the owner, "" without one.
func tagsOf(owner string) string {
	if owner == "" {
		return ""
	}
	text, _ := json.Marshal(map[string]string{ownerField.Name: owner}) // never fails
	return string(text)
}

// ownerOf returns the owner of a JSON object of tagsOf.
func ownerOf(tags string) string {
	var found map[string]string
	_ = json.Unmarshal([]byte(tags), &found) // "" has none
	return found[ownerField.Name]
}
