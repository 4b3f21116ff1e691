package templates

import "gpufleet/render/report"

// place is a row of a table of totals, and a bar of a chart: a region, a model or a group, which has a page.
type place struct {
	name, path string
	totals     *report.Totals
}

func regionPlaces(regions []*report.Region) []place {
	places := make([]place, len(regions))
	for i, r := range regions {
		places[i] = place{r.Name, r.Path(), &r.Totals}
	}
	return places
}

func modelPlaces(models []*report.Model) []place {
	places := make([]place, len(models))
	for i, m := range models {
		places[i] = place{m.Name, m.Path(), &m.Totals}
	}
	return places
}

// groupsByModel are a region's groups, named by their models.
func groupsByModel(groups []*report.Group) []place {
	places := make([]place, len(groups))
	for i, g := range groups {
		places[i] = place{g.Model.Name, g.Path(), &g.Totals}
	}
	return places
}

// groupsByRegion are a model's groups, named by their regions.
func groupsByRegion(groups []*report.Group) []place {
	places := make([]place, len(groups))
	for i, g := range groups {
		places[i] = place{g.Region.Name, g.Path(), &g.Totals}
	}
	return places
}

// kind is a kind of places, which has a list of all of them.
type kind struct {
	title, heading string // "GPU models"; the heading of their column: "GPU model"
	noun           string // in a sentence: "region", "GPU model"
	path           string
	folder         string
	section        section
}

var (
	regionKind = kind{"Regions", "Region", "region", report.RegionsPath, report.RegionsFolder, regionsSection}
	modelKind  = kind{"GPU models", "GPU model", "GPU model", report.ModelsPath, report.ModelsFolder, modelsSection}
)

// placeList is one page of the list of all places of a kind.
type placeList struct {
	kind
	paging
	places []place // all of them
}

func (l placeList) path() string { return l.paging.path() }

// shown are the places of the page.
func (l placeList) shown() []place { return l.places[l.first-1 : l.last] }

// neighbours are the pages before and after one among its like. Each is nil where there is none.
type neighbours struct {
	before, after *place
}

// neighboursOf returns the neighbours of the i-th of places.
func neighboursOf(places []place, i int) neighbours {
	var n neighbours
	if i > 0 {
		n.before = &places[i-1]
	}
	if i+1 < len(places) {
		n.after = &places[i+1]
	}
	return n
}
