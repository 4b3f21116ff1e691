package fetch

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gpufleet/fetch/fleet"
)

// accountsOf returns accounts of an API, whose names are their tokens.
func accountsOf(a *api, names ...string) (accounts []Account) {
	for _, name := range names {
		client, _ := a.client()
		client.Token = name
		accounts = append(accounts, Account{Name: name, Client: client})
	}
	return accounts
}

// tokenOf returns the token of a request.
func tokenOf(r *http.Request) string {
	return strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
}

// TestAccountsAtOnce fetches nine lists, four of them at once. The instances keep the order of the accounts.
func TestAccountsAtOnce(t *testing.T) {
	t.Parallel()
	var running, most atomic.Int64
	var first sync.WaitGroup
	first.Add(maxParallel)
	a := newAPI(t, func(w http.ResponseWriter, r *http.Request) {
		n := running.Add(1)
		defer running.Add(-1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		if token := tokenOf(r); token <= "4" {
			first.Done()
			first.Wait()
		}
		io.WriteString(w, reply(2, `{"id": 1}`, `{"id": true}`))
	})
	accounts := accountsOf(a, strings.Split("1 2 3 4 5 6 7 8 9", " ")...)
	var progress, lines []string
	for _, account := range accounts {
		account.Client.Progress = func(page, instances int) { progress = append(progress, fmt.Sprint(page, instances)) }
		account.Client.Log = func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	}
	list, err := (&Source{Accounts: accounts}).Fleet(t.Context(), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, in := range list.Instances {
		got = append(got, in.Account+in.ID)
	}
	const want = "11 1 21 2 31 3 41 4 51 5 61 6 71 7 81 8 91 9"
	if strings.Join(got, " ") != want || most.Load() != maxParallel {
		t.Errorf("%q, %d at once", got, most.Load())
	}
	if len(progress) != 9 || progress[8] != "9 18" || len(lines) != 9 || !strings.HasPrefix(lines[0], "account ") {
		t.Errorf("progress %q, log %q", progress, lines)
	}
	if warnings := list.Warnings.Lines(); len(warnings) < 9 || !strings.HasPrefix(warnings[0], "account 1: row 2: ") {
		t.Errorf("%q", warnings)
	}
}

// TestAccountThatFails lets accounts fail in another order than theirs. The error is that of the first one in their
// order, and the list of a later one is not waited for.
func TestAccountThatFails(t *testing.T) {
	t.Parallel()
	for want, failing := range map[string]string{"b": "b", "a": "a b"} {
		bFailed := make(chan struct{})
		a := newAPI(t, func(w http.ResponseWriter, r *http.Request) {
			token := tokenOf(r)
			switch token {
			case "a":
				<-bFailed
				time.Sleep(50 * time.Millisecond)
			case "b":
				defer close(bFailed)
			case "silent":
				<-r.Context().Done()
				return
			}
			if slices.Contains(strings.Fields(failing), token) {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			io.WriteString(w, reply(1, `{"id": 1}`))
		})
		began := time.Now()
		_, err := (&Source{Accounts: accountsOf(a, "a", "b", "silent")}).Fleet(t.Context(), nil, nil)
		wantError(t, err, BadAPI, "account "+want+": the API refused the token")
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("it took %v", took)
		}
	}
}

// TestAccountsShareTheTime gives all accounts one time limit, from the start: the fifth begins when it has passed.
func TestAccountsShareTheTime(t *testing.T) {
	t.Parallel()
	a := newAPI(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	accounts := accountsOf(a, "a", "b", "c", "d", "e")
	for _, account := range accounts {
		account.Client.Timeout = 100 * time.Millisecond
	}
	_, err := (&Source{Accounts: accounts}).Fleet(t.Context(), nil, nil)
	wantError(t, err, BadAPI, "account a: no complete reply", "within 100ms")
	if asked := len(a.asked()); asked > maxParallel {
		t.Errorf("%d accounts were asked", asked)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(io.ErrClosedPipe)
	if _, err := (&Source{Accounts: accounts}).Fleet(ctx, nil, nil); err != io.ErrClosedPipe {
		t.Error(err)
	}
}

// TestSecretsOfAccounts finds the secret of an instance in an earlier list of its account only.
func TestSecretsOfAccounts(t *testing.T) {
	t.Parallel()
	a := newAPI(t, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, reply(1, fmt.Sprintf(`{"id": 1, "vm_password": "secret-of-%s"}`, tokenOf(r))))
	})
	list, err := (&Source{Accounts: accountsOf(a, "a", "b")}).Fleet(t.Context(), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	secrets := fleet.SecretsByKey(list.Instances)
	for account, name := range map[string]string{"a": "[masked]", "b": "secret-of-a", "": "secret-of-a"} {
		old := &fleet.Instance{ID: "1", Account: account, HostName: "secret-of-a"}
		if secrets(old.Key()).HideIn(old); old.HostName != name || old.Account != account {
			t.Errorf("account %q: %q in %q, want %q", account, old.HostName, old.Account, name)
		}
	}
}
