package history

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"

	"gpufleet/fetch/fleet"
)

// Snapshot is the list of one run, with of each instance what the table of fields keeps in snapshots. One that was
// read is kept as it came, packed, since a list may have a million rows and there may be fifteen of them.
type Snapshot struct {
	Head
	Taken time.Time // when the list was fetched, UTC, to the second
	Count int       // instances

	rows func(ctx context.Context, row func(*fleet.Instance) error) error
	kept []*fleet.Field // of its rows, in the order of the table
	file []byte         // as it was read and will be written; nil of one that is encoded anew
	form int            // of the file that was read
}

// Path returns where the snapshot stands in the output folder.
func (s *Snapshot) Path() string { return SnapshotPath(s.Taken) }

// WriteTo writes the snapshot's file: as it was read, or encoded anew. Equal snapshots give equal bytes, in one build
// of gpufleet. The error is w's, or says that the rows of a snapshot of an older form can't be read.
func (s *Snapshot) WriteTo(w io.Writer) (int64, error) {
	if s.file != nil {
		n, err := w.Write(s.file)
		return int64(n), err
	}
	counted := &countingWriter{out: w}
	zip := newZip(counted)
	e, err := newEncoder(zip, s)
	if err == nil {
		err = s.rows(context.Background(), e.row)
	}
	if err == nil {
		err = e.close()
	}
	if closed := zip.Close(); err == nil { // it gives a first error once more
		err = closed
	}
	return counted.count, err
}

// newZip returns what packs a snapshot: without name and time, so that equal lists give equal bytes.
func newZip(w io.Writer) *gzip.Writer {
	zip, _ := gzip.NewWriterLevel(w, gzip.BestSpeed) // an error is for levels that there are not
	zip.ModTime = time.Unix(0, 0)                    // in the file: 0, for none
	return zip
}

// countingWriter counts what was written.
type countingWriter struct {
	out   io.Writer
	count int64
}

func (w *countingWriter) Write(p []byte) (int, error) {
	n, err := w.out.Write(p)
	w.count += int64(n)
	return n, err
}

// Rows calls row for each instance, by ascending id. Those without one may stand anywhere. The instance is valid
// until row returns. The error is row's, or says what is wrong with the file.
func (s *Snapshot) Rows(row func(*fleet.Instance) error) error {
	return s.rows(context.Background(), row)
}

// Check reads all rows of a snapshot that was read, and returns what is wrong with its file, or the context's cause.
func (s *Snapshot) Check(ctx context.Context) error {
	return s.rows(ctx, func(*fleet.Instance) error { return nil })
}

// IsOlderForm reports whether the snapshot has the form of an earlier version. It is then written anew.
func (s *Snapshot) IsOlderForm() bool { return s.form != 0 && s.form < snapshotForm }

// Kept returns the fields that the rows keep: those that the lists of two snapshots can be compared by.
func (s *Snapshot) Kept() []*fleet.Field { return s.kept }

// renew has the snapshot encoded anew, so that nothing but its head and rows is carried on.
func (s *Snapshot) renew() { s.file = nil }

// SettleGroups gives the rows of a snapshot of form 1, which names no group, the group that the instance of the same id
// is in now, else that of their own GPU. group returns "" for an id that is gone.
func (s *Snapshot) SettleGroups(group func(id string) string) {
	read := s.rows
	s.rows = func(ctx context.Context, row func(*fleet.Instance) error) error {
		return read(ctx, func(in *fleet.Instance) error {
			in.GPUGroup = cmp.Or(group(in.ID), in.Model())
			return row(in)
		})
	}
	s.kept = append(slices.Clone(s.kept), fleet.FieldNamed("gpu_group"))
}

// NewSnapshot returns the snapshot of a list, whose instances must stand by ascending id. What head hides is left out.
func NewSnapshot(head Head, taken time.Time, instances []*fleet.Instance) *Snapshot {
	rows := func(_ context.Context, row func(*fleet.Instance) error) error {
		for _, in := range instances {
			if err := row(in); err != nil {
				return err
			}
		}
		return nil
	}
	kept := head.keptFields(snapshotForm)
	return &Snapshot{Head: head, Taken: taken.UTC(), Count: len(instances), rows: rows, kept: kept}
}

// snapshotHead is the beginning of a snapshot's file.
type snapshotHead struct {
	Schema int       `json:"schema"`
	Taken  time.Time `json:"taken"`
	Head
	Fields []string `json:"fields"` // that the rows keep
	Total  int      `json:"total_instances"`
}

// encoder writes a snapshot's text, one instance a line.
type encoder struct {
	out       *bufio.Writer
	fields    []*fleet.Field
	line      []byte
	separator string
	err       error
}

func newEncoder(w io.Writer, s *Snapshot) (*encoder, error) {
	e := &encoder{out: bufio.NewWriterSize(w, 64<<10), fields: s.kept, separator: "\n"}
	head := snapshotHead{snapshotForm, s.Taken, s.Head, nil, s.Count}
	for _, f := range s.kept {
		head.Fields = append(head.Fields, f.Name)
	}
	if head.Hidden == nil {
		head.Hidden = []string{}
	}
	text, err := json.Marshal(head)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(e.out, "%s,\"instances\":[", text[:len(text)-1])
	return e, nil
}

// keptFields returns the fields that a snapshot of this head and form keeps, in the order of the table.
func (h Head) keptFields(form int) []*fleet.Field {
	return slices.DeleteFunc(slices.Clone(fleet.Fields), func(f *fleet.Field) bool {
		return f.SnapshotForm == 0 || f.SnapshotForm > form || f.HiddenBy(h.Hidden)
	})
}

// row writes an instance. What is unknown is left out.
func (e *encoder) row(in *fleet.Instance) error {
	e.line = append(append(e.line[:0], e.separator...), '{')
	e.separator = ",\n"
	for _, f := range e.fields {
		switch {
		case f.Text != nil:
			e.text(f.Name, *f.Text(in))
		case f.Number != nil:
			e.number(f.Name, *f.Number(in))
		case f.Price != nil:
			if price := f.Price(in); price.Known {
				e.text(f.Name, price.Value.String())
			}
		case f.Term != nil:
			if term := *f.Term(in); term != fleet.UnknownPurchase {
				e.whole(f.Name, int64(term-fleet.OnDemand))
			}
		case f.Time != nil:
			if at := f.Time(in); !at.IsZero() {
				e.whole(f.Name, at.Unix())
			}
		}
	}
	_, err := e.out.Write(append(e.line, '}'))
	if e.err != nil {
		return e.err
	}
	return err
}

func (e *encoder) name(name string) {
	if e.line[len(e.line)-1] != '{' {
		e.line = append(e.line, ',')
	}
	e.line = append(append(append(e.line, '"'), name...), '"', ':')
}

func (e *encoder) text(name, text string) {
	if text == "" {
		return
	}
	e.name(name)
	line, err := AppendText(e.line, text)
	if e.line = line; err != nil && e.err == nil {
		e.err = err
	}
}

// AppendText appends a text as encoding/json writes it.
func AppendText(to []byte, text string) ([]byte, error) {
	if isPlain(text) {
		return append(append(append(to, '"'), text...), '"'), nil
	}
	quoted, err := json.Marshal(text)
	return append(to, quoted...), err
}

// isPlain reports whether JSON writes the text as it is.
func isPlain(text string) bool {
	for i := range len(text) {
		if !plain[text[i]] {
			return false
		}
	}
	return true
}

// plain has the printable ASCII characters that encoding/json writes as they are.
var plain = func() (table [256]bool) {
	for c := ' '; c <= '~'; c++ {
		table[c] = !strings.ContainsRune(`"\<>&`, c)
	}
	return table
}()

func (e *encoder) number(name string, n fleet.Number) {
	if !n.Known {
		return
	}
	if whole := int64(n.Value); float64(whole) == n.Value { // as nearly every one is, and quicker to write
		e.whole(name, whole)
		return
	}
	e.name(name)
	e.line = strconv.AppendFloat(e.line, n.Value, 'f', -1, 64)
}

func (e *encoder) whole(name string, n int64) {
	e.name(name)
	e.line = strconv.AppendInt(e.line, n, 10)
}

func (e *encoder) close() error {
	e.out.WriteString("\n]}\n")
	return e.out.Flush()
}
