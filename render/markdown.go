package render

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"gpufleet/render/report"
)

// Summary returns summary.md, GitHub-flavoured: never more than maxSummary bytes, whatever the fleet. Every text from the API shows
// as itself: it makes no link, mention, reference, image or markup. No table cell holds two amounts, since GitHub takes what
// stands between two dollar signs of a text for mathematics.
func Summary(r *report.Report) []byte {
	head, before, after := summaryParts(r)
	return []byte(head + notesText(r) + before + after)
}

// notesText returns the author's notes with an empty line behind them, "" for none. They stand behind the head of the
// summary.
func notesText(r *report.Report) string {
	if r.Notes == "" {
		return ""
	}
	return r.Notes + "\n"
}

// summaryParts returns the summary without the notes, in three parts: the head, what comes before the charts of the
// report in one file, and what comes after them.
func summaryParts(r *report.Report) (head, before, after string) {
	for _, longest := range []int{wholeNames, shortNames} {
		m := &markdown{r: r, longest: longest}
		m.write()
		if texts, ok := fit(m.blocks, maxSummary-len(notesText(r))); ok || longest == shortNames {
			text := func(texts []string) string { return strings.Join(texts, "") }
			return text(texts[:m.body]), text(texts[m.body:m.charts]), text(texts[m.charts:])
		}
	}
	return "", "", ""
}

// write writes the summary as blocks, of which the tables may lose rows.
func (m *markdown) write() {
	m.head()
	m.body = len(m.blocks)
	if m.r.Empty() {
		m.line("No instances.")
		m.budget()
	} else {
		m.headline()
	}
	m.changes()
	if !m.r.Empty() {
		m.matrix()
	}
	m.charts = len(m.blocks)
	if !m.r.Empty() {
		m.groups()
		m.regions()
		m.models()
		m.statuses()
	}
	m.warnings()
	m.elsewhere()
	m.legend()
}

func (m *markdown) head() {
	m.line("# %s", markdownText(m.r.Title))
	if m.r.Demo() {
		m.line("**Sample data:** a made-up fleet, not a real one.")
	}
	if m.r.Internal() {
		m.line("**Internal:** not for publication.")
	}
	m.line("%s.", m.r.Origin())
}

func (m *markdown) headline() {
	t := m.r.Totals
	rows := [][]string{
		{"Instances", report.FormatCount(t.Count)},
		{"GPUs", t.GPUs.Text()},
		{"CPU cores", t.CPUCores.Text()},
		{"RAM (GB)", t.RAM.Text()},
	}
	if m.r.Shows("disk_size") {
		rows = append(rows, []string{"Disk (GB)", t.Disk.Text()})
	}
	rows = append(rows, [][]string{
		{"Running, per hour", m.r.PerHourText(t.Running)},
		{"Running, per month", m.r.PerMonthText(t.Running)},
		{"Listed, per hour", m.r.PerHourText(t.Listed)},
		{"Listed, per month", m.r.PerMonthText(t.Listed)},
		{"Prices known", t.PricesKnownText()},
	}...)
	m.table([]string{"Figure", "Value"}, []bool{false, true}, nil, append(rows, m.budgetRows()...)...)
}

func (m *markdown) warnings() {
	if len(m.r.Warnings) == 0 {
		return
	}
	m.line("## Warnings")
	shown, more := m.r.WarningsShown()
	var b strings.Builder
	for _, warning := range shown {
		fmt.Fprintf(&b, "- %s\n", markdownText(warning))
	}
	if more > 0 {
		fmt.Fprintf(&b, "- and %s more\n", report.FormatCount(more))
	}
	m.text(b.String() + "\n")
}

func (m *markdown) statuses() {
	m.line("## Status")
	var rows [][]string
	for _, s := range m.r.Statuses {
		rows = append(rows, []string{m.name(s.Label()), report.FormatCount(s.Instances), s.GPUs.Text()})
	}
	m.table([]string{"Status", "Instances", "GPUs"}, []bool{false, true, true}, rows)
}

// matrix writes the GPUs by region and model.
func (m *markdown) matrix() {
	m.line("## GPUs by region and model")
	head, right := []string{"Region"}, []bool{false}
	foot := []string{"**All regions**"}
	for _, model := range m.r.Matrix.Models {
		head, right = append(head, m.name(model.Name)), append(right, true)
		foot = append(foot, model.GPUs.String())
	}
	head, right = append(head, "All models"), append(right, true)
	var rows [][]string
	for _, row := range m.r.Matrix.Rows {
		cells := []string{m.name(row.Region.Name)}
		for _, group := range row.Cells {
			if group == nil {
				cells = append(cells, "–")
			} else {
				cells = append(cells, group.GPUs.String())
			}
		}
		rows = append(rows, append(cells, row.Region.GPUs.String()))
	}
	m.table(head, right, rows, append(foot, m.r.GPUs.String()))
	if note := m.r.Matrix.Note(); note != "" {
		m.line("%s", note)
	}
}

// groups writes what each region has of each model, the dearest first.
func (m *markdown) groups() {
	m.line("## The dearest groups")
	var rows [][]string
	for _, g := range m.r.Dearest() {
		rows = append(rows, m.totalsRow(m.name(g.Region.Name), m.name(g.Model.Name), g.Totals))
	}
	m.table([]string{"Region", "GPU model", "Instances", "GPUs", "Running per hour", "Listed per hour", "Listed per month", "Listed per GPU-hour", "Share of listed"},
		[]bool{false, false, true, true, true, true, true, true, true}, rows, m.totalsRow("**All**", "", m.r.Totals))
}

func (m *markdown) totalsRow(region, model string, t report.Totals) []string {
	return []string{region, model, report.FormatCount(t.Count), t.GPUs.Text(),
		m.r.PerHourText(t.Running), m.r.PerHourText(t.Listed), m.r.PerMonthText(t.Listed), m.r.RateText(t.GPUHour), t.ShareText()}
}

// elsewhere says where there is more: links where it is known how the report will stand, else the names of its files.
func (m *markdown) elsewhere() {
	m.line("## More")
	base := m.r.BaseURL
	if base == "" {
		m.line("`%s` is this report in one file, with charts; `%s` is the same as Markdown; `%s` is the workbook, with every instance.", reportPath, summaryPath, workbookPath)
		return
	}
	var b strings.Builder
	for _, to := range []struct{ name, path string }{
		{"Overview", "index.html"}, {"Changes", changesPage}, {"Instances", "instances/index.html"},
		{"This report in one file, with charts", reportPath}, {"The same as Markdown", summaryPath}, {"Workbook, with every instance", workbookPath},
	} {
		fmt.Fprintf(&b, "- [%s](<%s/%s>)\n", to.name, base, to.path)
	}
	m.text(b.String() + "\n")
}

func (m *markdown) legend() {
	m.text("---\n\n")
	for _, sentence := range m.r.Legend() {
		m.line("%s", sentence)
	}
}

// name returns a name from the list as text, shortened where the summary has to be.
func (m *markdown) name(name string) string {
	if runes := []rune(name); m.longest != wholeNames && len(runes) > m.longest {
		name = string(runes[:m.longest-1]) + "…"
	}
	return markdownCell(name)
}

// markdownCell returns text so that it shows as itself in a table's cell, which ends at a bar even within a code span.
func markdownCell(text string) string { return strings.ReplaceAll(markdownText(text), "|", `\|`) }

// markdownText returns text so that it shows as itself in running text and headings: plain words as they
// are, anything that could mean something to Markdown or GitHub as a code span, in which nothing is linked.
func markdownText(text string) string {
	if isPlainWords(text) {
		return text
	}
	fence := "`"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") {
		text = " " + text + " "
	}
	return fence + text + fence
}

// reference matches words that GitHub links: GH-1, hashes of commits, www addresses.
var reference = regexp.MustCompile(`(?i)gh-[0-9]|\b[0-9a-f]{7,40}\b|www\.`)

func isPlainWords(text string) bool {
	for _, r := range text {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(" -–—…≥·.,()/", r) {
			return false
		}
	}
	return text != "" && !reference.MatchString(text)
}
