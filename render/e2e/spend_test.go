package e2e

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math/big"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestSpendDuckDB lets the program read a fleet over two months, and computes the same in SQL from the same rows: every
// month, day, region and group has the same exact sums, and the same cents. The archive has the same sums, too.
func TestSpendDuckDB(t *testing.T) {
	t.Parallel()
	tools := root + "/.ci/web"
	if _, err := os.Stat(tools + "/node_modules/@duckdb/node-api"); err != nil {
		Skip(t, "computing the spend with DuckDB", "an npm package of .ci/web/package.json")
	}
	Need(t, "node", "computing the spend with DuckDB")
	dir := quickDir(t)
	out, archive := filepath.Join(dir, "out/archive-report"), filepath.Join(dir, "out/archive")
	const hours = 20 // between runs, as expected
	var rows strings.Builder
	table := csv.NewWriter(&rows)
	table.Write([]string{"read_at", "id", "region", "gpu", "status", "price", "gpus", "created_at", "started_at"})
	random := rand.New(rand.NewPCG(16, 11))
	fleet := &changingFleet{random: random, now: time.Date(2026, 12, 14, 5, 0, 0, 0, time.UTC).Unix()}
	for range 60 {
		before := fleet.now
		fleet.now += 600 + random.Int64N(36*3600)
		if random.IntN(9) == 0 {
			fleet.now += 3 * 24 * 3600
		}
		fleet.change(before)
		var list []string
		for _, in := range fleet.rows {
			list = append(list, in.json())
			table.Write(in.csv(fleet.now))
		}
		if len(list) == 0 {
			table.Write([]string{fmt.Sprint(fleet.now), "", "", "", "", "", "", "", ""})
		}
		reply := fmt.Sprintf(`{"data": [%s], "total_instance": %d, "status": "success"}`, strings.Join(list, ","), len(list))
		o := job{args: []string{"--input", "-", "--out", out, "--archive", archive, "--accept-shrink",
			"--expect-every", fmt.Sprint(hours, "h")},
			env: []string{fmt.Sprint("SOURCE_DATE_EPOCH=", fleet.now)}, stdin: strings.NewReader(reply)}.run(t)
		if o.code != 0 {
			t.Fatal(o.stderr)
		}
	}
	table.Flush()
	file := write(t, filepath.Join(dir, "rows.csv"), rows.String())
	answer, err := exec.Command("node", tools+"/spend.mjs", file, fmt.Sprint(hours*3600)).CombinedOutput()
	var want map[string][]sqlSums
	if err != nil || json.Unmarshal(answer, &want) != nil {
		t.Fatalf("%v: %s", err, answer)
	}
	got := readSums(t, plainContents(t, out)["data/spend.json"])
	for kind, all := range want {
		if len(all) < 6 {
			t.Errorf("SQL finds only %d %s", len(all), kind)
		}
		for _, sums := range all {
			if kind == "regions" && sums.Name < "2027-01" { // names are kept for two months
				continue
			}
			sums.compare(t, got[kind+" "+sums.Name])
		}
	}
	compareArchive(t, dir, map[string]int{"month": 3, "day": 60, "group": 12, "region": 60, "gpu": 60})
}

// sqlSums are the sums of one rate as spend.mjs prints them, in quarters of price x seconds.
type sqlSums struct {
	Name, Rate                    string
	Low, Estimate, High, Unpriced string
	Cents                         json.Number
}

// spentSums is a month, day or group of data/spend.json.
type spentSums struct {
	Running, Listed struct {
		Estimate string
		Unpriced json.Number `json:"unpriced_hours"`
		Exact    []string    `json:"price_seconds"`
	}
	GPUs json.Number `json:"gpu_hours"`
}

func (s sqlSums) compare(t *testing.T, got *spentSums) {
	t.Helper()
	if got == nil {
		t.Errorf("%s is missing", s.Name)
		return
	}
	rat := func(text string, divisor int64) *big.Rat {
		r, ok := new(big.Rat).SetString(text)
		if !ok {
			t.Fatalf("%q is no number", text)
		}
		return r.Quo(r, big.NewRat(divisor, 1))
	}
	if s.Rate == "gpu" {
		if want := rat(s.Estimate, 4*3600).FloatString(6); rat(string(got.GPUs), 1).FloatString(6) != want {
			t.Errorf("%s: %s GPU hours, want %s", s.Name, got.GPUs, want)
		}
		return
	}
	r := got.Running
	if s.Rate == "listed" {
		r = got.Listed
	}
	for i, want := range []string{s.Low, s.Estimate, s.High} {
		if rat(r.Exact[i], 1).Cmp(rat(want, 4)) != 0 {
			t.Errorf("%s, %s: figure %d is %s, want %s quarters", s.Name, s.Rate, i, r.Exact[i], want)
		}
	}
	if cents := rat(string(s.Cents), 100).FloatString(2); rat(r.Exact[1], 3600).FloatString(2) != cents {
		t.Errorf("%s, %s: estimate %s, want %s", s.Name, s.Rate, r.Estimate, cents)
	}
	if want := rat(s.Unpriced, 4*3600).FloatString(6); rat(string(r.Unpriced), 1).FloatString(6) != want {
		t.Errorf("%s, %s: %s hours unpriced, want %s", s.Name, s.Rate, r.Unpriced, want)
	}
}

// readSums returns what data/spend.json says, under the names that spend.mjs gives.
func readSums(t *testing.T, text string) map[string]*spentSums {
	t.Helper()
	type named struct {
		Name, Region, GPU string
		spentSums
	}
	var file struct {
		Months []struct {
			Month string
			spentSums
			Groups []named
		}
		Days []struct {
			Date string
			spentSums
			By map[string][]named
		}
	}
	if err := json.Unmarshal([]byte(text), &file); err != nil {
		t.Fatal(err)
	}
	sums := map[string]*spentSums{}
	for _, m := range file.Months {
		sums["months "+m.Month] = &m.spentSums
		for _, g := range m.Groups {
			sums["groups "+m.Month+" "+g.Region+" "+g.GPU] = &g.spentSums
		}
	}
	for _, d := range file.Days {
		sums["days "+d.Date] = &d.spentSums
		for _, n := range d.By["region"] {
			sums["regions "+d.Date+" "+n.Name] = &n.spentSums
		}
	}
	return sums
}

// changingFleet is a list that changes from reading to reading.
type changingFleet struct {
	random *rand.Rand
	now    int64 // seconds since 1970
	rows   []changingRow
	lastID int
}

// changingRow has "" or 0 for what the reply doesn't say.
type changingRow struct {
	id, region, gpu, status, price string
	gpus                           int // -1 if unknown
	created, started               int64
}

// change lets instances come, change and go since the last reading.
func (f *changingFleet) change(since int64) {
	var kept []changingRow
	for _, row := range f.rows {
		switch f.random.IntN(12) {
		case 0:
			continue
		case 1:
			row.status = f.pick("Running", "Stopped", "Deleted", "Error")
		case 2:
			row.price = f.pick("", "0", "1.5", "0.3333", "2.0001")
		case 3:
			row.region, row.gpu = f.pick("A", "B"), f.pick("X", "Y")
		case 4:
			row.gpus = f.random.IntN(9) - 1
		}
		kept = append(kept, row)
	}
	f.rows = kept
	for range f.random.IntN(4) {
		f.lastID++
		row := changingRow{id: fmt.Sprint(f.lastID), region: f.pick("A", "B"), gpu: f.pick("X", "Y"),
			status: f.pick("Running", "Running", "Stopped"), price: f.pick("", "1", "0.679", "14.4"), gpus: f.random.IntN(9) - 1}
		moment := since - 3600 + f.random.Int64N(f.now-since+7200) // now and then before or after
		if f.random.IntN(3) > 0 {
			row.created = moment
		}
		if f.random.IntN(3) > 0 {
			row.started = moment + f.random.Int64N(3600)
		}
		if f.random.IntN(4) == 0 {
			row.id, row.price = "", f.pick("1", "0.25")
		}
		f.rows = append(f.rows, row)
	}
}

func (f *changingFleet) pick(texts ...string) string { return texts[f.random.IntN(len(texts))] }

// json returns the row of the reply.
func (r changingRow) json() string {
	text := fmt.Sprintf(`{"region": %q, "gpu": %q, "status": %q`, r.region, r.gpu, r.status)
	add := func(name, value string) {
		if value != "" && value != "0" && value != "-1" || value == "0" && name != "created_at" && name != "started_at" {
			text += fmt.Sprintf(`, %q: %s`, name, value)
		}
	}
	if r.id != "" {
		add("id", fmt.Sprintf("%q", r.id))
	}
	add("price_per_hour", r.price)
	add("gpu_count", fmt.Sprint(r.gpus))
	add("created_at", fmt.Sprint(r.created))
	add("started_at", fmt.Sprint(r.started))
	return text + "}"
}

// csv returns the row for spend.mjs. An instance without GPUs counts as CPU only.
func (r changingRow) csv(at int64) []string {
	known := func(n int64, isKnown bool) string {
		if !isKnown {
			return ""
		}
		return fmt.Sprint(n)
	}
	gpu := r.gpu
	if r.gpus == 0 {
		gpu = "CPU only"
	}
	return []string{fmt.Sprint(at), r.id, r.region, gpu, r.status, r.price, known(int64(r.gpus), r.gpus >= 0),
		known(r.created, r.created != 0), known(r.started, r.started != 0)}
}
