package workbook

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A chart's reference to cells, as excelize writes it: without what the cells hold.
var chartRef = regexp.MustCompile(`<f>([^<]*)</f>(?:<numCache><formatCode></formatCode></numCache>)?</(str|num)Ref>`)

// A chart with a single category.
var oneCategory = regexp.MustCompile(`<cat><strRef><f>[^<]*</f><strCache><ptCount val="1">`)

// fillCharts puts beside each reference of the charts what its cells hold: viewers that don't calculate draw charts from that alone.
// An axis with a single category is told not to look for days: LibreOffice takes the only day of a history for its year, and
// shows January the first.
func (b *book) fillCharts() {
	b.file.Pkg.Range(func(name, content any) bool {
		text, ok := content.([]byte)
		if ok && strings.HasPrefix(name.(string), "xl/charts/chart") {
			text = chartRef.ReplaceAllFunc(text, b.withCache)
			if oneCategory.Match(text) {
				text = bytes.ReplaceAll(text, []byte(`<auto val="1">`), []byte(`<auto val="0">`))
			}
			b.file.Pkg.Store(name, text)
		}
		return true
	})
}

// withCache returns a reference with the values of its cells. A cell without one has no point.
func (b *book) withCache(ref []byte) []byte {
	match := chartRef.FindSubmatch(ref)
	cells, kind := match[1], match[2]
	points := b.points[string(cells)]
	var out bytes.Buffer
	fmt.Fprintf(&out, "<f>%s</f><%sCache>", cells, kind)
	if string(kind) == "num" {
		out.WriteString("<formatCode>General</formatCode>")
	}
	fmt.Fprintf(&out, `<ptCount val="%d"></ptCount>`, len(points))
	for i, value := range points {
		if value == nil {
			continue
		}
		fmt.Fprintf(&out, `<pt idx="%d"><v>`, i)
		b.try(xml.EscapeText(&out, []byte(pointText(value))))
		out.WriteString("</v></pt>")
	}
	fmt.Fprintf(&out, "</%sCache></%sRef>", kind, kind)
	return out.Bytes()
}

func pointText(value any) string {
	switch value := value.(type) {
	case float64:
		return strconv.FormatFloat(value, 'g', -1, 64)
	case time.Time:
		return value.Format(time.DateOnly)
	default:
		return fmt.Sprint(value)
	}
}
