package fetch

import (
	_ "embed"
	"slices"
	"strings"

	"gpufleet/fetch/fleet"
)

//go:embed demo.json
var demo string

//go:embed demo-owners.csv
var demoOwners string

// The accounts of the built-in sample.
const (
	production  = "production"
	development = "development"
)

// developmentHosts are the begins of the host names in the account development.
var developmentHosts = []string{"tune-", "vision-", "sim-", "lab-", "ci-runner-", "gift-box", "mike-"}

// DemoAccounts returns the accounts of the built-in sample.
func DemoAccounts() []Account { return []Account{{Name: production}, {Name: development}} }

// DemoOwners returns the owner file of the built-in sample. Some of its instances have no owner.
func DemoOwners() *OwnerFile {
	f := newOwnerFile()
	if err := readTable([]byte(demoOwners), ownerHeader, f.addRow); err != nil {
		panic(err)
	}
	return f
}

// demoList returns the list of an account of the built-in sample: a made-up fleet with everything that a real one may
// have. The sample is one reply, which is read for each account.
func demoList(account string) (*fleet.Fleet, error) {
	list, decoder := newCollected(), newDecoder(account)
	if err := addReply(list, decoder, strings.NewReader(demo), "the built-in sample"); err != nil {
		return nil, err
	}
	all, err := list.fleet()
	if err != nil {
		return nil, err
	}
	all.Instances = slices.DeleteFunc(all.Instances, func(in *fleet.Instance) bool {
		isDevelopment := slices.ContainsFunc(developmentHosts, func(begin string) bool {
			return strings.HasPrefix(in.HostName, begin)
		})
		return isDevelopment != (account == development)
	})
	return all, nil
}
