package fetch

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/jsonscan"
)

// Limits of a product list, which is kept in memory. Products with a longer region, model or type are skipped; the
// longest known name has less than a fifth of that.
const (
	maxProducts    = 100_000
	maxProductName = 128 // bytes
)

// Products has the prices of the provider's products, including those that are out of stock. Products with the same
// region, model, number of GPUs and product type are merged.
type Products struct {
	prices  map[productKey]productPrice
	counts  map[productKey][]int // GPU counts by region and model, ascending; the key has only these two
	read    int
	spot    int  // spot offers, which can be withdrawn at any time: they price no instance
	noData  bool // data was null, as in a reply that reports a failure
	skipped int  // products without a region, model, GPU count or hourly price

	row fleet.Instance // the product that is being decoded
}

// productKey identifies a product. An empty productType matches all types.
type productKey struct {
	region, gpu, productType string
	gpuCount                 int
}

type productPrice struct {
	lowest fleet.Money // per hour
	differ bool        // there are others
}

// Products fetches the product list, {API_URL}/computing/products. The error is like that of Instances.
func (c *Client) Products(ctx context.Context) (products *Products, err error) {
	err = c.withDeadline(ctx, func(ctx context.Context) error {
		return c.get(ctx, c.endpoint("/computing/products"), func(body io.Reader) (err error) {
			products, err = decodeProducts(body)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	c.log("%s read, %s ignored", fleet.Counted(products.read, "product"), fleet.Counted(products.spot, "spot offer"))
	return products, nil
}

// decodeProducts reads {"data": {REGION: {GPU_TYPE: [product, …]}}, "message": "…", "status": "success"}.
// Its errors are like those of decodePage.
func decodeProducts(reply io.Reader) (*Products, error) {
	p := &Products{prices: map[productKey]productPrice{}, counts: map[productKey][]int{}}
	d := newDecoder("")
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
		if err := wantKind(s, jsonscan.Object, "a region in data"); err != nil {
			return err
		}
		return s.Object(func([]byte) error {
			if err := wantKind(s, jsonscan.Array, "a GPU type in data"); err != nil {
				return err
			}
			return s.Array(func() error { return p.decodeProduct(d, s, region) })
		})
	})
}

// wantKind returns an error if the next value has another kind.
func wantKind(s *jsonscan.Scanner, want jsonscan.Kind, name string) error {
	kind, err := s.Kind()
	if err == nil && kind != want {
		err = replyError(fmt.Sprintf("%s is %v, not %v", name, kind, want))
	}
	return err
}

// decodeProduct reads a product. Its fields are decoded like those of an instance. A product without a region belongs
// to the region that lists it.
func (p *Products) decodeProduct(d *decoder, s *jsonscan.Scanner, region string) error {
	if err := wantKind(s, jsonscan.Object, "a product"); err != nil {
		return err
	}
	if p.read++; p.read > maxProducts {
		return errorf(BadAPI, "the reply has more than %d products; check --api-url",
			maxProducts)
	}
	defer d.secrets.wipe()
	in := &p.row
	*in = fleet.Instance{}
	var ignored fleet.Warnings // skipped products are counted instead
	r := rowReader{decoder: d, s: s, warnings: &ignored, in: in, reading: &d.start}
	hourly, spot := true, false
	if err := s.Object(func(name []byte) error {
		switch string(name) {
		case "cycle":
			kind, cycle, _, err := scalar(s, maxNumber)
			hourly = kind == jsonscan.Null || len(cycle) == 0 || strings.EqualFold(string(cycle), "hourly")
			return err
		case "is_spot":
			isSpot, err := decodeSpot(s)
			spot = spot || isSpot
			return err
		}
		return r.member(name)
	}); err != nil {
		return err
	}
	if spot {
		p.spot++
		return nil
	}
	if in.Region == "" {
		in.Region = region
	}
	if in.GPU == "" {
		in.GPU = in.GPUType
	}
	longest := max(len(in.Region), len(in.GPU), len(in.ProductType))
	if in.Region == "" || in.GPU == "" || longest > maxProductName || !hourly || !in.GPUCount.Known || !in.Price.Known {
		p.skipped++
		return nil
	}
	if in.GPUCount.Value > 0 { // without GPUs the price depends on the number of cores
		p.add(productKey{in.Region, in.GPU, in.ProductType, int(in.GPUCount.Value)}, in.Price.Value)
	}
	return nil
}

// decodeSpot reads the value of is_spot. One that can't be read may be true, so it is taken as that: a price that is
// too low is worse than none.
func decodeSpot(s *jsonscan.Scanner) (bool, error) {
	if kind, err := s.Kind(); err == nil && kind == jsonscan.Bool {
		return s.Bool()
	}
	kind, text, _, err := scalar(s, maxNumber)
	isSpot, unread := strconv.ParseBool(string(bytes.TrimSpace(text)))
	isEmpty := kind == jsonscan.Null || kind == jsonscan.String && len(bytes.TrimSpace(text)) == 0
	return !isEmpty && (isSpot || unread != nil), err
}

// add adds a product under its product type and under "", which matches all types.
func (p *Products) add(key productKey, price fleet.Money) {
	types := []string{key.productType, ""}
	for _, productType := range types[:min(len(types), 1+len(key.productType))] {
		key.productType = productType
		known, found := p.prices[key]
		switch {
		case !found:
			known.lowest = price
		case known.lowest.Cmp(price) != 0:
			known.differ = true
			if price.Cmp(known.lowest) < 0 {
				known.lowest = price
			}
		}
		p.prices[key] = known
		if !found && productType == "" {
			model := productKey{region: key.region, gpu: key.gpu}
			p.counts[model] = append(p.counts[model], key.gpuCount)
		}
	}
}

// Apply sets the price of each instance without one to that of a product with its region and model. It adds a warning
// if there was a choice of prices.
func (p *Products) Apply(list *fleet.Fleet) {
	if p.skipped > 0 {
		list.Warnings.Add(fmt.Sprintf("product list: ignoring %d of %s without a valid region, model, "+
			"GPU count or hourly price", p.skipped, fleet.Counted(p.read, "product")))
	}
	list.Offers = p.offers()
	differ := 0
	for _, in := range list.Instances {
		if in.Price.Known {
			continue
		}
		price, source, hasOthers := p.price(list.AsCame.Of(in))
		in.Price, in.PriceSource = price, source
		if hasOthers {
			differ++
		}
	}
	if differ > 0 {
		list.Warnings.Add(fmt.Sprintf("product list: several prices for the same region, model and GPU count; "+
			"using the lowest (instances: %d)", differ))
	}
}

// offers returns the lowest price of each region, model and number of GPUs, in no order.
func (p *Products) offers() (offers []fleet.Offer) {
	for key, price := range p.prices {
		if key.productType == "" {
			offers = append(offers, fleet.Offer{Region: key.region, GPU: key.gpu, GPUs: key.gpuCount,
				Price: fleet.Known(price.lowest)})
		}
	}
	return offers
}

// price returns the price of an instance, unknown if there is no product for it, and whether it is the lowest of
// several prices. It uses a product with the same number of GPUs. If there is none, it scales the price of the next
// lower number, or else of the lowest. Products with the instance's product type take precedence.
func (p *Products) price(in *fleet.Instance) (price fleet.Price, source fleet.PriceSource, differ bool) {
	gpus := int(in.GPUs().Value)
	key := productKey{region: in.Region, gpu: in.GPU}
	counts := p.counts[key]
	if gpus == 0 || len(counts) == 0 { // 0 is an unknown count too
		return fleet.Price{}, fleet.NoPrice, false
	}
	at, exact := slices.BinarySearch(counts, gpus)
	if !exact {
		at = max(0, at-1)
	}
	key.gpuCount, key.productType = counts[at], in.ProductType
	found, ok := p.prices[key]
	if !ok {
		key.productType = ""
		found = p.prices[key]
	}
	if exact {
		return fleet.Known(found.lowest), fleet.ProductsPrice, found.differ
	}
	return fleet.Known(scaled(found.lowest, counts[at], gpus)), fleet.ScaledPrice, found.differ
}

// scaled returns the price of some GPUs, given the price of another number of GPUs: exact, or rounded half up if it has
// too many decimals.
func scaled(price fleet.Money, priced, gpus int) fleet.Money {
	const exactPlaces, roundedPlaces = 40, 12
	by, all := decimal.NewFromInt(int64(priced)), price.Times(decimal.NewFromInt(int64(gpus)))
	if exact := all.Divided(by, exactPlaces); exact.Times(by).Cmp(all) == 0 {
		return exact
	}
	return all.Divided(by, roundedPlaces)
}
