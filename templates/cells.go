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
		case !value.Known && (column.Name == "since" || column.Name == "detail"):
			return append(b, report.None...)
		case column.Name == "since":
			b = found.Since.AppendFormat(append(b, `<time datetime="`...), time.RFC3339)
			return appendIn(b, `">`, f.SinceText(found.Since), "</time>")
		}
		return appendValue(b, f, column.Name, column.Type, value)
	})
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
