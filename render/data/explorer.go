package data

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"gpufleet/fetch/fleet"
	"gpufleet/render/report"
)

type instanceColumn = report.Column[*fleet.Instance]

// explorerHead is the part of data/instances.js before the columns.
type explorerHead struct {
	Schema    int       `json:"schema"`
	Generated time.Time `json:"generated_at"`
	Total     int       `json:"total_instances"`
	Hours     string    `json:"hours_per_month"`
	Currency  string    `json:"currency"`
	Sign      string    `json:"currency_sign"` // before an amount: "$", "CAD "
	// Dimensions are regions, models, and owners and accounts if they are given.
	Dimensions []explorerDimension `json:"dimensions"`
	// Groups have an index into the names of each dimension, then the number of instances. The rows have the same order.
	Groups [][]int `json:"groups"`
	// Findings say which rows need attention.
	Findings explorerFindings `json:"findings"`
	// Anchors are the rows' anchors by row index, if they are not "i-" and the ID.
	Anchors map[int]string `json:"anchors"`
	// Statuses has an entry for each value of the column status, then one for unknown.
	Statuses []explorerStatus `json:"statuses"`
}

type explorerDimension struct {
	Name  string   `json:"name"`
	Title string   `json:"title"`
	Names []string `json:"names"`
}

// explorerFindings are the rules that found instances. Sets are combinations of them, as indexes into Names, and Rows
// has the index of each row's set. All are empty if nothing was found.
type explorerFindings struct {
	Name   string   `json:"name"` // in addresses
	Names  []string `json:"names"`
	Titles []string `json:"titles"`
	Sets   [][]int  `json:"sets"`
	Rows   []int    `json:"rows"`
}

func newExplorerFindings(r *report.Report) explorerFindings {
	findings := explorerFindings{report.FindingQuery, []string{}, []string{}, [][]int{}, []int{}}
	if len(r.Findings) == 0 {
		return findings
	}
	indexes := map[*report.Rule]int{}
	for i, f := range r.Findings {
		indexes[f.Rule] = i
		findings.Names, findings.Titles = append(findings.Names, f.Name), append(findings.Titles, f.Title)
	}
	combinations, rows := r.FoundBy()
	for _, rules := range combinations {
		set := []int{}
		for _, rule := range rules {
			set = append(set, indexes[rule])
		}
		findings.Sets = append(findings.Sets, set)
	}
	findings.Rows = rows
	return findings
}

type explorerStatus struct {
	Running bool   `json:"running"`
	Listed  bool   `json:"listed"`
	Tone    string `json:"tone"` // see report.StatusTone
}

// explorerColumn is a column of data/instances.js.
type explorerColumn struct {
	Name  string `json:"name"`
	Title string `json:"title"` // with its unit
	Type  string `json:"type"`
	// Values are the column's distinct known values, sorted, as in data/instances.json.
	Values []string `json:"values"`
	// Rows holds the index in Values for each row, len(Values) if unknown.
	Rows []int `json:"rows"`
}

// WriteExplorer writes data/instances.js, the data of the live table on the Instances page. It has the same content as
// data/instances.json, but by column, so that it is fast to search and sort. It is a script because pages opened from
// file:// can't load anything else. For 100,000 instances, unsorted values would be 14 % smaller after gzip, but the
// page would take 2.4 times as long to show the table.
func WriteExplorer(w io.Writer, r *report.Report) error {
	b := bufio.NewWriterSize(w, 64<<10)
	b.WriteString("globalThis.gpufleetInstances = ")
	head, err := json.Marshal(newExplorerHead(r))
	if err != nil {
		return err
	}
	fmt.Fprintf(b, "%s,\"columns\":[", head[:len(head)-1])
	for i, column := range r.Columns {
		if i > 0 {
			b.WriteByte(',')
		}
		text, err := json.Marshal(newExplorerColumn(r, column))
		if err != nil {
			return err
		}
		b.WriteByte('\n')
		b.Write(text)
	}
	b.WriteString("\n]};\n")
	return b.Flush()
}

func newExplorerHead(r *report.Report) explorerHead {
	head := explorerHead{
		Schema: instancesSchema, Generated: r.Generated, Total: r.Count, Hours: r.HoursPerMonth.String(),
		Currency: r.Currency, Sign: strings.TrimSuffix(r.Amount(fleet.Money{}), "0.00"),
		Groups: [][]int{}, Anchors: map[int]string{}, Findings: newExplorerFindings(r),
	}
	for _, d := range r.Divisions {
		dimension := explorerDimension{d.Name, d.Title, []string{}}
		for _, part := range d.Parts {
			dimension.Names = append(dimension.Names, part.Name)
		}
		head.Dimensions = append(head.Dimensions, dimension)
	}
	for _, c := range r.Combinations() {
		var group []int
		for _, part := range c.Parts {
			group = append(group, part.Index)
		}
		head.Groups = append(head.Groups, append(group, c.Count))
	}
	var anchor []byte
	for i, in := range r.Instances {
		anchor = report.AppendAnchor(anchor[:0], in)
		if plain := in.ID == "" || string(anchor[len("i-"):]) == in.ID; !plain {
			head.Anchors[i] = string(anchor)
		}
	}
	for _, column := range r.Columns {
		if column.Name == "status" {
			values, _ := distinct(r.Instances, column)
			for _, status := range append(values, "") {
				in := &fleet.Instance{Status: status}
				head.Statuses = append(head.Statuses, explorerStatus{in.Running(), in.Listed(), report.StatusTone(status)})
			}
		}
	}
	return head
}

func newExplorerColumn(r *report.Report, column instanceColumn) explorerColumn {
	values, rows := distinct(r.Instances, column)
	return explorerColumn{column.Name, report.Heading(r.Settings, column), column.Type.String(), values, rows}
}

// distinct returns a column's distinct known values for machines, sorted, and the index of each instance's value,
// len(values) if unknown. Neither is nil.
func distinct(instances []*fleet.Instance, column instanceColumn) (values []string, rows []int) {
	if values, rows, ok := distinctFew(instances, column); ok {
		return values, rows
	}
	return distinctMany(instances, column)
}

// distinctMany sorts the texts of all rows, so that equal ones are adjacent. For many values that is faster than a map.
func distinctMany(instances []*fleet.Instance, column instanceColumn) (values []string, rows []int) {
	rows = make([]int, len(instances))
	texts := make([]string, len(instances))
	var order []int
	for i, in := range instances {
		rows[i] = -1
		if value := column.Value(in); value.Known {
			texts[i] = report.Exact(column.Type, value)
			order = append(order, i)
		}
	}
	sortValues(order, column, func(i int) string { return texts[i] }, func(i int) *fleet.Instance { return instances[i] })
	for at, i := range order {
		if at == 0 || texts[i] != texts[order[at-1]] {
			values = append(values, texts[i])
		}
		rows[i] = len(values) - 1
	}
	for i, number := range rows {
		if number < 0 {
			rows[i] = len(values)
		}
	}
	return values, rows
}

// distinctFew collects the values in a map. ok is false if there are too many for that.
func distinctFew(instances []*fleet.Instance, column instanceColumn) (values []string, rows []int, ok bool) {
	const few = 5000 // a guess: a map is slow for a million values, but not for some thousands
	numbers := map[string]int{}
	var exact []byte
	var firsts []*fleet.Instance // the first one with each value
	rows = make([]int, len(instances))
	for i, in := range instances {
		value := column.Value(in)
		if !value.Known {
			rows[i] = -1
			continue
		}
		exact = report.AppendExact(exact[:0], column.Type, value)
		number, ok := numbers[string(exact)]
		if !ok {
			if number = len(values); number == few {
				return nil, nil, false
			}
			values, firsts = append(values, string(exact)), append(firsts, in)
			numbers[values[number]] = number
		}
		rows[i] = number
	}
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	sortValues(order, column, func(n int) string { return values[n] }, func(n int) *fleet.Instance { return firsts[n] })
	sorted, place := make([]string, len(order)), make([]int, len(order))
	for i, number := range order {
		sorted[i], place[number] = values[number], i
	}
	for i, number := range rows {
		if number < 0 {
			rows[i] = len(sorted)
		} else {
			rows[i] = place[number]
		}
	}
	return sorted, rows, true
}

// sortValues sorts order by the column's values; text and instance return those of an element of order.
func sortValues(order []int, column instanceColumn, text func(int) string, instance func(int) *fleet.Instance) {
	if column.Type == report.Text || column.Type == report.Time { // times in RFC 3339 and UTC sort like their text
		report.SortByText(order, text)
		return
	}
	slices.SortFunc(order, func(a, b int) int {
		return report.Compare(column.Type, column.Value(instance(a)), column.Value(instance(b)))
	})
}
