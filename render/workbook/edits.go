package workbook

import (
	"strings"

	"github.com/xuri/excelize/v2"
)

// validation restricts cells to what set allows. Anything else is refused with the message.
func (b *book) validation(cells, message string, set func(*excelize.DataValidation) error) *excelize.DataValidation {
	v := excelize.NewDataValidation(true)
	v.SetSqref(cells)
	v.SetError(excelize.DataValidationErrorStyleStop, "Invalid value", message)
	b.try(set(v))
	return v
}

func between(low, high float64) func(*excelize.DataValidation) error {
	return func(v *excelize.DataValidation) error {
		return v.SetRange(low, high, excelize.DataValidationTypeDecimal, excelize.DataValidationOperatorBetween)
	}
}

func above(limit float64) func(*excelize.DataValidation) error {
	return func(v *excelize.DataValidation) error {
		return v.SetRange(limit, limit, excelize.DataValidationTypeDecimal, excelize.DataValidationOperatorGreaterThan)
	}
}

// notNegative allows 0: a price of 0 is known.
func notNegative(v *excelize.DataValidation) error {
	return v.SetRange(0, 0, excelize.DataValidationTypeDecimal, excelize.DataValidationOperatorGreaterThanOrEqual)
}

// figuresToType are the columns of instances whose figures a person may type in.
var figuresToType = []string{"price_per_hour", "gpu_count", "cpu_cores", "ram", "disk_size"}

// setEdits says on Instances which edits change figures, refuses those that can't be right, and marks those that
// change nothing.
func (b *book) setEdits() {
	t := b.instances
	if b.fixed {
		t.note = "All figures are fixed: the fleet is too large for formulas. So this sheet is protected: filters work, " +
			"but to sort or edit it, copy it to another workbook."
		return
	}
	t.note = "Type missing prices or GPUs here, and all sums follow. " +
		"Typing another " + b.r.StatusOrDimension() + " changes no figure."
	statuses := b.statuses.rows
	if statuses > maxStatuses { // some share a row
		statuses = 0
	}
	type editedNames struct {
		column, number, defined string
		of                      *table
		rows                    int
	}
	edited := []editedNames{{"status", "status_no", "StatusNames", b.statuses, statuses}}
	for _, d := range b.r.Divisions {
		w := wordsOf(d)
		edited = append(edited, editedNames{w.column, w.number, strings.TrimSuffix(w.sheet, "s") + "Names",
			b.table(w.sheet), len(d.Parts)})
	}
	for _, names := range edited {
		refs := b.refs(names.of, names.of.columns[0].name)
		if names.rows == 0 || len(refs) > 1 || t.index(names.column) < 0 {
			continue
		}
		b.inputs[names.defined] = refs[0]
		t.marks = append(t.marks, mark{names.column, names.number, names.defined})
	}
}

// mark is for text of a column that differs from the name that formulas count the row under: the number points to it
// in a range with a defined name, since a conditional format can't refer to other sheets.
type mark struct{ column, number, names string }

// condition returns the condition of a mark for a row.
func (m mark) condition(t *table, row int) string {
	cell := t.cell(m.column, row)
	return "AND(LEN(" + cell + ")>0," + cell + "<>INDEX(" + m.names + "," + t.cell(m.number, row) + "))"
}

// changesNothing is the number format of a typed text that changes no figure.
const changesNothing = `@" (changes no figure)"`

// restrict adds the validations of a sheet of inputs or instances. If nothing can follow an edit, it protects the
// sheet: validations don't see what is pasted.
func (s *sheet) restrict(t *table, p part) {
	for _, v := range t.inputs {
		s.b.try(s.b.file.AddDataValidation(s.name, v))
	}
	if s.b.fixed && (t == s.b.statuses || t == s.b.instances || t == s.b.spend || t == s.b.budgets) {
		s.b.try(s.b.file.ProtectSheet(s.name, &excelize.SheetProtectionOptions{
			SelectLockedCells: true, SelectUnlockedCells: true, FormatColumns: true, AutoFilter: true,
		}))
	}
	if t != s.b.instances || s.b.fixed || s.b.err != nil {
		return
	}
	cells := func(names []string) string {
		var ranges []string
		for _, name := range names {
			if at := t.index(name); at >= 0 {
				ranges = append(ranges, rangeOf(at+1, t.header()+1, t.lastRow(p)))
			}
		}
		return strings.Join(ranges, " ")
	}
	v := s.b.validation(cells(figuresToType),
		"Enter a number that is not negative, or leave the cell empty if it is unknown.", notNegative)
	s.b.try(s.b.file.AddDataValidation(s.name, v))
}
