package past

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"strconv"
	"time"

	"gpufleet/fetch/fleet"
)

// Snapshot is the list of one run, with of each instance what changes are told by: id, region, host name, sizes, GPU, status
// and price. One that was read is kept as it came, packed, since a list may have a million rows and there may be fifteen of them.
type Snapshot struct {
	Head
	Taken time.Time // when the list was fetched, UTC, to the second
	Count int       // instances

	rows func(row func(*fleet.Instance) error) error
}

// Path returns where the snapshot stands in the output folder.
func (s *Snapshot) Path() string { return SnapshotPath(s.Taken) }

// WriteTo writes the snapshot's file. Each call encodes it anew, so it is called once, beside other work. Equal lists give equal
// bytes.
func (s *Snapshot) WriteTo(w io.Writer) (int64, error) {
	counted := &countingWriter{out: w}
	e, err := newEncoder(counted, s)
	if err == nil {
		err = s.rows(e.row)
	}
	if err == nil {
		err = e.close()
	}
	return counted.count, err
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

// encoder writes a snapshot's file: gzip without name and time, so that equal lists give equal bytes, and one instance a line.
type encoder struct {
	zip       *gzip.Writer
	out       *bufio.Writer
	line      []byte
	separator string
	err       error
}

func newEncoder(w io.Writer, s *Snapshot) (*encoder, error) {
	zip, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	e := &encoder{zip: zip, out: bufio.NewWriterSize(zip, 64<<10), separator: "\n"}
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
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			return false
		}
	}
	return true
}

func (e *encoder) number(name string, n fleet.Number) {
	if n.Known {
		e.name(name)
		e.line = strconv.AppendFloat(e.line, n.Value, 'f', -1, 64)
	}
}

func (e *encoder) close() error {
	e.out.WriteString("\n]}\n")
	if err := e.out.Flush(); err != nil {
		return err
	}
	return e.zip.Close()
}
