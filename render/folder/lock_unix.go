//go:build unix

package folder

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// lock is a lock on the folder itself. It needs no lock file, and the system releases it if the process dies.
type lock struct{ folder *os.File }

func takeLock(root *os.Root) (*lock, error) {
	folder, err := root.Open(".")
	if err != nil {
		return nil, err
	}
	for {
		err = unix.Flock(int(folder.Fd()), unix.LOCK_EX|unix.LOCK_NB)
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
	return &lock{folder}, nil
}

// release calls cleanUp and then unlocks the folder. In this order, cleanUp can't remove a folder that another run has
// locked.
func (l *lock) release(cleanUp func() error) error {
	return errors.Join(cleanUp(), l.folder.Close())
}
