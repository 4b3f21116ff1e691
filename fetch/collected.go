package fetch

import (
	"fmt"
	"hash/maphash"
	"maps"

	"gpufleet/fetch/fleet"
)

// collected is the list as far as it has been read. Rows are identified only by their id.
type collected struct {
	instances []*fleet.Instance
	lastPage  []int32        // the last page that had the instance
	index     map[string]int // in instances, by id
	rowsRead  int            // including repeated ones
	pages     int
	total     fleet.Optional[int] // the latest total_instance
	warnings  fleet.Warnings
	// idWarnings and asCame are those of all pages.
	idWarnings fleet.Warnings
	asCame     fleet.AsCame
	// rowsWithoutID finds repeated rows without an id; nil if each counts as an instance.
	rowsWithoutID *rowsWithoutID
}

// rowsWithoutID finds rows without an id that may be repeated. Pages overlap if the API reads offset differently than
// we do, and then a row without an id would count twice. So a row that is equal to a row of an earlier page counts as
// that row: of equal rows, we count as many as the page with most of them has. That is never too many, so if the
// total is reached, the list is complete.
type rowsWithoutID struct {
	seed      maphash.Seed
	maxOnPage map[uint64]int // by hash: the most equal rows on one page
	onPage    map[uint64]int // by hash: the equal rows on the current page
	skipped   bool           // at least one row was taken for another
}

func newRowsWithoutID() *rowsWithoutID {
	return &rowsWithoutID{seed: maphash.MakeSeed(), maxOnPage: map[uint64]int{}, onPage: map[uint64]int{}}
}

// addFirstPage adds the first page. None of its rows can be repeated.
func (r *rowsWithoutID) addFirstPage(instances []*fleet.Instance, asCame fleet.AsCame) {
	for _, in := range instances {
		if asCame := asCame.Of(in); asCame.ID == "" {
			r.maxOnPage[r.hash(asCame)]++
		}
	}
}

// hash returns the hash of a row. The price is hashed by its digits: it contains a pointer, which differs between two
// readings of the same row. So do the hashes of secrets.
func (r *rowsWithoutID) hash(in *fleet.Instance) uint64 {
	type content struct {
		rest  fleet.Instance
		price string
	}
	c := content{*in, ""}
	if in.Price.Known {
		c.price = in.Price.Value.String()
	}
	c.rest.Price, c.rest.Secrets = fleet.Price{}, nil
	return maphash.Comparable(r.seed, c)
}

// isNew reports whether the current page has more rows equal to this one than every earlier page.
func (r *rowsWithoutID) isNew(in *fleet.Instance) bool {
	hash := r.hash(in)
	r.onPage[hash]++
	if r.onPage[hash] <= r.maxOnPage[hash] {
		r.skipped = true
		return false
	}
	return true
}

func (r *rowsWithoutID) endPage() {
	for hash, count := range r.onPage {
		r.maxOnPage[hash] = max(r.maxOnPage[hash], count)
	}
	clear(r.onPage)
}

func newCollected() *collected { return &collected{index: map[string]int{}, asCame: fleet.AsCame{}} }

// add adds a page. Of two rows with the same id, the later one counts. Rows without an id are separate instances (but
// see rowsWithoutID).
func (l *collected) add(p *page) error {
	if p.total.Known {
		l.total = p.total
	}
	l.pages++
	if l.pages == 1 {
		if p.noData && !(l.total.Known && l.total.Value == 0) {
			return replyError("data is null, but total_instance is not 0")
		}
	}
	l.rowsRead += len(p.rows)
	if len(l.instances)+len(p.rows) > fleet.MaxInstances {
		return errorf(BadAPI, "the list has more than %d rows; check --api-url",
			fleet.MaxInstances)
	}
	l.warnings.AddAll(p.warnings)
	l.idWarnings.AddAll(p.idWarnings)
	if l.rowsWithoutID != nil && l.pages == 2 { // not earlier: most lists have only one page
		l.rowsWithoutID.addFirstPage(l.instances, l.asCame)
	}
	maps.Copy(l.asCame, p.asCame)
	for i, in := range p.rows {
		asCame := p.asCame.Of(in) // its id counts even if it isn't shown
		if asCame.ID == "" && l.rowsWithoutID != nil && l.pages > 1 && !l.rowsWithoutID.isNew(asCame) {
			continue
		}
		row := fleet.Row{Page: l.pages, Number: i + 1}
		at, known := l.index[asCame.ID]
		switch {
		case asCame.ID == "" || !known:
			if asCame.ID == "" {
				l.warnings.AddRow(row, "no id; counted as a separate instance")
			} else {
				l.index[asCame.ID] = len(l.instances)
			}
			l.instances = append(l.instances, in)
			l.lastPage = append(l.lastPage, int32(l.pages))
		default:
			if l.lastPage[at] == int32(l.pages) {
				l.warnings.AddRow(row, "duplicate id; using this row instead of the earlier one")
			}
			l.instances[at] = in
			l.lastPage[at] = int32(l.pages)
		}
	}
	if l.rowsWithoutID != nil {
		l.rowsWithoutID.endPage()
	}
	return nil
}

// count returns how many instances the list has so far.
func (l *collected) count() int { return len(l.instances) }

// complete reports whether the list has all instances, as far as the replies say.
func (l *collected) complete() bool {
	return !l.total.Known || l.count() >= l.total.Value
}

// fleet returns the list, or an Incomplete error with both counts.
func (l *collected) fleet() (*fleet.Fleet, error) {
	switch {
	case !l.complete():
		return nil, errorf(Incomplete, "the list is incomplete: got %d of %s; "+
			"try again later, or add the missing pages with --input", l.count(), fleet.Counted(l.total.Value, "instance"))
	case !l.total.Known:
		l.warnings.Add("can't verify that the list is complete: the reply has no total_instance")
	case l.count() > l.total.Value:
		l.warnings.Add(fmt.Sprintf("the list has %s, but its total_instance is %d",
			fleet.Counted(l.count(), "instance"), l.total.Value))
	}
	return &fleet.Fleet{Instances: l.instances, Warnings: l.warnings, IDWarnings: l.idWarnings, AsCame: l.asCame}, nil
}
