package history

import (
	"time"

	"github.com/shopspring/decimal"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/jsonscan"
)

func (d *spendDecoder) number() (string, error) {
	if err := d.expect(jsonscan.Number); err != nil {
		return "", err
	}
	raw, cut, err := d.scan.Number(maxExact)
	if err == nil && cut {
		err = errFormat
	}
	return string(raw), err
}

func (d *spendDecoder) gap(to *time.Duration) error {
	var h Hours
	text, err := d.number()
	if err == nil {
		h.Seconds, err = parseExact([]byte(text))
	}
	const longest = int64(time.Duration(1<<63-1) / time.Second)
	if err == nil && (h.Seconds.Sign() <= 0 || h.Seconds.GreaterThan(decimal.NewFromInt(longest))) {
		err = errFormat
	}
	if err == nil {
		*to = time.Duration(h.Seconds.IntPart()) * time.Second
	}
	return err
}

var quarter = decimal.New(25, -2)

// hours reads a time exactly: it is a multiple of a quarter of a second.
func (d *spendDecoder) hours(to *Hours) error {
	if err := d.expect(jsonscan.Number); err != nil {
		return err
	}
	raw, cut, err := d.scan.Number(maxExact)
	if err != nil {
		return err
	}
	if len(raw) == 1 && raw[0] == '0' { // as most are
		return nil
	}
	n, err := parseExact(raw)
	if cut || err != nil {
		return errFormat
	}
	to.Seconds = n.Mul(perHour).DivRound(quarter, 0).Mul(quarter)
	return nil
}

// exact reads an amount of 0 or more.
func (d *spendDecoder) exact(to *decimal.Decimal) error {
	if err := d.expect(jsonscan.String); err != nil {
		return err
	}
	raw, cut, err := d.scan.String(maxExact)
	if err != nil {
		return err
	}
	if *to, err = parseExact(raw); cut {
		err = errFormat
	}
	return err
}

// maxExact is longer than every amount that fleet.ParseTotal accepts.
const maxExact = 128

// parseExact parses digits with at most one point. Short ones, as nearly all are, take no detour.
func parseExact(raw []byte) (decimal.Decimal, error) {
	const longest = 18 // digits of an int64
	var n int64
	point := -1
	for i, c := range raw {
		switch {
		case '0' <= c && c <= '9' && i < longest:
			n = n*10 + int64(c-'0')
		case c == '.' && point < 0 && 0 < i && i < len(raw)-1:
			point = i
		default:
			total, err := fleet.ParseTotal(string(raw))
			if err != nil || total.Sign() < 0 {
				return decimal.Decimal{}, errFormat
			}
			return total.Decimal(), nil
		}
	}
	switch {
	case len(raw) == 0:
		return decimal.Decimal{}, errFormat
	case point < 0:
		return decimal.NewFromInt(n), nil
	}
	return decimal.New(n, int32(point+1-len(raw))), nil
}
