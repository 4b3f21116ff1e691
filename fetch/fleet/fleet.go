// Package fleet has the types for what was fetched: instances, their prices, and warnings about the list.
// It doesn't depend on where the list comes from, nor on what is written.
package fleet

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Fleet is one complete instance list.
type Fleet struct {
	// Instances has each instance once, in the order of the list. They are pointers so that reading and sorting a million
	// rows does not copy them.
	Instances []*Instance
	// Warnings are about the list, in the order in which they were found. No warning contains a value from the list, only
	// row, field and JSON type.
	Warnings Warnings
	// IDWarnings are about ids with an address, which only a public report hides.
	IDWarnings Warnings

	// Unowned counts the instances that the owner file gives to nobody; zero without one.
	Unowned Unowned

	// Offers are the prices of the product list, the lowest one of each region, model and number of GPUs, in no order;
	// empty if it wasn't read.
	Offers []Offer

	// AsCame has the rows with texts that are not shown.
	AsCame AsCame
}

// Offer is the hourly price of a number of GPUs of a model in a region.
type Offer struct {
	Region, GPU string
	GPUs        int
	Price       Price
}

// Lower reports whether an offer has a lower price than another one. Of equal prices, the region that comes first by
// name counts as lower. An unknown price is higher than any other.
func (o Offer) Lower(other Offer) bool {
	if !o.Price.Known || !other.Price.Known {
		return o.Price.Known
	}
	return cmp.Or(o.Price.Value.Cmp(other.Price.Value), cmp.Compare(o.Region, other.Region)) < 0
}

// Unowned counts instances without an owner.
type Unowned struct{ Running, Listed int }

// AsCame has instances with their texts as they came. Those of the list lack a secret or are unknown instead. Only
// ids, prices and owners are found with it, and it is dropped once they are.
type AsCame map[*Instance]*Instance

// Of returns an instance of the list as it came.
func (a AsCame) Of(in *Instance) *Instance {
	if asCame, ok := a[in]; ok {
		return asCame
	}
	return in
}

// MaxInstances is the largest number of instances in a list. It limits memory: each takes about 350 bytes, and a
// gigabyte of "{}," would be 350 million.
const MaxInstances = 4_000_000

// Optional is a value that may be unknown. The zero Optional is unknown, which is not the same as 0.
type Optional[T any] struct {
	Value T
	Known bool
}

// Known returns an Optional with the value v.
func Known[T any](v T) Optional[T] { return Optional[T]{Value: v, Known: true} }

// Number is a count or a size. Whole numbers are exact up to 2^53.
type Number = Optional[float64]

// Price is an amount of money per hour that may be unknown. A price of 0 is known.
type Price = Optional[Money]

// Instance is one row of the list. It has only the fields that reports need, and none for anything else in a row, such
// as the root password. Text is clean (see CleanText); "" is unknown.
type Instance struct {
	ID          string // "" if the row has none
	Region      string
	ProductType string // instance_type in the older format: "GPU", "CPU", "Virtual Machine", ...
	HostName    string // free text by the user
	CPUCores    Number
	RAM         Number // GB
	GPU         string // the model: gpu, else gpu_type; "" if neither is given
	GPUType     string // gpu_type as received: the series, or in the older format the model
	GPUGroup    string // the model that it counts under, once that is fixed: see Model
	GPUCount    Number // a whole number
	DiskSize    Number // GB, the root disk
	Ephemeral   Number // GB, the disk that is deleted with the instance
	PublicIPv4  string // shown to an internal audience only
	Price       Price  // per hour, of the whole instance
	PriceSource PriceSource
	ListPrice   Price // the list's own price, where the price file replaced it; else unknown
	Purchase    Purchase
	OS          string
	Owner       string    // whose it is, by the owner file, or Unassigned; "" without an owner file
	Account     string    // that the list is of; "" if accounts are not given
	Status      string    // any text, shown as received
	CreatedAt   time.Time // UTC, to the second; zero if unknown
	StartedAt   time.Time // the last start; like CreatedAt
	// StatusSince is the first of the consecutive readings with this status; zero without an id, and before the report is
	// compared with previous ones.
	StatusSince time.Time
	// WithAddresses has the texts with the addresses that HideAddresses replaced; nil if there are none, as in most rows.
	WithAddresses *Instance
	// Secrets finds the instance's secrets in earlier lists; nil without any.
	Secrets *SecretHash
}

// PriceSource says where an instance's price comes from.
type PriceSource byte

// The sources of a price. The zero PriceSource means that the price is unknown.
const (
	NoPrice       PriceSource = iota
	ListPrice                 // the instance list itself
	FilePrice                 // the price file
	ProductsPrice             // the product list, for the same number of GPUs
	ScaledPrice               // the product list, scaled from another number of GPUs
)

var sourceNames = []string{"", "list", "file", "products", "products, scaled"}

// String returns the name of the source in outputs, "" for NoPrice.
func (p PriceSource) String() string { return sourceNames[p] }

// ParsePriceSource returns the source with a name, NoPrice if there is none.
func ParsePriceSource(name string) PriceSource {
	return PriceSource(max(0, slices.Index(sourceNames, name)))
}

// Purchase says how an instance is paid for: on demand or reserved.
type Purchase byte

// The values of type. The zero Purchase is unknown.
const (
	UnknownPurchase Purchase = iota
	OnDemand
	Reserved
)

var purchaseNames = []string{"", "on demand", "reserved"}

// String returns the name in outputs, "" for UnknownPurchase.
func (p Purchase) String() string { return purchaseNames[p] }

// ParsePurchase returns the value with a name, UnknownPurchase if there is none.
func ParsePurchase(name string) Purchase { return Purchase(max(0, slices.Index(purchaseNames, name))) }

// Names of groups that the API doesn't name.
const (
	CPUOnly       = "CPU only"
	UnknownGPU    = "Unknown GPU"
	UnknownRegion = "Unknown region"
	// Unassigned is the owner of instances that the owner file gives to nobody.
	Unassigned = "Unassigned"
	// NoAccount is the account of costs when no accounts are given any more.
	NoAccount = "No account"
)

// Model returns the GPU model that the instance counts under: GPUGroup if it is set, CPUOnly if the instance has no
// GPU, else GPU or UnknownGPU.
func (in *Instance) Model() string {
	switch {
	case in.GPUGroup != "":
		return in.GPUGroup
	case in.GPUCount.Known && in.GPUCount.Value == 0:
		return CPUOnly
	case in.GPU != "":
		return in.GPU
	case !in.GPUCount.Known && strings.EqualFold(in.ProductType, "CPU"):
		return CPUOnly
	default:
		return UnknownGPU
	}
}

// GPUs returns the number of GPUs for finding a price: gpu_count, or 0 for a CPU instance without gpu_count and model.
// Totals and rows show gpu_count as received.
func (in *Instance) GPUs() Number {
	if !in.GPUCount.Known && in.GPU == "" && in.Model() == CPUOnly {
		return Known(0.0)
	}
	return in.GPUCount
}

// RegionName returns the region that the instance counts under.
func (in *Instance) RegionName() string {
	if in.Region == "" {
		return UnknownRegion
	}
	return in.Region
}

// Running reports whether the instance is running.
func (in *Instance) Running() bool { return strings.EqualFold(in.Status, "Running") }

// documented has the statuses and product types that the provider's documentation names. Figures depend on them, so
// they are shown even if they are an instance's password too.
var documented = map[string][]string{
	"status": {"Running", "Deploying", "Deleting", "Deleted", "Stopped", "Error", "Booked", "Canceled", "Provisioning",
		"Completed"},
	"product_type": {"GPU", "CPU", "Virtual Machine", "Container", "Baremetal"},
}

// IsDocumented reports whether a text is one that the provider's documentation names for a field, in any case.
func (f *Field) IsDocumented(text string) bool {
	return slices.ContainsFunc(documented[f.Name], func(word string) bool { return strings.EqualFold(word, text) })
}

// gone has the statuses of instances that no longer exist, or don't exist yet.
var gone = []string{"Deleted", "Canceled", "Completed", "Booked"}

// Listed reports whether the instance still exists. That is so for any status except Deleted, Canceled, Completed and
// Booked, even an unknown one. The API doesn't document whether stopped instances are billed, so reports show the cost
// of both running and listed instances.
func (in *Instance) Listed() bool {
	for _, status := range gone {
		if strings.EqualFold(in.Status, status) {
			return false
		}
	}
	return true
}

// Times outside this range are not in seconds, but perhaps in milliseconds.
var (
	earliest = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	latest   = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
)

// TimeOf converts seconds since 1970, and reports whether the time is plausible. Fractions of a second are dropped, so
// that all times have the same format.
func TimeOf(seconds float64) (at time.Time, ok bool) {
	if seconds < float64(earliest) || seconds >= float64(latest) {
		return time.Time{}, false
	}
	return time.Unix(int64(seconds), 0).UTC(), true
}
