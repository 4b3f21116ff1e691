package fetch

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"time"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/history"
)

// CheckCounts compares the number of instances of each account with that of the last run. accounts are the names of the
// list's accounts, in order; nil if they are not given. An account of the last run that is no longer given is a loss.
// It is an error if there are less than half as many instances, because such a list is more likely incomplete than
// correct; acceptShrink says that it is correct. A list that became empty gets a warning. Call it before anything is
// hidden.
//
// The error is a *Error, that of history.Loss, the context's cause, or says that a snapshot can't be read.
func CheckCounts(
	ctx context.Context, previous *history.History, list *fleet.Fleet, accounts []string, acceptShrink bool,
) error {
	before, err := lastCounts(ctx, previous, accounts)
	if err != nil {
		return err
	}
	now := map[string]int{}
	if len(before) == 0 { // accounts are not given, or not known of the last run
		if previous.LastCount.Known {
			before[""] = previous.LastCount.Value
		}
		now[""] = len(list.Instances)
	} else {
		for _, in := range list.Instances {
			now[in.Account]++
		}
	}
	for _, account := range slices.Sorted(maps.Keys(before)) {
		if account != "" && !slices.Contains(accounts, account) {
			loseAccount(previous, account)
			continue
		}
		if err := checkShrink(before[account], now[account]); err != nil && !acceptShrink {
			return inAccount(account, err)
		}
		if before[account] > 0 && now[account] == 0 {
			warnEmpty(list, account, before[account])
		}
	}
	return previous.Loss()
}

// lastCounts returns how many instances each account had at the last run. It is empty if accounts are not given,
// neither then nor now, and if those of the last run are not known. If it had none, its instances are the first
// account's.
func lastCounts(ctx context.Context, previous *history.History, accounts []string) (map[string]int, error) {
	counts := map[string]int{}
	if len(previous.Snapshots) == 0 {
		return counts, nil
	}
	last := previous.Snapshots[len(previous.Snapshots)-1]
	isHidden := slices.Contains(last.Hidden, history.Account.Name)
	switch {
	case !last.HasAccounts() && len(accounts) > 0 && !isHidden:
		counts[accounts[0]] = last.Count
	case last.HasAccounts():
		err := last.Rows(func(in *fleet.Instance) error {
			counts[in.Account]++
			return context.Cause(ctx)
		})
		return counts, err
	}
	return counts, nil
}

// loseAccount records that an account of the last run is not given any more.
func loseAccount(previous *history.History, account string) {
	name := "an account"
	if accountFault(account) == "" { // else this program did not write it
		name = "the account " + account
	}
	previous.Lose(history.Loss{
		What: "the previous report has " + name + ", which no --account names any more",
		Cure: "add it again", Goes: "its instances (their costs stay)",
	})
}

// checkShrink returns a *Error if a list is much shorter than that of the last run.
func checkShrink(before, now int) error {
	const minimum = 10 // shorter lists are not checked
	if before < minimum || now*2 >= before {
		return nil
	}
	return errorf(Incomplete, "the list has %s, but the last run had %d; "+
		"if the others were really removed, use --accept-shrink", fleet.Counted(now, "instance"), before)
}

// warnEmpty adds a warning that a list is empty.
func warnEmpty(list *fleet.Fleet, account string, before int) {
	var warnings fleet.Warnings
	warnings.Add("the list is empty, but the last run had instances (" + strconv.Itoa(before) + ")")
	if account == "" {
		list.Warnings.AddAll(warnings)
		return
	}
	list.Warnings.AddAccount(account, warnings)
}

// minCompared is the number of instances from which two lists are compared: fewer may have been replaced by chance.
const minCompared = 5

// CheckAccount returns an error if a list is probably of another account than that of the last run: both have several
// instances with ids, none in common, and some of the new ones existed at the last run, or there is no telling. Each
// account's list is checked. The ids of both runs must be comparable. created is that of FirstCreated, from before
// anything was hidden. The error is a *Error, the context's cause, or says that a snapshot can't be read.
func CheckAccount(
	ctx context.Context, previous *history.History, list []*fleet.Instance, created map[string]time.Time,
) error {
	if len(previous.Snapshots) == 0 {
		return nil
	}
	last := previous.Snapshots[len(previous.Snapshots)-1]
	keys, now := map[fleet.Key]bool{}, map[string]int{}
	for _, in := range list {
		if key := in.Key(); !key.IsZero() && !keys[key] {
			keys[key] = true
			now[in.Account]++
		}
	}
	maps.DeleteFunc(now, func(account string, count int) bool {
		first := created[account]
		return count < minCompared || !first.IsZero() && !first.Before(last.Taken)
	})
	if len(now) == 0 {
		return nil
	}
	before := map[string]int{}
	if err := last.Rows(func(in *fleet.Instance) error {
		if key := in.Key(); keys[key] {
			delete(now, in.Account)
		} else if !key.IsZero() {
			before[in.Account]++
		}
		return context.Cause(ctx)
	}); err != nil {
		return err
	}
	for _, account := range slices.Sorted(maps.Keys(now)) {
		if before[account] >= minCompared {
			return inAccount(account, errorf(Incomplete, "the list has no instance of the last run, "+
				"so it is probably of another account; check the token and --api-url, or choose another --out; "+
				"if the list is right, use --accept-shrink"))
		}
	}
	return nil
}

// FirstCreated returns when the first instance with an id was created in each account, as far as such a time is known.
// That of all instances has the name "".
func FirstCreated(list []*fleet.Instance) map[string]time.Time {
	created := map[string]time.Time{}
	for _, in := range list {
		if in.ID == "" || in.CreatedAt.IsZero() {
			continue
		}
		for _, account := range []string{"", in.Account} {
			if first := created[account]; first.IsZero() || in.CreatedAt.Before(first) {
				created[account] = in.CreatedAt
			}
		}
	}
	return created
}
