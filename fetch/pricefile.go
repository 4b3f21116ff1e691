package fetch

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"gpufleet/fetch/fleet"
)

// maxPriceFile bounds a price file: at 50 bytes a row it holds 300,000 of them.
const maxPriceFile = 16 << 20

// priceHeader is the first row of a price file.
var priceHeader = []string{"region", "gpu", "gpu_count", "product_type", "price_per_hour"}

// PriceFile holds the prices of a price file: CSV whose header is priceHeader. A cell that is empty or * matches all.
// Names match as they are written, case included: region and gpu against the names under which the report counts an
// instance, "CPU only" among them.
type PriceFile struct {
	prices map[priceKey]filePrice
	named  []columns    // the sets of columns that rows name, in the order in which they are tried
	used   map[int]bool // lines that have priced an instance
}

// priceKey is what a row names. What is not in named is empty.
type priceKey struct {
	named                    columns
	region, gpu, productType string
	gpuCount                 int
}

type filePrice struct {
	money fleet.Money // per hour, of the instance where the row names gpu_count, else of a GPU
	line  int         // from 1
}

// columns is a set of the columns that a row can name. Of two sets of one size, the larger number names the earlier of
// gpu, gpu_count, region, product_type.
type columns uint8

const (
	byProductType columns = 1 << iota
	byRegion
	byGPUCount
	byGPU
)

// ReadPriceFile reads the price file at path. The error is a *Error of kind BadInput, which names line and column and
// no value, or the context's cause where that ended the reading.
func ReadPriceFile(ctx context.Context, path string) (*PriceFile, error) {
	text, err := readWhole(ctx, path)
	var file *PriceFile
	if err == nil {
		file, err = parsePriceFile(text)
	}
	var cause *fs.PathError
	switch {
	case err == nil:
		return file, nil
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case errors.As(err, &cause):
		err = cause.Err // without the path, which stands before it
	}
	return nil, errorf(BadInput, "price file %s: %v", path, err)
}

func readWhole(ctx context.Context, path string) ([]byte, error) {
	file, err := openFile(ctx, path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(&patientReader{ctx: ctx, source: file}, maxPriceFile+1))
	if len(text) > maxPriceFile {
		return nil, fmt.Errorf("it is longer than %d MiB, which no price file is", maxPriceFile>>20)
	}
	return text, err
}

func parsePriceFile(text []byte) (*PriceFile, error) {
	text = bytes.TrimPrefix(text, []byte("\xEF\xBB\xBF"))
	if !utf8.Valid(text) {
		return nil, fmt.Errorf("line %d is not UTF-8: save it as CSV in UTF-8", 1+bytes.Count(validStart(text), []byte("\n")))
	}
	rows := csv.NewReader(bytes.NewReader(text))
	rows.FieldsPerRecord = -1
	rows.TrimLeadingSpace = true
	if err := readPriceHeader(rows); err != nil {
		return nil, err
	}
	f := &PriceFile{prices: map[priceKey]filePrice{}, used: map[int]bool{}}
	for {
		cells, err := rows.Read()
		if err == io.EOF {
			break
		}
		if err == nil {
			err = f.addRow(rows, cells)
		}
		if err != nil {
			return nil, csvError(err)
		}
	}
	f.sortNamed()
	return f, nil
}

// validStart returns the text before the first byte that is not UTF-8.
func validStart(text []byte) []byte {
	rest := text
	for {
		r, size := utf8.DecodeRune(rest)
		if r == utf8.RuneError && size < 2 {
			return text[:len(text)-len(rest)]
		}
		rest = rest[size:]
	}
}

func readPriceHeader(rows *csv.Reader) error {
	cells, err := rows.Read()
	if err != nil && err != io.EOF {
		return csvError(err)
	}
	for i, cell := range cells {
		cells[i] = strings.TrimSpace(cell)
	}
	if !slices.Equal(cells, priceHeader) {
		return fmt.Errorf("line 1: the header must be %s", strings.Join(priceHeader, ","))
	}
	return nil
}

// csvError drops from an error of the CSV reader all but the line and what is wrong; neither holds a value.
func csvError(err error) error {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return fmt.Errorf("line %d, byte %d: %v", parse.Line, parse.Column, parse.Err)
	}
	return err
}

// addRow takes a row in.
func (f *PriceFile) addRow(rows *csv.Reader, cells []string) error {
	line, _ := rows.FieldPos(0)
	if len(cells) == 1 && strings.TrimSpace(cells[0]) == "" {
		return nil // a blank line
	}
	if len(cells) != len(priceHeader) {
		return fmt.Errorf("line %d has %d columns, the header has %d", line, len(cells), len(priceHeader))
	}
	var key priceKey
	name := func(column int, set columns, value *string) {
		if cell := strings.TrimSpace(cells[column]); cell != "" && cell != "*" {
			*value = cell
			key.named |= set
		}
	}
	var count string
	name(0, byRegion, &key.region)
	name(1, byGPU, &key.gpu)
	name(2, byGPUCount, &count)
	name(3, byProductType, &key.productType)
	if count != "" {
		number, err := strconv.Atoi(count)
		if err != nil || strings.Trim(count, "0123456789") != "" || number > fleet.MaxGPUs {
			return fmt.Errorf("line %d, gpu_count: not a whole number from 0 to %d: give one, or * for all",
				line, int(fleet.MaxGPUs))
		}
		key.gpuCount = number
	}
	money, err := fleet.ParseMoney(strings.TrimSpace(cells[4]))
	if err != nil {
		return fmt.Errorf("line %d, price_per_hour: %v: give one such as 1.85", line, err)
	}
	earlier, there := f.prices[key]
	if there && earlier.money.Cmp(money) != 0 {
		return fmt.Errorf("lines %d and %d name the same and differ in price_per_hour: remove one of them",
			earlier.line, line)
	}
	if !there {
		f.prices[key] = filePrice{money, line}
	}
	return nil
}

// sortNamed notes the order in which the rows are tried: those that name most columns first, then those that name the
// earlier of gpu, gpu_count, region, product_type.
func (f *PriceFile) sortNamed() {
	var seen [16]bool
	for key := range f.prices {
		if !seen[key.named] {
			seen[key.named] = true
			f.named = append(f.named, key.named)
		}
	}
	slices.SortFunc(f.named, func(a, b columns) int {
		return cmp.Or(cmp.Compare(bits.OnesCount8(uint8(b)), bits.OnesCount8(uint8(a))), cmp.Compare(b, a))
	})
}

// Apply gives each instance that a row matches the price of that row, whatever price it had. A nil PriceFile has no
// rows.
func (f *PriceFile) Apply(list *fleet.Fleet) {
	if f == nil {
		return
	}
	for _, in := range list.Instances {
		if price, line := f.price(in); line > 0 {
			in.Price, in.PriceSource = fleet.Known(price), fleet.FilePrice
			f.used[line] = true
		}
	}
}

// Unused says which rows have priced no instance, by their lines; "" if all have. That is no warning, since a
// contract may well price what the fleet does not have; but a name with a slip in it looks the same. A nil PriceFile
// has no rows.
func (f *PriceFile) Unused() string {
	if f == nil {
		return ""
	}
	var lines []int
	for _, row := range f.prices {
		if !f.used[row.line] {
			lines = append(lines, row.line)
		}
	}
	const named = 10
	more := ""
	if len(lines) > named {
		more = fmt.Sprintf(" and %d more", len(lines)-named)
	}
	slices.Sort(lines)
	var texts []string
	for _, line := range lines[:min(len(lines), named)] {
		texts = append(texts, strconv.Itoa(line))
	}
	switch len(lines) {
	case 0:
		return ""
	case 1:
		return "the row of line " + texts[0] + " prices no instance"
	default:
		return "the rows of lines " + strings.Join(texts, ", ") + more + " price no instance"
	}
}

// price returns what the file says that an instance costs per hour, and the line that says it, 0 for none. A row that
// names gpu_count is per instance, any other per GPU: that one does not match an instance without GPUs, which it
// would make free of charge, nor one whose GPUs nobody knows.
func (f *PriceFile) price(in *fleet.Instance) (perHour fleet.Money, line int) {
	gpus := in.GPUs()
	for _, named := range f.named {
		if named&byGPUCount == 0 && gpus.Value == 0 || !gpus.Known {
			continue
		}
		key := priceKey{named: named}
		if named&byRegion != 0 {
			key.region = in.RegionName()
		}
		if named&byGPU != 0 {
			key.gpu = in.Model()
		}
		if named&byProductType != 0 {
			key.productType = in.ProductType
		}
		if named&byGPUCount != 0 {
			key.gpuCount = int(gpus.Value)
		}
		row, ok := f.prices[key]
		switch {
		case ok && named&byGPUCount != 0:
			return row.money, row.line
		case ok:
			return row.money.Times(decimal.NewFromInt(int64(gpus.Value))), row.line
		}
	}
	return fleet.Money{}, 0
}
