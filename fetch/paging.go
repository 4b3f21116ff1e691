package fetch

import (
	"context"
	"errors"
	"hash/maphash"
	"io"
	"slices"

	"gpufleet/fetch/fleet"
)

// maxPasses is how often the list is read: lists move while they are read in pages. That a pass comes out short is all that
// shows it, since a list that loses a row as it gains another keeps its total.
const maxPasses = 3

// readAll reads the list until a pass is complete.
func (c *Client) readAll(ctx context.Context) (*fleet.Fleet, error) {
	for number := 1; ; number++ {
		p := newPass(c)
		if err := p.read(ctx); err != nil {
			return nil, err
		}
		list, err := p.list.fleet()
		if err == nil || number == maxPasses {
			return list, err
		}
	}
}

// pass is one reading of the list, from its first page on.
type pass struct {
	client  *Client
	decoder *decoder
	list    *collected
	seed    maphash.Seed
	pages   map[uint64]bool // the pages so far, each as a hash of its rows
}

func newPass(c *Client) *pass {
	return &pass{client: c, decoder: newDecoder(), list: newCollected(), seed: maphash.MakeSeed(), pages: map[uint64]bool{}}
}

// isRepeat reports whether the same rows have come as a page before, as from an API that does not know offset, or gives its
// last page for every one behind it. Rows without an id would count again otherwise.
func (p *pass) isRepeat(got *page) bool {
	var h maphash.Hash
	h.SetSeed(p.seed)
	for _, in := range got.rows {
		maphash.WriteComparable(&h, *in)
	}
	sum := h.Sum64()
	repeated := p.pages[sum]
	p.pages[sum] = true
	return repeated
}

// read reads pages until the list is complete or nothing new comes. Whether offset counts rows or pages is
// not certain, so first it is tried as rows, then as pages.
func (p *pass) read(ctx context.Context) error {
	first, err := p.page(ctx, 0, 0)
	if err != nil || p.list.complete() || len(first.rows) == 0 {
		return err
	}
	limit := len(first.rows)
	productive := 0 // pages that brought something under the reading as rows
	for !p.list.complete() {
		_, fresh, err := p.probe(ctx, limit, p.list.seen)
		if err != nil {
			return err
		}
		if fresh == 0 {
			break
		}
		productive++
	}
	// Under the reading as pages, the pages that the first reading met by chance bring nothing new again. Nor do the
	// first ones where the API gives fewer rows a page than it was asked for: the plain reply held several of them.
	for number, barren := 2, 0; !p.list.complete(); number++ {
		rows, fresh, err := p.probe(ctx, limit, number)
		if err != nil {
			return err
		}
		if barren++; fresh > 0 {
			barren = 0
		}
		if rows == 0 || barren > productive+limit/rows {
			return nil
		}
	}
	return nil
}

// probe reads a page that may not be there: an API that refuses to give it says the same as one that gives none. It returns
// how many rows came, and how many of them are new.
func (p *pass) probe(ctx context.Context, limit, offset int) (rows, fresh int, err error) {
	before := p.list.count()
	got, err := p.page(ctx, limit, offset)
	var known *Error
	if errors.As(err, &known) && known.refused {
		p.client.log("%v: taken for an empty page", err)
		return 0, 0, nil
	}
	if err != nil {
		return 0, 0, err
	}
	return len(got.rows), p.list.count() - before, nil
}

// page reads one page and collects its rows.
func (p *pass) page(ctx context.Context, limit, offset int) (*page, error) {
	var got *page
	err := p.client.get(ctx, p.client.instancesURL(limit, offset), func(body io.Reader) (err error) {
		got, err = p.decoder.decodePage(body, p.list.pages+1)
		return err
	})
	if err != nil {
		return nil, err
	}
	if p.isRepeat(got) {
		got.rows = slices.DeleteFunc(got.rows, func(in *fleet.Instance) bool { return in.ID == "" })
	}
	if err := p.list.add(got); err != nil {
		return nil, err
	}
	p.client.log("page %d: %d rows, %d instances so far", p.list.pages, len(got.rows), p.list.count())
	if p.client.Progress != nil {
		p.client.Progress(p.list.pages, p.list.count())
	}
	return got, nil
}
