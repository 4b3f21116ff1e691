package markdown

import (
	"fmt"
	"sort"
	"strings"

	"gpufleet/render/report"
)

// maxSummary bounds the summary in bytes. What GitHub takes as the text of an issue ends at 65,536 characters; in
// whatever unit it counts, there are no more of them than bytes.
const maxSummary = 65_000

// Names are whole, unless the summary can't hold them even without the rows that may go.
const (
	wholeNames = 0
	shortNames = 64 // characters at most
)

// draft is a summary that is being written.
type draft struct {
	r       *report.Report
	blocks  []block
	longest int // characters of a name
	body    int // blocks before the notes
	charts  int // blocks before the charts of the report in one file
}

// block is a text, and the rows of a table behind it: those that may be dropped, the last first, and those that stay.
type block struct {
	text string
	rows []string
	foot string
	more int    // rows that are not even in rows
	rest string // where they are
}

func (m *draft) text(text string) { m.blocks = append(m.blocks, block{text: text}) }

func (m *draft) line(format string, args ...any) { m.text(fmt.Sprintf(format, args...) + "\n\n") }

// table writes a table. right tells which columns hold figures. Cells must be escaped. Of rows some may be dropped,
// those of foot stay.
func (m *draft) table(head []string, right []bool, rows [][]string, foot ...[]string) {
	rule := "|"
	for _, numeric := range right {
		if numeric {
			rule += " ---: |"
		} else {
			rule += " --- |"
		}
	}
	b := block{text: row(head) + rule + "\n"}
	for _, cells := range rows {
		b.rows = append(b.rows, row(cells))
	}
	for _, cells := range foot {
		b.foot += row(cells)
	}
	m.blocks = append(m.blocks, b)
}

func row(cells []string) string { return "| " + strings.Join(cells, " | ") + " |\n" }

// shown returns how many rows a block shows of at most room bytes.
func (b block) shown(room int) int {
	for i, row := range b.rows {
		if room -= len(row); room < 0 {
			return i
		}
	}
	return len(b.rows)
}

// isTable reports whether a block is a table.
func (b block) isTable() bool { return len(b.rows) > 0 || b.foot != "" }

func (b block) write(to *strings.Builder, room int) {
	to.WriteString(b.text)
	if !b.isTable() {
		return
	}
	shown := b.shown(room)
	for _, row := range b.rows[:shown] {
		to.WriteString(row)
	}
	to.WriteString(b.foot + "\n")
	if more := len(b.rows) - shown + b.more; more > 0 {
		fmt.Fprintf(to, "And %s more%s.\n\n", report.FormatCount(more), b.rest)
	}
}

// fit writes blocks down, together in less than limit bytes, and reports whether it could. So that they fit, the
// tables with the longest rows together lose their last rows: none is left with more room than another one lacks.
func fit(blocks []block, limit int) (texts []string, ok bool) {
	write := func(room int) (texts []string, size int) {
		for _, block := range blocks {
			var b strings.Builder
			block.write(&b, room)
			texts, size = append(texts, b.String()), size+b.Len()
		}
		return texts, size
	}
	// The room of a table that is the first to be too large.
	over := sort.Search(limit+1, func(room int) bool { _, size := write(room); return size >= limit })
	texts, _ = write(max(0, over-1))
	return texts, over > 0
}
