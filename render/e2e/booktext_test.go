package e2e

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// bookText returns a workbook as text. Every value has a name in place of its cell's address: the
// column's heading, below the row's first cell. Outside tables, the heading is in the first row of the
// block. Formulas name other cells in the same way. So a new column adds one line to each row and
// changes no other line. Texts are quoted, numbers are not. "shown as" gives the form in which Excel
// shows a value, where that is another.
func bookText(t testing.TB, content string) string {
	t.Helper()
	file, err := excelize.OpenReader(strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	b := &bookWriter{t: t, file: file, sheets: map[string]*sheetText{}}
	for _, name := range file.GetSheetList() {
		b.read(name)
	}
	for _, name := range file.GetDefinedName() {
		fmt.Fprintf(b, "name %s of %s: %s\n", name.Name, name.Scope, b.named(name.RefersTo, "", 0))
	}
	for _, name := range file.GetSheetList() {
		b.sheet(b.sheets[name])
	}
	return b.String()
}

// bookWriter writes a workbook as text.
type bookWriter struct {
	strings.Builder
	t      testing.TB
	file   *excelize.File
	sheets map[string]*sheetText
}

// sheetText is a sheet as bookWriter needs it. Rows and columns count from 1.
type sheetText struct {
	name      string
	cells     [][]cellText // by row, then column
	table     string       // "" where the sheet has none
	style     string       // of the table
	headerRow int          // of the table; 0 where the sheet has none
	lastRow   int          // of the table
}

// cellText is the content of a cell.
type cellText struct{ value, formula, shown, link string }

func (c cellText) empty() bool { return c.value == "" && c.formula == "" }

// read reads a sheet, before any is written: formulas refer to other sheets.
func (b *bookWriter) read(name string) {
	s := &sheetText{name: name}
	tables, err := b.file.GetTables(name)
	b.check(err)
	if len(tables) > 1 {
		b.t.Fatalf("%s has %d tables", name, len(tables))
	}
	for _, table := range tables {
		first, last, _ := strings.Cut(table.Range, ":")
		s.table, s.style = table.Name, table.StyleName
		_, s.headerRow, err = excelize.CellNameToCoordinates(first)
		b.check(err)
		_, s.lastRow, err = excelize.CellNameToCoordinates(last)
		b.check(err)
	}
	rows, err := b.file.GetRows(name, excelize.Options{RawCellValue: true})
	b.check(err)
	for i, row := range rows {
		var cells []cellText
		for j, value := range row {
			cells = append(cells, b.cell(name, j+1, i+1, value))
		}
		s.cells = append(s.cells, cells)
	}
	b.sheets[name] = s
}

func (b *bookWriter) cell(sheet string, column, row int, value string) cellText {
	at, err := excelize.CoordinatesToCellName(column, row)
	b.check(err)
	var c cellText
	kind, err := b.file.GetCellType(sheet, at)
	b.check(err)
	if c.formula, err = b.file.GetCellFormula(sheet, at); err != nil || value == "" && c.formula == "" {
		b.check(err)
		return c
	}
	switch kind {
	case excelize.CellTypeUnset, excelize.CellTypeNumber:
		c.value = value
	case excelize.CellTypeInlineString, excelize.CellTypeSharedString, excelize.CellTypeFormula:
		c.value = strconv.Quote(value)
	default:
		c.value = fmt.Sprintf("%s (type %d)", value, kind)
	}
	shown, err := b.file.GetCellValue(sheet, at)
	b.check(err)
	if shown = strings.TrimSpace(shown); shown != strings.TrimSpace(value) {
		c.shown = shown
	}
	if linked, target, err := b.file.GetCellHyperLink(sheet, at); err == nil && linked {
		c.link = target
	}
	return c
}

// sheet writes a sheet.
func (b *bookWriter) sheet(s *sheetText) {
	fmt.Fprintf(b, "\n== %s\n", s.name)
	var formulas map[int]string
	if s.headerRow > 0 {
		formulas = b.uniform(s)
	}
	for i := range s.cells {
		switch row := i + 1; {
		case row == s.headerRow:
			b.header(s, formulas)
		case s.headerRow > 0 && row > s.headerRow && row <= s.lastRow:
			fmt.Fprintf(b, "row %s\n", b.text(s, row, s.at(1, row), formulas[1]))
			b.values(s, row, 2, formulas)
		case row == s.headerRow-1 && !s.blank(row):
			b.WriteString("totals\n")
			b.values(s, row, 1, nil)
		default:
			b.line(s, row)
		}
	}
}

// header writes a table's columns: heading, number format, and the formula if it is the same in every row.
func (b *bookWriter) header(s *sheetText, formulas map[int]string) {
	fmt.Fprintf(b, "table %s, header in row %d, %s\n", s.table, s.headerRow, s.style)
	for i, cell := range s.cells[s.headerRow-1] {
		letter, err := excelize.ColumnNumberToName(i + 1)
		b.check(err)
		id, err := b.file.GetColStyle(s.name, letter)
		b.check(err)
		style, err := b.file.GetStyle(id)
		b.check(err)
		format := strconv.Itoa(style.NumFmt)
		if style.CustomNumFmt != nil {
			format = *style.CustomNumFmt
		}
		fmt.Fprintf(b, "column %s: format %s", headingOf(cell), format)
		if formulas[i+1] != "" {
			fmt.Fprintf(b, " =%s", formulas[i+1])
		}
		b.WriteString("\n")
	}
}

// uniform returns the formulas that are the same in every row of a sheet's table, by column.
func (b *bookWriter) uniform(s *sheetText) map[int]string {
	formulas := map[int]string{}
	for i := range s.cells[s.headerRow-1] {
		var all []string
		for row := s.headerRow + 1; row <= s.lastRow; row++ {
			all = append(all, b.named(s.at(i+1, row).formula, s.name, row))
		}
		if all = slices.Compact(all); len(all) == 1 {
			formulas[i+1] = all[0]
		}
	}
	return formulas
}

// values writes the cells of a row from a column on, one line each. It leaves out formulas that are known.
func (b *bookWriter) values(s *sheetText, row, from int, known map[int]string) {
	for column := from; column <= s.width(row); column++ {
		cell := s.at(column, row)
		if cell.empty() {
			continue
		}
		fmt.Fprintf(b, "  %s: %s\n", s.heading(column, row), b.text(s, row, cell, known[column]))
	}
}

// line writes a row outside a table: on one line, or one line per cell if there are formulas.
func (b *bookWriter) line(s *sheetText, row int) {
	if slices.ContainsFunc(s.cells[row-1], func(c cellText) bool { return c.formula != "" }) {
		from := 2
		if s.at(1, row).formula != "" {
			from = 1
		}
		fmt.Fprintf(b, "%s\n", cmp.Or(s.at(1, row).value, "-"))
		b.values(s, row, from, nil)
		return
	}
	var texts []string
	for _, cell := range s.cells[row-1] {
		texts = append(texts, b.text(s, row, cell, ""))
	}
	fmt.Fprintln(b, strings.Join(texts, " | "))
}

// text returns the content of a cell.
func (b *bookWriter) text(s *sheetText, row int, c cellText, known string) string {
	text := c.value
	if formula := b.named(c.formula, s.name, row); formula != known {
		text += " =" + formula
	}
	if c.shown != "" {
		text += " shown as " + c.shown
	}
	if c.link != "" {
		text += " -> " + c.link
	}
	return text
}

var reference = regexp.MustCompile(`(?:(\w+)!)?\$([A-Z]{1,3})(\$?)([0-9]+)(?::\$([A-Z]{1,3})\$([0-9]+))?`)

// named returns a formula with names in place of addresses: table[heading] is a whole column of a
// table, [heading] is a cell in the formula's own row, and label[heading] is any other cell, as in All
// regions[GPUs]. $ marks a fixed row.
func (b *bookWriter) named(formula, sheet string, row int) string {
	return reference.ReplaceAllStringFunc(formula, func(text string) string {
		part := reference.FindStringSubmatch(text)
		s, before := b.sheets[cmp.Or(part[1], sheet)], ""
		if s == nil {
			return text
		}
		if s.name != sheet {
			before = s.name + "!"
		}
		column, err := excelize.ColumnNameToNumber(part[2])
		b.check(err)
		at, err := strconv.Atoi(part[4])
		b.check(err)
		switch {
		case part[5] == "" && part[3] == "" && s.name == sheet && at == row:
			return "[" + s.heading(column, at) + "]"
		case part[5] == "":
			return before + part[3] + unquoted(s.at(1, at).value) + "[" + s.heading(column, at) + "]"
		case part[5] == part[2] && part[3] == "$" && at == s.headerRow+1 && part[6] == strconv.Itoa(s.lastRow):
			return s.table + "[" + s.heading(column, at) + "]"
		}
		return text
	})
}

// at returns a cell, an empty one outside the sheet.
func (s *sheetText) at(column, row int) cellText {
	if row < 1 || row > len(s.cells) || column > s.width(row) {
		return cellText{}
	}
	return s.cells[row-1][column-1]
}

func (s *sheetText) width(row int) int { return len(s.cells[row-1]) }

func (s *sheetText) blank(row int) bool {
	if row < 1 || row > len(s.cells) {
		return true
	}
	return !slices.ContainsFunc(s.cells[row-1], func(c cellText) bool { return !c.empty() })
}

// heading returns the name of a column in a row: from the table's header for its rows and the totals
// above them, else from the first row of the block. Without a heading it is the column's letter.
func (s *sheetText) heading(column, row int) string {
	top := row
	if s.headerRow > 0 && row >= s.headerRow-1 {
		top = s.headerRow
	} else {
		for !s.blank(top - 1) {
			top--
		}
	}
	if cell := s.at(column, top); !cell.empty() && (top != row || top == s.headerRow) {
		return headingOf(cell)
	}
	letter, _ := excelize.ColumnNumberToName(column)
	return letter
}

func headingOf(c cellText) string { return unquoted(c.value) }

func unquoted(text string) string {
	if plain, err := strconv.Unquote(text); err == nil {
		return plain
	}
	return text
}

func (b *bookWriter) check(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}
