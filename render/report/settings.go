package report

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"gpufleet/fetch/fleet"
)

// Source says where the list came from.
type Source string

// The sources.
const (
	FromAPI  Source = "api"
	FromFile Source = "file"
	FromDemo Source = "demo"
)

// Audience says who may read the report.
type Audience string

// The audiences.
const (
	Public   Audience = "public"   // no addresses
	Internal Audience = "internal" // addresses too
)

// Settings holds what a report needs besides the fleet.
type Settings struct {
	Title         string
	Generated     time.Time     // when the list was fetched, UTC, to the second
	ExpectEvery   time.Duration // how often the report is made; 0 if unset, see Every. Twice that is a gap
	Version       string        // of gpufleet
	Source        Source
	Audience      Audience
	Currency      string          // ISO 4217 code; nothing is converted
	HoursPerMonth decimal.Decimal // above 0
	Budget        fleet.Price     // per month, above 0; unknown without a budget
	Owners        bool            // an owner file says whose instances are
	Accounts      []string        // that the list is of, in their order; nil if they are not given or hidden
	OwnerAmounts  []OwnerAmount   // monthly budgets of owners, sorted by owner; needs Owners
	Bill          Bill            // "" is BillRunning
	// Hidden are the names of the fields that the report leaves out, sorted. A hidden ID is replaced by a pseudonym.
	Hidden []string
	// KeyFingerprint identifies the key of the pseudonyms, "" if IDs are not hidden.
	KeyFingerprint string
	Notes          string // the author's notes, as markdown.ParseNotes returns them; "" for none
	BaseURL        string // the site's address, without a trailing slash; "" if unknown
}

// ParseTitle checks the title of the report.
func ParseTitle(text string) (string, error) {
	const longest = 200
	unprintable := func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }
	if !utf8.ValidString(text) || strings.ContainsFunc(text, unprintable) || utf8.RuneCountInString(text) > longest {
		return "", fmt.Errorf("must be one line of at most %d printable characters", longest)
	}
	return text, nil
}

// ParseAudience reads an audience.
func ParseAudience(text string) (Audience, error) {
	audience := Audience(text)
	if audience != Public && audience != Internal {
		return "", errors.New("must be public or internal")
	}
	return audience, nil
}

// longestExpected is the longest time between reports, a leap year.
const longestExpected = 366 * 24 * time.Hour

// ParseExpectEvery reads how often the report is made.
func ParseExpectEvery(text string) (time.Duration, error) {
	every, err := time.ParseDuration(text)
	if err != nil || every < time.Minute || every > longestExpected {
		return 0, errors.New("must be a time from 1m to 8784h, such as 24h")
	}
	return every, nil
}

// Every returns how often the report is made, by default once a day.
func (s Settings) Every() time.Duration {
	if s.ExpectEvery == 0 {
		return 24 * time.Hour
	}
	return s.ExpectEvery
}

// ParseCurrency reads a currency code.
func ParseCurrency(text string) (string, error) {
	if len(text) != 3 || strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return "", errors.New("must be an ISO code of three capital letters, such as USD")
	}
	return text, nil
}

// ParseHours reads the hours per month.
func ParseHours(text string) (decimal.Decimal, error) {
	const hoursPerYear = 8784
	hours, err := decimal.NewFromString(text)
	if err != nil || len(text) > 12 || strings.ContainsAny(text, "eE") ||
		hours.Sign() <= 0 || hours.GreaterThan(decimal.NewFromInt(hoursPerYear)) {
		return decimal.Decimal{}, errors.New("must be a number above 0, such as 730")
	}
	return hours, nil
}

// ParseBudget reads a monthly budget.
func ParseBudget(text string) (fleet.Price, error) {
	const longest = 20
	amount, err := decimal.NewFromString(text)
	if err != nil || len(text) > longest || strings.Trim(text, "0123456789.") != "" || amount.Sign() <= 0 {
		return fleet.Price{}, errors.New("must be an amount above 0, without separators or a sign, such as 50000")
	}
	return fleet.Known(fleet.MoneyOf(amount)), nil
}

// ParseChecks reads a comma-separated list of checks.
func ParseChecks(text string) (checks []Check, err error) {
	for name := range strings.SplitSeq(text, ",") {
		check := Check(strings.TrimSpace(name))
		if !slices.Contains(Checks(), check) {
			return nil, fmt.Errorf("unknown check %q; use over-budget, forecast-over-budget, unowned, "+
				"unpriced, instance-error or warnings", string(check))
		}
		checks = append(checks, check)
	}
	return checks, nil
}

// ParseEpoch reads a time as whole seconds since 1970, up to the year 9999.
func ParseEpoch(text string) (time.Time, error) {
	const year10000 = 253402300800
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil || seconds < 0 || seconds >= year10000 {
		return time.Time{}, errors.New("must be whole seconds since 1970")
	}
	return time.Unix(seconds, 0).UTC(), nil
}
