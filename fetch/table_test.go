package fetch

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTableWithOptionalColumns reads a file that has some of its columns, in another order.
func TestTableWithOptionalColumns(t *testing.T) {
	header := tableHeader{columns: []string{"region", "gpu", "owner"}, required: []string{"owner"}}
	read := func(text string) (rows []string, err error) {
		err = readTable([]byte(text), header, func(row *tableRow) error {
			rows = append(rows, fmt.Sprintf("%d %q", row.line, row.cells))
			if row.cells[2] == "" {
				return row.fault(2, "empty")
			}
			return nil
		})
		return rows, err
	}
	rows, err := read("owner,gpu,\n\n,,\n\"A, B\", H100 ,\nC\n")
	if diff := cmp.Diff([]string{`4 ["" "H100" "A, B"]`, `5 ["" "" "C"]`}, rows); diff != "" || err != nil {
		t.Error(err, diff)
	}
	for text, want := range map[string]string{
		"owner,gpu\nA\n,H100\n":  "line 3, column A (owner): empty",
		"gpu,owner\nH100\n":      "line 2, column B (owner): empty",
		"region,gpu\nA,H100\n":   "line 1: no column owner; the header must be region,gpu,owner",
		"gpu,team,owner\n,A,B\n": "line 1, column B: unknown column; the header must be region,gpu,owner",
		"owner,owner\nA,B\n":     "line 1, column B: a second column owner; remove one",
		"\n , \nowner\nA,\n,B\n": "line 5, column B: a value in a column without a name",
		"":                       "line 1: the header must be region,gpu,owner",
		"owner;gpu\nA;H100\n": "line 1: the columns are separated by semicolons; save the file with commas between them, " +
			"and with a point in decimals",
	} {
		if _, err := read(text); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}
