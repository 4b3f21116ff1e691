package fetch

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"gpufleet/fetch/fleet"
)

// Source says where the list, its prices and its owners come from.
type Source struct {
	Accounts []Account  // each has a list; or one without a name, whose list it is
	Demo     bool       // the built-in sample; Accounts are those of DemoAccounts
	Prices   *PriceFile // nil for none
	Owners   *OwnerFile // nil for none
	Products bool       // use the product lists, read with the accounts' clients, for missing prices
}

// IsSaved reports whether the list is in saved replies.
func (s *Source) IsSaved() bool { return len(s.inputs()) > 0 }

// ReadsStdinTwice reports whether standard input is given more than once. It can be read only once.
func (s *Source) ReadsStdinTwice() bool {
	inputs := s.inputs()
	first := slices.Index(inputs, Stdin)
	return first >= 0 && slices.Contains(inputs[first+1:], Stdin)
}

func (s *Source) inputs() (paths []string) {
	for _, a := range s.Accounts {
		paths = append(paths, a.Inputs...)
	}
	return paths
}

// Fleet gets the list, its prices and its owners: of several accounts all lists, in the order of the accounts. The
// error is like that of Saved or Client.Instances. If a product list can't be read, that is only a warning, unless the
// context has ended. The reason goes to note instead, since it contains the API's address, which must not be in any
// file.
func (s *Source) Fleet(ctx context.Context, stdin io.Reader, note func(string)) (*fleet.Fleet, error) {
	lists, err := s.lists(ctx, stdin)
	if err != nil {
		return nil, err
	}
	for _, list := range lists {
		s.Prices.Apply(list)
		s.Owners.Apply(list)
	}
	if s.Products {
		err = s.applyProducts(ctx, lists, note)
	}
	if err != nil {
		return nil, err
	}
	return s.merge(lists, note)
}

// lists gets the list of each account.
func (s *Source) lists(ctx context.Context, stdin io.Reader) ([]*fleet.Fleet, error) {
	prepareClients(s.Accounts)
	lists := make([]*fleet.Fleet, len(s.Accounts))
	err := eachAccount(ctx, s.Accounts, func(ctx context.Context, i int) (err error) {
		switch a := s.Accounts[i]; {
		case s.Demo:
			lists[i], err = demoList(a.Name)
		case len(a.Inputs) > 0:
			lists[i], err = savedOf(ctx, a.Name, a.Inputs, stdin)
		default:
			lists[i], err = a.Client.Instances(ctx)
		}
		return err
	})
	return lists, err
}

// applyProducts applies the product list of each account to its list. The error is the context's cause.
func (s *Source) applyProducts(ctx context.Context, lists []*fleet.Fleet, note func(string)) error {
	products, errs := make([]*Products, len(lists)), make([]error, len(lists))
	if err := eachAccount(ctx, s.Accounts, func(ctx context.Context, i int) error {
		products[i], errs[i] = s.Accounts[i].Client.Products(ctx)
		return context.Cause(ctx)
	}); err != nil {
		return err
	}
	for i, list := range lists {
		if errs[i] != nil {
			note(inAccount(s.Accounts[i].Name, errorf(BadAPI, "product list: %v", errs[i])).Error())
			list.Warnings.Add("the product list could not be read; prices found only there are unknown")
			continue
		}
		products[i].Apply(list)
	}
	return nil
}

// merge returns one list. The warnings name the accounts. An account without instances has no page, so that is noted.
func (s *Source) merge(lists []*fleet.Fleet, note func(string)) (*fleet.Fleet, error) {
	for _, list := range lists {
		list.AsCame = nil
	}
	if s.Accounts[0].Name == "" {
		return lists[0], nil
	}
	all := &fleet.Fleet{}
	for i, list := range lists {
		name := s.Accounts[i].Name
		if len(list.Instances) == 0 {
			note("account " + name + " has no instances")
		}
		all.Instances = append(all.Instances, list.Instances...)
		all.Warnings.AddAccount(name, list.Warnings)
		all.IDWarnings.AddAccount(name, list.IDWarnings)
		all.Offers = append(all.Offers, list.Offers...)
		all.Unowned.Running += list.Unowned.Running
		all.Unowned.Listed += list.Unowned.Listed
	}
	if len(all.Instances) > fleet.MaxInstances {
		return nil, errorf(BadAPI, "the accounts have more than %d instances", fleet.MaxInstances)
	}
	return all, nil
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
