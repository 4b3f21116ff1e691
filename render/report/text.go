package report

import (
	"gpufleet/fetch/fleet"
	"slices"
	"strings"
	"time"
)

// Verb says what happened to the list at the report's time. Nobody knows when a saved reply was fetched.
func (s Source) Verb() string {
	switch s {
	case FromAPI:
		return "Fetched"
	case FromDemo:
		return "Generated"
	default:
		return "Read"
	}
}

// Did returns Verb in lower case.
func (s Source) Did() string { return strings.ToLower(s.Verb()) }

// ExpectText says how often the report is made: "a new report is expected every 24 hours".
func (s Settings) ExpectText() string {
	return "a new report is expected every " + strings.TrimPrefix(durationText(s.Every()), "1 ")
}

// durationText returns a duration for people in its largest whole unit: "48 hours", "1 week".
func durationText(d time.Duration) string {
	for _, unit := range []struct {
		length time.Duration
		name   string
	}{{7 * 24 * time.Hour, "week"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}} {
		if d%unit.length == 0 {
			return Counted(int(d/unit.length), unit.name)
		}
	}
	return d.String()
}

// Name returns the source's name for a sentence.
func (s Source) Name() string {
	switch s {
	case FromAPI:
		return "the API"
	case FromDemo:
		return "the built-in sample"
	default:
		return "a saved reply (fetch time unknown)"
	}
}

// Origin says when and from where the list came: "Fetched 2026-11-22 21:36 UTC from the API".
func (s Settings) Origin() string {
	return s.Source.Verb() + " " + FormatTime(s.Generated) + " from " + s.Source.Name()
}

// warningsShown is the maximum number of warnings that a page or a summary shows.
const warningsShown = 20

// WarningsShown returns the first warnings, and how many more there are.
func (r *Report) WarningsShown() (shown []string, more int) {
	n := min(len(r.Warnings), warningsShown)
	return r.Warnings[:n], len(r.Warnings) - n
}

// Text returns the sum and its coverage: "≥ 12 · 11 of 12 known".
func (s Sum) Text() string { return WithCoverage(s.String(), s.Coverage()) }

// GPUs returns the sum as a number of GPUs: "1 GPU", "≥ 153 GPUs".
func (s Sum) GPUs() string {
	if text := s.String(); text != "1" {
		return text + " GPUs"
	}
	return "1 GPU"
}

// PerHourText returns a cost per hour and its coverage: "≥ $1,234.50/h · 37 of 41 priced".
func (s Settings) PerHourText(c Cost) string { return WithCoverage(s.PerHour(c)+"/h", c.Coverage()) }

// PerMonthText returns a cost per month and its coverage: "≥ $1,234.50/month · 37 of 41 priced".
func (s Settings) PerMonthText(c Cost) string {
	return WithCoverage(s.PerMonth(c)+"/month", c.Coverage())
}

// Note says what the matrix leaves out, "" if it is complete.
func (m Matrix) Note() string {
	if m.MoreRegions == 0 && m.MoreModels == 0 {
		return ""
	}
	var more []string
	if m.MoreRegions > 0 {
		more = append(more, Counted(m.MoreRegions, "region"))
	}
	if m.MoreModels > 0 {
		more = append(more, Counted(m.MoreModels, "model"))
	}
	return "Shows the regions and models with the most instances. The totals also include " +
		strings.Join(more, " and ") + " not shown here."
}

// LeftOut says what the report leaves out, and why.
func (r *Report) LeftOut() []string {
	sentences := []string{
		"Passwords, login names, users and teams are never stored, not even in an internal report. " +
			"No other field is stored unless it is listed as a column.",
	}
	if r.Internal() {
		sentences = append(sentences,
			"IP addresses are shown because this report is internal. A public report leaves them out.")
	} else {
		sentences = append(sentences, "IP addresses are left out because this report is public.")
	}
	if slices.Contains(r.Hidden, "id") {
		sentences = append(sentences, "IDs are pseudonyms, made with a key that is not published. "+
			"An instance has the same pseudonym in every run.")
	}
	for _, f := range fleet.Fields {
		if f.HiddenBy(r.Hidden) {
			sentences = append(sentences, "The field "+f.Name+" is hidden.")
		}
	}
	return sentences
}

// PriceLegend says where prices come from.
func PriceLegend() []string {
	return []string{
		"Prices come from, in order: price file, instance list, product list. " +
			"The price file and the product list are optional. " +
			"The column price_source says where each price comes from.",
		"A price from a product with a different number of GPUs is scaled, and marked as such.",
		"If none of these sources has a price, it is unknown. Prices are as of the report's date. " +
			"They are not billed amounts.",
	}
}

// MonthLegend explains months and money, split around the hours per month, which can be changed in the workbook.
func (r *Report) MonthLegend() (before, hours, after string) {
	after = " hours. Amounts are in " + r.Currency + ", the currency of the prices. Nothing is converted."
	return "A month is ", r.HoursPerMonth.String(), after
}

// Legend says what the figures mean.
func (r *Report) Legend() []string {
	before, hours, after := r.MonthLegend()
	return append([]string{
		"Running instances have the status Running. " +
			"Listed instances still exist: they have any status except Deleted, Canceled, Completed and Booked.",
		"The provider doesn't document whether stopped instances are billed. " +
			"So the report shows both. Neither is an invoice.",
		"Counts of instances, GPUs, CPU cores, RAM and disk include every status, even Deleted and Booked, " +
			"unless they are marked as running or listed.",
		before + hours + after,
		"The cost per GPU-hour is the sum of the prices of the listed instances that have GPUs and a price, " +
			"divided by their GPUs and rounded to 4 decimals. Shares are of the fleet's listed cost.",
		"Unknown values count as 0 in a sum. Such a sum is a lower bound. " +
			"It is marked ≥ and followed by its coverage, such as 37 of 41 priced. " +
			"What was spent has a range, from low to high, which only counts hours with a price.",
	}, r.budgetLegend()...)
}
