package e2e

import (
	"cmp"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"html"
	"math"
	"math/big"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestMonthEverywhere takes what November costs from every output, and finds the same amounts everywhere.
// TestFiguresRecalculated shows that the workbook, recalculated, still has them.
func TestMonthEverywhere(t *testing.T) {
	t.Parallel()
	r := newMonthRuns(t)
	for _, bill := range []string{"running", "listed"} {
		os.Remove(filepath.Join(r.dir, "output"))
		os.Remove(filepath.Join(r.dir, "summary"))
		stdout := r.run(t, "--bill", bill, "--budget", "20000.50")
		m := readMonth(t, plainContents(t, r.out)["data/spend.json"], bill)
		m.compare(t, r.out, stdout, r.dir)
	}
}

// monthRuns are runs of a fleet with two accounts, three months, a gap, and hours without a price.
type monthRuns struct {
	dir, out     string
	ml, research string // the lists of the accounts
	now          time.Time
}

// newMonthRuns runs up to 22 November.
func newMonthRuns(t testing.TB) *monthRuns {
	dir := quickDir(t)
	r := &monthRuns{dir: dir, out: filepath.Join(dir, "out"), now: time.Date(2026, 9, 20, 7, 0, 0, 0, time.UTC)}
	fleet := &changingFleet{random: rand.New(rand.NewPCG(17, 11))}
	for _, days := range []int{0, 10, 9, 10, 24, 4, 6} { // a gap of 24 days ends on 12 November
		before := r.now.Unix()
		r.now = r.now.AddDate(0, 0, days)
		fleet.now = r.now.Unix()
		fleet.change(before)
		fleet.change(before)
		lists := [2][]string{}
		for _, in := range fleet.rows {
			number, _ := strconv.Atoi(in.id)
			lists[number%2] = append(lists[number%2], in.json())
		}
		r.ml, r.research = reply(lists[0]...), reply(lists[1]...)
		r.run(t)
	}
	return r
}

// run runs with the current lists, and returns what is printed.
func (r *monthRuns) run(t testing.TB, args ...string) string {
	t.Helper()
	research := write(t, filepath.Join(r.dir, "research.json"), r.research)
	o := job{args: append([]string{"--account", "ml", "--account", "research", "--input", "ml=-",
		"--input", "research=" + research, "--out", r.out, "--accept-shrink", "--expect-every", "240h"}, args...),
		env: []string{fmt.Sprint("SOURCE_DATE_EPOCH=", r.now.Unix()), "GITHUB_ACTIONS=true",
			"GITHUB_OUTPUT=" + filepath.Join(r.dir, "output"), "GITHUB_STEP_SUMMARY=" + filepath.Join(r.dir, "summary")},
		stdin: strings.NewReader(r.ml)}.run(t)
	if o.code != 0 {
		t.Fatal(o.stderr)
	}
	return o.stdout
}

// monthRange is a range of data/spend.json.
type monthRange struct {
	Low, Estimate, High string
	Unpriced            json.Number `json:"unpriced_hours"`
}

type bothRanges struct{ Running, Listed monthRange }

// monthOf is what data/spend.json says of November, which is compared with the other outputs.
type monthOf struct {
	bill   string
	Months []struct {
		Month string
		bothRanges
		Gap    float64 `json:"gap_hours"`
		Groups []struct {
			Account string
			bothRanges
		}
	}
	Days []struct {
		Date string
		bothRanges
		By struct{ Account []accountSpend }
	}
	Forecast struct {
		bothRanges
		Percent string `json:"budget_percent"`
		State   string
	}
}

func readMonth(t *testing.T, text, bill string) *monthOf {
	t.Helper()
	m := readJSON[monthOf](t, text)
	m.bill = bill
	r := m.billed(m.Months[2].bothRanges)
	if len(m.Months) != 3 || m.Months[2].Month != "2026-11" || m.Months[2].Gap == 0 || r.Unpriced == "0" ||
		r.Low == r.Estimate || r.Estimate == r.High || m.Forecast.State == "" {
		t.Fatalf("%s: the fleet shows too little: %+v", bill, r)
	}
	return &m
}

// billed returns the range at the billed rate, and other that at the other one.
func (m *monthOf) billed(b bothRanges) monthRange { return b.at(m.bill) }

func (m *monthOf) other(b bothRanges) monthRange { return b.at(otherBill(m.bill)) }

func (b bothRanges) at(bill string) monthRange {
	if bill == "listed" {
		return b.Listed
	}
	return b.Running
}

// compare compares the month with all other outputs. step is the folder of the step's outputs.
func (m *monthOf) compare(t *testing.T, out, stdout, step string) {
	t.Helper()
	files, november := plainContents(t, out), m.Months[2].bothRanges
	spent, forecast := m.billed(november), m.billed(m.Forecast.bothRanges)
	forecast.Unpriced = spent.Unpriced
	october, other := m.billed(m.Months[1].bothRanges), m.other(november)
	figures := m.figures(t, spent, forecast)
	for path, want := range map[string][]string{
		"summary.md":         figures,
		"summary/index.html": figures,
		"report.html":        figures,
		"spend/index.html": {
			"Spent in November " + spent.text(t) + " " + spent.between(t, 2),
			"Forecast for November " + forecast.text(t) + " " + forecast.between(t, 2),
			capital(otherBill(m.bill)) + " in November " + other.text(t) + " " + other.between(t, 2),
			"Spent in October " + october.text(t) + " " + october.between(t, 2), figures[4], figures[5], figures[6],
		},
		"index.html": { // an amount without decimals has a title with the exact one
			"Spent in November " + spent.text(t) + " (" + spent.between(t, 2) + ") ≥ " + dollars(t, spent.Estimate, 0),
			"Forecast for November " + forecast.text(t) + " (" + forecast.between(t, 2) + ") ≥ " +
				dollars(t, forecast.Estimate, 0),
			m.Forecast.State + " budget: forecast " + m.share(),
			m.share() + " of the budget of $20,001",
		},
	} {
		text := visibleText(files[path])
		for _, each := range want {
			if !strings.Contains(text, each) {
				t.Errorf("%s, %s doesn't say %q", m.bill, path, each)
			}
		}
	}
	summary, _ := os.ReadFile(filepath.Join(step, "summary"))
	if string(summary) != files["summary.md"] {
		t.Errorf("%s: the step's summary differs from summary.md", m.bill)
	}
	line := ", spent " + spent.text(t) + " in November, forecast " + forecast.text(t) + "\n"
	if !strings.HasSuffix(stdout, line) {
		t.Errorf("%s: printed %q, want %q", m.bill, stdout, line)
	}
	outputs, _ := os.ReadFile(filepath.Join(step, "output"))
	for name, value := range map[string]string{"spent_this_month": spent.Estimate, "forecast": forecast.Estimate,
		"forecast_percent": m.Forecast.Percent, "budget_state": m.Forecast.State} {
		if want := fmt.Sprintf("\n%s<<gpufleet\n%s\ngpufleet\n", name, value); !strings.Contains(string(outputs), want) {
			t.Errorf("%s: the step's outputs lack %q: %s", m.bill, want, outputs)
		}
	}
	if got := share(t, forecast.Estimate, "20000.50"); got != m.Forecast.Percent {
		t.Errorf("%s: the forecast is %s%% of the budget, not %s%%", m.bill, got, m.Forecast.Percent)
	}
	m.compareFeed(t, files["feed.xml"])
	m.compareGroups(t, files["data/spend.csv"])
	m.compareBook(t, files["fleet.xlsx"])
	m.compareAccounts(t, files)
}

// figures returns what texts for people say, each in one place.
func (m *monthOf) figures(t *testing.T, spent, forecast monthRange) []string {
	t.Helper()
	october := m.billed(m.Months[1].bothRanges)
	share := m.share() + " of the budget of $20,001"
	return []string{
		"Spent in November " + spent.figures(t),
		"Forecast for November " + forecast.figures(t),
		capital(otherBill(m.bill)) + " in November " + m.other(m.Months[2].bothRanges).figures(t),
		"Spent in October " + october.figures(t),
		"Budget " + capital(m.Forecast.State) + " " + share,
		"November so far: " + dollars(t, spent.Estimate, 0) + " (22 Nov, ",
		"the month ends at " + dollars(t, forecast.Estimate, 0) + ", " + strings.TrimPrefix(share, "at least "),
		"Region GPU model " + capital(m.bill) + " this month Last month",
		"All " + spent.text(t) + " " + october.text(t) + " ",
	}
}

// share returns the forecast's share of the budget.
func (m *monthOf) share() string {
	return "at least " + strings.TrimSuffix(m.Forecast.Percent, ".0") + "%"
}

func otherBill(bill string) string {
	return map[string]string{"running": "listed", "listed": "running"}[bill]
}

func capital(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

// compareFeed looks for the costs of each day of the feed.
func (m *monthOf) compareFeed(t *testing.T, feed string) {
	t.Helper()
	found := 0
	for _, entry := range strings.Split(feed, "<entry>")[1:] {
		for _, day := range m.Days {
			if !strings.Contains(entry, "<title>"+day.Date+": ") {
				continue
			}
			found++
			billed, other := m.billed(day.bothRanges), m.other(day.bothRanges)
			name := "Cost of the day"
			if day.Date == "2026-11-22" {
				name += " until 07:00 UTC"
			}
			want := fmt.Sprintf("%s: %s %s, %s %s", name, m.bill, billed.inFeed(t), otherBill(m.bill),
				other.inFeed(t))
			if !strings.Contains(visibleText(entry), want) {
				t.Errorf("%s: the feed's entry lacks %q: %s", m.bill, want, entry)
			}
		}
	}
	if found < 6 {
		t.Errorf("%s: the feed has %d entries with a day", m.bill, found)
	}
}

// compareGroups adds up the groups in data/spend.json and in data/spend.csv.
func (m *monthOf) compareGroups(t *testing.T, text string) {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\uFEFF"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, month := range m.Months {
		for name, want := range month.columns() {
			var inJSON, inCSV []string
			for _, g := range month.Groups {
				inJSON = append(inJSON, g.columns()[name])
			}
			for _, row := range rows[1:] {
				if row[slices.Index(rows[0], "month")] == month.Month {
					inCSV = append(inCSV, row[slices.Index(rows[0], name)])
				}
			}
			for kind, parts := range map[string][]string{"spend.json": inJSON, "spend.csv": inCSV} {
				if got := sumOf(t, parts); math.Abs(got-amountOf(t, want)) > 1e-6*float64(len(parts)) || len(parts) < 2 {
					t.Errorf("%s: groups of %s add up to %f %s in %s, not %s", month.Month, kind, got, name, m.bill, want)
				}
			}
		}
	}
}

// columns returns the amounts by the names of their columns in data/spend.csv.
func (b bothRanges) columns() map[string]string {
	return map[string]string{
		"running_low": b.Running.Low, "running_estimate": b.Running.Estimate, "running_high": b.Running.High,
		"listed_low": b.Listed.Low, "listed_estimate": b.Listed.Estimate, "listed_high": b.Listed.High,
	}
}

// text returns the estimate as people see it, and figures adds the lower and the upper figure.
func (r monthRange) text(t *testing.T) string {
	if cmp.Or(r.Unpriced, "0") != "0" {
		return "≥ " + dollars(t, r.Estimate, 2)
	}
	return dollars(t, r.Estimate, 2)
}

func (r monthRange) figures(t *testing.T) string {
	return r.text(t) + " " + dollars(t, r.Low, 2) + " " + dollars(t, r.High, 2)
}

// between returns the lower and the upper figure with some decimals, and inFeed all as the feed has them.
func (r monthRange) between(t *testing.T, decimals int) string {
	counted := ""
	if cmp.Or(r.Unpriced, "0") != "0" {
		counted = "counted: "
	}
	return counted + dollars(t, r.Low, decimals) + " to " + dollars(t, r.High, decimals)
}

func (r monthRange) inFeed(t *testing.T) string {
	if dollars(t, r.Low, 2) == dollars(t, r.High, 2) {
		return r.text(t)
	}
	return r.text(t) + " (" + r.between(t, 2) + ")"
}

func amountOf(t *testing.T, text string) float64 {
	t.Helper()
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func sumOf(t *testing.T, texts []string) (sum float64) {
	t.Helper()
	for _, text := range texts {
		sum += amountOf(t, text)
	}
	return sum
}

// share returns an amount in percent of a budget, with one decimal.
func share(t *testing.T, amount, budget string) string {
	t.Helper()
	a, ok := new(big.Rat).SetString(amount)
	b, okay := new(big.Rat).SetString(budget)
	if !ok || !okay {
		t.Fatal(amount, budget)
	}
	return a.Mul(a, big.NewRat(100, 1)).Quo(a, b).FloatString(1)
}

// dollars returns an amount as people see it, with some decimals.
func dollars(t *testing.T, amount string, decimals int) string {
	t.Helper()
	r, ok := new(big.Rat).SetString(amount)
	if !ok {
		t.Fatalf("%q is no amount", amount)
	}
	whole, cents, _ := strings.Cut(r.FloatString(decimals), ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return "$" + strings.TrimSuffix(whole+"."+cents, ".")
}

var titles = regexp.MustCompile(`<[^>]* title="([^"]*)"[^>]*>`)

var markup = regexp.MustCompile(`<[^>]*>|[|*]|---:?`)

// visibleText returns the words of a page or of Markdown, with titles, and with the marks of tables left out.
func visibleText(text string) string {
	text = html.UnescapeString(markup.ReplaceAllString(titles.ReplaceAllString(text, " $1 "), " "))
	return strings.Join(strings.Fields(html.UnescapeString(markup.ReplaceAllString(text, " "))), " ")
}
