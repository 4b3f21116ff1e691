package e2e

import (
	"encoding/csv"
	"fmt"
	"maps"
	"math"
	"math/big"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const unassigned = "Unassigned"

// ownedRow is an instance at a reading. Its owner is "" without an owner file.
type ownedRow struct {
	owner, status, price string
}

// rate returns what the row counts for, nil if that is unknown, and whether it counts.
func (r *ownedRow) rate(kind string) (price *big.Rat, counts bool) {
	if r == nil || r.status == "Deleted" || kind == "running" && r.status != "Running" {
		return new(big.Rat), false
	}
	if r.price == "" {
		return nil, true
	}
	price, _ = new(big.Rat).SetString(r.price)
	return price, true
}

type ownedReading struct {
	at   int64
	rows map[string]*ownedRow // by ID
}

// spentBy has low, estimate and high in price x seconds, then the unpriced seconds, by a period, an owner and a rate.
type spentBy map[[3]string]*[4]big.Rat

func (s spentBy) add(key [3]string, figures [4]*big.Rat, times *big.Rat) {
	if s[key] == nil {
		s[key] = &[4]big.Rat{}
	}
	for i, figure := range figures {
		s[key][i].Add(&s[key][i], new(big.Rat).Mul(figure, times))
	}
}

// between states the rule a second time: what a rate comes to per second, without a known moment of its begin.
func between(a, b *ownedRow, kind string, isGap bool) (figures [4]*big.Rat) {
	p, first := a.rate(kind)
	q, second := b.rate(kind)
	half := big.NewRat(1, 2)
	low, high, unpriced := new(big.Rat), new(big.Rat), new(big.Rat)
	switch {
	case p != nil && q != nil:
		low, high = p, q
		if p.Cmp(q) > 0 {
			low, high = q, p
		}
	case first && second && (p != nil || q != nil):
		unpriced = half
		if high = p; p == nil {
			high = q
		}
	case first && second:
		unpriced = big.NewRat(1, 1)
	default:
		unpriced = half
	}
	estimate := new(big.Rat).Add(low, high)
	estimate.Mul(estimate, half)
	if isGap {
		low = new(big.Rat)
	}
	return [4]*big.Rat{low, estimate, high, unpriced}
}

// interval adds what each owner's instances cost between two readings, in each day and month. If the first reading had
// no owner file, an instance counts as its present owner's.
func (s spentBy) interval(a, b *ownedReading, isGap bool) {
	ids := maps.Clone(a.rows)
	maps.Copy(ids, b.rows)
	for id := range ids {
		first, second := a.rows[id], b.rows[id]
		owners := []string{unassigned, unassigned}
		if second != nil && second.owner != "" {
			owners[0], owners[1] = second.owner, second.owner
		}
		if first != nil && first.owner != "" {
			owners[0] = first.owner
		}
		if first == nil {
			owners[0] = owners[1]
		}
		if second == nil {
			owners[1] = owners[0]
		}
		for _, kind := range []string{"running", "listed"} {
			figures := between(first, second, kind, isGap)
			for from := a.at; from < b.at; {
				to := min(b.at, from/86400*86400+86400)
				day := time.Unix(from, 0).UTC().Format(time.DateOnly)
				for _, owner := range owners {
					half := big.NewRat(to-from, 2)
					s.add([3]string{day, owner, kind}, figures, half)
					s.add([3]string{day[:7], owner, kind}, figures, half)
				}
				from = to
			}
		}
	}
}

// ownerFile returns an owner file, "" if no row has an owner.
func (r *ownedReading) ownerFile() string {
	text, given := "id,owner\nnone,gone\n", false
	for _, id := range slices.Sorted(maps.Keys(r.rows)) {
		owner := r.rows[id].owner
		given = given || owner != ""
		if owner != "" && owner != unassigned {
			text += id + "," + owner + "\n"
		}
	}
	if !given {
		return ""
	}
	return text
}

// TestOwnersAddUp runs the program while instances, their prices and their owners change, begins without an owner file
// and leaves it out for a while. Each owner's spend is what the rules say, for each day and month, and never changes
// afterwards. Owners add up to the fleet in every output.
func TestOwnersAddUp(t *testing.T) {
	t.Parallel()
	dir := quickDir(t)
	out, want := filepath.Join(dir, "out"), spentBy{}
	fleet := &changingFleet{random: rand.New(rand.NewPCG(18, 11)),
		now: time.Date(2026, 10, 30, 7, 0, 0, 0, time.UTC).Unix()}
	last := &ownedReading{}
	for run, given := range []int{0, 0, 1, 1, 1, 1, 0, 0, 1, 1} {
		reading := &ownedReading{fleet.now + 40_000 + int64(run%4)*40_001, map[string]*ownedRow{}} // one in four is a gap
		fleet.now = reading.at
		for range 3 {
			fleet.change(last.at)
		}
		var list []string
		for _, row := range fleet.rows {
			row.created, row.started = 0, 0
			if row.id == "" {
				continue
			}
			owned := &ownedRow{status: row.status, price: row.price}
			if given == 1 {
				owned.owner = fleet.pick("ml", "ml", "research", "=Ops & co", unassigned)
			}
			if before := last.rows[row.id]; owned.owner != "" && before != nil && before.owner != "" && run%2 == 0 {
				owned.owner = before.owner // owners change at every other run
			}
			reading.rows[row.id] = owned
			list = append(list, row.json())
		}
		if last.rows != nil {
			want.interval(last, reading, reading.at-last.at > 40*3600)
		}
		j := job{args: []string{"--input", "-", "--out", out, "--accept-shrink", "--expect-every", "20h"},
			env: []string{fmt.Sprint("SOURCE_DATE_EPOCH=", reading.at)}, stdin: strings.NewReader(reply(list...))}
		if file := reading.ownerFile(); file != "" {
			j.args = append(j.args, "--owners", write(t, filepath.Join(dir, "owners.csv"), file))
		}
		if o := j.run(t); o.code != 0 {
			t.Fatal(o.stderr)
		}
		last = reading
		if run > 1 { // from the first owner file on
			want.compare(t, run, plainContents(t, out))
		}
	}
	want.compareTexts(t, plainContents(t, out))
}

type ownedFile struct {
	Months []struct {
		Month string
		spentSums
		Groups []struct {
			Owner string
			spentSums
		}
	}
	Days []struct {
		Date string
		spentSums
		By map[string][]struct {
			Name string
			spentSums
		}
	}
}

// compare compares with data/spend.json and data/spend.csv.
func (s spentBy) compare(t *testing.T, run int, files map[string]string) {
	t.Helper()
	got, all := spentBy{}, spentBy{}
	add := func(sums spentBy, period, owner string, each spentSums) {
		for kind, r := range map[string]struct {
			Estimate string
			Unpriced fmt.Stringer
			Exact    []string
		}{
			"running": {each.Running.Estimate, each.Running.Unpriced, each.Running.Exact},
			"listed":  {each.Listed.Estimate, each.Listed.Unpriced, each.Listed.Exact},
		} {
			var figures [4]*big.Rat
			for i, text := range append(slices.Clone(r.Exact), r.Unpriced.String()) {
				figures[i], _ = new(big.Rat).SetString(text)
			}
			figures[3].Mul(figures[3], big.NewRat(3600, 1))
			sums.add([3]string{period, owner, kind}, figures, big.NewRat(1, 1))
		}
	}
	file := readJSON[ownedFile](t, files["data/spend.json"])
	for _, m := range file.Months {
		add(all, m.Month, "", m.spentSums)
		for _, g := range m.Groups {
			add(got, m.Month, g.Owner, g.spentSums)
		}
	}
	for _, d := range file.Days {
		add(all, d.Date, "", d.spentSums)
		for _, n := range d.By["owner"] {
			add(got, d.Date, n.Name, n.spentSums)
		}
	}
	sum := spentBy{}
	for key, figures := range got {
		sum.add([3]string{key[0], "", key[2]}, [4]*big.Rat{&figures[0], &figures[1], &figures[2], &figures[3]},
			big.NewRat(1, 1))
		if s[key] == nil && figures[2].Sign() != 0 {
			t.Errorf("run %d: %v has costs", run, key)
		}
	}
	same := func(kind string, want, got spentBy) {
		for key, figures := range want {
			for i := range figures {
				have := new(big.Rat)
				if got[key] != nil {
					have = &got[key][i]
				}
				difference, _ := new(big.Rat).Sub(have, &figures[i]).Float64()
				if i < 3 && difference != 0 || math.Abs(difference) > 1 { // hours are rounded
					t.Errorf("run %d: %s: figure %d of %v is %v, want %v", run, kind, i, key, have, &figures[i])
				}
			}
		}
	}
	same("by owner", s, got)
	same("owners add up", all, sum)
	rows := readTable(t, files["data/spend.csv"])
	amounts := map[[3]string]float64{}
	for _, row := range rows {
		for _, kind := range []string{"running", "listed"} {
			amounts[[3]string{row["month"], row["owner"], kind}] += amountOf(t, row[kind+"_estimate"])
		}
	}
	for key, figures := range got {
		want, _ := figures[1].Float64()
		if len(key[0]) == 7 && math.Abs(amounts[key]-want/3600) > 1e-6*float64(len(rows)) {
			t.Errorf("run %d: data/spend.csv has %f for %v, want %f", run, amounts[key], key, want/3600)
		}
	}
}

// compareTexts looks for each owner's cost on the page, in the summary and in the one-page report, and counts the
// instances of data/groups.csv.
func (s spentBy) compareTexts(t *testing.T, files map[string]string) {
	t.Helper()
	spent := func(month, owner string) monthRange {
		r := monthRange{Unpriced: "0"}
		figures := s[[3]string{month, owner, "running"}]
		if figures == nil {
			figures = &[4]big.Rat{}
		}
		for i, text := range []*string{&r.Low, &r.Estimate, &r.High} {
			*text = new(big.Rat).Quo(&figures[i], big.NewRat(3600, 1)).FloatString(9)
		}
		if figures[3].Sign() != 0 {
			r.Unpriced = "1"
		}
		return r
	}
	for _, owner := range []string{"ml", "research", "=Ops & co", unassigned} {
		this, last := spent("2026-11", owner), spent("2026-10", owner)
		short := owner + " " + this.text(t) + " " + last.text(t) + " "
		onPage := strings.NewReplacer("(", "", ")", "").Replace(owner + " " + this.inFeed(t) + " " + last.inFeed(t) + " ")
		for path, want := range map[string]string{
			"summary.md": short, "summary/index.html": short, "report.html": short, "spend/index.html": onPage,
		} {
			if !strings.Contains(strings.ReplaceAll(visibleText(files[path]), "`", ""), want) {
				t.Errorf("%s doesn't say %q", path, want)
			}
		}
	}
	rows, instances := map[string]int{}, map[string]int{}
	for _, row := range readTable(t, files["data/groups.csv"]) {
		rows[row["owner"]] += int(amountOf(t, row["instances"]))
	}
	for _, row := range readTable(t, files["data/instances.csv"]) {
		instances[row["owner"]]++
	}
	if !maps.Equal(rows, instances) || len(rows) < 4 {
		t.Errorf("data/groups.csv counts %v, want %v", rows, instances)
	}
}

// readTable returns the rows of a CSV file by the names of their columns.
func readTable(t *testing.T, text string) (rows []map[string]string) {
	t.Helper()
	lines, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\uFEFF"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, name := range lines[0] {
			row[name] = strings.TrimPrefix(line[i], "'")
		}
		rows = append(rows, row)
	}
	return rows
}
