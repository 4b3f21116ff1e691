package report

import (
	"cmp"
	"slices"
	"strings"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
)

// Dimension is a way to divide the fleet and its spend. Each has a list of all its parts, a page and a row of the
// workbook for each part, a table in the summary, a column in files, and a choice in the live table of instances.
type Dimension struct {
	history.Dimension        // its name in files and addresses, and where spend has it
	Title, Noun       string // "GPU model"; in a sentence
	Plural            string // "GPU models"
	Folder            string // of its pages
	Description       string // of its column

	usual func(slug string) string // the usual spelling of a name: RTX-A6000, but ml
}

// GPUDimension is the name of the dimension of GPU models.
const GPUDimension = "gpu"

// allDimensions returns all dimensions, in the order of the site.
func allDimensions() []Dimension {
	words := map[string]Dimension{
		"region": {Title: "Region", Plural: "Regions", Folder: regionsFolder,
			usual:       strings.ToUpper,
			Description: "The region."},
		GPUDimension: {Title: "GPU model", Noun: "GPU model", Plural: "GPU models", Folder: modelsFolder,
			usual:       strings.ToUpper,
			Description: "The GPU model."},
		history.Owner.Name: {Title: "Owner", Plural: "Owners", Folder: ownersFolder,
			usual:       strings.ToLower,
			Description: "Whose instances they are, or were at that time: a name of the owner file, or Unassigned."},
		history.Account.Name: {Title: "Account", Plural: "Accounts", Folder: accountsFolder,
			usual:       strings.ToLower,
			Description: "The account that the instances are in, or were in at that time."},
	}
	var all []Dimension
	for _, d := range history.Dimensions {
		dimension := words[d.Name]
		dimension.Dimension = d
		dimension.Noun = cmp.Or(dimension.Noun, strings.ToLower(dimension.Title))
		all = append(all, dimension)
	}
	return all
}

// IsPlace reports whether a dimension is the region or the GPU model, by which the provider divides the fleet.
func (d Dimension) IsPlace() bool {
	return d.Folder == regionsFolder || d.Folder == modelsFolder
}

// Has reports whether the fleet is divided by a dimension, given its name. Regions and GPU models always are.
func (s Settings) Has(dimension string) bool {
	switch dimension {
	case history.Owner.Name:
		return s.Owners
	case history.Account.Name:
		return len(s.Accounts) > 0
	}
	return true
}

// nameless returns the name of what has none in a dimension, because that was or is not given: spend and instances of
// earlier runs, or those of this run. It is "" for regions and GPU models, which are always given.
func (s Settings) nameless(dimension string) string {
	switch {
	case dimension == history.Owner.Name:
		return fleet.Unassigned
	case dimension != history.Account.Name:
		return ""
	case len(s.Accounts) > 0:
		return s.Accounts[0]
	}
	return fleet.NoAccount
}

// dimensions returns the dimensions that the fleet is divided by.
func (s Settings) dimensions() []Dimension {
	return slices.DeleteFunc(allDimensions(), func(d Dimension) bool { return !s.Has(d.Name) })
}

// Division is the fleet divided by a dimension.
type Division struct {
	Dimension
	Parts []*Part // sorted by name
}

// Owned returns the fleet divided by owners, nil without an owner file.
func (r *Report) Owned() *Division {
	for _, d := range r.Divisions {
		if d.Name == history.Owner.Name {
			return d
		}
	}
	return nil
}

// Largest returns the n parts with the most instances, in the order of Parts.
func (d *Division) Largest(n int) []*Part {
	return largest(d.Parts, n, func(a, b *Part) int { return cmp.Compare(a.Count, b.Count) })
}

// Part is what the fleet has of one name: a region, a GPU model, an owner, an account.
type Part struct {
	Dimension
	Name, Slug string
	Index      int  // in the division
	HasPage    bool // its own; false if there are too many parts
	Totals
	Combinations []*Combination // in the order of the report
	Groups       []*Group       // of a region, sorted by model; of a model, sorted by region; of no other part
	// Cheapest and MostExpensive are the groups of a model with the lowest and the highest cost per GPU-hour, the first of
	// equal ones. They are nil if no cost is known.
	Cheapest, MostExpensive *Group
}

// Label returns the name for people; see fleet.Visible.
func (p *Part) Label() string { return fleet.Visible(p.Name) }

// Piece is what two parts of different dimensions have in common.
type Piece struct {
	*Part  // the other one
	Totals *Totals
	path   string
}

// Path returns the path of the piece's instances: the page of its group, or the Instances page with only these.
func (p Piece) Path() string { return p.path }

// Others returns the divisions by other dimensions than the part's.
func (r *Report) Others(p *Part) []*Division {
	return slices.DeleteFunc(slices.Clone(r.Divisions), func(d *Division) bool { return d.Name == p.Dimension.Name })
}

// Pieces divides a part by another dimension, sorted by name.
func (r *Report) Pieces(p *Part, by *Division) []Piece {
	at := slices.Index(r.Divisions, by)
	common := map[*Part][]*Combination{}
	for _, c := range p.Combinations {
		common[c.Parts[at]] = append(common[c.Parts[at]], c)
	}
	pieces := make([]Piece, 0, len(common))
	for part, combinations := range common {
		totals := sumCombinations(combinations, r.HoursPerMonth)
		totals.setShare(r.Listed.PerHour)
		piece := Piece{part, &totals, filteredPath(p, part)}
		if group := combinations[0].Group; len(p.Groups) > 0 && len(part.Groups) > 0 {
			piece.path = group.Path()
		}
		pieces = append(pieces, piece)
	}
	slices.SortFunc(pieces, func(a, b Piece) int { return cmp.Compare(a.Index, b.Index) })
	return pieces
}

// MatchedBy says what identifies an instance in two lists: "ID", "account and ID".
func (s Settings) MatchedBy() string {
	if s.Has(history.Account.Name) {
		return "account and ID"
	}
	return "ID"
}

// CombinationNoun names what a combination has one of each: "region and GPU model".
func (r *Report) CombinationNoun() string { return r.nouns("and") }

// StatusOrDimension names what changes no sum if it is edited: "status, region or GPU model".
func (r *Report) StatusOrDimension() string { return r.nouns("or", "status") }

// nouns lists the nouns of the dimensions after those given.
func (r *Report) nouns(conjunction string, list ...string) string {
	for _, d := range r.Divisions {
		list = append(list, d.Noun)
	}
	last := len(list) - 1
	return strings.Join(list[:last], ", ") + " " + conjunction + " " + list[last]
}
