package data

import (
	"encoding/json"
	"io"

	"github.com/shopspring/decimal"

	"gpufleet/fetch/history"
	"gpufleet/render/report"
)

// WriteSpendJSON writes data/spend.json: what the fleet has cost by month and day, and the forecast. The next run goes
// on from it.
func WriteSpendJSON(w io.Writer, r *report.Report) error {
	f := r.Forecast
	out := forecast{Month: f.Month, Running: newBounds(f.Running), Listed: newBounds(f.Listed), Early: f.Early,
		Partial: f.Partial, Owners: []ownerBudget{}}
	if b, ok := r.FleetBudget(); ok {
		amount, percent, state := b.Budget.String(), b.PercentText(), string(b.State)
		out.Budget, out.Percent, out.State = &amount, &percent, &state
	}
	for _, b := range r.OwnerBudgets {
		out.Owners = append(out.Owners, ownerBudget{b.Owner, b.Budget.String(), history.Rounded(b.Forecast.Estimate),
			b.PercentText(), string(b.State)})
	}
	text, err := json.Marshal(out)
	if err != nil {
		return err
	}
	return history.WriteSpend(w, r.Head(), r.Spend, r.Bill.Name(), text)
}

// forecast is report.Forecast in JSON. Budget, percent and state are null without a budget of the fleet.
type forecast struct {
	Month   string        `json:"month"`
	Running bounds        `json:"running"`
	Listed  bounds        `json:"listed"`
	Early   bool          `json:"early"`
	Partial bool          `json:"partial"`
	Budget  *string       `json:"budget"`
	Percent *string       `json:"budget_percent"`
	State   *string       `json:"state"`
	Owners  []ownerBudget `json:"owners"` // those with a budget
}

type ownerBudget struct {
	Owner    string          `json:"owner"`
	Budget   string          `json:"budget"`
	Estimate decimal.Decimal `json:"estimate"`
	Percent  string          `json:"budget_percent"`
	State    string          `json:"state"`
}

// bounds are amounts, which decimal.Decimal writes as strings.
type bounds struct {
	Low      decimal.Decimal `json:"low"`
	Estimate decimal.Decimal `json:"estimate"`
	High     decimal.Decimal `json:"high"`
}

func newBounds(r history.Range) bounds {
	return bounds{history.Rounded(r.Low), history.Rounded(r.Estimate), history.Rounded(r.High)}
}

// WriteSpendCSV writes data/spend.csv: a header and one row per month and group.
func WriteSpendCSV(w io.Writer, r *report.Report) error {
	return writeCSV(w, r, report.SpendColumns(r, report.FilePlaces), r.SpendRows())
}
