package fetch

import (
	"fmt"
	"hash/maphash"

	"gpufleet/fetch/fleet"
)

// collected is the list as far as it has been read. Rows are told apart by id alone.
type collected struct {
	instances []*fleet.Instance
	lastPage  []int32        // the page that each of them came from last
	place     map[string]int // of each id in instances
	seen      int            // rows, repeated ones too
	pages     int
	total     fleet.Optional[int] // the latest total_instance
	warnings  fleet.Warnings
	nameless  *nameless // nil where each row without an id counts, whatever came before
}

// nameless tells rows without an id that may be new from those that may have come before. Pages overlap where offset
// is not what it was taken for, and a row without an id would count again with each of them. So one that is like a
// row of an earlier page is taken for that row. What is counted then is never more than there is: of each content, as
// many rows as the page with most of them has. Where that reaches the total the list is whole.
type nameless struct {
	seed   maphash.Seed
	most   map[uint64]int // of each content (a hash), the most rows of one page
	here   map[uint64]int // of each content, the rows of the page under way
	passed bool           // a row has been taken for another
}

func newNameless() *nameless {
	return &nameless{seed: maphash.MakeSeed(), most: map[uint64]int{}, here: map[uint64]int{}}
}

// addFirst takes in the first page, of which no row can have come before.
func (n *nameless) addFirst(instances []*fleet.Instance) {
	for _, in := range instances {
		if in.ID == "" {
			n.most[n.content(in)]++
		}
	}
}

// content returns the hash of a row. An amount counts by its digits: it has a pointer within, which differs where it
// was read twice.
func (n *nameless) content(in *fleet.Instance) uint64 {
	type content struct {
		rest  fleet.Instance
		price string
	}
	c := content{*in, ""}
	if in.Price.Known {
		c.price = in.Price.Value.String()
	}
	c.rest.Price = fleet.Price{}
	return maphash.Comparable(n.seed, c)
}

// isNew reports whether a row is more than what earlier pages had of its content.
func (n *nameless) isNew(in *fleet.Instance) bool {
	content := n.content(in)
	n.here[content]++
	if n.here[content] <= n.most[content] {
		n.passed = true
		return false
	}
	return true
}

// endPage ends the page under way.
func (n *nameless) endPage() {
	for content, count := range n.here {
		n.most[content] = max(n.most[content], count)
	}
	clear(n.here)
}

func newCollected() *collected { return &collected{place: map[string]int{}} }

// add takes a page's rows in: of two rows with one id the later wins, and rows without an id are instances of their
// own (but see nameless).
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
	l.seen += len(p.rows)
	if len(l.instances)+len(p.rows) > fleet.MaxInstances {
		return errorf(BadAPI, "the list has more than %d rows, which no instance list has: check --api-url",
			fleet.MaxInstances)
	}
	l.warnings.AddAll(p.warnings)
	if l.nameless != nil && l.pages == 2 { // most lists have one page, and none of this is needed
		l.nameless.addFirst(l.instances)
	}
	for i, in := range p.rows {
		if in.ID == "" && l.nameless != nil && l.pages > 1 && !l.nameless.isNew(in) {
			continue
		}
		row := fleet.Row{Page: l.pages, Number: i + 1}
		at, known := l.place[in.ID]
		switch {
		case in.ID == "" || !known:
			if in.ID == "" {
				l.warnings.AddRow(row, "no id: counted as an instance of its own")
			} else {
				l.place[in.ID] = len(l.instances)
			}
			l.instances = append(l.instances, in)
			l.lastPage = append(l.lastPage, int32(l.pages))
		default:
			if l.lastPage[at] == int32(l.pages) {
				l.warnings.AddRow(row, "its id stood in an earlier row: this row counts")
			}
			l.instances[at] = in
			l.lastPage[at] = int32(l.pages)
		}
	}
	if l.nameless != nil {
		l.nameless.endPage()
	}
	return nil
}

// count is how many instances the list holds so far.
func (l *collected) count() int { return len(l.instances) }

// complete reports whether the list is all that there is, as far as anyone can know.
func (l *collected) complete() bool {
	return !l.total.Known || l.count() >= l.total.Value
}

// fleet returns the collected list, or an Incomplete error that names both numbers.
func (l *collected) fleet() (*fleet.Fleet, error) {
	switch {
	case !l.complete():
		return nil, errorf(Incomplete, "the list is incomplete: %d of %d instances came; "+
			"try again later, or give the missing pages with --input too", l.count(), l.total.Value)
	case !l.total.Known:
		l.warnings.Add("completeness unproven: the reply has no total_instance")
	case l.count() > l.total.Value:
		l.warnings.Add(fmt.Sprintf("the list holds %d instances, more than its total_instance of %d",
			l.count(), l.total.Value))
	}
	return &fleet.Fleet{Instances: l.instances, Warnings: l.warnings}, nil
}
