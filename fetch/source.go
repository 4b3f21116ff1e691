package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
)

// Source says where the list, its prices and its owners come from.
type Source struct {
	Client   *Client    // for the API, unless Inputs or Demo is set
	Inputs   []string   // saved replies, the pages of one list
	Demo     bool       // the built-in sample
	Prices   *PriceFile // nil for none
	Owners   *OwnerFile // nil for none
	Products bool       // use the product list, read with Client, for missing prices
}

// ReadsStdinTwice reports whether Inputs contains standard input more than once. It can be read only once.
func (s *Source) ReadsStdinTwice() bool {
	first := slices.Index(s.Inputs, Stdin)
	return first >= 0 && slices.Contains(s.Inputs[first+1:], Stdin)
}

// Fleet gets the list, its prices and its owners. The error is like that of Saved or Client.Instances. If the product
// list can't be read, that is only a warning, unless the context has ended. The reason goes to note instead, since it
// contains the API's address, which must not be in any file.
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
	defer func(list *fleet.Fleet) { list.AsCame = nil }(list)
	s.Prices.Apply(list)
	s.Owners.Apply(list)
	if !s.Products {
		return list, nil
	}
	products, err := s.Client.Products(ctx)
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		note("product list: " + err.Error())
		list.Warnings.Add("the product list could not be read; prices found only there are unknown")
	default:
		products.Apply(list)
	}
	return list, nil
}

// ReadPrices reads the values of --prices: a price file, nil if there is none, and whether to use the product list. The
// error may be the context's cause.
func ReadPrices(ctx context.Context, named []string) (file *PriceFile, products bool, err error) {
	const productList = "api"
	for _, name := range named {
		switch {
		case name == productList && products, name != productList && file != nil:
			return nil, false, errors.New("use one price file, api or both, each only once")
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

// ReadText reads the first limit bytes of a file. The error may be the context's cause.
func ReadText(ctx context.Context, path string, limit int64) ([]byte, error) {
	file, err := openFile(ctx, path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(&contextReader{ctx: ctx, source: file}, limit))
}

// ParseTimeout parses the longest duration of a fetch.
func ParseTimeout(text string) (time.Duration, error) {
	timeout, err := time.ParseDuration(text)
	if err != nil || timeout <= 0 {
		return 0, errors.New("must be a time above 0 with a unit, such as 90s or 5m")
	}
	return timeout, nil
}

// CheckShrink returns an error if a list of count instances has less than half of the last run's instances. Then it is
// more likely incomplete than correct. The error is a *Error.
func CheckShrink(previous *history.History, count int) error {
	const minimum = 10 // shorter lists are not checked
	last := previous.LastCount
	if !last.Known || last.Value < minimum || count*2 >= last.Value {
		return nil
	}
	return errorf(Incomplete, "the list has %s, but the last run had %d; "+
		"if the others were really removed, use --accept-shrink", fleet.Counted(count, "instance"), last.Value)
}

// CheckAccount returns an error if a list is probably of another account than that of the last run: both have several
// instances with ids, none in common, and some of the new ones existed at the last run, or there is no telling. The ids
// of both must be comparable. created is that of FirstCreated, from before anything was hidden. The error is a *Error,
// the context's cause, or says that a snapshot can't be read.
func CheckAccount(ctx context.Context, previous *history.History, list []*fleet.Instance, created time.Time) error {
	const minimum = 5 // fewer may have been replaced by chance
	if len(previous.Snapshots) == 0 {
		return nil
	}
	last := previous.Snapshots[len(previous.Snapshots)-1]
	ids := map[string]bool{}
	for _, in := range list {
		if in.ID != "" {
			ids[in.ID] = true
		}
	}
	if len(ids) < minimum || !created.IsZero() && !created.Before(last.Taken) {
		return nil
	}
	before, common := 0, false
	if err := last.Rows(func(in *fleet.Instance) error {
		if in.ID != "" {
			before++
			common = common || ids[in.ID]
		}
		return context.Cause(ctx)
	}); err != nil || common || before < minimum {
		return err
	}
	return errorf(Incomplete, "the list has no instance of the last run, so it is probably of another account; "+
		"check the token and --api-url, or choose another --out; if the list is right, use --accept-shrink")
}

// FirstCreated returns when the first instance with an id was created, and the zero time if no such time is known.
func FirstCreated(list []*fleet.Instance) (first time.Time) {
	for _, in := range list {
		if in.ID != "" && !in.CreatedAt.IsZero() && (first.IsZero() || in.CreatedAt.Before(first)) {
			first = in.CreatedAt
		}
	}
	return first
}

// WarnEmpty adds a warning to an empty list if the last run had instances.
func WarnEmpty(previous *history.History, list *fleet.Fleet) {
	if last := previous.LastCount; last.Known && last.Value > 0 && len(list.Instances) == 0 {
		list.Warnings.Add(fmt.Sprintf("the list is empty, but the last run had instances (%d)", last.Value))
	}
}
