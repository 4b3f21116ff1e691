package render

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"gpufleet/fetch/fleet"
	"gpufleet/render/report"
)

// TestNaughtyTextInBrowser opens pages with every hostile text in every field, and a page about each text. No dialog
// may open, no script of a text may run, no policy may be violated, and only files of the site may be requested.
func TestNaughtyTextInBrowser(t *testing.T) {
	v := newVisitor(t)
	names := hostile(t)
	var before, list []*fleet.Instance
	for i, name := range names {
		before = append(before, &fleet.Instance{ID: fmt.Sprint(i), HostName: "before", Status: "Running"})
		list = append(list, &fleet.Instance{
			ID:          fmt.Sprint(i),
			Region:      name,
			ProductType: name,
			HostName:    name,
			GPU:         name,
			GPUType:     name,
			GPUCount:    fleet.Known(1.0),
			PublicIPv4:  name,
			OS:          name,
			Status:      name,
		})
	}
	r := laterReport(t, before, list)
	r.Settings.Audience = report.Internal
	dir := t.TempDir()
	writeInto(t, dir, r)
	server := httptest.NewServer(http.FileServer(http.Dir(dir)))
	defer server.Close()
	pages := []string{"", "instances/", "changes/", "summary/", "about/"}
	for page := 2; page <= (len(list)+499)/500; page++ {
		pages = append(pages, fmt.Sprintf("instances/page-%d.html", page))
	}
	for i, region := range r.Regions {
		if i%200 == 0 { // the pages above have all texts; these have one as their heading
			model := region.Groups[0].Model.Slug
			pages = append(pages,
				"regions/"+region.Slug+"/",
				"regions/"+region.Slug+"/"+model+"/",
				"models/"+model+"/",
			)
		}
	}
	for _, path := range pages {
		if _, styled := v.open(t, server.URL+"/", path, 1280, "light"); !styled {
			t.Errorf("%s has no style", path)
		}
	}
	t.Logf("%d texts on %d pages", len(names), len(pages))
}
