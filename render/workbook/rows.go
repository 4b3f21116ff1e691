package workbook

import (
	"bytes"
	"encoding/xml"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"gpufleet/render/report"
)

// The rows of a table that has values alone, which is what a large one is, are written by hand, straight into the
// archive, and in excelize's own form to the byte. Its stream writer looks each cell's style up among all columns and
// holds a sheet's text until the end: with it 100,000 rows of 25 columns take four times as long.

// isPlain reports whether the rows of a table can be written that way. The table has been measured.
func (t *table) isPlain() bool {
	return t.above == nil && !slices.ContainsFunc(t.columns, func(c column) bool { return c.formula != nil || c.bounded })
}

// plainRows returns what writes the rows of a part, which begin in a row of the sheet, in pieces. It makes no style,
// since those are written before the rows are.
func (b *book) plainRows(t *table, p part, first int) func(write func([]byte) error) error {
	begins := make([]string, len(t.columns)) // what comes before a row's number
	styles := make([]string, len(t.columns)) // what comes behind it
	quoted := ""
	for i := range t.columns {
		c := &t.columns[i]
		begins[i] = `<c r="` + columnName(i+1)
		styles[i] = styleOf(b.columnStyle(t, c))
		if c.provoking {
			quoted = styleOf(b.style(quotedText))
		}
	}
	return func(write func([]byte) error) error {
		const piece = 64 << 10
		out := make([]byte, 0, piece+16<<10)
		for row := p.from; row < p.to; row++ {
			number := strconv.Itoa(first + row - p.from)
			out = append(append(append(out, `<row r="`...), number...), `">`...)
			for i := range t.columns {
				c := &t.columns[i]
				v := c.value(row)
				if !v.Known {
					continue
				}
				style := styles[i]
				if c.typ == report.Text && isProvoking(v.Text) {
					style = quoted
				}
				out = append(append(append(out, begins[i]...), number...), style...)
				out = appendCell(out, c.typ, v)
			}
			out = append(out, "</row>"...)
			if len(out) >= piece {
				if err := write(out); err != nil {
					return err
				}
				out = out[:0]
			}
		}
		return write(out)
	}
}

func styleOf(id int) string {
	if id == 0 {
		return `"`
	}
	return `" s="` + strconv.Itoa(id) + `"`
}

// appendCell appends a cell from behind its style on.
func appendCell(out []byte, typ report.Type, v report.Value) []byte {
	switch typ {
	case report.Text:
		return appendTextCell(out, strings.ReplaceAll(cellText(v.Text), marker, escapedUnderscore))
	case report.Money:
		out = append(out, "><v>"...)
		if digits := v.Money.String(); len(digits) <= significant { // the nearest number has no others
			out = append(out, digits...)
		} else {
			out = appendNumber(out, v.Money.Float64())
		}
	case report.Time, report.Date:
		out = strconv.AppendFloat(append(out, "><v>"...), serial(v.Time), 'f', -1, 64)
	default:
		out = appendNumber(append(out, "><v>"...), v.Number)
	}
	return append(out, "</v></c>"...)
}

func appendTextCell(out []byte, text string) []byte {
	const blanks = " \t\r\n"
	out = append(out, ` t="inlineStr"><is><t`...)
	if text != "" && (strings.IndexByte(blanks, text[0]) >= 0 || strings.IndexByte(blanks, text[len(text)-1]) >= 0) {
		out = append(out, ` xml:space="preserve"`...)
	}
	out = append(out, '>')
	if isPlainXML(text) {
		out = append(out, text...)
	} else {
		var escaped bytes.Buffer
		xml.EscapeText(&escaped, []byte(text)) // a buffer takes all
		out = append(out, bytes.ReplaceAll(escaped.Bytes(), []byte("&#xA;"), []byte("\n"))...)
	}
	return append(out, "</t></is></c>"...)
}

// isPlainXML reports whether a text stands for itself in XML.
func isPlainXML(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '<' || c == '>' || c == '&' || c == '"' || c == '\'' {
			return false
		}
	}
	return true
}

// significant is how many digits a cell of Excel's holds.
const significant = 15

// appendNumber appends a number's digits, of which those behind the fifteenth are dropped.
func appendNumber(out []byte, n float64) []byte {
	start := len(out)
	out = strconv.AppendFloat(out, n, 'f', -1, 64)
	if len(out)-start <= significant {
		return out
	}
	digits, met, point := out[start:], 0, false
	for i, c := range digits {
		switch {
		case c == '.':
			point = true
			continue
		case c == '-', met == 0 && c == '0':
			continue
		}
		if met++; met <= significant {
			continue
		}
		if point {
			return append(out[:start], bytes.TrimSuffix(digits[:i], []byte("."))...)
		}
		whole, _, _ := bytes.Cut(digits, []byte("."))
		for j := i; j < len(whole); j++ {
			whole[j] = '0'
		}
		return out[:start+len(whole)]
	}
	return out
}

// serial returns a time as Excel counts it: days since 1900, of which it takes that year's February to have had 29.
func serial(t time.Time) float64 {
	const day = 24 * 60 * 60
	seconds := t.Unix() - epoch
	days := math.Floor(float64(seconds) / day)
	return days + (float64(seconds)-days*day)/day + 1
}

var epoch = time.Date(1899, 12, 31, 0, 0, 0, 0, time.UTC).Unix()
