//go:build unix

package lock

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// Lock is a lock on the folder itself. It needs no lock file, and the system releases it if the process dies.
type Lock struct{ folder *os.File }

// Exclusive locks a folder for writing. It doesn't wait: the error is ErrBusy if any other run has locked the folder.
func Exclusive(root *os.Root) (*Lock, error) { return take(root, unix.LOCK_EX) }

// Shared locks a folder for reading. It doesn't wait: the error is ErrBusy if another run writes the folder.
func Shared(root *os.Root) (*Lock, error) { return take(root, unix.LOCK_SH) }

func take(root *os.Root, how int) (*Lock, error) {
	folder, err := root.Open(".")
	if err != nil {
		return nil, err
	}
	for {
		err = unix.Flock(int(folder.Fd()), how|unix.LOCK_NB)
		if err != unix.EINTR {
			break
		}
	}
	if err != nil {
		folder.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, ErrBusy
		}
		return nil, err
	}
	return &Lock{folder}, nil
}

// Release calls cleanUp and then unlocks the folder. In this order, cleanUp can't remove a folder that another run has
// locked.
func (l *Lock) Release(cleanUp func() error) error {
	err := cleanUp()
	// Closing is not enough: a process that is just being started has a copy of the open file, and with it the lock.
	unix.Flock(int(l.folder.Fd()), unix.LOCK_UN)
	return errors.Join(err, l.folder.Close())
}
