package history

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/jsonscan"
)

// Limits of a snapshot in bytes, for reading and writing: of its file, and of its content when decompressed.
const (
	MaxSnapshotBytes = 256 << 20
	maxDecompressed  = 2 << 30
)

// maxKeep is how many bytes of a value are read. maxInterned is how many values are shared among rows.
const (
	maxKeep     = 64 << 10
	maxInterned = 10_000
)

// ReadSnapshot reads the head of a snapshot's file. The rows are read later, when needed. The error says what is wrong
// with the file, but quotes nothing.
func ReadSnapshot(content []byte) (*Snapshot, error) {
	if len(content) > MaxSnapshotBytes {
		return nil, errTooLarge
	}
	var s *Snapshot
	headOnly := errors.New("only the head is read")
	err := decodeSnapshot(context.Background(), content, func(head *Snapshot) error { s = head; return headOnly }, nil)
	if err != headOnly {
		return nil, err
	}
	if !s.IsOldFormat() && !s.namesAccount {
		s.file = content
	}
	s.rows = func(ctx context.Context, row func(*fleet.Instance) error) error {
		return decodeSnapshot(ctx, content, func(*Snapshot) error { return nil }, row)
	}
	return s, nil
}

// contextReader stops reading when the context ends.
type contextReader struct {
	ctx context.Context
	io.Reader
}

func (r contextReader) Read(p []byte) (int, error) {
	if err := context.Cause(r.ctx); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}

// fault says what is wrong with a file of the history. It quotes nothing of the file.
type fault string

func (f fault) Error() string { return string(f) }

const (
	errTooLarge = fault("it is too large")
	errNotGzip  = fault("it is not valid gzip, or truncated")
	errNotJSON  = fault("it is not JSON")
	errFormat   = fault("this version does not support its format")
)

// decodeSnapshot reads a snapshot's file in one pass. It calls begin with the head, then row with each row.
func decodeSnapshot(
	ctx context.Context, content []byte, begin func(*Snapshot) error, row func(*fleet.Instance) error,
) error {
	packed := bytes.NewReader(content)
	unzip, err := gzip.NewReader(packed)
	if err != nil {
		return errNotGzip
	}
	unzip.Multistream(false)
	text := &io.LimitedReader{R: contextReader{ctx, unzip}, N: maxDecompressed + 1}
	d := &snapshotDecoder{s: jsonscan.New(text), head: &Snapshot{}, begin: begin, row: row,
		interned: map[string]string{}, prices: map[string]fleet.Price{}}
	err = d.decode()
	var syntax *jsonscan.SyntaxError
	var corrupt flate.CorruptInputError
	switch {
	case text.N <= 0:
		return errTooLarge
	case errors.As(err, &syntax):
		return errNotJSON
	case errors.As(err, &corrupt), errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader),
		errors.Is(err, io.ErrUnexpectedEOF):
		return errNotGzip
	case err == nil && packed.Len() > 0:
		return fault("it has data after its end")
	}
	return err
}

type snapshotDecoder struct {
	s        *jsonscan.Scanner
	head     *Snapshot
	begin    func(*Snapshot) error
	row      func(*fleet.Instance) error
	fields   []string          // in the head: those that rows can have
	members  map[string]member // that a row can have
	rows     int
	in       fleet.Instance
	lastKey  fleet.Key
	interned map[string]string // texts that rows share
	prices   map[string]fleet.Price
}

// member is a field that a row can have.
type member struct {
	*fleet.Field
	bit uint64 // different for each member, for sets
}

// decode reads {"schema": 2, …, "instances": [row, …]}. The rows must come last.
func (d *snapshotDecoder) decode() error {
	seen := map[string]bool{}
	total, format := -1.0, 0.0
	if err := d.expect(jsonscan.Object); err != nil {
		return err
	}
	err := d.s.Object(func(name []byte) (err error) {
		field := string(name)
		if seen[field] || seen["instances"] {
			return errFormat
		}
		seen[field] = true
		var text string
		switch field {
		case "schema":
			format, err = d.numeral()
		case "taken":
			text, err = d.word()
			d.head.Taken, _ = time.Parse(time.RFC3339, text)
		case "source":
			d.head.Source, err = d.word()
		case "account": // not kept: from its hash one could find out who it is
			_, err = d.word()
			d.head.namesAccount = true
		case "audience":
			d.head.Audience, err = d.word()
		case "currency":
			d.head.Currency, err = d.word()
		case "key":
			d.head.Key, err = d.word()
		case "hidden":
			d.head.Hidden, err = d.words()
		case "fields":
			d.fields, err = d.words()
		case "total_instances":
			total, err = d.numeral()
		case "instances":
			return d.instances(seen, format, total)
		default:
			return errFormat
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case !seen["instances"]:
		return errFormat
	case d.rows != d.head.Count:
		return fault("it has fewer rows than its header says")
	}
	return d.s.End()
}

// headMembers are the required members of a head. Format 2 also requires "fields".
var headMembers = []string{"schema", "taken", "source", "audience", "currency", "hidden", "key", "total_instances"}

// instances checks the head, whose members in seen have been read, and reads the rows.
func (d *snapshotDecoder) instances(seen map[string]bool, format, total float64) error {
	h := d.head
	isMissing := func(name string) bool { return !seen[name] }
	if format != 1 && format != snapshotFormat || seen["fields"] != (format == snapshotFormat) ||
		slices.ContainsFunc(headMembers, isMissing) {
		return errFormat
	}
	if !h.valid() || h.Taken.IsZero() || h.Taken.Location() != time.UTC || h.Taken.Nanosecond() != 0 ||
		h.Taken.Year() > 9999 || total != math.Trunc(total) || total < 0 || total > fleet.MaxInstances {
		return fault("its header is invalid")
	}
	h.Count, h.format = int(total), int(format)
	h.kept = h.keptFields(h.format)
	if seen["fields"] { // an earlier version may have kept fewer
		h.kept = slices.DeleteFunc(h.kept, func(f *fleet.Field) bool { return !slices.Contains(d.fields, f.Name) })
		if len(h.kept) != len(d.fields) {
			return errFormat
		}
	}
	d.members = map[string]member{}
	for i, f := range h.kept {
		d.members[f.Name] = member{f, 1 << i}
	}
	if err := d.begin(h); err != nil {
		return err
	}
	if err := d.expect(jsonscan.Array); err != nil {
		return err
	}
	return d.s.Array(func() error {
		if d.rows++; d.rows > h.Count {
			return fault("it has more rows than its header says")
		}
		return d.instance()
	})
}

// words reads a list of short texts in the head.
func (d *snapshotDecoder) words() (words []string, err error) {
	if err := d.expect(jsonscan.Array); err != nil {
		return nil, err
	}
	err = d.s.Array(func() error {
		name, err := d.word()
		words = append(words, name)
		if len(words) > 40 {
			return errFormat
		}
		return err
	})
	return words, err
}

// instance reads a row and calls row with it.
func (d *snapshotDecoder) instance() error {
	d.in = fleet.Instance{}
	if err := d.expect(jsonscan.Object); err != nil {
		return err
	}
	var seen uint64
	if err := d.s.Object(func(name []byte) error {
		m, ok := d.members[string(name)]
		if !ok || seen&m.bit != 0 {
			return d.invalid("has an unknown or duplicate field")
		}
		seen |= m.bit
		return d.value(m.Field)
	}); err != nil {
		return err
	}
	if key := d.in.Key(); !key.IsZero() {
		if key.Compare(d.lastKey) <= 0 {
			return d.invalid("has a duplicate id, or is out of order")
		}
		if d.head.Key != "" && !fleet.IsPseudonym(key.ID) { // or it could show an id that this run hides
			return d.invalid("shows an id that should be hidden")
		}
		d.lastKey = key
	}
	return d.row(&d.in)
}

// value reads a field's value.
func (d *snapshotDecoder) value(f *fleet.Field) (err error) {
	switch {
	case f.Text != nil:
		*f.Text(&d.in), err = d.text(f.Kind)
	case f.Number != nil:
		*f.Number(&d.in), err = d.number(f)
	case f.Price != nil:
		*f.Price(&d.in), err = d.price()
	case f.Term != nil:
		*f.Term(&d.in), err = d.term()
	case f.Time != nil:
		*f.Time(&d.in), err = d.time(f)
	}
	return err
}

func (d *snapshotDecoder) term() (fleet.Purchase, error) {
	n, err := d.numeral()
	if err == nil && n != 0 && n != 1 {
		err = d.invalid("has an invalid type")
	}
	return fleet.OnDemand + fleet.Purchase(n), err
}

func (d *snapshotDecoder) time(f *fleet.Field) (time.Time, error) {
	n, err := d.numeral()
	if err != nil {
		return time.Time{}, err
	}
	at, ok := fleet.TimeOf(n)
	if f.Kind == fleet.Computed { // the time of a run, even if its clock was wrong
		at = time.Unix(int64(n), 0).UTC()
		ok = n == math.Trunc(n) && !at.After(d.head.Taken)
	}
	if !ok {
		err = d.invalid("has an invalid time")
	}
	return at, err
}

func (d *snapshotDecoder) price() (fleet.Price, error) {
	text, err := d.text(fleet.Text)
	if err != nil {
		return fleet.Price{}, err
	}
	if price, ok := d.prices[text]; ok {
		return price, nil
	}
	amount, err := fleet.ParseTotal(text)
	if err != nil || amount.Sign() < 0 {
		return fleet.Price{}, d.invalid("has an invalid price")
	}
	price := fleet.Known(amount)
	if len(d.prices) < maxInterned {
		d.prices[text] = price
	}
	return price, nil
}

// invalid returns an error that the head or the current row is invalid, such as "has an invalid price".
func (d *snapshotDecoder) invalid(what string) error {
	if d.rows == 0 {
		return fault("its header " + what)
	}
	return fault(fmt.Sprintf("its row %d %s", d.rows, what))
}

// text reads a text of a row. An id that is too long is unknown: if it were shortened, two ids could become equal.
func (d *snapshotDecoder) text(kind fleet.Kind) (string, error) {
	if err := d.expect(jsonscan.String); err != nil {
		return "", err
	}
	raw, cut, err := d.s.String(maxKeep)
	if err != nil {
		return "", err
	}
	shared := kind == fleet.Text || kind == fleet.Computed || kind == fleet.Given
	if text, ok := d.interned[string(raw)]; ok && shared {
		return text, nil
	}
	text, ok := fleet.RestoreText(raw)
	if cut || !ok {
		return "", d.invalid("has an invalid text")
	}
	if kind == fleet.ID && text != string(raw) {
		return "", nil
	}
	if shared && len(d.interned) < maxInterned {
		d.interned[text] = text
	}
	return text, nil
}

func (d *snapshotDecoder) number(f *fleet.Field) (fleet.Number, error) {
	n, err := d.numeral()
	if err == nil && (n > f.Max || f.Kind == fleet.Count && n != math.Trunc(n)) {
		err = d.invalid("has an invalid number")
	}
	return fleet.Known(n), err
}

// numeral reads a number of 0 or more.
func (d *snapshotDecoder) numeral() (float64, error) {
	if err := d.expect(jsonscan.Number); err != nil {
		return 0, err
	}
	const longest = 400
	raw, cut, err := d.s.Number(longest)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || cut || n < 0 {
		return 0, d.invalid("has an invalid number")
	}
	return n, nil
}

// word reads a short text of the head.
func (d *snapshotDecoder) word() (string, error) {
	if err := d.expect(jsonscan.String); err != nil {
		return "", err
	}
	raw, cut, err := d.s.String(256)
	if err == nil && cut {
		err = errFormat
	}
	return string(raw), err
}

// expect returns an error if the next value has another kind.
func (d *snapshotDecoder) expect(want jsonscan.Kind) error {
	kind, err := d.s.Kind()
	if err == nil && kind != want {
		return d.invalid(fmt.Sprintf("has %v instead of %v", kind, want))
	}
	return err
}
