package fleet

import (
	"errors"
	"regexp"

	"github.com/shopspring/decimal"
)

// exactDecimal matches the result of String for any sum of valid prices.
var exactDecimal = regexp.MustCompile(`^-?(0|[1-9][0-9]{0,39})(\.[0-9]{1,80})?$`)

var errTotal = errors.New("not a decimal number")

// ParseTotal parses the result of String. Unlike a price, it can be negative and large. The error never quotes the
// text.
func ParseTotal(text string) (Money, error) {
	if !exactDecimal.MatchString(text) {
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
