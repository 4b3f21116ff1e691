package report

import (
	"cmp"
	"fmt"
)

// MaxPages is how many regions have a page of their own, and how many models and groups. A manifest with the files of
// two runs is then far below its limits.
const MaxPages = 20_000

// choosePages gives pages to the regions, models and groups with the most instances, at most `most` of each kind. It
// warns if any has no page.
func (r *Report) choosePages(groups []*Group, most int) {
	for _, region := range r.LargestRegions(most) {
		region.HasPage = true
	}
	for _, model := range r.LargestModels(most) {
		model.HasPage = true
	}
	for _, group := range largest(groups, most, func(a, b *Group) int { return cmp.Compare(a.Count, b.Count) }) {
		group.HasPage = true
	}
	r.warnWithoutPage("regions", len(r.Regions), most)
	r.warnWithoutPage("GPU models", len(r.Models), most)
	r.warnWithoutPage("GPU models in regions", len(groups), most)
}

func (r *Report) warnWithoutPage(what string, count, most int) {
	if count > most {
		r.Warnings = append(r.Warnings, fmt.Sprintf("of %s %s, only the %s largest have a page of their own; "+
			"links to the others lead to their instances on the page Instances",
			FormatCount(count), what, FormatCount(most)))
	}
}
