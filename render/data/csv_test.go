package data

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gpufleet/fetch/fleet"
	"gpufleet/render/report"
	"gpufleet/render/report/reporttest"
)

func written(t *testing.T, write func(io.Writer, *report.Report) error, r *report.Report) string {
	t.Helper()
	var b strings.Builder
	if err := write(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestInstancesCSV(t *testing.T) {
	got := written(t, WriteInstancesCSV, reporttest.Of(reporttest.Example(t), &fleet.Instance{}))
	want := "\uFEFFgenerated_at,currency,id,region,product_type,host_name,cpu_cores,ram,gpu,gpu_group,gpu_type," +
		"gpu_count,disk_size,ephemeral,price_per_hour,price_source,type,os,status,created_at,started_at\n" +
		`2026-11-22T12:00:00Z,USD,007,A,,"x,""y",0.5,1234567,RTX,CPU only,,0,,,0.679,list,reserved,,<Running>,` +
		"2026-01-02T03:04:05Z,\n2026-11-22T12:00:00Z,USD,,,,,,,,Unknown GPU,,,,,,,,,,,\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestGroupsCSV(t *testing.T) {
	in := reporttest.Example(t)
	in.GPUCount, in.Status = fleet.Known(2.0), "Running"
	rows, err := csv.NewReader(strings.NewReader(written(t, WriteGroupsCSV,
		reporttest.Of(in, &fleet.Instance{Region: "A", GPU: "RTX", Status: "running"})))).ReadAll()
	if err != nil || len(rows) != 2 {
		t.Fatalf("%v, %v", rows, err)
	}
	got := map[string]string{}
	for i, name := range rows[0] {
		got[name] = rows[1][i]
	}
	want := map[string]string{"\uFEFFgenerated_at": "2026-11-22T12:00:00Z", "currency": "USD",
		"region": "A", "gpu": "RTX", "instances": "2", "gpu_count": "2", "gpu_count_known": "1",
		"cpu_cores": "0.5", "cpu_cores_known": "1",
		"ram": "1234567", "ram_known": "1", "disk_size": "0", "disk_size_known": "0", "running_instances": "2",
		"running_priced": "1", "running_per_hour": "0.679", "running_per_month": "495.67",
		"listed_instances": "2", "listed_priced": "1", "listed_per_hour": "0.679", "listed_per_month": "495.67",
		"listed_per_gpu_hour": "0.3395", "share_of_listed": "100"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestCSVIsInert checks that every text column neutralizes formulas, and that number columns have none.
func TestCSVIsInert(t *testing.T) {
	for _, text := range []string{"=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0"} {
		in := &fleet.Instance{ID: text, Region: text, ProductType: text, HostName: text, GPU: text, GPUType: text,
			PublicIPv4: text, OS: text, Status: text}
		rows, err := csv.NewReader(strings.NewReader(written(t, WriteInstancesCSV, reporttest.Of(in)))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for i, cell := range rows[1][2:] { // after time and currency
			if cell != "" && cell != "'"+text {
				t.Errorf("%s: %q", rows[0][i+2], cell)
			}
		}
		for _, row := range append(rows, strings.Split(written(t, WriteGroupsCSV, reporttest.Of(in)), ",")) {
			for _, cell := range row {
				if strings.ContainsAny(cell[:min(1, len(cell))], "=+-@") {
					t.Errorf("a cell begins a formula: %q", cell)
				}
			}
		}
	}
}

func TestInstancesJSON(t *testing.T) {
	got := written(t, WriteInstancesJSON, reporttest.Of(reporttest.Example(t), &fleet.Instance{}))
	want := `{"schema":2,"generated_at":"2026-11-22T12:00:00Z","source":"file","audience":"public",` +
		`"currency":"USD","total_instances":2,"instances":[
{"id":"007","region":"A","product_type":null,"host_name":"x,\"y","cpu_cores":0.5,` +
		`"ram":1234567,"gpu":"RTX","gpu_group":"CPU only","gpu_type":null,"gpu_count":0,"disk_size":null,"ephemeral":null,` +
		`"price_per_hour":"0.679","price_source":"list","type":"reserved","os":null,` +
		`"status":"\u003cRunning\u003e","created_at":"2026-01-02T03:04:05Z","started_at":null},
{"id":null,"region":null,"product_type":null,"host_name":null,"cpu_cores":null,` +
		`"ram":null,"gpu":null,"gpu_group":"Unknown GPU","gpu_type":null,"gpu_count":null,"disk_size":null,` +
		`"ephemeral":null,` +
		`"price_per_hour":null,"price_source":null,"type":null,"os":null,"status":null,"created_at":null,"started_at":null}
]}
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, r := range []*report.Report{reporttest.Of(), reporttest.Of(reporttest.Example(t))} {
		if text := written(t, WriteInstancesJSON, r); !json.Valid([]byte(text)) {
			t.Error(text)
		}
	}
}

func TestInertCell(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "a": "a", "=1": "'=1", "a=1": "a=1", "a-1": "a-1",
		"foo;=1+1": "foo;'=1+1", "a\t+1": "a\t'+1", "a|@x": "a|'@x", "a\n-1": "a\n'-1", "a\r\n=1": "a\r\n'=1",
		"a;=1;=2|=3": "a;'=1;'=2|'=3", "=1;=2": "'=1;'=2", "a; =1": "a; '=1", `a;"=1`: `a;"'=1`,
		"a;b=1": "a;b=1", "a; b": "a; b",
		"a;;=1": "a;;'=1", "\t=1": "'\t'=1", "größe;=1": "größe;'=1", "a,=1": "a,=1",
		"a =1": "a '=1", `a "=1"`: `a "'=1"`, "a +1 -1 @x": "a +1 -1 @x", "a= b": "a= b", "größe =1": "größe '=1",
	} {
		if got := inertCell(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

// FuzzCSV checks that a cell reads back as its text, with an apostrophe before text that a spreadsheet would calculate.
func FuzzCSV(f *testing.F) {
	reporttest.AddSeeds(f)
	f.Add("a,\"b\"\r\nc")
	f.Add("::::::::a") // an address in it
	f.Fuzz(func(t *testing.T, name string) {
		if name = reporttest.Decoded(name); name == "" {
			return
		}
		rows, err := csv.NewReader(strings.NewReader(written(t, WriteInstancesCSV,
			reporttest.Of(&fleet.Instance{ID: name, Region: name, HostName: name, OS: name, Status: name})))).ReadAll()
		if err != nil || len(rows) != 2 {
			t.Fatalf("%q: %v, %d rows", name, err, len(rows))
		}
		found := 0
		for _, cell := range rows[1] {
			if cell == inertCell(name) {
				found++
			}
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				t.Errorf("%q begins a formula", cell)
			}
		}
		if found < 5 {
			t.Errorf("%q is there %d times: %q", name, found, rows[1])
		}
	})
}
