package e2e

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// accountSpend is what an account cost on a day.
type accountSpend struct {
	Name string
	bothRanges
}

// compareAccounts adds up the groups of each account in data/spend.json, and compares the sums with all other outputs.
// The sums of both accounts are the month, as compareGroups shows.
func (m *monthOf) compareAccounts(t *testing.T, files map[string]string) {
	t.Helper()
	for _, account := range []string{"ml", "research"} {
		november, october := m.accountSum(t, account, 2), m.accountSum(t, account, 1)
		spent := m.billed(november)
		if spent.Unpriced == "0" || spent.Low == spent.Estimate ||
			spent.Estimate == m.billed(m.Months[2].bothRanges).Estimate {
			t.Fatalf("%s: the account %s shows too little: %+v", m.bill, account, spent)
		}
		line := account + " " + spent.text(t) + " "
		for path, want := range map[string]string{
			"summary.md":                          line + m.billed(october).text(t) + " ",
			"report.html":                         line + m.billed(october).text(t) + " ",
			"spend/index.html":                    line + spent.between(t, 2) + " " + m.billed(october).text(t),
			"accounts/" + account + "/index.html": "Spent in November " + spent.text(t) + " " + spent.between(t, 2),
		} {
			if !strings.Contains(visibleText(files[path]), want) {
				t.Errorf("%s: %s doesn't say %q", m.bill, path, want)
			}
		}
		for name, want := range november.columns() {
			var inDays []string
			for _, day := range m.Days {
				for _, each := range day.By.Account {
					if strings.HasPrefix(day.Date, "2026-11-") && each.Name == account {
						inDays = append(inDays, each.columns()[name])
					}
				}
			}
			for place, parts := range map[string][]string{
				"the days": inDays, "data/spend.csv": inCSV(t, files["data/spend.csv"], account, name),
				"the sheet Spend": inSheet(t, files["fleet.xlsx"], account, name),
			} {
				if got := sumOf(t, parts); math.Abs(got-amountOf(t, want)) > 1e-6*float64(len(parts)) || len(parts) < 2 {
					t.Errorf("%s: %d rows of %s in %s add up to %f, not to %s %s", m.bill, len(parts), account, place, got,
						want, name)
				}
			}
		}
	}
}

// accountSum adds up an account's groups of a month.
func (m *monthOf) accountSum(t *testing.T, account string, month int) (sum bothRanges) {
	t.Helper()
	parts, running, listed := map[string][]string{}, 0.0, 0.0
	for _, g := range m.Months[month].Groups {
		if g.Account != account {
			continue
		}
		for name, amount := range g.columns() {
			parts[name] = append(parts[name], amount)
		}
		running += amountOf(t, g.Running.Unpriced.String())
		listed += amountOf(t, g.Listed.Unpriced.String())
	}
	of := func(name string) string { return fmt.Sprintf("%.6f", sumOf(t, parts[name])) }
	sum.Running = monthRange{of("running_low"), of("running_estimate"), of("running_high"),
		json.Number(fmt.Sprint(running))}
	sum.Listed = monthRange{of("listed_low"), of("listed_estimate"), of("listed_high"),
		json.Number(fmt.Sprint(listed))}
	return sum
}

// inCSV returns the cells of a column of data/spend.csv, of an account's rows of November.
func inCSV(t *testing.T, text, account, name string) (cells []string) {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\uFEFF"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	at := func(name string) int { return slices.Index(rows[0], name) }
	for _, row := range rows[1:] {
		if row[at("month")] == "2026-11" && row[at("account")] == account {
			cells = append(cells, row[at(name)])
		}
	}
	return cells
}

// inSheet is inCSV for the sheet Spend.
func inSheet(t *testing.T, content, account, name string) (cells []string) {
	t.Helper()
	book, err := excelize.OpenReader(strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	rows, err := book.GetRows("Spend", excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	bill, figure, _ := strings.Cut(name, "_")
	title := capital(bill) + ", " + map[string]string{"low": "at least", "estimate": "estimate", "high": "at most"}[figure]
	var head []string
	for _, row := range rows {
		switch {
		case head == nil && slices.Contains(row, "Account"):
			head = row
		case head != nil && row[0] == "2026-11" && row[slices.Index(head, "Account")] == account:
			at := slices.IndexFunc(head, func(cell string) bool { return strings.HasPrefix(cell, title) })
			cells = append(cells, row[at])
		}
	}
	return cells
}
