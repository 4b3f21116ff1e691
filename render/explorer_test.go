package render

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"gpufleet/fetch/fleet"
	"gpufleet/render/report"
)

// rowsOfExplorerData reads data/instances.js as its script does: what each row has, by the columns' names, "" where that is unknown.
func rowsOfExplorerData(t *testing.T, script string) (head explorerHead, rows []map[string]string) {
	t.Helper()
	text, begins := strings.CutPrefix(script, "globalThis.gpufleetInstances = ")
	text, ends := strings.CutSuffix(text, ";\n")
	var data struct {
		explorerHead
		Columns []explorerColumn `json:"columns"`
	}
	if err := json.Unmarshal([]byte(text), &data); err != nil || !begins || !ends {
		t.Fatalf("%v: %.300s", err, script)
	}
	for range data.Total {
		rows = append(rows, map[string]string{})
	}
	for _, column := range data.Columns {
		if len(column.Rows) != data.Total || column.Values == nil {
			t.Fatalf("%s: %d rows of %d, values %v", column.Name, len(column.Rows), data.Total, column.Values)
		}
		for i, number := range column.Rows {
			if rows[i][column.Name] = ""; number < len(column.Values) {
				rows[i][column.Name] = column.Values[number]
			}
		}
	}
	return data.explorerHead, rows
}

// rowsOfJSON reads data/instances.json the same way.
func rowsOfJSON(t *testing.T, text string) (rows []map[string]string) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var data struct{ Instances []map[string]any }
	if err := decoder.Decode(&data); err != nil {
		t.Fatal(err)
	}
	for _, in := range data.Instances {
		row := map[string]string{}
		for name, value := range in {
			if row[name] = ""; value != nil {
				row[name] = fmt.Sprint(value)
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// sampleFleet makes a fleet of a data/instances.json.
func sampleFleet(t *testing.T, path string) []*fleet.Instance {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	type row struct {
		ID, Region, GPU, OS, Status string
		ProductType                 string       `json:"product_type"`
		HostName                    string       `json:"host_name"`
		CPUCores                    *json.Number `json:"cpu_cores"`
		RAM                         *json.Number
		GPUType                     string       `json:"gpu_type"`
		GPUCount                    *json.Number `json:"gpu_count"`
		DiskSize                    *json.Number `json:"disk_size"`
		Ephemeral                   *json.Number
		PriceSource                 string       `json:"price_source"`
		Purchase                    string       `json:"type"`
		Price                       *json.Number `json:"price_per_hour"`
		Created                     *time.Time   `json:"created_at"`
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
		in := &fleet.Instance{ID: r.ID, Region: r.Region, ProductType: r.ProductType, HostName: r.HostName, CPUCores: number(r.CPUCores), RAM: number(r.RAM),
			GPU: r.GPU, GPUType: r.GPUType, GPUCount: number(r.GPUCount), DiskSize: number(r.DiskSize), Ephemeral: number(r.Ephemeral), OS: r.OS, Status: r.Status}
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
		list = append(list, in)
	}
	if len(list) == 0 {
		t.Fatalf("%s has no instances", path)
	}
	return list
}

// TestExplorerData holds that the live table's data has what data/instances.json has, row by row and to the digit, whoever may see
// it and whatever is hidden: no more and no less.
func TestExplorerData(t *testing.T) {
	fleets := map[string]func() []*fleet.Instance{
		"one":   func() []*fleet.Instance { return []*fleet.Instance{exampleInstance(t)} },
		"none":  func() []*fleet.Instance { return nil },
		"blank": func() []*fleet.Instance { return []*fleet.Instance{{}, {}, {ID: "a b"}} },
		"wild":  func() []*fleet.Instance { return wildFleet(t).Instances },
		"2024":  func() []*fleet.Instance { return sampleFleet(t, "testdata/reply-2024-11/instances.json") },
		"2025":  func() []*fleet.Instance { return sampleFleet(t, "testdata/reply-2025/instances.json") },
		"large": func() []*fleet.Instance { return largeFleet(t, 5000) },
		"exotic": func() []*fleet.Instance {
			return []*fleet.Instance{{ID: "x", HostName: "\u2028</script>\\\"\u00a0ﬀ😀", Status: "Running"}}
		},
	}
	for name, list := range fleets {
		for _, audience := range []report.Audience{report.Public, report.Internal} {
			for _, hidden := range [][]string{nil, {"host_name", "id", "product_type"}, {"created_at", "disk_size", "ephemeral", "os"}} {
				f := &fleet.Fleet{Instances: list()}
				f.Hide(hidden, []byte("key"))
				r := report.New(f, report.Settings{Audience: audience, Hidden: hidden, Currency: "CAD", HoursPerMonth: decimal.NewFromInt(730),
					Generated: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)})
				head, got := rowsOfExplorerData(t, written(t, writeExplorerData, r))
				if diff := cmp.Diff(rowsOfJSON(t, written(t, writeInstancesJSON, r)), got); diff != "" {
					t.Errorf("%s, %s, without %v: %s", name, audience, hidden, diff)
				}
				if head.Hours != "730" || head.Currency != "CAD " {
					t.Errorf("%s: a month of %q hours, amounts behind %q", name, head.Hours, head.Currency)
				}
				checkExplorerHead(t, r, head)
			}
		}
	}
}

// checkExplorerHead holds that the groups cover the rows in their order, and the anchors are those of the pages.
func checkExplorerHead(t *testing.T, r *report.Report, head explorerHead) {
	t.Helper()
	at := 0
	for _, group := range head.Groups {
		for range group[2] {
			if in := r.Instances[at]; in.RegionName() != head.Regions[group[0]] || in.Model() != head.Models[group[1]] {
				t.Errorf("row %d is of %s and %s, not of group %v", at, in.RegionName(), in.Model(), group)
			}
			at++
		}
	}
	if at != len(r.Instances) {
		t.Errorf("the groups have %d rows of %d", at, len(r.Instances))
	}
	for i, in := range r.Instances {
		anchor := head.Anchors[i]
		if anchor == "" && in.ID != "" {
			anchor = "i-" + in.ID
		}
		if anchor != string(report.AppendAnchor(nil, in)) {
			t.Errorf("row %d has the anchor %s, not %s", i, anchor, string(report.AppendAnchor(nil, in)))
		}
	}
}

// TestExplorerValuesAreSorted holds that a column's values are each once and in the order in which its rows are sorted, few as they are
// or many.
func TestExplorerValuesAreSorted(t *testing.T) {
	for _, n := range []int{3000, 12_000} {
		r := reportOf(largeFleet(t, n)...)
		twice := slices.Concat(r.Instances, r.Instances)
		for _, column := range r.Columns {
			values, rows := distinct(twice, column)
			of := map[string]report.Value{}
			for _, in := range r.Instances {
				of[report.Exact(column.Type, column.Value(in))] = column.Value(in)
			}
			for i := 1; i < len(values); i++ {
				if report.Compare(column.Type, of[values[i-1]], of[values[i]]) >= 0 {
					t.Fatalf("%s: %v before %v", column.Name, values[i-1], values[i])
				}
			}
			for i, in := range twice {
				value := column.Value(in)
				if value.Known != (rows[i] < len(values)) || value.Known && report.Exact(column.Type, value) != values[rows[i]] {
					t.Fatalf("%s: row %d has value %d", column.Name, i, rows[i])
				}
			}
		}
	}
}

// largeFleet has many instances with all that tables must cope with: prices of many decimals, names that count, unknowns.
func largeFleet(t *testing.T, n int) []*fleet.Instance {
	t.Helper()
	pick := func(i, step int, names ...string) string { return names[i/step%len(names)] }
	list := make([]*fleet.Instance, n)
	for i := range list {
		in := &fleet.Instance{ID: fmt.Sprintf("%08x-%d", uint32(i)*2654435761, i), Region: pick(i, 7, "CANADA-1", "NORWAY-1", "US-EAST-1", "Montreal", ""),
			ProductType: pick(i, 3, "GPU", "Virtual Machine", "Container", ""), HostName: fmt.Sprintf("%s-%d", pick(i, 1, "train", "Infer", "=cmd", "a,\"b\"", "-x", "ünï"), i%(n/2+1)),
			CPUCores: fleet.Known(float64(4 + i%96)), RAM: fleet.Known(float64(i%1000) + 0.5), GPU: pick(i, 11, "H100-80G-SXM", "RTX-A6000", "L40S-48G", ""),
			GPUCount: fleet.Known(float64(i % 9)), DiskSize: fleet.Known(float64(i % 2000)), OS: pick(i, 5, "Ubuntu 22.04", "Debian 13", ""),
			Status: pick(i, 2, "Running", "Running", "Stopped", "Error", "Deleted", "Paused", ""), CreatedAt: time.Date(2025, 1, 1, 0, 0, i*97, 0, time.UTC)}
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
