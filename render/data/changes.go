package data

import (
	"bufio"
	"fmt"
	"io"
	"time"

	"gpufleet/fetch/fleet"
	"gpufleet/render/report"
)

// WriteChangesJSON writes data/changes.json, one entry per line. A window is null if there is no earlier snapshot.
// Windows and entries have their effects on the running and the listed total; price_per_hour_delta, the only one in
// earlier versions, equals the listed one. An added or removed instance has "listed": false if it doesn't count as
// listed. Rows without an ID, if there are any, are in "without_id".
func WriteChangesJSON(w io.Writer, r *report.Report) error {
	c := &changesWriter{out: bufio.NewWriterSize(w, 64<<10), r: r}
	fmt.Fprintf(c.out, `{"schema":%d,"since_last_run":`, changesSchema)
	c.window(r.SinceLastRun)
	c.out.WriteString(`,"since_last_week":`)
	c.window(r.SinceLastWeek)
	c.out.WriteString("}\n")
	if c.err != nil {
		return c.err
	}
	return c.out.Flush()
}

type changesWriter struct {
	out  *bufio.Writer
	r    *report.Report
	line []byte
	err  error
}

func (c *changesWriter) window(w *report.Window) {
	if w == nil {
		c.out.WriteString("null")
		return
	}
	fmt.Fprintf(c.out, `{"from":%q,"to":%q,"added":[`, w.From.Format(time.RFC3339), w.To.Format(time.RFC3339))
	c.members(w.Added)
	c.out.WriteString(`],"removed":[`)
	c.members(w.Removed)
	c.out.WriteString(`],"changed":[`)
	columns := report.ChangedColumns(c.r.Settings)
	for i := range w.Changed {
		change := &w.Changed[i]
		c.begin(i, columns, change.In)
		c.value("field", report.Text, report.Value{Known: true, Text: change.Column.Name})
		c.value("old", change.Column.Type, change.Old)
		c.value("new", change.Column.Type, change.New)
		c.value("price_per_hour_delta", report.Money, change.Effect(report.BillListed))
		c.deltas(change.Effect)
		c.end()
	}
	c.out.WriteByte(']')
	c.windowDeltas(w.Delta)
	if w.HasRowsWithoutID() {
		fmt.Fprintf(c.out, `,"without_id":{"before":%d,"after":%d`, w.WithoutID.Before, w.WithoutID.After)
		c.windowDeltas(w.WithoutID.Delta)
		c.out.WriteByte('}')
	}
	c.out.WriteString("}")
}

// windowDeltas writes the effects of many changes.
func (c *changesWriter) windowDeltas(d report.Amounts) {
	fmt.Fprintf(c.out, `,"price_per_hour_delta":%q,"running_per_hour_delta":%q,"listed_per_hour_delta":%q`,
		d.Listed, d.Running, d.Listed)
}

// deltas appends the effects of a change, null where a missing price hides one.
func (c *changesWriter) deltas(effect func(report.Bill) report.Value) {
	c.value("running_per_hour_delta", report.Money, effect(report.BillRunning))
	c.value("listed_per_hour_delta", report.Money, effect(report.BillListed))
}

func (c *changesWriter) members(members []report.Member) {
	columns := report.MemberColumns(c.r.Settings)
	for i, m := range members {
		c.begin(i, columns, m.Instance)
		if !m.Listed() {
			c.line = append(c.line, `,"listed":false`...)
		}
		c.deltas(m.Effect)
		c.end()
	}
}

// begin starts an entry with the columns of its instance.
func (c *changesWriter) begin(number int, columns []instanceColumn, in *fleet.Instance) {
	c.line = append(c.line[:0], ",\n{"...)
	if number == 0 {
		c.line = append(c.line[:0], "\n{"...)
	}
	for _, column := range columns {
		c.value(column.Name, column.Type, column.Value(in))
	}
}

func (c *changesWriter) value(name string, typ report.Type, v report.Value) {
	if c.line[len(c.line)-1] != '{' {
		c.line = append(c.line, ',')
	}
	c.line = append(append(append(c.line, '"'), name...), '"', ':')
	line, err := appendJSON(c.line, typ, v)
	c.line = line
	if c.err == nil {
		c.err = err
	}
}

func (c *changesWriter) end() {
	if _, err := c.out.Write(append(c.line, '}')); err != nil && c.err == nil {
		c.err = err
	}
}
