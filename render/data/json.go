// Package data writes the files for programs: JSON, CSV, the data of the Instances page, the feed and the sitemap. It
// computes nothing.
package data

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"gpufleet/fetch/history"
	"gpufleet/render/report"
)

// The versions of the formats: of instances.json and instances.js, which have gpu_group since 2, and of changes.json.
const (
	instancesSchema = 2
	changesSchema   = 1
)

// WriteInstancesJSON writes data/instances.json, one instance per line. Names are those of the columns, amounts are
// strings with exact decimals, and unknown values are null.
func WriteInstancesJSON(w io.Writer, r *report.Report) error {
	b := bufio.NewWriterSize(w, 64<<10)
	head, err := json.Marshal(struct {
		Schema    int       `json:"schema"`
		Generated time.Time `json:"generated_at"`
		Source    string    `json:"source"`
		Audience  string    `json:"audience"`
		Currency  string    `json:"currency"`
		Total     int       `json:"total_instances"`
		*budget             // nil without a budget
	}{instancesSchema, r.Generated, string(r.Source), string(r.Audience), r.Currency, r.Count, newBudget(r)})
	if err != nil {
		return err
	}
	fmt.Fprintf(b, "%s,\"instances\":[", head[:len(head)-1])
	separator := "\n{"
	var line []byte
	for _, in := range r.Instances {
		if line, err = appendObject(append(line[:0], separator...), r.Columns, in); err != nil {
			return err
		}
		separator = ",\n{"
		if _, err := b.Write(line); err != nil {
			return err
		}
	}
	b.WriteString("\n]}\n")
	return b.Flush()
}

// appendObject completes a JSON object, whose brace is already there, with the values of columns in a row.
func appendObject[T any](line []byte, columns []report.Column[T], row T) (_ []byte, err error) {
	for i, column := range columns {
		if i > 0 {
			line = append(line, ',')
		}
		line = append(append(append(line, '"'), column.Name...), '"', ':')
		if line, err = appendJSON(line, column.Type, column.Value(row)); err != nil {
			return nil, err
		}
	}
	return append(line, '}'), nil
}

// appendJSON appends a column's value as JSON.
func appendJSON(line []byte, typ report.Type, v report.Value) ([]byte, error) {
	switch {
	case !v.Known:
		return append(line, "null"...), nil
	case typ == report.Count || typ == report.Size:
		return report.AppendExact(line, typ, v), nil
	case typ == report.Text:
		return history.AppendText(line, v.Text)
	}
	return append(report.AppendExact(append(line, '"'), typ, v), '"'), nil
}

// budget is the part of data/instances.json about the budget.
type budget struct {
	Budget  string      `json:"budget_per_month"`
	Percent json.Number `json:"run_rate_percent"`  // billed cost per month, of the budget
	AtLeast bool        `json:"run_rate_at_least"` // a billed instance has no price
}

// newBudget returns nil without a budget.
func newBudget(r *report.Report) *budget {
	rate, ok := r.RunRate()
	if !ok {
		return nil
	}
	return &budget{r.Budget.Value.String(), json.Number(rate.Percent.String()), rate.AtLeast}
}
