package fetch

import (
	"fmt"

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
}

func newCollected() *collected { return &collected{place: map[string]int{}} }

// add takes a page's rows in: of two rows with one id the later wins, and rows without an id are instances of their own.
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
	if len(l.instances)+len(p.rows) > maxRows {
		return &Error{Kind: BadAPI, What: fmt.Sprintf("the list has more than %d rows, which no instance list has: check --api-url", maxRows)}
	}
	l.warnings.AddAll(p.warnings)
	for i, in := range p.rows {
		at, known := l.place[in.ID]
		switch {
		case in.ID == "" || !known:
			if in.ID != "" {
				l.place[in.ID] = len(l.instances)
			}
			l.instances = append(l.instances, in)
			l.lastPage = append(l.lastPage, int32(l.pages))
		default:
			if l.lastPage[at] == int32(l.pages) {
				l.warnings.AddRow(fleet.Row{Page: l.pages, Number: i + 1}, "its id stood in an earlier row: this row counts")
			}
			l.instances[at] = in
			l.lastPage[at] = int32(l.pages)
		}
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
		return nil, &Error{Kind: Incomplete, What: fmt.Sprintf("the list is incomplete: %d of %d instances came; try again later, or give the missing pages with --input too", l.count(), l.total.Value)}
	case !l.total.Known:
		l.warnings.Add("completeness unproven: the reply has no total_instance")
	case l.count() > l.total.Value:
		l.warnings.Add(fmt.Sprintf("the list holds %d instances, more than its total_instance of %d", l.count(), l.total.Value))
	}
	return &fleet.Fleet{Instances: l.instances, Warnings: l.warnings}, nil
}
