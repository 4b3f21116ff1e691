package report

import "testing"

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
