package render

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"

	"gpufleet/render/report"
)

// Summary returns summary.md, GitHub-flavoured. Every text from the API shows as itself: it makes no link, mention,
// reference, image or markup. No table cell holds two amounts, since GitHub takes what stands between two dollar signs of
// a text for mathematics.
func Summary(r *report.Report) []byte {
	m := &markdown{r: r}
	m.head()
	if r.Empty() {
		m.line("No instances.")
		m.budget()
	} else {
		m.headline()
	}
	m.warnings()
	m.changes()
	if !r.Empty() {
		m.statuses()
		m.matrix()
		m.regions()
		m.models()
		m.groups()
	}
	m.legend()
	return m.b.Bytes()
}

// markdown is a summary that is being written.
type markdown struct {
	b bytes.Buffer
	r *report.Report
}

func (m *markdown) line(format string, args ...any) { fmt.Fprintf(&m.b, format+"\n\n", args...) }

// table writes a table. right tells which columns hold figures. Cells must be escaped.
func (m *markdown) table(head []string, right []bool, rows [][]string) {
	fmt.Fprintf(&m.b, "| %s |\n|", strings.Join(head, " | "))
	for _, numeric := range right {
		if numeric {
			m.b.WriteString(" ---: |")
		} else {
			m.b.WriteString(" --- |")
		}
	}
	for _, row := range rows {
		fmt.Fprintf(&m.b, "\n| %s |", strings.Join(row, " | "))
	}
	m.b.WriteString("\n\n")
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
	}...)
	m.table([]string{"Figure", "Value"}, []bool{false, true}, append(rows, m.budgetRows()...))
}

func (m *markdown) warnings() {
	if len(m.r.Warnings) == 0 {
		return
	}
	m.line("## Warnings")
	shown, more := m.r.WarningsShown()
	for _, warning := range shown {
		fmt.Fprintf(&m.b, "- %s\n", markdownText(warning))
	}
	if more > 0 {
		fmt.Fprintf(&m.b, "- and %s more\n", report.FormatCount(more))
	}
	m.b.WriteString("\n")
}

func (m *markdown) statuses() {
	m.line("## Status")
	var rows [][]string
	for _, s := range m.r.Statuses {
		rows = append(rows, []string{markdownText(s.Label()), report.FormatCount(s.Instances), s.GPUs.Text()})
	}
	m.table([]string{"Status", "Instances", "GPUs"}, []bool{false, true, true}, rows)
}

// matrix writes the GPUs by region and model.
func (m *markdown) matrix() {
	m.line("## GPUs by region and model")
	head, right := []string{"Region"}, []bool{false}
	foot := []string{"**All regions**"}
	for _, model := range m.r.Matrix.Models {
		head, right = append(head, markdownText(model.Name)), append(right, true)
		foot = append(foot, model.GPUs.String())
	}
	head, right = append(head, "All models"), append(right, true)
	var rows [][]string
	for _, row := range m.r.Matrix.Rows {
		cells := []string{markdownText(row.Region.Name)}
		for _, group := range row.Cells {
			if group == nil {
				cells = append(cells, "–")
			} else {
				cells = append(cells, group.GPUs.String())
			}
		}
		rows = append(rows, append(cells, row.Region.GPUs.String()))
	}
	m.table(head, right, append(rows, append(foot, m.r.GPUs.String())))
	if note := m.r.Matrix.Note(); note != "" {
		m.line("%s", note)
	}
}

func (m *markdown) groups() {
	m.line("## Groups")
	var rows [][]string
	for _, region := range m.r.Regions {
		for _, g := range region.Groups {
			rows = append(rows, m.totalsRow(markdownText(region.Name), markdownText(g.Model.Name), g.Totals))
		}
	}
	rows = append(rows, m.totalsRow("**All**", "", m.r.Totals))
	m.table([]string{"Region", "GPU model", "Instances", "GPUs", "Running per hour", "Listed per hour", "Listed per month", "Listed per GPU-hour", "Share of listed"},
		[]bool{false, false, true, true, true, true, true, true, true}, rows)
}

func (m *markdown) totalsRow(region, model string, t report.Totals) []string {
	return []string{region, model, report.FormatCount(t.Count), t.GPUs.Text(),
		m.r.PerHourText(t.Running), m.r.PerHourText(t.Listed), m.r.PerMonthText(t.Listed), m.r.RateText(t.GPUHour), t.ShareText()}
}

func (m *markdown) legend() {
	m.b.WriteString("---\n\n")
	for _, sentence := range m.r.Legend() {
		m.line("%s", sentence)
	}
}

// markdownText returns text so that it shows as itself in running text, headings and table cells: plain words as they
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
	return fence + strings.ReplaceAll(text, "|", `\|`) + fence
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

// markdownToHTML returns the HTML of Markdown, with raw HTML dropped and no style attribute, which the pages' policy
// would block.
func markdownToHTML(text []byte) (string, error) {
	var b strings.Builder
	err := goldmark.New(goldmark.WithExtensions(
		extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute)),
		extension.Strikethrough, extension.Linkify, extension.TaskList,
	)).Convert(text, &b)
	return b.String(), err
}
