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

// OwnerBudget is an owner's budget, and what the owner's instances cost this month at the billed rate.
type OwnerBudget struct {
	OwnerAmount
	Part            *Part // nil if the owner has no instances now
	Now             Cost  // billed
	Spent, Forecast history.Range
	RunRate         RunRate
	Percent         decimal.Decimal // of the forecast's estimate, like RunRate.Percent
	State           BudgetState
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
		b := &OwnerBudget{OwnerAmount: amount, Part: parts[amount.Owner]}
		if b.Part != nil {
			b.Now = b.Part.Costs().Of(r.Bill)
		}
		b.Spent = Ranges(r.spentThisMonth[history.Owner.Name][amount.Owner]).Of(r.Bill)
		b.Forecast = b.Spent.Plus(r.restOfMonth(b.Now))
		b.RunRate = r.runRate(b.Now, amount.Money)
		b.Percent, _ = SpentPercent(b.Forecast.Estimate, fleet.Known(amount.Money))
		b.State = r.Forecast.stateOf(amount.Money, b.Spent, b.Forecast, b.RunRate)
		budgets = append(budgets, b)
	}
	return budgets
}

func (r *Report) useOf(b *OwnerBudget) budgetUse {
	return budgetUse{b.Money, b.Spent, b.Forecast, b.Now, b.RunRate, b.Percent, b.State}
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

// PercentText returns the forecast's share of the budget with one decimal, like Forecast.PercentText.
func (b *OwnerBudget) PercentText() string { return b.Percent.StringFixed(runRateDecimals) }

// StateText returns the state for people: "Likely over".
func (b *OwnerBudget) StateText() string { return Sentence(string(b.State)) }

// ShareText returns the forecast as a share of the budget: "at least 117%".
func (b *OwnerBudget) ShareText(f Forecast) string {
	return RunRate{Percent: b.Percent, AtLeast: f.Partial || b.Forecast.LowerBound()}.String()
}

// ForecastOf returns an owner's forecast for people, to the cent.
func (r *Report) ForecastOf(b *OwnerBudget) string {
	return marked(r.SpentText(b.Forecast.Estimate), r.Forecast.Partial || b.Forecast.LowerBound())
}

// IsAlert reports whether the budget asks for attention.
func (b *OwnerBudget) IsAlert() bool { return b.State != Within }

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
			f := KeyFigure{Name: "Budget", Short: b.StateText(), Exact: b.StateText(), IsAlert: b.IsAlert()}
			figures = append(figures, f.noting(b.ShareText(r.Forecast)+" of the budget of "+r.Headline(b.Money),
				"run rate "+b.RunRate.String()))
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
			func(o b) Value { return amount(o.Money, false) }},
		{"spent_low", "Spent, at least", "", Money, "The least that the owner's billed instances cost this month.",
			func(o b) Value { return amount(CellAmount(o.Spent.Low), o.Spent.LowerBound()) }},
		{"spent_estimate", "Spent, estimate", "", Money, "The estimated cost of the owner's billed instances this month.",
			func(o b) Value { return amount(CellAmount(o.Spent.Estimate), o.Spent.LowerBound()) }},
		{"forecast", "Forecast", "", Money, "The estimate plus the billed cost per hour of the owner's instances times the " +
			"hours that are left.", func(o b) Value {
			return amount(CellAmount(o.Forecast.Estimate), r.Forecast.Partial || o.Forecast.LowerBound())
		}},
		{"forecast_percent", "Forecast, of budget", "%", Size, "The forecast as a share of the budget.",
			func(o b) Value { return share(o.Percent, r.Forecast.Partial || o.Forecast.LowerBound()) }},
		{"run_rate_percent", "Run rate", "%", Size, "The billed cost per month of the owner's instances as a share of " +
			"the budget.", func(o b) Value { return share(o.RunRate.Percent, o.RunRate.AtLeast) }},
		{"unpriced_hours", "Unpriced", "hours", Size,
			"Hours of the owner's billed instances without a price. They count as 0.",
			func(o b) Value { return hours(o.Spent.Unpriced, CellPlaces) }},
		{"forecast_unpriced_hours", "Forecast, unpriced", "hours", Size, "Unpriced hours plus the hours that are left for " +
			"each of the owner's billed instances without a price now.",
			func(o b) Value { return hours(o.Forecast.Unpriced, CellPlaces) }},
		{"state", "State", "", Text, "within, likely over or over; see Budget state.",
			func(o b) Value { return text(string(o.State)) }},
	}
}
