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

// The rows of a large table hold only values. They are written directly into the archive, byte for byte as excelize
// would write them. Its stream writer searches all columns for the style of each cell, and holds a sheet's text until
// the end: it takes four times as long for 100,000 rows of 25 columns.

// valuesOnly reports whether the rows of a table can be written directly. Call it after measure.
func (t *table) valuesOnly() bool {
	return t.above == nil &&
		!slices.ContainsFunc(t.columns, func(c column) bool { return c.formula != nil || c.hasLowerBound })
}

// valueRows returns a function that writes the rows of a part in pieces; first is their first row on the sheet. All
// styles are made here, since excelize writes the styles before the rows.
func (b *book) valueRows(t *table, p part, first int) func(write func([]byte) error) error {
	beforeNumber := make([]string, len(t.columns)) // the text before a row's number
	afterNumber := make([]string, len(t.columns))  // the text after it: the style
	quoted := ""
	for i := range t.columns {
		c := &t.columns[i]
		beforeNumber[i] = `<c r="` + columnName(i+1)
		afterNumber[i] = styleAttribute(b.columnStyle(t, c))
		if c.needsQuote {
			quoted = styleAttribute(b.style(quotedText))
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
				style := afterNumber[i]
				if c.typ == report.Text && needsQuotePrefix(v.Text) {
					style = quoted
				}
				out = append(append(append(out, beforeNumber[i]...), number...), style...)
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

func styleAttribute(id int) string {
	if id == 0 {
		return `"`
	}
	return `" s="` + strconv.Itoa(id) + `"`
}

// appendCell appends the rest of a cell after its style.
func appendCell(out []byte, typ report.Type, v report.Value) []byte {
	switch typ {
	case report.Text:
		return appendTextCell(out, strings.ReplaceAll(cellText(v.Text), marker, escapedUnderscore))
	case report.Money:
		out = append(out, "><v>"...)
		if digits := v.Money.String(); len(digits) <= significantDigits { // the nearest number has the same digits
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
	if isLiteralXML(text) {
		out = append(out, text...)
	} else {
		var escaped bytes.Buffer
		xml.EscapeText(&escaped, []byte(text)) // a buffer returns no error
		out = append(out, bytes.ReplaceAll(escaped.Bytes(), []byte("&#xA;"), []byte("\n"))...)
	}
	return append(out, "</t></is></c>"...)
}

// isLiteralXML reports whether a text needs no escapes in XML.
func isLiteralXML(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '<' || c == '>' || c == '&' || c == '"' || c == '\'' {
			return false
		}
	}
	return true
}

// significantDigits is how many digits a cell holds in Excel.
const significantDigits = 15

// appendNumber appends a number. Digits after the fifteenth are dropped.
func appendNumber(out []byte, n float64) []byte {
	start := len(out)
	out = strconv.AppendFloat(out, n, 'f', -1, 64)
	if len(out)-start <= significantDigits {
		return out
	}
	digits, seen, point := out[start:], 0, false
	for i, c := range digits {
		switch {
		case c == '.':
			point = true
			continue
		case c == '-', seen == 0 && c == '0':
			continue
		}
		if seen++; seen <= significantDigits {
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

// serial returns a time as Excel counts it: days since 1900, which it takes for a leap year.
func serial(t time.Time) float64 {
	const day = 24 * 60 * 60
	seconds := t.Unix() - epoch
	days := math.Floor(float64(seconds) / day)
	return days + (float64(seconds)-days*day)/day + 1
}

var epoch = time.Date(1899, 12, 31, 0, 0, 0, 0, time.UTC).Unix()
