package report

import (
	"strings"
	"time"
)

// Verb says what was done with the list at the report's time. Of a saved reply nobody knows when it was fetched.
func (s Source) Verb() string {
	switch s {
	case FromAPI:
		return "Fetched"
	case FromDemo:
		return "Made"
	default:
		return "Read"
	}
}

// Did is Verb inside a sentence.
func (s Source) Did() string { return strings.ToLower(s.Verb()) }

// ExpectText says how often the report is made: "a new report is expected every 24 hours".
func (s Settings) ExpectText() string {
	every := s.Every()
	for _, unit := range []struct {
		length time.Duration
		name   string
	}{{7 * 24 * time.Hour, "week"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}} {
		if count := int(every / unit.length); every%unit.length == 0 && count == 1 {
			return "a new report is expected every " + unit.name
		} else if every%unit.length == 0 {
			return "a new report is expected every " + FormatCount(count) + " " + unit.name + "s"
		}
	}
	return "a new report is expected every " + every.String()
}

// Name returns the source as a sentence names it.
func (s Source) Name() string {
	switch s {
	case FromAPI:
		return "the API"
	case FromDemo:
		return "the built-in sample"
	default:
		return "a saved reply, whose own time is not known"
	}
}

// Origin says when and from where the list came: "Fetched 2026-11-22 21:36 UTC from the API".
func (s Settings) Origin() string {
	return s.Source.Verb() + " " + FormatTime(s.Generated) + " from " + s.Source.Name()
}

// warningsShown bounds how many warnings a page or a summary shows.
const warningsShown = 20

// WarningsShown returns the first warnings, and how many more there are.
func (r *Report) WarningsShown() (shown []string, more int) {
	n := min(len(r.Warnings), warningsShown)
	return r.Warnings[:n], len(r.Warnings) - n
}

// Text returns the sum and its coverage: "≥ 12 · 11 of 12 known".
func (s Sum) Text() string { return WithCoverage(s.String(), s.Coverage()) }

// PerHourText returns a cost per hour and its coverage: "≥ $1,234.50/h · 37 of 41 priced".
func (s Settings) PerHourText(c Cost) string { return WithCoverage(s.PerHour(c)+"/h", c.Coverage()) }

// PerMonthText returns a cost per month and its coverage: "≥ $1,234.50/month · 37 of 41 priced".
func (s Settings) PerMonthText(c Cost) string {
	return WithCoverage(s.PerMonth(c)+"/month", c.Coverage())
}

// Note says what the matrix leaves out, "" where it leaves out nothing.
func (m Matrix) Note() string {
	if m.MoreRegions == 0 && m.MoreModels == 0 {
		return ""
	}
	var hidden []string
	for of, n := range []int{m.MoreRegions, m.MoreModels} {
		switch name := []string{"more region", "more model"}[of]; n {
		case 0:
		case 1:
			hidden = append(hidden, "1 "+name)
		default:
			hidden = append(hidden, FormatCount(n)+" "+name+"s")
		}
	}
	return "Shown are those with the most instances; the totals count " + strings.Join(hidden, " and ") + "."
}

// LeftOut returns the sentences that say what the report leaves out, and why.
func (r *Report) LeftOut() []string {
	sentences := []string{
		"Passwords, login names, users and teams are never kept, whoever the report is for. " +
			"Nor is anything else that is not among the columns.",
	}
	if r.Internal() {
		sentences = append(sentences, "Addresses are shown, since this report is internal. A public one leaves them out.")
	} else {
		sentences = append(sentences, "Addresses are left out, since this report is made for the public.")
	}
	for _, field := range r.Hidden {
		if field == "id" {
			sentences = append(sentences, "Ids are pseudonyms: the same one for the same instance from run to run, "+
				"made with a key that is not published.")
			continue
		}
		sentences = append(sentences, "The field "+field+" is left out by choice.")
	}
	return sentences
}

// PriceLegend returns the sentences that say where prices come from.
func PriceLegend() []string {
	return []string{
		"A price is, in this order, that of a file of contract prices, the instance list's own, " +
			"and that of the provider's product list, as far as the report was made with them. " +
			"The column price_source says which of them it is.",
		"A price from a product with another number of GPUs is scaled, and says so.",
		"What none of them prices is unknown. " +
			"Prices are those of the day that the report was made; what has been billed is not known.",
	}
}

// MonthLegend returns the sentences on months and money, as what stands before the hours of a month, these, and what
// stands behind them: in the workbook the hours may be changed.
func (r *Report) MonthLegend() (before, hours, after string) {
	after = " hours. Amounts are in " + r.Currency + " as the prices state them; nothing is converted."
	return "A month is ", r.HoursPerMonth.String(), after
}

// Legend returns the sentences that say what the figures mean.
func (r *Report) Legend() []string {
	before, hours, after := r.MonthLegend()
	return append([]string{
		"Running is what has the status Running. " +
			"Listed is what still exists: every status but Deleted, Canceled, Completed and Booked.",
		"The provider does not document whether a stopped instance is billed, " +
			"so both figures are given and neither is called the bill.",
		"Counts of instances, GPUs, CPU cores, RAM and disk are of every status, Deleted and Booked too; " +
			"only what is called running or listed is not.",
		before + hours + after,
		"The cost of a GPU-hour is the sum of the prices of the listed instances that have GPUs and a price, " +
			"divided by their GPUs and rounded to 4 decimals. Shares are those of the fleet's listed cost.",
		"What is unknown counts as 0 in a sum. Such a sum is a lower bound, is marked ≥, and says how many it covers.",
	}, r.budgetLegend()...)
}
