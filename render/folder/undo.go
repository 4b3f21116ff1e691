package folder

import (
	"errors"
	"slices"
)

// journal remembers what was done to the folder and how to take it back.
type journal struct {
	folder *Folder
	steps  []step
}

type step struct {
	path string
	back func() error
}

func (j *journal) did(path string, back func() error) {
	j.steps = append(j.steps, step{path, back})
}

// undo takes everything back, the newest first. It goes on after a failure: the error names every path that could not
// be put back.
func (j *journal) undo() error {
	var lost []error
	for _, step := range slices.Backward(j.steps) {
		if err := step.back(); err != nil {
			lost = append(lost, j.folder.cannot("put back", step.path, err))
		}
	}
	return errors.Join(lost...)
}
