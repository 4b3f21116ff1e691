package fetch

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/jsonscan"
)

// The bounds of a product list. A product with a longer name of its region, model or type is passed over: the list is
// kept whole in memory, and no known name has a fifth of that length.
const (
	maxProducts    = 100_000
	maxProductName = 128 // bytes
)

// Products is what the provider rents out, with prices. Those that are out of stock are among them: they tell a price
// too. Of a model in a region, products with one number of GPUs and one product type are one.
type Products struct {
	prices  map[productKey]productPrice
	counts  map[productKey][]int // of a region and model, ascending; the key holds no more than these
	read    int
	noData  bool // data was null, as in a reply that reports a failure
	useless int  // products that lack a region, a model, a count or a price
}

// productKey is what products are told apart by. A productType of "" stands for all.
type productKey struct {
	region, gpu, productType string
	gpuCount                 int
}

type productPrice struct {
	lowest fleet.Money // per hour
	differ bool        // whether there are others
}

// Products fetches the product list, {API_URL}/computing/products. The error is as that of Instances.
func (c *Client) Products(ctx context.Context) (products *Products, err error) {
	err = c.inTime(ctx, func(ctx context.Context) error {
		return c.get(ctx, c.endpoint("/computing/products"), func(body io.Reader) (err error) {
			products, err = decodeProducts(body)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	c.log("%d products", products.read)
	return products, nil
}

// decodeProducts reads {"data": {REGION: {GPU_TYPE: [product, …]}}, "message": "…", "status": "success"}.
// Its errors are those of decodePage.
func decodeProducts(reply io.Reader) (*Products, error) {
	p := &Products{prices: map[productKey]productPrice{}, counts: map[productKey][]int{}}
	d := newDecoder()
	trouble, err := d.decodeEnvelope(reply, func(s *jsonscan.Scanner) error { return p.decodeRegions(d, s) }, nil)
	switch {
	case err != nil:
		return nil, err
	case trouble != tokenFine:
		return nil, trouble.err()
	case p.noData:
		return nil, replyError("data is null, not an object")
	}
	for _, counts := range p.counts {
		slices.Sort(counts)
	}
	return p, nil
}

// decodeRegions reads the value of data.
func (p *Products) decodeRegions(d *decoder, s *jsonscan.Scanner) error {
	if kind, err := s.Kind(); err == nil && kind == jsonscan.Null {
		p.noData = true
		return s.Skip()
	}
	if err := wantKind(s, jsonscan.Object, "data"); err != nil {
		return err
	}
	return s.Object(func(name []byte) error {
		region, _ := fleet.CleanText(name, false)
		if err := wantKind(s, jsonscan.Object, "a region of data"); err != nil {
			return err
		}
		return s.Object(func([]byte) error {
			if err := wantKind(s, jsonscan.Array, "a GPU type of data"); err != nil {
				return err
			}
			return s.Array(func() error { return p.decodeProduct(d, s, region) })
		})
	})
}

// wantKind reports an error where the next value is of another kind.
func wantKind(s *jsonscan.Scanner, want jsonscan.Kind, name string) error {
	kind, err := s.Kind()
	if err == nil && kind != want {
		err = replyError(fmt.Sprintf("%s is %v, not %v", name, kind, want))
	}
	return err
}

// decodeProduct reads a product. What it shares with an instance is read as that of an instance; a product that does
// not name its region is of the region that it stands under.
func (p *Products) decodeProduct(d *decoder, s *jsonscan.Scanner, region string) error {
	if err := wantKind(s, jsonscan.Object, "a product"); err != nil {
		return err
	}
	if p.read++; p.read > maxProducts {
		return errorf(BadAPI, "the reply has more than %d products, which no product list has: check --api-url",
			maxProducts)
	}
	var in fleet.Instance
	var odd fleet.Warnings // those products are counted instead
	r := rowReader{decoder: d, s: s, warnings: &odd, in: &in, reading: &d.start}
	hourly := true
	if err := s.Object(func(name []byte) error {
		if string(name) != "cycle" {
			return r.member(name)
		}
		kind, cycle, _, err := scalar(s, maxNumber)
		hourly = kind == jsonscan.Null || len(cycle) == 0 || strings.EqualFold(string(cycle), "hourly")
		return err
	}); err != nil {
		return err
	}
	if in.Region == "" {
		in.Region = region
	}
	if in.GPU == "" {
		in.GPU = in.GPUType
	}
	longest := max(len(in.Region), len(in.GPU), len(in.ProductType))
	if in.Region == "" || in.GPU == "" || longest > maxProductName || !hourly || !in.GPUCount.Known || !in.Price.Known {
		p.useless++
		return nil
	}
	if in.GPUCount.Value > 0 { // the price of one without GPUs goes by its cores, of which there may be any number
		p.add(productKey{in.Region, in.GPU, in.ProductType, int(in.GPUCount.Value)}, in.Price.Value)
	}
	return nil
}

// add takes a product in, under its product type and under all.
func (p *Products) add(key productKey, price fleet.Money) {
	types := []string{key.productType, ""}
	for _, productType := range types[:min(len(types), 1+len(key.productType))] {
		key.productType = productType
		known, there := p.prices[key]
		switch {
		case !there:
			known.lowest = price
		case known.lowest.Cmp(price) != 0:
			known.differ = true
			if price.Cmp(known.lowest) < 0 {
				known.lowest = price
			}
		}
		p.prices[key] = known
		if !there && productType == "" {
			model := productKey{region: key.region, gpu: key.gpu}
			p.counts[model] = append(p.counts[model], key.gpuCount)
		}
	}
}

// Apply gives each instance that has no price the price of a product of its region and model. It adds to the list's
// warnings where the product list left a choice.
func (p *Products) Apply(list *fleet.Fleet) {
	if p.useless > 0 {
		list.Warnings.Add(fmt.Sprintf("product list: %d of %d products lack a region, a model, a count or a price "+
			"that can be read: not used", p.useless, p.read))
	}
	differ := 0
	for _, in := range list.Instances {
		if !in.Price.Known && p.price(in) {
			differ++
		}
	}
	if differ > 0 {
		list.Warnings.Add(fmt.Sprintf("product list: products of one region, model and GPU count have several prices: "+
			"the lowest is taken (instances: %d)", differ))
	}
}

// price sets the price of an instance if there is a product for it, and reports whether that was the lowest of
// several prices. A product with as many GPUs counts, else the one with the most GPUs below that, else the one with
// the fewest, scaled. Of these, one of the instance's product type counts before the others.
func (p *Products) price(in *fleet.Instance) (differ bool) {
	gpus := int(in.GPUs().Value)
	key := productKey{region: in.Region, gpu: in.GPU}
	counts := p.counts[key]
	if gpus == 0 || len(counts) == 0 { // 0 is an unknown count too
		return false
	}
	at, exact := slices.BinarySearch(counts, gpus)
	if !exact {
		at = max(0, at-1)
	}
	key.gpuCount, key.productType = counts[at], in.ProductType
	price, ok := p.prices[key]
	if !ok {
		key.productType = ""
		price = p.prices[key]
	}
	in.Price, in.PriceSource = fleet.Known(price.lowest), fleet.ProductsPrice
	if !exact {
		in.Price, in.PriceSource = fleet.Known(scaled(price.lowest, counts[at], gpus)), fleet.ScaledPrice
	}
	return price.differ
}

// scaled returns what so many GPUs cost at the price of others: exactly, or where that has no end, rounded half up.
func scaled(price fleet.Money, of, gpus int) fleet.Money {
	const exactPlaces, roundedPlaces = 40, 12
	by, all := decimal.NewFromInt(int64(of)), price.Times(decimal.NewFromInt(int64(gpus)))
	if exact := all.Divided(by, exactPlaces); exact.Times(by).Cmp(all) == 0 {
		return exact
	}
	return all.Divided(by, roundedPlaces)
}
