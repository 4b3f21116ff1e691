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

// Snapshot is the list of one run, with those fields of its instances that have InSnapshot set. A snapshot that was
// read stays compressed in memory: a list may have a million rows, and there may be fifteen snapshots.
type Snapshot struct {
	Head
	Taken time.Time // when the list was fetched, UTC, to the second
	Count int       // number of instances

	rows   func(ctx context.Context, row func(*fleet.Instance) error) error
	kept   []*fleet.Field // fields of the rows, in the order of the table
	file   []byte         // as it was read and will be written; nil if it is to be encoded
	format int            // of the file that was read, else 0

	namesAccount bool // the file that was read identifies the account
}

// Path returns the path of the snapshot in the output folder.
func (s *Snapshot) Path() string { return SnapshotPath(s.Taken) }

// WriteTo writes the snapshot's file as it was read, or encodes it. Equal snapshots give equal bytes, for the same
// build of gpufleet. The error is w's, or says that the rows of a snapshot in an old format can't be read, or that the
// file would be too large to be read again.
func (s *Snapshot) WriteTo(w io.Writer) (int64, error) {
	return s.writeTo(w, MaxSnapshotBytes, maxDecompressed)
}

// writeTo is WriteTo with limits of bytes: of the file, and of its content when decompressed.
func (s *Snapshot) writeTo(w io.Writer, packed, content int64) (int64, error) {
	if s.file != nil {
		n, err := w.Write(s.file)
		return int64(n), err
	}
	counted := &countingWriter{out: w, limit: packed, path: s.Path()}
	zip := newZip(counted)
	e, err := newEncoder(&countingWriter{out: zip, limit: content, path: s.Path()}, s)
	if err == nil {
		err = s.rows(context.Background(), e.row)
	}
	if err == nil {
		err = e.close()
	}
	if closed := zip.Close(); err == nil { // it returns an earlier error again
		err = closed
	}
	return counted.count, err
}

// newZip returns a writer that compresses without name and time, so that equal lists give equal bytes.
func newZip(w io.Writer) *gzip.Writer {
	zip, _ := gzip.NewWriterLevel(w, gzip.BestSpeed) // fails only for an invalid level
	zip.ModTime = time.Unix(0, 0)                    // 0 in the file, which means none
	return zip
}

// countingWriter counts the bytes that were written into a file, up to a limit.
type countingWriter struct {
	out          io.Writer
	count, limit int64
	path         string
}

func (w *countingWriter) Write(p []byte) (int, error) {
	if w.count+int64(len(p)) > w.limit {
		return 0, unreadable(w.path)
	}
	n, err := w.out.Write(p)
	w.count += int64(n)
	return n, err
}

// Rows calls row for each instance, by ascending key. Instances without an id can be anywhere. The instance is valid
// until row returns. The error is row's, or says what is wrong with the file.
func (s *Snapshot) Rows(row func(*fleet.Instance) error) error {
	return s.rows(context.Background(), row)
}

// Check reads all rows. The error says what is wrong with the file, or is the context's cause.
func (s *Snapshot) Check(ctx context.Context) error {
	return s.rows(ctx, func(*fleet.Instance) error { return nil })
}

// IsOldFormat reports whether the snapshot's file has an old format. Then it is encoded again.
func (s *Snapshot) IsOldFormat() bool { return s.format != 0 && s.format < snapshotFormat }

// Kept returns the fields that the rows have. Two lists can be compared by the fields that both snapshots keep.
func (s *Snapshot) Kept() []*fleet.Field { return s.kept }

// reencode makes WriteTo encode the snapshot again, so that it writes only its head and rows.
func (s *Snapshot) reencode() { s.file = nil }

// SetMissingGroups sets the GPU group of rows in format 1, which has none. It is the current group of the instance with
// the same key, or else the row's own GPU. group returns "" if there is no such instance.
func (s *Snapshot) SetMissingGroups(group func(fleet.Key) string) {
	read := s.rows
	s.rows = func(ctx context.Context, row func(*fleet.Instance) error) error {
		return read(ctx, func(in *fleet.Instance) error {
			in.GPUGroup = cmp.Or(group(in.Key()), in.Model())
			return row(in)
		})
	}
	if group := fleet.FieldNamed("gpu_group"); !slices.Contains(s.kept, group) {
		s.kept = append(slices.Clone(s.kept), group)
	}
}

// NewSnapshot returns the snapshot of a list. Instances must be sorted by key. Fields that head hides are left out, and
// the account if no instance has one.
func NewSnapshot(head Head, taken time.Time, instances []*fleet.Instance) *Snapshot {
	rows := func(_ context.Context, row func(*fleet.Instance) error) error {
		for _, in := range instances {
			if err := row(in); err != nil {
				return err
			}
		}
		return nil
	}
	kept := head.keptFields(snapshotFormat)
	if !slices.ContainsFunc(instances, func(in *fleet.Instance) bool { return in.Account != "" }) {
		kept = slices.DeleteFunc(kept, isAccount)
	}
	return &Snapshot{Head: head, Taken: taken.UTC(), Count: len(instances), rows: rows, kept: kept}
}

// HasAccounts reports whether the rows have accounts.
func (s *Snapshot) HasAccounts() bool { return slices.ContainsFunc(s.kept, isAccount) }

func isAccount(f *fleet.Field) bool { return f.Name == Account.Name }

// snapshotHead is the start of a snapshot's file.
type snapshotHead struct {
	Schema int       `json:"schema"`
	Taken  time.Time `json:"taken"`
	Head
	Fields []string `json:"fields"` // that the rows can have
	Total  int      `json:"total_instances"`
}

// encoder writes a snapshot's JSON, one instance per line.
type encoder struct {
	out       *bufio.Writer
	fields    []*fleet.Field
	line      []byte
	separator string
	err       error
}

func newEncoder(w io.Writer, s *Snapshot) (*encoder, error) {
	e := &encoder{out: bufio.NewWriterSize(w, 64<<10), fields: s.kept, separator: "\n"}
	head := snapshotHead{snapshotFormat, s.Taken, s.Head, nil, s.Count}
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

// keptFields returns the fields of a snapshot with this head and format, in the order of the table.
func (h Head) keptFields(format int) []*fleet.Field {
	return slices.DeleteFunc(slices.Clone(fleet.Fields), func(f *fleet.Field) bool {
		return f.SnapshotFormat == 0 || f.SnapshotFormat > format || f.HiddenBy(h.Hidden)
	})
}

// row writes an instance. Unknown fields are left out.
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

// AppendText appends a JSON string to a buffer, as encoding/json writes it.
func AppendText(to []byte, text string) ([]byte, error) {
	if isPlain(text) {
		return append(append(append(to, '"'), text...), '"'), nil
	}
	quoted, err := json.Marshal(text)
	return append(to, quoted...), err
}

// isPlain reports whether the text needs no escapes in JSON.
func isPlain(text string) bool {
	for i := range len(text) {
		if !plain[text[i]] {
			return false
		}
	}
	return true
}

// plain says which ASCII characters encoding/json writes without escapes.
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
	if whole := int64(n.Value); float64(whole) == n.Value { // as nearly all are, and faster to write
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
