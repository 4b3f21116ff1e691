package data

import (
	"encoding/json"
	"io"
	"slices"

	"gpufleet/render/report"
)

const attentionSchema = 1

// WriteAttentionJSON writes data/attention.json: what needs attention, the highest amounts first, each with at most
// report.MaxFound instances. Unknown amounts and times are null, and a hidden field is absent.
func WriteAttentionJSON(w io.Writer, r *report.Report) error {
	out := attention{attentionSchema, []finding{}}
	names := []string{"id", "account", "host_name", "per_month", "since"}
	columns := slices.DeleteFunc(r.FoundColumns(),
		func(c report.Column[*report.Found]) bool { return !slices.Contains(names, c.Name) })
	for _, f := range r.Findings {
		listed := finding{Finding: f.Name, Count: f.Count()}
		for _, c := range report.FindingColumns() {
			var err error
			switch c.Name {
			case "per_month":
				listed.PerMonth, err = appendJSON(nil, c.Type, c.Value(f))
			case "since":
				listed.Since, err = appendJSON(nil, report.Time, c.Value(f))
			}
			if err != nil {
				return err
			}
		}
		for _, found := range f.Instances {
			line, err := appendObject([]byte{'{'}, columns, found)
			if err != nil {
				return err
			}
			listed.Instances = append(listed.Instances, line)
		}
		out.Findings = append(out.Findings, listed)
	}
	text, err := json.MarshalIndent(out, "", " ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(text, '\n'))
	return err
}

type attention struct {
	Schema   int       `json:"schema"`
	Findings []finding `json:"findings"`
}

type finding struct {
	Finding   string            `json:"finding"`
	Count     int               `json:"count"`
	PerMonth  json.RawMessage   `json:"per_month"`
	Since     json.RawMessage   `json:"since"`
	Instances []json.RawMessage `json:"instances"`
}
