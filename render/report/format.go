package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"gpufleet/fetch/fleet"
)

// Unknown is what stands where a value is unknown.
const Unknown = "unknown"

// symbols are the currency signs that can't be mistaken for another currency's. Other amounts bear their code.
var symbols = map[string]string{"USD": "$", "EUR": "€", "GBP": "£"}

// Amount returns an amount for people: exact, with 2 decimals or as many more as it has: "$1,234.50", "$0.679",
// "CAD 12.00".
func (s Settings) Amount(m fleet.Money) string {
	digits := groupThousands(m.Fixed(2))
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "−", digits[1:]
	}
	if symbol, ok := symbols[s.Currency]; ok {
		return sign + symbol + digits
	}
	return sign + s.Currency + " " + digits
}

// PerHour returns a cost per hour for people, without what Coverage says: "$1,234.50", "≥ $1,234.50".
func (s Settings) PerHour(c Cost) string { return bound(c.LowerBound()) + s.Amount(c.PerHour) }

// PerMonth returns a cost per month for people, without what Coverage says.
func (s Settings) PerMonth(c Cost) string { return bound(c.LowerBound()) + s.Amount(c.PerMonth) }

// Heading returns a column's heading with the currency where the column holds amounts: "Price (USD per hour)".
func Heading[T any](s Settings, c Column[T]) string {
	if c.Type == Money {
		return c.Title + " (" + s.Currency + " " + c.Unit + ")"
	}
	return c.Heading()
}

// Coverage returns "37 of 41 priced" for a cost that is a lower bound, else "".
func (c Cost) Coverage() string {
	if !c.LowerBound() {
		return ""
	}
	return fmt.Sprintf("%s of %s priced", FormatCount(c.Priced), FormatCount(c.Of))
}

// Coverage returns "37 of 41 known" for a sum that is a lower bound, else "".
func (s Sum) Coverage() string {
	if !s.LowerBound() {
		return ""
	}
	return fmt.Sprintf("%s of %s known", FormatCount(s.Known), FormatCount(s.Of))
}

// String returns the sum for people, without what Coverage says: "1,234", "≥ 12".
func (s Sum) String() string { return bound(s.LowerBound()) + FormatNumber(s.Value) }

func bound(lower bool) string {
	if lower {
		return "≥ "
	}
	return ""
}

// WithCoverage joins a figure and its coverage: "≥ $1,234.50/h · 37 of 41 priced".
func WithCoverage(figure, coverage string) string {
	if coverage == "" {
		return figure
	}
	return figure + " · " + coverage
}

// Format returns a value of a column for people. What is unknown is Unknown.
func Format[T any](s Settings, c Column[T], v Value) string {
	switch {
	case !v.Known:
		return Unknown
	case c.Type == Text:
		return v.Text
	}
	return string(AppendFormat(nil, s, c.Type, v))
}

// AppendFormat appends what Format returns for a column of a type.
func AppendFormat(to []byte, s Settings, typ Type, v Value) []byte {
	if !v.Known {
		return append(to, Unknown...)
	}
	switch typ {
	case Count, Size:
		return appendGrouped(to, v.Number)
	case Money:
		return append(to, s.Amount(v.Money)...)
	case Time:
		return appendTime(to, v.Time)
	case Date:
		return v.Time.UTC().AppendFormat(to, time.DateOnly)
	default:
		return append(to, v.Text...)
	}
}

// Exact returns a value of a type for machines: digits without separators, times in RFC 3339, "" for what is unknown.
func Exact(typ Type, v Value) string {
	switch {
	case !v.Known:
		return ""
	case typ == Text:
		return v.Text
	case typ == Money:
		return v.Money.String()
	}
	var room [32]byte // for a number or a time, so that the text alone is allocated
	return string(AppendExact(room[:0], typ, v))
}

// AppendExact appends what Exact returns.
func AppendExact(to []byte, typ Type, v Value) []byte {
	if !v.Known {
		return to
	}
	switch typ {
	case Count, Size:
		return appendNumber(to, v.Number)
	case Money:
		return append(to, v.Money.String()...)
	case Time:
		return v.Time.AppendFormat(to, time.RFC3339)
	case Date:
		return v.Time.AppendFormat(to, time.DateOnly)
	default:
		return append(to, v.Text...)
	}
}

// FormatCount returns a whole number for people: "1,234".
func FormatCount(n int) string { return groupThousands(strconv.Itoa(n)) }

// FormatNumber returns a number for people: "1,234", "0.5".
func FormatNumber(n float64) string { return string(appendGrouped(nil, n)) }

func appendGrouped(to []byte, n float64) []byte {
	if 0 <= n && n < 1000 { // as nearly every number of an instance: nothing to group
		return appendNumber(to, n)
	}
	return append(to, groupThousands(ExactNumber(n))...)
}

// ExactNumber returns a number's digits: "1234", "0.5".
func ExactNumber(n float64) string { return string(appendNumber(nil, n)) }

// appendNumber appends a number's digits. A whole number is an integer first: that is quicker, and most are.
func appendNumber(to []byte, n float64) []byte {
	const exact = 1 << 53
	if whole := int64(n); float64(whole) == n && -exact < whole && whole < exact && (whole != 0 || !math.Signbit(n)) {
		return strconv.AppendInt(to, whole, 10)
	}
	return strconv.AppendFloat(to, n, 'f', -1, 64)
}

// FormatBytes returns a size for people: "812 B", "36.0 KB", "1.2 MB". A KB is 1,000 bytes.
func FormatBytes(n int64) string {
	if n < 1000 {
		return FormatCount(int(n)) + " B"
	}
	size, unit := float64(n)/1e3, "KB"
	if size >= 999.95 {
		size, unit = size/1e3, "MB"
	}
	return groupThousands(strconv.FormatFloat(size, 'f', 1, 64)) + " " + unit
}

// FormatTime returns a time for people: "2026-11-22 21:36 UTC".
func FormatTime(t time.Time) string { return string(appendTime(nil, t)) }

func appendTime(to []byte, t time.Time) []byte {
	return t.UTC().AppendFormat(to, "2006-01-02 15:04 UTC")
}

// groupThousands puts commas into the whole part of a number's digits.
func groupThousands(digits string) string {
	whole, fraction := digits, ""
	if point := strings.IndexByte(digits, '.'); point >= 0 {
		whole, fraction = digits[:point], digits[point:]
	}
	start := len(whole) - len(strings.TrimPrefix(whole, "-"))
	if len(whole)-start <= 3 {
		return digits
	}
	for at := len(whole) - 3; at > start; at -= 3 {
		whole = whole[:at] + "," + whole[at:]
	}
	return whole + fraction
}

// PricesKnown returns how many percent of a cost's instances have a price, to one decimal: "92.7%". It is rounded
// half up, but to 100% only where every price is known, and to 0% only where none is. Of no instances it is None.
func (c Cost) PricesKnown() string {
	const all = 1000 // tenths of a percent
	if c.Of == 0 {
		return None
	}
	tenths := (2*all*c.Priced + c.Of) / (2 * c.Of)
	if 0 < c.Priced && c.Priced < c.Of {
		tenths = max(1, min(tenths, all-1))
	}
	text := strconv.Itoa(tenths / 10)
	if tenths%10 > 0 {
		text += "." + strconv.Itoa(tenths%10)
	}
	return text + "%"
}

// PricesKnownOf returns what PricesKnown is of: "51 of 55 listed", for the listed cost.
func (t *Totals) PricesKnownOf() string {
	return FormatCount(t.Listed.Priced) + " of " + FormatCount(t.Listed.Of) + " listed"
}

// PricesKnownText returns both: "51 of 55 listed, 92.7%".
func (t *Totals) PricesKnownText() string { return t.PricesKnownOf() + ", " + t.Listed.PricesKnown() }
