// Package aside runs work beside its caller in such a way that a panic of the work is its caller's, and not the end of the program.
package aside

import (
	"runtime"
	"runtime/debug"
	"sync/atomic"
)

// Panic is what work on another goroutine panicked with. Whoever waits for the work panics with it in turn.
type Panic struct {
	Cause any
	Stack []byte // of that goroutine
}

// Run begins work, and returns what waits for its end and gives its result, once. Work that nobody waits for goes on to its end.
func Run[T any](work func() T) (wait func() T) {
	results, panics := make(chan T, 1), make(chan *Panic, 1)
	go func() {
		defer func() {
			if cause := recover(); cause != nil {
				panics <- &Panic{cause, debug.Stack()}
			}
		}()
		results <- work()
	}()
	return func() T {
		select {
		case result := <-results:
			return result
		case panicked := <-panics:
			panic(panicked)
		}
	}
}

// Each calls work with each of so many numbers from 0, as many calls at once as there are processors, and waits for all.
func Each(count int, work func(i int)) {
	var begun atomic.Int64
	var waits []func() bool
	for range min(count, runtime.GOMAXPROCS(0)) {
		waits = append(waits, Run(func() bool {
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
