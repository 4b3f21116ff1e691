package workbook

import (
	"fmt"

	"gpufleet/render/report"
)

// attentionTable makes the table of what needs attention: a row per finding and instance.
func (b *book) attentionTable() *table {
	var rows []*report.Found
	note := "What needs attention, with the listed cost or the difference to a lower price. " +
		"Filter by finding before you add up: an instance can be in several."
	for _, f := range b.r.Findings {
		rows = append(rows, f.Instances...)
		if more := f.Count() - len(f.Instances); more > 0 {
			note += fmt.Sprintf(" %s: %s more.", f.Title, report.FormatCount(more))
		}
	}
	columns := append([]report.Column[*report.Found]{
		newColumn("finding", "Finding", "", report.Text, "What was found.",
			func(f *report.Found) report.Value { return report.Value{Known: true, Text: f.Title} }),
	}, b.r.FoundColumns()...)
	columns = append(columns,
		newColumn("per_hour", "At stake", perHourUnit, report.Money, "The same per hour.",
			func(f *report.Found) report.Value {
				return report.Value{Known: f.AtStake.Known, Money: f.AtStake.Value}
			}),
		flagColumn("since_at_least", "Since at least", "1 if it may have begun earlier, before the first reading.",
			func(f *report.Found) bool { return f.Since.AtLeast }))
	t := newTable(b.r, "Attention", "finding and instance", columns, rows)
	t.printFirst("finding", "host_name", "region", "gpu_group", "per_month", "since", "detail")
	t.note = note
	if !b.fixed {
		cell := t.inRow("per_hour")
		t.column("per_month").formula = "IF(ISNUMBER(" + cell + ")," + perMonth(cell) + `,"")`
	}
	return t
}
