package archive

import (
	"encoding/binary"
	"io"
	"math"
	"math/big"
	"slices"
	"time"
	"unsafe"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
	"github.com/shopspring/decimal"

	"gpufleet/render/report"
)

// kind is the type of a column.
type kind int

const (
	text   kind = iota // STRING that many rows have in common
	unique             // STRING that few rows have in common
	whole              // INT64
	number             // DOUBLE
	amount             // DECIMAL(38,12)
	moment             // TIMESTAMP in microseconds, UTC
	flag               // BOOLEAN
)

// node returns the type in Parquet. Every column may be null, so that a table has the same types whatever is hidden.
func (k kind) node() parquet.Node {
	switch k {
	case unique:
		return parquet.Optional(parquet.String())
	case whole:
		return parquet.Optional(dictionary(parquet.Int(64)))
	case number:
		return parquet.Optional(dictionary(parquet.Leaf(parquet.DoubleType)))
	case amount:
		const precision = 38
		typ := parquet.FixedLenByteArrayType(amountBytes)
		return parquet.Optional(dictionary(parquet.Decimal(report.CostDecimals, precision, typ)))
	case moment:
		return parquet.Optional(dictionary(parquet.Timestamp(parquet.Microsecond)))
	case flag:
		return parquet.Optional(parquet.Leaf(parquet.BooleanType))
	}
	return parquet.Optional(dictionary(parquet.String()))
}

func dictionary(node parquet.Node) parquet.Node { return parquet.Encoded(node, &parquet.RLEDictionary) }

// column is a column of a table whose rows are made of T.
type column[T any] struct {
	name  string
	kind  kind
	value func(T) parquet.Value
}

// table is a kind of file. Its columns are the same in every file of a schema, in the same order.
type table[T any] struct {
	name    string
	columns []column[T]
	widths  []int // by schema, the first one first: how many of the columns it has
}

func newTable[T any](name string, columns []column[T]) *table[T] {
	return &table[T]{name, columns, []int{len(columns)}}
}

// schema returns the columns that files of a schema have.
func (t *table[T]) schema(version int) *parquet.Schema {
	group := orderedGroup{Group: parquet.Group{}}
	for _, c := range t.columns[:t.widths[min(version, len(t.widths))-1]] {
		group.Group[c.name] = c.kind.node()
		group.order = append(group.order, c.name)
	}
	return parquet.NewSchema(t.name, group)
}

func (t *table[T]) index(name string) int {
	return slices.IndexFunc(t.columns, func(c column[T]) bool { return c.name == name })
}

// orderedGroup keeps the order of columns. The library sorts those of its own groups by name.
type orderedGroup struct {
	parquet.Group
	order []string
}

// Fields returns the columns in order.
func (g orderedGroup) Fields() []parquet.Field {
	fields := g.Group.Fields()
	at := func(f parquet.Field) int { return slices.Index(g.order, f.Name()) }
	slices.SortFunc(fields, func(a, b parquet.Field) int { return at(a) - at(b) })
	return fields
}

// Sizes of a file's parts, in rows. Engines read row groups in parallel; DuckDB's own have as many rows.
const (
	groupRows = 122_880
	batchRows = 1024
)

// writer writes rows column by column, which takes a third less time than row by row.
type writer[T any] struct {
	table   *table[T]
	sealer  *sealer
	out     *parquet.GenericWriter[any]
	columns []*parquet.ColumnWriter
	batch   [][]parquet.Value // by column
	rows    int               // of the row group
	texts   map[string]parquet.Value
}

// write returns a writer of a file with this head. Equal rows give equal bytes. It must be closed.
func (t *table[T]) write(w io.Writer, h head) (*writer[T], error) {
	meta, err := h.encode()
	if err != nil {
		return nil, err
	}
	sealed := &sealer{to: w}
	out := parquet.NewGenericWriter[any](sealed, t.schema(h.Schema),
		parquet.Compression(&zstd.Codec{Level: zstd.SpeedFastest, Concurrency: 1}),
		parquet.DataPageVersion(1), // which every engine reads
		parquet.DictionaryMaxBytes(1<<20),
		parquet.CreatedBy("gpufleet", "", ""),
		parquet.KeyValueMetadata(headKey, meta),
		parquet.KeyValueMetadata(sumKey, noSum))
	return &writer[T]{t, sealed, out, out.ColumnWriters(), make([][]parquet.Value, len(t.columns)), 0, nil}, nil
}

// add adds a row.
func (w *writer[T]) add(row T) error {
	for i := range w.table.columns {
		w.put(i, w.table.columns[i].value(row))
	}
	return w.endRow()
}

// addValues adds a row of another file of the table. The values must be valid until flush.
func (w *writer[T]) addValues(row parquet.Row) error {
	for i, value := range row {
		w.put(i, value)
	}
	for i := len(row); i < len(w.batch); i++ { // columns that an older file lacks
		w.put(i, parquet.Value{})
	}
	return w.endRow()
}

func (w *writer[T]) put(column int, value parquet.Value) {
	level := 1
	if value.IsNull() {
		level = 0
	}
	w.batch[column] = append(w.batch[column], value.Level(0, level, column))
}

func (w *writer[T]) endRow() error {
	w.rows++
	if len(w.batch[0]) == batchRows || w.rows == groupRows {
		if err := w.flush(); err != nil {
			return err
		}
	}
	if w.rows == groupRows {
		w.rows = 0
		return w.out.Flush()
	}
	return nil
}

// flush takes over the values of all rows so far.
func (w *writer[T]) flush() error {
	for i, values := range w.batch {
		if _, err := w.columns[i].WriteRowValues(values); err != nil {
			return err
		}
		w.batch[i] = values[:0]
	}
	return nil
}

func (w *writer[T]) close() error {
	if err := w.flush(); err != nil {
		return err
	}
	if w.rows > 0 {
		if err := w.out.Flush(); err != nil {
			return err
		}
	}
	w.sealer.isEnding = true
	if err := w.out.Close(); err != nil {
		return err
	}
	return w.sealer.seal()
}

// The values. Unknown ones are null.

func textValue(s string) parquet.Value {
	if s == "" {
		return parquet.Value{}
	}
	return parquet.ByteArrayValue(unsafe.Slice(unsafe.StringData(s), len(s))) // it is only read
}

func wholeValue(n float64) parquet.Value { return parquet.Int64Value(int64(n)) }

func momentValue(at time.Time) parquet.Value {
	if at.IsZero() {
		return parquet.Value{}
	}
	return parquet.Int64Value(at.UnixMicro())
}

// amountBytes is the size of a DECIMAL(38,12).
const amountBytes = 16

var ten = big.NewInt(10)

// amountValue returns an amount of 0 or more, rounded half up to 12 decimals.
func amountValue(d decimal.Decimal) parquet.Value {
	bytes := make([]byte, amountBytes)
	shift := int(d.Exponent()) + report.CostDecimals
	if shift >= 0 && d.NumDigits()+shift <= 18 { // as nearly always: it fits into 64 bits
		units := uint64(d.CoefficientInt64())
		for range shift {
			units *= 10
		}
		binary.BigEndian.PutUint64(bytes[amountBytes-8:], units)
		return parquet.FixedLenByteArrayValue(bytes)
	}
	d = d.Round(report.CostDecimals)
	units := d.Coefficient()
	if shift := d.Exponent() + report.CostDecimals; shift > 0 {
		units.Mul(units, new(big.Int).Exp(ten, big.NewInt(int64(shift)), nil))
	}
	return parquet.FixedLenByteArrayValue(units.FillBytes(bytes))
}

// amountOf returns an amount of a file, in its shortest form.
func amountOf(value parquet.Value) decimal.Decimal {
	bytes := value.ByteArray()
	low := binary.BigEndian.Uint64(bytes[amountBytes-8:])
	if low > math.MaxInt64 || binary.BigEndian.Uint64(bytes) != 0 {
		return decimal.NewFromBigInt(new(big.Int).SetBytes(bytes), -report.CostDecimals)
	}
	places := int32(report.CostDecimals)
	for places > 0 && low%10 == 0 {
		low, places = low/10, places-1
	}
	return decimal.New(int64(low), -places)
}
