package report

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
)

// OwnerAmount is the monthly budget of an owner.
type OwnerAmount struct {
	Owner string
	fleet.Money
}

// ParseBudgets reads the fleet's monthly budget, unknown if there is none, and those of owners: "OWNER=AMOUNT".
func ParseBudgets(entries []string) (all fleet.Price, owners []OwnerAmount, err error) {
	for _, entry := range entries {
		at := strings.LastIndexByte(entry, '=')
		amount, err := ParseBudget(strings.TrimSpace(entry[at+1:]))
		if err != nil {
			return fleet.Price{}, nil, err
		}
		owner := strings.TrimSpace(entry[:max(0, at)])
		isOwner := func(o OwnerAmount) bool { return o.Owner == owner }
		switch {
		case at < 0 && all.Known:
			return fleet.Price{}, nil, errors.New("has two amounts without an owner; give the fleet one budget")
		case at < 0:
			all = amount
		case owner == "":
			return fleet.Price{}, nil, errors.New("has no owner before =; use OWNER=AMOUNT")
		case slices.ContainsFunc(owners, isOwner):
			return fleet.Price{}, nil, fmt.Errorf("has two amounts for the owner %q; give each owner one budget", owner)
		default:
			owners = append(owners, OwnerAmount{owner, amount.Value})
		}
	}
	slices.SortFunc(owners, func(a, b OwnerAmount) int { return compareNatural(a.Owner, b.Owner) })
	return all, owners, nil
}

// OwnerBudget is an owner's budget, compared with what the owner's instances cost.
type OwnerBudget struct {
	Owner string
	Part  *Part // nil if the owner has no instances now
	BudgetStatus
}

// ownerBudgets compares the month with the owners' budgets, sorted by owner.
func (r *Report) ownerBudgets() (budgets []*OwnerBudget) {
	parts := map[string]*Part{}
	if owned := r.Owned(); owned != nil {
		for _, part := range owned.Parts {
			parts[part.Name] = part
		}
	}
	for _, amount := range r.OwnerAmounts {
		part, now := parts[amount.Owner], Cost{}
		if part != nil {
			now = part.Costs().Of(r.Bill)
		}
		spent := Ranges(r.spentThisMonth[history.Owner.Name][amount.Owner]).Of(r.Bill)
		budgets = append(budgets, &OwnerBudget{amount.Owner, part, r.budgetStatus(r.Forecast, amount.Money, spent, now)})
	}
	return budgets
}

// Label returns the owner's name for people; see fleet.Visible.
func (b *OwnerBudget) Label() string { return fleet.Visible(b.Owner) }

// Path returns the path of the owner's page, "" if the owner has no instances now.
func (b *OwnerBudget) Path() string {
	if b.Part == nil {
		return ""
	}
	return b.Part.Path()
}

// PartFigures returns what a part of the fleet has cost this month, its forecast, and its budget if it has one.
func (r *Report) PartFigures(p *Part) []KeyFigure {
	m := r.ThisMonth()
	spent := Ranges(r.spentThisMonth[p.Dimension.Name][p.Name]).Of(r.Bill)
	forecast := spent.Plus(r.restOfMonth(p.Costs().Of(r.Bill)))
	figures := []KeyFigure{
		r.spentFigure("Spent "+monthSpan(m), spent, spent.LowerBound()).noting(r.ObservedText(m)),
		r.forecastFigure(forecast),
	}
	for _, b := range r.OwnerBudgets {
		if b.Part == p {
			figures = append(figures, r.budgetFigure(b.BudgetStatus))
		}
	}
	return figures
}

// OwnerBudgetColumns returns the columns of an owner's budget.
func (r *Report) OwnerBudgetColumns() []Column[*OwnerBudget] {
	type b = *OwnerBudget
	share := func(percent decimal.Decimal, atLeast bool) Value {
		return Value{Known: true, Number: percent.InexactFloat64(), LowerBound: atLeast}
	}
	return []Column[b]{
		{"owner", "Owner", "", Text, "Whose budget it is.", func(o b) Value { return text(o.Owner) }},
		{"budget", "Budget", "per month", Money, "The owner's monthly budget.",
			func(o b) Value { return amount(o.Budget, false) }},
		{"spent_low", "Spent, at least", "", Money, "The least that the owner's billed instances cost this month.",
			func(o b) Value { return amount(CellAmount(o.Spent.Low), o.Spent.LowerBound()) }},
		{"spent_estimate", "Spent, estimate", "", Money, "The estimated cost of the owner's billed instances this month.",
			func(o b) Value { return amount(CellAmount(o.Spent.Estimate), o.Spent.LowerBound()) }},
		{"forecast", "Forecast", "", Money, "The estimate plus the billed cost per hour of the owner's instances times the " +
			"hours that are left.", func(o b) Value {
			return amount(CellAmount(o.Forecast.Estimate), o.AtLeast)
		}},
		{"forecast_percent", "Forecast, of budget", "%", Size, "The forecast as a share of the budget.",
			func(o b) Value { return share(o.Percent, o.AtLeast) }},
		{"run_rate_percent", "Run rate", "%", Size, "The billed cost per month of the owner's instances as a share of " +
			"the budget.", func(o b) Value { return share(o.RunRate.Percent, o.RunRate.AtLeast) }},
		{"unpriced_hours", "Unpriced", "hours", Size,
			"Hours of the owner's billed instances without a price. They count as 0.",
			func(o b) Value { return hours(o.Spent.Unpriced, CellPlaces) }},
		{"forecast_unpriced_hours", "Forecast, unpriced", "hours", Size, "Unpriced hours plus the hours that are left for " +
			"each of the owner's billed instances without a price now.",
			func(o b) Value { return hours(o.Forecast.Unpriced, CellPlaces) }},
		{"state", "State", "", Text, "within, likely over or over, or unknown if nothing has a price; see Budget state.",
			func(o b) Value { return text(o.ShownState()) }},
	}
}
