package templates

import (
	"context"
	"io"
	"time"

	"github.com/a-h/templ"

	"gpufleet/fetch/fleet"
	"gpufleet/render/report"
)

// instanceRows renders the rows of a table of instances. The first column is the row's heading.
//
// It is not in a .templ file because a templ component allocates several times per cell. The site has two rows per
// instance, with some 16 cells each.
func instanceRows(f frame, columns []instanceColumn, rows []*fleet.Instance) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		var b []byte
		for _, in := range rows {
			b = append(b[:0], "<tr"...)
			if in.ID != "" {
				b = append(report.AppendAnchor(append(b, ` id="`...), in), '"')
			}
			b = append(b, '>')
			for i := range columns {
				begin, end := "<td>", "</td>"
				switch {
				case i == 0:
					begin, end = `<th scope="row">`, "</th>"
				case columns[i].Numeric():
					begin = `<td class="num">`
				}
				b = append(appendCell(append(b, begin...), f, &columns[i], in), end...)
			}
			if _, err := w.Write(append(b, "</tr>"...)); err != nil {
				return err
			}
		}
		return nil
	})
}

// cell renders an instance's value in a column.
func cell(f frame, column instanceColumn, in *fleet.Instance) templ.Component {
	return written(func(b []byte) []byte { return appendCell(b, f, &column, in) })
}

// timed renders a time by its text, with the exact one in its title.
func timed(t time.Time, text string) templ.Component {
	return written(func(b []byte) []byte { return appendTimed(b, t, text) })
}

func appendTimed(b []byte, t time.Time, text string) []byte {
	b = t.UTC().AppendFormat(append(b, `<time datetime="`...), time.RFC3339)
	b = append(append(b, `" title="`...), report.ExactTime(t)...)
	return appendIn(b, `">`, text, "</time>")
}

// dated renders a day such as 2026-11-22.
func dated(f frame, date string) templ.Component {
	day, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return templ.Raw(templ.EscapeString(date))
	}
	return templ.Raw(`<time datetime="` + date + `" title="` + date + `">` + f.DateText(day) + "</time>")
}

// basis renders which two lists a window compares.
func basis(f frame, w report.NamedWindow) templ.Component {
	return templ.Raw(w.BasisWith(func(t time.Time) string { return string(appendTimed(nil, t, f.TimeText(t))) }))
}

// changedCell renders the old or the new value of a changed field, nothing if no field changed.
func changedCell(f frame, change *report.Change, isNew bool) templ.Component {
	return written(func(b []byte) []byte {
		if change == nil {
			return b
		}
		value := change.Old
		if isNew {
			value = change.New
		}
		if change.Column.Type == report.Time && value.Known {
			return appendTimed(b, value.Time, f.TimeText(value.Time))
		}
		return appendValue(b, f, change.Column.Name, change.Column.Type, value)
	})
}

// status renders a status with its mark.
func status(name string) templ.Component {
	return written(func(b []byte) []byte { return appendStatus(b, name) })
}

// unknown renders an unknown value.
func unknown() templ.Component { return templ.Raw(unknownMark) }

const unknownMark = `<span class="unknown">` + report.Unknown + `</span>`

func written(appendTo func([]byte) []byte) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := w.Write(appendTo(nil))
		return err
	})
}

func appendCell(b []byte, f frame, column *instanceColumn, in *fleet.Instance) []byte {
	return appendValue(b, f, column.Name, column.Type, column.Value(in))
}

// appendValue renders a value of a column.
func appendValue(b []byte, f frame, column string, typ report.Type, value report.Value) []byte {
	switch {
	case !value.Known:
		return append(b, unknownMark...)
	case column == "status":
		return appendStatus(b, value.Text)
	case column == "id":
		return appendIn(b, "<code>", fleet.Visible(value.Text), "</code>")
	case typ == report.Text:
		return appendIn(b, "<bdi>", fleet.Visible(value.Text), "</bdi>")
	case typ == report.Time:
		b = value.Time.UTC().AppendFormat(append(b, `<time datetime="`...), time.RFC3339)
		return append(report.AppendFormat(append(b, `">`...), f.Settings, typ, value), "</time>"...)
	}
	return report.AppendFormat(b, f.Settings, typ, value) // figures need no escaping
}

// foundCell renders a value of an instance that needs attention.
func foundCell(f frame, column foundColumn, found *report.Found) templ.Component {
	return written(func(b []byte) []byte {
		value := column.Value(found)
		switch {
		case column.Name == "since":
			return appendSince(b, f, found.Since)
		case !value.Known && column.Name == "detail":
			return append(b, report.None...)
		}
		return appendValue(b, f, column.Name, column.Type, value)
	})
}

// since renders since when something is so.
func since(f frame, s report.Since) templ.Component {
	return written(func(b []byte) []byte { return appendSince(b, f, s) })
}

func appendSince(b []byte, f frame, s report.Since) []byte {
	if s.IsZero() {
		return append(b, report.None...)
	}
	return appendTimed(b, s.Time, f.SinceText(s))
}

func appendStatus(b []byte, name string) []byte {
	if name == "" {
		return append(b, `<span class="status status-other">`+unknownMark+`</span>`...)
	}
	b = append(append(b, `<span class="status status-`...), report.StatusTone(name)...)
	return appendIn(b, `"><bdi>`, fleet.Visible(name), "</bdi></span>")
}

func appendIn(b []byte, begin, text, end string) []byte {
	return append(appendText(append(b, begin...), text), end...)
}

// appendText appends text escaped for HTML and attribute values.
func appendText(b []byte, text string) []byte { return append(b, templ.EscapeString(text)...) }
