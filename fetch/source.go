package fetch

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
)

// Source is where the list comes from, and what prices it.
type Source struct {
	Client   *Client    // asks the API, where neither of the next two is set
	Inputs   []string   // saved replies, the pages of one list
	Demo     bool       // the built-in sample
	Prices   *PriceFile // nil for none
	Products bool       // the product list prices what has no price; it is asked of Client
}

// ReadsStdinTwice reports whether more than one of the saved replies is standard input, which can be read once.
func (s *Source) ReadsStdinTwice() bool {
	first := slices.Index(s.Inputs, Stdin)
	return first >= 0 && slices.Contains(s.Inputs[first+1:], Stdin)
}

// Fleet gets the list and prices it. The error is as that of Saved or Client.Instances. A report without the prices
// of the product list is better than none, so that this list fails is a warning, unless the context has ended; note
// is called with what happened to it, which names the API's address, as no file may.
func (s *Source) Fleet(ctx context.Context, stdin io.Reader, note func(string)) (list *fleet.Fleet, err error) {
	switch {
	case s.Demo:
		list, err = Demo(ctx)
	case len(s.Inputs) > 0:
		list, err = Saved(ctx, s.Inputs, stdin)
	default:
		list, err = s.Client.Instances(ctx)
	}
	if err != nil {
		return nil, err
	}
	s.Prices.Apply(list)
	if !s.Products {
		return list, nil
	}
	products, err := s.Client.Products(ctx)
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		note("product list: " + err.Error())
		list.Warnings.Add("the product list could not be read: prices that it alone has are unknown")
	default:
		products.Apply(list)
	}
	return list, nil
}

// ReadPrices reads what --prices names: a price file, of which nil is none, and the product list. The error may be
// the context's cause.
func ReadPrices(ctx context.Context, named []string) (file *PriceFile, products bool, err error) {
	const productList = "api"
	for _, name := range named {
		switch {
		case name == productList && products, name != productList && file != nil:
			return nil, false, errors.New("give one file and api, each once")
		case name == productList:
			products = true
		default:
			if file, err = ReadPriceFile(ctx, name); err != nil {
				return nil, false, err
			}
		}
	}
	return file, products, nil
}

// ReadText reads a file that the user names, of which no more than limit bytes are wanted. The error may be the
// context's cause.
func ReadText(ctx context.Context, path string, limit int64) ([]byte, error) {
	file, err := openFile(ctx, path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(&patientReader{ctx: ctx, source: file}, limit))
}

// ParseTimeout reads how long a fetch may take.
func ParseTimeout(text string) (time.Duration, error) {
	timeout, err := time.ParseDuration(text)
	if err != nil || timeout <= 0 {
		return 0, errors.New("must be a time above 0 with its unit, such as 90s or 5m")
	}
	return timeout, nil
}

// CheckShrink refuses a list of count instances that has lost so much since the last run that it is more likely
// broken than true. The error is a *Error.
func CheckShrink(earlier *history.Past, count int) error {
	const guarded = 10 // instances of the last run, from which on it is checked
	last := earlier.Last
	if !last.Known || last.Value < guarded || count*2 >= last.Value {
		return nil
	}
	return errorf(Incomplete, "the list has %d instances, but the last run's had %d: "+
		"if so many are really gone, give --accept-shrink", count, last.Value)
}
