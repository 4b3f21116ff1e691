package report

import "strconv"

// PricesKnown returns how many percent of a cost's instances have a price, to one decimal: "92.7%". It is rounded half up, but to 100% only
// where every price is known, and to 0% only where none is. Of no instances it is None.
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
