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

// The bounds of a snapshot: what its file may have, and what may be in it once it is unpacked.
const (
	MaxSnapshotBytes = 256 << 20
	maxUnpacked      = 1 << 30
)

// maxKeep is how much of a value is read, maxInterned how many values are remembered that several rows may have.
const (
	maxKeep     = 64 << 10
	maxInterned = 10_000
)

// ReadSnapshot reads the head of a snapshot's file. The rows are read when they are asked for. The error says what is
// wrong with the file and quotes nothing of it.
func ReadSnapshot(content []byte) (*Snapshot, error) {
	if len(content) > MaxSnapshotBytes {
		return nil, errTooBig
	}
	var s *Snapshot
	headOnly := errors.New("the head is read")
	err := decodeSnapshot(context.Background(), content, func(head *Snapshot) error { s = head; return headOnly }, nil)
	if err != headOnly {
		return nil, err
	}
	if !s.IsOlderForm() {
		s.file = content
	}
	s.rows = func(ctx context.Context, row func(*fleet.Instance) error) error {
		return decodeSnapshot(ctx, content, func(*Snapshot) error { return nil }, row)
	}
	return s, nil
}

// until reads until the context ends.
type until struct {
	ctx context.Context
	io.Reader
}

func (u until) Read(p []byte) (int, error) {
	if err := context.Cause(u.ctx); err != nil {
		return 0, err
	}
	return u.Reader.Read(p)
}

// fault is what is wrong with a file of the past. It quotes nothing of the file.
type fault string

func (f fault) Error() string { return string(f) }

const (
	errTooBig = fault("it is too big")
	errNoGzip = fault("it is not gzip, or cut short")
	errNoJSON = fault("it is not JSON")
	errForm   = fault("it is not of the form that this version reads")
)

// decodeSnapshot reads a snapshot's file in one pass. It calls begin with the head before the first row and row for
// each row.
func decodeSnapshot(
	ctx context.Context, content []byte, begin func(*Snapshot) error, row func(*fleet.Instance) error,
) error {
	packed := bytes.NewReader(content)
	unzip, err := gzip.NewReader(packed)
	if err != nil {
		return errNoGzip
	}
	unzip.Multistream(false)
	text := &io.LimitedReader{R: until{ctx, unzip}, N: maxUnpacked + 1}
	d := &snapshotDecoder{s: jsonscan.New(text), head: &Snapshot{}, begin: begin, row: row,
		interned: map[string]string{}, prices: map[string]fleet.Price{}}
	err = d.decode()
	var syntax *jsonscan.SyntaxError
	var corrupt flate.CorruptInputError
	switch {
	case text.N <= 0:
		return errTooBig
	case errors.As(err, &syntax):
		return errNoJSON
	case errors.As(err, &corrupt), errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader),
		errors.Is(err, io.ErrUnexpectedEOF):
		return errNoGzip
	case err == nil && packed.Len() > 0:
		return fault("more follows after its end")
	}
	return err
}

type snapshotDecoder struct {
	s        *jsonscan.Scanner
	head     *Snapshot
	begin    func(*Snapshot) error
	row      func(*fleet.Instance) error
	fields   []string          // that the head names
	members  map[string]member // that a row may have
	rows     int
	in       fleet.Instance
	lastID   string
	interned map[string]string // texts that many rows have
	prices   map[string]fleet.Price
}

// member is a field that a row may have.
type member struct {
	*fleet.Field
	bit uint64 // of its own, so that a row's members make a set
}

// decode reads {"schema": 2, …, "instances": [row, …]}, the rows last.
func (d *snapshotDecoder) decode() error {
	seen := map[string]bool{}
	total, version := -1.0, 0.0
	if err := d.expect(jsonscan.Object); err != nil {
		return err
	}
	err := d.s.Object(func(name []byte) (err error) {
		field := string(name)
		if seen[field] || seen["instances"] {
			return errForm
		}
		seen[field] = true
		var text string
		switch field {
		case "schema":
			version, err = d.numeral()
		case "taken":
			text, err = d.word()
			d.head.Taken, _ = time.Parse(time.RFC3339, text)
		case "source":
			d.head.Source, err = d.word()
		case "account":
			d.head.Account, err = d.word()
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
			return d.instances(seen, version, total)
		default:
			return errForm
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case !seen["instances"]:
		return errForm
	case d.rows != d.head.Count:
		return fault("it has fewer rows than its head says")
	}
	return d.s.End()
}

// headMembers are those that every head has. One of form 2 also has "fields".
var headMembers = []string{"schema", "taken", "source", "audience", "currency", "hidden", "key", "total_instances"}

// instances checks the head, of which the members in seen were read, and reads the rows.
func (d *snapshotDecoder) instances(seen map[string]bool, form, total float64) error {
	h := d.head
	isMissing := func(name string) bool { return !seen[name] }
	if form != 1 && form != snapshotForm || seen["fields"] != (form == snapshotForm) ||
		slices.ContainsFunc(headMembers, isMissing) {
		return errForm
	}
	if !h.valid() || h.Taken.IsZero() || h.Taken.Location() != time.UTC || h.Taken.Nanosecond() != 0 ||
		h.Taken.Year() > 9999 || total != math.Trunc(total) || total < 0 || total > fleet.MaxInstances {
		return fault("its head is not that of a snapshot")
	}
	h.Count, h.form = int(total), int(form)
	h.kept = h.keptFields(h.form)
	if seen["fields"] { // an earlier version may have kept fewer
		h.kept = slices.DeleteFunc(h.kept, func(f *fleet.Field) bool { return !slices.Contains(d.fields, f.Name) })
		if len(h.kept) != len(d.fields) {
			return errForm
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
			return fault("it has more rows than its head says")
		}
		return d.instance()
	})
}

// words reads a list of names in the head.
func (d *snapshotDecoder) words() (words []string, err error) {
	if err := d.expect(jsonscan.Array); err != nil {
		return nil, err
	}
	err = d.s.Array(func() error {
		name, err := d.word()
		words = append(words, name)
		if len(words) > 40 {
			return errForm
		}
		return err
	})
	return words, err
}

// instance reads a row and hands it on.
func (d *snapshotDecoder) instance() error {
	d.in = fleet.Instance{}
	if err := d.expect(jsonscan.Object); err != nil {
		return err
	}
	var met uint64
	if err := d.s.Object(func(name []byte) error {
		m, ok := d.members[string(name)]
		if !ok || met&m.bit != 0 {
			return d.wrong("holds what no row has")
		}
		met |= m.bit
		return d.value(m.Field)
	}); err != nil {
		return err
	}
	if id := d.in.ID; id != "" {
		if id <= d.lastID {
			return d.wrong("is out of order, or its id stands twice")
		}
		if d.head.Key != "" && !fleet.IsPseudonym(id) { // or a snapshot could bring back an id that this run hides
			return d.wrong("shows an id that its head says is hidden")
		}
		d.lastID = id
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
		err = d.wrong("has a type that is none")
	}
	return fleet.OnDemand + fleet.Purchase(n), err
}

func (d *snapshotDecoder) time(f *fleet.Field) (time.Time, error) {
	n, err := d.numeral()
	if err != nil {
		return time.Time{}, err
	}
	at, ok := fleet.TimeOf(n)
	if f.Kind == fleet.Computed { // a run's time, whatever its clock said
		at = time.Unix(int64(n), 0).UTC()
		ok = n == math.Trunc(n) && !at.After(d.head.Taken)
	}
	if !ok {
		err = d.wrong("has a time that is none")
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
		return fleet.Price{}, d.wrong("has a price that is none")
	}
	price := fleet.Known(amount)
	if len(d.prices) < maxInterned {
		d.prices[text] = price
	}
	return price, nil
}

func (d *snapshotDecoder) wrong(what string) error {
	if d.rows == 0 {
		return fault("its head " + what)
	}
	return fault(fmt.Sprintf("its row %d %s", d.rows, what))
}

// text reads a text of a row. An id that is longer than one may be is unknown: cut, two of them could become one.
func (d *snapshotDecoder) text(kind fleet.Kind) (string, error) {
	if err := d.expect(jsonscan.String); err != nil {
		return "", err
	}
	raw, cut, err := d.s.String(maxKeep)
	if err != nil {
		return "", err
	}
	shared := kind == fleet.Text || kind == fleet.Computed
	if text, ok := d.interned[string(raw)]; ok && shared {
		return text, nil
	}
	text, ok := fleet.RestoreText(raw)
	if cut || !ok {
		return "", d.wrong("holds a text that no list has")
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
		err = d.wrong("holds a number that no list has")
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
		return 0, d.wrong("holds a number that no list has")
	}
	return n, nil
}

// word reads a text of the head.
func (d *snapshotDecoder) word() (string, error) {
	if err := d.expect(jsonscan.String); err != nil {
		return "", err
	}
	raw, cut, err := d.s.String(256)
	if err == nil && cut {
		err = errForm
	}
	return string(raw), err
}

// expect reports a next value of another kind as an error.
func (d *snapshotDecoder) expect(want jsonscan.Kind) error {
	kind, err := d.s.Kind()
	if err == nil && kind != want {
		return d.wrong(fmt.Sprintf("holds %v where %v belongs", kind, want))
	}
	return err
}
