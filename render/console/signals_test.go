package console

import (
	"context"
	"errors"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"gpufleet/fetch/exit"
)

// ended is a run that Supervise has ended.
type ended struct {
	err, reported error
	took          time.Duration // since the signal
	reports       int
}

// signalled supervises work, and sends a signal after a second.
func signalled(work func(*Ending) error) *ended {
	e := &ended{}
	ctx, cancel := context.WithCancelCause(context.Background())
	start := time.Now()
	time.AfterFunc(time.Second, func() { cancel(Interrupted{syscall.SIGHUP}) })
	e.err = Supervise(ctx, work, func(err error) {
		e.reported = err
		e.reports++
	})
	e.took = time.Since(start) - time.Second
	return e
}

// TestSupervise sends a signal to runs that don't watch their context.
func TestSupervise(t *testing.T) {
	t.Parallel()
	failed, checks := errors.New("failed"), errors.New("checks")
	hang := func() { time.Sleep(time.Hour) }
	commit := func(takes time.Duration, err error) func() error {
		return func() error { time.Sleep(takes); return err }
	}
	for name, test := range map[string]struct {
		work func(*Ending) error
		want error
		most time.Duration // after the signal
	}{
		"ends by itself": {func(*Ending) error { time.Sleep(1500 * time.Millisecond); return failed }, failed, time.Second},
		"computes":       {func(*Ending) error { hang(); return nil }, Interrupted{syscall.SIGHUP}, 2 * time.Second},
		"placed before": {func(e *Ending) error { e.Place(checks, commit(0, nil)); hang(); return nil }, checks,
			2 * time.Second},
		"placed, and all": {func(e *Ending) error { e.Place(nil, commit(0, nil)); hang(); return failed }, nil,
			2 * time.Second},
		"is placing": {func(e *Ending) error { e.Place(checks, commit(time.Minute, nil)); return nil }, nil,
			time.Minute},
		"was placing": {func(e *Ending) error { e.Place(checks, commit(time.Minute, nil)); hang(); return nil }, checks,
			time.Minute + time.Second},
		"fails to place": {func(e *Ending) error { err := e.Place(checks, commit(time.Minute, failed)); hang(); return err },
			failed, time.Minute + time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				e := signalled(test.work)
				if e.err != test.want || e.reported != test.want || e.took > test.most {
					t.Errorf("%v after %v, reported %v; want %v", e.err, e.took, e.reported, test.want)
				}
				time.Sleep(2 * time.Hour) // until the abandoned goroutines end
				synctest.Wait()
				if e.reports != 1 {
					t.Errorf("%d reports", e.reports)
				}
			})
		})
	}
}

// TestAbandonedRunDoesNotPlace sends a signal to a run that begins to place its files too late.
func TestAbandonedRunDoesNotPlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var late error
		e := signalled(func(e *Ending) error {
			time.Sleep(time.Minute)
			late = e.Place(nil, func() error { t.Error("placed"); return nil })
			return late
		})
		time.Sleep(time.Hour)
		synctest.Wait()
		if want := (Interrupted{syscall.SIGHUP}); e.err != want || late != want || exit.Code(e.err) != 129 {
			t.Error(e, late)
		}
	})
}

// TestBlockedReport sends a signal to a run whose messages nobody reads.
func TestBlockedReport(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		start := time.Now()
		err := Supervise(ctx, func(*Ending) error { return nil }, func(error) { time.Sleep(time.Hour) })
		if took := time.Since(start); err != context.Canceled || took > 2*time.Second {
			t.Errorf("%v after %v", err, took)
		}
		time.Sleep(2 * time.Hour)
	})
}
