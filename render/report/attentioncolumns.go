package report

// FindingColumns returns the columns of a list of findings.
func FindingColumns() []Column[*Finding] {
	return []Column[*Finding]{
		{"finding", "Finding", "", Text, "What was found.", func(f *Finding) Value { return text(f.Title) }},
		{"count", "Instances", "", Count, "Number of instances.", func(f *Finding) Value { return count(f.Count()) }},
		{"per_month", "At stake", "per month", Money, atStakeText,
			func(f *Finding) Value { return atStake(f.AtStake) }},
		{"since", "Since", "", Date, sinceText, func(f *Finding) Value { return f.Since.value() }},
	}
}

const (
	atStakeText = "What the instances cost per month at the listed rate, or the difference to a lower price. " +
		"Empty without a price."
	sinceText = "Since when. It can be longer if that is the first reading. Empty if unknown."
)

// detail returns what else there is to say of an instance, "" for most.
func (s Settings) detail(f *Found) string {
	switch {
	case f.Name == "stuck":
		return f.Status
	case !f.Other.Known:
		return ""
	case f.OtherRegion != "":
		return s.Amount(f.Other.Value) + "/h in " + f.OtherRegion
	case f.Name == "price_rise":
		return "was " + s.Amount(f.Other.Value) + "/h"
	}
	return s.Amount(f.Other.Value) + "/h in the product list"
}

func atStake(c Cost) Value {
	return Value{Known: !c.Unknown(), Money: c.PerMonth, LowerBound: c.LowerBound()}
}

func (s Since) value() Value { return Value{Known: !s.IsZero(), Time: s.Time} }

// SinceText returns a time for people with the whole days that have passed: "since 12 Nov (14 days)", "at least since
// 12 Nov 2025 (379 days)". It is "" if the time is unknown.
func (s Settings) SinceText(since Since) string {
	if since.IsZero() {
		return ""
	}
	text := "since " + since.Format("2 Jan")
	if since.Year() != s.Generated.UTC().Year() {
		text = "since " + since.Format("2 Jan 2006")
	}
	if since.AtLeast {
		text = "at least " + text
	}
	if days := int(s.Generated.Sub(since.Time).Hours() / 24); days > 0 {
		text += " (" + Counted(days, "day") + ")"
	}
	return text
}

// AtStakeText returns a cost for people: "$1,234/month", Unknown.
func (s Settings) AtStakeText(c Cost) string {
	if c.Unknown() {
		return Unknown
	}
	return s.ShortCost(c) + "/month"
}

// StakeText returns what is at stake in a finding for people: "$1,234/month", "cost unknown".
func (s Settings) StakeText(f *Finding) string {
	if f.AtStake.Unknown() {
		return "cost " + Unknown
	}
	return s.AtStakeText(f.AtStake)
}

// FindingText returns what is at stake in a finding and since when: "$1,234/month, at least since 12 Nov".
func (s Settings) FindingText(f *Finding) string { return s.withSince(s.StakeText(f), f) }

// ExtentText returns how many instances a finding has and since when: "5 instances, at least since 12 Nov".
func (s Settings) ExtentText(f *Finding) string {
	return s.withSince(Counted(f.Count(), "instance"), f)
}

func (s Settings) withSince(text string, f *Finding) string {
	if since := s.SinceText(f.Since); since != "" {
		return text + ", " + since
	}
	return text
}
