package fleet

import (
	"fmt"
	"strings"
)

// Warnings collects warnings about a list, each once. Warnings about rows are grouped by text, so that a million bad
// rows give one line, with the first rows and the exact count. The zero Warnings is empty and ready to use.
type Warnings struct {
	order []*warning
	index map[string]*warning
}

// Row identifies a row of the list by its page and its number in the page, both from 1.
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
	rows  []Row  // the first maxRows
	list  string // which account's list it is about: "account ml: "; "" if there is only one list
	count int    // of rows; 0 if the warning is about the list
}

// maxRows is how many rows a warning names. It counts the rest.
const maxRows = 5

// Add adds a warning about the list, unless it exists.
func (w *Warnings) Add(text string) { w.find(text) }

// AddRow adds a warning about one row.
func (w *Warnings) AddRow(row Row, text string) {
	w.find(text).add(1, row)
}

// AddAll appends all warnings of another list.
func (w *Warnings) AddAll(other Warnings) {
	for _, o := range other.order {
		w.find(o.text).add(o.count, o.rows...)
	}
}

// AddAccount appends all warnings about the list of an account. Call it last, since they don't merge with others.
func (w *Warnings) AddAccount(account string, other Warnings) {
	for _, o := range other.order {
		added := *o
		added.list = "account " + account + ": "
		w.order = append(w.order, &added)
	}
}

// hideAccounts removes the names of accounts.
func (w *Warnings) hideAccounts() {
	for _, one := range w.order {
		if one.list != "" {
			one.list = "an account: "
		}
	}
}

func (w *warning) add(count int, rows ...Row) {
	w.count += count
	room := min(maxRows-len(w.rows), len(rows))
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

// Lines returns the warnings in the order in which they were first added, such as "row 3, row 9: gpu_count is a
// boolean, not a whole number; treated as unknown". It is empty, not nil, if there are none.
func (w *Warnings) Lines() []string {
	lines := make([]string, 0, len(w.order))
	for _, one := range w.order {
		lines = append(lines, one.line())
	}
	return lines
}

func (w *warning) line() string {
	if w.count == 0 {
		return w.list + w.text
	}
	names := make([]string, len(w.rows))
	for i, row := range w.rows {
		names[i] = row.String()
	}
	rows := strings.Join(names, ", ")
	if more := w.count - len(w.rows); more > 0 {
		rows = fmt.Sprintf("%s and %d more", rows, more)
	}
	return w.list + rows + ": " + w.text
}
