package render

import (
	"errors"
	"io"
	"sync"

	"gpufleet/fetch/parallel"
)

// output is a file to write: where it goes, and what writes it.
type output struct {
	path  string
	write func(io.Writer) error
}

// writeAll writes files, as many at once as there are processors. create has to be safe for that.
//
// The error is the one that would come first if the files were written one after the other, so it is the same each
// time. Once a file has failed, no later one is begun; those that are being written come to their end. A panic counts
// as a failure: writeAll panics in turn, with a *parallel.Panic.
func writeAll(outputs []output, create Create) error {
	var (
		mu       sync.Mutex
		failed   = len(outputs) // the first in the list that did
		err      error
		panicked *parallel.Panic // in place of err
	)
	parallel.Each(len(outputs), func(i int) {
		mu.Lock()
		giveUp := i > failed
		mu.Unlock()
		if giveUp {
			return
		}
		var e error
		p := parallel.Catch(func() { e = outputs[i].writeFile(create) })
		mu.Lock()
		defer mu.Unlock()
		if (e != nil || p != nil) && i < failed {
			failed, err, panicked = i, e, p
		}
	})
	if panicked != nil {
		panic(panicked)
	}
	return err
}

// writeFile creates the file, writes and closes it.
func (o output) writeFile(create Create) error {
	file, err := create(o.path)
	if err != nil {
		return err
	}
	failed, closed := o.write(file), file.Close()
	if closed != nil && errors.Is(failed, closed) { // the file says again what its writer has passed on
		return failed
	}
	return errors.Join(failed, closed)
}
