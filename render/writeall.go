package render

import (
	"errors"
	"io"
	"sync"

	"gpufleet/fetch/parallel"
)

// output is a file to write.
type output struct {
	path  string
	write func(io.Writer) error
}

// writeAll writes files, as many at once as there are processors.
//
// Its error is that of the first output in the list that fails, so it is the same each time. After a failure no later
// output is started, and those in progress are finished. A panic counts as a failure: writeAll then panics with a
// *parallel.Panic.
func writeAll(outputs []output, create Create) error {
	var (
		mu       sync.Mutex
		failed   = len(outputs) // index of the first output that failed
		err      error
		panicked *parallel.Panic // instead of err
	)
	parallel.Each(len(outputs), func(i int) {
		mu.Lock()
		skip := i > failed
		mu.Unlock()
		if skip {
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
	writeErr, closeErr := o.write(file), file.Close()
	if closeErr != nil && errors.Is(writeErr, closeErr) { // Close repeats an error of Write
		return writeErr
	}
	return errors.Join(writeErr, closeErr)
}
