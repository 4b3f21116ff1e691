package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"gpufleet/fetch/fleet"
)

// Unknown is the text for an unknown value.
const Unknown = "unknown"

// symbols are the unambiguous currency signs. Other currencies are shown by their code.
var symbols = map[string]string{"USD": "$", "EUR": "€", "GBP": "£"}

// Amount returns an exact amount for people, with at least 2 decimals: "$1,234.50", "$0.679",
// "CAD 12.00".
func (s Settings) Amount(m fleet.Money) string {
	digits := fleet.GroupThousands(m.Fixed(2))
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "−", digits[1:]
	}
	if symbol, ok := symbols[s.Currency]; ok {
		return sign + symbol + digits
	}
	return sign + s.Currency + " " + digits
}

// roundedAmount returns a rounded amount for people. If it is above 0, and 0 to that many decimals, it says so: one of
// 0.00002 to 4 decimals is "< $0.0001".
func (s Settings) roundedAmount(m fleet.Money, decimals int32) string {
	step := fleet.MoneyOf(decimal.New(1, -decimals))
	if m.Sign() > 0 && m.Cmp(step) < 0 && m.Divided(decimal.NewFromInt(1), decimals).IsZero() {
		return "< " + s.Amount(step)
	}
	return s.Amount(m)
}

// roundedPercent returns a rounded percentage for people: "12.5%", "< 0.01%".
func roundedPercent(percent decimal.Decimal, decimals int32) string {
	if percent.IsPositive() && percent.Round(decimals).IsZero() {
		return "< " + decimal.New(1, -decimals).String() + "%"
	}
	return fleet.GroupThousands(percent.String()) + "%"
}

// PerHour returns a cost per hour for people, without its Coverage: "$1,234.50", "≥ $1,234.50".
func (s Settings) PerHour(c Cost) string { return bound(c.LowerBound()) + s.Amount(c.PerHour) }

// PerMonth returns a cost per month for people, without its Coverage.
func (s Settings) PerMonth(c Cost) string { return bound(c.LowerBound()) + s.Amount(c.PerMonth) }

// Heading returns a column's heading, with the currency if the column holds amounts: "Price (USD per hour)".
func Heading[T any](s Settings, c Column[T]) string {
	if c.Type == Money {
		return c.Title + " (" + strings.TrimSpace(s.Currency+" "+c.Unit) + ")"
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

// String returns the sum for people, without its Coverage: "1,234", "≥ 12".
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

// Format returns a column's value for people.
func Format[T any](s Settings, c Column[T], v Value) string {
	switch {
	case !v.Known:
		return Unknown
	case c.Type == Text:
		return fleet.Visible(v.Text)
	}
	return string(AppendFormat(nil, s, c.Type, v))
}

// AppendFormat appends what Format returns, for a column type.
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
		return append(to, fleet.Visible(v.Text)...)
	}
}

// Exact returns a value for machines: digits without separators, times in RFC 3339, "" if unknown.
func Exact(typ Type, v Value) string {
	switch {
	case !v.Known:
		return ""
	case typ == Text:
		return v.Text
	case typ == Money:
		return v.Money.String()
	}
	var buffer [32]byte // for a number or a time, so that only the string is allocated
	return string(AppendExact(buffer[:0], typ, v))
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

// Counted returns a number with its noun: "1 instance", "1,234 instances".
func Counted(n int, noun string) string { return fleet.Counted(n, noun) }

// FormatCount returns a whole number for people: "1,234".
func FormatCount(n int) string { return fleet.FormatCount(n) }

// FormatNumber returns a number for people: "1,234", "0.5".
func FormatNumber(n float64) string { return string(appendGrouped(nil, n)) }

func appendGrouped(to []byte, n float64) []byte {
	if 0 <= n && n < 1000 { // nothing to group, as in nearly every number of an instance
		return appendNumber(to, n)
	}
	return append(to, fleet.GroupThousands(ExactNumber(n))...)
}

// ExactNumber returns a number's digits: "1234", "0.5".
func ExactNumber(n float64) string { return string(appendNumber(nil, n)) }

// appendNumber appends a number's digits. Most numbers are whole, and AppendInt is faster.
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
	return fleet.GroupThousands(strconv.FormatFloat(size, 'f', 1, 64)) + " " + unit
}

// FormatTime returns a time for people: "2026-11-22 21:36 UTC".
func FormatTime(t time.Time) string { return string(appendTime(nil, t)) }

func appendTime(to []byte, t time.Time) []byte {
	return t.UTC().AppendFormat(to, "2006-01-02 15:04 UTC")
}

// ExactTime returns a time to the second: "2026-11-22 21:36:05 UTC".
func ExactTime(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// TimeText returns a time as people say it: "22 Nov, 21:36 UTC". The year is left out if it is the report's.
func (s Settings) TimeText(t time.Time) string { return s.DateText(t) + t.UTC().Format(", 15:04 UTC") }

// DateText returns a day as people say it: "22 Nov", or "22 Nov 2025" if the year isn't the report's.
func (s Settings) DateText(t time.Time) string {
	if t.UTC().Year() == s.Generated.UTC().Year() {
		return t.UTC().Format(shortDate)
	}
	return t.UTC().Format(shortDate + " 2006")
}

// FormatTimeInWords returns a time for running text: "22 Nov 2026, 21:36 UTC".
func FormatTimeInWords(t time.Time) string { return t.UTC().Format("2 Jan 2006, 15:04 UTC") }

// PricesKnown returns the share of a cost's instances that have a price: "92.7%". It is rounded half up to one decimal,
// but to 100% only if every price is known, and to 0% only if none is. Without instances it is None.
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

// PricesKnownOf returns the numbers behind PricesKnown for the listed cost: "51 of 55 listed".
func (t *Totals) PricesKnownOf() string {
	return FormatCount(t.Listed.Priced) + " of " + FormatCount(t.Listed.Of) + " listed"
}

// PricesKnownText returns both: "51 of 55 listed, 92.7%".
func (t *Totals) PricesKnownText() string { return t.PricesKnownOf() + ", " + t.Listed.PricesKnown() }
