package fetch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/parallel"
)

// Account is one of the accounts that the list is of. Each has a list, and a token, of its own.
type Account struct {
	Name      string   // "" if accounts are not given
	TokenFile string   // "" if the token is in the variable
	Inputs    []string // saved replies, the pages of the account's list; nil to ask the API
	Client    *Client  // for the API
}

// ParseAccounts parses the values of --account: NAME or NAME=FILE.
func ParseAccounts(values []string) (accounts []Account, err error) {
	variables := map[string]string{"GPUFLEET_TOKEN_FILE": ""}
	for _, value := range values {
		name, file, hasFile := strings.Cut(value, "=")
		a := Account{Name: strings.TrimSpace(name), TokenFile: strings.TrimSpace(file)}
		fault := accountFault(a.Name)
		other, taken := variables[a.variable()]
		switch {
		case fault != "":
			return nil, fmt.Errorf("invalid name: %s", fault)
		case hasFile && a.TokenFile == "":
			return nil, fmt.Errorf("%s= needs a file with the token", a.Name)
		case slices.ContainsFunc(accounts, func(b Account) bool { return b.Name == a.Name }):
			return nil, fmt.Errorf("%s is given more than once", a.Name)
		case taken && other == "":
			return nil, fmt.Errorf("the token of %s would be in $%s, which is the variable of --token-file; "+
				"use another name", a.Name, a.variable())
		case taken:
			return nil, fmt.Errorf("the tokens of %s and %s would both be in $%s; use another name",
				other, a.Name, a.variable())
		}
		variables[a.variable()] = a.Name
		accounts = append(accounts, a)
	}
	return accounts, nil
}

// accountFault says what is wrong with the name of an account, "" if nothing is.
func accountFault(name string) string {
	switch {
	case name == "":
		return "it is empty"
	case strings.EqualFold(name, fleet.NoAccount):
		return fmt.Sprintf("%q is reserved; use another name", fleet.NoAccount)
	case strings.ContainsAny(name, ",="):
		return "it has a comma or an equals sign; repeat --account for several accounts, or use another name"
	}
	return nameFault(name)
}

// variable returns the name of the environment variable with the account's token.
func (a Account) variable() string {
	return "GPUFLEET_TOKEN_" + strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z':
			return r - 'a' + 'A'
		case 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
			return r
		}
		return '_'
	}, a.Name)
}

// Token returns the account's token. The error may be the context's cause. It never contains the token.
func (a Account) Token(ctx context.Context, getenv func(string) string) (string, error) {
	if a.TokenFile != "" {
		token, err := readToken(ctx, a.TokenFile)
		if err != nil {
			return "", fmt.Errorf("--account %s: %w", a.Name, err)
		}
		return token, nil
	}
	text := trimToken(getenv(a.variable()))
	if text == "" {
		return "", fmt.Errorf("account %s: no API token: set $%s, or use --account %s=FILE",
			a.Name, a.variable(), a.Name)
	}
	token, err := checkToken(text)
	if err != nil {
		return "", fmt.Errorf("$%s: %w", a.variable(), err)
	}
	return token, nil
}

// AccountNames returns the names of the accounts, in order; nil if they are not given.
func (s *Source) AccountNames() (names []string) {
	for _, a := range s.Accounts {
		if a.Name != "" {
			names = append(names, a.Name)
		}
	}
	return names
}

// Tokens returns the token of each account, in order. An account without a name has that of Token. The error may be
// the context's cause. It never contains a token.
func (s *Source) Tokens(ctx context.Context, file string, getenv func(string) string) (tokens []string, err error) {
	for _, a := range s.Accounts {
		var token string
		if a.Name == "" {
			token, err = Token(ctx, file, getenv)
		} else {
			token, err = a.Token(ctx, getenv)
		}
		if err != nil {
			return nil, err
		}
		if at := slices.Index(tokens, token); at >= 0 {
			return nil, fmt.Errorf("accounts %s and %s have the same token, so their instances would count twice",
				s.Accounts[at].Name, a.Name)
		}
		tokens = append(tokens, token)
	}
	return tokens, nil
}

// AddInputs adds the values of --input to their accounts: NAME=FILE. Without any, the lists come from the API.
func AddInputs(accounts []Account, values []string) error {
	for _, value := range values {
		name, file, found := strings.Cut(value, "=")
		name, file = strings.TrimSpace(name), strings.TrimSpace(file)
		at := slices.IndexFunc(accounts, func(a Account) bool { return a.Name == name })
		switch {
		case !found || file == "":
			return fmt.Errorf("%s does not say which account it is of; with --account, use NAME=FILE", value)
		case at < 0:
			return fmt.Errorf("%s is of an account that no --account names", value)
		}
		accounts[at].Inputs = append(accounts[at].Inputs, file)
	}
	for _, a := range accounts {
		if len(values) > 0 && len(a.Inputs) == 0 {
			return fmt.Errorf("account %s has no saved reply; add --input %s=FILE", a.Name, a.Name)
		}
	}
	return nil
}

// maxParallel is how many accounts are asked at once. The provider may limit requests.
const maxParallel = 4

// eachAccount calls work with the number of each account, in parallel. If one fails, later ones are stopped, since the
// error is that of the first account that fails. It names the account.
func eachAccount(ctx context.Context, accounts []Account, work func(ctx context.Context, i int) error) error {
	contexts, stops := make([]context.Context, len(accounts)), make([]context.CancelFunc, len(accounts))
	for i := range accounts {
		contexts[i], stops[i] = context.WithCancel(ctx)
		defer stops[i]()
	}
	errs := make([]error, len(accounts))
	parallel.AtMost(maxParallel, len(accounts), func(i int) {
		if errs[i] = work(contexts[i], i); errs[i] != nil {
			for _, stop := range stops[i+1:] {
				stop()
			}
		}
	})
	for i, err := range errs {
		if err != nil {
			return inAccount(accounts[i].Name, err)
		}
	}
	return nil
}

// inAccount adds the name of an account to an error.
func inAccount(name string, err error) error {
	var known *Error
	if name == "" || !errors.As(err, &known) {
		return err
	}
	named := *known
	named.What = "account " + name + ": " + known.What
	return &named
}

// prepareClients gives all clients the same time limit, from now on. Those of several accounts call Progress and Log
// one at a time, with the sums of all and with the name of the account.
func prepareClients(accounts []Account) {
	now := time.Now()
	var mu sync.Mutex
	pages, instances := make([]int, len(accounts)), make([]int, len(accounts))
	for i, a := range accounts {
		c := a.Client
		if c == nil {
			continue
		}
		c.deadline = now.Add(c.Timeout)
		if c.Account = a.Name; a.Name == "" {
			continue
		}
		if progress := c.Progress; progress != nil {
			c.Progress = func(page, count int) {
				mu.Lock()
				defer mu.Unlock()
				pages[i], instances[i] = page, count
				progress(sum(pages), sum(instances))
			}
		}
		if log := c.Log; log != nil {
			c.Log = func(format string, args ...any) {
				mu.Lock()
				defer mu.Unlock()
				log("account %s: "+format, append([]any{a.Name}, args...)...)
			}
		}
	}
}

func sum(numbers []int) (total int) {
	for _, n := range numbers {
		total += n
	}
	return total
}
