package history

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/shopspring/decimal"
)

// SpendPath is the path of the spend in the output folder.
const SpendPath = "data/spend.json"

// MaxSpendBytes limits the size of data/spend.json, for reading and writing.
const MaxSpendBytes = 256 << 20

const spendSchema = 1

// spendPlaces is the precision of amounts and hours in files. It is enough to read hours back exactly, because a
// quarter of a second is 0.00007 hours.
const spendPlaces = 6

var perHour = decimal.NewFromInt(3600)

// Rounded returns price x seconds as an amount, or seconds as hours, rounded half up.
func Rounded(seconds decimal.Decimal) decimal.Decimal {
	if seconds.IsZero() {
		return decimal.Decimal{}
	}
	return seconds.DivRound(perHour, spendPlaces)
}

// spendHead is the begin of data/spend.json.
type spendHead struct {
	Schema    int       `json:"schema"`
	Generated time.Time `json:"generated_at"` // the last reading
	Head
	Bill  string    `json:"bill"`
	First time.Time `json:"first_reading"`
	Gaps  []int64   `json:"gaps"` // in seconds
}

// WriteSpend writes data/spend.json, one line per month and day. bill is the rate that is billed, and forecast is JSON.
//
// A range has a member price_seconds besides: low, estimate and high before they are divided and rounded. With it the
// next run goes on exactly. It is an error if ReadSpend would find the file too large.
func WriteSpend(w io.Writer, head Head, s *Spend, bill string, forecast []byte) error {
	if head.Hidden == nil {
		head.Hidden = []string{}
	}
	h := spendHead{spendSchema, s.Last, head, bill, s.First, []int64{}}
	for _, gap := range s.Gaps {
		h.Gaps = append(h.Gaps, int64(gap/time.Second))
	}
	text, err := json.Marshal(h)
	if err != nil {
		return err
	}
	b := appendList(append(text[:len(text)-1], `,"months":`...), "\n", s.Months, MonthSpend.append)
	b = appendList(append(b, `,"days":`...), "\n", s.Days, DaySpend.append)
	b = append(append(append(b, `,"forecast":`...), forecast...), "}\n"...)
	if len(b) > MaxSpendBytes {
		return unreadable(SpendPath)
	}
	_, err = w.Write(b)
	return err
}

// appendList appends a JSON array, with a text before each item and at the end.
func appendList[T any](b []byte, before string, items []T, appendItem func(T, []byte) []byte) []byte {
	b = append(b, '[')
	for i, item := range items {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendItem(item, append(b, before...))
	}
	return append(append(b, before...), ']')
}

func (m MonthSpend) append(b []byte) []byte {
	b = fmt.Appendf(b, `{"month":%q,"observed_from":%q`, m.Month, m.ObservedFrom.Format(time.RFC3339))
	b = appendHours(b, "observed_hours", m.Observed)
	b = appendHours(b, "gap_hours", m.Gap)
	b = appendHours(b, "elapsed_hours", m.Elapsed)
	b = append(m.Spent.append(b), `,"groups":`...)
	return append(appendList(b, "", m.Groups, GroupSpend.append), '}')
}

func (g GroupSpend) append(b []byte) []byte {
	b = appendName(append(b, '{'), "region", g.Region)
	for _, d := range Dimensions[1:] {
		if name := *d.Of(&g.SpendGroup); name != "" {
			b = appendName(append(b, ','), d.Name, name)
		}
	}
	return append(g.Spent.append(b), '}')
}

func (d DaySpend) append(b []byte) []byte {
	b = fmt.Appendf(b, `{"date":%q`, d.Date)
	b = appendHours(b, "observed_hours", d.Observed)
	b = appendHours(b, "gap_hours", d.Gap)
	b = d.Spent.append(b)
	if d.By != nil {
		b = append(b, `,"by":{`...)
		for _, dimension := range Dimensions {
			list, given := d.By[dimension.Name]
			if !given {
				continue
			}
			if b[len(b)-1] != '{' {
				b = append(b, ',')
			}
			b = appendList(fmt.Appendf(b, "%q:", dimension.Name), "", list, NamedSpend.append)
		}
		b = append(b, '}')
	}
	return append(b, '}')
}

func (n NamedSpend) append(b []byte) []byte {
	return append(n.Spent.append(appendName(append(b, '{'), "name", n.Name)), '}')
}

// append appends the members, each after a comma.
func (s Spent) append(b []byte) []byte {
	b = s.Running.append(append(b, `,"running":`...))
	b = s.Listed.append(append(b, `,"listed":`...))
	return appendHours(b, "gpu_hours", s.GPUs)
}

func (r Range) append(b []byte) []byte {
	figures := []struct {
		name  string
		exact decimal.Decimal
	}{{`{"low":"`, r.Low}, {`","estimate":"`, r.Estimate}, {`","high":"`, r.High}}
	for _, f := range figures {
		b = append(append(b, f.name...), Rounded(f.exact).String()...)
	}
	b = appendHours(append(b, '"'), "unpriced_hours", r.Unpriced)
	for i, before := range []string{`,"price_seconds":["`, `","`, `","`} {
		b = append(append(b, before...), figures[i].exact.String()...)
	}
	return append(b, `"]}`...)
}

// appendHours appends a member, after a comma.
func appendHours(b []byte, name string, h Hours) []byte {
	b = append(append(append(b, `,"`...), name...), `":`...)
	return append(b, Rounded(h.Seconds).String()...)
}

func appendName(b []byte, name, value string) []byte {
	b = append(append(append(b, '"'), name...), `":`...)
	b, _ = AppendText(b, value) // a text always marshals
	return b
}
