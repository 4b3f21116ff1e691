// Package parallel runs work on other goroutines, whose panics become panics of the caller that waits for them.
//
// Otherwise a panic there would end the process at once and print its value, which may come from a reply. That is why
// golang.org/x/sync/errgroup does not serve here. The package imports nothing of the program, so that both fetch and
// render can use it.
package parallel

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync/atomic"
)

// Panic is what work on another goroutine panicked with. Whoever waits for the work panics with it in turn.
type Panic struct {
	Cause any
	Stack []byte // of the goroutine that panicked first
}

// Text returns what may be shown of the cause. The runtime's own words hold only numbers; another value could hold
// anything.
func (p *Panic) Text() string {
	if known, ok := p.Cause.(runtime.Error); ok {
		return known.Error()
	}
	return fmt.Sprintf("%T", p.Cause)
}

// Catch does work and returns what it panicked with, nil where it did not.
func Catch(work func()) (panicked *Panic) {
	defer func() {
		if cause := recover(); cause != nil {
			// A *Panic comes from other work that this work waited for. It keeps the stack of that work.
			var ok bool
			if panicked, ok = cause.(*Panic); !ok {
				panicked = &Panic{cause, debug.Stack()}
			}
		}
	}()
	work()
	return nil
}

// Go begins work on a goroutine of its own, and returns what waits for its end and gives its result; that is called
// at most once. Work that nobody waits for goes on to its end, and a panic of it is lost.
func Go[T any](work func() T) (wait func() T) {
	var result T
	ended := make(chan *Panic, 1)
	go func() { ended <- Catch(func() { result = work() }) }()
	return func() T {
		if panicked := <-ended; panicked != nil {
			panic(panicked)
		}
		return result
	}
}

// Each calls work with each number from 0 to count-1, as many calls at once as there are processors, and returns when
// all are done. Where one panics so does Each, perhaps while others are still at work.
func Each(count int, work func(i int)) {
	var begun atomic.Int64
	var waits []func() bool
	for range min(count, runtime.GOMAXPROCS(0)) {
		waits = append(waits, Go(func() bool {
			for {
				i := int(begun.Add(1)) - 1
				if i >= count {
					return true
				}
				work(i)
			}
		}))
	}
	for _, wait := range waits {
		wait()
	}
}
