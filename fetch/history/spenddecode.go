package history

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/jsonscan"
)

// ReadSpend reads data/spend.json. The error says what is wrong with it, but quotes nothing.
func ReadSpend(content []byte) (Head, *Spend, error) {
	if len(content) > MaxSpendBytes {
		return Head{}, nil, errTooLarge
	}
	d := &spendDecoder{scan: jsonscan.New(bytes.NewReader(content)), names: map[string]string{}}
	err := d.file()
	if err == nil {
		err = d.scan.End()
	}
	var syntax *jsonscan.SyntaxError
	switch {
	case errors.As(err, &syntax), errors.Is(err, io.ErrUnexpectedEOF):
		err = errNotJSON
	case err == nil:
		err = d.check()
	}
	return d.head, &d.spend, err
}

type spendDecoder struct {
	scan   *jsonscan.Scanner
	schema string
	head   Head
	spend  Spend
	names  map[string]string // texts that many groups share
}

// file reads the whole file. Members that only people and other programs need are skipped.
func (d *spendDecoder) file() error {
	return d.object(func(name []byte) (err error) {
		switch string(name) {
		case "schema":
			d.schema, err = d.number()
		case "generated_at":
			err = d.time(&d.spend.Last)
		case "first_reading":
			err = d.time(&d.spend.First)
		case "source":
			err = d.text(&d.head.Source)
		case "audience":
			err = d.text(&d.head.Audience)
		case "currency":
			err = d.text(&d.head.Currency)
		case "key":
			err = d.text(&d.head.Key)
		case "hidden":
			err = decodeList(d, 40, &d.head.Hidden, d.text)
		case "gaps":
			err = decodeList(d, KeptGaps, &d.spend.Gaps, d.gap)
		case "months":
			err = decodeList(d, SpendMonths, &d.spend.Months, d.month)
		case "days":
			err = decodeList(d, SpendDays, &d.spend.Days, d.day)
		default:
			err = d.scan.Skip()
		}
		return err
	})
}

// check checks what has been read.
func (d *spendDecoder) check() error {
	s := &d.spend
	if d.schema != fmt.Sprint(spendSchema) || !d.head.valid() || !isReading(s.First) || !isReading(s.Last) ||
		s.First.After(s.Last) {
		return errFormat
	}
	isUnordered := func(i int, name, before, layout string) bool {
		_, err := time.Parse(layout, name)
		return err != nil || i > 0 && name <= before
	}
	for i, m := range s.Months {
		if isUnordered(i, m.Month, s.Months[max(0, i-1)].Month, "2006-01") {
			return fault(fmt.Sprintf("its month %d is invalid", i+1))
		}
	}
	for i, day := range s.Days {
		if isUnordered(i, day.Date, s.Days[max(0, i-1)].Date, time.DateOnly) {
			return fault(fmt.Sprintf("its day %d is invalid", i+1))
		}
	}
	return nil
}

// isReading reports whether a run could have fetched its list at this time.
func isReading(at time.Time) bool {
	return at.Location() == time.UTC && at.Nanosecond() == 0 && at.Year() >= 1970 && at.Year() <= 9999
}

func (d *spendDecoder) month(m *MonthSpend) error {
	return d.object(func(name []byte) error {
		switch string(name) {
		case "month":
			return d.text(&m.Month)
		case "observed_from":
			return d.time(&m.ObservedFrom)
		case "observed_hours":
			return d.hours(&m.Observed)
		case "gap_hours":
			return d.hours(&m.Gap)
		case "elapsed_hours":
			return d.hours(&m.Elapsed)
		case "groups":
			return decodeList(d, maxSpendGroups, &m.Groups, d.group)
		}
		return d.spent(name, &m.Spent)
	})
}

func (d *spendDecoder) day(day *DaySpend) error {
	return d.object(func(name []byte) error {
		switch string(name) {
		case "date":
			return d.text(&day.Date)
		case "observed_hours":
			return d.hours(&day.Observed)
		case "gap_hours":
			return d.hours(&day.Gap)
		case "by":
			day.By = map[string][]NamedSpend{}
			return d.object(func(name []byte) error {
				dimension, list := string(name), []NamedSpend{}
				if !slices.ContainsFunc(Dimensions, func(d Dimension) bool { return d.Name == dimension }) {
					return errFormat
				}
				err := decodeList(d, MaxNames, &list, d.named)
				day.By[dimension] = list
				return err
			})
		}
		return d.spent(name, &day.Spent)
	})
}

func (d *spendDecoder) group(g *GroupSpend) error {
	return d.object(func(name []byte) error {
		for i := range Dimensions {
			if Dimensions[i].Name == string(name) {
				return d.text(Dimensions[i].Of(&g.SpendGroup))
			}
		}
		return d.spent(name, &g.Spent)
	})
}

func (d *spendDecoder) named(n *NamedSpend) error {
	return d.object(func(name []byte) error {
		if string(name) == "name" {
			return d.text(&n.Name)
		}
		return d.spent(name, &n.Spent)
	})
}

// spent reads a member of Spent.
func (d *spendDecoder) spent(name []byte, s *Spent) error {
	switch string(name) {
	case "running":
		return d.costs(&s.Running)
	case "listed":
		return d.costs(&s.Listed)
	case "gpu_hours":
		return d.hours(&s.GPUs)
	}
	return errFormat
}

func (d *spendDecoder) costs(r *Range) error {
	err := d.object(func(name []byte) error {
		switch string(name) {
		case "unpriced_hours":
			return d.hours(&r.Unpriced)
		case "price_seconds":
			figures, i := [...]*decimal.Decimal{&r.Low, &r.Estimate, &r.High}, 0
			return d.array(func() error {
				if i++; i > len(figures) {
					return errFormat
				}
				return d.exact(figures[i-1])
			})
		}
		return d.scan.Skip() // the rounded figures
	})
	if err == nil && (r.Low.GreaterThan(r.Estimate) || r.Estimate.GreaterThan(r.High)) {
		err = errFormat
	}
	return err
}

// decodeList reads an array of at most limit items.
func decodeList[T any](d *spendDecoder, limit int, list *[]T, item func(*T) error) error {
	return d.array(func() error {
		if len(*list) == limit {
			return errTooLarge
		}
		var next T
		err := item(&next)
		*list = append(*list, next)
		return err
	})
}

func (d *spendDecoder) object(member func(name []byte) error) error {
	if err := d.expect(jsonscan.Object); err != nil {
		return err
	}
	return d.scan.Object(member)
}

func (d *spendDecoder) array(element func() error) error {
	if err := d.expect(jsonscan.Array); err != nil {
		return err
	}
	return d.scan.Array(element)
}

func (d *spendDecoder) expect(want jsonscan.Kind) error {
	kind, err := d.scan.Kind()
	if err == nil && kind != want {
		return errFormat
	}
	return err
}

// text reads a text that is clean, or "".
func (d *spendDecoder) text(to *string) error {
	if err := d.expect(jsonscan.String); err != nil {
		return err
	}
	raw, cut, err := d.scan.String(maxKeep)
	if err != nil || len(raw) == 0 {
		return err
	}
	if text, ok := d.names[string(raw)]; ok {
		*to = text
		return nil
	}
	text, ok := fleet.RestoreText(raw)
	if !ok || cut {
		return errFormat
	}
	if *to = text; len(d.names) < maxInterned {
		d.names[text] = text
	}
	return nil
}

func (d *spendDecoder) time(to *time.Time) (err error) {
	var text string
	if err = d.text(&text); err == nil {
		if *to, err = time.Parse(time.RFC3339, text); err != nil {
			err = errFormat
		}
	}
	return err
}
