package fetch

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
	"gpufleet/fetch/parallel"
)

// ownerHeader has the columns of an owner file, of which only the owner must be there.
var ownerHeader = tableHeader{
	columns:  []string{"account", "id", "host_name", "region", "gpu", "product_type", "owner"},
	required: []string{"owner"},
}

// OwnerFile says whose instances are. It is CSV with ownerHeader as its header. The first row that matches an instance
// wins. In a cell, * matches any characters, and an empty cell matches everything. Names are case-sensitive. region and
// gpu match the report's names of an instance's region and GPU model, such as "CPU only".
type OwnerFile struct {
	rows []ownerRow // from the top
	// exact has the first row with these cells, of the rows whose cells have no star. There may be thousands of them, too
	// many to try one by one.
	exact    map[ownerCells]int
	named    []namedCells // the sets of cells that the rows in exact name
	patterns []patternRow // the other rows, from the top
}

type ownerRow struct {
	owner string
	line  int // from 1
	used  bool
}

// patternRow is a row with a star within a cell.
type patternRow struct {
	row   int // in rows
	cells [matched]pattern
}

// matched is the number of columns that are matched: all but the last, which is the owner.
const matched = 6

// ownerCells are the matched cells of a row, "" for those that match everything; or the texts of an instance.
type ownerCells [matched]string

// namedCells is a set of matched cells: bit i is set if cell i is in it.
type namedCells uint8

// ReadOwnerFile reads the owner file at path. The error is like that of readTableFile.
func ReadOwnerFile(ctx context.Context, path string) (*OwnerFile, error) {
	f := newOwnerFile()
	if err := readTableFile(ctx, "owner file", path, ownerHeader, f.addRow); err != nil {
		return nil, err
	}
	return f, nil
}

func newOwnerFile() *OwnerFile { return &OwnerFile{exact: map[ownerCells]int{}} }

// addRow adds a row.
func (f *OwnerFile) addRow(row *tableRow) error {
	owner := row.cells[matched]
	if fault := ownerFault(owner); fault != "" {
		return row.fault(matched, fault)
	}
	number := len(f.rows)
	f.rows = append(f.rows, ownerRow{owner: owner, line: row.line})
	var cells ownerCells
	var named namedCells
	starred, hasStar := patternRow{row: number}, false
	for column := range cells {
		cell := row.cells[column]
		if strings.Trim(cell, "*") == "" {
			continue
		}
		cells[column] = cell
		named |= 1 << column
		starred.cells[column] = strings.Split(cell, "*")
		hasStar = hasStar || len(starred.cells[column]) > 1
	}
	if hasStar {
		f.patterns = append(f.patterns, starred)
		return nil
	}
	if _, found := f.exact[cells]; !found {
		f.exact[cells] = number
	}
	if !slices.Contains(f.named, named) {
		f.named = append(f.named, named)
	}
	return nil
}

// ownerFault says what is wrong with the name of an owner, "" if nothing is.
func ownerFault(name string) string {
	switch {
	case name == "":
		return "empty; every row needs an owner"
	case strings.EqualFold(name, fleet.Unassigned):
		return "reserved for instances that no row matches; remove the row, or use another name"
	}
	return nameFault(name)
}

// nameFault says what is wrong with the name of an owner or account, "" if nothing is. Names are shown everywhere and
// compared with later runs, so they are refused instead of changed.
func nameFault(name string) string {
	clean, cut := fleet.CleanText([]byte(name), false)
	switch {
	case cut:
		return fmt.Sprintf("longer than %d characters", fleet.MaxText)
	case clean != name, fleet.Visible(name) != name:
		return "it has an invisible character or a line break; type the name again"
	case fleet.HideAddress(name) != name:
		return "it has an IP address, which a public report would not show; use another name"
	case strings.EqualFold(name, history.OtherGroup): // what files call the rest would be added to it
		return "it is reserved for the rest where there are too many names; use another name, such as Others"
	}
	return ""
}

// Names reports whether a row names an owner. Unassigned needs no row.
func (f *OwnerFile) Names(owner string) bool {
	return owner == fleet.Unassigned || slices.ContainsFunc(f.rows, func(r ownerRow) bool { return r.owner == owner })
}

// Apply sets the owner of each instance, and counts those that no row matches. A nil OwnerFile does nothing.
func (f *OwnerFile) Apply(list *fleet.Fleet) {
	if f == nil {
		return
	}
	rows := make([]int, len(list.Instances)) // that match
	parallel.Each(len(rows), func(i int) { rows[i] = f.find(textsOf(list.AsCame.Of(list.Instances[i]))) })
	for i, in := range list.Instances {
		if row := rows[i]; row < len(f.rows) {
			in.Owner = f.rows[row].owner
			f.rows[row].used = true
			continue
		}
		in.Owner = fleet.Unassigned
		if in.Running() {
			list.Unowned.Running++
		}
		if in.Listed() {
			list.Unowned.Listed++
		}
	}
}

// textsOf returns the texts of an instance that rows match.
func textsOf(in *fleet.Instance) ownerCells {
	return ownerCells{in.Account, in.ID, in.HostName, in.RegionName(), in.Model(), in.ProductType}
}

// find returns the first row that matches texts, len(f.rows) if none does.
func (f *OwnerFile) find(texts ownerCells) int {
	first := len(f.rows)
	for _, named := range f.named {
		var cells ownerCells // if a text is empty, these are also the cells of a row without it, which matches too
		for column, text := range texts {
			if named&(1<<column) != 0 {
				cells[column] = text
			}
		}
		if row, found := f.exact[cells]; found {
			first = min(first, row)
		}
	}
	for i := range f.patterns {
		switch row := &f.patterns[i]; {
		case row.row > first:
			return first
		case row.matches(&texts):
			return row.row
		}
	}
	return first
}

func (r *patternRow) matches(texts *ownerCells) bool {
	for column := range r.cells {
		if pattern := r.cells[column]; pattern != nil && !pattern.matches(texts[column]) {
			return false
		}
	}
	return true
}

// pattern is a cell, split at its stars: one part is the whole text. It is nil if the cell matches everything.
type pattern []string

// matches reports whether a text begins with the first part, ends in the last one and has the others between them, in
// this order and without overlap.
func (p pattern) matches(text string) bool {
	if len(p) == 1 {
		return text == p[0]
	}
	text, begins := strings.CutPrefix(text, p[0])
	text, ends := strings.CutSuffix(text, p[len(p)-1])
	if !begins || !ends {
		return false
	}
	for _, part := range p[1 : len(p)-1] {
		at := strings.Index(text, part)
		if at < 0 {
			return false
		}
		text = text[at+len(part):]
	}
	return true
}

// Unused returns a note with the lines of the rows that give no instance an owner, "" if there are none. A nil
// OwnerFile has no rows.
func (f *OwnerFile) Unused() string {
	if f == nil {
		return ""
	}
	var lines []int
	for _, row := range f.rows {
		if !row.used {
			lines = append(lines, row.line)
		}
	}
	return unusedRows(lines, "instances you don't have, a typo, or rows above them apply")
}
