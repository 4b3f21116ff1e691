package templates

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"gpufleet/fetch/fleet"
	"gpufleet/render/report"
)

// TestManyGroups has more regions, models and groups than get a page of their own. The largest have one, and links to
// the others lead to the Instances page, filtered.
func TestManyGroups(t *testing.T) {
	t.Parallel()
	const most, more = report.MaxPages, report.MaxPages + 10
	list := &fleet.Fleet{}
	for i := range more {
		region, gpu := fmt.Sprint("R", i), fmt.Sprint("G", i)
		if i == more-1 {
			region, gpu = `Z &"=+%<é`, `Z "#?`
		}
		list.Instances = append(list.Instances, &fleet.Instance{ID: fmt.Sprint(i), Region: region, GPU: gpu})
		if i == more-2 {
			list.Instances = append(list.Instances, &fleet.Instance{ID: "twin", Region: region, GPU: gpu})
		}
	}
	r := report.New(list, settings())
	if len(r.Warnings) != 3 ||
		!strings.Contains(r.Warnings[2], "of 20,010 GPU models in regions, only the 20,000 largest") {
		t.Errorf("warnings %q", r.Warnings)
	}
	folders := map[string]int{} // pages of regions, models and groups
	seen := map[string]bool{}
	links := map[string]bool{} // on the last page of each list
	for page := range Pages(r, summary, "", nil) {
		if seen[page.Path] || strings.Contains(page.Path, "?") {
			t.Fatalf("%s is written twice, or is no path", page.Path)
		}
		seen[page.Path] = true
		if parts := strings.Split(page.Path, "/"); len(parts) > 2 {
			folders[fmt.Sprint(parts[0], len(parts))]++
		}
		if strings.HasSuffix(page.Path, "/page-41.html") {
			var b strings.Builder
			if err := page.Body.Render(t.Context(), &b); err != nil {
				t.Fatal(err)
			}
			for _, a := range strings.Split(b.String(), ` href="../instances/index.html?`)[1:] {
				query, _, _ := strings.Cut(a, `"`)
				links[strings.ReplaceAll(query, "&amp;", "&")] = true
			}
		}
	}
	if folders["regions3"] != most || folders["models3"] != most || folders["regions4"] != most || len(folders) != 3 {
		t.Errorf("pages %v", folders)
	}
	twin := r.Regions[len(r.Regions)-2]
	if twin.Count != 2 || !twin.HasPage || !twin.Groups[0].HasPage || !twin.Groups[0].Model.HasPage {
		t.Errorf("%s has %d instances and no page", twin.Name, twin.Count)
	}
	last := r.Regions[len(r.Regions)-1]
	for _, want := range []url.Values{{"region": {last.Name}}, {"gpu": {last.Groups[0].Model.Name}}} {
		if !links[want.Encode()] {
			t.Errorf("no link to %v", want)
		}
	}
	query, found := strings.CutPrefix(last.Groups[0].Path(), report.InstancesPath+"?")
	got, err := url.ParseQuery(query)
	if !found || err != nil || got.Get("region") != last.Name ||
		got.Get("gpu") != last.Groups[0].Model.Name || len(got) != 2 {
		t.Errorf("the group's path is %s", last.Groups[0].Path())
	}
}
