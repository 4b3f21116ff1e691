package markdown

import (
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode"

	"gpufleet/fetch/fleet"
	"gpufleet/render/report"
)

// Summary is summary.md in GitHub-flavoured Markdown. It has parts, since the author's notes stay as written, and the
// report in one file inserts its charts.
//
// It is never longer than maxSummary bytes. Text from the API shows literally: it makes no link, mention, reference,
// image or markup. No table cell holds two amounts, since GitHub renders text between two dollar signs as math.
type Summary struct{ Head, Notes, BeforeCharts, AfterCharts string }

// NewSummary returns the summary of a report.
func NewSummary(r *report.Report) Summary {
	var notes string
	if r.Notes != "" {
		notes = r.Notes + "\n" // an empty line ends them
	}
	for _, maxName := range []int{wholeNames, shortNames} {
		m := &draft{r: r, maxName: maxName}
		m.write()
		if texts, ok := fit(m.blocks, maxSummary-len(notes)); ok || maxName == shortNames {
			text := func(texts []string) string { return strings.Join(texts, "") }
			return Summary{text(texts[:m.body]), notes, text(texts[m.body:m.charts]), text(texts[m.charts:])}
		}
	}
	return Summary{}
}

// Write writes summary.md.
func (s Summary) Write(w io.Writer) error {
	_, err := io.WriteString(w, s.String())
	return err
}

// String returns the text of summary.md.
func (s Summary) String() string { return s.Head + s.Notes + s.BeforeCharts + s.AfterCharts }

// write writes the summary as blocks.
func (m *draft) write() {
	m.head()
	m.body = len(m.blocks)
	m.spend()
	m.changes()
	m.attention()
	if m.r.Empty() {
		m.line("No instances.")
	} else {
		m.headline()
		m.matrix()
	}
	m.charts = len(m.blocks)
	if !m.r.Empty() {
		m.groups()
		m.divisions()
		m.statuses()
	}
	m.warnings()
	m.links()
	m.legend()
}

func (m *draft) head() {
	m.line("# %s", literal(m.r.Title))
	if m.r.Demo() {
		m.line("**Sample data:** not a real fleet.")
	}
	if m.r.Internal() {
		m.line("**Internal:** not for publication.")
	}
	m.line("%s.", m.r.Origin())
}

func (m *draft) headline() {
	m.line("## Fleet")
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
	m.table([]string{"Figure", "Value"}, []bool{false, true}, nil, rows...)
}

func (m *draft) warnings() {
	if len(m.r.Warnings) == 0 {
		return
	}
	m.line("## Warnings")
	shown, more := m.r.WarningsShown()
	var b strings.Builder
	for _, warning := range shown {
		fmt.Fprintf(&b, "- %s\n", literal(warning))
	}
	if more > 0 {
		fmt.Fprintf(&b, "- and %s more\n", report.FormatCount(more))
	}
	m.text(b.String() + "\n")
}

func (m *draft) statuses() {
	m.line("## Status")
	var rows [][]string
	for _, s := range m.r.Statuses {
		rows = append(rows, []string{m.name(s.Label()), report.FormatCount(s.Instances), s.GPUs.Text()})
	}
	m.table([]string{"Status", "Instances", "GPUs"}, []bool{false, true, true}, rows)
}

// attention writes what needs attention, if anything does.
func (m *draft) attention() {
	if len(m.r.Findings) == 0 {
		return
	}
	m.line("## Needs attention")
	var rows [][]string
	for _, f := range m.r.Findings {
		rows = append(rows, []string{f.Title, report.FormatCount(f.Count()), m.r.AtStakeText(f.AtStake),
			m.r.SinceText(f.Since)})
	}
	m.table([]string{"Finding", "Instances", "At stake", "Since"}, []bool{false, true, true, false}, rows)
}

// matrix writes the GPUs by region and model.
func (m *draft) matrix() {
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

// groups writes the totals of each region's models, the most expensive first.
func (m *draft) groups() {
	m.line("## Most expensive groups")
	var rows [][]string
	for _, g := range m.r.GroupsByCost() {
		rows = append(rows, m.totalsRow(m.name(g.Region.Name), m.name(g.Model.Name), g.Totals))
	}
	m.table([]string{"Region", "GPU model", "Instances", "GPUs", "Running per hour", "Listed per hour",
		"Listed per month", "Listed per GPU-hour", "Share of listed"},
		[]bool{false, false, true, true, true, true, true, true, true}, rows, m.totalsRow("**All**", "", m.r.Totals))
}

func (m *draft) totalsRow(region, model string, t report.Totals) []string {
	return []string{region, model, report.FormatCount(t.Count), t.GPUs.Text(),
		m.r.PerHourText(t.Running), m.r.PerHourText(t.Listed), m.r.PerMonthText(t.Listed),
		m.r.RateText(t.GPUHour), t.ShareText()}
}

// links writes links to the site if its address is known, else the names of files.
func (m *draft) links() {
	m.line("## More")
	base := m.r.BaseURL
	if base == "" {
		m.line("`%s` is this report in one file, with charts. `%s` is this summary as Markdown. "+
			"`%s` is the workbook, with every instance.", report.ReportPath, report.MarkdownPath, report.WorkbookPath)
		return
	}
	var b strings.Builder
	for _, to := range []struct{ name, path string }{
		{"Overview", report.OverviewPath},
		{"Changes", report.ChangesPath},
		{"Instances", report.InstancesPath},
		{"This report in one file, with charts", report.ReportPath},
		{"This summary as Markdown", report.MarkdownPath},
		{"Workbook, with every instance", report.WorkbookPath},
	} {
		fmt.Fprintf(&b, "- [%s](<%s/%s>)\n", to.name, base, to.path)
	}
	m.text(b.String() + "\n")
}

func (m *draft) legend() {
	m.text("---\n\n")
	for _, sentence := range m.r.Legend() {
		m.line("%s", sentence)
	}
}

// name returns a name from the list as literal text, shortened if necessary.
func (m *draft) name(name string) string {
	name = fleet.Visible(name)
	if runes := []rune(name); m.maxName != wholeNames && len(runes) > m.maxName {
		name = string(runes[:m.maxName-1]) + "…"
	}
	return literalCell(name)
}

// literalCell returns literal text for a table cell, where a bar ends the cell even inside a code span.
func literalCell(text string) string { return strings.ReplaceAll(literal(text), "|", `\|`) }

// literal returns text that shows literally in running text and headings. Plain words stay as they are. Anything that
// could mean something to Markdown or GitHub becomes a code span, in which GitHub links nothing.
func literal(text string) string {
	text = fleet.Visible(text)
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

// reference matches words that GitHub links: GH-1, commit hashes, www addresses.
var reference = regexp.MustCompile(`(?i)gh-[0-9]|\b[0-9a-f]{7,40}\b|www\.`)

func isPlainWords(text string) bool {
	for _, r := range text {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(" -–—…≥·.,()/", r) {
			return false
		}
	}
	return text != "" && !reference.MatchString(text)
}
