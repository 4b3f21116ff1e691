package report

import (
	"cmp"
	"fmt"
)

// MaxPages is how many parts of a dimension have a page of their own, and how many groups. A manifest with the files of
// two runs is then far below its limits.
const MaxPages = 20_000

// choosePages gives pages to the parts of each dimension and the groups with the most instances, at most `most` of each
// kind. It warns if any has no page.
func (r *Report) choosePages(most int) {
	for _, d := range r.Divisions {
		for _, part := range d.Largest(most) {
			part.HasPage = true
		}
		r.warnWithoutPage(d.Noun+"s", len(d.Parts), most)
	}
	groups := r.Groups()
	for _, group := range largest(groups, most, func(a, b *Group) int { return cmp.Compare(a.Count, b.Count) }) {
		group.HasPage = true
	}
	r.warnWithoutPage("GPU models in regions", len(groups), most)
}

func (r *Report) warnWithoutPage(what string, count, most int) {
	if count > most {
		r.Warnings = append(r.Warnings, fmt.Sprintf("of %s %s, only the %s largest have a page of their own; "+
			"links to the others lead to their instances on the page Instances",
			FormatCount(count), what, FormatCount(most)))
	}
}
