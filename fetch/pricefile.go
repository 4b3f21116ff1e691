package fetch

import (
	"cmp"
	"context"
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"gpufleet/fetch/fleet"
)

// priceHeader has the columns of a price file, all of which must be there.
var priceHeader = tableHeader{columns: priceColumns, required: priceColumns}

var priceColumns = []string{"region", "gpu", "gpu_count", "product_type", "price_per_hour"}

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

// ReadPriceFile reads the price file at path. The error is like that of readTableFile.
func ReadPriceFile(ctx context.Context, path string) (*PriceFile, error) {
	f := newPriceFile()
	if err := readTableFile(ctx, "price file", path, priceHeader, f.addRow); err != nil {
		return nil, err
	}
	f.sortNamed()
	return f, nil
}

func newPriceFile() *PriceFile {
	return &PriceFile{prices: map[priceKey]filePrice{}, used: map[int]bool{}}
}

// addRow adds a row.
func (f *PriceFile) addRow(row *tableRow) error {
	const region, gpu, gpuCount, productType, pricePerHour = 0, 1, 2, 3, 4 // in priceColumns
	var key priceKey
	name := func(column int, set columns, value *string) {
		if cell := row.cells[column]; cell != "" && cell != "*" {
			*value = cell
			key.named |= set
		}
	}
	var count string
	name(region, byRegion, &key.region)
	name(gpu, byGPU, &key.gpu)
	name(gpuCount, byGPUCount, &count)
	name(productType, byProductType, &key.productType)
	if count != "" {
		number, err := strconv.Atoi(count)
		if err != nil || strings.Trim(count, "0123456789") != "" || number > fleet.MaxGPUs {
			return row.fault(gpuCount, fmt.Sprintf("not a whole number from 0 to %d, or * for any", int(fleet.MaxGPUs)))
		}
		key.gpuCount = number
	}
	money, err := fleet.ParseMoney(row.cells[pricePerHour])
	if err != nil {
		return row.fault(pricePerHour, err.Error()+"; use one such as 1.85")
	}
	same, found := f.prices[key]
	if found && same.money.Cmp(money) != 0 {
		return row.fault(pricePerHour,
			fmt.Sprintf("line %d has another price for the same instances; remove one of the rows", same.line))
	}
	if !found {
		f.prices[key] = filePrice{money, row.line}
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

// Apply sets the price of each instance that matches a row, even if it had one, which is kept as ListPrice. A nil
// PriceFile has no rows.
func (f *PriceFile) Apply(list *fleet.Fleet) {
	if f == nil {
		return
	}
	for _, in := range list.Instances {
		if price, line := f.price(list.AsCame.Of(in)); line > 0 {
			if in.PriceSource == fleet.ListPrice {
				in.ListPrice = in.Price
			}
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
	return unusedRows(lines, "hardware you don't have, a typo, or more specific rows apply")
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
