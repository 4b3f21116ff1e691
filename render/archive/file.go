package archive

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"

	"gpufleet/fetch/exit"
	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
	"gpufleet/fetch/parallel"
)

// schema is the version of the tables.
const schema = 1

// headKey is the name of a file's head in its metadata.
const headKey = "gpufleet"

// head says what a file may show. It is that of the run that wrote it.
type head struct {
	Schema   int      `json:"schema"`
	Source   string   `json:"source"`
	Audience string   `json:"audience"`
	Hidden   []string `json:"hidden"`
	Key      string   `json:"key"`
	// Breaks are readings whose ids can't be compared with those of the next one. They are of this day, or the last one
	// before it, and only in a file of readings.
	Breaks []time.Time `json:"breaks,omitempty"`
}

func headOf(h history.Head) head {
	hidden := append([]string{}, h.Hidden...)
	return head{Schema: schema, Source: h.Source, Audience: h.Audience, Hidden: hidden, Key: h.Key}
}

func (h head) encode() (string, error) {
	h.Hidden = append([]string{}, h.Hidden...) // not null
	data, err := json.Marshal(h)
	return string(data), err
}

// Error ends a run that can't continue the archive: a file is damaged or from a later version, or the clock is wrong.
// No text contains a value from a file.
type Error string

func (e Error) Error() string { return string(e) }

// ExitCode returns exit.Incomplete, because the run would lose some of the archive.
func (e Error) ExitCode() int { return exit.Incomplete }

// UsageError is an archive that the user should not have chosen.
type UsageError string

func (e UsageError) Error() string { return string(e) }

// ExitCode returns exit.Usage.
func (e UsageError) ExitCode() int { return exit.Usage }

// File is an open file of the archive.
type File interface {
	io.ReaderAt
	io.Closer
	Stat() (fs.FileInfo, error)
}

// Folder is the archive on disk, as it was before the run. Paths are relative, with slashes.
type Folder interface {
	// List returns the names in a folder, sorted: none if it doesn't exist.
	List(path string) ([]string, error)
	// Open opens a file. The error is fs.ErrNotExist, wrapped, if there is none.
	Open(path string) (File, error)
	// Display returns a path as the user would write it.
	Display(path string) string
}

// visitor gets what is in a file: its head, then its rows in order. Rows are valid until the next call of batch, which
// comes before those of each batch. nil leaves out head or batch.
type visitor struct {
	head  func(head) error
	batch func() error
	row   func(parquet.Row) error
}

// read reads a file and returns its head. A file that doesn't exist has no rows, and a zero head.
func (t *table[T]) read(folder Folder, path string, v visitor) (h head, err error) {
	file, err := folder.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return head{}, nil
	}
	if err != nil {
		return head{}, err
	}
	defer file.Close()
	var stopped error // of the visitor
	row := v.row
	v.row = func(r parquet.Row) error { stopped = row(r); return stopped }
	panicked := parallel.Catch(func() { h, err = t.readFile(file, v) })
	var known interface{ ExitCode() int }
	switch {
	case stopped != nil || err == errHide:
		return h, cmp.Or(stopped, err)
	case errors.As(err, &known):
		return h, fmt.Errorf("%s: %w", folder.Display(path), err)
	case panicked != nil || err != nil: // the library's errors may quote values
		return h, Error(folder.Display(path) + " is damaged; restore it from a backup, or move it away")
	}
	return h, nil
}

func (t *table[T]) readFile(file File, v visitor) (h head, err error) {
	info, err := file.Stat()
	if err != nil {
		return h, err
	}
	if err := checkSum(file, info.Size()); err != nil {
		return h, err
	}
	opened, err := parquet.OpenFile(file, info.Size(), parquet.SkipBloomFilters(true), parquet.SkipPageIndex(true))
	if err != nil {
		return h, err
	}
	meta, _ := opened.Lookup(headKey)
	if err := json.Unmarshal([]byte(meta), &h); err != nil {
		return h, err
	}
	if h.Schema > max(schema, len(t.widths)) {
		return h, Error("this file is from a later version of gpufleet; update gpufleet")
	}
	if h.Schema < 1 || !parquet.EqualNodes(opened.Schema(), t.schema(h.Schema)) {
		return h, errors.New("other columns")
	}
	if v.head != nil {
		if err := v.head(h); err != nil {
			return h, err
		}
	}
	rows := make([]parquet.Row, batchRows)
	for _, group := range opened.RowGroups() {
		if err := readGroup(group.Rows(), rows, v); err != nil {
			return h, err
		}
	}
	return h, nil
}

func readGroup(from parquet.Rows, rows []parquet.Row, v visitor) error {
	defer from.Close()
	for {
		if v.batch != nil {
			if err := v.batch(); err != nil {
				return err
			}
		}
		n, err := from.ReadRows(rows)
		for _, r := range rows[:n] {
			if err := v.row(r); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// compareValues orders two values of a column: null first, texts byte by byte.
func compareValues(a, b parquet.Value) int {
	switch {
	case a.IsNull() || b.IsNull():
		return fleet.CompareBools(!a.IsNull(), !b.IsNull())
	case a.Kind() == parquet.ByteArray || a.Kind() == parquet.FixedLenByteArray:
		return bytes.Compare(a.ByteArray(), b.ByteArray())
	case a.Kind() == parquet.Boolean:
		return fleet.CompareBools(a.Boolean(), b.Boolean())
	case a.Kind() == parquet.Double:
		return cmp.Compare(a.Double(), b.Double())
	}
	return cmp.Compare(a.Int64(), b.Int64())
}

// Paths of a day's files.

const (
	datePrefix = "date="
	suffix     = ".parquet"
)

func dayPath(table string, day time.Time) string {
	return table + "/" + datePrefix + history.DateText(day) + "/" + table + suffix
}

func chargesPath(day time.Time) string {
	return "charges/billing_period=" + history.MonthText(day) + "/" + datePrefix + history.DateText(day) +
		"/charges" + suffix
}

// days returns the days that the archive has a file of a table for, ascending. The charges are in folders by month.
func days(folder Folder, dir string) (found []time.Time, err error) {
	names, err := folder.List(dir)
	for _, name := range names {
		date, ok := strings.CutPrefix(name, datePrefix)
		if day, err := time.Parse(time.DateOnly, date); ok && err == nil && history.DateText(day) == date {
			found = append(found, day)
		}
	}
	return found, err
}
