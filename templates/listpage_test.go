package templates

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"gpufleet/fetch/fleet"
)

// TestConstantColumns checks that the table of a group leaves out the columns that are the same in every row, and that
// the page tells their values. The Instances page leaves out the columns without any value.
func TestConstantColumns(t *testing.T) {
	list := &fleet.Fleet{}
	for i := range 3 {
		list.Instances = append(list.Instances, &fleet.Instance{
			ID: fmt.Sprint(i), Region: "R", GPU: "M", HostName: "twin", Status: "Running", OS: "Debian",
			GPUCount: fleet.Known(4.0), CPUCores: fleet.Known(float64(i)), Price: price(t, []string{"1.5", "1.50", "2"}[i]),
		})
	}
	list.Instances = append(list.Instances,
		&fleet.Instance{ID: "9", Region: "R", GPU: "N", HostName: "lone", Status: "Running"})
	pages := render(t, list, settings())
	heads := func(path string) string {
		var titles []string
		table := find(at(t, pages, path).tree, "class", "scroll instances")
		for _, head := range elements(elements(table, "thead")[0], "th") {
			titles = append(titles, text(head))
		}
		return strings.Join(titles, "|")
	}
	if got := heads("regions/r/m/index.html"); got != "Host name|Price (USD per hour)|CPU cores|ID" {
		t.Errorf("the group has the columns %s", got)
	}
	same := text(find(at(t, pages, "regions/r/m/index.html").tree, "class", "figures-minor in-every-row"))
	if want := "Status Running GPUs 4 Operating system Debian Type, RAM, GPU series, Disk, Ephemeral disk, " +
		"Price source, Purchase, Created, Started unknown"; same != want {
		t.Errorf("the group's page tells %q, want %q", same, want)
	}
	if got := strings.Split(heads("regions/r/n/index.html"), "|"); !slices.Contains(got, "Status") || len(got) < 10 {
		t.Errorf("a group of one instance has the columns %v", got)
	}
	if got := heads("instances/index.html"); got != "Host name|Status|GPU group|GPUs|Price (USD per hour)|Region|"+
		"CPU cores|Operating system|ID" {
		t.Errorf("the Instances page has the columns %s", got)
	}
}

// TestPartsByCost checks that the most expensive parts come first in lists, across its pages, and that equal ones keep
// the order of their names.
func TestPartsByCost(t *testing.T) {
	list := &fleet.Fleet{}
	for i := range rowsPerPage + 2 {
		in := &fleet.Instance{ID: fmt.Sprint(i), Region: fmt.Sprintf("R-%d", i), GPU: "M", Status: "Running"}
		switch i {
		case 7:
			in.Price = price(t, "9.999999999999999999")
		case rowsPerPage + 1:
			in.Price = price(t, "10")
		}
		list.Instances = append(list.Instances, in)
	}
	pages := render(t, list, settings())
	var names []string
	for _, path := range []string{"regions/index.html", "regions/page-2.html"} {
		for _, row := range elements(elements(at(t, pages, path).tree, "tbody")[0], "tr") {
			names = append(names, text(elements(row, "th")[0]))
		}
	}
	want := []string{"R-501", "R-7"}
	for i := range rowsPerPage + 1 {
		if i != 7 {
			want = append(want, fmt.Sprintf("R-%d", i))
		}
	}
	if !slices.Equal(names, want) {
		t.Errorf("regions in the order %v", names)
	}
}
