package fleet

import (
	"errors"
	"regexp"

	"github.com/shopspring/decimal"
)

// exactDecimal matches what String writes, of any amount that sums of believable prices come to.
var exactDecimal = regexp.MustCompile(`^-?(0|[1-9][0-9]{0,39})(\.[0-9]{1,80})?$`)

// ParseTotal reads an amount as String writes it. Unlike a price it may be negative and large. The error never quotes
// the text.
func ParseTotal(text string) (Money, error) {
	if !exactDecimal.MatchString(text) {
		return Money{}, errors.New("not an amount in plain decimal digits")
	}
	d, err := decimal.NewFromString(text)
	if err != nil {
		return Money{}, errors.New("not an amount in plain decimal digits")
	}
	return Money{amount: d}, nil
}

// Minus returns m - n, exactly. It is negative where n is the greater one.
func (m Money) Minus(n Money) Money { return Money{amount: m.amount.Sub(n.amount)} }
