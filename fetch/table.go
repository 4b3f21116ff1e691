package fetch

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxTableFile is the largest size of a CSV file in bytes, enough for 300,000 rows of 50 bytes.
const maxTableFile = 16 << 20

// tableHeader says which columns a CSV file has. They may be in any order, and each is there at most once.
type tableHeader struct {
	columns  []string // all that are known, in the usual order
	required []string // those that must be there
}

func (h tableHeader) String() string { return strings.Join(h.columns, ",") }

// readTableFile reads the CSV file at path and calls add for each row that is not empty. name says what the file is,
// such as "price file". The error is a *Error of kind BadInput, which names line and column but no value, or the
// context's cause if the context ended the reading.
func readTableFile(ctx context.Context, name, path string, header tableHeader, add func(*tableRow) error) error {
	text, err := ReadText(ctx, path, maxTableFile+1)
	if err == nil && len(text) > maxTableFile {
		err = fmt.Errorf("it is larger than %d MiB", maxTableFile>>20)
	}
	if err == nil {
		err = readTable(text, header, add)
	}
	var cause *fs.PathError
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.As(err, &cause):
		err = cause.Err // without the path, which is in the message already
	}
	return errorf(BadInput, "%s %s: %v", name, path, err)
}

// tableRow is a row of a CSV file.
type tableRow struct {
	cells []string // of the known columns, trimmed; "" for one that the file doesn't have
	line  int      // of its first cell, from 1

	table *tableReader
}

// fault returns an error about the cell of a known column. what continues "line 3, column E (price_per_hour): ".
func (r *tableRow) fault(column int, what string) error {
	at := r.table.at[column]
	return fmt.Errorf("line %d, column %s (%s): %s", r.table.lineOf(at), columnLetter(at), r.table.header.columns[column],
		what)
}

// readTable calls add for each row of a CSV text that is not empty.
func readTable(text []byte, header tableHeader, add func(*tableRow) error) error {
	text = bytes.TrimPrefix(text, []byte("\xEF\xBB\xBF"))
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	text = bytes.ReplaceAll(text, []byte("\r"), []byte("\n")) // as Excel writes "CSV (Macintosh)"
	t := &tableReader{header: header, csv: csv.NewReader(bytes.NewReader(text))}
	t.csv.FieldsPerRecord = -1
	t.csv.TrimLeadingSpace = true
	for {
		cells, err := t.next()
		switch {
		case err == io.EOF && t.at == nil:
			return fmt.Errorf("line 1: the header must be %v", header)
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		case t.at == nil:
			err = t.readHeader(cells)
		default:
			err = t.addRow(cells, add)
		}
		if err != nil {
			return err
		}
	}
}

type tableReader struct {
	header tableHeader
	csv    *csv.Reader
	cells  int   // of the current row
	width  int   // columns of the header
	at     []int // where the file has each known column, from 0; -1 if it doesn't
}

// next returns the cells of the next row that is not empty, trimmed and without the empty ones at its end: Excel writes
// a comma for every cell that once had a value or a format.
func (t *tableReader) next() ([]string, error) {
	for {
		cells, err := t.csv.Read()
		t.cells = len(cells)
		var parse *csv.ParseError
		if errors.As(err, &parse) { // cells are those before the fault
			return nil, fmt.Errorf("line %d, column %s: a quote is out of place; put the whole cell in quotes, "+
				"and write \"\" for a quote in it", parse.StartLine, columnLetter(len(cells)))
		}
		if err != nil {
			return nil, err
		}
		last := 0
		for i, cell := range cells {
			if !utf8.ValidString(cell) {
				return nil, fmt.Errorf("line %d, column %s: the text is not UTF-8; save the file as CSV UTF-8",
					t.lineOf(i), columnLetter(i))
			}
			if cells[i] = strings.TrimSpace(cell); cells[i] != "" {
				last = i + 1
			}
		}
		if last > 0 {
			return cells[:last], nil
		}
	}
}

// readHeader finds the known columns.
func (t *tableReader) readHeader(cells []string) error {
	line := t.lineOf(0)
	if cells[0] == "sep=" && len(cells) == 1 { // a line for Excel, which says that commas separate the columns
		return nil
	}
	for separator, name := range map[string]string{";": "semicolons", "\t": "tabs"} {
		if strings.Contains(cells[0], separator) {
			return fmt.Errorf("line %d: the columns are separated by %s; save the file with commas between them, "+
				"and with a point in decimals", line, name)
		}
	}
	known := func(name string) bool { return slices.Contains(t.header.columns, name) }
	if !slices.ContainsFunc(cells, known) {
		return fmt.Errorf("line %d: the header must be %v", line, t.header)
	}
	for i, name := range cells {
		switch {
		case !known(name):
			return fmt.Errorf("line %d, column %s: unknown column; the header must be %v", line, columnLetter(i), t.header)
		case slices.Contains(cells[:i], name):
			return fmt.Errorf("line %d, column %s: a second column %s; remove one", line, columnLetter(i), name)
		}
	}
	for _, name := range t.header.required {
		if !slices.Contains(cells, name) {
			return fmt.Errorf("line %d: no column %s; the header must be %v", line, name, t.header)
		}
	}
	t.width = len(cells)
	for _, name := range t.header.columns {
		t.at = append(t.at, slices.Index(cells, name))
	}
	return nil
}

func (t *tableReader) addRow(cells []string, add func(*tableRow) error) error {
	for i := t.width; i < len(cells); i++ {
		if cells[i] != "" {
			return fmt.Errorf("line %d, column %s: a value in a column without a name", t.lineOf(i), columnLetter(i))
		}
	}
	row := &tableRow{cells: make([]string, len(t.at)), line: t.lineOf(0), table: t}
	for column, at := range t.at {
		if at >= 0 && at < len(cells) {
			row.cells[column] = cells[at]
		}
	}
	return add(row)
}

// lineOf returns the line of a cell of the current row. A row may have fewer cells than the header.
func (t *tableReader) lineOf(cell int) int {
	line, _ := t.csv.FieldPos(min(max(0, cell), t.cells-1))
	return line
}

// unusedRows returns a note with the lines of rows that no instance uses, and why that may be, "" if there are none.
func unusedRows(lines []int, reason string) string {
	const named = 10
	slices.Sort(lines)
	var texts []string
	for _, line := range lines[:min(len(lines), named)] {
		texts = append(texts, strconv.Itoa(line))
	}
	more := ""
	if len(lines) > named {
		more = fmt.Sprintf(" and %d more", len(lines)-named)
	}
	switch len(lines) {
	case 0:
		return ""
	case 1:
		return "unused row on line " + texts[0] + ": " + reason
	default:
		return "unused rows on lines " + strings.Join(texts, ", ") + more + ": " + reason
	}
}

// columnLetter returns the name that spreadsheets give to a column, from 0: A, …, Z, AA, ….
func columnLetter(column int) string {
	letters := ""
	for ; column >= 0; column = column/26 - 1 {
		letters = string(rune('A'+column%26)) + letters
	}
	return letters
}
