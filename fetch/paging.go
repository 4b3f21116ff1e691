package fetch

import (
	"context"
	"errors"
	"io"

	"gpufleet/fetch/fleet"
)

// maxPasses is the maximum number of times that the list is read. A list may change while its pages are read. The only
// sign of that is that instances are missing at the end: a list that loses one row and gains another keeps its total.
const maxPasses = 3

// readAll reads the list again until it is complete, at most maxPasses times.
func (c *Client) readAll(ctx context.Context) (*fleet.Fleet, error) {
	for number := 1; ; number++ {
		p := newPass(c)
		p.list.rowsWithoutID = newRowsWithoutID()
		if err := p.read(ctx); err != nil {
			return nil, err
		}
		list, err := p.list.fleet()
		if err == nil || number == maxPasses {
			return list, err
		}
		if number == maxPasses-1 && p.list.rowsWithoutID.skipped {
			return c.readWithDuplicates(ctx, err)
		}
	}
}

// readWithDuplicates reads a list that is complete only if equal rows without an id are separate instances. It returns
// incomplete, the error of the previous pass, if it can't prove that they are.
func (c *Client) readWithDuplicates(ctx context.Context, incomplete error) (*fleet.Fleet, error) {
	p := newPass(c)
	proven, err := p.readByRows(ctx)
	switch {
	case err != nil:
		return nil, err
	case !proven:
		return nil, incomplete
	}
	// Still, the list may have changed: if one row was added and another removed meanwhile, a row may have moved to the
	// next page and been read twice.
	p.list.warnings.Add("can't verify that the list is complete: " +
		"identical rows without an id are counted separately")
	return p.list.fleet()
}

// pass is one reading of the whole list.
type pass struct {
	client  *Client
	decoder *decoder
	list    *collected
}

func newPass(c *Client) *pass {
	return &pass{client: c, decoder: newDecoder(c.Account), list: newCollected()}
}

// readByRows reads pages with offset as a number of rows, and reports whether the API reads offset that way: there are
// no rows at offset = total, and exactly total rows before. This is not so for an API that counts pages, always sends
// the same page, or sends its last page for all later ones.
func (p *pass) readByRows(ctx context.Context) (proven bool, err error) {
	first, err := p.page(ctx, 0, 0)
	if err != nil || p.list.complete() || len(first.rows) == 0 {
		return err == nil, err
	}
	limit, total := len(first.rows), p.list.total
	if beyond, _, err := p.probe(ctx, limit, total.Value); err != nil || beyond > 0 {
		return false, err
	}
	for p.list.rowsRead < total.Value {
		rows, _, err := p.probe(ctx, limit, p.list.rowsRead)
		if err != nil || rows == 0 || p.list.total != total {
			return false, err
		}
	}
	return p.list.count() == total.Value, nil
}

// read reads pages until the list is complete or there is nothing new. The API does not document whether offset counts
// rows or pages, so read tries rows first, then pages.
func (p *pass) read(ctx context.Context) error {
	first, err := p.page(ctx, 0, 0)
	if err != nil || p.list.complete() || len(first.rows) == 0 {
		return err
	}
	limit := len(first.rows)
	productive := 0 // pages with new rows while offset counts rows
	for !p.list.complete() {
		_, fresh, err := p.probe(ctx, limit, p.list.rowsRead)
		if err != nil {
			return err
		}
		if fresh == 0 {
			break
		}
		productive++
	}
	// If offset counts pages, those that we have already read by chance bring nothing new. Nor do the first ones if the
	// API sends fewer rows per page than requested: the reply without a limit had the rows of several pages.
	for number, unproductive := 2, 0; !p.list.complete(); number++ {
		rows, fresh, err := p.probe(ctx, limit, number)
		if err != nil {
			return err
		}
		if unproductive++; fresh > 0 {
			unproductive = 0
		}
		if rows == 0 || unproductive > productive+limit/rows {
			return nil
		}
	}
	return nil
}

// probe reads a page that may not exist. A refused request counts as an empty page. It returns how many rows the page
// has, and how many of them are new.
func (p *pass) probe(ctx context.Context, limit, offset int) (rows, fresh int, err error) {
	before := p.list.count()
	got, err := p.page(ctx, limit, offset)
	var known *Error
	if errors.As(err, &known) && known.refused {
		p.client.log("%v: treated as an empty page", err)
		return 0, 0, nil
	}
	if err != nil {
		return 0, 0, err
	}
	return len(got.rows), p.list.count() - before, nil
}

// page reads one page and adds its rows to the list.
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
	p.client.log("page %d: %s, %s so far", p.list.pages, fleet.Counted(len(got.rows), "row"),
		fleet.Counted(p.list.count(), "instance"))
	if p.client.Progress != nil {
		p.client.Progress(p.list.pages, p.list.count())
	}
	return got, nil
}
