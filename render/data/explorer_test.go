package data

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"gpufleet/fetch/fleet"
	"gpufleet/render/report"
	"gpufleet/render/report/reporttest"
)

// rowsOfExplorerData reads data/instances.js as its script does: the values of each row by column name, "" if unknown.
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

// TestExplorerData checks that the live table's data is exactly that of data/instances.json, for every audience and
// with hidden fields.
func TestExplorerData(t *testing.T) {
	fleets := map[string]func() []*fleet.Instance{
		"one":   func() []*fleet.Instance { return []*fleet.Instance{reporttest.Example(t)} },
		"none":  func() []*fleet.Instance { return nil },
		"blank": func() []*fleet.Instance { return []*fleet.Instance{{}, {}, {ID: "a b"}} },
		"wild":  func() []*fleet.Instance { return reporttest.Wild(t).Instances },
		"2024": func() []*fleet.Instance {
			return reporttest.Sample(t, "../e2e/testdata/golden/reply-2024-11/instances.json")
		},
		"2025": func() []*fleet.Instance {
			return reporttest.Sample(t, "../e2e/testdata/golden/reply-2025/instances.json")
		},
		"large": func() []*fleet.Instance { return reporttest.Large(t, 5000) },
		"exotic": func() []*fleet.Instance {
			return []*fleet.Instance{{ID: "x", HostName: "\u2028</script>\\\"\u00a0ﬀ😀", Status: "Running"}}
		},
	}
	for name, list := range fleets {
		for _, audience := range []report.Audience{report.Public, report.Internal} {
			for _, hidden := range [][]string{
				nil,
				{"host_name", "id", "product_type"},
				{"created_at", "disk_size", "ephemeral", "os"},
			} {
				f := &fleet.Fleet{Instances: list()}
				f.Hide(hidden, []byte("key"))
				r := report.New(f, report.Settings{
					Audience:      audience,
					Hidden:        hidden,
					Currency:      "CAD",
					HoursPerMonth: decimal.NewFromInt(730),
					Generated:     time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC),
				})
				head, got := rowsOfExplorerData(t, written(t, WriteExplorer, r))
				if diff := cmp.Diff(rowsOfJSON(t, written(t, WriteInstancesJSON, r)), got); diff != "" {
					t.Errorf("%s, %s, without %v: %s", name, audience, hidden, diff)
				}
				if head.Hours != "730" || head.Sign != "CAD " || head.Currency != "CAD" {
					t.Errorf("%s: a month of %q hours, amounts behind %q", name, head.Hours, head.Sign)
				}
				checkExplorerHead(t, r, head)
			}
		}
	}
}

// checkExplorerHead checks that the groups cover the rows in order, and that the anchors are those of the pages.
func checkExplorerHead(t *testing.T, r *report.Report, head explorerHead) {
	t.Helper()
	at := 0
	for _, group := range head.Groups {
		for range group[2] {
			if in := r.Instances[at]; in.RegionName() != head.Dimensions[0].Names[group[0]] ||
				in.Model() != head.Dimensions[1].Names[group[1]] {
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

// TestExplorerValuesAreSorted checks that a column's values are distinct and sorted, with few and with many of them.
func TestExplorerValuesAreSorted(t *testing.T) {
	for _, n := range []int{3000, 12_000} {
		r := reporttest.Of(reporttest.Large(t, n)...)
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
