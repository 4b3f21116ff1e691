package fetch

import (
	"context"
	"errors"
	"io"

	"gpufleet/fetch/fleet"
)

// maxPasses is how often the list is read: lists move while they are read in pages. That a pass comes out short is
// all that shows it, since a list that loses a row as it gains another keeps its total.
const maxPasses = 3

// readAll reads the list until a pass is complete.
func (c *Client) readAll(ctx context.Context) (*fleet.Fleet, error) {
	for number := 1; ; number++ {
		p := newPass(c)
		p.list.nameless = newNameless()
		if err := p.read(ctx); err != nil {
			return nil, err
		}
		list, err := p.list.fleet()
		if err == nil || number == maxPasses {
			return list, err
		}
		if number == maxPasses-1 && p.list.nameless.passed {
			return c.readAlike(ctx, err)
		}
	}
}

// readAlike is the last reading of a list that is short unless rows without an id that are alike are instances of
// their own. Where it does not prove that they are, short is returned: nobody can say then what the figures are.
func (c *Client) readAlike(ctx context.Context, short error) (*fleet.Fleet, error) {
	p := newPass(c)
	proven, err := p.readByRows(ctx)
	switch {
	case err != nil:
		return nil, err
	case !proven:
		return nil, short
	}
	// The list may have moved, though: a row that comes as another goes pushes one over the edge of a page, where it
	// comes twice.
	p.list.warnings.Add("completeness unproven: rows without an id are alike, and each counts")
	return p.list.fleet()
}

// pass is one reading of the list, from its first page on.
type pass struct {
	client  *Client
	decoder *decoder
	list    *collected
}

func newPass(c *Client) *pass {
	return &pass{client: c, decoder: newDecoder(), list: newCollected()}
}

// readByRows reads pages by the one reading of offset as rows, and reports whether that is how the API reads it:
// nothing stands at offset = total, and before it come as many rows as total. An API that counts pages, gives one
// page for ever, or its last page for every one behind it, fails one of the two.
func (p *pass) readByRows(ctx context.Context) (proven bool, err error) {
	first, err := p.page(ctx, 0, 0)
	if err != nil || p.list.complete() || len(first.rows) == 0 {
		return err == nil, err
	}
	limit, total := len(first.rows), p.list.total
	if behind, _, err := p.probe(ctx, limit, total.Value); err != nil || behind > 0 {
		return false, err
	}
	for p.list.seen < total.Value {
		rows, _, err := p.probe(ctx, limit, p.list.seen)
		if err != nil || rows == 0 || p.list.total != total {
			return false, err
		}
	}
	return p.list.count() == total.Value, nil
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

// probe reads a page that may not be there: an API that refuses to give it says the same as one that gives none. It
// returns how many rows came, and how many of them are new.
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
	if err := p.list.add(got); err != nil {
		return nil, err
	}
	p.client.log("page %d: %d rows, %d instances so far", p.list.pages, len(got.rows), p.list.count())
	if p.client.Progress != nil {
		p.client.Progress(p.list.pages, p.list.count())
	}
	return got, nil
}
