package report

import (
	"fmt"
	"strings"
	"testing"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
)

// monthOfRuns returns the report of the last of daily runs of one list, without two in the second week, so that three
// days are not observed.
func monthOfRuns(t *testing.T, runs int, list func(day int) []*fleet.Instance) *Report {
	t.Helper()
	previous, first := &history.History{}, at(t, "2026-11-01 00:00")
	var r *Report
	for day := range runs {
		if day == 6 || day == 7 {
			continue
		}
		r = runAt(t, first.AddDate(0, 0, day), previous, list(day)...)
		previous = saved(r)
	}
	return r
}

// TestTiles checks the figures of the overview, their changes within a week, and that a day without data is a gap, not
// 0.
func TestTiles(t *testing.T) {
	one := fleet.Known(money(t, "1"))
	r := monthOfRuns(t, 29, func(day int) []*fleet.Instance {
		list := []*fleet.Instance{{ID: "a", Region: "R", GPU: "H100", Status: "Running",
			GPUCount: fleet.Known(8.0), Price: one}}
		if day >= 26 {
			list = append(list, &fleet.Instance{ID: "b", Region: "R", GPU: "H100", Status: "Running",
				GPUCount: fleet.Known(4.0), Price: one, CreatedAt: at(t, "2026-11-27 00:00")},
				&fleet.Instance{ID: "c", Region: "R", GPU: "L40", Status: "Error", GPUCount: fleet.Known(2.0), Price: one})
		}
		return list
	})
	var got []string
	for _, tile := range r.Tiles() {
		var days strings.Builder
		for _, d := range tile.Past.Days {
			if days.WriteByte('.'); d.Known {
				days.WriteString(d.Text)
			}
		}
		figures := ""
		for _, f := range tile.Figures {
			figures += f.Name + " " + f.Short + "; "
		}
		got = append(got, figures+tile.Path+"; "+tile.Change+"; "+days.String())
	}
	ofMonth := r.BilledSpend().Estimate.Div(perSecond(one.Value)).String()
	for i, want := range []string{
		"Spent in November $" + ofMonth + ".00; Forecast for November $",
		"Running now $1,460/month; instances/index.html?status=Running; +$730.00/month since last week; ",
		"GPUs running 12 of 14; instances/index.html?status=Running; +4 since last week; ",
		"Needs attention 1 instance; attention/index.html; ",
	} {
		if !strings.HasPrefix(got[i], want) {
			t.Errorf("%q, want %q", got[i], want)
		}
	}
	if want := "last 7 days $216.00, +$48.00 on the 7 before"; r.Tiles()[0].Change != want {
		t.Errorf("%q, want %q", r.Tiles()[0].Change, want)
	}
	// Of 29 days, two have no run and three are not observed. Today has only just begun.
	for tile, want := range []int{25, 27, 25, 27} {
		known := 0
		for _, d := range r.Tiles()[tile].Past.Days {
			if d.Known {
				known++
			}
		}
		if days := len(r.Tiles()[tile].Past.Days); days != PastDays || known != want {
			t.Errorf("tile %d: %d of %d days are known, want %d: %s", tile, known, days, want, got[tile])
		}
	}
}

// TestBudgetSentence checks the state and the figure that decides it, and that unknown is neither within nor over.
func TestBudgetSentence(t *testing.T) {
	for _, test := range []struct {
		budget string
		price  fleet.Price
		runs   int
		want   string
	}{
		{"", fleet.Known(money(t, "1")), 20, ""},
		{"1000", fleet.Known(money(t, "1")), 20, "within budget: forecast 72%"},
		{"700", fleet.Known(money(t, "1")), 20, "likely over budget: forecast 102.9%"},
		{"300", fleet.Known(money(t, "1")), 20, "over budget: forecast 240%"},
		{"700", fleet.Known(money(t, "1")), 1, "likely over budget: run rate 104.3%"},
		{"700", fleet.Price{}, 20, "budget: unknown, no price is known"},
	} {
		r := monthOfRuns(t, test.runs, func(int) []*fleet.Instance {
			return []*fleet.Instance{{ID: "a", Region: "R", GPU: "H100", Status: "Running", Price: test.price}}
		})
		if test.budget != "" {
			r.Budget = fleet.Known(money(t, test.budget))
		}
		got, isAlert := r.BudgetSentence()
		if got != test.want || isAlert != strings.Contains(test.want, "over") {
			t.Errorf("budget %q: %q, %v, want %q", test.budget, got, isAlert, test.want)
		}
	}
}

// TestLargestChanges checks that the changes with the highest amounts come first, and that a price that became known is
// no increase.
func TestLargestChanges(t *testing.T) {
	var old, now []*fleet.Instance
	for i := range 9 {
		in := fleet.Instance{ID: fmt.Sprint(i), Region: "R", GPU: "H100", Status: "Running",
			Price: fleet.Known(money(t, fmt.Sprint(10+i)))}
		before, after := in, in
		switch {
		case i < 4:
			before.Status = "Stopped"
		case i < 7:
			after.Status = "Stopped"
		default:
			before.Price = fleet.Price{}
		}
		old, now = append(old, &before), append(now, &after)
	}
	first := at(t, "2026-11-01 00:00")
	r := runAt(t, first.AddDate(0, 0, 7), saved(runAt(t, first, &history.History{}, old...)), now...)
	names := func(lines []ChangeLine) (text string) {
		for _, l := range lines {
			text += l.Name(r.Settings) + " " + l.MonthlyText(r.Settings) + "; "
		}
		return text
	}
	up, down := r.LargestChanges(3)
	if got := names(up) + names(down); got != "3 +$9,490/month; 2 +$8,760/month; 1 +$8,030/month; "+
		"6 −$11,680/month; 5 −$10,950/month; 4 −$10,220/month; " {
		t.Error(got)
	}
}

// TestMatrixByTotal checks the order of rows and columns, and that the report's own matrix keeps its order.
func TestMatrixByTotal(t *testing.T) {
	in := func(region, gpu string, gpus float64) *fleet.Instance {
		return &fleet.Instance{ID: region + gpu, Region: region, GPU: gpu, GPUCount: fleet.Known(gpus)}
	}
	r := New(&fleet.Fleet{Instances: []*fleet.Instance{
		in("A", "L40", 1), in("A", "H100", 2), in("B", "H100", 8), in("B", "none", 0), in("C", "L40", 4),
	}}, settings())
	text := func(m Matrix) (text string) {
		for _, model := range m.Models {
			text += model.Name + " "
		}
		for _, row := range m.Rows {
			text += "| " + row.Region.Name
			for _, cell := range row.Cells {
				if cell == nil {
					text += " -"
				} else {
					text += " " + cell.GPUs.String()
				}
			}
		}
		return text
	}
	before := text(r.Matrix)
	if got, want := text(r.Matrix.ByTotal()), "H100 L40 CPU only | B 8 - 0| C - 4 -| A 2 1 -"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := text(r.Matrix); got != before || !strings.Contains(got, "| A") || strings.HasPrefix(got, "H100 L40 CPU") {
		t.Errorf("the report's own matrix is %s", got)
	}
}

// TestStatusPaths checks the addresses of the instances behind figures.
func TestStatusPaths(t *testing.T) {
	r := New(&fleet.Fleet{Instances: []*fleet.Instance{{ID: "1", Status: "Running"}, {ID: "2", Status: "Stopped"},
		{ID: "3", Status: "Deleted"}, {ID: "4"}}}, settings())
	for _, bill := range []Bill{BillRunning, BillListed} {
		r.Bill = bill
		want := map[Bill]string{BillRunning: "?status=Running", BillListed: "?status=&status=Running&status=Stopped"}[bill]
		if got := r.billedPath(); got != InstancesPath+want {
			t.Errorf("%s: %s, want %s", bill, got, want)
		}
	}
	if got := StatusPath("In use", r.Regions[0], r.Models[0]); got !=
		"instances/index.html?gpu=Unknown+GPU&region=Unknown+region&status=In+use" {
		t.Error(got)
	}
	if got := r.statusesPath(func(StatusCount) bool { return true }); got != InstancesPath {
		t.Error(got)
	}
}
