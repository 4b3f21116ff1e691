package folder

import (
	"errors"
	"slices"
)

// journal records changes to the folder and how to undo them.
type journal struct {
	folder  *Folder
	changes []change
}

type change struct {
	path string
	undo func() error
}

func (j *journal) add(path string, undo func() error) {
	j.changes = append(j.changes, change{path, undo})
}

// undo undoes all changes, the latest first. It continues after a failure. The error names every path that could not
// be restored.
func (j *journal) undo() error {
	var errs []error
	for _, change := range slices.Backward(j.changes) {
		if err := change.undo(); err != nil {
			errs = append(errs, j.folder.cannot("restore", change.path, err))
		}
	}
	return errors.Join(errs...)
}
