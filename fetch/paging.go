package fetch

import (
	"context"
	"io"

	"gpufleet/fetch/fleet"
)

// maxPasses is how often the list is read: lists move while they are read in pages.
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
}

func newPass(c *Client) *pass {
	return &pass{client: c, decoder: newDecoder(), list: newCollected()}
}

// read reads pages until the list is complete or nothing new comes. Whether offset counts rows or pages is
// not certain, so first it is tried as rows, then as pages.
func (p *pass) read(ctx context.Context) error {
	first, err := p.page(ctx, 0, 0)
	if err != nil {
		return err
	}
	if p.list.complete() || len(first.rows) == 0 {
		return nil
	}
	limit := len(first.rows)
	productive := 0 // pages that brought something under the reading as rows
	for !p.list.complete() {
		before := p.list.count()
		if _, err := p.page(ctx, limit, p.list.seen); err != nil {
			return err
		}
		if p.list.count() == before {
			break
		}
		productive++
	}
	// Under the reading as pages, the pages that the first reading met by chance bring nothing new again.
	for number, barren := 2, 0; !p.list.complete() && barren <= productive; number++ {
		before := p.list.count()
		brought, err := p.page(ctx, limit, number)
		if err != nil {
			return err
		}
		if len(brought.rows) == 0 {
			break
		}
		if p.list.count() == before {
			barren++
		}
	}
	return nil
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
