// Package parallel runs work on other goroutines. If it panics there, the caller that waits for it panics instead.
//
// Otherwise a panic would end the process and print its value, which may come from a reply. That is why we don't use
// golang.org/x/sync/errgroup. Both fetch and render use this package, so it imports neither.
package parallel

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync/atomic"
)

// Panic is a panic on another goroutine. The caller that waits for the work panics with it.
type Panic struct {
	Cause any
	Stack []byte // of the goroutine that panicked first
}

// Text returns a description of the cause that is safe to show: the text of a runtime error, which has only numbers, or
// else only the type.
func (p *Panic) Text() string {
	if known, ok := p.Cause.(runtime.Error); ok {
		return known.Error()
	}
	return fmt.Sprintf("%T", p.Cause)
}

// Catch calls work and returns its panic, nil if there was none.
func Catch(work func()) (panicked *Panic) {
	defer func() {
		if cause := recover(); cause != nil {
			// A *Panic comes from other work that this work waited for, and keeps its stack.
			var ok bool
			if panicked, ok = cause.(*Panic); !ok {
				panicked = &Panic{cause, debug.Stack()}
			}
		}
	}()
	work()
	return nil
}

// Go starts work on another goroutine. It returns a function that waits for the result, which may be called once. Work
// that nobody waits for still runs to its end, but a panic is lost.
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

// Each calls work with each number from 0 to count-1, in parallel on all processors, and returns when all calls have
// returned. If one panics, Each panics too, perhaps while others are still running.
func Each(count int, work func(i int)) { AtMost(runtime.GOMAXPROCS(0), count, work) }

// AtMost is Each with at most so many calls at once. They begin in order.
func AtMost(atOnce, count int, work func(i int)) {
	var started atomic.Int64
	var waits []func() bool
	for range min(count, atOnce) {
		waits = append(waits, Go(func() bool {
			for {
				i := int(started.Add(1)) - 1
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
