package history

import (
	"bufio"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"

	"gpufleet/fetch/fleet"
)

// Snapshot is the list of one run, with of each instance what changes are told by: id, region, host name, sizes, GPU, status
// and price. One that was read is kept as it came, packed, since a list may have a million rows and there may be fifteen of them.
type Snapshot struct {
	Head
	Taken time.Time // when the list was fetched, UTC, to the second
	Count int       // instances

	rows func(row func(*fleet.Instance) error) error
	file []byte                 // of a snapshot that was read, packed anew; else nil
	hash fleet.Optional[uint64] // of the text that this version writes of the rows; unknown until it is asked for
}

// Path returns where the snapshot stands in the output folder.
func (s *Snapshot) Path() string { return SnapshotPath(s.Taken) }

// WriteTo writes the snapshot's file. One that was made is encoded for it, with each call. Equal snapshots give equal bytes, in one build of
// gpufleet.
func (s *Snapshot) WriteTo(w io.Writer) (int64, error) {
	if s.file != nil {
		n, err := w.Write(s.file)
		return int64(n), err
	}
	counted := &countingWriter{out: w}
	zip := newZip(counted)
	e, err := newEncoder(zip, s)
	if err == nil {
		err = s.rows(e.row)
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

// Rows calls row for each instance, by ascending id, those without one first. The instance is valid until row returns.
// The error is row's; a snapshot was decoded once already before it is one.
func (s *Snapshot) Rows(row func(*fleet.Instance) error) error { return s.rows(row) }

// SameRows reports whether two snapshots have the same rows, in all that a snapshot holds of them. That is told by a hash, which takes
// a fraction of the time of Rows. The error is that of WriteTo.
func (s *Snapshot) SameRows(other *Snapshot) (bool, error) {
	if s.Count != other.Count {
		return false, nil
	}
	a, err := s.rowsHash()
	if err != nil {
		return false, err
	}
	b, err := other.rowsHash()
	return a == b, err
}

// rowsHash returns the hash of the rows' text. A snapshot that was made is encoded for it, the first time.
func (s *Snapshot) rowsHash() (uint64, error) {
	if s.hash.Known {
		return s.hash.Value, nil
	}
	var hash maphash.Hash
	hash.SetSeed(seed)
	e, err := newEncoder(io.Discard, s)
	if err == nil {
		err = e.redirect(&hash) // the head is no row
	}
	if err == nil {
		err = s.rows(e.row)
	}
	if err == nil {
		err = e.close()
	}
	if err == nil {
		s.hash = fleet.Known(hash.Sum64())
	}
	return s.hash.Value, err
}

// seed is that of all hashes of one run. maphash is not cryptographic, but the seed is drawn at random for each process, so nobody can prepare
// a file for it.
var seed = maphash.MakeSeed()

// NewSnapshot returns the snapshot of a list, whose rows must come by ascending id, those without one first, as often as they
// are asked for. What head hides must be blank in them.
func NewSnapshot(head Head, taken time.Time, count int, rows iter.Seq[*fleet.Instance]) *Snapshot {
	return &Snapshot{Head: head, Taken: taken.UTC(), Count: count, rows: func(row func(*fleet.Instance) error) error {
		for in := range rows {
			if err := row(in); err != nil {
				return err
			}
		}
		return nil
	}}
}

// snapshotHead is the beginning of a snapshot's file.
type snapshotHead struct {
	Schema int       `json:"schema"`
	Taken  time.Time `json:"taken"`
	Head
	Total int `json:"total_instances"`
}

// encoder writes a snapshot's text, one instance a line.
type encoder struct {
	out       *bufio.Writer
	line      []byte
	separator string
	err       error
}

func newEncoder(w io.Writer, s *Snapshot) (*encoder, error) {
	e := &encoder{out: bufio.NewWriterSize(w, 64<<10), separator: "\n"}
	head := snapshotHead{schema, s.Taken, s.Head, s.Count}
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

// redirect writes out what is buffered; all after it goes to w.
func (e *encoder) redirect(w io.Writer) error {
	err := e.out.Flush()
	e.out.Reset(w)
	return err
}

// row writes an instance. What is unknown is left out.
func (e *encoder) row(in *fleet.Instance) error {
	e.line = append(append(e.line[:0], e.separator...), '{')
	e.separator = ",\n"
	e.text("id", in.ID)
	e.text("region", in.Region)
	e.text("host_name", in.HostName)
	e.number("cpu_cores", in.CPUCores)
	e.number("ram", in.RAM)
	e.text("gpu", in.GPU)
	e.number("gpu_count", in.GPUCount)
	e.number("disk_size", in.DiskSize)
	if in.Price.Known {
		e.text("price_per_hour", in.Price.Value.String())
	}
	e.text("status", in.Status)
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
	e.name(name)
	if whole := int64(n.Value); float64(whole) == n.Value && n.Value <= maxNumber { // as nearly every one is, and quicker to write
		e.line = strconv.AppendInt(e.line, whole, 10)
	} else {
		e.line = strconv.AppendFloat(e.line, n.Value, 'f', -1, 64)
	}
}

func (e *encoder) close() error {
	e.out.WriteString("\n]}\n")
	return e.out.Flush()
}
