package templates

import (
	"strconv"
	"strings"
)

// withScrollingTables wraps each table of safe HTML into a region that scrolls, as all other tables have one. Text
// can't be mistaken for a table: in safe HTML its angle brackets are escaped. Each has a name of its own, numbered.
func withScrollingTables(safe, name string) string {
	const open, end = "<table>", "</table>"
	var b strings.Builder
	for number := 1; ; number++ {
		before, after, found := strings.Cut(safe, open)
		b.WriteString(before)
		if !found {
			return b.String()
		}
		table, rest, _ := strings.Cut(after, end)
		b.WriteString(`<section class="scroll" aria-label="` + name + ` ` + strconv.Itoa(number) + `" tabindex="0">`)
		b.WriteString(open + table + end + "</section>")
		safe = rest
	}
}
