package fleet

import (
	"errors"
	"regexp"
	"strings"

	"github.com/shopspring/decimal"
)

// exactDecimal matches the result of String for any sum of valid prices, whose number of digits is limited too: a
// pattern that counts to 80 would take a millisecond to compile, at the start of every run.
var exactDecimal = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?$`)

const maxWhole, maxFraction = 40, 80 // digits

var errTotal = errors.New("not a decimal number")

// ParseTotal parses the result of String. Unlike a price, it can be negative and large. The error never quotes the
// text.
func ParseTotal(text string) (Money, error) {
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	if len(whole) > maxWhole || len(fraction) > maxFraction || !exactDecimal.MatchString(text) {
		return Money{}, errTotal
	}
	d, err := decimal.NewFromString(text)
	if err != nil {
		return Money{}, errTotal
	}
	return Money{amount: d}, nil
}

// Minus returns m - n, exactly.
func (m Money) Minus(n Money) Money { return Money{amount: m.amount.Sub(n.amount)} }
