// Package reporttest makes reports for the tests of packages that write them.
package reporttest

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
	"gpufleet/render/report"
)

// Of returns a report of instances, at a fixed time. It is divided by owners if one has an owner.
func Of(instances ...*fleet.Instance) *report.Report {
	return report.New(&fleet.Fleet{Instances: instances}, report.Settings{
		Title: "Fleet", Generated: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), Version: "test",
		Source:   report.FromFile,
		Audience: report.Public, Currency: "USD", HoursPerMonth: decimal.NewFromInt(730),
		Owners: slices.ContainsFunc(instances, func(in *fleet.Instance) bool { return in.Owner != "" }),
	})
}

// Later returns the report of list now, a day after a report of list old.
func Later(t *testing.T, old, now []*fleet.Instance) *report.Report {
	t.Helper()
	first := Of(old...)
	if err := first.Compare(&history.History{}); err != nil {
		t.Fatal(err)
	}
	s := first.Settings
	s.Generated = s.Generated.Add(24 * time.Hour)
	r := report.New(&fleet.Fleet{Instances: now}, s)
	if err := r.Compare(&history.History{Snapshots: first.Snapshots, Days: first.Days}); err != nil {
		t.Fatal(err)
	}
	return r
}

// Example returns an instance whose values are awkward to write.
func Example(t *testing.T) *fleet.Instance {
	t.Helper()
	price, err := fleet.ParseMoney("0.6790")
	if err != nil {
		t.Fatal(err)
	}
	return &fleet.Instance{ID: "007", Region: "A", HostName: `x,"y`, CPUCores: fleet.Known(0.5),
		RAM: fleet.Known(1234567.0), GPU: "RTX", GPUCount: fleet.Known(0.0), Price: fleet.Known(price),
		PriceSource: fleet.ListPrice, Purchase: fleet.Reserved, PublicIPv4: "198.51.100.1", Status: "<Running>",
		CreatedAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
}

// Large returns n instances with everything that tables must handle: long decimals, numbered names, unknown values.
func Large(t *testing.T, n int) []*fleet.Instance {
	t.Helper()
	pick := func(i, step int, names ...string) string { return names[i/step%len(names)] }
	list := make([]*fleet.Instance, n)
	for i := range list {
		in := &fleet.Instance{
			ID:          fmt.Sprintf("%08x-%d", uint32(i)*2654435761, i),
			Region:      pick(i, 7, "CANADA-1", "NORWAY-1", "US-EAST-1", "Montreal", ""),
			ProductType: pick(i, 3, "GPU", "Virtual Machine", "Container", ""),
			HostName:    fmt.Sprint(pick(i, 1, "train", "Infer", "=cmd", "a,\"b\"", "-x", "ünï"), "-", i%(n/2+1)),
			CPUCores:    fleet.Known(float64(4 + i%96)),
			RAM:         fleet.Known(float64(i%1000) + 0.5),
			GPU:         pick(i, 11, "H100-80G-SXM", "RTX-A6000", "L40S-48G", ""),
			GPUCount:    fleet.Known(float64(i % 9)),
			DiskSize:    fleet.Known(float64(i % 2000)),
			OS:          pick(i, 5, "Ubuntu 22.04", "Debian 13", ""),
			Status:      pick(i, 2, "Running", "Running", "Stopped", "Error", "Deleted", "Paused", ""),
			CreatedAt:   time.Date(2025, 1, 1, 0, 0, i*97, 0, time.UTC),
		}
		if i%13 == 0 {
			in.GPUCount = fleet.Number{}
		}
		if i%10 > 0 {
			price, err := fleet.ParseMoney(fmt.Sprintf("%d.%d", i%30, 1+i%997))
			if err != nil {
				t.Fatal(err)
			}
			in.Price, in.PriceSource = fleet.Known(price), fleet.ListPrice
		}
		list[i] = in
	}
	return list
}

// Sample reads instances from a data/instances.json.
func Sample(t *testing.T, path string) []*fleet.Instance {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	type row struct {
		ID, Region, GPU, OS, Status, Owner string
		ProductType                        string       `json:"product_type"`
		HostName                           string       `json:"host_name"`
		CPUCores                           *json.Number `json:"cpu_cores"`
		RAM                                *json.Number
		GPUType                            string       `json:"gpu_type"`
		GPUCount                           *json.Number `json:"gpu_count"`
		DiskSize                           *json.Number `json:"disk_size"`
		Ephemeral                          *json.Number
		PriceSource                        string       `json:"price_source"`
		Purchase                           string       `json:"type"`
		Price                              *json.Number `json:"price_per_hour"`
		Created                            *time.Time   `json:"created_at"`
		Started                            *time.Time   `json:"started_at"`
	}
	var data struct {
		Instances []row
	}
	if err := json.Unmarshal(content, &data); err != nil {
		t.Fatal(err)
	}
	number := func(n *json.Number) fleet.Number {
		if n == nil {
			return fleet.Number{}
		}
		value, err := n.Float64()
		if err != nil {
			t.Fatal(err)
		}
		return fleet.Known(value)
	}
	var list []*fleet.Instance
	for _, r := range data.Instances {
		in := &fleet.Instance{ID: r.ID, Region: r.Region, ProductType: r.ProductType, HostName: r.HostName,
			CPUCores: number(r.CPUCores), RAM: number(r.RAM), GPU: r.GPU, GPUType: r.GPUType,
			GPUCount: number(r.GPUCount), DiskSize: number(r.DiskSize), Ephemeral: number(r.Ephemeral),
			OS: r.OS, Status: r.Status, Owner: r.Owner}
		if r.Price != nil {
			price, err := fleet.ParseMoney(r.Price.String())
			if err != nil {
				t.Fatal(err)
			}
			in.Price = fleet.Known(price)
		}
		for in.PriceSource.String() != r.PriceSource {
			in.PriceSource++
		}
		for in.Purchase.String() != r.Purchase {
			in.Purchase++
		}
		if r.Created != nil {
			in.CreatedAt = *r.Created
		}
		if r.Started != nil {
			in.StartedAt = *r.Started
		}
		list = append(list, in)
	}
	if len(list) == 0 {
		t.Fatalf("%s has no instances", path)
	}
	return list
}

// WildNames are difficult names: markup, no place for a line break, other scripts.
var WildNames = []string{"<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`,
	strings.Repeat("unbroken", 100), "שלום", "北京", "javascript:alert(1)",
	"<style>*{display:none}</style>", "{{7*7}}", "https://evil.example/x.png", "plain"}

// WildStatuses are typical statuses, one that nobody knows, and none.
var WildStatuses = []string{"Running", "Stopped", "Error", "Deploying", "Deleted", "<b>odd</b>", ""}

// Wild returns a report of WildNames and WildStatuses.
func Wild(t *testing.T) *report.Report {
	price, err := fleet.ParseMoney("1234.567")
	if err != nil {
		t.Fatal(err)
	}
	var list []*fleet.Instance
	for i := range 600 {
		in := &fleet.Instance{ID: fmt.Sprint(i), Region: "CANADA-1", GPU: "RTX-A6000",
			HostName: WildNames[i%len(WildNames)], OS: WildNames[(i+3)%len(WildNames)],
			Status: WildStatuses[i%len(WildStatuses)], GPUCount: fleet.Known(float64(i % 9)), RAM: fleet.Known(58.0)}
		if i < 40 {
			in.Region, in.GPU = WildNames[i%len(WildNames)], WildNames[(i/4)%len(WildNames)]
		}
		if i%3 > 0 {
			in.Price = fleet.Known(price)
		}
		list = append(list, in)
	}
	return Of(list...)
}
