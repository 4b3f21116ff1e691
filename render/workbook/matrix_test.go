package workbook

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"gpufleet/fetch/fleet"
)

// manyModels is a fleet with more regions and models than a chart can show. Cheap models have the most instances; one
// instance has nearly all of the cost, and another nearly all GPUs.
func manyModels(t testing.TB) []*fleet.Instance {
	var instances []*fleet.Instance
	for i := range 300 {
		instances = append(instances, &fleet.Instance{
			Region: fmt.Sprintf("R%02d", i%15), GPU: fmt.Sprintf("G%02d", i%10), GPUCount: fleet.Known(1.0),
			Status: "Running", Price: price(t, "0.1"), PriceSource: fleet.ListPrice,
		})
	}
	return append(instances,
		&fleet.Instance{Region: "Z1", GPU: "Z-B200", GPUCount: fleet.Known(1.0), Status: "Running",
			Price: price(t, "100"), PriceSource: fleet.ListPrice},
		&fleet.Instance{Region: "Z2", GPU: "Z-MANY", GPUCount: fleet.Known(512.0), Status: "Stopped"})
}

// Each chart shows the regions and models with the largest figures, and adds up to the fleet.
func TestChartsAddUp(t *testing.T) {
	r := newReport(manyModels(t), settings())
	f := opened(t, written(t, r))
	for name, want := range map[string]struct {
		region, model string
		total         float64
	}{
		"In the charts: GPUs":                   {"Z2", "Z-MANY", 813},
		"In the charts: Listed (USD per month)": {"Z1", "Z-B200", 130 * 730},
	} {
		rows, err := f.GetRows(matrixSheet, excelize.Options{RawCellValue: true})
		check(t, err)
		at := slices.IndexFunc(rows, func(row []string) bool { return len(row) > 0 && row[0] == name })
		if at < 0 {
			t.Fatalf("there is no block %q", name)
		}
		block := rows[at : at+15]
		head, last := block[0], block[14]
		if len(head) != 11 || head[9] != "Other models" || !slices.Contains(head, want.model) || last[0] != "All regions" ||
			block[13][0] != "Other regions" {
			t.Errorf("%s: the columns are %q, the last rows %q and %q", name, head, block[13], last)
		}
		if !slices.ContainsFunc(block, func(row []string) bool { return row[0] == want.region }) {
			t.Errorf("%s: %s is missing", name, want.region)
		}
		sum := 0.0
		for _, row := range block[1:14] {
			rowSum := 0.0
			for _, cell := range row[1:10] {
				if cell != "" {
					rowSum += number(t, cell)
				}
			}
			if total := number(t, row[10]); math.Abs(rowSum-total) > 1e-6 {
				t.Errorf("%s: %s adds up to %v, not %v", name, row[0], rowSum, total)
			}
			sum += rowSum
		}
		if math.Abs(sum-want.total) > 1e-6 || math.Abs(number(t, last[10])-want.total) > 1e-6 {
			t.Errorf("%s: adds up to %v, the total is %s, want %v", name, sum, last[10], want.total)
		}
	}
}

// The charts draw the blocks of their figures, with a series for all other models.
func TestChartsOfManyModels(t *testing.T) {
	texts := parts(t, written(t, newReport(manyModels(t), settings())))
	for chart, model := range map[string]string{"xl/charts/chart2.xml": "Z-MANY", "xl/charts/chart3.xml": "Z-B200"} {
		for _, text := range []string{model, "Other models", "Other regions"} {
			if !strings.Contains(texts[chart], "<v>"+text+"</v>") {
				t.Errorf("%s lacks %s", chart, text)
			}
		}
		if n := strings.Count(texts[chart], "<ser>"); n != maxChartModels+1 {
			t.Errorf("%s has %d series", chart, n)
		}
	}
}
