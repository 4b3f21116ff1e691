package history

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/jsonscan"
)

// The bounds of a snapshot: what its file may have, what may be in it once it is unpacked, and how many rows.
const (
	MaxSnapshotBytes = 256 << 20
	maxUnpacked      = 1 << 30
	maxRows          = 4_000_000
)

// maxNumber is the largest number that is believed of an instance, maxKeep how much of a value is read, maxInterned how many values
// are remembered that several rows may have.
const (
	maxNumber   = 1e15
	maxKeep     = 4*maxText + 1
	maxInterned = 10_000
)

// ReadSnapshot reads a snapshot's file, all of it, and packs it anew: what WriteTo writes of it holds nothing but its rows and head. The error says
// what is wrong with the file and quotes nothing of it, or is the context's cause.
func ReadSnapshot(ctx context.Context, content []byte) (*Snapshot, error) {
	if len(content) > MaxSnapshotBytes {
		return nil, errTooBig
	}
	var s *Snapshot
	var e *encoder
	var packed bytes.Buffer
	var rows maphash.Hash // of the rows' text
	rows.SetSeed(seed)
	zip := newZip(&packed)
	begin := func(head *Snapshot) (err error) {
		s = head
		if e, err = newEncoder(zip, s); err == nil {
			err = e.redirect(io.MultiWriter(zip, &rows))
		}
		return err
	}
	if err := decodeSnapshot(ctx, content, begin, func(in *fleet.Instance) error { return e.row(in) }); err != nil {
		return nil, err
	}
	if err := e.close(); err != nil {
		return nil, err
	}
	if err := zip.Close(); err != nil {
		return nil, err
	}
	s.file, s.hash = packed.Bytes(), fleet.Known(rows.Sum64())
	s.rows = func(row func(*fleet.Instance) error) error {
		return decodeSnapshot(context.Background(), s.file, func(*Snapshot) error { return nil }, row) // reading has ended
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

// decodeSnapshot reads a snapshot's file in one pass. It calls begin with the head before the first row and row for each row.
func decodeSnapshot(ctx context.Context, content []byte, begin func(*Snapshot) error, row func(*fleet.Instance) error) error {
	packed := bytes.NewReader(content)
	unzip, err := gzip.NewReader(packed)
	if err != nil {
		return errNoGzip
	}
	unzip.Multistream(false)
	text := &io.LimitedReader{R: until{ctx, unzip}, N: maxUnpacked + 1}
	d := &snapshotDecoder{s: jsonscan.New(text), head: &Snapshot{}, begin: begin, row: row, interned: map[string]string{}, prices: map[string]fleet.Price{}}
	err = d.decode()
	var syntax *jsonscan.SyntaxError
	var corrupt flate.CorruptInputError
	switch {
	case text.N <= 0:
		return errTooBig
	case errors.As(err, &syntax):
		return errNoJSON
	case errors.As(err, &corrupt), errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader), errors.Is(err, io.ErrUnexpectedEOF):
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
	rows     int
	in       fleet.Instance
	lastID   string
	interned map[string]string // texts that many rows have
	prices   map[string]fleet.Price
}

// decode reads {"schema": 1, …, "instances": [row, …]}, the rows last.
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
			err = d.hidden()
		case "total_instances":
			total, err = d.numeral()
		case "instances":
			return d.instances(len(seen), version, total)
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

// instances checks the head, of which so many members were read, and reads the rows.
func (d *snapshotDecoder) instances(members int, version, total float64) error {
	const whole = 10 // members of a head and the rows
	h := d.head
	if version != schema || members != whole {
		return errForm
	}
	if !h.valid() || h.Taken.IsZero() || h.Taken.Location() != time.UTC || h.Taken.Nanosecond() != 0 || h.Taken.Year() > 9999 ||
		total != math.Trunc(total) || total < 0 || total > maxRows {
		return fault("its head is not that of a snapshot")
	}
	h.Count = int(total)
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

func (d *snapshotDecoder) hidden() error {
	if err := d.expect(jsonscan.Array); err != nil {
		return err
	}
	return d.s.Array(func() error {
		name, err := d.word()
		d.head.Hidden = append(d.head.Hidden, name)
		if len(d.head.Hidden) > 40 {
			return errForm
		}
		return err
	})
}

// instance reads a row and hands it on.
func (d *snapshotDecoder) instance() error {
	if n, ok := d.plainRow(d.s.Peek(longestPlainRow)); ok {
		d.s.Discard(n)
	} else if err := d.anyRow(); err != nil {
		return err
	}
	if d.rows > 1 && (d.in.ID < d.lastID || d.in.ID == d.lastID && d.in.ID != "") {
		return d.wrong("is out of order, or its id stands twice")
	}
	if d.showsHidden() {
		return d.wrong("shows what its head says is hidden")
	}
	d.lastID = d.in.ID
	return d.row(&d.in)
}

// anyRow reads a row, however its JSON is written.
func (d *snapshotDecoder) anyRow() error {
	d.in = fleet.Instance{}
	var met uint
	if err := d.expect(jsonscan.Object); err != nil {
		return err
	}
	return d.s.Object(func(name []byte) error {
		bit := fieldBits[string(name)]
		if bit == 0 || met&bit != 0 {
			return d.wrong("holds what no row has")
		}
		met |= bit
		return d.member(string(name))
	})
}

// showsHidden reports whether a row has what the head hides: otherwise a snapshot could bring back a name that this run
// leaves out.
func (d *snapshotDecoder) showsHidden() bool {
	in, hidden := &d.in, d.head.Hidden
	return in.HostName != "" && slices.Contains(hidden, "host_name") ||
		in.DiskSize.Known && slices.Contains(hidden, "disk_size") ||
		in.ID != "" && d.head.Key != "" && !fleet.IsPseudonym(in.ID)
}

// rowFields are the members that a row may have, in the order in which the encoder writes them.
var rowFields = []string{"id", "region", "host_name", "cpu_cores", "ram", "gpu", "gpu_count", "disk_size", "price_per_hour", "status"}

// fieldBits has a bit for each of rowFields.
var fieldBits = func() map[string]uint {
	bits := map[string]uint{}
	for i, name := range rowFields {
		bits[name] = 1 << i
	}
	return bits
}()

func (d *snapshotDecoder) member(name string) (err error) {
	in := &d.in
	switch name {
	case "id":
		in.ID, err = d.text(false)
	case "region":
		in.Region, err = d.text(true)
	case "host_name":
		in.HostName, err = d.text(false)
	case "gpu":
		in.GPU, err = d.text(true)
	case "status":
		in.Status, err = d.text(true)
	case "cpu_cores":
		in.CPUCores, err = d.number()
	case "ram":
		in.RAM, err = d.number()
	case "gpu_count":
		in.GPUCount, err = d.number()
		if in.GPUCount.Value != math.Trunc(in.GPUCount.Value) {
			return d.wrong("holds a number that no list has")
		}
	case "disk_size":
		in.DiskSize, err = d.number()
	case "price_per_hour":
		in.Price, err = d.price()
	}
	return err
}

func (d *snapshotDecoder) price() (fleet.Price, error) {
	text, err := d.text(true)
	if err != nil {
		return fleet.Price{}, err
	}
	price := d.priceOf(text)
	if !price.Known {
		return price, d.wrong("has a price that is none")
	}
	return price, nil
}

// priceOf returns the price that a text says, unknown where it says none.
func (d *snapshotDecoder) priceOf(text string) fleet.Price {
	price, ok := d.prices[text]
	if ok {
		return price
	}
	if amount, err := fleet.ParseTotal(text); err == nil && amount.Sign() >= 0 {
		price = fleet.Known(amount)
	}
	if len(d.prices) < maxInterned {
		d.prices[text] = price
	}
	return price
}

func (d *snapshotDecoder) wrong(what string) error {
	if d.rows == 0 {
		return fault("its head " + what)
	}
	return fault(fmt.Sprintf("its row %d %s", d.rows, what))
}

// text reads a text of a row.
func (d *snapshotDecoder) text(intern bool) (string, error) {
	if err := d.expect(jsonscan.String); err != nil {
		return "", err
	}
	raw, cut, err := d.s.String(maxKeep)
	if err != nil {
		return "", err
	}
	text, ok := d.checkedText(raw, intern)
	if cut || !ok {
		return "", d.wrong("holds a text that no list has")
	}
	return text, nil
}

// checkedText returns a text, and whether a reply's list can have it. One that many rows have is kept once.
func (d *snapshotDecoder) checkedText(raw []byte, intern bool) (text string, ok bool) {
	if intern {
		if text, ok = d.interned[string(raw)]; ok {
			return text, true
		}
	}
	text = string(raw)
	if text == "" || text != strings.TrimSpace(text) || !validText(text) {
		return "", false
	}
	if intern && len(d.interned) < maxInterned {
		d.interned[text] = text
	}
	return text, true
}

func (d *snapshotDecoder) number() (fleet.Number, error) {
	n, err := d.numeral()
	if err != nil {
		return fleet.Number{}, err
	}
	return fleet.Known(n), nil
}

// numeral reads a number from 0 to maxNumber.
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
	if err != nil || cut || n < 0 || n > maxNumber {
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
