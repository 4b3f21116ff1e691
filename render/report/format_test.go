package report

import (
	"testing"

	"github.com/shopspring/decimal"

	"gpufleet/fetch/fleet"
)

func TestPricesKnown(t *testing.T) {
	for _, test := range []struct {
		priced, of int
		want       string
	}{
		{51, 55, "92.7%"}, {0, 0, None}, {0, 3, "0%"}, {3, 3, "100%"}, {1, 2, "50%"}, {2, 3, "66.7%"}, {1, 16, "6.3%"},
		{99_999, 100_000, "99.9%"}, {1_999, 2_000, "99.9%"}, {1, 100_000, "0.1%"},
	} {
		if got := (Cost{Priced: test.priced, Of: test.of}).PricesKnown(); got != test.want {
			t.Errorf("%d of %d: %s, want %s", test.priced, test.of, got, test.want)
		}
	}
}

// Figures that rounding would make 0 are shown as tiny, and an exact 0 as 0.
func TestTinyFigures(t *testing.T) {
	s := Settings{Currency: "USD"}
	amount := func(text string) fleet.Money {
		m, err := fleet.ParseMoney(text)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	for text, want := range map[string]string{
		"0": "$0.00", "0.00004": "< $0.0001", "0.00005": "$0.00005", "0.0001": "$0.0001", "1.65": "$1.65",
	} {
		if got := s.roundedAmount(amount(text), 4); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"0": "0%", "0.004": "< 0.01%", "0.000000000001": "< 0.01%", "0.01": "0.01%", "12.5": "12.5%", "1234.5": "1,234.5%",
	} {
		if got := roundedPercent(decimal.RequireFromString(text), 2); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
	for atLeast, want := range map[bool]string{false: "< 0.1%", true: "more than 0%"} {
		rate := RunRate{Percent: percentOf(amount("0.01"), amount("1000")), AtLeast: atLeast}
		if got := rate.String(); got != want {
			t.Errorf("the run rate is %s, want %s", got, want)
		}
	}
	rate := Rate{perHour: amount("0.00001"), gpus: decimal.NewFromInt(1), Priced: 1, Of: 1}
	totals := Totals{Share: fleet.Known(0.0001), GPUHour: rate}
	if share, rate := totals.ShareText(), s.RateText(totals.GPUHour); share != "< 0.01%" || rate != "< $0.0001" {
		t.Errorf("the share is %s, the rate %s", share, rate)
	}
}
