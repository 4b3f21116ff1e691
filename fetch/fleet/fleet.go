// Package fleet holds what was fetched: instances, their prices, and what was odd about the list.
// It knows neither where the list came from nor what will be written of it.
package fleet

import (
	"strings"
	"time"
)

// Fleet is one complete instance list.
type Fleet struct {
	// Instances holds each instance once, in the order of the list. It is empty for an empty fleet. They are
	// pointers so that a million rows are neither copied while they are read nor while they are sorted.
	Instances []*Instance
	// Warnings says what was odd about the list, in the order in which it was met. No warning holds
	// a value from the list: it names row, field and JSON type.
	Warnings Warnings
}

// MaxInstances is how many instances a list may have: a gigabyte of "{}," would be 350 million, and each takes about
// 350 bytes.
const MaxInstances = 4_000_000

// Optional is a value that may be unknown. The zero Optional is unknown: an unknown is never taken for 0.
type Optional[T any] struct {
	Value T
	Known bool
}

// Known returns an Optional that holds v.
func Known[T any](v T) Optional[T] { return Optional[T]{Value: v, Known: true} }

// Number is a count or a size. Whole numbers are exact up to 2^53.
type Number = Optional[float64]

// Price is an amount of money per hour that may be unknown. A price of 0 is known.
type Price = Optional[Money]

// Instance is one row of the list. The fields are those of the API's document and no others: what else
// a row carries (a root password among it) has no place here. Text is clean (see the decoder), "" is missing.
type Instance struct {
	ID          string // "" where the row has none
	Region      string
	ProductType string // instance_type in the older shape: "GPU", "CPU", "Virtual Machine", ...
	HostName    string // the user's own name for it: free text
	CPUCores    Number
	RAM         Number // GB
	GPU         string // the model: gpu, else gpu_type; "" where neither is given
	GPUType     string // gpu_type as it came: the series, or in the older shape the model
	GPUGroup    string // the model under which it is counted, once that is settled: see Model
	GPUCount    Number // a whole number
	DiskSize    Number // GB, the root disk
	Ephemeral   Number // GB, the disk that goes with the instance
	PublicIPv4  string // shown to an internal audience only
	Price       Price  // per hour of the whole instance
	PriceSource PriceSource
	Purchase    Purchase
	OS          string
	Status      string    // an open list: shown as it came
	CreatedAt   time.Time // UTC, to the second; the zero time where unknown
	StartedAt   time.Time // when it last started; as CreatedAt
	// StatusSince is the first of the readings in a row that had this status; the zero time before the report is
	// compared with earlier ones, and without an id.
	StatusSince time.Time
}

// PriceSource says where an instance's price comes from.
type PriceSource byte

// The sources of a price. The zero PriceSource goes with an unknown price.
const (
	NoPrice       PriceSource = iota
	ListPrice                 // the instance list itself
	FilePrice                 // the price file
	ProductsPrice             // the product list, from a product with as many GPUs
	ScaledPrice               // the product list, from a product with another number of GPUs
)

// String returns the name of the source as outputs show it, "" for NoPrice.
func (p PriceSource) String() string {
	return [...]string{"", "list", "file", "products", "products, scaled"}[p]
}

// Purchase says how an instance is paid for: by what it runs, or for a time agreed on.
type Purchase byte

// The ways of paying, as type tells them. The zero Purchase is unknown.
const (
	UnknownPurchase Purchase = iota
	OnDemand
	Reserved
)

// String returns the name as outputs show it, "" for UnknownPurchase.
func (p Purchase) String() string { return [...]string{"", "on demand", "reserved"}[p] }

// Names of the groups that the API has no name for.
const (
	CPUOnly       = "CPU only"
	UnknownGPU    = "Unknown GPU"
	UnknownRegion = "Unknown region"
)

// Model returns the name of the GPU model under which the instance is counted: GPUGroup where that is settled, else
// its model, or CPUOnly where it has no GPU, or UnknownGPU.
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

// GPUs returns how many GPUs the instance has by all that the list says: its gpu_count, and 0 without one for a CPU
// instance without a model. It serves to find a price; totals and rows show gpu_count as it came.
func (in *Instance) GPUs() Number {
	if !in.GPUCount.Known && in.GPU == "" && in.Model() == CPUOnly {
		return Known(0.0)
	}
	return in.GPUCount
}

// RegionName returns the name of the region under which the instance is counted.
func (in *Instance) RegionName() string {
	if in.Region == "" {
		return UnknownRegion
	}
	return in.Region
}

// Running reports whether the instance runs.
func (in *Instance) Running() bool { return strings.EqualFold(in.Status, "Running") }

// gone are the statuses of what does not exist any more, or not yet.
var gone = []string{"Deleted", "Canceled", "Completed", "Booked"}

// Listed reports whether the instance still exists: every status but Deleted, Canceled, Completed and
// Booked, an unknown one included. Whether a stopped instance is billed is not documented, so both what
// runs and what is listed are reported.
func (in *Instance) Listed() bool {
	for _, status := range gone {
		if strings.EqualFold(in.Status, status) {
			return false
		}
	}
	return true
}

// Times outside these are taken for something else, such as milliseconds.
var (
	earliest = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	latest   = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
)

// TimeOf returns the time of so many seconds since 1970, and whether it can be one of an instance. Parts of a second
// are dropped: nobody needs them, and times of one form sort and parse everywhere.
func TimeOf(seconds float64) (at time.Time, ok bool) {
	if seconds < float64(earliest) || seconds >= float64(latest) {
		return time.Time{}, false
	}
	return time.Unix(int64(seconds), 0).UTC(), true
}
