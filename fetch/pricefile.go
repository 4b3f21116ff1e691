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

// maxPriceFile is the largest size of a price file in bytes, enough for 300,000 rows of 50 bytes.
const maxPriceFile = 16 << 20

// priceHeader is the first row of a price file.
var priceHeader = []string{"region", "gpu", "gpu_count", "product_type", "price_per_hour"}

// PriceFile has the prices of a price file, which is CSV with priceHeader as its header. An empty cell or * matches
// everything. Names are case-sensitive. region and gpu match the report's names of an instance's region and GPU model,
// such as "CPU only".
type PriceFile struct {
	prices map[priceKey]filePrice
	named  []columns    // the sets of columns that rows name, in matching order
	used   map[int]bool // lines that set a price
}

// priceKey has the cells that a row names. The others are empty.
type priceKey struct {
	named                    columns
	region, gpu, productType string
	gpuCount                 int
}

type filePrice struct {
	money fleet.Money // per hour: of the instance if the row names gpu_count, else of one GPU
	line  int         // from 1
}

// columns is a set of the columns that a row can name. Of two sets of the same size, the larger value takes precedence:
// gpu comes before gpu_count, region and product_type.
type columns uint8

const (
	byProductType columns = 1 << iota
	byRegion
	byGPUCount
	byGPU
)

// ReadPriceFile reads the price file at path. The error is a *Error of kind BadInput, which names line and column but
// no value, or the context's cause if the context ended the reading.
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
		err = cause.Err // without the path, which is in the message already
	}
	return nil, errorf(BadInput, "price file %s: %v", path, err)
}

func readWhole(ctx context.Context, path string) ([]byte, error) {
	file, err := openFile(ctx, path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(&contextReader{ctx: ctx, source: file}, maxPriceFile+1))
	if len(text) > maxPriceFile {
		return nil, fmt.Errorf("it is larger than %d MiB", maxPriceFile>>20)
	}
	return text, err
}

func parsePriceFile(text []byte) (*PriceFile, error) {
	text = bytes.TrimPrefix(text, []byte("\xEF\xBB\xBF"))
	if !utf8.Valid(text) {
		line := 1 + bytes.Count(validStart(text), []byte("\n"))
		return nil, fmt.Errorf("line %d is not UTF-8; save the file as CSV UTF-8", line)
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

// csvError returns an error of the CSV reader with its line and reason, which contain no value.
func csvError(err error) error {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return fmt.Errorf("line %d, byte %d: %v", parse.Line, parse.Column, parse.Err)
	}
	return err
}

// addRow adds a row.
func (f *PriceFile) addRow(rows *csv.Reader, cells []string) error {
	line, _ := rows.FieldPos(0)
	if len(cells) == 1 && strings.TrimSpace(cells[0]) == "" {
		return nil // a blank line
	}
	if len(cells) != len(priceHeader) {
		return fmt.Errorf("line %d has %d columns, but the header has %d", line, len(cells), len(priceHeader))
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
			return fmt.Errorf("line %d: gpu_count is not a whole number from 0 to %d, or * for any",
				line, int(fleet.MaxGPUs))
		}
		key.gpuCount = number
	}
	money, err := fleet.ParseMoney(strings.TrimSpace(cells[4]))
	if err != nil {
		return fmt.Errorf("line %d: price_per_hour is %v; use one such as 1.85", line, err)
	}
	same, found := f.prices[key]
	if found && same.money.Cmp(money) != 0 {
		return fmt.Errorf("lines %d and %d match the same instances but have different prices; remove one",
			same.line, line)
	}
	if !found {
		f.prices[key] = filePrice{money, line}
	}
	return nil
}

// sortNamed sets the order in which rows are matched: first those that name the most columns, then by the order of
// columns.
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

// Apply sets the price of each instance that matches a row, even if it had a price. A nil PriceFile has no rows.
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

// Unused returns a note with the lines of the rows that set no price, "" if there are none. It is not a warning,
// since a contract may list hardware that the fleet doesn't have. A nil PriceFile has no rows.
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
	const reason = ": hardware you don't have, a typo, or more specific rows apply"
	switch len(lines) {
	case 0:
		return ""
	case 1:
		return "unused row on line " + texts[0] + reason
	default:
		return "unused rows on lines " + strings.Join(texts, ", ") + more + reason
	}
}

// price returns the price of an instance and the line that sets it, 0 if none does. The price of a row with gpu_count
// is for the instance, that of any other row for one GPU. Such a row does not match an instance without GPUs, which
// would become free, nor one whose number of GPUs is unknown.
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
