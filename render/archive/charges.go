package archive

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/shopspring/decimal"

	"gpufleet/fetch/fleet"
	"gpufleet/render/report"
)

// charge is a row of charges: what an instance cost on a day at a price.
type charge struct {
	*report.Charge
	report.Costs
	day      time.Time
	currency string
}

func chargeOf(c *report.Charge, day time.Time, currency string) charge {
	return charge{c, c.Costs(), day, currency}
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
	var columns []column[charge]
	add := func(name string, kind kind, value func(charge) parquet.Value) {
		columns = append(columns, column[charge]{name, kind, value})
	}
	addText := func(name string, value func(c charge) string) {
		add(name, text, func(c charge) parquet.Value { return textValue(value(c)) })
	}
	addAmount := func(name string, value func(charge) decimal.Decimal) {
		add(name, amount, func(c charge) parquet.Value { return amountValue(value(c)) })
	}
	addMoment := func(name string, value func(charge) time.Time) {
		add(name, moment, func(c charge) parquet.Value { return momentValue(value(c)) })
	}
	constant := func(name, value string) { addText(name, func(charge) string { return value }) }

	// Usage draws on credit that was paid for before, so nothing is billed for it.
	addAmount("BilledCost", func(charge) decimal.Decimal { return decimal.Decimal{} })
	addAmount("EffectiveCost", func(c charge) decimal.Decimal { return c.Cost })
	addAmount("ListCost", func(c charge) decimal.Decimal { return c.List })
	addAmount("ContractedCost", func(c charge) decimal.Decimal { return c.Cost })
	addAmount("ListUnitPrice", func(c charge) decimal.Decimal { return c.ListPrice() })
	addAmount("ContractedUnitPrice", func(c charge) decimal.Decimal { return c.Price() })
	addAmount("PricingQuantity", func(c charge) decimal.Decimal { return c.Hours() })
	constant("PricingUnit", "Hours")
	addAmount("ConsumedQuantity", func(c charge) decimal.Decimal { return c.Hours() })
	constant("ConsumedUnit", "Hours")
	addMoment("ChargePeriodStart", func(c charge) time.Time { return c.day })
	addMoment("ChargePeriodEnd", func(c charge) time.Time { return c.day.AddDate(0, 0, 1) })
	addMoment("BillingPeriodStart", func(c charge) time.Time { return c.day.AddDate(0, 0, 1-c.day.Day()) })
	addMoment("BillingPeriodEnd", func(c charge) time.Time { return c.day.AddDate(0, 1, 1-c.day.Day()) })
	addText("BillingAccountId", func(c charge) string { return accountOf(c.In, defaultAccount) })
	addText("BillingAccountName", func(c charge) string { return c.In.Account })
	addText("BillingCurrency", func(c charge) string { return c.currency })
	constant("ChargeCategory", "Usage")
	constant("ChargeClass", "") // not a correction
	addText("ChargeDescription", describe)
	constant("ChargeFrequency", "Usage-Based")
	constant("InvoiceIssuerName", provider)
	constant("ProviderName", provider)
	constant("PublisherName", provider)
	constant("ServiceCategory", "Compute")
	constant("ServiceName", "Instances")
	addText("PricingCategory", pricingCategory)
	addText("RegionId", func(c charge) string { return c.In.Region })
	addText("RegionName", func(c charge) string { return c.In.Region })
	add("ResourceId", unique, func(c charge) parquet.Value { return textValue(c.In.ID) })
	add("ResourceName", unique, func(c charge) parquet.Value { return textValue(c.In.HostName) })
	addText("ResourceType", resourceType)
	addText("SkuId", skuID)
	constant("SkuMeter", "Instance hours")
	addText("SkuPriceId", skuPriceID)
	addText("SkuPriceDetails", skuPriceDetails)
	addText("Tags", tags)
	addText("x_GpuModel", func(c charge) string { return c.In.Model() })
	add("x_GpuCount", whole, func(c charge) parquet.Value {
		return optional(c.In.GPUCount, func(n float64) parquet.Value { return parquet.Int64Value(int64(n)) })
	})
	add("x_GpuHours", amount, func(c charge) parquet.Value { return optional(c.GPUHours(), amountValue) })
	addText("x_Status", func(c charge) string { return c.In.Status })
	addText("x_PriceSource", func(c charge) string { return c.In.PriceSource.String() })
	addAmount("x_LowCost", func(c charge) decimal.Decimal { return c.Low })
	addAmount("x_HighCost", func(c charge) decimal.Decimal { return c.High })
	addText("x_BilledRate", func(c charge) string { return c.Bill.Name() })
	add("x_Observed", flag, func(c charge) parquet.Value { return parquet.BooleanValue(c.Observed) })
	return columns
}

func accountOf(in *fleet.Instance, missing string) string {
	if in.Account == "" {
		return missing
	}
	return in.Account
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
func pricingCategory(c charge) string {
	switch c.In.Purchase {
	case fleet.OnDemand:
		return "Standard"
	case fleet.Reserved:
		return "Committed"
	}
	return "Other"
}

// describe returns what is charged, in words: "8 x H100-80G-PCIe in CANADA-1".
func describe(c charge) string {
	text := c.In.Model()
	if n := c.In.GPUCount; n.Known && n.Value > 0 {
		text = fmt.Sprintf("%.0f x %s", n.Value, text)
	}
	return text + " in " + c.In.RegionName()
}

// skuID returns what is sold, whatever its price: model, number of GPUs, cores and RAM.
func skuID(c charge) string {
	part := func(n fleet.Number, unit string) string {
		if !n.Known {
			return ""
		}
		return fmt.Sprintf("/%g%s", n.Value, unit)
	}
	return c.In.Model() + part(c.In.GPUCount, "gpu") + part(c.In.CPUCores, "cpu") + part(c.In.RAM, "gb")
}

// skuPriceID returns a price of what is sold: where, how it is paid for, and how much.
func skuPriceID(c charge) string {
	return skuID(c) + "/" + c.In.RegionName() + "/" + pricingCategory(c) + "/" + c.ListPrice().String() + "/" +
		c.Price().String()
}

// skuPriceDetails returns a JSON object with the properties that are known, by the names of FOCUS; "" for none.
func skuPriceDetails(c charge) string {
	details := map[string]float64{} // encoded in the order of the names
	for name, n := range map[string]fleet.Number{
		"CoreCount": c.In.CPUCores, "GpuCount": c.In.GPUCount, "MemorySize": c.In.RAM,
	} {
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

// tags returns a JSON object with the owner, "" without one.
func tags(c charge) string {
	if c.In.Owner == "" {
		return ""
	}
	text, _ := json.Marshal(map[string]string{ownerField.Name: c.In.Owner}) // never fails
	return string(text)
}
