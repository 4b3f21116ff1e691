package render

import (
	"errors"
	"io"
	"iter"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"gpufleet/fetch/parallel"
)

// output is a file to write: where it goes, and what writes it.
type output struct {
	path  string
	write func(io.Writer) error
	last  bool // it is begun once all others are written
}

// writeAll writes files side by side, as many at once as there are processors. create has to be safe for that.
//
// The error is the one that would have come first if they were written one after the other: when a file fails, those before it
// in the list are written to their end and those behind it are given up. Where writing one panics, so does writeAll, with an *parallel.Panic.
func writeAll(outputs iter.Seq[output], create Create) error {
	w := &writing{create: create}
	w.first.Store(math.MaxInt64)
	held := w.round(outputs)
	if w.first.Load() == math.MaxInt64 {
		w.round(slices.Values(held))
	}
	if w.panicked != nil {
		panic(w.panicked)
	}
	return w.err
}

// writing is what the goroutines of one writeAll share.
type writing struct {
	create Create
	places int64        // given so far
	first  atomic.Int64 // place of the first file in the list that has failed

	mu       sync.Mutex
	err      error           // of that file
	panicked *parallel.Panic // in place of an error
}

// round writes the files of a list side by side. In the first round it returns those that come last in their stead.
func (w *writing) round(outputs iter.Seq[output]) (held []output) {
	type numbered struct {
		output
		place int64 // in the list
	}
	waiting := make(chan numbered)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for o := range waiting {
				w.write(o.output, o.place)
			}
		})
	}
	for o := range outputs {
		if w.isGivenUp(w.places) {
			break
		}
		if o.last {
			o.last = false
			held = append(held, o)
			continue
		}
		waiting <- numbered{o, w.places}
		w.places++
	}
	close(waiting)
	workers.Wait()
	return held
}

func (w *writing) isGivenUp(place int64) bool { return place > w.first.Load() }

// write writes one file and keeps what went wrong.
func (w *writing) write(o output, place int64) {
	create := func(path string) (io.WriteCloser, error) {
		file, err := w.create(path)
		return &abandonable{file, w, place}, err
	}
	var err error
	panicked := parallel.Catch(func() { err = writeFile(create, o.path, o.write) })
	if err != nil || panicked != nil {
		w.fail(place, err, panicked)
	}
}

func (w *writing) fail(place int64, err error, panicked *parallel.Panic) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if place < w.first.Load() {
		w.first.Store(place)
		w.err, w.panicked = err, panicked
	}
}

// abandonable is a file whose writer is stopped once the file is given up.
type abandonable struct {
	io.WriteCloser
	writing *writing
	place   int64
}

var errGivenUp = errors.New("given up, since another file failed")

func (a *abandonable) Write(p []byte) (int, error) {
	if a.writing.isGivenUp(a.place) {
		return 0, errGivenUp
	}
	return a.WriteCloser.Write(p)
}

// writeFile creates a file, has it written and closes it.
func writeFile(create Create, path string, write func(io.Writer) error) error {
	file, err := create(path)
	if err != nil {
		return err
	}
	failed, closed := write(file), file.Close()
	if closed != nil && errors.Is(failed, closed) { // the file says again what its writer has passed on
		return failed
	}
	return errors.Join(failed, closed)
}
