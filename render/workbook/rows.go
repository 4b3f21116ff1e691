package workbook

import (
	"bytes"
	"encoding/xml"
	"math"
	"strconv"
	"strings"
	"time"

	"gpufleet/render/report"
)

// The rows of tables are written directly into the archive, byte for byte as excelize would write them. Its stream
// writer searches all columns for the style of each cell, and holds a sheet's text until the end: it takes twice the
// memory, and four times as long for the rows.

// rowMark stands for the row's number in the formula of a column.
const rowMark = "{row}"

// cellWriter writes the cells of a column.
type cellWriter struct {
	*column
	start   string    // of a cell, before the number of its row
	styles  [3]string // follow the number, by variant
	formula [][]byte  // in XML: the pieces between the row's numbers; empty for none
}

// insertRows arranges for the rows of a part to be written when the rest of its sheet is. All styles are made here,
// since excelize writes the styles before the rows.
func (s *sheet) insertRows(t *table, p part) {
	if s.b.err != nil {
		return
	}
	writers := make([]cellWriter, len(t.columns))
	for i := range t.columns {
		writers[i] = cellWriter{column: &t.columns[i], start: `<c r="` + columnName(i+1)}
		if formula := t.columns[i].formula; formula != "" {
			var escaped bytes.Buffer
			xml.EscapeText(&escaped, []byte(formula)) // a buffer returns no error
			writers[i].formula = bytes.Split(escaped.Bytes(), []byte(rowMark))
		}
	}
	for _, use := range t.uses {
		w := &writers[use.column]
		w.styles[use.variant] = styleAttribute(s.b.style(s.b.variantStyle(w.column, use.variant)))
	}
	s.b.archive.insert(s.entry(), rowsFunc(writers, p, s.next))
	s.next += p.to - p.from
}

// rowsFunc returns a function that writes the rows of a part in pieces; first is their first row on the sheet.
func rowsFunc(writers []cellWriter, p part, first int) func(write func([]byte) error) error {
	return func(write func([]byte) error) error {
		const piece = 64 << 10
		var out []byte // it grows, since most sheets are small
		for row := p.from; row < p.to; row++ {
			number := strconv.Itoa(first + row - p.from)
			out = append(append(append(out, `<row r="`...), number...), `">`...)
			for i := range writers {
				out = writers[i].append(out, row, number)
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

// append appends the cell of a row, whose number on the sheet is given. An unknown value has no cell, unless it has a
// formula.
func (w *cellWriter) append(out []byte, row int, number string) []byte {
	v := w.value(row)
	hasFormula := len(w.formula) > 0 && row >= w.formulaFrom
	if !v.Known && !hasFormula {
		return out
	}
	out = append(append(append(out, w.start...), number...), w.styles[w.variant(v)]...)
	if !hasFormula {
		return appendCell(out, w.typ, v)
	}
	if !v.Known || w.typ == report.Text {
		out = append(out, ` t="str"`...)
	}
	out = append(append(out, "><f>"...), w.formula[0]...)
	for _, piece := range w.formula[1:] {
		out = append(append(out, number...), piece...)
	}
	out = append(out, "</f><v>"...)
	switch {
	case w.typ == report.Text: // one of our own words
		out = append(out, v.Text...)
	case v.Known:
		out = appendFigure(out, w.typ, v)
	}
	return append(out, "</v></c>"...)
}

func styleAttribute(id int) string {
	if id == 0 {
		return `"`
	}
	return `" s="` + strconv.Itoa(id) + `"`
}

// appendCell appends the rest of a cell after its style.
func appendCell(out []byte, typ report.Type, v report.Value) []byte {
	if typ == report.Text {
		return appendTextCell(out, strings.ReplaceAll(cellText(v.Text), marker, escapedUnderscore))
	}
	return append(appendFigure(append(out, "><v>"...), typ, v), "</v></c>"...)
}

// appendFigure appends a number, an amount or a time.
func appendFigure(out []byte, typ report.Type, v report.Value) []byte {
	switch typ {
	case report.Money:
		if digits := v.Money.String(); len(digits) <= significantDigits { // the nearest number has the same digits
			return append(out, digits...)
		}
		return appendNumber(out, v.Money.Float64())
	case report.Time, report.Date:
		return strconv.AppendFloat(out, serial(v.Time), 'f', -1, 64)
	default:
		return appendNumber(out, v.Number)
	}
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
