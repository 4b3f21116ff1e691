package report

import (
	"cmp"
	"slices"
	"time"

	"gpufleet/fetch/fleet"
)

// Finding is a fact about instances that someone should look at. No finding says that an instance is idle, because the
// list tells nothing about its use.
type Finding struct {
	*Rule
	// AtStake is what the instances cost at the listed rate, or the difference to a lower price.
	AtStake Cost
	Since   Since // the earliest time of its instances
	// Instances has the highest amounts first, unknown ones last, then the report's order; at most MaxFound.
	Instances []*Found

	sorted bool // the first MaxFound instances are
}

// MaxFound is the maximum number of instances that outputs show of a finding.
const MaxFound = 100

// Found is an instance of a finding.
type Found struct {
	*fleet.Instance
	*Rule
	AtStake fleet.Price // per hour
	Since   Since
	// Other is the lower price that AtStake is the difference to, per hour. OtherRegion is its region, "" if that is not a
	// region of the fleet, or if it is an earlier price.
	Other       fleet.Price
	OtherRegion string

	row int // in the report's order
}

// Since is when something began, in UTC; zero if unknown.
type Since struct {
	time.Time
	AtLeast bool // it may have begun earlier: that was the first reading
}

// Rule is a kind of finding.
type Rule struct {
	Name        string // in data/attention.json, and in addresses of the Instances page
	Title       string
	Explanation string

	// find reports whether an instance is found, and sets what is at stake and since when.
	find func(*finder, *Found) bool
}

// Rules are all kinds of findings. Their order decides between findings with the same amount.
var Rules = []*Rule{
	{"error", "Status Error", "The provider reports an error.", (*finder).inError},
	{"stuck", "Stuck", "Deploying, Provisioning or Deleting for more than a day.", (*finder).isStuck},
	{"stopped", "Stopped, but priced", "Stopped instances with a price. The provider's documentation doesn't say " +
		"whether it charges for them.", (*finder).isStopped},
	{"long_running", "On demand for over 30 days",
		"Running on demand without a break for more than 30 days: candidates for a reservation.",
		(*finder).isLongRunning},
	{"cheaper_region", "Cheaper in another region", "Another region has a lower price for the same GPU model and " +
		"number of GPUs, in this fleet or in the product list if it was read. " +
		"The amount is the difference to the lowest price.", (*finder).isCheaperElsewhere},
	{"unpriced", "No price", "Without a price, costs are lower bounds. A price file can add one.",
		(*finder).isUnpriced},
	{"unowned", "No owner", "No row of the owner file matches.", (*finder).isUnowned},
	{"duplicate_name", "Duplicate host name", "Several instances of one account have the same host name.",
		(*finder).hasDuplicateName},
	{"price_rise", "Price increase", "The price has risen since last week. The amount is the difference.",
		(*finder).hasPriceRise},
}

// Count returns how many instances were found.
func (f *Finding) Count() int { return f.AtStake.Of }

// AttentionCount returns the number of instances in any finding. It is not the sum of the findings' counts, because
// an instance can be in several.
func (r *Report) AttentionCount() int {
	count := 0
	for _, rules := range r.foundBy {
		if rules != 0 {
			count++
		}
	}
	return count
}

// price returns the cost per hour, unknown if no price is known.
func (c Cost) price() fleet.Price { return fleet.Price{Value: c.PerHour, Known: !c.Unknown()} }

// findAttention looks for what needs attention. The changes since last week and the times of the statuses must be
// known by then.
func (r *Report) findAttention() {
	finder := newFinder(r)
	findings := make([]*Finding, len(Rules))
	for i, rule := range Rules {
		findings[i] = &Finding{Rule: rule}
	}
	r.foundBy = make([]ruleSet, len(r.Instances))
	var found Found
	for row, in := range r.Instances {
		for i, rule := range Rules {
			found = Found{Instance: in, Rule: rule, row: row}
			if rule.find(finder, &found) {
				findings[i].add(&found)
				r.foundBy[row] |= 1 << i
			}
		}
	}
	r.Findings = slices.DeleteFunc(findings, func(f *Finding) bool { return f.Count() == 0 })
	for _, f := range r.Findings {
		f.AtStake.PerMonth = r.Monthly(f.AtStake.PerHour)
		f.settle()
	}
	slices.SortStableFunc(r.Findings, func(a, b *Finding) int {
		return compareAmounts(a.AtStake.price(), b.AtStake.price())
	})
}

// ruleSet has bit i set for Rules[i].
type ruleSet uint16

// FoundBy returns the rules that found instances together, each combination once in the order of the instances, and
// for each instance the index of its combination.
func (r *Report) FoundBy() (combinations [][]*Rule, rows []int) {
	indexes := map[ruleSet]int{}
	rows = make([]int, len(r.foundBy))
	for row, set := range r.foundBy {
		index, ok := indexes[set]
		if !ok {
			index = len(combinations)
			indexes[set] = index
			combinations = append(combinations, set.rules())
		}
		rows[row] = index
	}
	return combinations, rows
}

// rules returns the rules of the set, never nil.
func (s ruleSet) rules() []*Rule {
	rules := []*Rule{}
	for i, rule := range Rules {
		if s&(1<<i) != 0 {
			rules = append(rules, rule)
		}
	}
	return rules
}

// add adds an instance. It keeps a copy of those that can be among the first MaxFound.
func (f *Finding) add(found *Found) {
	f.AtStake.add(found.AtStake)
	if !found.Since.IsZero() && (f.Since.IsZero() || found.Since.Before(f.Since.Time)) {
		f.Since = found.Since
	}
	if n := len(f.Instances); n >= MaxFound && f.sorted && compareFound(f.Instances[MaxFound-1], found) < 0 {
		return
	}
	kept := *found
	if f.Instances = append(f.Instances, &kept); len(f.Instances) == 2*MaxFound {
		f.settle()
	}
}

// settle sorts the instances, and drops those beyond MaxFound.
func (f *Finding) settle() {
	slices.SortFunc(f.Instances, compareFound)
	f.Instances = f.Instances[:min(len(f.Instances), MaxFound)]
	f.sorted = true
}

func compareFound(a, b *Found) int {
	return cmp.Or(compareAmounts(a.AtStake, b.AtStake), cmp.Compare(a.row, b.row))
}

// compareAmounts puts the higher amount first, and unknown ones last.
func compareAmounts(a, b fleet.Price) int {
	switch {
	case a.Known && b.Known:
		return b.Value.Cmp(a.Value)
	case a.Known:
		return -1
	case b.Known:
		return 1
	}
	return 0
}
