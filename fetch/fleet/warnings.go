package fleet

import (
	"fmt"
	"strings"
)

// Warnings collects what was odd about a list, each sentence once. What is found in rows is gathered by
// what it says, so that a million odd rows make a line and not a million: the count is exact, and the
// first rows are named. The zero Warnings is empty and ready.
type Warnings struct {
	order []*warning
	index map[string]*warning
}

// Row names a row of the list: its place in its page, and the page, both from 1.
type Row struct {
	Page, Number int
}

func (r Row) String() string {
	if r.Page > 1 {
		return fmt.Sprintf("page %d row %d", r.Page, r.Number)
	}
	return fmt.Sprintf("row %d", r.Number)
}

type warning struct {
	text  string
	rows  []Row // the first rowsNamed
	count int   // of rows; 0 where the sentence is about the list
}

// rowsNamed is how many rows a warning names before it only counts.
const rowsNamed = 5

// Add adds a sentence, unless it is there already.
func (w *Warnings) Add(text string) { w.find(text) }

// AddRow adds a sentence about one row.
func (w *Warnings) AddRow(row Row, text string) {
	w.find(text).add(1, row)
}

// AddAll adds all that another list of warnings holds, behind what is here.
func (w *Warnings) AddAll(other Warnings) {
	for _, o := range other.order {
		w.find(o.text).add(o.count, o.rows...)
	}
}

func (w *warning) add(count int, rows ...Row) {
	w.count += count
	room := min(rowsNamed-len(w.rows), len(rows))
	w.rows = append(w.rows, rows[:room]...)
}

func (w *Warnings) find(text string) *warning {
	if found, ok := w.index[text]; ok {
		return found
	}
	if w.index == nil {
		w.index = map[string]*warning{}
	}
	added := &warning{text: text}
	w.index[text] = added
	w.order = append(w.order, added)
	return added
}

// Lines returns the warnings as sentences, in the order in which they were first met, such as
// "row 3, row 9: gpu_count is a boolean, taken as unknown". It is empty where there are none.
func (w *Warnings) Lines() []string {
	lines := make([]string, 0, len(w.order))
	for _, one := range w.order {
		lines = append(lines, one.line())
	}
	return lines
}

func (w *warning) line() string {
	if w.count == 0 {
		return w.text
	}
	names := make([]string, len(w.rows))
	for i, row := range w.rows {
		names[i] = row.String()
	}
	rows := strings.Join(names, ", ")
	if more := w.count - len(w.rows); more > 0 {
		rows = fmt.Sprintf("%s and %d more", rows, more)
	}
	return rows + ": " + w.text
}
