package markdown

import (
	"fmt"
	"sort"
	"strings"

	"gpufleet/render/report"
)

// maxSummary is the maximum size of the summary in bytes. GitHub limits the text of an issue to 65,536 characters, and
// there are never more characters than bytes.
const maxSummary = 65_000

// Names are whole, unless the summary is too long even without the rows that can be dropped.
const (
	wholeNames = 0
	shortNames = 64 // maximum length in characters
)

// draft is a summary in progress.
type draft struct {
	r       *report.Report
	blocks  []block
	maxName int // characters, or wholeNames
	body    int // number of blocks before the notes
	charts  int // number of blocks before the charts of the report in one file
}

// block is a text, or a table: its head, the rows that can be dropped from the end, and its foot.
type block struct {
	text   string
	rows   []string
	foot   string
	more   int    // further rows that are not in rows
	moreIn string // where they are
}

func (m *draft) text(text string) { m.blocks = append(m.blocks, block{text: text}) }

func (m *draft) line(format string, args ...any) { m.text(fmt.Sprintf(format, args...) + "\n\n") }

// table writes a table of escaped cells. right marks the right-aligned columns. Of rows, the last can be dropped; foot
// stays.
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

// shown returns how many rows fit into room bytes.
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
		fmt.Fprintf(to, "And %s more%s.\n\n", report.FormatCount(more), b.moreIn)
	}
}

// fit writes blocks into less than limit bytes together. ok is false if they don't fit. The largest tables lose their
// last rows: each table gets the same room, as large as possible.
func fit(blocks []block, limit int) (texts []string, ok bool) {
	write := func(room int) (texts []string, size int) {
		for _, block := range blocks {
			var b strings.Builder
			block.write(&b, room)
			texts, size = append(texts, b.String()), size+b.Len()
		}
		return texts, size
	}
	// The smallest room per table that is too large.
	over := sort.Search(limit+1, func(room int) bool { _, size := write(room); return size >= limit })
	texts, _ = write(max(0, over-1))
	return texts, over > 0
}
