// Package lock locks a report's folder, for one run that writes it or for any number of runs that read it.
package lock

import "errors"

// ErrBusy is the error if another run has locked the folder.
var ErrBusy = errors.New("another run is in progress; wait for it to finish, then run again")
