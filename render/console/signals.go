package console

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"gpufleet/fetch/exit"
)

// Interrupted is the cause of a context that was ended by a signal.
type Interrupted struct{ Signal syscall.Signal }

func (i Interrupted) Error() string {
	return fmt.Sprintf("stopped by a signal (%v); the output folder is unchanged", i.Signal)
}

// ExitCode returns exit.Signal plus the signal's number, as a shell does.
func (i Interrupted) ExitCode() int { return exit.Signal + int(i.Signal) }

// SignalContext returns a context that ends with the first SIGINT, SIGTERM or SIGHUP. A run that was started with nohup
// still ignores SIGHUP.
func SignalContext() context.Context {
	signal.Ignore(syscall.SIGPIPE) // a closed pipe must not end a run that is writing its files
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(signals, syscall.SIGHUP)
	}
	go func() { cancel(Interrupted{(<-signals).(syscall.Signal)}) }()
	return ctx
}

// A run must end within 2 seconds of a signal. So it may go on for grace. If it is then abandoned, its temporary files
// are removed and its error is reported within lastWords.
const (
	grace     = 1000 * time.Millisecond
	lastWords = 300 * time.Millisecond
)

// Ending lets a run end soon after its context, even if it computes or waits for a pipe. Only Place is never cut short.
type Ending struct {
	ctx    context.Context
	state  atomic.Int32
	placed chan struct{} // closed when Place has ended
	result error         // of the run, once placed

	cleanUp atomic.Pointer[func() error]
}

// The states of a run, in order. A run is abandoned only while it works.
const (
	working = iota
	placing
	placed
	abandoned
)

// Supervise calls work, then report with its error, nil if there was none, and returns the error. If ctx has ended and
// they still go on after a while, Supervise abandons them: it calls report with the context's cause, or with the result
// that was given to Place, and returns that error. The program must then exit. report is called once at most.
func Supervise(ctx context.Context, work func(*Ending) error, report func(error)) error {
	e := &Ending{ctx: ctx, placed: make(chan struct{})}
	var isReported atomic.Bool // an abandoned run may still end, but has nothing to say then
	reportOnce := func(err error) {
		if isReported.CompareAndSwap(false, true) {
			report(err)
		}
	}
	ended := make(chan error, 1)
	go func() {
		err := work(e)
		reportOnce(err)
		ended <- err
	}()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	for {
		select {
		case err := <-ended:
			return err
		case <-time.After(grace):
		}
		switch {
		case e.state.CompareAndSwap(working, abandoned):
			return abandon(context.Cause(ctx), reportOnce, e.cleanUp.Load())
		case e.state.Load() == placed:
			return abandon(e.result, reportOnce, nil)
		}
		<-e.placed
	}
}

// abandon reports the error of a run that goes on, and calls cleanUp unless it is nil. It doesn't wait for long, since
// even standard error may be a pipe that nobody reads.
func abandon(err error, report func(error), cleanUp *func() error) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		if cleanUp != nil {
			_ = (*cleanUp)() // what remains is removed by the next run
		}
		report(err)
	}()
	select {
	case <-done:
	case <-time.After(lastWords):
	}
	return err
}

// CleanUp sets what Supervise calls if it abandons the run before Place. The run may call it at the same time.
func (e *Ending) CleanUp(cleanUp func() error) { e.cleanUp.Store(&cleanUp) }

// Place calls place, which moves the report into its folder. After that, the run ends with its own result even if its
// context ends. If the run was abandoned before, Place does nothing and returns the context's cause.
func (e *Ending) Place(result error, place func() error) error {
	if !e.state.CompareAndSwap(working, placing) {
		return context.Cause(e.ctx)
	}
	err := place()
	if e.result = err; err == nil {
		e.result = result
	}
	e.state.Store(placed)
	close(e.placed)
	return err
}
