package report

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"gpufleet/fetch/fleet"
)

// TestRunRate has 2 per hour running, 1460 per month. Stopped instances don't count.
func TestRunRate(t *testing.T) {
	stopped := func() *fleet.Instance { in := instance("2", "A", "X", 1, "99"); in.Status = "Stopped"; return in }
	for _, test := range []struct {
		budget, price, want string
		over                bool
	}{
		{"1460", "2", "100%", false},
		{"2920", "2", "50%", false},
		{"1459.99", "2", "100.1%", true},
		{"1460.01", "2", "99.9%", false},
		{"1000", "2", "146%", true},
		{"3000", "2", "48.7%", false},
		{"0.01", "2", "14,600,000%", true},
		{"99999999999999999999", "2", "0%", false},
		{"1460", "0", "0%", false},
		{"1460", "", "at least 0%", false},
	} {
		s := settings()
		s.Budget = fleet.Known(fleet.MoneyOf(decimal.RequireFromString(test.budget)))
		instances := []*fleet.Instance{instance("1", "A", "X", 1, test.price), stopped()}
		rate, ok := New(&fleet.Fleet{Instances: instances}, s).RunRate()
		if !ok || rate.String() != test.want || rate.Over != test.over {
			t.Errorf("%s of %s: %s, over %v; want %s", test.price, test.budget, rate.String(), rate.Over, test.want)
		}
	}
	if _, ok := New(example(), settings()).RunRate(); ok {
		t.Error("a run rate without a budget")
	}
}

func TestRunRateOfPart(t *testing.T) {
	s := settings()
	s.Budget = fleet.Known(fleet.MoneyOf(decimal.RequireFromString("1000")))
	list := []*fleet.Instance{instance("1", "A", "X", 1, "2"), instance("2", "A", "X", 1, "")}
	rate, _ := New(&fleet.Fleet{Instances: list}, s).RunRate()
	if got := rate.String(); got != "at least 146%" {
		t.Error(got)
	}
	list[1].Status = "Stopped" // then every running instance has a price
	rate, _ = New(&fleet.Fleet{Instances: list}, s).RunRate()
	if got := rate.String(); got != "146%" {
		t.Error(got)
	}
}

func TestChecks(t *testing.T) {
	status := func(in *fleet.Instance, name string) *fleet.Instance { in.Status = name; return in }
	all := func(budget string, further int, warning bool, list ...*fleet.Instance) []string {
		s := settings()
		if budget != "" {
			s.Budget = fleet.Known(fleet.MoneyOf(decimal.RequireFromString(budget)))
		}
		f := &fleet.Fleet{Instances: list}
		if warning {
			f.Warnings.Add("odd")
		}
		return New(f, s).Tripped([]Check{AnyWarning, Unpriced, InstanceError, OverBudget, Unpriced}, further)
	}
	for name, test := range map[string]struct{ got, want []string }{
		"nothing": {
			all("1460", 0, false, instance("1", "A", "X", 1, "2"), gone(instance("2", "A", "X", 1, ""))), nil},
		"empty": {all("1460", 0, false), nil},
		"over": {all("1459", 0, false, instance("1", "A", "X", 1, "2")),
			[]string{"over-budget: the run rate is 100.1% of the budget ($1,460.00/month running, $1,459.00 budget)"}},
		"without budget": {all("", 0, false, instance("1", "A", "X", 1, "2")), nil},
		"unpriced": {
			all("", 0, false, status(instance("1", "A", "X", 1, ""), "Stopped"), instance("2", "A", "X", 1, "2")),
			[]string{"unpriced: listed instances without a price: 1 of 2"}},
		"error": {all("", 0, false, status(instance("1", "A", "X", 1, "2"), "error"),
			status(instance("2", "A", "X", 1, "2"), "ERROR"), status(instance("3", "A", "X", 1, "2"), "Errors")),
			[]string{"instance-error: instances with the status Error: 2 of 3"}},
		"warning":         {all("", 0, true), []string{"warnings: 1 warning"}},
		"further warning": {all("", 2, true), []string{"warnings: 3 warnings"}},
		"all, in order": {all("1", 0, true, instance("1", "A", "X", 1, "2"), status(instance("2", "A", "X", 1, ""), "Error")),
			[]string{
				"over-budget: the run rate is 146,000% of the budget ($1,460.00/month running, $1.00 budget)",
				"unpriced: listed instances without a price: 1 of 2",
				"instance-error: instances with the status Error: 1 of 2", "warnings: 1 warning"}},
	} {
		if diff := cmp.Diff(test.want, test.got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	s := settings()
	s.Budget = fleet.Known(fleet.MoneyOf(decimal.RequireFromString("1")))
	if got := New(example(), s).Tripped(nil, 5); got != nil {
		t.Errorf("nothing was asked: %v", got)
	}
}
